//! The ledger, as people see it: what was sent to the agent, what is pending, and what is left of the budget.
//!
//! Pure but for `table`, which reads the ledger, and `explain::search`, which reads the functions' logs, with the credentials of whoever runs this.

mod contents;
mod entry;
mod explain;
mod found;
mod history;
mod results;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod text;

pub use table::{LedgerError, Table};

pub use contents::Contents;
pub(crate) use explain::{Explanation, Search};
pub(crate) use history::{History, Queues, Seen, queue_json};
pub(crate) use results::{Became, Results, Row, Sum, Totals};
pub(crate) use summary::Summary;
pub(crate) use text::{clock, count, day_and_time};
