//! Alarms spread over stacks, on the local AWS.

use std::fmt::Write as _;

use serde_json::json;
use synth::deploy::describe;

use crate::lifecycle::{Life, account};

/// So many alarms that each stack's template goes by way of the bucket.
const ALARMS: usize = 240;

fn alarms(shards: u32, count: usize) -> String {
    let mut text = format!("alarm-shards: {shards}\nalarms:\n");
    for number in 0..count {
        let _ = writeln!(
            text,
            "  - {{name: cpu-{number}, metric: AWS/EC2 CPUUtilization, dimensions: {{InstanceId: \
             i-{number:017x}}}, when: \"> 80\"}}"
        );
    }
    account(&text)
}

#[tokio::test]
async fn alarms_move_between_stacks_only_when_told() {
    let Some(life) = Life::begin(&alarms(2, ALARMS)).await else {
        return;
    };
    let deploy = ["deploy", "--account", "life", "--yes"];
    let current = ["diff", "--account", "life", "--exit-code"];
    let status = ["status", "--account", "life"];
    life.run(&deploy, "")
        .await
        .code(0)
        .says("deploying tocsin-life-alarms-1")
        .says("deploying tocsin-life-alarms-2");
    life.run(&current, "").await.code(0);

    // One alarm less is a change of one stack.
    life.write(&alarms(2, ALARMS - 1));
    let diff = life
        .run(&["diff", "--account", "life"], "")
        .await
        .code(0)
        .prints("1 to remove");
    assert_eq!(diff.stdout.matches("no differences").count(), 2);
    life.run(&deploy, "").await.code(0);
    life.run(&current, "").await.code(0);

    // Another number of shards moves alarms, which nobody does by accident.
    life.write(&alarms(3, ALARMS - 1));
    life.run(&["diff", "--account", "life"], "")
        .await
        .code(0)
        .prints("that would move to another stack or resource: ");
    life.run(&deploy, "")
        .await
        .code(4)
        .says("alarms that would move to another stack or resource: ")
        .says("hint: while they move they are gone, and they forget their states: add `--move-alarms`");
    life.run(&[&deploy[..], &["--move-alarms"]].concat(), "")
        .await
        .code(0)
        .says("removing alarms that move from tocsin-life-alarms-1")
        .says("deploying tocsin-life-alarms-3");
    life.run(&current, "").await.code(0);

    // Another account file's stack that is called like one of these is none of them.
    let others = "tocsin-life-alarms-9";
    let template = json!({
        "Description": "Tocsin: what goes wrong in the account `life-alarms-9`",
        "Resources": { "Incidents": {
            "Type": "AWS::SQS::Queue",
            "Properties": { "Tags": [{ "Key": "tocsin", "Value": others }] },
        } },
    });
    let cloudformation = life.local.aws().cloudformation();
    let created = cloudformation
        .create_stack()
        .stack_name(others)
        .template_body(template.to_string());
    created.send().await.unwrap();
    life.run(&current, "").await.code(0);

    // Stacks that are no longer needed go, and what is left of them comes to the others.
    life.write(&alarms(1, 2));
    life.run(&["diff", "--account", "life"], "")
        .await
        .code(0)
        .prints("tocsin-life-alarms-3 in eu-central-1 (no longer in the account file)\n  would be deleted");
    life.run(&status, "")
        .await
        .code(0)
        .prints("tocsin-life-alarms-2  UPDATE_COMPLETE (no longer in the account file)");
    life.run(&[&deploy[..], &["--move-alarms"]].concat(), "")
        .await
        .code(0)
        .says("deleting tocsin-life-alarms-3");
    life.run(&current, "").await.code(0);
    let after = life.run(&status, "").await.code(0);
    assert!(!after.stdout.contains("alarms-2"), "{}", after.stdout);

    // What the file has forgotten is destroyed with the rest.
    life.write(&account(""));
    life.run(&["destroy", "--account", "life", "--yes"], "")
        .await
        .code(0)
        .says("deleted tocsin-life-alarms-1")
        .says("deleted tocsin-life");
    let left = describe(life.local.aws(), others).await.unwrap();
    assert!(left.is_some(), "{others} is not ours");
    life.local.stop(false).await;
}
