//! The ledger, as people see it: what was told to the agent, what waits, and what the budget has room for.
//!
//! Pure but for `table`, which reads the ledger with the credentials of whoever runs this.

mod contents;
mod history;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod told;

pub use table::{LedgerError, Table};

pub use contents::Contents;
pub(crate) use history::{History, Queues, Seen, queue_json};
pub(crate) use summary::Summary;
