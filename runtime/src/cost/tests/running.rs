//! Runs that die, come twice, or find nothing new.

use std::{cell::Cell, collections::BTreeSet, time::Duration};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::{
    REGION, at, idle, instance, settings,
    simulated::{Account, Outside, Region, Simulation},
};
use crate::{
    aws::{Reason, compute_optimizer::Idle, cost_explorer::Cost},
    cost::{Occasion, Outcome, Run, RunError, Settings},
    read::text,
};

mod costs;

#[expect(
    clippy::struct_excessive_bools,
    reason = "each is one thing that may be wrong with the account"
)]
struct Setting {
    settings: Settings,
    outside: Outside,
    idle: Vec<Idle>,
    /// Whether EC2 fails for reasons that pass.
    is_failing: bool,
    /// Whether nobody has opted in to Compute Optimizer.
    is_off: bool,
    /// Whether Compute Optimizer is not ready yet.
    is_pending: bool,
    /// Whether nobody has enrolled in Cost Optimization Hub.
    is_hub_off: bool,
    /// A region in which nothing answers.
    silent: Option<&'static str>,
    /// How long an answer takes, of an API and of the ledger.
    takes: (Duration, Duration),
    /// When reading is over.
    until: Duration,
    /// What Cost Explorer says that resources have cost; why it does not.
    costs: Result<Vec<Cost>, &'static str>,
    /// How often it was asked.
    asked: Cell<usize>,
}

fn setting(idle: Vec<Idle>) -> Setting {
    Setting {
        settings: settings(),
        outside: Outside::new(),
        idle,
        is_failing: false,
        is_off: false,
        is_pending: false,
        is_hub_off: false,
        silent: None,
        takes: (Duration::ZERO, Duration::ZERO),
        until: Duration::from_secs(260),
        costs: Ok(Vec::new()),
        asked: Cell::default(),
    }
}

fn day(number: i64) -> Timestamp {
    at() + SignedDuration::from_hours(24 * number)
}

impl Setting {
    /// Runs for a day, so long after its time; nothing where the run dies.
    fn run_after(&self, at: Timestamp, late: SignedDuration) -> Option<Result<Outcome, RunError>> {
        let clock = Simulation::default();
        let mut account = Account::new(&clock);
        let ids: BTreeSet<&String> = self.idle.iter().map(|it| &it.id).collect();
        let region = Region {
            instances: ids.into_iter().map(|it| instance(it)).collect(),
            idle: self.idle.clone(),
            ..Region::default()
        };
        account.regions.insert(REGION.to_owned(), region);
        if self.is_failing {
            account.fault = Box::new(|operation, _, _, _| {
                (operation == "DescribeInstances").then_some(Reason::NoAnswer("connect"))
            });
        }
        if self.is_off {
            account.optimizer_status = "Inactive";
        }
        if self.is_pending {
            account.optimizer_status = "Pending";
        }
        if self.is_hub_off {
            account.hub_status = "Inactive";
        }
        account.silent = self.silent;
        let (answer, ledger) = self.takes;
        account.latency = answer;
        *self.outside.takes.borrow_mut() = Some((clock.clone(), ledger));
        match &self.costs {
            Ok(costs) => account.costs.clone_from(costs),
            Err(error) => {
                let error = (*error).to_owned();
                account.fault = Box::new(move |operation, _, _, _| {
                    let error = error.clone();
                    let refused = Reason::Refused { status: 400, error };
                    (operation == "GetCostAndUsageWithResources").then_some(refused)
                });
            }
        }
        let run = Run {
            reads: &account,
            clock: &clock,
            store: &self.outside,
            outbox: &self.outside,
            settings: &self.settings,
        };
        let occasion = Occasion {
            account: "111122223333",
            region: REGION,
            at,
        };
        let outcome = clock.run(run.run(occasion, at + late, self.until));
        let asked = account.count("GetCostAndUsageWithResources");
        self.asked.set(self.asked.get() + asked);
        outcome
    }

    fn run(&self, at: Timestamp) -> Result<Outcome, RunError> {
        self.run_after(at, SignedDuration::from_secs(1))
            .expect("the run ends")
    }

    /// What a run did, in a word.
    fn outcome(&self, at: Timestamp) -> &'static str {
        word(&self.run(at))
    }

    fn sent(&self) -> Vec<(String, Json)> {
        let sent = self.outside.sent.borrow();
        sent.iter()
            .map(|body| {
                let json: Json = serde_json::from_str(body).unwrap();
                (text(&json, "incident.incidentId").unwrap().to_owned(), json)
            })
            .collect()
    }

    fn last_text(&self) -> String {
        let (_, json) = self.sent().pop().unwrap();
        text(&json, "incident.description").unwrap().to_owned()
    }
}

fn word(outcome: &Result<Outcome, RunError>) -> &'static str {
    match outcome {
        Ok(Outcome::Reported { .. }) => "reported",
        Ok(Outcome::Repeated { .. }) => "repeated",
        Ok(Outcome::NotWorthIt { notifies: true, .. }) => "people are notified",
        Ok(Outcome::NotWorthIt { .. }) => "nothing new",
        Err(RunError::Incomplete(_)) => "tried again",
        Err(RunError::Busy) => "busy",
        Err(RunError::Queue(_)) => "not queued",
    }
}

#[test]
fn what_was_reported_is_not_reported_again() {
    let mut it = setting(vec![idle("i-1", 40.0), idle("i-2", 30.0)]);
    assert_eq!(it.outcome(day(0)), "reported");
    assert_eq!(it.outcome(day(0)), "repeated");
    assert_eq!(it.outcome(day(1)), "nothing new");
    // Under 50 a month together.
    it.idle.push(idle("i-3", 49.0));
    assert_eq!(it.outcome(day(2)), "nothing new");
    it.idle.push(idle("i-4", 1.0));
    assert_eq!(it.outcome(day(3)), "reported");
    assert_eq!(it.sent().len(), 2);
    let text = it.last_text();
    assert!(
        text.contains("New since the last report, or a fifth larger: 2, 50.00 USD a month."),
        "{text}"
    );
    assert!(
        text.contains("- new: eu-central-1 EC2 instance i-3 (m5.large): 49.00 USD"),
        "{text}"
    );
    assert!(
        text.contains("- eu-central-1 EC2 instance i-1 (m5.large): 40.00 USD"),
        "{text}"
    );
}

#[test]
fn what_has_grown_by_a_fifth_is_news() {
    let mut it = setting(vec![idle("i-1", 100.0)]);
    assert_eq!(it.outcome(day(0)), "reported");
    it.idle = vec![idle("i-1", 119.0)];
    assert_eq!(it.outcome(day(1)), "nothing new");
    it.idle = vec![idle("i-1", 120.0)];
    assert_eq!(it.outcome(day(2)), "reported");
}

#[test]
fn what_is_done_is_said_with_the_next_report_and_only_then() {
    let mut it = setting(vec![
        idle("i-1", 100.0),
        idle("i-2", 60.0),
        idle("i-3", 50.0),
    ]);
    assert_eq!(it.outcome(day(0)), "reported");
    it.idle = vec![idle("i-3", 50.0)];
    assert_eq!(it.outcome(day(1)), "nothing new");
    it.idle = vec![idle("i-3", 50.0), idle("i-4", 70.0)];
    assert_eq!(it.outcome(day(2)), "reported");
    assert!(
        it.last_text()
            .contains("Of what was reported, 2 of 3 done, 160.00 USD a month.")
    );
    it.idle.push(idle("i-5", 70.0));
    assert_eq!(it.outcome(day(3)), "reported");
    assert!(!it.last_text().contains("done"));
    // What comes back is new.
    it.idle.push(idle("i-1", 100.0));
    assert_eq!(it.outcome(day(4)), "reported");
}

/// The hub is one of the sources by default, and few accounts are enrolled in it.
#[test]
fn what_is_done_is_said_in_an_account_without_the_hub() {
    let mut it = setting(vec![idle("i-1", 100.0), idle("i-2", 60.0)]);
    it.is_hub_off = true;
    assert_eq!(it.outcome(day(0)), "reported");
    it.idle = vec![idle("i-2", 200.0)];
    assert_eq!(it.outcome(day(1)), "reported");
    let text = it.last_text();
    let done = "Of what was reported, 1 of 2 done, 100.00 USD a month.";
    assert!(text.contains(done), "{text}");
}

#[test]
fn what_could_not_be_read_is_not_done() {
    let mut it = setting(vec![idle("i-1", 100.0), idle("i-2", 60.0)]);
    assert_eq!(it.outcome(day(0)), "reported");
    it.idle = vec![idle("i-2", 200.0)];
    it.is_off = true;
    it.outcome(day(1));
    assert_eq!(it.sent().len(), 1);
    it.is_off = false;
    assert_eq!(it.outcome(day(2)), "reported");
    assert!(it.last_text().contains("1 of 2 done"));
}

#[test]
fn findings_without_an_amount_are_reported_once_a_week() {
    let unpriced = |id: &str| Idle {
        savings: crate::aws::compute_optimizer::Savings::default(),
        ..idle(id, 0.0)
    };
    let mut it = setting(vec![unpriced("i-1")]);
    assert_eq!(it.outcome(day(0)), "reported");
    it.idle.push(unpriced("i-2"));
    for number in 1..7 {
        assert_eq!(it.outcome(day(number)), "nothing new", "{number}");
    }
    assert_eq!(it.outcome(day(7)), "reported");
    assert_eq!(it.outcome(day(14)), "nothing new");
}

#[test]
fn after_90_days_it_is_news_again() {
    let it = setting(vec![idle("i-1", 100.0)]);
    assert_eq!(it.outcome(day(0)), "reported");
    assert_eq!(it.outcome(day(89)), "nothing new");
    assert_eq!(it.outcome(day(91)), "reported");
}

/// Whatever step a run dies at, with or without the effect of that step: what it found is in one incident.
#[test]
fn a_run_that_dies_makes_one_incident() {
    let whole = setting(vec![idle("i-1", 100.0), idle("i-2", 70.0)]);
    assert_eq!(whole.outcome(day(0)), "reported");
    let steps = whole.outside.steps.get();
    assert!(steps >= 6, "{steps}");
    for step in 0..steps {
        for has_effect in [false, true] {
            for same_day in [true, false] {
                let it = setting(vec![idle("i-1", 100.0), idle("i-2", 70.0)]);
                it.outside.dies.set(Some((step, has_effect)));
                assert!(it.run_after(day(0), SignedDuration::ZERO).is_none());
                let why = format!("step {step}, {has_effect}, {same_day}");
                let mut days = vec![1, 2, 8];
                if same_day {
                    days.insert(0, 0);
                }
                for number in days {
                    let outcome = it.run(day(number));
                    assert!(outcome.is_ok(), "{why}: {outcome:?}");
                }
                let sent = it.sent();
                let ids: BTreeSet<&String> = sent.iter().map(|(id, _)| id).collect();
                assert_eq!(ids.len(), 1, "{why}");
                // Whatever is sent again is the same, to the byte.
                assert!(sent.iter().all(|(_, body)| *body == sent[0].1), "{why}");
                assert!(sent.len() <= 2, "{why}");
            }
        }
    }
}

/// Two invocations of one event: the one that comes second finds what it read changed, and changes nothing.
#[test]
fn of_two_runs_at_once_one_makes_the_report() {
    let it = setting(vec![idle("i-1", 100.0)]);
    for step in 0..6 {
        let it = setting(vec![idle("i-1", 100.0)]);
        it.outside.other_writes_at.set(Some(step));
        let outcome = it.outcome(day(0));
        let sent = it.sent().len();
        assert!(
            outcome == "busy" && sent <= 1 || outcome == "reported" && sent == 1,
            "{step}: {outcome}"
        );
    }
    assert_eq!(it.outcome(day(0)), "reported");
}

#[test]
fn without_a_ledger_the_report_goes_out_and_says_so() {
    for can in [(false, false), (true, false)] {
        let it = setting(vec![idle("i-1", 100.0)]);
        it.outside.can.set(can);
        assert_eq!(it.outcome(day(0)), "reported");
        assert_eq!(it.outcome(day(0)), "reported");
        let sent = it.sent();
        assert_eq!(sent[0], sent[1]);
        assert!(
            it.last_text()
                .contains("What was reported before is not known")
        );
    }
}

#[test]
fn an_incomplete_run_is_tried_again_and_the_last_try_reports_what_it_has() {
    let mut it = setting(vec![]);
    it.is_failing = true;
    assert_eq!(it.outcome(day(0)), "tried again");
    assert_eq!(it.outcome(day(0)), "tried again");
    assert_eq!(it.outcome(day(0)), "people are notified");
    // Without findings the agent is not asked, and people are notified of the same reasons once.
    for number in [1, 1, 1] {
        it.outcome(day(number));
    }
    assert_eq!(it.sent().len(), 0);
    assert_eq!(it.outcome(day(1)), "nothing new");
    // Its age says whether it is the last try, where the ledger is away.
    it.outside.can.set((false, false));
    let late = |minutes| {
        it.run_after(day(2), SignedDuration::from_mins(minutes))
            .unwrap()
    };
    assert_eq!(word(&late(1)), "tried again");
    assert_eq!(word(&late(5)), "people are notified");
}

#[test]
fn what_is_not_ready_yet_is_tried_again() {
    let mut it = setting(vec![]);
    it.is_pending = true;
    for expected in ["tried again", "tried again", "people are notified"] {
        assert_eq!(it.outcome(day(0)), expected);
    }
}

/// Opting in is for people: trying again a minute later would only cost.
#[test]
fn what_does_not_pass_is_not_tried_again() {
    let mut it = setting(vec![]);
    it.is_off = true;
    assert_eq!(it.outcome(day(0)), "people are notified");
    assert_eq!(it.outcome(day(1)), "nothing new");
    it.is_off = false;
    assert_eq!(it.outcome(day(2)), "nothing new");
    it.is_off = true;
    assert_eq!(it.outcome(day(3)), "people are notified");
}

#[test]
fn an_incomplete_run_with_findings_reports_them_with_its_gaps() {
    let mut it = setting(vec![idle("i-1", 100.0)]);
    it.idle[0].arn = "arn:aws:rds:eu-central-1:111122223333:db:orders".to_owned();
    it.idle[0].id = "orders".to_owned();
    it.is_failing = true;
    assert_eq!(it.outcome(day(0)), "tried again");
    it.outcome(day(0));
    assert_eq!(it.outcome(day(0)), "reported");
    let text = it.last_text();
    let gap = text
        .find("EC2 instances in eu-central-1: no answer (connect)")
        .unwrap();
    assert!(gap < text.find("orders").unwrap());
}

#[test]
fn the_identity_is_of_the_day_of_the_account_file() {
    let it = setting(vec![idle("i-1", 100.0)]);
    let late: Timestamp = "2026-11-26T23:30:00Z".parse().unwrap();
    assert_eq!(it.outcome(late), "reported");
    // In Berlin that was the next day.
    assert_eq!(
        it.outcome("2026-11-27T05:00:00Z".parse().unwrap()),
        "repeated"
    );
}
