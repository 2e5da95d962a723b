//! What an incident is called by, and what it belongs to.

use contract::{Group, IncidentId, Paths};

use super::{kind::about, rule_input::RuleInput};
use crate::{group::Affected, read::text};

/// What the names of these incidents begin with.
const KIND: &str = "event";

/// The identity of an event, which its retries and duplicates share.
pub(super) fn identity(input: &RuleInput<'_>) -> IncidentId {
    IncidentId::of(KIND, &[input.id])
}

/// The group of an event: by the values that the account file groups by, or else by the resource that the event
/// is about. `shown` is the redacted event, and `shown_values` are the group's values in it.
pub(super) fn group(input: &RuleInput<'_>, shown: &RuleInput<'_>, shown_values: &[&str]) -> Group {
    let (account, region) = whereabouts(input);
    let about = about(shown.event);
    let resource = about.as_deref();
    let values = values(input);
    let affected = match input.rule {
        _ if is_grouped(input) => Affected::Values {
            rule: input.rule.unwrap_or_default(),
            values: &values,
            shown: shown_values,
        },
        Some(rule) => Affected::Rule { rule, resource },
        None => Affected::Event {
            source: shown.source,
            detail_type: shown.detail_type,
            resource,
        },
    };
    let group = affected.group(account, region, shown.detail_type);
    let group = group.of_size(size(input));
    match input.rule {
        Some(rule) => group.of_rule(rule),
        None => group,
    }
}

/// How large the problem of a group is, in hundredths, where the rule says what says so.
fn size(input: &RuleInput<'_>) -> Option<u64> {
    let paths = input.size.as_ref().filter(|_| is_grouped(input))?;
    let number: f64 = input.derived.value(input.event, paths)?.parse().ok()?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is below zero is none, and what is too large is the largest"
    )]
    let hundredths = (number * 100.0) as u64;
    number.is_finite().then_some(hundredths)
}

/// What the group's paths lead to, in their order.
fn values(input: &RuleInput<'_>) -> Vec<String> {
    let value = |paths: &Paths| input.derived.value(input.event, paths);
    input
        .group_by
        .iter()
        .map(|paths| value(paths).unwrap_or_default())
        .collect()
}

fn whereabouts<'a>(input: &RuleInput<'a>) -> (&'a str, &'a str) {
    let field = |name| text(input.event, name).unwrap_or_default();
    (field("account"), field("region"))
}

/// Whether the event belongs to a group. Events that have nothing of what they are to be grouped by
/// have nothing in common: each is an incident of its own.
pub(super) fn is_grouped(input: &RuleInput<'_>) -> bool {
    let is_there = |paths: &Paths| input.derived.value(input.event, paths).is_some();
    input.group_by.iter().any(is_there)
}
