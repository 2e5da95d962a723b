//! The event that hands on a plan which the agent wrote. Nothing here carries a plan out.

/// The source of the event.
pub const SOURCE: &str = crate::canary::SOURCE;

/// The type of the event.
pub const READY: &str = "Mitigation Ready";
