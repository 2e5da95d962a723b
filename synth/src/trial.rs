//! An event tried against an account file: which rules would catch it, and what would be sent.

use runtime::{alarm, decision::Decision, ecs, event, read::UnreadableEvent};
use serde_json::Value as Json;
use stacks::{
    Monitor,
    asset::CodeAsset,
    event_pattern::{Mismatch, Scope},
    rules::rules,
};

/// What becomes of an event.
#[derive(Debug)]
pub struct Trial {
    /// Every way that it could have taken, those that it takes first.
    pub ways: Vec<Way>,
}

/// A way from an event to a function.
#[derive(Debug)]
pub struct Way {
    /// The rule's name, or what else hands the event on.
    pub by: String,
    /// The function.
    pub function: CodeAsset,
    /// What the function makes of it, or why it does not come so far.
    pub outcome: Outcome,
}

/// What becomes of an event on one way.
#[derive(Debug)]
pub enum Outcome {
    /// The rule does not catch it.
    NotCaught(Vec<Mismatch>),
    /// The function decides so.
    Decided(Decision),
    /// The function cannot judge it: it becomes a dead letter.
    Unreadable(UnreadableEvent),
}

/// Tries an event, as EventBridge hands it to rules or as an alarm hands it to its action.
pub fn trial(monitor: &Monitor, scope: &Scope<'_>, tried: &Json) -> Trial {
    if tried.get("alarmData").is_some() {
        return Trial {
            ways: vec![Way {
                by: "the action of an alarm".to_owned(),
                function: CodeAsset::Alarm,
                outcome: judge(CodeAsset::Alarm, tried),
            }],
        };
    }
    let mut ways: Vec<Way> = rules(monitor)
        .iter()
        .map(|rule| {
            let outcome = if rule.pattern.matches(tried, scope) {
                match &rule.input {
                    Some(input) => judge(rule.function, &input.filled(tried)),
                    None => judge(rule.function, tried),
                }
            } else {
                Outcome::NotCaught(rule.pattern.mismatches(tried, scope))
            };
            Way {
                by: rule.name(monitor),
                function: rule.function,
                outcome,
            }
        })
        .collect();
    ways.sort_by_key(|way| match &way.outcome {
        Outcome::NotCaught(mismatches) => 1 + mismatches.len(),
        _ => 0,
    });
    Trial { ways }
}

fn judge(function: CodeAsset, input: &Json) -> Outcome {
    let decided = match function {
        CodeAsset::Ecs => ecs::decide(input),
        CodeAsset::Event => event::decide(input),
        // No rule hands events to the others.
        CodeAsset::Alarm | CodeAsset::Cost | CodeAsset::Deliver => alarm::decide(input),
    };
    match decided {
        Ok(decision) => Outcome::Decided(decision),
        Err(error) => Outcome::Unreadable(error),
    }
}
