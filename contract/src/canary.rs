//! The canary of the pipeline: an event that a schedule sends once a day, and that goes all the way but the post.
//! Whoever could forge it could at worst say that the pipeline works.

/// The source of the event.
pub const SOURCE: &str = "tocsin";

/// The type of the event.
pub const DETAIL_TYPE: &str = "Tocsin Pipeline Canary";

/// The field of the event's detail that names the core stack: where an account has two in a region, each has
/// a canary of its own.
pub const STACK: &str = "stack";

/// The metric that counts canaries that arrived.
pub const METRIC: &str = "Canary";
