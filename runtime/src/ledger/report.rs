//! From a window to the incident that the agent is sent.

use std::collections::BTreeMap;

use contract::{Incident, Priority};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::{
    Contents, Digest, Excerpt, Hold, Members, Summary, Window, digest::Others, members::Tally,
};
use crate::{
    read::show_time,
    report::{Report, first},
};

/// Causes and groups that are listed and repeated in `data` at most.
const LISTED: usize = 20;
/// Causes and groups that a title names at most.
const NAMED_IN_TITLE: usize = 4;
/// Groups that a digest lists at most.
const GROUPS: usize = 100;
/// Characters of a list at most, so that what is quoted after it is not cut.
const LIST: usize = 5_500;

/// What stands above the groups that opened around a window. Nothing is known of what they have to do with it.
const NEARBY: &str = "Other groups of this account and region that opened within ten minutes of this one \
                      (whether they have anything to do with it is not known)";
/// The same above those of a digest, and of what was sent by itself meanwhile.
const OVER_TIME: &str = "When groups of this account and region opened, the earliest first";

/// What the agent is sent. The same window gives the same incident: a single incident as it is, several as
/// one report.
pub fn report(window: &Window) -> Incident {
    let incident = of_contents(window);
    match &window.earlier {
        Some(earlier) => incident.with_preface(&earlier.text()),
        None => incident,
    }
}

fn of_contents(window: &Window) -> Incident {
    match &window.contents {
        Contents::Incidents(Members::One { incident, .. }) => {
            let mut context = Report::new("");
            context.section(NEARBY, &window.nearby.lines());
            (**incident).clone().with_context(&context.into_text())
        }
        Contents::Incidents(Members::Many(summary)) => of_group(window, summary),
        Contents::Digest(digest) => of_digest(window, digest),
    }
}

fn of_group(window: &Window, summary: &Summary) -> Incident {
    let all = summary.tally();
    let causes = summary.causes();
    let more = if window.follows.is_some() {
        " more"
    } else {
        ""
    };
    let what = format!("{}{more} incidents of {}", all.count, window.name);
    let mut named: Vec<String> = causes
        .iter()
        .map(|(cause, tally)| format!("{} × {cause}", tally.count))
        .collect();
    let mut listed = fitting(&named, LISTED);
    let others = summary
        .others
        .map(|it| format!("{} × other causes", it.count));
    listed.extend(others.clone());
    named.extend(others);
    let mut why =
        "These incidents are reported together because they affect the same resource. They may or \
                   may not share a root cause; determine whether they do."
            .to_owned();
    if let Some(id) = &window.follows {
        why = format!("{why} Incident {id} reported what happened before.");
    }
    let (from, to) = (show(&summary.from), show(&summary.to));
    let mut report = Report::new(&format!("{what}, from {from} to {to}. {why}"));
    report.section("By cause", &listed);
    let quoted = quoted(summary);
    let count = quoted.len() as u64;
    if all.count > count {
        let note = format!(
            "{} incidents, which are counted above; the log of the function that delivers names every one \
             of them beside the ID {}",
            all.count - count,
            window.report_id()
        );
        report.section("Not quoted", &[note]);
    }
    report.section(NEARBY, &window.nearby.lines());
    // Quotes come last, so that a cut cuts nothing else.
    for (heading, excerpt) in quoted {
        report.lines(heading, &quote(excerpt));
    }
    let data = json!({
        "group": window.name,
        "incidents": all.count,
        "causes": entries("cause", &causes),
        "from": summary.from,
        "to": summary.to,
        "first": summary.first.id,
        "last": summary.last.id,
        "follows": window.follows,
    });
    incident(
        window,
        &format!("{what}: {}", title(&named)),
        report,
        &summary.from,
        &summary.first.service,
        data,
    )
}

fn of_digest(window: &Window, digest: &Digest) -> Incident {
    let all = digest.incidents();
    let plural = |count: u64| if count == 1 { "" } else { "s" };
    let held = match digest.hold {
        Hold::Budget => "over the budget",
        Hold::QuietHours => "held in quiet hours",
    };
    let what = format!(
        "{} incident{} of {} group{} {held}",
        all.count,
        plural(all.count),
        digest.group_count(),
        plural(digest.group_count())
    );
    let why = match digest.hold {
        Hold::Budget => {
            "They are reported together because the account file allows no more investigations in this hour \
             or day."
        }
        Hold::QuietHours => {
            "They are reported together because they are not urgent and came in the quiet hours of the \
             account file."
        }
    };
    let (from, to) = (show(&digest.from), show(&digest.to));
    let mut report = Report::new(&format!(
        "{what}, from {from} to {to}. {why} They may have nothing to do with each other: start with the \
         most urgent groups, which come first."
    ));
    let groups = digest.groups.iter();
    let named: Vec<String> = groups
        .map(|(name, tally)| format!("{}: {} × {name}", tally.priority.as_str(), tally.count))
        .collect();
    let mut listed: Vec<String> = named[..count_fitting(&named, GROUPS)].to_vec();
    listed.extend(rest(&digest.groups[listed.len()..], digest.others));
    report.section("By group, the most urgent first", &listed);
    report.section(OVER_TIME, &window.nearby.lines());
    let groups: Vec<(&str, Tally)> = digest
        .groups
        .iter()
        .map(|(name, tally)| (name.as_str(), *tally))
        .collect();
    let data = json!({
        "incidents": all.count,
        "groups": digest.group_count(),
        "byGroup": entries("group", &groups),
        "from": digest.from,
        "to": digest.to,
    });
    incident(
        window,
        &format!("{what} ({})", title(&named)),
        report,
        &digest.from,
        "several groups",
        data,
    )
}

fn incident(
    window: &Window,
    title: &str,
    report: Report,
    from: &str,
    service: &str,
    data: Json,
) -> Incident {
    let at: Timestamp = from.parse().unwrap_or(window.opened);
    Incident::new(
        window.report_id(),
        window.priority(),
        title,
        &report.into_text(),
        at,
        service,
        data,
    )
}

/// How many groups are not listed, by how urgent they are: none is folded into one that is less urgent.
fn rest(groups: &[(String, Tally)], others: Option<Others>) -> Option<String> {
    let mut left: BTreeMap<Priority, u64> = BTreeMap::new();
    for (_, tally) in groups {
        *left.entry(tally.priority).or_default() += 1;
    }
    if let Some(Others { groups, incidents }) = others {
        *left.entry(incidents.priority).or_default() += groups;
    }
    let count: u64 = left.values().sum();
    let each = left.iter();
    let each: Vec<String> = each
        .map(|(priority, groups)| format!("{groups} {}", priority.as_str()))
        .collect();
    (count > 0).then(|| format!("and {count} more groups: {}", each.join(", ")))
}

fn title(named: &[String]) -> String {
    first(named.to_vec(), NAMED_IN_TITLE).join(", ")
}

/// As many of these as fit, and how many are left out.
fn fitting(named: &[String], most: usize) -> Vec<String> {
    first(named.to_vec(), count_fitting(named, most))
}

fn count_fitting(named: &[String], most: usize) -> usize {
    let mut length = 0;
    let fitting = named.iter().take(most).take_while(|it| {
        length += it.chars().count();
        length <= LIST
    });
    fitting.count()
}

fn entries(kind: &str, tallies: &[(&str, Tally)]) -> Vec<Json> {
    let entry = |(name, tally): &(&str, Tally)| json!({ kind: name, "incidents": tally.count, "priority": tally.priority.as_str() });
    tallies.iter().take(LISTED).map(entry).collect()
}

fn quoted(summary: &Summary) -> Vec<(&'static str, &Excerpt)> {
    let mut quoted = vec![("The first", &summary.first)];
    let others = [
        ("The most urgent", summary.most_urgent.as_ref()),
        ("The last", Some(&summary.last)),
    ];
    for (heading, excerpt) in others {
        if let Some(excerpt) = excerpt.filter(|it| quoted.iter().all(|(_, its)| its.id != it.id)) {
            quoted.push((heading, excerpt));
        }
    }
    quoted
}

fn quote(excerpt: &Excerpt) -> String {
    let Excerpt {
        id,
        at,
        priority,
        title,
        description,
        ..
    } = excerpt;
    let at = show(at);
    format!(
        "{title}\n({}, incident {id}, {at})\n{description}",
        priority.as_str()
    )
}

fn show(at: &str) -> String {
    at.parse()
        .map_or_else(|_| at.to_owned(), |at: Timestamp| show_time(at))
}
