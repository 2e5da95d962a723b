//! The rules are never narrower than the function: whatever becomes an incident has come through them, by
//! EventBridge's semantics. What a rule leaves out, nothing else sees.

use std::{fs, sync::LazyLock};

use proptest::{prelude::*, sample::Index};
use runtime::{decision::Decision, ecs, read::parse};
use serde_json::{Value as Json, json};
use snapshots::{CONTEXT, directory};
use stacks::{EventPattern, event_pattern::Scope, rules::EventRule};
use synth::config;

/// An event of ECS, and the patterns that EventBridge holds where it is from: those of an account file that
/// names the clusters of all samples, and those of one that names none.
struct Sample {
    name: String,
    event: Json,
    named: Vec<EventPattern>,
    any: Vec<EventPattern>,
}

/// Every sample of an event that some rule could see.
static SAMPLES: LazyLock<Vec<Sample>> = LazyLock::new(|| {
    let labels = fs::read_to_string(directory("events").join("labels.tsv")).unwrap();
    let mut events = Vec::new();
    for line in labels.lines() {
        let Some((name, "investigate" | "ignore")) = line.split_once('\t') else {
            continue;
        };
        if !name.starts_with("ecs-") || name.contains("huge") {
            continue;
        }
        let text = fs::read_to_string(directory("events").join(name)).unwrap();
        let event = parse(&text).unwrap();
        let event = event.get("event").unwrap_or(&event).clone();
        events.push((name.to_owned(), event));
    }
    assert!(events.len() > 50);
    let mut clusters: Vec<&str> = events.iter().filter_map(|(_, it)| cluster(it)).collect();
    clusters.sort_unstable();
    clusters.dedup();
    assert!(clusters.len() > 3, "{clusters:?}");
    let (named, any) = (rules(&clusters.join(", ")), rules("\"*\""));
    let sample = |(name, event): &(String, Json)| Sample {
        name: name.clone(),
        event: event.clone(),
        named: deployed(&named, event),
        any: deployed(&any, event),
    };
    events.iter().map(sample).collect()
});

fn rules(clusters: &str) -> Vec<EventRule> {
    let file = format!(
        "name: shop\naccount: \"111122223333\"\nregions: [eu-central-1]\nclusters: [{clusters}]\n"
    );
    let (account, diagnostics) = config::parse(&file, CONTEXT);
    let account = account.unwrap_or_else(|| panic!("{diagnostics:?}"));
    stacks::rules::rules(&account.monitor)
}

/// What names the cluster: its ARN, or that of a service.
fn address(event: &Json) -> &str {
    let cluster = event.pointer("/detail/clusterArn");
    cluster.unwrap_or(&event["resources"][0]).as_str().unwrap()
}

/// The patterns of rules as they are deployed where an event is from, without those for other kinds of
/// events.
fn deployed(rules: &[EventRule], event: &Json) -> Vec<EventPattern> {
    let parts: Vec<&str> = address(event).split(':').collect();
    let scope = Scope {
        partition: parts[1],
        region: parts[3],
        account: parts[4],
        stack: "tocsin-shop",
    };
    let patterns = rules.iter().map(|it| it.pattern.resolved(&scope));
    patterns
        .filter(|it| {
            let kinds = it["detail-type"].as_array().unwrap();
            kinds.contains(&event["detail-type"])
        })
        .map(|it| EventPattern::parse(&it).unwrap())
        .collect()
}

/// The cluster that a rule sees.
fn cluster(event: &Json) -> Option<&str> {
    let resource = address(event).split(':').nth(5)?;
    match resource.split('/').collect::<Vec<_>>()[..] {
        ["cluster", name] | ["service", name, _] => Some(name),
        _ => None,
    }
}

/// Whether each account file that watches the event's cluster has a rule that lets it through. If not, it
/// must be no incident.
#[track_caller]
fn check(sample: &Sample, event: &Json) -> bool {
    let nowhere = Scope {
        partition: "",
        region: "",
        account: "",
        stack: "",
    };
    let let_through = [&sample.named, &sample.any]
        .map(|patterns| patterns.iter().any(|it| it.matches(event, &nowhere)));
    let wanted = [cluster(event).is_some(), true];
    if let_through != wanted {
        let decision = ecs::decide(event);
        let investigated = matches!(decision, Ok(Decision::Investigate(_)));
        assert!(!investigated, "{}: {let_through:?}: {event}", sample.name);
    }
    let_through == wanted
}

/// The paths of all values that do not say where an event is from: rules are made for places.
fn pointers(json: &Json, here: &str, out: &mut Vec<String>) {
    let address = [
        "/source",
        "/detail-type",
        "/account",
        "/region",
        "/resources",
        "/detail/clusterArn",
    ];
    if address.contains(&here) {
        return;
    }
    if !["", "/detail"].contains(&here) {
        out.push(here.to_owned());
    }
    match json {
        Json::Object(fields) => {
            for (key, value) in fields {
                pointers(value, &format!("{here}/{key}"), out);
            }
        }
        Json::Array(items) => {
            for (index, value) in items.iter().enumerate() {
                pointers(value, &format!("{here}/{index}"), out);
            }
        }
        _ => {}
    }
}

/// What a value can become; nothing takes it away.
static REPLACEMENTS: LazyLock<Vec<Option<Json>>> = LazyLock::new(|| {
    let codes = [
        "TaskFailedToStart",
        "EssentialContainerExited",
        "UserInitiated",
        "ServiceSchedulerInitiated",
        "SpotInterruption",
        "TerminationNotice",
        "SomethingNew",
    ];
    let reasons = [
        "Scaling activity initiated by (deployment ecs-svc/1)",
        "Service web: Scaling activity initiated by deployment ecs-svc/1",
        "ECS is performing maintenance on the underlying infrastructure hosting the task.",
        "Service web: container instance is in DRAINING state",
        "Task failed ELB health checks in (target-group arn:x:targetgroup/maintenance/1)",
        "CannotPullContainerError: ECS",
        "Your Spot Task was interrupted.",
        "in new words",
    ];
    let others = [
        "",
        "x",
        "STOPPED",
        "RUNNING",
        "INFO",
        "WARN",
        "ERROR",
        "OK",
        "IMPAIRED",
        "service:web",
        "family:batch",
        "batch",
        "SERVICE_TASK_START_IMPAIRED",
    ];
    let texts = codes.into_iter().chain(reasons).chain(others);
    let zero_and_none = json!([{ "name": "a", "exitCode": 0 }, { "name": "b" }]);
    let values = [
        Json::Null,
        json!(true),
        json!(0),
        json!(0.0),
        json!(137),
        json!(-1),
        json!(0.5),
        json!([]),
        json!({}),
        json!([{}]),
        json!([null]),
        json!(["x"]),
        json!({ "x": 1 }),
        zero_and_none,
    ];
    let values = values.into_iter().chain(texts.map(Json::from));
    values.map(Some).chain([None]).collect()
});

fn damage(event: &mut Json, pointer: &str, value: Option<&Json>) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match (event.pointer_mut(parent), value) {
        (Some(Json::Object(fields)), Some(value)) => {
            fields.insert(key.to_owned(), value.clone());
        }
        (Some(Json::Object(fields)), None) => {
            fields.remove(key);
        }
        (Some(Json::Array(items)), value) => {
            let index = key.parse::<usize>().ok();
            if let Some(item) = index.and_then(|it| items.get_mut(it)) {
                *item = value.cloned().unwrap_or_default();
            }
        }
        // Other damage took the place away.
        _ => {}
    }
}

#[test]
fn whatever_becomes_an_incident_is_let_through() {
    let let_through = SAMPLES.iter().filter(|it| check(it, &it.event)).count();
    assert!(SAMPLES.len() > let_through + 10, "{let_through}");
}

/// Every value of every sample becomes everything that it can.
#[test]
fn so_is_every_sample_with_any_one_value_changed() {
    let (mut mutations, mut left_out) = (0, 0);
    for sample in SAMPLES.iter() {
        let mut all = Vec::new();
        pointers(&sample.event, "", &mut all);
        for pointer in &all {
            for value in REPLACEMENTS.iter() {
                let mut event = sample.event.clone();
                damage(&mut event, pointer, value.as_ref());
                mutations += 1;
                left_out += usize::from(!check(sample, &event));
            }
        }
    }
    assert!(
        mutations > 100_000 && left_out > 10_000,
        "{left_out} of {mutations}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn so_is_every_sample_with_several_values_changed(
        sample in any::<Index>(),
        damages in prop::collection::vec((any::<Index>(), any::<Index>()), 2..6),
    ) {
        let sample = sample.get(&SAMPLES);
        let mut all = Vec::new();
        pointers(&sample.event, "", &mut all);
        let mut event = sample.event.clone();
        for (place, value) in damages {
            let pointer: &String = place.get(&all);
            damage(&mut event, pointer, value.get(&REPLACEMENTS).as_ref());
        }
        check(sample, &event);
    }

    /// The fields that decide, together.
    #[test]
    fn so_is_every_task_that_stopped(
        fields in prop::collection::vec((0_usize..5, any::<Index>()), 0..5),
    ) {
        let sample = SAMPLES.iter().find(|it| it.name.starts_with("ecs-04-")).unwrap();
        let mut event = sample.event.clone();
        for (field, value) in fields {
            let name = ["stopCode", "stoppedReason", "containers", "group", "startedBy"][field];
            damage(&mut event, &format!("/detail/{name}"), value.get(&REPLACEMENTS).as_ref());
        }
        check(sample, &event);
    }
}
