//! Amazon CloudWatch: what instances did, and how long the agent worked.

use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{CallError, Page, Service};
use crate::{
    read::{list, parse_time, text},
    settings::{Environment, InvalidVariable},
};

/// Queries of one request at most. Source: `GetMetricData` in the CloudWatch API reference.
pub const QUERIES: usize = 500;

/// A client of CloudWatch in one region.
#[derive(Clone, Debug)]
pub struct CloudWatch(Service);

/// What to ask of one thing: one of its metrics, by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Such as `AWS/EC2`.
    pub namespace: &'static str,
    /// The dimension by which it is named, such as `InstanceId`.
    pub dimension: &'static str,
    /// Its name.
    pub name: String,
    /// Such as `CPUUtilization`.
    pub metric: &'static str,
    /// Such as `Maximum`.
    pub statistic: &'static str,
}

/// The time that queries are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends, which is no part of it.
    pub end: Timestamp,
}

/// What CloudWatch says of one query on one page.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    /// Which of the queries it is about.
    pub query: usize,
    /// How much of the answer this is.
    pub status: Status,
    /// When each day began, and its value.
    pub values: Vec<(Timestamp, f64)>,
}

/// How much of an answer is there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// All of it.
    Complete,
    /// A part. The rest is on the next page, if there is one.
    Partial,
    /// None, for this reason: `InternalError`, `Forbidden`, or one that is new.
    Failed(String),
}

impl CloudWatch {
    /// A client as the environment says, of a region.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment has no credentials.
    pub fn new(
        http: reqwest::Client,
        environment: &Environment,
        region: &str,
    ) -> Result<Self, InvalidVariable> {
        Service::in_region(http, environment, "monitoring", "CLOUDWATCH", region).map(Self)
    }

    /// A page of the answers to up to [`QUERIES`] queries, day by day from the start of the period.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if CloudWatch refuses, cannot be reached, or gives an answer that cannot be read.
    pub async fn daily(
        &self,
        queries: &[Query],
        period: Period,
        token: Option<&str>,
    ) -> Result<Page<Answer>, CallError> {
        let asked: Vec<Json> = queries.iter().enumerate().map(data_query).collect();
        let mut input = json!({
            "MetricDataQueries": asked,
            "StartTime": period.start.as_second(),
            "EndTime": period.end.as_second(),
        });
        if let Some(token) = token {
            input["NextToken"] = json!(token);
        }
        let target = "GraniteServiceVersion20100801";
        let (items, beside) = self
            .0
            .json_page(target, "GetMetricData", &input, "MetricDataResults", answer)
            .await?;
        Ok(Page {
            items,
            errors: 0,
            next: text(&Json::Object(beside), "NextToken").map(str::to_owned),
        })
    }
}

fn data_query((index, query): (usize, &Query)) -> Json {
    json!({
        "Id": format!("q{index}"),
        "MetricStat": {
            "Metric": {
                "Namespace": query.namespace,
                "MetricName": query.metric,
                "Dimensions": [{ "Name": query.dimension, "Value": query.name }],
            },
            "Period": 86_400,
            "Stat": query.statistic,
        },
    })
}

fn answer(json: &Json) -> Option<Answer> {
    let query = text(json, "Id")?.strip_prefix('q')?.parse().ok()?;
    let (times, values) = (list(json, "Timestamps"), list(json, "Values"));
    let status = match text(json, "StatusCode") {
        _ if times.len() != values.len() => Status::Failed("unreadable".to_owned()),
        Some("Complete") => Status::Complete,
        Some("PartialData") => Status::Partial,
        other => Status::Failed(other.unwrap_or("without a status").to_owned()),
    };
    let values = times.iter().zip(values);
    Some(Answer {
        query,
        status,
        values: values
            .filter_map(|(time, value)| Some((point_in_time(time)?, value.as_f64()?)))
            .collect(),
    })
}

/// The JSON protocol has seconds since 1970; local AWSs also write dates.
fn point_in_time(json: &Json) -> Option<Timestamp> {
    #[expect(clippy::cast_possible_truncation, reason = "whole seconds")]
    match json {
        Json::Number(seconds) => Timestamp::from_second(seconds.as_f64()? as i64).ok(),
        Json::String(text) => parse_time(text),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_and_what_is_new_are_not_silence() {
        let day = |days: i64| Timestamp::from_second(days * 86_400).unwrap();
        for (json, status, values) in [
            (
                json!({ "StatusCode": "Complete", "Timestamps": [86_400.0, "1970-01-03T00:00:00Z"], "Values": [1, 2.5] }),
                Status::Complete,
                vec![(day(1), 1.0), (day(2), 2.5)],
            ),
            (
                json!({ "StatusCode": "PartialData", "Timestamps": [], "Values": [] }),
                Status::Partial,
                vec![],
            ),
            (
                json!({ "StatusCode": "Forbidden" }),
                Status::Failed("Forbidden".to_owned()),
                vec![],
            ),
            (
                json!({ "StatusCode": "Throttled" }),
                Status::Failed("Throttled".to_owned()),
                vec![],
            ),
            (
                json!({}),
                Status::Failed("without a status".to_owned()),
                vec![],
            ),
            (
                json!({ "StatusCode": "Complete", "Timestamps": [], "Values": [1] }),
                Status::Failed("unreadable".to_owned()),
                vec![],
            ),
        ] {
            let mut json = json;
            json["Id"] = json!("q7");
            let expected = Answer {
                query: 7,
                status,
                values,
            };
            assert_eq!(answer(&json), Some(expected), "{json}");
        }
        assert_eq!(answer(&json!({ "Id": "x" })), None);
    }
}
