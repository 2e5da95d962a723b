//! What the templates tell the functions, and what the functions read: `stacks` and `runtime` know
//! nothing of each other, and meet here.

use std::{collections::BTreeSet, fs};

use contract::{
    AgentSettings, AlarmSettings, CostSettings, DeliverySettings, FunctionName, settings::variable,
};
use runtime::{
    aws::sqs::Sqs,
    cost::CostFunction,
    deliver::LambdaPorts,
    http::{Reuse, client, web_roots},
    log::Log,
    result::{Patience, ResultFunction},
    settings::Environment,
    signal::SignalFunction,
};
use serde_json::Value as Json;
use snapshots::{account, directory};

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
        (FunctionName::Alarm, "AlarmFunction"),
        (FunctionName::Ecs, "EcsFunction"),
        (FunctionName::Cost, "CostFunction"),
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

/// What the account file says of the report, the function finds in its environment.
#[test]
fn the_cost_function_finds_what_it_needs() {
    for case in ["example", "cost_report"] {
        let environment = environment(case, "CostFunction");
        let log = Log::new("test", |_| {});
        CostFunction::new(log, http(), environment.clone()).unwrap();
        let account = account(&directory(&format!("cases/{case}")));
        let report = account.monitor.cost_report.unwrap();
        let settings = CostSettings::from_env(environment.variables());
        assert_eq!(settings, Ok(report.settings()));
    }
}

/// What the account file says of the agent, the function finds in its environment.
#[test]
fn the_result_function_finds_what_it_needs() {
    let environment = environment("agent", "ResultFunction");
    let log = Log::new("test", |_| {});
    ResultFunction::new(log, http(), &environment, Patience::USUAL).unwrap();
    let monitor = account(&directory("cases/agent")).monitor;
    let limits = monitor.budget.limits();
    let settings = AgentSettings::from_env(environment.variables());
    assert_eq!(
        settings,
        Ok(monitor
            .agent
            .unwrap()
            .settings(&monitor.account_name, limits))
    );
}

#[test]
fn deliver_finds_what_it_needs() {
    for (case, loopback) in [("example", false), ("local", true), ("agent", false)] {
        let environment = environment(case, "DeliverFunction");
        let ports = LambdaPorts::new(Log::new("test", |_| {}), &web_roots(), &environment).unwrap();
        assert_eq!(ports.policy().loopback_http, loopback);
        let account = account(&directory(&format!("cases/{case}")));
        let settings = DeliverySettings::from_env(environment.variables());
        assert_eq!(settings, Ok(account.monitor.delivery()));
    }
}

/// A variable that nothing reads is a promise that nothing keeps.
#[test]
fn nothing_is_set_in_vain() {
    let settings = [
        DeliverySettings {
            quiet_hours: Some("22:00-07:00 UTC0".parse().unwrap()),
            knows_results: true,
            ..account(&directory("cases/example")).monitor.delivery()
        }
        .to_env(),
        CostSettings {
            actual_costs: true,
            ..CostSettings::default()
        }
        .to_env(),
        AlarmSettings::default().to_env(),
        AgentSettings {
            space: "space".to_owned(),
            region: Some("us-east-1".to_owned()),
            price: AgentSettings::PRICE,
            metered: true,
            always_send: contract::Priority::Critical,
            notices: Some(contract::NoticeSettings {
                account: "x".to_owned(),
                chat: true,
                from: contract::Priority::High,
            }),
            mitigation: Some(contract::MitigationSettings {
                account: "x".to_owned(),
                from: contract::Priority::Critical,
                limits: contract::Limits {
                    dollars_per_day: Some(1),
                    dollars_per_month: Some(1),
                    ..contract::Limits::new(6, 24)
                },
            }),
        }
        .to_env(),
    ]
    .concat();
    let mut read: Vec<&str> = settings.iter().map(|(name, _)| *name).collect();
    read.extend([
        variable::COST_REGIONS,
        variable::DEAD_LETTERS_QUEUE_URL,
        variable::INCIDENTS_QUEUE_URL,
        variable::LEDGER_TABLE,
        variable::RESULTS_TOPIC_ARN,
        variable::WEBHOOK_HOSTS,
        variable::WEBHOOK_LOOPBACK_HTTP,
        variable::WEBHOOK_SECRET_ARN,
    ]);
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
        ("agent", &["ResultFunction"]),
    ] {
        for function in functions {
            let environment = environment(case, function);
            let names = environment.variables().names();
            for name in names.filter(|name| !name.starts_with("AWS_")) {
                assert!(read.contains(&name), "{function} sets {name}");
            }
        }
    }
}
