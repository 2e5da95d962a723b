//! The stack that forwards the agent's events, in the region of the agent space.

use serde_json::{Value as Json, json};
use stacks::{EventPattern, event_pattern::Scope};

use crate::{
    cloud::Cloud,
    model::{Ending, World},
    named::{CORE, checked, deployed, ends},
    run::{ALARMS, Command, ONE, Project, leftovers, run, settled},
};

const SPACE: &str = "0a1b2c3d-0000-1111-2222-333344445555";
const FORWARDS: &str = "tocsin-one-agent-events";

/// An account file that watches these regions, with the agent space in another or in one of them.
fn file(regions: &str, space: &str) -> String {
    let file = ONE.replace("[eu-central-1]", &format!("[{regions}]"));
    format!("{file}agent: {{space: {SPACE}, region: {space}}}\n")
}

/// The stacks that are there, as `region name`.
fn there(cloud: &Cloud) -> Vec<String> {
    let there = settled(&cloud.lock().world).into_keys();
    there.map(|(region, it)| format!("{region} {it}")).collect()
}

/// What the forwarding rules of a region match and where they send it.
fn forwards(cloud: &Cloud, region: &str, event: &Json) -> Vec<String> {
    let there = settled(&cloud.lock().world);
    let view = &there[&(region.to_owned(), FORWARDS.to_owned())];
    let resources = view.template["Resources"].as_object().unwrap().values();
    let rules = resources.filter(|it| it["Type"] == "AWS::Events::Rule");
    let scope = Scope {
        partition: "aws",
        region,
        account: "111122223333",
        stack: CORE,
    };
    let targets = rules
        .map(|it| &it["Properties"])
        .filter(|it| {
            let pattern = EventPattern::parse(&it["EventPattern"]).unwrap();
            pattern.matches(event, &scope)
        })
        .flat_map(|it| it["Targets"].as_array().unwrap());
    let buses = targets.map(|it| it["Arn"]["Fn::Sub"].as_str().unwrap());
    let bus = "arn:${AWS::Partition}:events:";
    buses
        .map(|it| it.strip_prefix(bus).unwrap())
        .map(|it| it.split(':').next().unwrap().to_owned())
        .collect()
}

/// As the agent's events detail reference shows it.
fn event(space: &str) -> Json {
    json!({
        "detail-type": "Investigation Completed",
        "source": "aws.aidevops",
        "account": "111122223333",
        "region": "us-east-1",
        "detail": { "metadata": { "agent_space_id": space, "task_id": "a1b2" } },
    })
}

#[test]
fn a_space_elsewhere_has_a_stack_that_forwards_its_events() {
    let project = Project::new(&file("eu-central-1, eu-west-1", "us-east-1"));
    let cloud = Cloud::new(World::default());
    let status = run(&cloud, &project, Command::Status).printed;
    let (_, of_space) = status.split_once("us-east-1\n").unwrap();
    let stack = "  stack         tocsin-one-agent-events  not deployed\n";
    assert!(of_space.starts_with(stack), "{status}");
    assert_eq!(of_space.matches("  stack  ").count(), 1, "{status}");
    let doctor = run(&cloud, &project, Command::Doctor).printed;
    let (_, of_space) = doctor
        .split_once("account 111122223333 in us-east-1\n")
        .unwrap();
    let missing = "  missing        the stack tocsin-one-agent-events is not deployed\n";
    assert!(of_space.starts_with(missing), "{doctor}");
    assert!(!of_space.contains("bucket of code"), "{doctor}");
    let first = checked(&cloud, &project, Command::Deploy).code(0);
    assert_eq!(
        there(&cloud),
        [
            "eu-central-1 tocsin-one",
            "eu-west-1 tocsin-one",
            "us-east-1 tocsin-one-agent-events",
        ]
    );
    let to = |space: &str| forwards(&cloud, "us-east-1", &event(space));
    assert_eq!(to(SPACE), ["eu-central-1", "eu-west-1"]);
    assert!(to("another").is_empty());
    // It runs no code, and everything that is forwarded to is there before it.
    assert!(
        first
            .calls
            .iter()
            .all(|it| it.service != "S3" || it.region != "us-east-1")
    );
    let mut executed = first
        .calls
        .iter()
        .filter(|it| it.operation == "ExecuteChangeSet");
    assert_eq!(executed.next_back().unwrap().region, "us-east-1");

    let diff = checked(&cloud, &project, Command::Diff).code(0);
    assert!(
        diff.printed.contains(FORWARDS) && diff.printed.contains("in us-east-1"),
        "{}",
        diff.printed
    );
    run(&cloud, &project, Command::Deploy)
        .code(0)
        .says("nothing to do");

    let destroyed = checked(&cloud, &project, Command::Destroy).code(0);
    let deleted = destroyed
        .calls
        .iter()
        .filter(|it| it.operation == "DeleteStack");
    let regions: Vec<&str> = deleted.map(|it| it.region.as_str()).collect();
    assert_eq!(regions, ["us-east-1", "eu-central-1", "eu-west-1"]);
    assert!(there(&cloud).is_empty() && leftovers(&cloud.lock().world).is_empty());
}

#[test]
fn a_space_in_one_of_two_regions_forwards_to_the_other() {
    let cloud = deployed(&file("eu-central-1, us-east-1", "us-east-1"));
    assert_eq!(
        there(&cloud),
        [
            "eu-central-1 tocsin-one",
            "us-east-1 tocsin-one",
            "us-east-1 tocsin-one-agent-events",
        ]
    );
    assert_eq!(
        forwards(&cloud, "us-east-1", &event(SPACE)),
        ["eu-central-1"]
    );

    // Where the space moves to the other region, the stack goes along.
    let moved = Project::new(&file("eu-central-1, us-east-1", "eu-central-1"));
    checked(&cloud, &moved, Command::Deploy).code(0);
    assert_eq!(
        there(&cloud),
        [
            "eu-central-1 tocsin-one",
            "eu-central-1 tocsin-one-agent-events",
            "us-east-1 tocsin-one",
        ]
    );
    assert_eq!(
        forwards(&cloud, "eu-central-1", &event(SPACE)),
        ["us-east-1"]
    );
}

#[test]
fn a_space_in_the_only_region_needs_no_forwarding() {
    let cloud = deployed(&file("eu-central-1", "eu-central-1"));
    assert_eq!(there(&cloud), ["eu-central-1 tocsin-one"]);
}

#[test]
fn forwarding_that_fails_to_deploy_is_rolled_back_and_leaves_the_core_stacks_alone() {
    let cloud = Cloud::new(World::default());
    ends(&cloud, &[Ending::Succeeds, Ending::Fails]);
    let project = Project::new(&file("eu-central-1", "us-east-1"));
    checked(&cloud, &project, Command::Deploy)
        .code(5)
        .says(FORWARDS);
    let of = |region: &str, name: &str| {
        let there = settled(&cloud.lock().world);
        there[&(region.to_owned(), name.to_owned())].status.clone()
    };
    assert_eq!(of("eu-central-1", CORE), "CREATE_COMPLETE");
    checked(&cloud, &project, Command::Deploy).code(0);
    assert_eq!(of("us-east-1", FORWARDS), "CREATE_COMPLETE");
}

/// A region that is only the agent's is not watched any more: what is there of before stays, with its alarms.
#[test]
fn what_an_earlier_file_deployed_to_the_region_of_the_space_stays() {
    let before = file("eu-central-1, us-east-1", "us-east-1");
    let cloud = deployed(&format!("{before}{ALARMS}"));
    let project = Project::new(&format!("{}{ALARMS}", file("eu-central-1", "us-east-1")));
    for command in [Command::Deploy, Command::Destroy] {
        run(&cloud, &project, command).code(0);
        let there = there(&cloud);
        for stack in ["tocsin-one", "tocsin-one-alarms-1"] {
            assert!(there.contains(&format!("us-east-1 {stack}")), "{there:?}");
        }
    }
    assert_eq!(there(&cloud).len(), 2);
}
