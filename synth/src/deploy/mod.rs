//! From templates to deployed stacks, by change set.
//!
//! Nothing here prints or asks: what happens is reported to an [`Observer`], of which a terminal is one. What became
//! of an operation is decided by [`verdict()`] alone.

pub mod assets;
mod bucket;
mod carry_out;
mod change_set;
mod discard;
mod error;
mod events;
mod execute;
mod made;
mod observer;
mod owner;
mod plan;
mod read;
mod remains;
mod remove;
mod result;
mod staging;
mod status;
mod verdict;
mod watch;

pub use carry_out::{Deployer, Origin};
pub use change_set::Outcome;
pub use error::DeployError;
pub use observer::{DeployEvent, Observer};
pub(crate) use owner::check_ours;
pub use plan::{First, Plan, StackPlan, Values, plan};
pub use read::{
    Deployed, all_stacks, deployed, describe, output, stacks_in, template, wanted_stacks,
};
pub(crate) use remains::remains;
pub use remains::{Remains, Resource};
pub use remove::Removed;
pub use result::{RunResult, StackOutcome, StackResult};
pub use status::{StackCondition, StackStatus};
pub use verdict::{Evidence, Operation, Verdict, verdict};
