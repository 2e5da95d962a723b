//! From templates to deployed stacks, by change set.
//!
//! Nothing here prints or asks: what happens is told to an [`Observer`], of which a terminal is one.

pub mod assets;
mod carry_out;
mod change_set;
mod error;
mod events;
mod observer;
mod plan;
mod read;
mod remove;
mod staging;
mod status;

pub use carry_out::Deployer;
pub use change_set::Outcome;
pub use error::DeployError;
pub use observer::{DeployEvent, Observer};
pub use plan::{First, Plan, StackPlan, Values, plan};
pub use read::{Deployed, all_stacks, deployed, describe, output, siblings, template};
pub use remove::{Removed, kept};
pub use status::{StackCondition, StackStatus};
