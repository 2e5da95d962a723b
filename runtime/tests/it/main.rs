//! The function `deliver` against receivers that do what no receiver should: over real sockets, plain
//! and TLS, on loopback. Rows are those of "What delivery promises" in docs/delivery.md.

#![expect(clippy::unwrap_used, reason = "tests")]

mod aws;
mod canary;
mod certificate;
mod hostile;
mod lambda;
mod setting;

mod answers;
mod cost;
mod crash;
mod deployed;
mod frozen;
mod messages;
mod secret;
mod silence;
mod table;
mod trust;
