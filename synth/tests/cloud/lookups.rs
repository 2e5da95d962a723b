//! What an account file names against what is in the account: 60 clusters and 2,000 alarms, in pages, with an AWS that
//! throttles and denies.

use std::time::Duration;

use synth::lookup::CALLS;

use crate::{
    account::{Inventory, PEER},
    cloud::{Cloud, Fault, Planned},
    model::World,
    run::{Command, Ended, ONE, Project, run, run_with},
};

const REGION: &str = "eu-central-1";
/// Nothing is deployed, which `diff` ends with 3 for; `status` cannot read the alarms on the pipeline from the fake.
const DIFF: i32 = 3;
const STATUS: i32 = 1;

/// Sixty clusters, each with a service `api`, and 2,000 alarms.
pub(crate) fn large() -> Inventory {
    let mut clusters: Vec<String> = (0..58).map(|it| format!("team-{it:02}")).collect();
    clusters.extend(["checkout".to_owned(), "payments-prod".to_owned()]);
    let services = clusters.iter().map(|it| (it.clone(), "api".to_owned()));
    let mut alarms: Vec<String> = (0..1_400).map(|it| format!("prod-api-{it:04}")).collect();
    alarms.extend((0..598).map(|it| format!("test-api-{it:04}")));
    // On the last page, and of another kind.
    alarms.extend([
        "zz-composite-down".to_owned(),
        "tocsin-one-pipeline-x".to_owned(),
    ]);
    Inventory {
        services: services.collect(),
        clusters,
        alarms,
        pipelines: (0..1_200).map(|it| format!("release-{it:04}")).collect(),
        topics: (0..250).map(|it| format!("topic-{it:03}")).collect(),
        ..Inventory::default()
    }
}

pub(crate) fn cloud_with(inventory: Inventory) -> Cloud {
    let mut world = World::default();
    world.inventories.insert(REGION.to_owned(), inventory);
    Cloud::new(world)
}

/// An account file that names things that are there, and with `wrong` a few that are not.
fn text(wrong: bool) -> String {
    let (cluster, prefix, pipeline, topic, service) = if wrong {
        ("payment-prod", "prdo-*", "relaese-*", "topic-24", "apii")
    } else {
        (
            "payments-prod",
            "prod-*",
            "release-1199",
            "topic-249",
            "api",
        )
    };
    ONE.replace("ops-topic: ops", &format!("ops-topic: {topic}"))
        .replace(
            "[checkout]",
            &format!("[team-*, {{name: checkout, ignore-services: [{service}]}}, {cluster}]"),
        )
        + &format!(
            "watched-alarms: [{prefix}, zz-*]\npipelines: [{pipeline}]\nalarms:\n  - {{name: down, composite: \
             existing(zz-composite-down)}}\n"
        )
}

fn strict(text: &str) -> Project {
    Project {
        strict: true,
        ..Project::new(text)
    }
}

fn says_what_is_missing(ended: Ended) -> Ended {
    ended
        .says("no cluster `payment-prod` in eu-central-1\n")
        .says("did you mean `payments-prod`?")
        .says("0 alarms begin with `prdo-` in eu-central-1\n")
        .says("did you mean `prod-*`, as 1400 do?")
        .says("0 pipelines begin with `relaese-` in eu-central-1\n")
        .says("did you mean `release-*`, as 1200 do?")
        .says("no SNS topic `topic-24` in eu-central-1\n")
        .says("no service `apii` in the cluster `checkout` in eu-central-1\n")
        .says("one.yaml:")
        .says("^^^^^^^^^^^^")
}

#[test]
fn what_is_there_is_found_on_whatever_page() {
    let cloud = cloud_with(large());
    for (command, code) in [(Command::Diff, DIFF), (Command::Status, STATUS)] {
        let ended = run(&cloud, &strict(&text(false)), command).code(code);
        assert!(!ended.said.contains("not compared"), "{}", ended.said);
        assert!(ended.took < Duration::from_secs(10), "{:?}", ended.took);
    }
}

#[test]
fn what_is_not_there_is_named_with_what_was_meant_and_stops_nothing() {
    let cloud = cloud_with(large());
    let project = Project::new(&text(true));
    for (command, code) in [
        (Command::Diff, DIFF),
        (Command::Status, STATUS),
        (Command::Deploy, 0),
    ] {
        let ended = says_what_is_missing(run(&cloud, &project, command).code(code));
        assert!(ended.said.contains("warning: no cluster"), "{}", ended.said);
    }
}

/// A person sees it before the question.
#[test]
fn names_are_shown_before_anybody_is_asked() {
    let cloud = cloud_with(large());
    let project = Project::new(&text(true));
    let ended = run_with(&cloud, &project, Command::Deploy, Some(&["no"])).code(4);
    let warning = ended.said.find("no cluster `payment-prod`").unwrap();
    let question = ended.said.find("Deploy these changes?").unwrap();
    assert!(warning < question, "{}", ended.said);
}

#[test]
fn a_strict_deploy_changes_nothing() {
    let cloud = cloud_with(large());
    for command in [Command::Deploy, Command::Diff] {
        let ended = says_what_is_missing(run(&cloud, &strict(&text(true)), command).code(2))
            .says("error: 5 names in `")
            .says("hint: correct the names");
        assert!(ended.said.contains("error: no cluster"), "{}", ended.said);
    }
    assert!(cloud.lock().world.stacks.values().all(Vec::is_empty));
    assert!(cloud.lock().world.buckets.is_empty());
}

#[test]
fn throttling_is_waited_out() {
    let cloud = cloud_with(Inventory {
        throttled: 3,
        ..large()
    });
    let ended = run(&cloud, &strict(&text(false)), Command::Diff).code(DIFF);
    assert!(!ended.said.contains("not compared"), "{}", ended.said);
    says_what_is_missing(run(&cloud, &Project::new(&text(true)), Command::Diff).code(DIFF));
}

/// What may not be read is said in one line, and is no mistake, not even a strict one.
#[test]
fn a_denial_is_one_line() {
    let cloud = cloud_with(large());
    cloud.lock().denied = vec!["ListClusters", "ListTopics"];
    let ended = run(&cloud, &strict(&text(false)), Command::Diff).code(DIFF);
    let lines: Vec<&str> = ended
        .said
        .lines()
        .filter(|it| it.contains("not compared"))
        .collect();
    assert_eq!(
        lines,
        [
            "not compared with the account: clusters in eu-central-1: needs `ecs:ListClusters`; services in eu-central-1: needs `ecs:ListClusters`; topics in eu-central-1: needs `sns:ListTopics`"
        ]
    );
}

/// Whatever goes wrong, the command ends as it would without look-ups, and soon.
#[test]
fn look_ups_end_whatever_goes_wrong() {
    let minutes = Duration::from_mins;
    for fault in [
        Fault::Throttled(minutes(60)),
        Fault::Unavailable(minutes(60)),
        Fault::Silence {
            takes_effect: false,
        },
        Fault::Page(200),
        Fault::Page(403),
        Fault::Denied,
    ] {
        for operation in ["ListClusters", "DescribeAlarms", "ListTopics"] {
            let cloud = cloud_with(large());
            cloud.lock().planned = Some(Planned {
                operation: operation.to_owned(),
                number: 0,
                fault,
            });
            let ended = run(&cloud, &strict(&text(false)), Command::Diff);
            // What fails for an hour for everybody fails for the stacks, too, and that ends the command.
            let ended = match fault {
                Fault::Throttled(_) | Fault::Unavailable(_) => ended.code(1),
                _ => ended.code(DIFF),
            };
            let is_over = !matches!(fault, Fault::Page(_) | Fault::Denied);
            assert!(
                is_over || ended.said.contains("not compared with the account: "),
                "{fault:?} {operation}: {}",
                ended.said
            );
            assert!(is_over || ended.took < Duration::from_mins(1), "{fault:?}");
        }
    }
}

/// A cluster is in one of the regions, most often; a topic is needed in each.
#[test]
fn regions_are_looked_at_together() {
    let two = ONE.replace("[eu-central-1]", "[eu-central-1, us-east-1]");
    let cloud = cloud_with(Inventory::default());
    let other = Inventory {
        clusters: Vec::new(),
        topics: Vec::new(),
        ..Inventory::default()
    };
    let mut state = cloud.lock();
    state
        .world
        .inventories
        .insert("us-east-1".to_owned(), other);
    drop(state);
    let ended = run(&cloud, &Project::new(&two), Command::Diff)
        .code(DIFF)
        .says("warning: no SNS topic `ops` in us-east-1\n")
        .says("hint: there are none");
    assert!(!ended.said.contains("no cluster"), "{}", ended.said);
}

/// What is recorded nowhere is no event, and what is in no space has no result.
#[test]
fn a_trail_and_the_agent_space_are_looked_for_where_they_must_be() {
    let space = "0a1b2c3d-0000-1111-2222-333344445555";
    let text = ONE.to_owned()
        + &format!("unauthorized-api-calls: {{}}\nagent: {{space: {space}, region: us-east-1}}\n");
    let cloud = cloud_with(Inventory::default());
    let ended = run(&cloud, &strict(&text), Command::Diff)
        .code(2)
        .says("denied calls are not seen: no trail of CloudTrail records calls in eu-central-1\n")
        .says("hint: create a trail that logs management events")
        .says(&format!("no agent space `{space}` in us-east-1\n"));
    assert!(!ended.said.contains("not compared"), "{}", ended.said);
    let mut state = cloud.lock();
    let inventories = &mut state.world.inventories;
    let here = inventories.get_mut(REGION).unwrap();
    here.trails = vec!["main".to_owned()];
    let there = Inventory {
        spaces: vec!["a".to_owned(), "b".to_owned(), space.to_owned()],
        ..Inventory::default()
    };
    inventories.insert("us-east-1".to_owned(), there);
    drop(state);
    run(&cloud, &strict(&text), Command::Diff).code(DIFF);
}

/// EC2 spells the token of the next page in its own way, and names groups of elsewhere within each group.
#[test]
fn what_ec2_lists_is_read_to_the_last_page_and_no_deeper() {
    let ids = |kind: &str| (1..6).map(|it| format!("{kind}-0a1b2c3{it}")).collect();
    let cloud = cloud_with(Inventory {
        subnets: ids("subnet"),
        security_groups: ids("sg"),
        ..large()
    });
    let vpc = |group: &str| {
        text(false)
            + &format!(
                "vpc: {{eu-central-1: {{subnets: [subnet-0a1b2c35], security-groups: [{group}]}}}}\n"
            )
    };
    let there = run(&cloud, &strict(&vpc("sg-0a1b2c35")), Command::Diff).code(DIFF);
    assert!(!there.said.contains("no subnet"), "{}", there.said);
    run(&cloud, &strict(&vpc(PEER)), Command::Diff)
        .code(2)
        .says(&format!("no security group `{PEER}` in eu-central-1"));
}

/// What is excepted may be made by autoscaling tomorrow, and all of a kind need not be any.
#[test]
fn neither_an_exception_nor_a_star_makes_a_strict_diff_fail() {
    let cloud = cloud_with(Inventory {
        alarms: vec!["prod-a".to_owned()],
        pipelines: Vec::new(),
        ..large()
    });
    let all = ONE.replace("ops-topic: ops", "ops-topic: topic-249")
        + "watched-alarms: ['*', '!TargetTracking-*']\npipelines: ['*']\n";
    let ended = run(&cloud, &strict(&all), Command::Diff)
        .code(DIFF)
        .says("warning: nothing is excepted: 0 alarms begin with `TargetTracking-`");
    assert!(!ended.said.contains("pipelines"), "{}", ended.said);
    cloud.lock().denied = vec!["DescribeAlarms"];
    let ended = run(&cloud, &strict(&all), Command::Diff).code(DIFF);
    let line = ended.said.lines().find(|it| it.contains("not compared"));
    assert!(
        line.is_some_and(|it| it.contains("cloudwatch:DescribeAlarms")),
        "{}",
        ended.said
    );
}

/// What the table says is what is called: nobody is asked for a permission that is not needed.
#[test]
fn every_look_up_is_one_of_the_table() {
    let cloud = cloud_with(Inventory {
        subnets: vec!["subnet-0a1b2c3d".to_owned()],
        security_groups: vec!["sg-0a1b2c3d".to_owned()],
        tables: vec!["restored".to_owned()],
        trails: vec!["main".to_owned()],
        spaces: vec!["0a1b2c3d-0000-1111-2222-333344445555".to_owned()],
        ..large()
    });
    let text = text(false)
        + "vpc: {eu-central-1: {subnets: [subnet-0a1b2c3d], security-groups: [sg-0a1b2c3d]}}\nledger-tables: \
           {eu-central-1: restored}\nunauthorized-api-calls: {}\nagent: {space: 0a1b2c3d-0000-1111-2222-333344445555}\n";
    let ended = run(&cloud, &strict(&text), Command::Diff).code(DIFF);
    let mut called: Vec<String> = ended
        .calls
        .iter()
        .filter(|it| !matches!(it.service.as_str(), "STS" | "CloudFormation" | "S3"))
        .map(|it| format!("{} {}", it.service, it.operation))
        .collect();
    called.sort();
    called.dedup();
    let mut known: Vec<&str> = CALLS.iter().map(|it| it.operation).collect();
    known.sort_unstable();
    assert_eq!(called, known);
}
