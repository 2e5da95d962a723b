//! The names of variables whose values only a deployment knows.

/// The URL of the queue of incidents.
pub const INCIDENTS_QUEUE_URL: &str = "INCIDENTS_QUEUE_URL";
/// The URL of the queue of dead letters.
pub const DEAD_LETTERS_QUEUE_URL: &str = "DEAD_LETTERS_QUEUE_URL";
/// The name of the ledger's table.
pub const LEDGER_TABLE: &str = "LEDGER_TABLE";
/// The ARN of the topic to which results of investigations are published.
pub const RESULTS_TOPIC_ARN: &str = "RESULTS_TOPIC_ARN";
/// The ARN of the secret that holds the webhook.
pub const WEBHOOK_SECRET_ARN: &str = "WEBHOOK_SECRET_ARN";
/// Further hosts that the webhook may be at, with commas between them; not there where there are none.
pub const WEBHOOK_HOSTS: &str = "WEBHOOK_HOSTS";
/// [`ALLOWED`] where the webhook may be at a loopback address over plain HTTP.
pub const WEBHOOK_LOOPBACK_HTTP: &str = "WEBHOOK_LOOPBACK_HTTP";
/// What [`WEBHOOK_LOOPBACK_HTTP`] is where it is.
pub const ALLOWED: &str = "allowed";
/// The regions that the cost report is about, with commas between them, in the one that makes it; not there
/// where it is about its own.
pub const COST_REGIONS: &str = "COST_REGIONS";
/// The time zone whose days the cost report goes by.
pub const TIME_ZONE: &str = "TIME_ZONE";
