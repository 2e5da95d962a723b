//! What an incident is called by, and what it belongs to.

use webhook::{Group, IncidentId, Paths};

use super::{handover::Handover, kind::about};
use crate::{group::Affected, read::text, window::Window};

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

/// The group of an event: by the values that the account file groups by, or else by the resource that the event
/// is about. `shown` is the redacted event, and `shown_values` are the group's values in it.
pub(super) fn group(handover: &Handover<'_>, shown: &Handover<'_>, shown_values: &[&str]) -> Group {
    let (account, region) = whereabouts(handover);
    let about = about(shown.event);
    let resource = about.as_deref();
    let values = values(handover);
    let affected = match handover.rule {
        _ if is_grouped(handover) => Affected::Values {
            rule: handover.rule.unwrap_or_default(),
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
    let occurrence = IncidentId::of(KIND, &[handover.id]);
    affected.group(account, region, shown.detail_type, &occurrence)
}

/// What the group's paths lead to, in their order.
fn values(handover: &Handover<'_>) -> Vec<String> {
    let value = |paths: &Paths| handover.derived.value(handover.event, paths);
    handover
        .group_by
        .iter()
        .map(|paths| value(paths).unwrap_or_default())
        .collect()
}

fn whereabouts<'a>(handover: &Handover<'a>) -> (&'a str, &'a str) {
    let field = |name| text(handover.event, name).unwrap_or_default();
    (field("account"), field("region"))
}

/// Whether the event belongs to a group. Events that have nothing of what they are to be grouped by
/// have nothing in common: each is an incident of its own.
pub(super) fn is_grouped(handover: &Handover<'_>) -> bool {
    let is_there = |paths: &Paths| handover.derived.value(handover.event, paths).is_some();
    handover.group_by.iter().any(is_there)
}
