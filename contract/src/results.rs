//! The metrics of how investigations ended, which functions count and alarms look at.

/// Investigations that ended without a cause, or could not look: the agent may have seen nothing.
pub const SAW_NOTHING: &str = "SawNothing";
/// Investigations that were cancelled: by a person, or by a quota or limit of the agent.
pub const CANCELLED: &str = "InvestigationsCancelled";
/// Investigations that failed or took too long.
pub const FAILED: &str = "InvestigationsFailed";
