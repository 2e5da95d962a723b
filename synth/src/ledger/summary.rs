//! What is left of the budget, and what is pending, in a few lines.

use contract::{DeliverySettings, Limits, Priority};
use std::collections::BTreeMap;

use jiff::Timestamp;
use runtime::ledger::{Day, Hold, Hour, Spent};
use serde_json::json;
use stacks::Json;

use super::{
    Contents,
    entry::{Entry, Stage, word},
    results::{Results, Totals},
    text::{clock, count},
};

/// What was used of the budget, and when there is room again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Used {
    in_hour: u32,
    in_day: u32,
    /// Beside these, today, of incidents that are always sent.
    always: u32,
    /// Of these, today, for `LOW` and `MINIMAL` incidents.
    low: u32,
    /// Of these, today, for each rule of the account file.
    rules: BTreeMap<String, u32>,
    limits: Limits,
    /// What today's and this month's investigations have cost.
    spent: Spent,
    /// When there may be room again, where there is none.
    next: Option<Timestamp>,
}

/// A region's ledger, for `synth status`.
#[derive(Debug)]
pub(crate) struct Summary {
    used: Used,
    held: BTreeMap<(Hold, Timestamp), Pending>,
    gathering: Pending,
    due: Pending,
    /// What became of what was sent today; nothing where no task is known.
    today: Option<Totals>,
}

/// Incidents that are still to be sent.
#[derive(Debug, Default)]
struct Pending {
    incidents: u64,
    groups: u64,
    /// The earliest since when, or the latest until when.
    at: Option<Timestamp>,
}

impl Pending {
    fn add(&mut self, entry: &Entry, at: Timestamp, which: fn(Timestamp, Timestamp) -> Timestamp) {
        self.incidents += entry.incidents;
        self.groups += entry.groups;
        self.at = Some(self.at.map_or(at, |it| which(it, at)));
    }

    fn of(&self) -> String {
        format!(
            "{} of {}",
            count(self.incidents, "incident"),
            count(self.groups, "group")
        )
    }

    fn to_json(&self, at: &str) -> Json {
        json!({ "incidents": self.incidents, "groups": self.groups, at: self.at })
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "cents of a month are far below 2^52"
)]
fn dollars(cents: u64) -> f64 {
    cents as f64 / 100.0
}

/// How a hold is said to people.
pub(super) fn said(hold: Hold) -> &'static str {
    match hold {
        Hold::Budget => "by the budget",
        Hold::QuietHours => "in quiet hours",
    }
}

impl Used {
    pub(super) fn new(contents: &Contents, limits: &Limits, now: Timestamp) -> Self {
        let (day, hour) = (&contents.day, Hour::of(now));
        let bounds = contents.limits(limits, now);
        let is_full = day.room(hour, &bounds) == 0;
        Self {
            in_hour: day.used_in(hour),
            in_day: day.used(),
            always: day.always(),
            low: day.low(),
            rules: day.rules().clone(),
            limits: *limits,
            spent: contents.spent(now),
            next: is_full.then(|| day.next_room(hour, &bounds)),
        }
    }

    /// It, for a program.
    pub(super) fn to_json(&self) -> Json {
        json!({
            "thisHour": self.in_hour,
            "perHour": self.limits.per_hour,
            "today": self.in_day,
            "perDay": self.limits.per_day,
            "always": self.always,
            "alwaysPerDay": self.limits.always_per_day,
            "low": self.low,
            "lowPerDay": self.limits.low_per_day,
            "rules": self.rules,
            "rulePerDay": self.limits.rule_per_day,
            "dollarsToday": dollars(self.spent.day),
            "dollarsPerDay": self.limits.dollars_per_day,
            "dollarsThisMonth": dollars(self.spent.month),
            "dollarsPerMonth": self.limits.dollars_per_month,
            "next": self.next,
        })
    }

    /// It, for a person.
    pub(super) fn lines(&self, now: Timestamp) -> Vec<String> {
        let Limits {
            per_hour, per_day, ..
        } = self.limits;
        let next = self.next.map_or(String::new(), |next| {
            format!("; the next at {}", clock(next, now))
        });
        let mut lines = vec![format!(
            "  budget        {} of {per_hour} investigations this hour, {} of {per_day} today{next}",
            self.in_hour, self.in_day
        )];
        let mut by = |used: u32, most: u32, whom: &str| {
            if used > 0 {
                lines.push(format!("                {used} of {most} today for {whom}"));
            }
        };
        let always = self.limits.always_send.as_str();
        let always = match self.limits.always_send {
            Priority::Critical => format!("{always} incidents, beside these"),
            _ => format!("incidents of {always} and above, beside these"),
        };
        by(self.always, self.limits.always_per_day, &always);
        by(
            self.low,
            self.limits.low_per_day,
            "LOW and MINIMAL incidents",
        );
        for (rule, used) in &self.rules {
            by(*used, self.limits.rule_per_day, &format!("the rule {rule}"));
        }
        let of_dollars = [
            (self.spent.day, self.limits.dollars_per_day, "today"),
            (
                self.spent.month,
                self.limits.dollars_per_month,
                "this month",
            ),
        ];
        let of_dollars = of_dollars.into_iter().filter_map(|(cents, limit, when)| {
            Some(format!("${:.2} of ${} {when}", dollars(cents), limit?))
        });
        let of_dollars: Vec<String> = of_dollars.collect();
        if !of_dollars.is_empty() {
            lines.push(format!("  dollars       {}", of_dollars.join(", ")));
        }
        lines
    }
}

impl Summary {
    /// What the ledger says now, by the settings of the account file.
    pub(crate) fn new(contents: &Contents, settings: &DeliverySettings, now: Timestamp) -> Self {
        let mut summary = Self {
            used: Used::new(contents, &settings.limits, now),
            held: BTreeMap::new(),
            gathering: Pending::default(),
            due: Pending::default(),
            today: today(contents, now),
        };
        for entry in Entry::all(contents, settings, now) {
            match entry.stage {
                Stage::Held { by, until } => {
                    let held = summary.held.entry((by, until)).or_default();
                    held.add(&entry, until, Timestamp::max);
                }
                Stage::Gathering { until } => summary.gathering.add(&entry, until, Timestamp::max),
                Stage::Due { since } => summary.due.add(&entry, since, Timestamp::min),
                Stage::Sent
                | Stage::Sending
                | Stage::Rejected { .. }
                | Stage::Merged { .. }
                | Stage::Covered { .. }
                | Stage::Expired => {}
            }
        }
        summary
    }

    /// Whether something could have been sent already, and was not.
    pub(crate) fn has_due(&self) -> bool {
        self.due.at.is_some()
    }

    /// Everything, for a program.
    pub(crate) fn to_json(&self) -> Json {
        let held = self.held.iter().map(|((by, until), it)| {
            json!({
                "heldBy": word(*by),
                "incidents": it.incidents,
                "groups": it.groups,
                "until": until,
            })
        });
        json!({
            "budget": self.used.to_json(),
            "held": held.collect::<Vec<_>>(),
            "gathering": self.gathering.to_json("until"),
            "due": self.due.to_json("since"),
            "results": self.today.as_ref().map(Totals::to_json),
        })
    }

    /// Everything, for a person: what there is none of is not mentioned.
    pub(crate) fn lines(&self, now: Timestamp) -> Vec<String> {
        let mut lines = self.used.lines(now);
        for ((by, until), it) in &self.held {
            lines.push(format!(
                "  held          {} {} until {}",
                it.of(),
                said(*by),
                clock(*until, now)
            ));
        }
        for (label, word, it) in [
            ("gathering", "until", &self.gathering),
            ("due", "since", &self.due),
        ] {
            if let Some(at) = it.at {
                lines.push(format!(
                    "  {label:<13} {}, {word} {}",
                    it.of(),
                    clock(at, now)
                ));
            }
        }
        if let Some(today) = &self.today {
            lines.push(format!(
                "  results       {}",
                today.all.said("investigation", " today")
            ));
            lines.push(format!("                {}", today.became()));
        }
        lines
    }
}

/// What became of what was sent on the day of `now`, which is that of the budget.
fn today(contents: &Contents, now: Timestamp) -> Option<Totals> {
    let begins = Day::new(Hour::of(now)).begins();
    let results = Results::new(contents, None, begins);
    (!results.rows.is_empty()).then_some(results.totals)
}
