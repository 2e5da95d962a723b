//! The ledger: what is being told of which group of incidents, so that a storm is told in few words.
//!
//! Pure: windows and what becomes of them. `deliver` reads and writes them, each write on the condition
//! that nobody else has written since, so that two functions that run at once agree. The queue alone
//! holds incidents: a ledger that is lost makes delivery tell twice, and never not at all.

mod budget;
mod incident;
mod members;
mod settings;
#[cfg(test)]
mod tests;
mod window;

pub use budget::{Hour, Limits, QuietHours, Tally, tallies};
pub use incident::incident;
pub use members::{Excerpt, MemberId, Members};
pub use settings::{Grouping, InvalidGrouping};
pub use window::{Kind, Place, Standing, State, Window};
