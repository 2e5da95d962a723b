//! Amazon CloudWatch: what instances did.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{CallError, Service};
use crate::{
    read::{at, list, text},
    settings::{Environment, MissingVariable},
};

/// Metrics of one request at most. Source: `GetMetricData` in the CloudWatch API reference.
pub const QUERIES: usize = 500;

/// A client of CloudWatch.
#[derive(Clone, Debug)]
pub struct CloudWatch(Service);

/// What to ask of one instance: a metric of `AWS/EC2`, by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// The instance.
    pub instance: String,
    /// Such as `CPUUtilization`.
    pub metric: &'static str,
    /// Such as `Maximum`.
    pub statistic: &'static str,
}

/// The value of each day that has one; nothing for a query that CloudWatch could not answer.
pub type DailyValues = Option<Vec<f64>>;

impl CloudWatch {
    /// A client as the environment says.
    pub fn new(http: reqwest::Client, environment: &Environment) -> Result<Self, MissingVariable> {
        Service::new(http, environment, "monitoring", "CLOUDWATCH").map(Self)
    }

    /// Answers queries, in their order, for the days from `start` to `end`.
    pub async fn daily(
        &self,
        queries: &[Query],
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<DailyValues>, CallError> {
        let mut values = Vec::with_capacity(queries.len());
        for chunk in queries.chunks(QUERIES) {
            values.extend(self.chunk(chunk, start, end).await?);
        }
        Ok(values)
    }

    async fn chunk(
        &self,
        queries: &[Query],
        start: Timestamp,
        end: Timestamp,
    ) -> Result<Vec<DailyValues>, CallError> {
        let asked: Vec<Json> = queries.iter().enumerate().map(data_query).collect();
        let mut input = json!({
            "MetricDataQueries": asked,
            "StartTime": start.as_second(),
            "EndTime": end.as_second(),
        });
        let mut values: Vec<DailyValues> = vec![Some(Vec::new()); queries.len()];
        loop {
            let answer = self
                .0
                .json(
                    "GraniteServiceVersion20100801",
                    "GetMetricData",
                    "1.0",
                    &input,
                )
                .await?;
            collect(&answer, &mut values);
            match text(&answer, "NextToken") {
                Some(token) => input["NextToken"] = json!(token),
                None => return Ok(values),
            }
        }
    }
}

fn data_query((index, query): (usize, &Query)) -> Json {
    json!({
        "Id": format!("q{index}"),
        "MetricStat": {
            "Metric": {
                "Namespace": "AWS/EC2",
                "MetricName": query.metric,
                "Dimensions": [{ "Name": "InstanceId", "Value": query.instance }],
            },
            "Period": 86_400,
            "Stat": query.statistic,
        },
    })
}

/// Takes up a page of results. One that CloudWatch calls failed is nothing, not an empty one.
fn collect(answer: &Json, values: &mut [DailyValues]) {
    for result in list(answer, "MetricDataResults") {
        let index = text(result, "Id").and_then(|id| id.strip_prefix('q')?.parse::<usize>().ok());
        let Some(slot) = index.and_then(|index| values.get_mut(index)) else {
            continue;
        };
        if matches!(
            text(result, "StatusCode"),
            Some("InternalError" | "Forbidden")
        ) {
            *slot = None;
        } else if let Some(known) = slot {
            known.extend(
                at(result, "Values")
                    .and_then(Json::as_array)
                    .into_iter()
                    .flatten()
                    .filter_map(Json::as_f64),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_add_up_and_failures_are_not_silence() {
        let mut values: Vec<DailyValues> = vec![Some(Vec::new()); 3];
        for page in [
            json!({ "MetricDataResults": [
                { "Id": "q0", "StatusCode": "PartialData", "Values": [1.0, 2.5] },
                { "Id": "q2", "StatusCode": "InternalError", "Values": [] },
            ] }),
            json!({ "MetricDataResults": [
                { "Id": "q0", "StatusCode": "Complete", "Values": [3] },
                { "Id": "q9", "Values": [1] },
            ] }),
        ] {
            collect(&page, &mut values);
        }
        assert_eq!(values, [Some(vec![1.0, 2.5, 3.0]), Some(Vec::new()), None]);
    }
}
