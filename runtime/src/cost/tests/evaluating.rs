//! From what was read to what is found.

use std::collections::BTreeMap;

use super::{advice, arn, at, facts, idle, instance, settings, sizing, tagged, tags_of};
use crate::{
    aws::{
        compute_optimizer::{Idle, Savings, Sizing},
        cost_optimization_hub::Recommendation,
        ec2::{Address, Instance, Volume},
    },
    cost::{Evaluation, Facts, Gap, RegionFacts, Settings, Usage, What, Why, evaluate, line},
};

fn found(facts: Facts) -> Evaluation {
    found_with(facts, &settings())
}

fn found_with(facts: Facts, settings: &Settings) -> Evaluation {
    let evaluation = evaluate(facts, settings, at());
    let places = evaluation.findings.len()
        + evaluation.excluded_count()
        + evaluation.unknown_count()
        + evaluation.in_use;
    assert_eq!(places, evaluation.seen, "{evaluation:#?}");
    evaluation
}

/// Each finding as `id: kind, amount`.
fn brief(evaluation: &Evaluation) -> Vec<String> {
    let findings = evaluation.findings.iter();
    findings
        .map(|it| {
            let amount = it.amount.as_ref();
            let amount = amount.map_or("price not known".to_owned(), |it| {
                format!("{:.0} {} {:?}", it.value, it.currency, it.discounts)
            });
            format!("{}: {}, {amount}", it.id, it.kind.name())
        })
        .collect()
}

fn quiet() -> Usage {
    Usage {
        peaks: Ok(vec![Some(1.0); 14]),
        means: vec![Some(0.5); 14],
        traffic: Ok(vec![Some(1e5); 14]),
    }
}

fn usage(of: &[(&str, Usage)]) -> BTreeMap<String, Usage> {
    of.iter()
        .map(|(id, it)| ((*id).to_owned(), it.clone()))
        .collect()
}

#[test]
fn one_resource_is_one_finding_whatever_says_so() {
    let mut facts = facts(RegionFacts {
        instances: vec![instance("i-1"), instance("i-2"), instance("i-3")],
        idle: vec![idle("i-1", 70.0), idle("i-2", 60.0)],
        sizings: vec![
            sizing("i-1", "OVER_PROVISIONED", &[], 30.0),
            Sizing {
                is_idle: true,
                ..sizing("i-2", "OVER_PROVISIONED", &[], 20.0)
            },
            sizing("i-3", "Overprovisioned", &[], 10.0),
        ],
        ..RegionFacts::default()
    });
    facts.hub = vec![advice("i-1", "Stop", 80.0)];
    let evaluation = found(facts);
    assert_eq!(
        brief(&evaluation),
        [
            "i-1: stop or delete, 80 USD After",
            "i-2: stop or delete, 60 USD After",
            "i-3: make smaller, 10 USD Before",
        ]
    );
    let first = line(&evaluation.findings[0], false);
    assert!(
        first.contains("by Cost Optimization Hub and Compute Optimizer"),
        "{first}"
    );
    assert!(
        first.contains("or make smaller (m5.large), which saves 30.00 USD a month"),
        "{first}"
    );
    let sums = &evaluation.sums()[&crate::cost::Kind::Stop].1;
    assert_eq!(sums.to_string(), "140.00 USD a month after discounts");
}

#[test]
fn kinds_are_what_is_to_be_done() {
    let evaluation = found(facts(RegionFacts {
        instances: ["i-1", "i-2", "i-3", "i-4", "i-5", "i-6"]
            .map(instance)
            .into(),
        sizings: vec![
            sizing("i-1", "OVER_PROVISIONED", &["Architecture"], 10.0),
            sizing(
                "i-2",
                "OVER_PROVISIONED",
                &["InstanceStoreAvailability"],
                9.0,
            ),
            sizing("i-3", "OVER_PROVISIONED", &["NetworkInterface"], 8.0),
            sizing("i-4", "UNDER_PROVISIONED", &[], -7.0),
            sizing("i-5", "OPTIMIZED", &[], 0.0),
            sizing("i-6", "NOT_OPTIMIZED", &[], 6.0),
        ],
        ..RegionFacts::default()
    }));
    assert_eq!(
        brief(&evaluation),
        [
            "i-1: modernise, 10 USD Before",
            "i-2: modernise, 9 USD Before",
            "i-3: make smaller, 8 USD Before",
            "i-6: NOT_OPTIMIZED, 6 USD Before",
        ]
    );
    assert_eq!((evaluation.in_use, evaluation.under_provisioned), (2, 1));
}

/// What making an idle instance smaller saves is not what stopping it saves.
#[test]
fn the_amount_of_another_action_is_not_that_of_this_one() {
    let evaluation = found(facts(RegionFacts {
        instances: vec![instance("i-1")],
        sizings: vec![Sizing {
            is_idle: true,
            ..sizing("i-1", "OVER_PROVISIONED", &["Architecture"], 40.0)
        }],
        ..RegionFacts::default()
    }));
    assert_eq!(brief(&evaluation), ["i-1: stop or delete, price not known"]);
    let line = line(&evaluation.findings[0], false);
    assert!(
        line.contains("or modernise (m5.large), which saves 40.00 USD a month"),
        "{line}"
    );
}

#[test]
fn an_amount_of_zero_after_discounts_is_zero() {
    let mut it = sizing("i-1", "OVER_PROVISIONED", &[], 100.0);
    it.best.as_mut().unwrap().savings.after_discounts = super::saving(0.0);
    let evaluation = found(facts(RegionFacts {
        instances: vec![instance("i-1")],
        sizings: vec![it],
        ..RegionFacts::default()
    }));
    assert_eq!(brief(&evaluation), ["i-1: make smaller, 0 USD After"]);
}

#[test]
fn what_is_left_out_is_left_out_of_every_source() {
    let excluded = vec![
        tagged("i-ignored", &[("tocsin", "ignore")]),
        Instance {
            lifecycle: Some("spot".to_owned()),
            ..instance("i-spot")
        },
        tagged("i-group", &[("aws:autoscaling:groupName", "web")]),
        Instance {
            managed_by: Some("eks.amazonaws.com".to_owned()),
            ..instance("i-managed")
        },
        tagged("i-ecs", &[("AmazonECSManaged", "")]),
        tagged("i-eks", &[("kubernetes.io/cluster/prod", "owned")]),
        tagged("i-emr", &[("aws:elasticmapreduce:job-flow-id", "j-1")]),
        tagged("i-batch", &[("AWSBatchServiceTag", "batch")]),
    ];
    let ids: Vec<String> = excluded.iter().map(|it| it.id.clone()).collect();
    let mut facts = facts(RegionFacts {
        instances: excluded,
        idle: ids.iter().map(|it| idle(it, 70.0)).collect(),
        sizings: ids
            .iter()
            .map(|it| sizing(it, "OVER_PROVISIONED", &[], 30.0))
            .collect(),
        usage: ids.iter().map(|it| (it.clone(), quiet())).collect(),
        ..RegionFacts::default()
    });
    facts.hub = ids.iter().map(|it| advice(it, "Stop", 80.0)).collect();
    let evaluation = found(facts);
    assert_eq!(brief(&evaluation), [""; 0]);
    let reasons: Vec<String> = evaluation
        .excluded
        .iter()
        .map(|(why, count)| format!("{why}: {count}"))
        .collect();
    assert_eq!(
        reasons,
        [
            "Spot instances: 1",
            "hosts of Batch: 1",
            "hosts of ECS: 1",
            "hosts of EKS: 1",
            "hosts of EMR: 1",
            "managed by a service (eks.amazonaws.com): 1",
            "members of an Auto Scaling group: 1",
            "tagged tocsin=ignore: 1",
        ]
    );
    assert!(evaluation.is_complete());
}

#[test]
fn the_tags_that_an_instance_has_now_count() {
    let mut stale = sizing("i-1", "OVER_PROVISIONED", &[], 30.0);
    stale.basis.tags = tags_of(&[("tocsin", "ignore")]);
    let evaluation = found(facts(RegionFacts {
        instances: vec![instance("i-1")],
        sizings: vec![stale],
        ..RegionFacts::default()
    }));
    assert_eq!(brief(&evaluation), ["i-1: make smaller, 30 USD Before"]);
}

#[test]
fn recommendations_of_what_does_not_run_are_dropped_and_counted() {
    let stopped = Instance {
        state: "stopped".to_owned(),
        ..instance("i-stopped")
    };
    let region = || RegionFacts {
        instances: vec![stopped.clone()],
        sizings: vec![
            sizing("i-stopped", "OVER_PROVISIONED", &[], 30.0),
            sizing("i-gone", "OVER_PROVISIONED", &[], 30.0),
        ],
        idle: vec![idle("i-gone", 30.0)],
        ..RegionFacts::default()
    };
    let evaluation = found(facts(region()));
    assert!(evaluation.findings.is_empty());
    let dropped: Vec<_> = evaluation.dropped.into_iter().collect();
    assert_eq!(
        dropped,
        [
            ("of instances that are not there any more", 2),
            ("of instances that are stopped", 1)
        ]
    );
    // Of a region that could not be read, nobody knows.
    let mut facts = facts(region());
    facts.gaps.push(Gap {
        what: What::Instances,
        why: Why::TooManyPages,
        region: Some(super::REGION.to_owned()),
    });
    let evaluation = found(facts);
    assert_eq!(
        evaluation.dropped["of instances that could not be looked up"],
        2
    );
}

#[test]
fn what_nobody_speaks_of_is_evaluated_by_its_metrics() {
    let typed = |id: &str, kind: &str| Instance {
        instance_type: kind.to_owned(),
        ..instance(id)
    };
    let busy = Usage {
        peaks: Ok(vec![Some(80.0); 14]),
        ..quiet()
    };
    let no_traffic = Usage {
        traffic: Err("CloudWatch: Forbidden"),
        ..quiet()
    };
    let host = Instance {
        tenancy: Some("host".to_owned()),
        ..typed("i-host", "m5.metal")
    };
    let block = Instance {
        lifecycle: Some("capacity-block".to_owned()),
        ..instance("i-block")
    };
    let reserved = Instance {
        reserved: true,
        ..instance("i-reserved")
    };
    let scheduled = Instance {
        lifecycle: Some("scheduled".to_owned()),
        ..instance("i-scheduled")
    };
    let instances = vec![
        typed("i-quiet", "m5.xlarge"),
        instance("i-busy"),
        instance("i-dark"),
        instance("i-unread"),
        typed("i-trn", "trn1.2xlarge"),
        host,
        block,
        reserved,
        scheduled,
    ];
    let ids = instances.iter().map(|it| it.id.clone());
    let mut usage: BTreeMap<String, Usage> = ids.map(|it| (it, quiet())).collect();
    usage.insert("i-busy".to_owned(), busy);
    usage.insert("i-dark".to_owned(), no_traffic);
    usage.remove("i-unread");
    let evaluation = found(facts(RegionFacts {
        instances,
        usage,
        ..RegionFacts::default()
    }));
    assert_eq!(
        brief(&evaluation),
        ["i-quiet: stop or delete, price not known"]
    );
    assert_eq!((evaluation.in_use, evaluation.unknown_count()), (1, 7));
    assert!(!evaluation.is_complete() && evaluation.is_passing());
    assert_eq!(
        evaluation.reasons(),
        ["too few instances could be evaluated"]
    );
}

/// A recommendation can come without a finding. Then Compute Optimizer says nothing of the instance.
#[test]
fn an_instance_without_a_finding_is_not_in_use_for_that() {
    let with = |own| {
        let mut settings = settings();
        settings.cost.sources.metrics = own;
        let region = RegionFacts {
            instances: vec![instance("i-1")],
            sizings: vec![sizing("i-1", "", &[], 10.0)],
            usage: usage(&[("i-1", quiet())]),
            ..RegionFacts::default()
        };
        found_with(facts(region), &settings)
    };
    assert_eq!(brief(&with(true)), ["i-1: stop or delete, price not known"]);
    let unknown = with(false).unknown;
    assert_eq!(unknown["Compute Optimizer says nothing of it"], 1);
}

#[test]
fn each_source_can_be_off() {
    let with = |hub, optimizer, own| {
        let mut settings = settings();
        settings.cost.sources = contract::CostSources {
            hub,
            optimizer,
            metrics: own,
        };
        let mut facts = facts(RegionFacts {
            instances: vec![instance("i-1"), instance("i-2")],
            usage: if own {
                usage(&[("i-2", quiet())])
            } else {
                BTreeMap::new()
            },
            sizings: if optimizer {
                vec![sizing("i-1", "OVER_PROVISIONED", &[], 3.0)]
            } else {
                vec![]
            },
            ..RegionFacts::default()
        });
        if hub {
            facts.hub = vec![advice("i-1", "Stop", 80.0)];
        }
        let evaluation = found_with(facts, &settings);
        (
            brief(&evaluation).len(),
            evaluation.in_use,
            evaluation.unknown_count(),
        )
    };
    assert_eq!(with(true, false, false), (1, 1, 0));
    assert_eq!(with(true, true, false), (1, 0, 1));
    assert_eq!(with(false, true, true), (2, 0, 0));
    assert_eq!(with(true, false, true), (2, 0, 0));
    assert_eq!(with(false, false, true), (1, 0, 1));
}

#[test]
fn idle_resources_of_every_type_are_listed_and_so_is_one_that_is_new() {
    let types = [
        "EC2Instance",
        "AutoScalingGroup",
        "EBSVolume",
        "ECSService",
        "RDSDBInstance",
        "NatGateway",
        "DynamoDBTable",
        "ElastiCacheCluster",
        "MemoryDBCluster",
        "DocumentDBCluster",
        "WorkSpaces",
        "SageMakerEndpoint",
        "Timeship",
    ];
    let all = types.iter().enumerate().map(|(index, kind)| Idle {
        arn: format!("arn:aws:x:eu-central-1:111122223333:thing/{index}"),
        id: format!("thing-{index}"),
        resource_type: (*kind).to_owned(),
        finding: if *kind == "Timeship" {
            "Adrift"
        } else {
            "Unused"
        }
        .to_owned(),
        savings: Savings {
            before_discounts: None,
            after_discounts: super::saving(20.0),
        },
        ..Idle::default()
    });
    let mut all: Vec<Idle> = all.collect();
    all[0].arn = arn("i-1");
    let evaluation = found(facts(RegionFacts {
        instances: vec![instance("i-1")],
        idle: all,
        ..RegionFacts::default()
    }));
    assert_eq!(evaluation.findings.len(), types.len());
    let new = evaluation
        .findings
        .iter()
        .find(|it| it.resource_type == "Timeship");
    assert_eq!(new.unwrap().kind.name(), "Adrift");
}

#[test]
fn purchases_are_counted_and_not_listed() {
    let mut facts = facts(RegionFacts::default());
    let purchase = Recommendation {
        id: None,
        arn: None,
        ..advice("", "PurchaseSavingsPlans", 900.0)
    };
    facts.hub = vec![purchase.clone(), purchase];
    let evaluation = found(facts);
    assert!(evaluation.findings.is_empty());
    assert_eq!(evaluation.purchases.0, 2);
    assert_eq!(
        evaluation.purchases.1.to_string(),
        "1800.00 USD a month after discounts"
    );
}

#[test]
fn volumes_of_long_stopped_instances_and_free_addresses_are_listed() {
    let stopped = |id: &str, since: &str| Instance {
        state: "stopped".to_owned(),
        stopped_since: since.parse().ok(),
        ..instance(id)
    };
    let volume = |id: &str, of: &str, tags| Volume {
        id: id.to_owned(),
        volume_type: "gp3".to_owned(),
        size: 100,
        instance: Some(of.to_owned()),
        tags,
    };
    let address = |id: &str, in_use| Address {
        id: id.to_owned(),
        ip: "192.0.2.1".to_owned(),
        in_use,
        tags: tags_of(&[]),
    };
    let evaluation = found(facts(RegionFacts {
        instances: vec![
            stopped("i-long", "2026-10-01T00:00:00Z"),
            stopped("i-short", "2026-11-01T00:00:00Z"),
            stopped("i-unknown", ""),
        ],
        volumes: vec![
            volume("vol-1", "i-long", tags_of(&[("team", "pay")])),
            volume("vol-2", "i-short", tags_of(&[])),
            volume("vol-3", "i-unknown", tags_of(&[])),
            volume("vol-4", "i-long", tags_of(&[("tocsin", "ignore")])),
        ],
        addresses: vec![address("eipalloc-1", false), address("eipalloc-2", true)],
        ..RegionFacts::default()
    }));
    assert_eq!(
        brief(&evaluation),
        [
            "eipalloc-1: stop or delete, price not known",
            "vol-1: stop or delete, price not known",
        ]
    );
    let shown = line(&evaluation.findings[1], true);
    assert_eq!(
        shown,
        "new: eu-central-1 EBS volume vol-1 (gp3 100 GiB): price not known; owner pay; attached to i-long, \
         stopped since 2026-10-01; by metrics"
    );
    assert_eq!(evaluation.excluded_count(), 1);
}
