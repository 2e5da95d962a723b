//! How an undelivered incident is distinguished from other dead letters in the same queue.
//!
//! Delivery writes these, and whoever redrives dead letters reads them.

/// The message attribute that says why.
pub const REASON: &str = "TOCSIN_REASON";

/// The message attribute that says when the incident was first queued, as
/// [`format_timestamp`](crate::format_timestamp) writes it.
pub const QUEUED: &str = "TOCSIN_QUEUED";

/// The message attribute that names the window of the ledger whose report it is.
pub const WINDOW: &str = "TOCSIN_WINDOW";

/// What the reason begins with where the agent itself refused the incident, and would again.
pub const REJECTED: &str = "rejected: ";
