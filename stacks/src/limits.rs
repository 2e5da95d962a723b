//! Quotas of AWS that a template can run into.
//!
//! Source of each: the service's page "Quotas" in its user guide, read in 2026.

/// Characters of one event pattern (EventBridge).
pub const EVENT_PATTERN_CHARACTERS: usize = 2_048;
/// Resources of one template (CloudFormation).
pub const RESOURCES: usize = 500;
/// Alarms of one shard: what is left of [`RESOURCES`] for later kinds of resource.
pub const ALARMS_PER_SHARD: usize = 450;
