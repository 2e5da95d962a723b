//! The tests of everything that a reviewer must see.

#![expect(clippy::unwrap_used, reason = "tests")]

mod cli;
mod contract;
mod day;
mod diagnostics;
mod event_patterns;
mod events;
mod permissions;
mod schema;
mod templates;
mod tidy;
mod wiring;
