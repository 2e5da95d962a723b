//! Dead letters: from messages to what they are, why they are there, and the way back of each.
//!
//! ```text
//! Message -> Letter -> Step -> Disposition
//! ```
//!
//! The first two arrows are pure. The last is the only one that sends or removes anything, through
//! `Ports` that tests replace.

mod aws;
mod carry_out;
mod event;
mod letter;
mod look;
mod message;
mod plan;
mod ports;
mod read;
mod report;
mod take;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use stacks::Monitor;

pub use letter::Kind;

pub(crate) use aws::{AwsPorts, Places};
pub(crate) use carry_out::carry_out;
pub(crate) use look::Look;
pub(crate) use plan::{Selection, Stack, is_called};
pub(crate) use report::Report;
pub(crate) use take::{give_back, take};

use carry_out::{Disposition, Held, foreseen};
use letter::Letter;
use message::{Message, Receipt};
use plan::{Step, plan};
use read::read;
use take::Taken;

/// What a message would be shown as, in three texts: whose it is, what it holds, and why it was given
/// up. Planning its redrive is a part of it, for an account that has deployed nothing yet.
pub fn describe(
    body: &str,
    attributes: &BTreeMap<String, String>,
    monitor: &Monitor,
) -> [String; 3] {
    let letter = read(&Message {
        body: body.to_owned(),
        attributes: attributes.clone(),
        ..Message::default()
    });
    let stack = Stack::new(monitor, &BTreeMap::new());
    foreseen(&plan(&letter, &Selection::default(), &stack));
    [letter.kind.as_str().to_owned(), letter.what, letter.why]
}
