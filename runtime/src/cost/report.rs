//! The report as an incident.

use contract::Partition;
use serde_json::json;
use webhook::{Incident, IncidentId, Priority};

use super::{
    Occasion, Thresholds,
    judge::{Idle, Judgement},
};
use crate::{
    aws::compute_optimizer::{Finding, Recommendation},
    aws::ec2::Instance,
    decision::{Decision, Skip},
    group::Affected,
    place::Place,
    report::{Report, first},
};

/// What tells this report from others of the same day.
const NAME: &str = "idle-instances";
/// Instances of a kind that are listed at most.
const LISTED: usize = 25;

/// An incident if there is something to save, or if nobody could look whether there is.
pub(super) fn decide(
    judged: &Judgement,
    thresholds: Thresholds,
    occasion: Occasion<'_>,
) -> Decision {
    if judged.idle.is_empty() && judged.recommendations.is_empty() && !judged.blind {
        return Decision::Skip(Skip::NothingIdle);
    }
    let nothing_found = judged.idle.is_empty() && judged.recommendations.is_empty();
    let priority = if nothing_found {
        Priority::Low
    } else {
        Priority::Medium
    };
    let Occasion {
        account,
        region,
        at,
    } = occasion;
    let date = at.strftime("%Y-%m-%d").to_string();
    let id = IncidentId::of("cost", &[account, region, &date, NAME]);
    let title = format!(
        "Cost report: {} in {region} (account {account})",
        summary(judged)
    );
    let data = json!({
        "date": date,
        "idleInstances": judged.idle.iter().take(LISTED).map(|it| it.instance.id.as_str()).collect::<Vec<_>>(),
        "idle": judged.idle.len(),
        "unknown": judged.unknown.len(),
        "busy": judged.busy,
        "recommendations": judged.recommendations.len(),
    });
    let text = describe(judged, thresholds, occasion, &date);
    let group = Affected::Report { name: NAME }.group(account, region, "idle instances");
    let incident = Incident::new(id, priority, &title, &text, at, "cost", data);
    Decision::investigate(incident, group)
}

fn summary(judged: &Judgement) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let idle = judged.idle.len();
    let other = judged.recommendations.len();
    match (idle, other) {
        (0, 0) => "usage could not be looked at".to_owned(),
        (idle, 0) => format!("{idle} idle instance{}", plural(idle)),
        (0, other) => format!(
            "{other} recommendation{} of Compute Optimizer",
            plural(other)
        ),
        (idle, other) => format!(
            "{idle} idle instance{}, {other} recommendation{} of Compute Optimizer",
            plural(idle),
            plural(other)
        ),
    }
}

fn describe(
    judged: &Judgement,
    thresholds: Thresholds,
    occasion: Occasion<'_>,
    date: &str,
) -> String {
    let Thresholds {
        lookback_days,
        idle_below_percent,
    } = thresholds;
    let mut report = Report::new(&format!(
        "Cost report of {date} for account {}, region {}: {}. Find out what the instances are for \
         and who owns them, whether they can be stopped or made smaller, and what that saves.",
        occasion.account,
        occasion.region,
        summary(judged)
    ));
    let mut idle: Vec<&Idle> = judged.idle.iter().collect();
    idle.sort_by(|a, b| a.peak.total_cmp(&b.peak));
    report.section(
        &format!("Idle: CPU never reached {idle_below_percent} % in {lookback_days} days, and hardly any traffic"),
        &first(idle.into_iter().map(show_idle).collect(), LISTED),
    );
    let mut recommendations: Vec<&Recommendation> = judged.recommendations.iter().collect();
    recommendations.sort_by(|a, b| savings(b).total_cmp(&savings(a)));
    let total: f64 = recommendations.iter().map(|it| savings(it)).sum();
    let heading = if total > 0.0 {
        format!("Compute Optimizer (in all about {total:.2} a month)")
    } else {
        "Compute Optimizer".to_owned()
    };
    report.section(
        &heading,
        &first(
            recommendations
                .into_iter()
                .map(show_recommendation)
                .collect(),
            LISTED,
        ),
    );
    report.section(
        "Not known",
        &first(
            judged
                .unknown
                .iter()
                .map(|(it, why)| format!("{}: {why}", show_instance(it)))
                .collect(),
            LISTED,
        ),
    );
    report.section("Could not be looked at", &judged.gaps);
    let mut others = vec![format!("in use: {}", judged.busy)];
    others.extend(
        judged
            .excluded
            .iter()
            .map(|(why, count)| format!("left out, {why}: {count}")),
    );
    report.section("Other instances", &others);
    let place = Place {
        partition: Partition::of_any_region(occasion.region).name,
        region: occasion.region,
        account: occasion.account,
        resource: "",
    };
    let page = place.console("/ec2/home", "Instances:instanceState=running");
    report.section("Console", &page.into_iter().collect::<Vec<_>>());
    report.into_text()
}

fn show_instance(instance: &Instance) -> String {
    match instance.tag("Name") {
        Some(name) => format!("{} \"{name}\" ({})", instance.id, instance.instance_type),
        None => format!("{} ({})", instance.id, instance.instance_type),
    }
}

fn show_idle(idle: &Idle) -> String {
    let mut out = format!(
        "{}: CPU at most {:.1} %",
        show_instance(&idle.instance),
        idle.peak
    );
    if let Some(mean) = idle.mean {
        out = format!("{out}, {mean:.1} % on average");
    }
    out = match idle.traffic {
        Some(traffic) => format!("{out}, traffic at most {:.1} MB a day", traffic / 1e6),
        None => format!("{out}, traffic not known"),
    };
    out = format!("{out}; {} days of datapoints", idle.days);
    if idle.instance.instance_type.starts_with('t') {
        out = format!("{out}; burstable: low CPU may be by design");
    }
    out
}

fn savings(recommendation: &Recommendation) -> f64 {
    recommendation
        .saves
        .as_ref()
        .map_or(0.0, |(amount, _)| *amount)
}

fn show_recommendation(recommendation: &Recommendation) -> String {
    let Recommendation {
        instance,
        current_type,
        finding,
        idle,
        better_type,
        saves,
    } = recommendation;
    let finding = match finding {
        Finding::OverProvisioned => "larger than needed",
        Finding::UnderProvisioned => "smaller than needed",
        Finding::Optimized | Finding::Unknown => "not judged by size",
    };
    let mut out = format!("{instance} ({current_type}): {finding}");
    if *idle {
        out.push_str(", idle");
    }
    if let Some(better) = better_type
        .as_ref()
        .filter(|better| *better != current_type)
    {
        out = format!("{out}; better {better}");
    }
    if let Some((amount, currency)) = saves {
        out = format!("{out}; saves about {amount:.2} {currency} a month");
    }
    out
}
