//! List prices, and where they are from.

/// When the prices were known to hold, and of which region they are. Other regions are up to a third dearer.
pub const AS_OF: &str = "those of AWS's pricing pages as of 2025, and of the agent as of November 2026, in us-east-1, \
                         without free tiers and discounts; check them if they matter";

/// One list price.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// What is paid for.
    pub what: &'static str,
    /// US dollars.
    pub usd: f64,
    /// For so many.
    pub per: f64,
    /// The AWS page that says it.
    pub source: &'static str,
}

const LAMBDA: &str = "AWS Lambda pricing";
const SQS: &str = "Amazon SQS pricing";
const DYNAMODB: &str = "Amazon DynamoDB pricing for on-demand capacity";
const CLOUDWATCH: &str = "Amazon CloudWatch pricing";
const EVENTBRIDGE: &str = "Amazon EventBridge pricing";
const MILLION: f64 = 1e6;

const fn price(what: &'static str, usd: f64, per: f64, source: &'static str) -> Price {
    Price {
        what,
        usd,
        per,
        source,
    }
}

/// A request of Lambda.
pub(super) const REQUESTS: Price = price("requests of Lambda", 0.20, MILLION, LAMBDA);
/// A second of a gigabyte on Graviton.
pub(super) const SECONDS_ARM64: Price = price("GB-seconds on arm64", 0.000_013_333_4, 1.0, LAMBDA);
/// The same on Intel and AMD.
pub(super) const SECONDS_X86_64: Price =
    price("GB-seconds on x86_64", 0.000_016_666_7, 1.0, LAMBDA);
/// A request of a standard queue.
pub(super) const QUEUE: Price = price("requests of SQS", 0.40, MILLION, SQS);
/// A write of a kilobyte.
pub(super) const WRITES: Price = price("write request units of DynamoDB", 0.625, MILLION, DYNAMODB);
/// A read of four kilobytes.
pub(super) const READS: Price = price("read request units of DynamoDB", 0.125, MILLION, DYNAMODB);
/// A metric that an alarm looks at.
pub(super) const ALARM_METRICS: Price = price("metrics of alarms", 0.10, 1.0, CLOUDWATCH);
/// An alarm on alarms.
pub(super) const COMPOSITES: Price = price("composite alarms", 0.50, 1.0, CLOUDWATCH);
/// A metric of the functions' own.
pub(super) const METRICS: Price = price("metrics of Tocsin's own", 0.30, 1.0, CLOUDWATCH);
/// A gigabyte of logs that is written.
pub(super) const LOGS: Price = price("GB of logs", 0.50, 1.0, CLOUDWATCH);
/// A dashboard.
pub(super) const DASHBOARDS: Price = price("dashboards", 3.0, 1.0, CLOUDWATCH);
/// A thousand metrics that the cost report asks for.
pub(super) const METRIC_DATA: Price = price(
    "metrics of GetMetricData, at most",
    0.01,
    1000.0,
    CLOUDWATCH,
);
/// A secret.
pub(super) const SECRETS: Price = price("secrets", 0.40, 1.0, "AWS Secrets Manager pricing");
/// A key.
pub(super) const KEYS: Price = price("KMS keys", 1.0, 1.0, "AWS KMS pricing");
/// A gigabyte in a bucket.
pub(super) const BUCKET: Price = price("GB in S3", 0.023, 1.0, "Amazon S3 pricing");
/// A schedule that fires.
pub(super) const SCHEDULES: Price = price("invocations by schedule", 1.0, MILLION, EVENTBRIDGE);

/// What an investigation has cost, in US dollars, at 0.0083 a second: from 192 seconds to 21 minutes. Source: "AWS DevOps
/// Agent pricing", and run times that users have published.
pub const INVESTIGATION: (f64, f64) = (1.6, 10.5);

impl Price {
    /// The price of so many.
    pub fn of(&self, count: f64) -> f64 {
        self.usd * count / self.per
    }
}
