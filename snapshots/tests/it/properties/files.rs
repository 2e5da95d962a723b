//! Account files that nobody wrote: every kind of entry, in any number and order.

use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value as Json, json};

/// An account file, entry by entry, so that entries can be added, removed and put in another order.
#[derive(Clone, Debug)]
pub(crate) struct File {
    pub(crate) clusters: Vec<Json>,
    pub(crate) alarms: Vec<Json>,
    pub(crate) events: Vec<Json>,
    pub(crate) pipelines: Vec<Json>,
    pub(crate) watched: Vec<Json>,
    /// Everything that is not a list of entries.
    rest: Json,
}

impl File {
    /// The file as text. JSON is YAML.
    pub(crate) fn text(&self) -> String {
        let mut file = self.rest.clone();
        for (key, entries) in [
            ("clusters", &self.clusters),
            ("alarms", &self.alarms),
            ("events", &self.events),
            ("pipelines", &self.pipelines),
            ("watched-alarms", &self.watched),
        ] {
            file[key] = json!(entries);
        }
        file.to_string()
    }

    /// The same file with its entries in another order.
    pub(crate) fn shuffled(&self, by: usize) -> Self {
        let turned = |entries: &[Json]| {
            let mut entries = entries.to_vec();
            entries.reverse();
            let steps = by % entries.len().max(1);
            entries.rotate_left(steps);
            entries
        };
        Self {
            clusters: turned(&self.clusters),
            alarms: turned(&self.alarms),
            events: turned(&self.events),
            pipelines: turned(&self.pipelines),
            watched: turned(&self.watched),
            rest: self.rest.clone(),
        }
    }
}

/// Any file.
pub(crate) fn any_file() -> impl Strategy<Value = File> {
    let entries = (
        vec(cluster(), 0..8),
        vec(alarm(), 0..8),
        vec(event(), 0..4),
        vec(any::<bool>(), 0..3),
        vec(Just(()), 0..3),
    );
    (entries, rest()).prop_map(|((clusters, alarms, events, pipelines, watched), rest)| {
        let mut file = File {
            clusters: numbered(clusters),
            alarms: numbered(alarms),
            events: numbered(events),
            pipelines: (0..)
                .zip(pipelines)
                .map(|(n, all)| json!(format!("release-{n}{}", if all { "-*" } else { "" })))
                .collect(),
            watched: (0..)
                .zip(watched)
                .map(|(n, ())| json!(format!("team{n}-*")))
                .collect(),
            rest,
        };
        // Composite alarms look at whatever metric alarms there are before them.
        let names: Vec<String> = file
            .alarms
            .iter()
            .filter(|it| it.get("composite").is_none())
            .map(|it| it["name"].as_str().unwrap_or_default().to_owned())
            .collect();
        file.alarms.retain_mut(|alarm| {
            if alarm.get("composite").is_some() {
                alarm["composite"] = json!(names.join(" or "));
            }
            alarm.get("composite").is_none() || !names.is_empty()
        });
        file
    })
}

/// Entries with names that no two of them share.
fn numbered(entries: Vec<Json>) -> Vec<Json> {
    entries
        .into_iter()
        .enumerate()
        .map(|(number, mut entry)| {
            if let Some(name) = entry["name"].as_str() {
                let (stem, star) = name.strip_suffix('*').map_or((name, ""), |it| (it, "*"));
                entry["name"] = json!(format!("{stem}-{number}{star}"));
            }
            entry
        })
        .collect()
}

fn priority() -> impl Strategy<Value = Option<&'static str>> {
    option::of(select(vec!["CRITICAL", "HIGH", "MEDIUM", "LOW", "MINIMAL"]))
}

/// An object of the pairs that have a value.
fn object(pairs: &[(&str, Option<Json>)]) -> Json {
    pairs
        .iter()
        .filter_map(|(key, value)| Some(((*key).to_owned(), value.clone()?)))
        .collect()
}

pub(crate) fn cluster() -> impl Strategy<Value = Json> {
    let name = select(vec!["checkout", "payments_EU", "team-a", "team-a-b", "x"]);
    let lines = vec(
        select(vec![
            "cpu > 80 for 10 minutes",
            "memory >= 90 for 3 of 5 minutes",
            "running < desired for 5 minutes",
        ]),
        0..2,
    );
    (name, any::<bool>(), priority(), any::<bool>(), lines).prop_map(
        |(name, prefix, priority, ignore, lines)| {
            let services = (!prefix && !lines.is_empty()).then(|| {
                let mut lines = lines;
                lines.sort_unstable();
                lines.dedup();
                json!({ "api": lines })
            });
            object(&[
                (
                    "name",
                    Some(json!(format!("{name}{}", if prefix { "*" } else { "" }))),
                ),
                ("priority", priority.map(Json::from)),
                (
                    "ignore-services",
                    ignore.then(|| json!(["canary-*", "batch"])),
                ),
                ("services", services),
            ])
        },
    )
}

pub(crate) fn alarm() -> impl Strategy<Value = Json> {
    let name = select(vec![
        "errors",
        "slow answers",
        "größe",
        "5xx",
        "a.b/c",
        "cpu",
    ]);
    let when = select(vec![
        "> 80",
        "<= 0.5 for 3 of 5 minutes",
        ">= 1 for 2 periods",
    ]);
    let metric = "AWS/SQS NumberOfMessagesSent";
    let kind = select(vec!["metric", "band", "math", "query", "composite"]);
    (name, when, kind, priority(), any::<bool>()).prop_map(
        move |(name, when, kind, priority, quiet)| {
            let on = |key: &str| (kind == key).then_some(());
            object(&[
                // In one word, so that composite alarms can speak of it without quotes.
                ("name", Some(json!(name.replace(' ', "-")))),
                ("priority", priority.map(Json::from)),
                ("incident", (quiet && kind == "metric").then_some(Json::Bool(false))),
                (
                    "metric",
                    on("metric").or(on("band")).map(|()| json!(metric)),
                ),
                ("dimensions", on("metric").map(|()| json!({ "QueueName": "${q}" }))),
                ("expression", on("math").map(|()| json!("100 * a / b"))),
                (
                    "metrics",
                    on("math").map(|()| {
                        json!({ "a": { "metric": metric }, "b": { "metric": metric, "statistic": "p99" } })
                    }),
                ),
                (
                    "query",
                    on("query").map(|()| json!("SELECT MAX(CPUUtilization) FROM \"AWS/EC2\"")),
                ),
                ("composite", on("composite").map(|()| json!(""))),
                (
                    "when",
                    match kind {
                        "composite" => None,
                        "band" => Some(json!("outside normal for 2 periods")),
                        _ => Some(json!(when)),
                    },
                ),
            ])
        },
    )
}

pub(crate) fn event() -> impl Strategy<Value = Json> {
    let pattern = select(vec![
        json!({ "source": ["aws.batch"], "detail": { "status": ["FAILED"] } }),
        json!({ "source": ["aws.health"], "$or": [{ "detail-type": ["a"] }, { "region": ["b"] }] }),
        json!({ "detail": { "n": [{ "numeric": [">", 0, "<=", 5] }], "x": [{ "exists": false }] } }),
    ]);
    (pattern, priority(), any::<bool>()).prop_map(|(pattern, priority, group)| {
        object(&[
            ("name", Some(json!("job"))),
            (
                "title",
                Some(json!("{detail.name|id} <failed> ${detail.here}")),
            ),
            ("pattern", Some(pattern)),
            ("priority", priority.map(Json::from)),
            ("group-by", group.then(|| json!(["detail.name"]))),
        ])
    })
}

fn rest() -> impl Strategy<Value = Json> {
    (
        1..4_u32,
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        any::<bool>(),
        option::of((1..=6_u32, priority())),
    )
        .prop_map(|(shards, report, key, calls, topic, regulated, thrift)| {
            let limits = thrift.map(|(many, floor)| {
                object(&[
                    ("investigations-per-hour", Some(json!(many))),
                    ("investigations-per-day", Some(json!(2 * many))),
                    ("always-send", floor.map(Json::from)),
                    (
                        "quiet-hours",
                        floor.map(|_| json!({ "from": "22:00", "until": "07:00" })),
                    ),
                ])
            });
            object(&[
                ("name", Some(json!("x"))),
                ("account", Some(json!("111122223333"))),
                ("regions", Some(json!(["eu-central-1"]))),
                ("alarm-shards", Some(json!(shards))),
                ("cost-report", report.then(|| json!({ "at": "07:30" }))),
                ("customer-managed-key", Some(json!(key))),
                ("unauthorized-api-calls", calls.then(|| json!({}))),
                ("group-wait", thrift.map(|_| json!("1 minute"))),
                ("group-window", thrift.map(|_| json!("30 minutes"))),
                ("limits", limits),
                ("ops-topic", topic.then(|| json!("ops"))),
                ("tracing", Some(json!(regulated))),
                ("reserved-concurrency", regulated.then(|| json!(5))),
                (
                    "vpc",
                    regulated.then(|| {
                        json!({ "eu-central-1": {
                            "subnets": ["subnet-0a1b2c3d"], "security-groups": ["sg-0a1b2c3d"],
                        } })
                    }),
                ),
            ])
        })
}
