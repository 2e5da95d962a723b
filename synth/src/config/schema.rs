//! The JSON schema of account files, by which editors complete and check them.

use serde_json::{Map, Value as Json, json};

use super::file::AccountFile;

/// What the text of a key looks like: the type that has the key (nothing for the file itself), the key, a pattern in
/// ECMA 262, which is what editors read, and examples. For a list or a map it is about what is in it.
///
/// A pattern accepts whatever the command line accepts. What it cannot say, such as which numbers go together, only
/// the command line finds.
type Row = (
    &'static str,
    &'static str,
    &'static str,
    &'static [&'static str],
);

const REGION: &str = "^[a-z]+(-[a-z]+)+-[0-9]+$";
const REGIONS: &[&str] = &["eu-central-1", "us-east-1"];
const CLUSTER: &str =
    "^([A-Za-z0-9_-]{1,255}|[A-Za-z0-9_-]{0,255}\\*|arn:.+:cluster/[A-Za-z0-9_-]+)$";
const CLUSTERS: &[&str] = &["checkout", "team-a-*"];
const METRIC: &str = "\\S\\s+\\S";
const METRICS: &[&str] = &["AWS/ApplicationELB HTTPCode_Target_5XX_Count"];
const STATISTIC: &str = "^([Aa][Vv][Ee][Rr][Aa][Gg][Ee]|[Ss][Uu][Mm]|[Mm][Ii][Nn][Ii][Mm][Uu][Mm]|[Mm][Aa][Xx][Ii][Mm][Uu][Mm]|[Ss][Aa][Mm][Pp][Ll][Ee][Cc][Oo][Uu][Nn][Tt]|[Ii][Qq][Mm]|([Tt][Mm]|[Ww][Mm]|[Tt][Cc]|[Tt][Ss]|[Pp])[0-9.]+)$";
const STATISTICS: &[&str] = &["Average", "Sum", "Maximum", "p99"];
const DURATION: &str = "^\\s*[0-9]+ *(seconds?|minutes?|hours?|days?)\\s*$";
const TIME_OF_DAY: &str = "^[0-9]{2}:[0-9]{2}$";
const TIME_ZONE: &str = "^[A-Za-z0-9_+/-]+$";
const TIME_ZONES: &[&str] = &["Europe/Berlin", "UTC"];
const TOPIC: &str = "^(arn:[^ ]+:sns:[^ ]+|[A-Za-z0-9_-]{1,256})$";
const TOPICS: &[&str] = &["platform-ops"];
const UUID: &str = "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$";
const UUIDS: &[&str] = &["0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"];
const ROLE: &str = "^arn:[a-z-]+:iam::[0-9]{12}:role/.+$";
const ROLES: &[&str] = &["arn:aws:iam::111122223333:role/deployer"];
const PLACE: &str = "^[^{}]+$";

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("", "name", "^[A-Za-z0-9-]+$", &["shop-prod"]),
    ("", "stack", "^[A-Za-z][A-Za-z0-9-]*$", &["tocsin-shop-prod"]),
    ("", "account", "^[0-9]{12}$", &["111122223333"]),
    ("", "regions", REGION, REGIONS),
    ("", "profile", "^.+$", &["shop-prod"]),
    ("", "assume-role", ROLE, ROLES),
    ("", "cloudformation-role", ROLE, ROLES),
    ("", "clusters", CLUSTER, CLUSTERS),
    ("", "pipelines", "^([A-Za-z0-9.@_-]{1,100}|[A-Za-z0-9.@_-]{0,100}\\*)$", &["release", "release-*"]),
    ("", "watched-alarms", "^.+$", &["legacy-*", "*-5xx", "!TargetTracking-*"]),
    ("", "group-wait", DURATION, &["30 seconds"]),
    ("", "group-window", DURATION, &["20 minutes"]),
    ("", "ops-topic", TOPIC, TOPICS),
    ("", "permissions-boundary", "^(arn:[^ ]+:policy/)?[A-Za-z0-9+=,.@_/-]+$", &["developer-boundary"]),
    ("", "ledger-tables", "^[A-Za-z0-9_.-]{3,255}$", &["tocsin-shop-prod-restored"]),
    ("", "tags", "^.{0,256}$", &["platform"]),
    ("Agent", "space", UUID, UUIDS),
    ("Agent", "region", REGION, REGIONS),
    ("Alarm", "name", "^.+$", &["checkout-5xx"]),
    ("Alarm", "regions", REGION, REGIONS),
    ("Alarm", "metric", METRIC, METRICS),
    ("Alarm", "statistic", STATISTIC, STATISTICS),
    ("Alarm", "expression", "^[^]+$", &["100 * errors / requests"]),
    ("Alarm", "query", "^\\s*[Ss][Ee][Ll][Ee][Cc][Tt]\\s", &["SELECT MAX(CPUUtilization) FROM SCHEMA(\"AWS/EC2\", InstanceId)"]),
    ("Alarm", "composite", "^[^]+$", &["checkout-5xx and not deploying"]),
    ("Alarm", "period", DURATION, &["1 minute", "5 minutes"]),
    ("Alarm", "when", "^\\s*([<>]=?\\s*|above normal|below normal|outside normal)", &["> 80", "> 80 for 3 of 5 minutes", "above normal for 15 minutes"]),
    ("Metric", "metric", METRIC, METRICS),
    ("Metric", "statistic", STATISTIC, STATISTICS),
    ("Cluster", "name", CLUSTER, CLUSTERS),
    ("Cluster", "regions", REGION, REGIONS),
    ("Cluster", "ignore-services", "^([A-Za-z0-9_-]{1,255}|[A-Za-z0-9_-]{0,255}\\*)$", &["canary-*"]),
    ("CostReport", "at", TIME_OF_DAY, &["07:00"]),
    ("CostReport", "time-zone", TIME_ZONE, TIME_ZONES),
    ("CostReport", "report-every", DURATION, &["7 days"]),
    ("Event", "name", "^[a-z0-9]+(-[a-z0-9]+)*$", &["batch-jobs"]),
    ("Event", "title", "^[^]{1,400}$", &["Job {detail.jobName} failed"]),
    ("Event", "group-by", PLACE, &["detail.jobName"]),
    ("UnauthorizedApiCalls", "ignore-principals", "^\\S+$", &["arn:aws:iam::111122223333:role/path/scanner", "config.amazonaws.com"]),
    ("Limits", "agent-space", UUID, UUIDS),
    ("Network", "subnets", "^subnet-[0-9a-f]+$", &["subnet-0a1b2c3d"]),
    ("Network", "security-groups", "^sg-[0-9a-f]+$", &["sg-0a1b2c3d"]),
    ("QuietHours", "from", TIME_OF_DAY, &["22:00"]),
    ("QuietHours", "until", TIME_OF_DAY, &["07:00"]),
    ("QuietHours", "time-zone", TIME_ZONE, TIME_ZONES),
    ("Results", "topic", TOPIC, TOPICS),
    ("WatchedAlarms", "name", "^.+$", &["legacy-*", "*-5xx"]),
    ("WatchedAlarms", "regions", REGION, REGIONS),
    ("Webhook", "hosts", "^[A-Za-z0-9-]+(\\.[A-Za-z0-9-]+)+$", &["incidents.example.com"]),
];

/// The JSON schema of account files.
pub fn json_schema() -> Json {
    let mut schema = schemars::schema_for!(AccountFile);
    schema.insert("title".to_owned(), "Tocsin account file".into());
    let mut schema = schema.to_value();
    for (of, key, pattern, examples) in ROWS {
        let place = match *of {
            "" => format!("/properties/{key}"),
            of => format!("/$defs/{of}/properties/{key}"),
        };
        let text = schema.pointer_mut(&place).and_then(text_in);
        if let Some(text) = text {
            text.insert("pattern".to_owned(), json!(pattern));
            text.insert("examples".to_owned(), json!(examples));
        }
    }
    simplify(&mut schema);
    schema
}

/// The schema of the text that is a value, or that a list or a map holds.
fn text_in(schema: &mut Json) -> Option<&mut Map<String, Json>> {
    let object = schema.as_object_mut()?;
    let inner = ["items", "additionalProperties"]
        .into_iter()
        .find(|it| object.get(*it).is_some_and(Json::is_object));
    if let Some(inner) = inner {
        return text_in(object.get_mut(inner)?);
    }
    if object.contains_key("anyOf") {
        // A text, or a map that says more.
        let kinds = object.get_mut("anyOf")?.as_array_mut()?;
        return kinds
            .iter_mut()
            .find(|it| it["type"] == "string")?
            .as_object_mut();
    }
    Some(object)
}

/// Leaves out `null`, which no key takes, and the line ends inside of sentences, which editors would show.
fn simplify(schema: &mut Json) {
    match schema {
        Json::Object(object) => {
            if let Some(Json::Array(kinds)) = object.get_mut("type") {
                kinds.retain(|it| it != "null");
                if let [only] = kinds.as_slice() {
                    let only = only.clone();
                    object.insert("type".to_owned(), only);
                }
            }
            if let Some(Json::Array(kinds)) = object.get_mut("anyOf") {
                kinds.retain(|it| it["type"] != "null");
                if let [Json::Object(only)] = kinds.as_slice() {
                    let only = only.clone();
                    object.remove("anyOf");
                    object.extend(only);
                }
            }
            if let Some(Json::String(text)) = object.get_mut("description") {
                *text = in_lines(text);
            }
            object.values_mut().for_each(simplify);
        }
        Json::Array(items) => items.iter_mut().for_each(simplify),
        _ => {}
    }
}

/// A paragraph a line.
fn in_lines(text: &str) -> String {
    let paragraphs = text.split("\n\n");
    let paragraphs: Vec<String> = paragraphs.map(|it| it.replace('\n', " ")).collect();
    paragraphs.join("\n\n")
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::config::node::{Kind, Node};

    fn regex(pattern: &str) -> regex_lite::Regex {
        regex_lite::Regex::new(&pattern.replace("[^]", "[\\s\\S]")).unwrap()
    }

    /// The texts of a value that the schema of that value would not let stand.
    fn refused(root: &Json, schema: &Json, node: &Node<'_>) -> Vec<String> {
        let schema = match schema["$ref"].as_str() {
            Some(reference) => root.pointer(reference.trim_start_matches('#')).unwrap(),
            None => schema,
        };
        if let Some(kinds) = schema["anyOf"].as_array() {
            let each = kinds.iter().map(|it| refused(root, it, node));
            return each.min_by_key(Vec::len).unwrap();
        }
        match &node.kind {
            Kind::Scalar { text, .. } => {
                let pattern = schema["pattern"].as_str();
                let is_like = pattern.is_none_or(|it| regex(it).is_match(text));
                let is_text = schema["type"] != "object" && schema["type"] != "array";
                if is_like && is_text {
                    vec![]
                } else {
                    vec![text.to_string()]
                }
            }
            Kind::List(items) => items
                .iter()
                .flat_map(|it| refused(root, &schema["items"], it))
                .collect(),
            Kind::Map(_) if schema["type"] == "string" => vec!["a map".to_owned()],
            Kind::Map(entries) => entries
                .iter()
                .flat_map(|(key, value)| {
                    let own = &schema["properties"][key.name.as_ref()];
                    let schema = if own.is_null() {
                        &schema["additionalProperties"]
                    } else {
                        own
                    };
                    refused(root, schema, value)
                })
                .collect(),
        }
    }

    #[test]
    fn account_files_that_hold_are_accepted() {
        let schema = json_schema();
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let cases = fs::read_dir(root.join("snapshots/cases")).unwrap();
        let cases = cases.map(|it| it.unwrap().path().join("account.yaml"));
        let accounts = fs::read_dir(root.join("accounts")).unwrap();
        let accounts = accounts.map(|it| it.unwrap().path());
        let mut count = 0;
        for path in cases.chain(accounts) {
            if path.extension().is_none_or(|it| it != "yaml") {
                continue;
            }
            let text = fs::read_to_string(&path).unwrap();
            let node = Node::parse(&text).unwrap();
            let refused = refused(&schema, &schema, &node);
            assert_eq!(refused, Vec::<String>::new(), "{}", path.display());
            count += 1;
        }
        assert!(count > 10, "{count}");
    }

    #[test]
    fn what_the_command_line_refuses_an_editor_sees() {
        let schema = json_schema();
        for text in [
            "account: 1111-2222-3333",
            "regions: [us-east]",
            "group-wait: 30s",
            "ops-topic: ops@example.com",
            "clusters: [arn:aws:ecs:eu-central-1:111122223333:service/payments/api]",
            "alarms: [{when: greater than 80}]",
            "alarms: [{metric: CPUUtilization}]",
            "alarms: [{statistic: avg}]",
            "alarms: [{period: \"300\"}]",
            "alarms: [{query: MAX(x)}]",
            "events: [{name: Batch}]",
            "cost-report: {at: 7 o'clock}",
            "limits: {quiet-hours: {from: 22}}",
            "agent: {space: mine}",
            "vpc: {eu-central-1: {subnets: [sg-1]}}",
        ] {
            let node = Node::parse(text).unwrap();
            assert!(!refused(&schema, &schema, &node).is_empty(), "{text}");
        }
    }

    #[test]
    fn every_row_is_about_a_key_and_its_examples_are_like_its_pattern() {
        let schema = json_schema().to_string();
        for (of, key, pattern, examples) in ROWS {
            assert!(schema.contains(&json!(pattern).to_string()), "{of} {key}");
            for example in *examples {
                assert!(regex(pattern).is_match(example), "{of} {key} {example}");
            }
        }
        assert!(!schema.contains("\"null\""));
    }

    /// Every text of the schema has a pattern, is one of some words, or is free: the list of those is short.
    #[test]
    fn what_an_editor_cannot_check_is_free_text() {
        let schema = json_schema();
        let mut free = Vec::new();
        let definitions = schema["$defs"].as_object().unwrap().iter();
        let types = definitions
            .map(|(name, it)| (name.as_str(), it))
            .chain([("", &schema)]);
        for (name, of) in types {
            for (key, it) in of["properties"].as_object().into_iter().flatten() {
                let mut it = it.clone();
                let text = text_in(&mut it).unwrap();
                if text.get("type").is_some_and(|it| it == "string")
                    && !text.contains_key("pattern")
                {
                    free.push(format!("{name}.{key}"));
                }
            }
        }
        assert_eq!(
            free,
            [
                "Alarm.description",
                "Alarm.dimensions",
                "Cluster.services",
                "CostReport.ignore-tag",
                "CostReport.owner-tags",
                "Metric.dimensions",
            ]
        );
    }
}
