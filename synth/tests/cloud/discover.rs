//! `synth discover` on the fake: 60 clusters, 2,000 alarms and 1,200 pipelines, in pages, with an AWS that throttles and
//! denies.

use std::{fs, path::PathBuf, time::Duration};

use serde_json::{Value as Json, json};
use synth::{
    commands::discover::{Request, discover},
    discover::Kind,
};
use tempfile::TempDir;

use crate::{
    account::Inventory,
    cloud::Cloud,
    lookups::{cloud_with, large},
    run::{Ended, run_work},
};

/// A directory for one account file.
struct Desk {
    _dir: TempDir,
    path: PathBuf,
}

impl Desk {
    /// Without the file.
    fn empty() -> Self {
        let dir = TempDir::new().unwrap();
        Self {
            path: dir.path().join("one.yaml"),
            _dir: dir,
        }
    }

    fn with(text: &str) -> Self {
        let desk = Self::empty();
        fs::write(&desk.path, text).unwrap();
        desk
    }

    fn text(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }

    fn request(&self) -> Request {
        Request {
            path: self.path.clone(),
            file_stem: None,
            regions: Vec::new(),
            kinds: Kind::ALL.to_vec(),
            check: false,
            yes: false,
            days: 14,
            json: false,
        }
    }

    fn discover(&self, cloud: &Cloud) -> Ended {
        run(cloud, &self.request(), None)
    }

    fn check(&self, cloud: &Cloud) -> Ended {
        let request = Request {
            check: true,
            ..self.request()
        };
        run(cloud, &request, None)
    }
}

fn run(cloud: &Cloud, request: &Request, answers: Option<&[&str]>) -> Ended {
    run_work(cloud, answers, async |session| {
        discover(&session, request).await
    })
}

/// What is there, with alarms of autoscaling.
fn found() -> Inventory {
    let mut inventory = large();
    let of_autoscaling =
        (0..40).map(|it| format!("TargetTracking-service/team-00/api-AlarmHigh-{it}"));
    inventory.alarms.extend(of_autoscaling);
    inventory
}

const NEW: &str = "name: one
account: \"111122223333\"
regions: [eu-central-1]
";
const HALF: &str = "# Ours.
name: one
account: \"111122223333\"
regions: [eu-central-1] # for now
ops-topic: ops

clusters:
  # All teams.
  - team-*
  - name: payments-prod # the one that pays
    priority: CRITICAL

# Not the canary.
watched-alarms: [prod-*, '!test-api-0001'] # more later
";

#[test]
fn a_file_that_is_not_there_is_written_and_can_be_used() {
    let desk = Desk::empty();
    let cloud = cloud_with(Inventory {
        throttled: 3,
        ..found()
    });
    desk.check(&cloud).code(3);
    assert!(!desk.path.exists());
    let ended = desk.discover(&cloud).code(0).says("wrote ");
    for line in [
        "clusters   60 found, 60 not watched\n  + checkout\n  + payments-prod\n  + team-00\n",
        "alarms     2039 found, 1999 not watched; 40 of autoscaling (TargetTracking-*) excluded\n",
        &format!(
            "  + {:<40}{:>8}\n  + {:<40}{:>8}\n",
            "prod-*", 1400, "test-*", 598
        ),
        "pipelines  1200 found, 1200 not watched\n  + \"*\" ",
    ] {
        assert!(ended.printed.contains(line), "{line}\n{}", ended.printed);
    }
    assert!(ended.took < Duration::from_mins(2), "{:?}", ended.took);
    let text = desk.text();
    assert!(text.contains(NEW), "{text}");
    assert!(
        text.contains("such as one of topic-000, topic-001"),
        "{text}"
    );
    assert!(!text.contains("TargetTracking"), "{text}");
    // Nothing is left to do.
    desk.check(&cloud).code(0);
    desk.discover(&cloud).code(0).says("nothing to add");
    assert_eq!(desk.text(), text);
}

#[test]
fn a_file_that_is_there_keeps_its_comments_and_its_order() {
    let desk = Desk::with(HALF);
    let cloud = cloud_with(found());
    desk.check(&cloud).code(3);
    assert_eq!(desk.text(), HALF);
    desk.discover(&cloud).code(0).says("completed ");
    let expected = HALF
        .replace(
            "    priority: CRITICAL\n",
            "    priority: CRITICAL\n  - checkout\n",
        )
        .replace("'!test-api-0001']", "'!test-api-0001', test-*, zz-*]")
        + "\npipelines:\n  - \"*\"\n";
    assert_eq!(desk.text(), expected);
    desk.check(&cloud).code(0);
}

#[test]
fn a_person_is_asked_once_for_each_kind() {
    let desk = Desk::with(HALF);
    let ended = run(
        &cloud_with(found()),
        &desk.request(),
        Some(&["yes", "no", "no"]),
    );
    ended
        .code(0)
        .says("Add these clusters to the file?")
        .says("Add these alarms to the file?");
    assert_eq!(
        desk.text(),
        HALF.replace(
            "    priority: CRITICAL\n",
            "    priority: CRITICAL\n  - checkout\n"
        )
    );
}

/// A partial result is one, and says what is missing of it.
#[test]
fn what_may_not_be_read_is_named_and_the_rest_is_added() {
    let desk = Desk::with(HALF);
    let cloud = cloud_with(found());
    cloud.lock().denied = vec!["DescribeAlarms"];
    desk.discover(&cloud)
        .code(0)
        .says("not read: alarms in eu-central-1: needs `cloudwatch:DescribeAlarms`");
    let text = desk.text();
    assert!(text.contains("  - checkout\n") && text.contains("[prod-*, '!test-api-0001'] #"));
    cloud.lock().denied = vec![
        "DescribeAlarms",
        "ListClusters",
        "ListPipelines",
        "ListAgentSpaces",
        "DescribeTrails",
    ];
    desk.discover(&cloud)
        .code(1)
        .says("not read: spaces in eu-central-1: needs `aidevops:ListAgentSpaces`")
        .says("not everything could be read: clusters, alarms, pipelines, spaces, trails");
    assert_eq!(desk.text(), text);
}

#[test]
fn a_list_that_cannot_be_added_to_is_left_alone() {
    let text = HALF.replace("clusters:\n", "clusters: &ours\n");
    let desk = Desk::with(&text);
    desk.discover(&cloud_with(found()))
        .code(1)
        .says("one.yaml` is written in a way that entries cannot be added to")
        .says("add the entries that are shown above by hand");
    assert_eq!(desk.text(), text);
}

#[test]
fn a_program_is_told_what_could_not_be_added() {
    let desk = Desk::with(&HALF.replace("clusters:\n", "clusters: &ours\n"));
    let request = Request {
        json: true,
        ..desk.request()
    };
    let ended = run(&cloud_with(found()), &request, None).code(1);
    let json: Json = serde_json::from_str(&ended.printed).unwrap();
    assert_eq!(json["kinds"][0]["entries"][0]["text"], "checkout");
    assert_eq!(json["written"], false);
}

#[test]
fn only_what_is_asked_for_is_looked_at() {
    let desk = Desk::with(HALF);
    let request = Request {
        kinds: vec![Kind::Clusters],
        ..desk.request()
    };
    let ended = run(&cloud_with(found()), &request, None).code(0);
    assert!(ended.calls.iter().all(|it| it.service != "CloudWatch"));
    let elsewhere = Request {
        regions: vec!["us-east-1".to_owned()],
        ..desk.request()
    };
    run(&cloud_with(found()), &elsewhere, None)
        .code(2)
        .says("the account file does not name the region `us-east-1`");
}

const SPACE: &str = "0a1b2c3d-0000-1111-2222-333344445555";
const OTHER: &str = "5e6f7a8b-9c0d-4e1f-8a2b-3c4d5e6f7a8b";

/// The fake with these agent spaces and trails, and nothing else that the file lacks.
fn with_spaces(here: &[&str], there: &[&str], trails: &[&str]) -> Cloud {
    let all = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
    let inventory = |spaces: &[&str]| Inventory {
        spaces: all(spaces),
        trails: all(trails),
        ..Inventory::default()
    };
    let cloud = cloud_with(inventory(here));
    let mut state = cloud.lock();
    let inventories = &mut state.world.inventories;
    inventories.insert("us-east-1".to_owned(), inventory(there));
    drop(state);
    cloud
}

const WATCHES: &str = "name: one
account: \"111122223333\"
regions: [eu-central-1]
clusters: [checkout]
ops-topic: ops
";

/// Which space has the webhook nobody but a person knows, once there are two.
#[test]
fn the_only_agent_space_is_added_wherever_it_is() {
    for (here, there, added) in [
        (
            &[SPACE][..],
            &[][..],
            format!("\nagent: {{space: {SPACE}}}\n"),
        ),
        (
            &[],
            &[SPACE],
            format!("\nagent: {{space: {SPACE}, region: us-east-1}}\n"),
        ),
        (&[], &[], String::new()),
        (&[SPACE, OTHER], &[], String::new()),
    ] {
        let desk = Desk::with(WATCHES);
        let cloud = with_spaces(here, there, &[]);
        let ended = desk.discover(&cloud).code(0);
        assert_eq!(desk.text(), format!("{WATCHES}{added}"));
        let is_asked = ended.printed.contains(&format!(
            "  ? 2 need an entry that a person decides on: {SPACE} in eu-central-1, {OTHER} in eu-central-1"
        ));
        assert_eq!(is_asked, here.len() == 2, "{}", ended.printed);
        // Whoever wants to know no results lacks nothing.
        desk.check(&cloud).code(0);
    }
    // What could not be read may be the one that has the webhook.
    let desk = Desk::with(WATCHES);
    let cloud = with_spaces(&[], &[SPACE], &[]);
    cloud.lock().denied = vec!["ListAgentSpaces"];
    desk.discover(&cloud)
        .code(0)
        .says("not read: spaces in eu-central-1: needs `aidevops:ListAgentSpaces`");
    assert_eq!(desk.text(), WATCHES);
    let two = WATCHES.replace("[eu-central-1]", "[eu-central-1, us-east-1]");
    let desk = Desk::with(&two);
    let one = Request {
        regions: vec!["us-east-1".to_owned()],
        ..desk.request()
    };
    let ended = run(&with_spaces(&[SPACE], &[OTHER], &[]), &one, None).code(0);
    assert!(
        ended
            .printed
            .contains(&format!("decides on: {OTHER} in us-east-1")),
        "{}",
        ended.printed
    );
    assert_eq!(desk.text(), two);
    // Where a region is named, no other is looked at.
    let desk = Desk::with(WATCHES);
    let request = Request {
        regions: vec!["eu-central-1".to_owned()],
        ..desk.request()
    };
    run(&with_spaces(&[], &[SPACE], &[]), &request, None).code(0);
    assert_eq!(desk.text(), WATCHES);
}

#[test]
fn of_trails_it_says_what_the_file_could_do_with_them() {
    let with = format!("{WATCHES}unauthorized-api-calls: {{}}\n");
    for (text, trails, expected) in [
        (
            WATCHES,
            &["main"][..],
            "trails     1 found\n  ? `unauthorized-api-calls: {}` makes incidents",
        ),
        (WATCHES, &[], "trails     0 found\n"),
        (&with, &["main"], "trails     1 found\n"),
        (&with, &[], "trails     0 found\n  ? without a trail"),
    ] {
        let desk = Desk::with(text);
        let ended = desk.check(&with_spaces(&[], &[], trails)).code(0);
        assert!(
            ended.printed.contains(expected),
            "{expected}\n{}",
            ended.printed
        );
    }
}

#[test]
fn a_program_gets_one_document_and_is_asked_nothing() {
    let desk = Desk::with(HALF);
    let cloud = cloud_with(found());
    cloud.lock().denied = vec!["ListPipelines"];
    let request = Request {
        json: true,
        check: true,
        ..desk.request()
    };
    let json = |ended: &Ended| -> Json { serde_json::from_str(&ended.printed).unwrap() };
    let checked = json(&run(&cloud, &request, None).code(3));
    assert_eq!(checked["kinds"][0]["entries"][0]["text"], "checkout");
    assert_eq!(checked["kinds"][1]["notWatched"], 598);
    assert_eq!(checked["unread"][0]["kind"], "pipelines");
    assert_eq!(
        (&checked["written"], &checked["forecast"]),
        (&json!(false), &Json::Null)
    );
    let request = Request {
        check: false,
        ..request
    };
    let written = json(&run(&cloud, &request, Some(&[])).code(0));
    assert_eq!(written["written"], true);
    assert_eq!(written["kinds"], checked["kinds"]);
    assert_eq!(written["forecast"]["wentOff"], 0);
    assert!(desk.text().contains("  - checkout\n"));
}

#[cfg(unix)]
#[test]
fn a_file_behind_a_link_is_completed_where_it_is() {
    let desk = Desk::with(HALF);
    let link = desk.path.with_file_name("link.yaml");
    std::os::unix::fs::symlink(&desk.path, &link).unwrap();
    let request = Request {
        path: link.clone(),
        ..desk.request()
    };
    run(&cloud_with(found()), &request, None).code(0);
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert!(desk.text().contains("  - checkout\n"));
}

/// The time, in seconds since 1970.
fn now(cloud: &Cloud) -> u64 {
    let now = cloud.clock.now().duration_since(std::time::UNIX_EPOCH);
    now.unwrap().as_secs()
}

/// An alarm that went off so many hours ago, as the history has it.
fn change(cloud: &Cloud, name: &str, hours: u64) -> Json {
    json!({
        "AlarmName": name,
        "HistoryItemType": "StateUpdate",
        "HistorySummary": "Alarm updated from OK to ALARM",
        "Timestamp": now(cloud) - hours * 3_600,
    })
}

/// A task that has run out of memory a minute ago.
fn stopped(cloud: &Cloud, cluster: &str) -> Json {
    json!({
        "taskArn": format!("arn:aws:ecs:eu-central-1:111122223333:task/{cluster}/0a1b2c3d"),
        "clusterArn": format!("arn:aws:ecs:eu-central-1:111122223333:cluster/{cluster}"),
        "group": "service:api",
        "lastStatus": "STOPPED",
        "stopCode": "EssentialContainerExited",
        "stoppedAt": now(cloud) - 60,
        "containers": [{ "name": "app", "exitCode": 137, "reason": "OutOfMemoryError: Container killed" }],
    })
}

/// 96 times in 14 days: one alarm that flaps every hour, and others once. What is watched in no cluster counts nowhere.
#[test]
fn it_says_what_the_days_before_would_have_been() {
    let desk = Desk::with(HALF);
    let cloud = cloud_with(found());
    let mut changes: Vec<Json> = (0..90)
        .map(|it| change(&cloud, "prod-api-0007", it))
        .collect();
    changes.extend((0..6).map(|it| change(&cloud, &format!("prod-api-{it:04}"), 91 + it)));
    changes.push(change(
        &cloud,
        "TargetTracking-service/team-00/api-AlarmHigh-1",
        98,
    ));
    changes.push(change(&cloud, "test-api-0001", 99));
    let tasks = vec![stopped(&cloud, "checkout"), stopped(&cloud, "unknown")];
    let mut state = cloud.lock();
    let inventory = state.world.inventories.get_mut("eu-central-1").unwrap();
    (inventory.changes, inventory.stopped) = (changes, tasks);
    drop(state);
    let ended = desk
        .discover(&cloud)
        .code(0)
        .says("reading what happened in the last 14 days");
    let line = ended
        .printed
        .lines()
        .find(|it| it.starts_with("the last 14 days"));
    assert_eq!(
        line,
        Some(
            "the last 14 days would have been: 1998 watched alarms went off 96 times, 1 task stopped (ECS keeps them for \
             an hour): 97 incidents, 97 investigations, 155 to 1018 dollars"
        )
    );
    assert!(
        ended
            .printed
            .contains("\n      90  prod-api-0007\n       1  prod-api-0000\n"),
        "{}",
        ended.printed
    );
    // Nothing is read where nothing is to be said.
    let quiet = Request {
        days: 0,
        ..desk.request()
    };
    let ended = run(&cloud, &quiet, None).code(0);
    assert_eq!(ended.count("DescribeAlarmHistory"), 0);
    // What may not be read is named, and the rest is said.
    cloud.lock().denied = vec!["ListTasks"];
    desk.discover(&cloud)
        .code(0)
        .says("not read: stopped tasks in eu-central-1: needs `ecs:ListTasks`");
    cloud.lock().denied = vec!["DescribeAlarms"];
    let ended = desk.discover(&cloud).code(0);
    let line = "the last 14 days would have been: watched alarms went off 96 times";
    assert!(ended.printed.contains(line), "{}", ended.printed);
    cloud.lock().denied = vec!["DescribeAlarmHistory"];
    desk.discover(&cloud)
        .code(0)
        .says(
            "not read: changes of alarms in eu-central-1: needs `cloudwatch:DescribeAlarmHistory`",
        )
        .says("what the days before would have been is not known");
}
