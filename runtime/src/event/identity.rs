//! What an incident is called by, and what it belongs to.

use webhook::{Group, IncidentId, Paths};

use super::handover::Handover;
use crate::{
    group::Affected,
    read::{first_of, show, text},
    window::Window,
};

/// What the names of these incidents begin with.
const KIND: &str = "event";

/// The identity of an event by itself, which its retries and duplicates share; of an event in a
/// group: account, region, rule, the group's values, and the window of the event's time.
pub(super) fn identity(handover: &Handover<'_>) -> IncidentId {
    if !is_grouped(handover) {
        return IncidentId::of(KIND, &[handover.id]);
    }
    let values = values(handover);
    let window = Window::of(handover.at).to_string();
    let (account, region) = whereabouts(handover);
    let mut facts = vec![account, region, handover.rule.unwrap_or_default()];
    facts.extend(values.iter().map(String::as_str));
    facts.push(&window);
    IncidentId::of(KIND, &facts)
}

/// What the account file groups the event by, or else the first thing that it is about. `shown` are
/// the group's values as they may be shown, and `resource` is that thing.
pub(super) fn group(handover: &Handover<'_>, shown: &[&str], resource: Option<&str>) -> Group {
    let (account, region) = whereabouts(handover);
    let values = values(handover);
    let affected = match handover.rule {
        _ if is_grouped(handover) => Affected::Values {
            rule: handover.rule.unwrap_or_default(),
            values: &values,
            shown,
        },
        Some(rule) => Affected::Rule { rule, resource },
        None => Affected::Event {
            source: handover.source,
            detail_type: handover.detail_type,
            resource,
        },
    };
    let occurrence = IncidentId::of(KIND, &[handover.id]);
    affected.group(account, region, handover.detail_type, &occurrence)
}

/// What the group's paths lead to, in their order.
fn values(handover: &Handover<'_>) -> Vec<String> {
    let value = |paths: &Paths| {
        first_of(handover.event, paths.iter()).map_or_else(String::new, |(_, value)| show(value))
    };
    handover.group_by.iter().map(value).collect()
}

fn whereabouts<'a>(handover: &Handover<'a>) -> (&'a str, &'a str) {
    let field = |name| text(handover.event, name).unwrap_or_default();
    (field("account"), field("region"))
}

/// Whether the event belongs to a group. Events that have nothing of what they are to be grouped by
/// have nothing in common: each is an incident of its own.
pub(super) fn is_grouped(handover: &Handover<'_>) -> bool {
    let is_there = |paths: &Paths| first_of(handover.event, paths.iter()).is_some();
    handover.group_by.iter().any(is_there)
}
