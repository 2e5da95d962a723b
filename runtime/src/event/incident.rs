//! From an event to the incident that says so, and what it belongs to.

use serde_json::{Value as Json, json};
use webhook::{Incident, Title, text::cut};

use super::{
    handover::Handover,
    identity::{group, identity, is_grouped},
    kind::{Kind, kind},
};
use crate::{
    decision::Decision,
    place::{Place, encode},
    read::{at, first_of, list, show, show_time, text},
    report::{Report, first},
    window::Window,
    withhold::{self, Cleaned},
};

/// Resources, withheld values and elements of a list that are shown at most.
const LISTED: usize = 20;
/// Characters of a value at most that is filled into a title: the others must fit as well.
const LONGEST_VALUE: usize = 150;
/// Characters of a text at most that is shown in an event's detail.
const LONGEST_TEXT: usize = 1_000;

/// The incident of an event, and what it belongs to.
pub(super) fn investigate(handover: &Handover<'_>) -> Decision {
    let cleaned = withhold::document(handover.event);
    let values = values(handover, &cleaned.json);
    let shown: Vec<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
    let group = group(handover, &shown, text(&cleaned.json, "resources.0"));
    let resources: Vec<String> = list(&cleaned.json, "resources")
        .iter()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect();
    let resources = first(resources, LISTED);
    let data = json!({
        "rule": handover.rule,
        "eventId": handover.id,
        "source": handover.source,
        "detailType": handover.detail_type,
        "account": text(handover.event, "account"),
        "region": text(handover.event, "region"),
        "resources": resources,
        "group": shown,
    });
    let incident = Incident::new(
        identity(handover),
        handover.priority,
        &title(handover, &cleaned.json),
        &describe(handover, &cleaned, resources, &values),
        handover.at,
        handover.source,
        data,
    );
    Decision::investigate(incident, group)
}

/// The rule's title. One that is ill-formed is used as it is: better an odd title than no incident.
fn title(handover: &Handover<'_>, event: &Json) -> String {
    let Some(raw) = handover.title else {
        return handover.detail_type.to_owned();
    };
    Title::parse(raw).map_or_else(
        |_| raw.to_owned(),
        |title| {
            title.fill(|paths| {
                first_of(event, paths.iter()).map(|(_, value)| cut(&show(value), LONGEST_VALUE))
            })
        },
    )
}

/// What the event is grouped by: paths and the values that they lead to. Nothing where it stands by
/// itself.
fn values(handover: &Handover<'_>, event: &Json) -> Vec<(String, String)> {
    if !is_grouped(handover) {
        return Vec::new();
    }
    handover
        .group_by
        .iter()
        .map(|paths| match first_of(event, paths.iter()) {
            Some((path, value)) => (path.to_owned(), show(value)),
            None => (
                paths.iter().collect::<Vec<_>>().join(" or "),
                "not there".to_owned(),
            ),
        })
        .collect()
}

fn describe(
    handover: &Handover<'_>,
    cleaned: &Cleaned,
    resources: Vec<String>,
    group: &[(String, String)],
) -> String {
    let (source, detail_type) = (handover.source, handover.detail_type);
    let at_time = show_time(handover.at);
    let mut report = Report::new(&match handover.rule {
        Some(rule) => format!(
            "The EventBridge rule {rule} matched an event of {source} at {at_time}: {detail_type}."
        ),
        None => format!("An event of {source} at {at_time}: {detail_type}."),
    });
    let kind = kind(detail_type);
    report.section("Essentials", &essentials(kind, &cleaned.json));
    let place = handover.place();
    let mut facts: Vec<String> = place.iter().map(Place::describe).collect();
    facts.extend(resources);
    report.section("Where", &facts);
    let mut facts = vec![
        format!("source {source}"),
        format!("type {detail_type}"),
        format!("id {}", handover.id),
    ];
    facts.extend(handover.rule.map(|rule| format!("rule {rule}")));
    report.section("Event", &facts);
    report.section("Group", &show_group(handover, group));
    let page = place.and_then(|place| page(place, kind, handover));
    report.section("Console", &page.into_iter().collect::<Vec<_>>());

    let detail = at(&cleaned.json, "detail").map(shortened);
    let mut unknown = Vec::new();
    if handover.rule.is_none() {
        unknown.push("which rule the event is from".to_owned());
    }
    if place.is_none() {
        unknown.push("the account and the region: the event does not name both".to_owned());
    }
    unknown.extend(kind.and_then(|kind| kind.missed).map(str::to_owned));
    if !cleaned.paths.is_empty() {
        unknown.push(format!(
            "what may be secret, and stays in the account: {}",
            first(cleaned.paths.clone(), LISTED).join(", ")
        ));
    }
    if detail.is_none() {
        unknown.push("any detail: the event has none".to_owned());
    }
    report.section("Not known here", &unknown);
    // The detail comes last, so that a cut cuts nothing else.
    if let Some(detail) = detail {
        report.lines("Detail", &format!("{detail:#}"));
    }
    report.into_text()
}

/// What matters most, where that is known of the kind of event.
fn essentials(kind: Option<&Kind>, event: &Json) -> Vec<String> {
    let essentials = kind.map_or(&[][..], |kind| kind.essentials);
    essentials
        .iter()
        .filter_map(|(name, paths)| {
            let (_, value) = first_of(event, paths.iter().copied())?;
            Some(format!("{name}: {}", show(value)))
        })
        .collect()
}

/// The page of the console that shows what happened, or else the rule.
fn page(place: Place<'_>, kind: Option<&Kind>, handover: &Handover<'_>) -> Option<String> {
    let own = kind.and_then(|kind| kind.page(handover.event));
    let of_rule = || {
        let fragment = format!("/eventbus/default/rules/{}", encode(handover.rule?));
        Some(("/events/home".to_owned(), fragment))
    };
    let (path, fragment) = own.or_else(of_rule)?;
    Some(place.console(&path, &fragment))
}

fn show_group(handover: &Handover<'_>, group: &[(String, String)]) -> Vec<String> {
    let mut facts: Vec<String> = group
        .iter()
        .map(|(path, value)| format!("{path}: {value}"))
        .collect();
    if let Some(end) = Window::of(handover.at).end().filter(|_| !group.is_empty()) {
        facts.push(format!(
            "further events of this rule with the same values until {} belong to this incident",
            show_time(end)
        ));
    }
    facts
}

/// The same document without the rest of what goes on and on.
fn shortened(json: &Json) -> Json {
    match json {
        Json::String(text) => Json::from(cut(text, LONGEST_TEXT)),
        Json::Array(items) => {
            let shown = items.iter().take(LISTED).map(shortened);
            let left_out = items.len().saturating_sub(LISTED);
            let note = (left_out > 0).then(|| Json::from(format!("and {left_out} more")));
            shown.chain(note).collect()
        }
        Json::Object(fields) => Json::Object(
            fields
                .iter()
                .map(|(key, value)| (key.clone(), shortened(value)))
                .collect(),
        ),
        scalar => scalar.clone(),
    }
}
