//! What a dead letter is: who gave it up, what it holds, and why.

use clap::ValueEnum;
use contract::FunctionName;
use jiff::Timestamp;
use serde_json::Value as Json;

/// Who gave a dead letter up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum Kind {
    /// An incident that was not delivered to the agent
    Incident,
    /// An event that a function failed on
    Function,
    /// The same, as Lambda keeps it in the bucket of failed events
    OnFailure,
    /// An event that a rule could not hand to its function
    Rule,
    /// What a schedule could not hand to its function
    Schedule,
    /// A message that is nothing of these
    Unknown,
}

impl Kind {
    /// The word for it, as on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Incident => "incident",
            Self::Function => "function",
            Self::OnFailure => "on-failure",
            Self::Rule => "rule",
            Self::Schedule => "schedule",
            Self::Unknown => "unknown",
        }
    }
}

/// A dead letter, understood.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Letter {
    /// The message's ID.
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// The incident's own ID, where the letter is one.
    pub(crate) incident_id: Option<String>,
    /// One line for a person.
    pub(crate) what: String,
    pub(crate) since: Option<Timestamp>,
    /// Why it became a dead letter, in the words of its sender.
    pub(crate) why: String,
    pub(super) content: Content,
}

/// What a letter holds, as far as its redrive depends on it.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Content {
    /// An incident in its envelope, and why it goes back only for who names it, if so.
    Incident {
        body: String,
        doubt: Option<&'static str>,
    },
    /// What a function was given, or should have been.
    Payload {
        payload: String,
        /// The function that the message names, by ARN.
        named: Option<String>,
        /// The function that takes events of this shape.
        shape: Option<FunctionName>,
        /// Why it goes back only for who names it, if so.
        doubt: Option<&'static str>,
    },
    /// An event as it was before the rule of this name made an input of it.
    Event { event: Json, rule: String },
    /// Nothing that has a way back, for this reason.
    Unusable(&'static str),
}
