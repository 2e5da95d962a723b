//! What the templates tell the functions, and what the functions read: `stacks` and `runtime` know
//! nothing of each other, and meet here.

use std::{collections::BTreeSet, fs, time::Duration};

use contract::FunctionName;
use runtime::{
    aws::sqs::Sqs,
    cost::{CostFunction, Settings, Sources, Thresholds},
    deliver::LambdaPorts,
    http::{Reuse, client, web_roots},
    ledger::{Grouping, Limits},
    log::Log,
    settings::Environment,
    signal::SignalFunction,
};
use serde_json::Value as Json;
use snapshots::{account, directory};
use webhook::{Priority, Signal};

/// The environment of a function: what the template sets, and what Lambda itself does.
fn environment(case: &str, function: &str) -> Environment {
    let account = account(&directory(&format!("cases/{case}")));
    let stacks = stacks::synthesize(&account.monitor).unwrap();
    let template = stacks[0].template.to_json();
    let variables =
        template["Resources"][function]["Properties"]["Environment"]["Variables"].clone();
    let variables = variables.as_object().unwrap().iter().map(|(name, value)| {
        let value = match value {
            Json::String(text) => text.clone(),
            // What only a deployment knows.
            expression => format!("https://example.com/{expression}"),
        };
        (name.clone(), value)
    });
    let own = [
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ACCESS_KEY_ID", "key"),
        ("AWS_SECRET_ACCESS_KEY", "secret"),
        ("AWS_LAMBDA_FUNCTION_NAME", "function"),
    ];
    Environment::new(variables.chain(own.map(|(k, v)| (k.to_owned(), v.to_owned()))))
}

fn http() -> reqwest::Client {
    client(web_roots(), Reuse::Connections).unwrap()
}

#[test]
fn signal_functions_find_what_they_need() {
    for (signal, function) in [
        (Signal::Alarm, "AlarmFunction"),
        (Signal::Ecs, "EcsFunction"),
        (Signal::Cost, "CostFunction"),
    ] {
        let environment = environment("example", function);
        let log = Log::new("test", |_| {});
        SignalFunction::new(signal, log, http(), &environment).unwrap();
        Sqs::new(http(), &environment).unwrap();
    }
}

/// A stack can only run what can be built.
#[test]
fn every_code_asset_has_its_binary() {
    let manifest = fs::read_to_string(directory("../runtime/Cargo.toml")).unwrap();
    let built: BTreeSet<&str> = manifest
        .lines()
        .filter_map(|line| {
            line.strip_prefix("path = \"src/bin/")?
                .strip_suffix(".rs\"")
        })
        .collect();
    let run: BTreeSet<&str> = FunctionName::ALL.iter().map(|it| it.as_str()).collect();
    assert_eq!(run, built);
}

/// What the account file says of the report is what the function goes by.
#[test]
fn the_cost_function_reports_as_the_account_file_says() {
    let of = |case| {
        let environment = environment(case, "CostFunction");
        let log = Log::new("test", |_| {});
        CostFunction::new(log, http(), environment.clone()).unwrap();
        Settings::new(&environment).unwrap()
    };
    let usual = of("example");
    let sources = Sources {
        hub: true,
        optimizer: true,
        own: true,
    };
    assert_eq!(usual.sources, sources);
    assert_eq!(
        usual.thresholds,
        Thresholds {
            lookback_days: 14,
            idle_below_percent: 5.0,
            idle_below_megabytes: 5.0,
        }
    );
    let tag = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    assert_eq!(usual.ignore_tag, tag("tocsin", "ignore"));
    assert_eq!(usual.owner_tags, ["owner", "team"]);
    assert_eq!((usual.max_metrics, usual.report_every_days), (10_000, 7));
    assert!((usual.report_from - 50.0).abs() < f64::EPSILON);
    let set = of("cost_report");
    assert!(!set.sources.hub && set.sources.optimizer && !set.sources.own);
    assert_eq!(set.ignore_tag, tag("purpose", "standby"));
    assert_eq!(set.owner_tags, ["cost-center"]);
    assert_eq!((set.max_metrics, set.report_every_days), (500, 14));
    assert_eq!(set.thresholds.lookback_days, 30);
}

#[test]
fn deliver_finds_what_it_needs() {
    for (case, loopback) in [("example", false), ("local", true)] {
        let ports = LambdaPorts::new(
            Log::new("test", |_| {}),
            &web_roots(),
            &environment(case, "DeliverFunction"),
        )
        .unwrap();
        assert_eq!(ports.policy().loopback_http, loopback);
    }
}

/// What the account file says of grouping and of the budget is what delivery goes by.
#[test]
fn deliver_groups_and_spends_as_the_account_file_says() {
    let of = |case| Grouping::new(&environment(case, "DeliverFunction")).unwrap();
    let usual = Grouping {
        wait: Duration::from_secs(30),
        length: Duration::from_mins(20),
        limits: Limits {
            per_hour: 6,
            per_day: 24,
            low_per_day: 6,
            rule_per_day: 8,
            always_send: Priority::Critical,
            always_per_day: 96,
        },
        quiet: None,
    };
    assert_eq!(of("example"), usual);
    let set = of("limits");
    let quiet = set.quiet.clone().map(|it| it.to_string());
    assert_eq!(
        (set.wait.as_secs(), set.length.as_secs(), set.limits, quiet),
        (
            120,
            3_600,
            Limits {
                per_hour: 2,
                per_day: 10,
                low_per_day: 2,
                rule_per_day: 3,
                always_send: Priority::High,
                always_per_day: 40,
            },
            Some("22:00 to 07:00".to_owned())
        )
    );
}

/// A variable that nothing reads is a promise that nothing keeps.
#[test]
fn nothing_is_set_in_vain() {
    let read: &[&str] = &[
        "ACTUAL_COSTS",
        "BUDGET_FLOOR",
        "COST_REGIONS",
        "COST_SOURCES",
        "DEAD_LETTERS_QUEUE_URL",
        "GROUP_WAIT_SECONDS",
        "GROUP_WINDOW_SECONDS",
        "IDLE_BELOW_MEGABYTES",
        "IDLE_BELOW_PERCENT",
        "IGNORE_TAG",
        "IGNORE_TAG_VALUE",
        "INCIDENTS_QUEUE_URL",
        "INVESTIGATIONS_PER_DAY",
        "INVESTIGATIONS_PER_HOUR",
        "LEDGER_TABLE",
        "LOOKBACK_DAYS",
        "MAX_METRICS",
        "OWNER_TAGS",
        "QUIET_HOURS",
        "REPORT_EVERY_DAYS",
        "REPORT_FROM",
        "TIME_ZONE",
        "WEBHOOK_HOSTS",
        "WEBHOOK_LOOPBACK_HTTP",
        "WEBHOOK_SECRET_ARN",
    ];
    let all = [
        "AlarmFunction",
        "EcsFunction",
        "CostFunction",
        "DeliverFunction",
    ];
    for (case, functions) in [
        ("example", &all[..]),
        ("local", &all),
        ("cost_report", &["CostFunction"]),
        ("limits", &["DeliverFunction"]),
    ] {
        for function in functions {
            let shown = format!("{:?}", environment(case, function));
            let names = shown
                .trim_matches(['{', '}'])
                .split(", ")
                .map(|it| it.trim_matches('"'));
            for name in names.filter(|name| !name.starts_with("AWS_")) {
                assert!(read.contains(&name), "{function} sets {name}");
            }
        }
    }
}
