//! The command line as its users meet it: what it prints, what it writes, what it returns.

#![expect(clippy::unwrap_used, reason = "tests")]

mod cli;
mod cost;
mod dead_letters;
mod history;
mod lifecycle;
mod redrive;
mod results;
mod shards;
mod support;
mod trial;
