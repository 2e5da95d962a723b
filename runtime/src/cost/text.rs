//! The report as an incident: what could not be read first, then the sums, then what is found, and the
//! question at the end. The lists shrink first: every gap and every sum is there, however much is found.

use contract::{Group, Incident, IncidentId, MAX_DESCRIPTION, Partition, Priority};
use jiff::{Timestamp, civil::Date};
use serde_json::json;

use super::{
    actual::ActualCost,
    evaluate::Evaluation,
    finding::{Finding, Kind},
    gate::News,
    instance_type::is_burstable,
    money::Sums,
    settings::Settings,
    totals::{sums, unread},
};
use crate::{group::Affected, place::Place, report::Report};

/// What distinguishes this report from others. It is a part of identities, so it stays.
const NAME: &str = "idle-instances";
/// Characters of a finding's line at most: one with the longest names must not push out all others.
const LINE: usize = 900;
/// Characters of a line that says how many are left out.
const MORE: usize = 160;
/// What the agent is good for and the APIs are not.
const QUESTION: &str = "Find out, for the resources listed above, the largest savings first: who uses them \
(open connections, load balancers and target groups, deployments, schedules, the last changes in CloudTrail); who \
owns them; what breaks if they are stopped, deleted or made smaller; and in which order that is safe. The amounts \
are AWS's own: do not compute them again. Change nothing.";

/// Where and when a report is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Occasion<'a> {
    /// Twelve digits.
    pub account: &'a str,
    /// The region that the report is made in.
    pub region: &'a str,
    /// The time that the report is for.
    pub at: Timestamp,
}

/// The identity of the report of a day.
pub fn identity(occasion: Occasion<'_>, day: Date) -> IncidentId {
    let Occasion {
        account, region, ..
    } = occasion;
    IncidentId::of("cost", &[account, region, &day.to_string(), NAME])
}

/// What reports belong to.
pub(crate) fn group(account: &str, region: &str) -> Group {
    let report = Affected::Report { name: NAME };
    report.group(account, region, "spend that may not be needed")
}

/// The report as an incident, and what it belongs to.
pub fn incident(
    evaluation: &Evaluation,
    news: &News,
    settings: &Settings,
    occasion: Occasion<'_>,
) -> (Incident, Group) {
    let Occasion {
        account,
        region,
        at,
    } = occasion;
    let day = settings.day(at);
    let group = group(account, region);
    let regions = match settings.regions.as_slice() {
        [one] => one.clone(),
        several => format!("{} regions", several.len()),
    };
    let title = format!(
        "cost report: {} ({regions}, account {account})",
        summary(evaluation)
    );
    let listed: Vec<&str> = evaluation
        .findings
        .iter()
        .take(25)
        .map(|it| it.id.as_str())
        .collect();
    let data = json!({
        "date": day.to_string(),
        "findings": evaluation.findings.len(),
        "new": news.new.len(),
        "savings": sums_as_json(evaluation),
        "resources": listed,
        "unknown": evaluation.unknown_count(),
        "inUse": evaluation.in_use,
        "gaps": evaluation.gaps.len(),
    });
    let text = describe(evaluation, news, settings, occasion);
    let id = identity(occasion, day);
    let incident = Incident::new(id, Priority::Medium, &title, &text, at, "cost", data);
    (incident, group)
}

/// The sums of what is found, by kind, for machines.
pub(super) fn sums_as_json(evaluation: &Evaluation) -> serde_json::Value {
    let sums = evaluation.sums().into_iter();
    sums.map(|(kind, (count, sums))| {
        let amounts: Vec<_> = sums.iter().collect();
        json!({ "kind": kind, "count": count, "amounts": amounts })
    })
    .collect()
}

/// `12 findings, 340.00 USD a month`
pub fn summary(evaluation: &Evaluation) -> String {
    let findings = &evaluation.findings;
    let sums = Sums::of(findings.iter().filter_map(|it| it.amount.as_ref()));
    let count = findings.len();
    let plural = if count == 1 { "" } else { "s" };
    if sums.is_empty() {
        format!("{count} finding{plural}, price not known")
    } else {
        format!("{count} finding{plural}, {}", sums.brief())
    }
}

/// Every section of the report with nothing left out, for people.
pub fn sections(
    evaluation: &Evaluation,
    news: Option<&News>,
    settings: &Settings,
) -> Vec<(String, Vec<String>)> {
    let nothing = News {
        past_is_unknown: true,
        ..News::default()
    };
    let mut sections = vec![
        ("Could not be read".to_owned(), unread(evaluation)),
        ("Sums".to_owned(), sums(evaluation, settings)),
    ];
    sections.extend(lists(evaluation, news.unwrap_or(&nothing), usize::MAX));
    sections.retain(|(_, lines)| !lines.is_empty());
    sections
}

fn describe(
    evaluation: &Evaluation,
    news: &News,
    settings: &Settings,
    occasion: Occasion<'_>,
) -> String {
    let whole = |lists: &[(String, Vec<String>)]| {
        let mut report = Report::new(&opening(evaluation, news, settings, occasion));
        report.section("Could not be read", &unread(evaluation));
        report.section("Sums", &sums(evaluation, settings));
        for (title, lines) in lists {
            report.section(title, lines);
        }
        report.section("Console", &console(settings, occasion));
        report.section("What to find out", &[QUESTION.to_owned()]);
        report.into_text()
    };
    let taken = whole(&[]).chars().count();
    whole(&lists(
        evaluation,
        news,
        MAX_DESCRIPTION.saturating_sub(taken),
    ))
}

fn opening(
    evaluation: &Evaluation,
    news: &News,
    settings: &Settings,
    occasion: Occasion<'_>,
) -> String {
    let day = settings.day(occasion.at);
    let mut text = format!(
        "Cost report of {day} for account {}: {}.",
        occasion.account,
        summary(evaluation)
    );
    if news.past_is_unknown {
        text.push_str(" What was reported before is not known: the ledger could not be read, so all of this may have been reported.");
    } else if news.new.len() < evaluation.findings.len() {
        let sums = if news.sums.is_empty() {
            "price not known".to_owned()
        } else {
            news.sums.brief()
        };
        text = format!(
            "{text} New since the last report, or a fifth larger: {}, {sums}.",
            news.new.len()
        );
    }
    if let Some(done) = &news.done {
        let sums = done.sums.brief();
        let worth = if sums.is_empty() {
            String::new()
        } else {
            format!(", {sums}")
        };
        text = format!(
            "{text} Of what was reported, {} of {} done{worth}.",
            done.count, done.of
        );
    }
    text
}

/// What is found, kind by kind, as far as there is room; of the rest how many, and what they are worth.
fn lists(evaluation: &Evaluation, news: &News, room: usize) -> Vec<(String, Vec<String>)> {
    let mut by_kind: [Vec<(usize, &Finding)>; 4] = Default::default();
    for (index, finding) in evaluation.findings.iter().enumerate() {
        let list = match &finding.kind {
            Kind::Stop => 0,
            Kind::Smaller => 1,
            Kind::Modernise => 2,
            Kind::Other(_) => 3,
        };
        by_kind[list].push((index, finding));
    }
    let kinds: Vec<_> = by_kind.iter().filter(|it| !it.is_empty()).collect();
    let mut left = room;
    let mut lists = Vec::new();
    for (number, findings) in kinds.iter().enumerate() {
        let share = left / (kinds.len() - number);
        let (title, lines, taken) = list(findings, news, share);
        if taken <= share {
            left -= taken;
            lists.push((title, lines));
        }
    }
    lists
}

/// The list of one kind, in this many characters: its title, its lines, and how many it takes.
fn list(findings: &[(usize, &Finding)], news: &News, room: usize) -> (String, Vec<String>, usize) {
    let title = match findings.first().map(|(_, it)| &it.kind) {
        Some(Kind::Stop) => "Stop or delete",
        Some(Kind::Smaller) => "Make smaller",
        Some(Kind::Modernise) => "Modernise",
        Some(Kind::Other(_)) | None => "Other findings, as AWS names them",
    };
    // The title, and a line of what is left out.
    let mut taken = title.chars().count() + 4 + MORE;
    let mut lines = Vec::new();
    for (index, finding) in findings {
        let is_new = news.new.contains(index) && !news.past_is_unknown;
        let line = contract::text::cut(&line(finding, is_new), LINE);
        let length = line.chars().count() + 3;
        if taken + length > room {
            break;
        }
        taken += length;
        lines.push(line);
    }
    let rest = &findings[lines.len()..];
    if !rest.is_empty() {
        let amounts = rest.iter().filter_map(|(_, it)| it.amount.as_ref());
        let more = format!("and {} more, {}", rest.len(), Sums::of(amounts));
        lines.push(contract::text::cut(&more, MORE - 3));
    }
    (title.to_owned(), lines, taken)
}

/// Everything that is known of a finding, in a line.
pub fn line(finding: &Finding, is_new: bool) -> String {
    let mut parts = vec![match &finding.amount {
        Some(amount) => amount.to_string(),
        None => "price not known".to_owned(),
    }];
    if let Kind::Other(name) = &finding.kind {
        parts.insert(0, name.clone());
    }
    if let (Some(share), Some(_)) = (finding.share_percent, &finding.amount) {
        parts.push(format!("{share:.0} % of its price"));
    }
    if let Some(instead) = &finding.instead {
        parts.push(format!("better {instead}"));
    }
    parts.extend(finding.actual_cost.as_ref().map(|it| {
        let ActualCost {
            value,
            currency,
            days,
        } = it;
        format!("has cost {value:.2} {currency} in {days} days")
    }));
    parts.extend(finding.owner.as_ref().map(|it| format!("owner {it}")));
    parts.extend(finding.evidence_in_words());
    let origins: Vec<&str> = finding.origins.iter().map(|it| it.name()).collect();
    parts.push(format!("by {}", origins.join(" and ")));
    let name = finding
        .name
        .as_ref()
        .map_or(String::new(), |it| format!(" \"{it}\""));
    let configuration = finding.configuration.as_ref();
    let configuration = configuration.map_or(String::new(), |it| format!(" ({it})"));
    format!(
        "{}{} {} {}{name}{configuration}: {}",
        if is_new { "new: " } else { "" },
        finding.region,
        finding.resource_type,
        finding.id,
        parts.join("; ")
    )
}

impl Finding {
    /// What the finding rests on, and what doing it takes, in a few words each.
    pub fn evidence_in_words(&self) -> Vec<String> {
        let evidence = &self.evidence;
        let mut parts = Vec::new();
        if let Some(peak) = evidence.peak_percent {
            let mean = evidence.mean_percent;
            let mean = mean.map_or(String::new(), |it| format!(", {it:.1} % on average"));
            parts.push(format!("CPU at most {peak:.1} %{mean}"));
        }
        if let Some(traffic) = evidence.megabytes_a_day {
            parts.push(format!("traffic at most {traffic:.1} MB a day"));
        }
        match (evidence.days, evidence.lookback_days) {
            (Some(days), Some(of)) => parts.push(format!("data of {days} of {of:.0} days")),
            (None, Some(days)) => parts.push(format!("over {days:.0} days")),
            _ => {}
        }
        parts.extend(evidence.refreshed.as_ref().map(|it| format!("as of {it}")));
        parts.extend(evidence.notes.iter().cloned());
        parts.extend(self.risk.map(|it| format!("risk {it:.0} of 4")));
        parts.extend(self.effort.as_ref().map(|it| format!("effort {it}")));
        if self.restart == Some(true) {
            parts.push("needs a restart".to_owned());
        }
        if self.rollback == Some(false) {
            parts.push("cannot be undone".to_owned());
        }
        if self.kind == Kind::Stop && self.configuration.as_deref().is_some_and(is_burstable) {
            parts.push("burstable: low CPU may be by design".to_owned());
        }
        parts
    }
}

fn console(settings: &Settings, occasion: Occasion<'_>) -> Vec<String> {
    let region = settings
        .regions
        .first()
        .map_or(occasion.region, String::as_str);
    let place = Place {
        partition: Partition::of_any_region(region).name,
        region,
        account: occasion.account,
        resource: "",
    };
    let pages = [
        place.console("/ec2/home", "Instances:instanceState=running"),
        place.console("/compute-optimizer/home", ""),
    ];
    pages.into_iter().flatten().collect()
}
