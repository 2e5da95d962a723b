//! How many messages a queue has.

use std::collections::HashMap;

use aws_sdk_sqs::types::QueueAttributeName::{
    self, ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed,
    ApproximateNumberOfMessagesNotVisible,
};
use contract::text::cut;

use super::{Aws, AwsError};

const OPERATION: &str = "SQS GetQueueAttributes";

/// How many messages a queue has, roughly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Messages that can be received.
    pub waiting: i64,
    /// Messages that were received, and are hidden until that has an end.
    pub in_flight: i64,
    /// Messages that are hidden since they were sent.
    pub delayed: i64,
}

impl QueueDepth {
    /// Asks the queue with this URL.
    ///
    /// # Errors
    ///
    /// Returns an [`AwsError`] if SQS refuses or does not answer, or if one of the numbers is missing or cannot be
    /// read: such a queue is not known to be empty.
    pub async fn of(aws: &Aws, url: &str) -> Result<Self, AwsError> {
        let answer = aws
            .sqs()
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(ApproximateNumberOfMessages)
            .attribute_names(ApproximateNumberOfMessagesNotVisible)
            .attribute_names(ApproximateNumberOfMessagesDelayed)
            .send()
            .await
            .map_err(|it| AwsError::call(OPERATION, it))?;
        Self::read(&answer.attributes.unwrap_or_default())
    }

    /// What SQS says of a queue. What it does not say is not known, and is not zero.
    fn read(attributes: &HashMap<QueueAttributeName, String>) -> Result<Self, AwsError> {
        let number = |name: &QueueAttributeName| {
            let value = attributes.get(name).map_or("nothing", String::as_str);
            value.parse().map_err(|_| AwsError::Unreadable {
                operation: OPERATION,
                reason: format!("{} is `{}`, and no number", name.as_str(), cut(value, 40)),
            })
        };
        Ok(Self {
            waiting: number(&ApproximateNumberOfMessages)?,
            in_flight: number(&ApproximateNumberOfMessagesNotVisible)?,
            delayed: number(&ApproximateNumberOfMessagesDelayed)?,
        })
    }

    /// All messages, whether they can be received or not.
    pub fn total(self) -> i64 {
        self.waiting + self.in_flight + self.delayed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_cannot_be_read_is_not_zero() {
        let names = [
            ApproximateNumberOfMessages,
            ApproximateNumberOfMessagesNotVisible,
            ApproximateNumberOfMessagesDelayed,
        ];
        let mut attributes: HashMap<QueueAttributeName, String> = names
            .into_iter()
            .zip(["3", "0", "1"].map(str::to_owned))
            .collect();
        assert_eq!(QueueDepth::read(&attributes).unwrap().total(), 4);
        attributes.insert(ApproximateNumberOfMessagesNotVisible, "many".to_owned());
        assert_eq!(
            QueueDepth::read(&attributes).unwrap_err().to_string(),
            "SQS GetQueueAttributes: ApproximateNumberOfMessagesNotVisible is `many`, and no number"
        );
        attributes.remove(&ApproximateNumberOfMessages);
        let error = QueueDepth::read(&attributes).unwrap_err().to_string();
        assert!(
            error.contains("ApproximateNumberOfMessages is `nothing`"),
            "{error}"
        );
    }
}
