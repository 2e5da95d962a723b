//! What an incident is called by, and what it belongs to.

use webhook::{Group, IncidentId, Paths};

use super::{kind::about, rule_input::RuleInput};
use crate::{group::Affected, read::text, window::Window};

/// What the names of these incidents begin with.
const KIND: &str = "event";

/// The identity of an event by itself, which its retries and duplicates share; of an event in a
/// group: account, region, rule, the group's values, and the window of the event's time.
pub(super) fn identity(input: &RuleInput<'_>) -> IncidentId {
    if !is_grouped(input) {
        return IncidentId::of(KIND, &[input.id]);
    }
    let values = values(input);
    let window = Window::of(input.at).to_string();
    let (account, region) = whereabouts(input);
    let mut facts = vec![account, region, input.rule.unwrap_or_default()];
    facts.extend(values.iter().map(String::as_str));
    facts.push(&window);
    IncidentId::of(KIND, &facts)
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
    let occurrence = IncidentId::of(KIND, &[input.id]);
    affected.group(account, region, shown.detail_type, &occurrence)
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
