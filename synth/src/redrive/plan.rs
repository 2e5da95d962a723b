//! The way back of each dead letter, or why it stays where it is.

use std::collections::BTreeMap;

use contract::{FunctionName, Output};
use stacks::{
    Monitor,
    rules::{EventRule, rules},
};

use super::{
    letter::{Content, Kind, Letter},
    read::line,
};

/// Which dead letters are asked for. An empty list asks for all.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection {
    pub(crate) kinds: Vec<Kind>,
    /// IDs of messages or of incidents.
    pub(crate) ids: Vec<String>,
}

impl Selection {
    fn names(&self, letter: &Letter) -> bool {
        self.ids.iter().any(|id| is_called(letter, id))
    }

    fn asks_for(&self, letter: &Letter) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&letter.kind))
            && (self.ids.is_empty() || self.names(letter))
    }
}

/// Whether a letter goes by this ID, its own or its incident's.
pub(crate) fn is_called(letter: &Letter, id: &str) -> bool {
    letter.id == id || letter.incident_id.as_deref() == Some(id)
}

/// A deployed stack, as far as dead letters go back to it.
#[derive(Clone, Debug)]
pub(crate) struct Stack {
    /// The rules by their names.
    rules: BTreeMap<String, EventRule>,
    /// The names of the functions that take events.
    functions: BTreeMap<FunctionName, String>,
}

impl Stack {
    /// `outputs` are those of the core stack as it is deployed.
    pub(crate) fn new(monitor: &Monitor, outputs: &BTreeMap<String, String>) -> Self {
        // What `deliver` takes comes from the queue, and goes back to it.
        let functions = FunctionName::ALL
            .into_iter()
            .filter(|asset| *asset != FunctionName::Deliver)
            .filter_map(|asset| {
                Some((
                    asset,
                    outputs.get(Output::Function(asset).as_str())?.clone(),
                ))
            })
            .collect();
        let rules = rules(monitor)
            .into_iter()
            .map(|rule| (rule.name(monitor), rule))
            .collect();
        Self { rules, functions }
    }

    fn function(&self, asset: FunctionName) -> Result<String, String> {
        self.functions
            .get(&asset)
            .cloned()
            .ok_or_else(|| format!("the stack has no `{}`", asset.logical_id()))
    }

    /// The function of this ARN, if it is there under this name: a function that was replaced is not.
    fn by_arn(&self, arn: &str) -> Option<String> {
        let (_, function) = arn.split_once(":function:")?;
        let name = function.split(':').next()?;
        self.functions.values().find(|it| *it == name).cloned()
    }
}

/// What is to become of a dead letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// It goes to the incidents, where delivery signs it anew.
    Queue { body: String },
    /// It goes to a function, as if AWS had invoked it.
    Invoke { function: String, payload: String },
    /// It stays, for this reason.
    Keep(String),
    /// It stays, because neither `--only` nor `--id` selects it.
    Skipped,
}

/// Plans for one letter.
pub(crate) fn plan(letter: &Letter, selection: &Selection, stack: &Stack) -> Step {
    if !selection.asks_for(letter) {
        return Step::Skipped;
    }
    let step = match &letter.content {
        Content::Incident {
            doubt: Some(doubt), ..
        }
        | Content::Payload {
            doubt: Some(doubt), ..
        } if !selection.names(letter) => {
            Err(format!("{doubt}; to try all the same: --id {}", letter.id))
        }
        Content::Incident { body, .. } => Ok(Step::Queue { body: body.clone() }),
        Content::Payload {
            payload,
            named,
            shape,
            ..
        } => function(stack, named.as_deref(), *shape).map(|function| Step::Invoke {
            function,
            payload: payload.clone(),
        }),
        Content::Event { event, rule } => match stack.rules.get(rule) {
            Some(rule) => stack.function(rule.purpose.function()).map(|function| {
                let input = rule.input.as_ref().map(|it| it.filled(event));
                let payload = input.as_ref().unwrap_or(event).to_string();
                Step::Invoke { function, payload }
            }),
            None => Err(line(&format!("the account file has no rule `{rule}`"))),
        },
        Content::Unusable(reason) => Err((*reason).to_owned()),
    };
    step.unwrap_or_else(Step::Keep)
}

fn function(
    stack: &Stack,
    named: Option<&str>,
    shape: Option<FunctionName>,
) -> Result<String, String> {
    if let Some(function) = named.and_then(|arn| stack.by_arn(arn)) {
        return Ok(function);
    }
    match shape {
        Some(asset) => stack.function(asset),
        None => Err("no function of the stack takes events like this".to_owned()),
    }
}
