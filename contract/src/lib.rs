//! What `stacks`, `runtime`, `webhook` and `synth` must agree on, said once: what an incident is and how it travels,
//! the settings that templates write and functions read, and what things are called.
//!
//! Pure, and below every other crate: no files, no clock, no network.
//!
//! ```
//! use contract::{FunctionName, StackRole};
//!
//! assert_eq!(FunctionName::Deliver.logical_id(), "DeliverFunction");
//! assert_eq!(StackRole::Alarms(2).stack_name("tocsin-prod"), "tocsin-prod-alarms-2");
//! ```

mod agent_space;
pub mod canary;
pub mod dead_letter;
mod envelope;
mod function;
mod group;
mod identity;
mod incident;
pub mod mitigation;
pub mod names;
mod output;
mod partition;
mod priority;
pub mod results;
pub mod settings;
pub mod text;
mod timestamp;
mod title;

pub use agent_space::{AgentSpace, INVESTIGATION_TIME};
pub use envelope::{Envelope, MAX_MESSAGE, Signal, UnreadableEnvelope};
pub use function::FunctionName;
pub use group::{Group, GroupKey};
pub use identity::IncidentId;
pub use incident::{Incident, MAX_DESCRIPTION, MAX_TITLE};
pub use names::StackRole;
pub use output::Output;
pub use partition::Partition;
pub use priority::Priority;
pub use settings::{
    AgentSettings, AlarmSettings, CostSettings, CostSources, DeliverySettings, Limits,
    MitigationSettings, NoticeSettings, PosixTimeZone, QuietHours, TimeOfDay, WatchedAlarms,
};
pub use timestamp::format_timestamp;
pub use title::{InvalidPath, InvalidTitle, Paths, Title};
