//! The ledger: what is known of every incident that was queued, and what is sent of it.
//!
//! Pure: items, and what becomes of them. `deliver` reads and writes them, each write on the condition that
//! nobody has written since, so that functions that run at once agree.

mod budget;
mod cost;
mod digest;
mod earlier;
mod investigation;
mod item;
mod join;
mod key;
mod late;
mod members;
mod memory;
mod opening;
mod plan;
mod report;
mod spending;
#[cfg(test)]
mod tests;
mod window;

pub use budget::{Day, Hour, Slot};
pub use cost::{CostFindings, CostReported, CostRun, PendingCost, SHARDS, Said, Saying};
pub use digest::{Digest, Hold, Others};
pub use earlier::{Covered, Earlier};
pub use investigation::{
    Finding, Gap, Investigation, Mitigation, MitigationStage, Notice, Status, Verdict, minutes,
};
pub use item::{Head, Identity, Item, Put, Suppression, Versioned};
pub use join::{Latest, Newcomer, running};
pub use key::Key;
pub use late::{FOLLOW_UP, Late, Series, late};
pub use members::{Excerpt, Members, Summary, Tally};
pub use memory::MemoryLedger;
pub use opening::{NEAR, Nearby, Opening, Openings};
pub use plan::{Pending, Plan, Step, plan};
pub use report::report;
pub use spending::{Spending, Spent};
pub use window::{Contents, EXPIRES, State, Window, later};
