//! What is new and what is done, by who said it and in which money.

use std::collections::BTreeMap;

use contract::IncidentId;

use super::{REGION, advice, at, facts, idle, instance, saving, settings, tags_of};
use crate::{
    aws::ec2::Address,
    cost::{
        Evaluation, Gap, Past, RegionFacts, Settings, Usage, What, Why, evaluate,
        facts::Facts,
        gate::{News, news},
    },
    ledger::{CostFindings, CostReported, CostRun, Saying},
};

fn evaluation(facts: Facts) -> Evaluation {
    evaluate(facts, &settings(), at())
}

/// What is remembered of a report of this.
fn past(evaluation: &Evaluation, change: impl Fn(&mut Saying)) -> Past {
    let id = IncidentId::of("cost", &["1"]);
    let mut run = CostRun::default();
    let mut findings = BTreeMap::<u64, CostFindings>::new();
    let nothing = Past::Known {
        run: run.clone(),
        findings: BTreeMap::new(),
    };
    for (shard, mut sayings) in nothing.sayings(evaluation, id.as_str()) {
        for (_, it) in &mut sayings {
            change(it);
        }
        findings.entry(shard).or_default().note(sayings, &run);
    }
    run.reports.push(CostReported { id, at: at() });
    Past::Known { run, findings }
}

fn instances() -> RegionFacts {
    RegionFacts {
        instances: vec![instance("i-hub"), instance("i-idle")],
        ..RegionFacts::default()
    }
}

/// Three findings: the hub's, Compute Optimizer's, and our own.
fn found() -> Evaluation {
    let mut facts = facts(RegionFacts {
        idle: vec![idle("i-idle", 20.0)],
        addresses: vec![Address {
            id: "eipalloc-1".to_owned(),
            ip: "192.0.2.1".to_owned(),
            in_use: false,
            tags: tags_of(&[]),
        }],
        ..instances()
    });
    facts.hub.push(advice("i-hub", "Stop", 30.0));
    evaluation(facts)
}

/// The same account, in which nothing is found any more, with what could not be read.
fn nothing_found(gap: Option<Gap>, settings: &Settings) -> Evaluation {
    let busy = || Usage {
        peaks: Ok(vec![Some(80.0); 14]),
        means: vec![Some(80.0); 14],
        traffic: Err("its traffic was not read"),
    };
    let usage = ["i-hub", "i-idle"].map(|it| (it.to_owned(), busy()));
    let mut facts = facts(RegionFacts {
        usage: usage.into(),
        ..instances()
    });
    facts.gaps.extend(gap);
    evaluate(facts, settings, at())
}

fn done(past: &Past, now: &Evaluation) -> Option<(usize, usize)> {
    let News { done, .. } = news(now, past, &settings(), at());
    done.map(|it| (it.count, it.of))
}

#[test]
fn what_could_not_be_read_hides_only_what_its_source_said() {
    let past = past(&found(), |_| {});
    let failed = || Why::Failed("x".to_owned());
    for (what, why, region, expected) in [
        (What::Hub, Why::NotEnrolled, None, Some((2, 3))),
        (What::HubPreferences, failed(), None, Some((3, 3))),
        (What::Idle, Why::NotEnrolled, Some(REGION), Some((2, 3))),
        (What::Sizings, failed(), Some(REGION), Some((2, 3))),
        (What::Sizings, failed(), Some("eu-west-1"), Some((3, 3))),
        (What::Addresses, failed(), Some(REGION), Some((2, 3))),
        (
            What::Metrics,
            Why::OverMaxMetrics(9),
            Some(REGION),
            Some((3, 3)),
        ),
        (What::Instances, failed(), Some(REGION), None),
        (What::Instances, failed(), Some("eu-west-1"), Some((3, 3))),
    ] {
        let gap = Gap {
            what,
            why,
            region: region.map(str::to_owned),
        };
        let now = nothing_found(Some(gap.clone()), &settings());
        assert_eq!(done(&past, &now), expected, "{gap:?}");
    }
    assert_eq!(done(&past, &nothing_found(None, &settings())), Some((3, 3)));
}

#[test]
fn what_was_noted_without_its_source_is_hidden_by_any() {
    let past = past(&found(), |it| it.origins.clear());
    let gap = Gap {
        what: What::Hub,
        why: Why::NotEnrolled,
        region: None,
    };
    assert_eq!(done(&past, &nothing_found(Some(gap), &settings())), None);
    assert_eq!(done(&past, &nothing_found(None, &settings())), Some((3, 3)));
}

#[test]
fn a_source_that_is_turned_off_makes_nothing_done() {
    let past = past(&found(), |_| {});
    let mut settings = settings();
    settings.cost.sources.optimizer = false;
    let now = nothing_found(None, &settings);
    assert_eq!(done(&past, &now), Some((2, 3)));
}

#[test]
fn another_currency_is_news_and_other_discounts_are_not_compared() {
    let with = |amount: f64, currency: &str, is_after: bool| {
        let mut it = idle("i-idle", amount);
        let mut saving = saving(amount);
        if let Some(it) = &mut saving {
            currency.clone_into(&mut it.currency);
        }
        it.savings.before_discounts = saving.clone();
        it.savings.after_discounts = saving.filter(|_| is_after);
        evaluation(facts(RegionFacts {
            idle: vec![it],
            ..instances()
        }))
    };
    let past = past(&with(100.0, "USD", true), |_| {});
    let old = self::past(&with(100.0, "USD", true), |it| it.discounts = None);
    let is_new = |past: &Past, now: &Evaluation| !news(now, past, &settings(), at()).new.is_empty();
    for (now, expected) in [
        (with(100.0, "USD", true), false),
        (with(120.0, "USD", true), true),
        (with(50.0, "CNY", true), true),
        (with(120.0, "USD", false), false),
    ] {
        let amount = &now.findings[0].amount;
        assert_eq!(is_new(&past, &now), expected, "{amount:?}");
    }
    assert!(is_new(&old, &with(120.0, "USD", false)));
}

#[test]
fn what_may_pass_is_tried_again() {
    let text = || "x".to_owned();
    for (why, expected) in [
        (Why::Failed(text()), true),
        (Why::OutOfTime, true),
        (Why::NotReady(text()), true),
        (Why::TooManyPages, true),
        (Why::NotEnrolled, false),
        (Why::Denied(text()), false),
        (Why::OverMaxMetrics(1), false),
    ] {
        let gap = Gap {
            what: What::Metrics,
            why,
            region: None,
        };
        assert_eq!(gap.is_passing(), expected, "{gap:?}");
        // Two of two are unknown, too.
        let mut facts = facts(instances());
        facts.gaps.push(gap);
        let evaluation = evaluation(facts);
        assert!(evaluation.has_too_many_unknown());
        assert_eq!(evaluation.is_passing(), expected);
    }
    assert!(evaluation(facts(instances())).is_passing());
}
