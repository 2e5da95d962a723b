//! What an incident is called by: the event itself, or the group that it belongs to.

use webhook::{IncidentId, Paths};

use super::handover::Handover;
use crate::{
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
    let value = |paths: &Paths| {
        first_of(handover.event, paths.iter()).map_or_else(String::new, |(_, value)| show(value))
    };
    let values: Vec<String> = handover.group_by.iter().map(value).collect();
    let window = Window::of(handover.at).to_string();
    let mut facts = vec![
        text(handover.event, "account").unwrap_or_default(),
        text(handover.event, "region").unwrap_or_default(),
        handover.rule.unwrap_or_default(),
    ];
    facts.extend(values.iter().map(String::as_str));
    facts.push(&window);
    IncidentId::of(KIND, &facts)
}

/// Whether the event belongs to a group. Events that have nothing of what they are to be grouped by
/// have nothing in common: each is an incident of its own.
pub(super) fn is_grouped(handover: &Handover<'_>) -> bool {
    let is_there = |paths: &Paths| first_of(handover.event, paths.iter()).is_some();
    handover.group_by.iter().any(is_there)
}
