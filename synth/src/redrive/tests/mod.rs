//! Dead letters of every kind, and what becomes of them.

mod any_message;
mod letters;
mod ports;
mod runs;

use std::collections::BTreeMap;

use contract::{Envelope, FunctionName, Incident, IncidentId, Priority};
use serde_json::{Value as Json, json};
use stacks::monitor::Architecture;

use super::{Message, Receipt, Selection, Stack};
use crate::config::{self, Context};

const ACCOUNT: &str = "\
name: test
clusters:
  - {name: shop, priority: LOW}
watched-alarms: [legacy-]
events:
  - name: orders
    pattern: {source: [shop.orders]}
    title: An order failed
cost-report: {at: \"07:30\", time-zone: UTC}
";

/// The deployed stack of an account file with a rule of each form.
fn stack() -> Stack {
    let context = Context {
        file_stem: None,
        host: Architecture::Arm64,
    };
    let (account, problems) = config::parse(ACCOUNT, context);
    let outputs = [
        ("AlarmFunction", "alarm-fn"),
        ("EcsFunction", "ecs-fn"),
        ("EventFunction", "event-fn"),
        ("CostFunction", "cost-fn"),
        ("DeliverFunction", "deliver-fn"),
        ("IncidentsUrl", "https://sqs.example.com/incidents"),
    ];
    let outputs: BTreeMap<String, String> = outputs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
    let account = account.unwrap_or_else(|| panic!("{problems:?}"));
    Stack::new(&account.monitor, &outputs)
}

fn everything() -> Selection {
    Selection::default()
}

fn message(body: &str, attributes: &[(&str, &str)]) -> Message {
    let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Message {
        id: "message".to_owned(),
        receipt: Receipt::Message("receipt".to_owned()),
        body: body.to_owned(),
        attributes: attributes.iter().map(own).collect(),
        ..Message::default()
    }
}

fn envelope(fact: &str) -> Envelope {
    let at = "2026-01-02T03:04:05Z".parse().unwrap();
    let id = IncidentId::of("alarm", &[fact]);
    let title = format!("Alarm {fact} is in ALARM");
    let incident = Incident::new(id, Priority::High, &title, "", at, fact, json!({}));
    Envelope::new(FunctionName::Alarm, incident)
}

fn alarm(name: &str) -> Json {
    json!({
        "source": "aws.cloudwatch",
        "alarmArn": format!("arn:aws:cloudwatch:eu-central-1:111122223333:alarm:{name}"),
        "alarmData": { "alarmName": name, "state": { "value": "ALARM" } },
    })
}

fn task() -> Json {
    json!({
        "source": "aws.ecs",
        "detail-type": "ECS Task State Change",
        "detail": {
            "group": "service:api",
            "overrides": { "containerOverrides": [{ "environment": [{ "value": "canary" }] }] },
        },
    })
}

const RULE: &str = "arn:aws:events:eu-central-1:111122223333:rule/tocsin-test-";
