//! How long it takes to generate templates, and how that grows.
//!
//! Run by `make bench`. Times depend on the machine; what counts is the last column, which says how
//! much longer a cluster takes in a large account than in a small one.

#![expect(clippy::print_stdout, reason = "a report")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends where something is wrong"
)]

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use stacks::{
    Monitor, ToJson as _,
    monitor::{
        Alarm, AlarmName, Architecture, Cluster, ClusterName, ClusterSelector, Comparison,
        Condition, Hardening, Measure, Metric, MissingData, Period, Priority, StackName, Statistic,
        Test, WebhookPolicy,
    },
    tag::Tag,
};

/// Alarms of a cluster.
const ALARMS: usize = 10;

fn monitor(clusters: usize) -> Monitor {
    Monitor {
        account_name: "bench".to_owned(),
        stack: StackName::parse("tocsin-bench").unwrap(),
        architecture: Architecture::Arm64,
        clusters: (0..clusters)
            .map(|n| ClusterName::parse(&format!("cluster-{n}")).unwrap())
            .map(|name| Cluster::plain(ClusterSelector::Name(name)))
            .collect(),
        alarms: (0..clusters * ALARMS).map(alarm).collect(),
        alarm_shards: u32::try_from(clusters * ALARMS / 300 + 1).unwrap(),
        composites: Vec::new(),
        watched_alarms: Vec::new(),
        pipelines: Vec::new(),
        unauthorized_api_calls: None,
        events: Vec::new(),
        cost_report: None,
        ops_topic: None,
        webhook: WebhookPolicy::default(),
        hardening: Hardening::default(),
        log_retention_days: 365,
        tags: vec![Tag {
            key: "tocsin".to_owned(),
            value: "tocsin-bench".to_owned(),
        }],
    }
}

fn alarm(number: usize) -> Alarm {
    let name = AlarmName::parse(&format!("alarm-{number}")).unwrap();
    Alarm {
        path: Alarm::path_of(&name),
        name,
        description: Some("More server errors than the error budget allows.".to_owned()),
        priority: Priority::High,
        incident: true,
        measure: Measure::Metric(Metric {
            namespace: "AWS/ApplicationELB".to_owned(),
            name: "HTTPCode_Target_5XX_Count".to_owned(),
            dimensions: BTreeMap::from([(
                "LoadBalancer".to_owned(),
                format!("app/lb-{number}/50dc6c"),
            )]),
            statistic: Statistic::Sum,
        }),
        period: Period::MINUTE,
        condition: Condition {
            test: Test::Threshold(Comparison::Greater, 25.0),
            datapoints: 3,
            periods: 5,
        },
        missing_data: MissingData::NotBreaching,
    }
}

/// The shortest of a few runs: what the machine can do when it does nothing else.
fn measure(monitor: &Monitor) -> (Duration, usize) {
    (0..7)
        .map(|_| {
            let start = Instant::now();
            let stacks = stacks::synthesize(monitor).unwrap();
            let bytes: usize = stacks
                .iter()
                .map(|it| it.template.to_json().to_string().len())
                .sum();
            (start.elapsed(), bytes)
        })
        .min()
        .unwrap()
}

fn main() {
    println!(
        "{:>8} {:>8} {:>12} {:>10} {:>14}",
        "clusters", "alarms", "kB", "ms", "us per cluster"
    );
    for clusters in [1, 10, 100, 1_000] {
        let (time, bytes) = measure(&monitor(clusters));
        #[expect(clippy::cast_precision_loss, reason = "a report")]
        let per_cluster = time.as_secs_f64() * 1e6 / clusters as f64;
        println!(
            "{clusters:>8} {:>8} {:>12} {:>10.2} {per_cluster:>14.1}",
            clusters * ALARMS,
            bytes / 1_000,
            time.as_secs_f64() * 1e3,
        );
    }
}
