//! A fake of the agent: it takes incidents, investigates them by a script, and can be asked what it found.
//!
//! Its shapes are those of the published model (`devops-agent` 2026-01-01 of botocore), of the user guide's "AWS
//! DevOps Agent events detail reference", and of answers that users of the agent have recorded. Its clock is an
//! argument of everything that it does, so nothing here waits.
//!
//! It does not reason. What an investigation finds is in the [`Script`]. Incidents are one failure to it where their
//! titles begin alike ([`subject`]); the agent's own rule is not published.

mod api;
mod journal;
mod model;
mod script;
mod task;
#[cfg(test)]
mod tests;
pub mod webhook;

pub use api::{Answer, Request};
pub use model::Agent;
pub use script::{Fault, Finding, Script};
pub use task::subject;

use sha2::{Digest as _, Sha256};

/// Dollars for a second of an execution. Source: the prices of AWS DevOps Agent.
pub const PRICE: f64 = 0.0083;

/// Where an agent space is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// A UUID.
    pub id: String,
    /// The account, twelve digits.
    pub account: String,
    /// The region.
    pub region: String,
}

impl Space {
    /// A space in this account and region, of the same ID each time.
    pub fn of(account: &str, region: &str) -> Self {
        Self {
            id: uuid(&["space"]),
            account: account.to_owned(),
            region: region.to_owned(),
        }
    }
}

/// A UUID that depends on these alone.
fn uuid(parts: &[&str]) -> String {
    let hash = Sha256::digest(parts.join("\n"));
    let number = hash
        .iter()
        .take(16)
        .fold(0_u128, |it, byte| (it << 8) | u128::from(*byte));
    let hex = format!("{number:032x}");
    format!(
        "{}-{}-4{}-8{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[13..16],
        &hex[17..20],
        &hex[20..]
    )
}
