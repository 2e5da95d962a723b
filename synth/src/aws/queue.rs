//! How many messages a queue has.

use aws_sdk_sqs::types::QueueAttributeName::{
    self, ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed,
    ApproximateNumberOfMessagesNotVisible,
};

use super::{Aws, AwsError};

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
    /// Returns an [`AwsError`] if SQS refuses or does not answer.
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
            .map_err(|it| AwsError::call("SQS GetQueueAttributes", it))?;
        let attributes = answer.attributes.unwrap_or_default();
        let number = |name: &QueueAttributeName| {
            let value = attributes.get(name);
            value.and_then(|it| it.parse().ok()).unwrap_or_default()
        };
        Ok(Self {
            waiting: number(&ApproximateNumberOfMessages),
            in_flight: number(&ApproximateNumberOfMessagesNotVisible),
            delayed: number(&ApproximateNumberOfMessagesDelayed),
        })
    }

    /// All messages, whether they can be received or not.
    pub fn total(self) -> i64 {
        self.waiting + self.in_flight + self.delayed
    }
}
