//! What is around delivery, on a clock that only waiting moves: a queue with the numbers of the template,
//! and the environments that Lambda runs.

pub(crate) mod clock;
pub(crate) mod environment;
pub(crate) mod ledger;
pub(crate) mod queue;
