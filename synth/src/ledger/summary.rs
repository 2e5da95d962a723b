//! What the budget has room for, and what waits, in a few lines.

use jiff::Timestamp;
use runtime::aws::dynamodb::Used;
use serde_json::json;
use stacks::{Json, monitor::Budget};

use super::{
    Contents,
    text::{clock, count},
    told::{Hold, Stage, Told},
};

/// A region's ledger, for `synth status`.
#[derive(Debug)]
pub(crate) struct Summary {
    used: Used,
    budget: Budget,
    digests: Vec<Digest>,
    gathering: Waits,
    waiting: Waits,
}

/// Incidents that are held back together.
#[derive(Debug)]
struct Digest {
    by: Hold,
    incidents: usize,
    groups: usize,
    /// Whether the ledger tells no more groups apart than these.
    is_more: bool,
    until: Timestamp,
}

/// Incidents that are told soon, or should have been.
#[derive(Debug, Default)]
struct Waits {
    incidents: usize,
    groups: usize,
    /// The earliest since when, or the latest until when.
    at: Option<Timestamp>,
}

impl Waits {
    fn add(
        &mut self,
        incidents: usize,
        at: Timestamp,
        which: fn(Timestamp, Timestamp) -> Timestamp,
    ) {
        self.incidents += incidents;
        self.groups += 1;
        self.at = Some(self.at.map_or(at, |it| which(it, at)));
    }

    fn to_json(&self, at: &str) -> Json {
        json!({ "incidents": self.incidents, "groups": self.groups, at: self.at })
    }
}

impl Hold {
    /// The word for it, for programs.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Budget => "budget",
            Self::QuietHours => "quiet-hours",
        }
    }

    /// How it holds, for people.
    pub(super) fn said(self) -> &'static str {
        match self {
            Self::Budget => "by the budget",
            Self::QuietHours => "in quiet hours",
        }
    }
}

impl Summary {
    /// What the ledger says now, and the account file allows.
    pub(crate) fn new(contents: &Contents, budget: Budget, now: Timestamp) -> Self {
        let mut summary = Self {
            used: contents.used,
            budget,
            digests: Vec::new(),
            gathering: Waits::default(),
            waiting: Waits::default(),
        };
        for told in Told::all(contents, now) {
            match told.stage {
                Stage::Held { by, until } => summary.digests.push(Digest {
                    by,
                    incidents: told.incidents,
                    groups: told.cause_count.0,
                    is_more: told.cause_count.1,
                    until,
                }),
                Stage::Gathering { until } => {
                    summary.gathering.add(told.incidents, until, Timestamp::max);
                }
                Stage::Waiting { since } => {
                    summary.waiting.add(told.incidents, since, Timestamp::min);
                }
                Stage::Sent
                | Stage::Sending
                | Stage::Rejected { .. }
                | Stage::Part { .. }
                | Stage::GivenUp => {}
            }
            if let Some(later) = told.later {
                let until = later.until;
                summary
                    .gathering
                    .add(later.incidents, until, Timestamp::max);
            }
        }
        summary
    }

    /// What was used of the budget, for a program.
    pub(super) fn budget_json(used: Used, budget: Budget) -> Json {
        json!({
            "thisHour": used.in_hour,
            "perHour": budget.per_hour(),
            "today": used.in_day,
            "perDay": budget.per_day(),
        })
    }

    /// What was used of the budget, for a person.
    pub(super) fn budget_line(used: Used, budget: Budget) -> String {
        let (per_hour, per_day) = (budget.per_hour(), budget.per_day());
        format!(
            "  budget        {} of {per_hour} investigations this hour, {} of {per_day} today",
            used.in_hour, used.in_day
        )
    }

    /// Everything, for a program.
    pub(crate) fn to_json(&self) -> Json {
        let digests = self.digests.iter().map(|it| {
            json!({
                "heldBy": it.by.as_str(),
                "incidents": it.incidents,
                "groups": it.groups,
                "moreGroups": it.is_more,
                "until": it.until,
            })
        });
        json!({
            "budget": Self::budget_json(self.used, self.budget),
            "digests": digests.collect::<Vec<_>>(),
            "gathering": self.gathering.to_json("until"),
            "waiting": self.waiting.to_json("since"),
        })
    }

    /// Everything, for a person: what does not wait is not mentioned.
    pub(crate) fn lines(&self, now: Timestamp) -> Vec<String> {
        let mut lines = vec![Self::budget_line(self.used, self.budget)];
        let of = |incidents, groups, is_more| {
            let over = if is_more { "over " } else { "" };
            format!(
                "{} of {over}{}",
                count(incidents, "incident"),
                count(groups, "group")
            )
        };
        for it in &self.digests {
            lines.push(format!(
                "  held          {} {} until {}",
                of(it.incidents, it.groups, it.is_more),
                it.by.said(),
                clock(it.until, now)
            ));
        }
        for (label, word, waits) in [
            ("gathering", "until", &self.gathering),
            ("waiting", "since", &self.waiting),
        ] {
            if let Some(at) = waits.at {
                lines.push(format!(
                    "  {label:<13} {}, {word} {}",
                    of(waits.incidents, waits.groups, false),
                    clock(at, now)
                ));
            }
        }
        lines
    }
}
