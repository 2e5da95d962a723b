//! Whatever was read: no resource is in two places, and none is in none.

use std::collections::{BTreeMap, HashSet};

use contract::CostSources;
use proptest::prelude::*;

use super::{REGION, advice, at, facts, idle, instance, settings, sizing, tags_of};
use crate::{
    aws::{
        compute_optimizer::{Idle, Sizing},
        ec2::{Address, Instance},
    },
    cost::{Facts, Gap, RegionFacts, Usage, What, Why, evaluate},
};

fn any_instance() -> impl Strategy<Value = Instance> {
    let types = ["m5.large", "t3.micro", "trn1.2xlarge", "mac2.metal", "x"];
    let tags = [
        "",
        "tocsin",
        "Name",
        "aws:autoscaling:groupName",
        "kubernetes.io/cluster/a",
    ];
    (
        0..12_u8,
        prop::sample::select(types.to_vec()),
        prop::sample::select(vec!["running", "running", "running", "stopped", ""]),
        prop::sample::select(tags.to_vec()),
        prop::sample::select(vec![None, None, Some("spot"), Some("capacity-block")]),
        any::<(bool, bool)>(),
    )
        .prop_map(
            |(id, kind, state, tag, lifecycle, (reserved, managed))| Instance {
                instance_type: kind.to_owned(),
                state: state.to_owned(),
                stopped_since: "2026-01-01T00:00:00Z".parse().ok(),
                lifecycle: lifecycle.map(str::to_owned),
                reserved,
                managed_by: (managed && reserved).then(|| "x.amazonaws.com".to_owned()),
                tags: tags_of(&[(tag, if tag == "tocsin" { "ignore" } else { "a" })]),
                ..instance(&format!("i-{id}"))
            },
        )
}

fn any_usage() -> impl Strategy<Value = (String, Usage)> {
    let days = || prop::collection::vec(prop::option::weighted(0.9, 0.0..10.0_f64), 14);
    let series = (days(), prop::bool::weighted(0.8));
    let traffic = (days(), prop::bool::weighted(0.8));
    (0..12_u8, series, traffic).prop_map(|(id, (peaks, cpu), (traffic, known))| {
        let traffic: Vec<Option<f64>> = traffic
            .into_iter()
            .map(|it| it.map(|it| it * 1e6))
            .collect();
        let usage = Usage {
            peaks: if cpu { Ok(peaks) } else { Err("failed") },
            means: Vec::new(),
            traffic: if known { Ok(traffic) } else { Err("failed") },
        };
        (format!("i-{id}"), usage)
    })
}

fn any_idle() -> impl Strategy<Value = Idle> {
    (0..14_u8, any::<bool>(), any::<bool>(), 0.0..90.0_f64).prop_map(
        |(id, other, ignored, saves)| {
            let mut it = idle(&format!("i-{id}"), saves);
            if other {
                it.arn = format!("arn:aws:rds:{REGION}:111122223333:db:{id}");
            }
            if ignored {
                it.basis.tags = tags_of(&[("tocsin", "ignore")]);
            }
            it
        },
    )
}

fn any_sizing() -> impl Strategy<Value = Sizing> {
    let findings = vec![
        "OVER_PROVISIONED",
        "UNDER_PROVISIONED",
        "Optimized",
        "NOT_OPTIMIZED",
        "",
    ];
    (0..14_u8, prop::sample::select(findings), any::<bool>()).prop_map(|(id, finding, is_idle)| {
        Sizing {
            is_idle,
            ..sizing(&format!("i-{id}"), finding, &[], 10.0)
        }
    })
}

fn any_facts() -> impl Strategy<Value = Facts> {
    let actions = vec![
        "Stop",
        "Rightsize",
        "Upgrade",
        "PurchaseSavingsPlans",
        "Teleport",
    ];
    let hub = (
        0..14_u8,
        prop::sample::select(actions),
        any::<bool>(),
        0.0..90.0_f64,
    )
        .prop_map(|(id, action, ignored, saves)| {
            let mut it = advice(&format!("i-{id}"), action, saves);
            if ignored {
                it.tags = tags_of(&[("tocsin", "ignore")]);
                it.arn = Some(format!("arn:aws:rds:{REGION}:111122223333:db:{id}"));
            }
            it
        });
    (
        prop::collection::vec(any_instance(), 0..15),
        prop::collection::vec(any_usage(), 0..12),
        prop::collection::vec(any_idle(), 0..8),
        prop::collection::vec(any_sizing(), 0..8),
        prop::collection::vec(hub, 0..8),
        any::<(bool, bool)>(),
    )
        .prop_map(
            |(instances, usage, idle, sizings, hub, (is_partial, is_free))| {
                let mut facts = facts(RegionFacts {
                    instances,
                    usage: usage.into_iter().collect::<BTreeMap<_, _>>(),
                    idle,
                    sizings,
                    addresses: vec![Address {
                        id: "eipalloc-1".to_owned(),
                        ip: "192.0.2.1".to_owned(),
                        in_use: !is_free,
                        tags: tags_of(&[]),
                    }],
                    ..RegionFacts::default()
                });
                facts.hub = hub;
                facts.gaps.extend(is_partial.then(|| Gap {
                    what: What::Instances,
                    why: Why::OutOfTime,
                    region: Some(REGION.to_owned()),
                }));
                facts
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_resource_is_in_one_place(facts in any_facts(), on in any::<(bool, bool, bool)>()) {
        let mut settings = settings();
        settings.cost.sources = CostSources { hub: on.0, optimizer: on.1, metrics: on.2 };
        let running: HashSet<String> = facts.regions[0]
            .instances
            .iter()
            .map(|it| it.id.clone())
            .collect();
        let it = evaluate(facts, &settings, at());
        let listed = it.findings.len();
        prop_assert_eq!(
            listed + it.excluded_count() + it.unknown_count() + it.in_use,
            it.seen
        );
        let keys: HashSet<_> = it.findings.iter().map(|it| &it.key).collect();
        prop_assert_eq!(keys.len(), listed);
        for finding in &it.findings {
            prop_assert!(!it.undecided.contains(&finding.key.hash_of_resource()));
            if let Some(id) = finding.key.instance_id() {
                prop_assert!(running.contains(id));
            }
        }
        let by_kind: usize = it.sums().values().map(|(count, _)| count).sum();
        prop_assert_eq!(by_kind, listed);
    }
}
