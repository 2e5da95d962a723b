//! How long the agent worked by its own count, which limits in dollars go by where it is more than what is known of
//! investigations: what people have started counts there, too.

use std::time::Duration;

use contract::INVESTIGATION_TIME;
use jiff::{SignedDuration, Timestamp};

use super::{Clock, Meter, Store};
use crate::{
    aws::{
        CallError, Reason,
        cloudwatch::{Answer, CloudWatch, Period, Query, Status},
    },
    ledger::Spending,
};

/// How often it is written, while others write it too.
const ATTEMPTS: u32 = 3;

/// Reads how long the agent worked on each day of this month, and notes that in the ledger at this price of a second.
/// Nothing depends on it: the next hour reads it again.
///
/// # Errors
///
/// Returns a [`CallError`] if it or the ledger cannot be read, or the ledger not be written.
pub async fn meter(
    source: &impl Meter,
    store: &impl Store,
    clock: &impl Clock,
    price: f64,
) -> Result<(), CallError> {
    let now = clock.now();
    let seconds = source.seconds(Spending::new(now).begins(), now).await?;
    let key = Spending::key(now);
    for attempt in 1..=ATTEMPTS {
        let read = store.read(std::slice::from_ref(&key)).await?;
        let Some(put) = Spending::change(&read, now, |it| it.meter(&seconds, price)) else {
            return Ok(());
        };
        if store.write(&[put]).await? {
            return Ok(());
        }
        clock.sleep(Duration::from_millis(200) * attempt).await;
    }
    Ok(())
}

/// The agent's own metric of one space.
#[derive(Debug)]
pub(super) struct AgentMeter {
    pub(super) cloudwatch: CloudWatch,
    pub(super) space: String,
}

impl Meter for AgentMeter {
    async fn seconds(
        &self,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<(Timestamp, f64)>, CallError> {
        let query = query(&self.space);
        // The day of `until` counts as a whole.
        let end = until.saturating_add(SignedDuration::from_hours(24));
        let period = Period {
            start: since,
            end: end.unwrap_or(until),
        };
        let page = self.cloudwatch.daily(&[query], period, None).await?;
        values(page.items)
    }
}

fn query(space: &str) -> Query {
    let [namespace, metric, dimension] = INVESTIGATION_TIME;
    Query {
        namespace,
        dimension,
        name: space.to_owned(),
        metric,
        statistic: "Sum",
    }
}

/// What was answered, unless CloudWatch could not say it.
fn values(answers: Vec<Answer>) -> Result<Vec<(Timestamp, f64)>, CallError> {
    let has_failed = |it: &Answer| matches!(it.status, Status::Failed(_));
    if answers.iter().any(has_failed) {
        let reason = Reason::Unreadable;
        return Err(CallError::new("monitoring", "GetMetricData", reason));
    }
    Ok(answers.into_iter().flat_map(|it| it.values).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing may wait because of a number that is not known, so it must not pass for none.
    #[test]
    fn an_answer_without_values_is_silence_and_a_failed_one_is_an_error() {
        let at: Timestamp = "2026-05-12T00:00:00Z".parse().unwrap();
        let answer = |status, values| Answer {
            query: 0,
            status,
            values,
        };
        assert_eq!(values(vec![answer(Status::Complete, vec![])]).unwrap(), []);
        let some = vec![answer(Status::Partial, vec![(at, 5.0)])];
        assert_eq!(values(some).unwrap(), [(at, 5.0)]);
        let failed = Status::Failed("InternalError".to_owned());
        assert!(values(vec![answer(failed, vec![(at, 5.0)])]).is_err());
    }
}
