//! The incident that tells a window: how many of what, since when, the first and the last in full.

use jiff::Timestamp;
use serde_json::json;
use webhook::{Incident, text::cut};

use super::{Excerpt, Kind, Window};
use crate::{
    read::show_time,
    report::{Report, first},
};

/// Causes that are named at most, in the description and in the title.
const NAMED: usize = 40;
const NAMED_IN_TITLE: usize = 4;
/// Characters of all their names at most: what is left out must be said, too.
const NAMED_LENGTH: usize = 5_500;
/// Groups that a digest names at most: what it holds back is named before anything is quoted.
const NAMED_IN_DIGEST: usize = 100;
/// Characters at most of the descriptions that a digest quotes.
const IN_DIGEST: usize = 400;

/// The incident that tells a window of several. The same window gives the same incident.
pub fn incident(window: &Window) -> Incident {
    let told = &window.told;
    let (count, causes) = (told.len(), told.causes());
    let what = what(window);
    let named: Vec<String> = causes
        .iter()
        .map(|(cause, count)| format!("{count} × {cause}"))
        .collect();
    let title = format!(
        "{what}: {}",
        first(named.clone(), NAMED_IN_TITLE).join(", ")
    );
    let (from, to) = (show(&told.from), show(&told.to));
    let mut report = Report::new(&format!("{what}, from {from} to {to}. {}", why(window)));
    let (heading, most, longest) = match window.kind {
        Kind::Group | Kind::Absorbed => ("By cause", NAMED, usize::MAX),
        Kind::Budget | Kind::QuietHours => ("By group", NAMED_IN_DIGEST, IN_DIGEST),
    };
    let mut length = 0;
    let fits = named.iter().take(most).take_while(|it| {
        length += it.chars().count();
        length <= NAMED_LENGTH
    });
    let fits = fits.count();
    report.section(heading, &first(named, fits));
    let quoted: Vec<(&str, String)> = [("The first", &told.first), ("The last", &told.last)]
        .into_iter()
        .filter_map(|(heading, excerpt)| Some((heading, quote(excerpt.as_ref()?, longest))))
        .collect();
    let left_out = count.saturating_sub(quoted.len());
    if left_out > 0 {
        report.section(
            "Left out",
            &[format!(
                "{left_out} incidents, which are counted above; the log of the function that delivers \
                 names every one of them beside the ID {}",
                window.id()
            )],
        );
    }
    // What is quoted comes last, so that a cut cuts nothing else.
    for (heading, text) in quoted {
        report.lines(heading, &text);
    }
    let data = json!({
        "group": window.name,
        "members": count,
        "causes": causes.iter().take(NAMED).map(|(cause, count)| json!({ "cause": cause, "members": count })).collect::<Vec<_>>(),
        "from": told.from,
        "to": told.to,
        "first": told.first.as_ref().map(|it| &it.id),
        "last": told.last.as_ref().map(|it| &it.id),
        "follows": window.follows,
    });
    let at: Timestamp = told.from.parse().unwrap_or(window.opened);
    let service = told.first.as_ref().map_or("", |it| &it.service);
    Incident::new(
        window.id(),
        window.priority(),
        &title,
        &report.into_text(),
        at,
        service,
        data,
    )
}

fn what(window: &Window) -> String {
    let count = window.told.len();
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let incidents = format!("incident{}", plural(count));
    match window.kind {
        Kind::Group | Kind::Absorbed => {
            let more = if window.follows.is_some() {
                " more"
            } else {
                ""
            };
            format!("{count}{more} {incidents} of {}", window.name)
        }
        Kind::Budget | Kind::QuietHours => {
            let (groups, is_more) = window.told.cause_count();
            let over = if is_more { "over " } else { "" };
            format!(
                "{count} {incidents} of {over}{groups} group{} {}",
                plural(groups),
                window.name
            )
        }
    }
}

fn why(window: &Window) -> String {
    let mut why = match window.kind {
        Kind::Group | Kind::Absorbed => "They are told as one, because they have in common what is \
            broken; whether they have a cause in common is to be found out."
            .to_owned(),
        Kind::Budget => "They were held back because the account file allows no more investigations \
            in an hour or a day. They may have nothing to do with each other: look at the groups one \
            after the other."
            .to_owned(),
        Kind::QuietHours => "They were held back because they are not urgent and came in the quiet \
            hours of the account file. They may have nothing to do with each other: look at the groups \
            one after the other."
            .to_owned(),
    };
    if let Some(id) = &window.follows {
        why = format!("{why} Incident {id} told what happened before.");
    }
    why
}

fn quote(excerpt: &Excerpt, longest: usize) -> String {
    let Excerpt {
        id,
        at,
        title,
        description,
        ..
    } = excerpt;
    let description = cut(description, longest.min(description.chars().count()));
    format!("{title}\n(incident {id}, {})\n{description}", show(at))
}

fn show(at: &str) -> String {
    at.parse()
        .map_or_else(|_| at.to_owned(), |at: Timestamp| show_time(at))
}
