//! `synth doctor` on the fake: what is missing in the account, and the next command.

use serde_json::{Value as Json, json};
use synth::commands::doctor::doctor;

use crate::{
    cloud::Cloud,
    model::World,
    named::deployed,
    run::{Command, ONE, Project, run, run_work},
};

#[test]
fn what_is_missing_before_the_first_deploy_has_its_next_command() {
    let cloud = Cloud::new(World::default());
    let text = ONE.replace("[checkout]", "[chekout]");
    let ended = run(&cloud, &Project::new(&text), Command::Doctor)
        .code(1)
        .says("warning: no cluster `chekout` in eu-central-1");
    for line in [
        "credentials\n  ok             arn:aws:sts::111122223333:assumed-role/deploy/ci (account 111122223333)\n",
        "  ok             eu-central-1, by the account file\n",
        "account 111122223333 in eu-central-1\n  missing        the stack tocsin-one is not deployed\n                 \
         next: synth deploy --account one\n",
        "  not looked at  the webhook: its secret is made by a deploy\n",
        "  missing        no bucket of code, tocsin-assets-111122223333-eu-central-1\n",
        "names in the account file\n  ok             in the account: 1\n  missing        not in the account: 1\n",
    ] {
        assert!(ended.printed.contains(line), "{line}\n{}", ended.printed);
    }
    assert_eq!(ended.count("CreateChangeSet"), 0);
}

#[test]
fn what_may_not_be_read_names_the_policy() {
    let cloud = deployed(ONE);
    cloud.lock().denied = vec!["DescribeStacks", "HeadBucket", "ListTopics"];
    let ended = run(&cloud, &Project::new(ONE), Command::Doctor);
    for line in [
        "  not looked at  the stack: CloudFormation DescribeStacks: ",
        "  not looked at  the webhook: the stack, which names its secret, could not be read\n",
        "next: allow it; the whole policy is: synth doctor --account one --policy\n",
        "  not looked at  the bucket of code: S3 HeadBucket: S3 answered 403",
        "  not looked at  topics in eu-central-1: needs `sns:ListTopics`\n",
        "  ok             in the account: 1\n",
    ] {
        assert!(ended.printed.contains(line), "{line}\n{}", ended.printed);
    }
}

/// A program sees no lines of the file: it gets their numbers.
#[test]
fn json_names_what_is_not_in_the_account() {
    let cloud = Cloud::new(World::default());
    let project = Project::new(&ONE.replace("[checkout]", "[chekout]"));
    let ended = run_work(&cloud, None, async |session| {
        doctor(&session, Some(&project.file), "--account one", true).await
    });
    let checks: Json = serde_json::from_str(&ended.code(1).printed).unwrap();
    let checks = checks.as_array().unwrap();
    let names: Vec<&Json> = checks.iter().filter(|it| it["names"].is_array()).collect();
    assert_eq!(names.len(), 1);
    assert_eq!(names[0]["state"], "missing");
    assert_eq!(
        names[0]["names"],
        json!([{ "line": 5, "what": "no cluster `chekout` in eu-central-1", "hint": "did you mean `checkout`?" }])
    );
}
