//! Reading an account that does not always answer.

use std::{cell::RefCell, time::Duration};

use super::{
    REGION, advice, at, idle, instance, settings,
    simulated::{Account, Region, Simulation},
    sizing, tagged,
};
use crate::{
    aws::{Reason, cloudwatch::Status, ec2::Instance},
    cost::{Clock as _, Facts, Gap, Settings, What, Why, evaluate, look},
};

const UNTIL: Duration = Duration::from_secs(260);

fn looked(clock: &Simulation, account: &Account, settings: &Settings) -> Facts {
    let facts = clock.run(look(account, clock, settings, at(), UNTIL));
    facts.expect("the account answers")
}

fn account(clock: &Simulation, instances: Vec<Instance>) -> Account {
    let mut account = Account::new(clock);
    let mut region = Region::default();
    for it in &instances {
        for (metric, value) in [
            ("CPUUtilization", 1.0),
            ("NetworkIn", 1e5),
            ("NetworkOut", 1e5),
        ] {
            region.daily.insert(format!("{}/{metric}", it.id), value);
        }
    }
    region.instances = instances;
    account.regions.insert(REGION.to_owned(), region);
    account
}

fn refused(error: &str) -> Reason {
    Reason::Refused {
        status: 400,
        error: error.to_owned(),
    }
}

fn gap(what: What, why: Why) -> Gap {
    Gap {
        what,
        why,
        region: Some(REGION.to_owned()),
    }
}

#[test]
fn metrics_are_asked_only_of_what_nobody_speaks_of() {
    let clock = Simulation::default();
    let busy = instance("i-busy");
    let ids = ["i-hub", "i-idle", "i-sized", "i-own"];
    let mut instances: Vec<Instance> = ids.map(instance).into();
    instances.push(tagged("i-ignored", &[("tocsin", "ignore")]));
    instances.push(busy);
    let mut account = account(&clock, instances);
    account.hub = vec![advice("i-hub", "Stop", 10.0)];
    let region = account.regions.get_mut(REGION).unwrap();
    region.idle = vec![idle("i-idle", 10.0)];
    region.sizings = vec![sizing("i-sized", "OPTIMIZED", &[], 0.0)];
    region
        .daily
        .insert("i-busy/CPUUtilization".to_owned(), 80.0);
    let facts = looked(&clock, &account, &settings());
    let asked: Vec<&String> = facts.regions[0].usage.keys().collect();
    assert_eq!(asked, ["i-busy", "i-own"]);
    // The CPU of two, and the traffic of one both ways.
    assert_eq!((facts.metrics, account.count("GetMetricData")), (4, 2));
    assert_eq!(facts.gaps, []);
    let evaluation = evaluate(facts, &settings(), at());
    assert_eq!((evaluation.findings.len(), evaluation.in_use), (3, 2));
}

#[test]
fn nothing_is_known_where_cloudwatch_forbids_or_fails() {
    for (status, passes, why) in [
        (
            Status::Failed("Forbidden".to_owned()),
            false,
            "CloudWatch: Forbidden",
        ),
        (
            Status::Failed("InternalError".to_owned()),
            true,
            "CloudWatch: InternalError",
        ),
        (Status::Partial, true, "CloudWatch: PartialData"),
    ] {
        let clock = Simulation::default();
        let mut account = account(&clock, vec![instance("i-1"), instance("i-2")]);
        account.regions.get_mut(REGION).unwrap().status = Some(status);
        let evaluation = evaluate(looked(&clock, &account, &settings()), &settings(), at());
        assert_eq!(evaluation.unknown[why], 2);
        assert!(evaluation.findings.is_empty() && !evaluation.is_complete());
        assert_eq!(evaluation.is_passing(), passes, "{why}");
    }
}

/// The optimizer is off and nothing is idle: that is not "nothing found".
#[test]
fn an_account_that_has_not_opted_in_is_a_gap() {
    let clock = Simulation::default();
    let mut account = account(&clock, vec![]);
    account.optimizer_status = "Inactive";
    account.hub_status = "Inactive";
    let facts = looked(&clock, &account, &settings());
    let all = Gap {
        what: What::Hub,
        why: Why::NotEnrolled,
        region: None,
    };
    assert_eq!(
        facts.gaps,
        [
            all,
            gap(What::Sizings, Why::NotEnrolled),
            gap(What::Idle, Why::NotEnrolled)
        ]
    );
    assert_eq!(account.count("GetIdleRecommendations"), 0);
    let evaluation = evaluate(facts, &settings(), at());
    assert!(!evaluation.is_complete() && !evaluation.is_passing());
    // An answer that is named as AWS names it says the same.
    let clock = Simulation::default();
    let mut account = self::account(&clock, vec![]);
    account.fault = Box::new(|operation, _, _, _| {
        let is_its = operation.contains("Recommendations") || operation == "GetEnrollmentStatus";
        (is_its && operation != "ListRecommendations").then(|| refused("OptInRequiredException"))
    });
    let facts = looked(&clock, &account, &settings());
    assert_eq!(facts.gaps.len(), 2);
    assert!(facts.gaps.iter().all(|it| it.why == Why::NotEnrolled));
}

#[test]
fn the_hub_alone_and_the_optimizer_alone_are_enough() {
    for (hub, optimizer) in [(true, false), (false, true)] {
        let clock = Simulation::default();
        let mut settings = settings();
        (settings.cost.sources.hub, settings.cost.sources.optimizer) = (hub, optimizer);
        let mut account = account(&clock, vec![instance("i-1")]);
        account.hub = vec![advice("i-1", "Stop", 10.0)];
        let region = account.regions.get_mut(REGION).unwrap();
        region.sizings = vec![sizing("i-1", "OVER_PROVISIONED", &[], 5.0)];
        let facts = looked(&clock, &account, &settings);
        let evaluation = evaluate(facts, &settings, at());
        assert_eq!(evaluation.findings.len(), 1);
        assert!(evaluation.is_complete());
        assert_eq!(account.count("ListRecommendations"), usize::from(hub));
        let optimizer = usize::from(optimizer);
        assert_eq!(account.count("GetEC2InstanceRecommendations"), optimizer);
    }
}

#[test]
fn throttling_that_ends_is_waited_out_and_one_that_does_not_is_a_gap() {
    for (seconds, gaps) in [(15, 0), (3_600, 1)] {
        let clock = Simulation::default();
        let mut account = account(&clock, vec![instance("i-1")]);
        account.fault = Box::new(move |operation, _, _, now| {
            let throttled = operation == "DescribeInstances" && now.as_secs() < seconds;
            throttled.then(|| Reason::Refused {
                status: 503,
                error: "RequestLimitExceeded".to_owned(),
            })
        });
        let facts = looked(&clock, &account, &settings());
        assert_eq!(facts.gaps.len(), gaps);
        assert_eq!(facts.regions[0].instances.len(), 1 - gaps);
        assert!((20..40).contains(&clock.elapsed().as_secs()) || seconds == 15);
    }
}

#[test]
fn a_page_that_fails_takes_no_other_with_it() {
    let clock = Simulation::default();
    let ids: Vec<String> = (0..1_000).map(|it| format!("i-{it:04}")).collect();
    let mut account = account(&clock, ids.iter().map(|it| instance(it)).collect());
    account.fault = Box::new(|operation, _, nth, _| match (operation, nth) {
        ("DescribeInstances", 6) => Some(refused("InvalidNextToken")),
        ("GetMetricData", 2) => Some(refused("InternalServiceFault")),
        _ => None,
    });
    let facts = looked(&clock, &account, &settings());
    // Five pages of a hundred, of which the metrics of 250 failed.
    assert_eq!(facts.regions[0].instances.len(), 500);
    let read = |it: &&crate::cost::Usage| it.peaks.is_ok();
    assert_eq!(facts.regions[0].usage.values().filter(read).count(), 250);
    assert_eq!(
        facts.gaps,
        [
            gap(What::Instances, Why::Failed("InvalidNextToken".to_owned())),
            gap(
                What::Metrics,
                Why::Failed("InternalServiceFault".to_owned())
            ),
        ]
    );
}

#[test]
fn a_region_that_cannot_be_seen_is_a_gap_of_that_region_only() {
    let clock = Simulation::default();
    let mut settings = settings();
    settings.regions.push("us-east-1".to_owned());
    let mut account = account(&clock, vec![instance("i-1")]);
    account
        .regions
        .insert("us-east-1".to_owned(), Region::default());
    account.fault = Box::new(|_, region, _, _| {
        (region == "eu-central-1").then_some(Reason::NoAnswer("connect"))
    });
    settings.cost.sources.hub = false;
    let facts = looked(&clock, &account, &settings);
    assert!(
        facts
            .gaps
            .iter()
            .all(|it| it.region.as_deref() == Some("eu-central-1"))
    );
    assert_eq!(facts.gaps.len(), 4);
    assert_eq!(facts.regions.len(), 2);
}

/// A region that is silent must not take the time of the others.
#[test]
fn a_region_that_never_answers_is_a_gap_of_that_region_only() {
    let clock = Simulation::default();
    let mut settings = settings();
    settings.regions.push("us-east-1".to_owned());
    let mut account = account(&clock, vec![instance("i-1")]);
    account.silent = Some("us-east-1");
    settings.cost.sources.hub = false;
    let facts = looked(&clock, &account, &settings);
    assert!(
        facts
            .gaps
            .iter()
            .all(|it| it.region.as_deref() == Some("us-east-1"))
    );
    assert!(facts.regions[0].usage["i-1"].peaks.is_ok());
}

#[test]
fn a_token_that_never_ends_is_a_gap() {
    let clock = Simulation::default();
    let mut account = account(&clock, vec![instance("i-1")]);
    account.is_endless = true;
    let facts = looked(&clock, &account, &settings());
    assert_eq!(
        facts.gaps,
        [
            gap(What::Instances, Why::TooManyPages),
            gap(What::Sizings, Why::TooManyPages)
        ]
    );
}

#[test]
fn beyond_max_metrics_the_smallest_are_unknown() {
    let clock = Simulation::default();
    let of = |id: &str, kind: &str| Instance {
        instance_type: kind.to_owned(),
        ..instance(id)
    };
    let instances = vec![
        of("i-s", "m5.large"),
        of("i-l", "m5.8xlarge"),
        of("i-m", "m5.xlarge"),
    ];
    let account = account(&clock, instances);
    let mut settings = settings();
    // The CPU of all three, and the traffic of one.
    settings.cost.max_metrics = 5;
    let facts = looked(&clock, &account, &settings);
    assert_eq!(facts.metrics, 5);
    assert_eq!(facts.gaps, [gap(What::Metrics, Why::OverMaxMetrics(2))]);
    let evaluation = evaluate(facts, &settings, at());
    let ids: Vec<&str> = evaluation
        .findings
        .iter()
        .map(|it| it.id.as_str())
        .collect();
    assert_eq!((ids, evaluation.unknown_count()), (vec!["i-l"], 2));
}

/// Ten thousand instances in five regions, of an AWS that takes a second for each answer and throttles one
/// call in ten.
#[test]
fn a_large_account_is_read_in_time() {
    let clock = Simulation::default();
    let mut account = Account::new(&clock);
    account.latency = Duration::from_secs(1);
    let mut settings = settings();
    settings.regions = (1..=5).map(|it| format!("eu-test-{it}")).collect();
    for region in &settings.regions {
        let ids: Vec<String> = (0..2_000).map(|it| format!("i-{region}-{it:04}")).collect();
        let mut its = Region::default();
        for (index, id) in ids.iter().enumerate() {
            let cpu = if index % 5 == 0 { 1.0 } else { 50.0 };
            its.daily.insert(format!("{id}/CPUUtilization"), cpu);
            its.daily.insert(format!("{id}/NetworkIn"), 1e5);
            its.daily.insert(format!("{id}/NetworkOut"), 1e5);
        }
        its.instances = ids.iter().map(|it| instance(it)).collect();
        account.regions.insert(region.clone(), its);
    }
    let calls = RefCell::new(0);
    account.fault = Box::new(move |_, _, _, _| {
        *calls.borrow_mut() += 1;
        (*calls.borrow() % 10 == 0).then(|| refused("ThrottlingException"))
    });
    settings.cost.max_metrics = 20_000;
    let facts = looked(&clock, &account, &settings);
    assert_eq!(facts.gaps, []);
    assert_eq!(facts.metrics, 10_000 + 2 * 2_000);
    let evaluation = evaluate(facts, &settings, at());
    assert_eq!(
        (evaluation.findings.len(), evaluation.in_use),
        (2_000, 8_000)
    );
    let seconds = clock.elapsed().as_secs();
    assert!(seconds < 120, "{seconds}");
}

#[test]
fn when_there_is_no_time_left_that_is_said() {
    let clock = Simulation::default();
    let mut account = account(&clock, vec![instance("i-1")]);
    account.latency = Duration::from_secs(100);
    let facts = looked(&clock, &account, &settings());
    assert!(facts.gaps.iter().any(|it| it.why == Why::OutOfTime));
    assert!(facts.gaps.iter().all(Gap::is_passing));
    assert!(clock.elapsed() <= UNTIL);
}
