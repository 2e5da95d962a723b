//! From an event to the incident that says so, and what it belongs to.

use contract::{Incident, Paths, Title, text::cut};
use serde_json::{Value as Json, json};

use super::{
    identity::{group, identity, is_grouped},
    kind::{EventKind, kind},
    rule_input::RuleInput,
};
use crate::{
    decision::Decision,
    place::{Place, encode},
    read::{at, list, show_time, text},
    report::{Report, first},
    withhold,
};

/// Resources, withheld values and elements of a list that are shown at most.
const LISTED: usize = 20;
/// Characters of a value at most that is filled into a title: the others must fit as well.
const LONGEST_VALUE: usize = 150;
/// Characters of a text at most that is shown in an event's detail.
const LONGEST_TEXT: usize = 1_000;

/// Paths of facts that a caller chooses freely. They are quoted.
const CHOSEN: [&str; 2] = ["session", "detail.userAgent"];

/// The incident of an event, and what it belongs to.
pub(super) fn investigate(input: &RuleInput<'_>) -> Decision {
    let cleaned = withhold::document(input.event);
    let shown = input.with(&cleaned.json);
    let values = values(input, &shown);
    let shown_values: Vec<&str> = values.iter().map(|(_, value)| value.as_str()).collect();
    let group = group(input, &shown, &shown_values);
    let resources: Vec<String> = list(shown.event, "resources")
        .iter()
        .filter_map(|it| it.as_str().map(str::to_owned))
        .collect();
    let resources = first(resources, LISTED);
    let data = json!({
        "rule": shown.rule,
        "eventId": shown.id,
        "source": shown.source,
        "detailType": shown.detail_type,
        "account": text(shown.event, "account"),
        "region": text(shown.event, "region"),
        "resources": resources,
        "group": shown_values,
    });
    let incident = Incident::new(
        identity(input),
        shown.priority,
        &title(&shown),
        &describe(&shown, cleaned.paths, resources, &values),
        shown.at,
        shown.source,
        data,
    );
    Decision::investigate(incident, group)
}

/// The rule's title and, where that does not name it, the region. A title that is ill-formed is used as it is: better
/// an odd title than no incident.
fn title(shown: &RuleInput<'_>) -> String {
    let title = match shown.title {
        Some(raw) => filled(raw, shown),
        None => shown.detail_type.to_owned(),
    };
    match shown.place() {
        Some(place) if !title.contains(place.region) => format!("{title} ({})", place.region),
        _ => title,
    }
}

fn filled(raw: &str, shown: &RuleInput<'_>) -> String {
    let value = |paths: &Paths| {
        let value = shown.derived.value(shown.event, paths)?;
        Some(cut(&value, LONGEST_VALUE))
    };
    Title::parse(raw).map_or_else(|_| raw.to_owned(), |title| title.fill(value))
}

/// What the event is grouped by: paths and the values that they lead to, as they may be shown. Nothing
/// where it stands by itself.
fn values(input: &RuleInput<'_>, shown: &RuleInput<'_>) -> Vec<(String, String)> {
    if !is_grouped(input) {
        return Vec::new();
    }
    let value = |paths: &Paths| match shown.derived.first_of(shown.event, paths.iter()) {
        Some((path, value)) => (path.to_owned(), value),
        None => (
            paths.iter().collect::<Vec<_>>().join(" or "),
            "not there".to_owned(),
        ),
    };
    shown.group_by.iter().map(value).collect()
}

fn describe(
    input: &RuleInput<'_>,
    withheld: Vec<String>,
    resources: Vec<String>,
    group: &[(String, String)],
) -> String {
    let (source, detail_type) = (input.source, input.detail_type);
    let at_time = show_time(input.at);
    let mut report = Report::new(&match input.rule {
        Some(rule) => format!(
            "The EventBridge rule {rule} matched an event of {source} at {at_time}: {detail_type}."
        ),
        None => format!("An event of {source} at {at_time}: {detail_type}."),
    });
    let kind = kind(input.event);
    report.section("Essentials", &essentials(kind, input));
    let place = input.place();
    let mut facts: Vec<String> = place.iter().map(Place::describe).collect();
    facts.extend(resources);
    report.section("Where", &facts);
    let mut facts = vec![
        format!("source {source}"),
        format!("type {detail_type}"),
        format!("id {}", input.id),
    ];
    facts.extend(input.rule.map(|rule| format!("rule {rule}")));
    report.section("Event", &facts);
    report.section("Group", &show_group(group));
    let named = kind.and_then(|kind| kind.link(input.event));
    let page = named.map(str::to_owned);
    let page = page.or_else(|| place.and_then(|place| page_of(place, kind, input)));
    report.section("Console", &page.into_iter().collect::<Vec<_>>());

    let detail = at(input.event, "detail").map(shortened);
    let mut unknown = Vec::new();
    if input.rule.is_none() {
        unknown.push("which rule the event is from".to_owned());
    }
    if place.is_none() {
        unknown.push("the account and the region: the event does not name both".to_owned());
    }
    unknown.extend(kind.and_then(|kind| kind.missed).map(str::to_owned));
    if !withheld.is_empty() {
        unknown.push(format!(
            "what may be secret, and stays in the account: {}",
            first(withheld, LISTED).join(", ")
        ));
    }
    if detail.is_none() {
        unknown.push("any detail: the event has none".to_owned());
    }
    report.section("Not known here", &unknown);
    if let Some(detail) = detail {
        report.quote_withheld("the event's detail", &format!("{detail:#}"));
    }
    report.into_text()
}

/// What matters most, where that is known of the kind of event.
fn essentials(kind: Option<&EventKind>, input: &RuleInput<'_>) -> Vec<String> {
    let essentials = kind.map_or(&[][..], |kind| kind.essentials);
    essentials
        .iter()
        .filter_map(|(name, paths)| {
            let event = input.event;
            let (path, value) = input.derived.first_of(event, paths.iter().copied())?;
            Some(if CHOSEN.contains(&path) {
                format!("{name}: {value:?}")
            } else {
                format!("{name}: {value}")
            })
        })
        .collect()
}

/// The page of the console that shows what happened, or else the rule.
fn page_of(place: Place<'_>, kind: Option<&EventKind>, input: &RuleInput<'_>) -> Option<String> {
    let own = kind.and_then(|kind| kind.page(input.event));
    let of_rule = || {
        let fragment = format!("/eventbus/default/rules/{}", encode(input.rule?));
        Some(("/events/home".to_owned(), fragment))
    };
    let (path, fragment) = own.or_else(of_rule)?;
    place.console(&path, &fragment)
}

fn show_group(group: &[(String, String)]) -> Vec<String> {
    group
        .iter()
        .map(|(path, value)| format!("{path}: {value}"))
        .collect()
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
