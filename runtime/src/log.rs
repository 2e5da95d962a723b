//! Logs: one JSON object a line. Never a secret, a signature, a URL's path, or an event as it came.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use serde_json::{Map, Value as Json, json};

/// Where a function writes what it does.
#[derive(Clone)]
pub struct Log {
    function: &'static str,
    sink: Arc<dyn Fn(&str) + Send + Sync>,
}

/// How much a line matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// What happened, as it should.
    Info,
    /// What somebody should look into if it goes on.
    Warn,
    /// What failed.
    Error,
}

impl Log {
    /// A log of the function called `function` whose lines `sink` takes.
    pub fn new(function: &'static str, sink: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self {
            function,
            sink: Arc::new(sink),
        }
    }

    /// A log to standard output, where Lambda takes it up.
    #[expect(
        clippy::print_stdout,
        reason = "the log of a function is its standard output"
    )]
    pub fn standard(function: &'static str) -> Self {
        Self::new(function, |line| println!("{line}"))
    }

    /// Writes a line. `fields` is an object.
    pub fn line(&self, now: Timestamp, level: Level, message: &str, fields: Json) {
        let mut line = match fields {
            Json::Object(fields) => fields,
            _ => Map::new(),
        };
        line.insert(
            "timestamp".to_owned(),
            json!(contract::format_timestamp(now)),
        );
        line.insert("level".to_owned(), json!(level.as_str()));
        line.insert("function".to_owned(), json!(self.function));
        line.insert("message".to_owned(), json!(message));
        (self.sink)(&Json::Object(line).to_string());
    }

    /// Writes values that CloudWatch makes metrics of the function called `function_name` of. At
    /// most a hundred values of a metric; one without values is left out, as silence costs nothing.
    ///
    /// Source: "Embedded metric format specification" in the CloudWatch user guide.
    pub fn metrics(&self, now: Timestamp, function_name: &str, metrics: &[(&'static str, &[u64])]) {
        let metrics: Vec<_> = metrics
            .iter()
            .filter(|(_, values)| !values.is_empty())
            .collect();
        if metrics.is_empty() {
            return;
        }
        let names: Vec<Json> = metrics
            .iter()
            .map(|(name, _)| json!({ "Name": name, "Unit": "Count" }))
            .collect();
        let mut line = json!({
            "_aws": {
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "Tocsin",
                    "Dimensions": [["FunctionName"]],
                    "Metrics": names,
                }],
            },
            "FunctionName": function_name,
            "level": "INFO",
            "message": "metrics",
        });
        for (name, values) in metrics {
            line[*name] = json!(values);
        }
        (self.sink)(&line.to_string());
    }

    /// Writes one value that CloudWatch makes a metric of, by a dimension beside the function's name.
    pub fn measure(
        &self,
        now: Timestamp,
        function_name: &str,
        (dimension, name): (&'static str, &str),
        metric: &'static str,
        value: f64,
    ) {
        let mut line = json!({
            "_aws": {
                "Timestamp": now.as_millisecond(),
                "CloudWatchMetrics": [{
                    "Namespace": "Tocsin",
                    "Dimensions": [["FunctionName", dimension]],
                    "Metrics": [{ "Name": metric, "Unit": "None" }],
                }],
            },
            "FunctionName": function_name,
            "level": "INFO",
            "message": "metrics",
        });
        line[dimension] = json!(name);
        line[metric] = json!(value);
        (self.sink)(&line.to_string());
    }
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Info => "INFO",
            Self::Warn => "WARN",
            Self::Error => "ERROR",
        }
    }
}

impl fmt::Debug for Log {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Log").field(&self.function).finish()
    }
}
