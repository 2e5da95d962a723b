//! The report on spend that may not be needed: from what AWS recommends, and what instances do, to an
//! incident where that is worth an investigation.
//!
//! Reading is behind [`Reads`], remembering behind [`Store`]; everything between is pure.

mod actual;
mod call;
mod evaluate;
mod exclude;
mod facts;
mod finding;
mod gate;
mod instance_type;
mod lambda;
mod look;
mod metrics;
mod money;
mod outbox;
mod port;
mod recommended;
mod run;
mod settings;
#[cfg(test)]
mod tests;
mod text;
mod totals;
mod usage;

use jiff::Timestamp;
use serde_json::Value as Json;

pub use actual::{ActualCost, price_of_pages};
pub use evaluate::{Evaluation, evaluate};
pub use facts::{Facts, Gap, RegionFacts, What, Why};
pub use finding::{Finding, Kind, Origin, ResourceKey};
pub use gate::{Done, News, Past, news};
pub use lambda::{AwsReads, CostFunction, LedgerStore, PassingClock};
pub use look::look;
pub use money::{Amount, Discounts, Sums};
pub use port::{ACTIONS, Clock, Reads};
pub use run::{Outbox, Outcome, Run, RunError, Store, past};
pub use settings::Settings;
#[cfg(test)]
pub(crate) use text::group;
pub use text::{Occasion, identity, incident, line, sections, summary};
pub use totals::price_of_metrics;
pub use usage::{Days, Evidence, Usage};

use crate::read::time;

/// The time that a report is for: the one it was scheduled for, so that a retry a day later is still
/// yesterday's report. A test event such as `{}` is a report of now.
pub fn scheduled_time(event: &Json, now: Timestamp) -> Timestamp {
    time(event, "scheduledTime")
        .or_else(|| time(event, "time"))
        .unwrap_or(now)
}
