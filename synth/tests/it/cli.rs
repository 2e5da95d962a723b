//! What needs no AWS.

use std::fs;

use serde_json::Value as Json;

use crate::support::{Run, project, root};

const ACCOUNT: &str = "name: small\nclusters: [checkout]\nops-topic: ops\n";

#[test]
fn without_arguments_it_explains_itself() {
    Run::new(&[]).end().code(2).says("Usage: synth <COMMAND>");
    Run::new(&["--help"]).end().code(0).prints("Exit codes:");
    Run::new(&["generate"])
        .end()
        .code(2)
        .says("--account <NAME>");
    Run::new(&["generate", "--account", "a", "--config", "b"])
        .end()
        .code(2);
}

#[test]
fn generate_writes_templates_and_says_where() {
    let project = project("small", ACCOUNT);
    let ended = Run::inside(project.path(), &["generate", "--account", "small"])
        .end()
        .code(0);
    assert_eq!(
        ended.stdout,
        "target/stacks/small/tocsin-small.template.json\ntarget/stacks/small/manifest.json\n"
    );
    let first = fs::read(
        project
            .path()
            .join("target/stacks/small/tocsin-small.template.json"),
    )
    .unwrap();
    serde_json::from_slice::<Json>(&first).unwrap();

    let again = ["generate", "--account", "small", "--out", "out", "--json"];
    let ended = Run::inside(project.path(), &again).end().code(0);
    let manifest: Json = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(
        manifest["stacks"][0]["parameters"]["EcsCodeKey"]["zip"],
        "ecs.zip"
    );
    assert_eq!(
        fs::read(project.path().join("out/tocsin-small.template.json")).unwrap(),
        first
    );
}

const EVERYTHING: &str = r#"
name: all
ops-topic: ops
regions: [eu-central-1, us-east-1]
clusters:
  - {name: checkout, priority: CRITICAL, ignore-services: [canary-*]}
  - team-a-*
alarms:
  - name: errors
    metric: AWS/ApplicationELB HTTPCode_Target_5XX_Count
    statistic: Sum
    when: "> 25 for 3 of 5 minutes"
    regions: [eu-central-1]
  - {name: cpu, metric: AWS/ECS CPUUtilization, when: above normal for 15 minutes, incident: false}
  - {name: down, composite: cpu and existing(disk), priority: CRITICAL}
watched-alarms: ["*", "!TargetTracking-*"]
pipelines: [release-*]
events:
  - {name: orders, title: "The order {detail.order} failed", pattern: {source: [shop]}, priority: LOW}
"#;

#[test]
fn list_shows_what_is_watched() {
    let project = project("all", EVERYTHING);
    let list = ["list", "--account", "all"];
    let ended = Run::inside(project.path(), &list).end().code(0);
    assert_eq!(
        ended.stdout,
        "\
KIND       NAME              PRIORITY  REGIONS       WHAT
cluster    checkout          CRITICAL  all           without the services canary-*
cluster    team-a-*          -         all
alarm      errors            HIGH      eu-central-1  Sum of AWS/ApplicationELB HTTPCode_Target_5XX_Count > 25, in 3 of 5 periods of 60 s
alarm      cpu               HIGH      all           Average of AWS/ECS CPUUtilization above normal by 2 deviations, in 15 of 15 periods of 60 s (for composites only)
composite  down              CRITICAL  all           by the states of cpu, disk
watched    *                 HIGH      all           existing alarms, at most HIGH
excepted   TargetTracking-*  -         all           existing alarms that are not watched
pipeline   release-*         HIGH      all           executions that fail
rule       orders            LOW       all           The order {detail.order} failed
"
    );
    let ended = Run::inside(project.path(), &[&list[..], &["--json"]].concat()).end();
    let rows: Json = serde_json::from_str(&ended.code(0).stdout).unwrap();
    assert_eq!(rows[2]["regions"], serde_json::json!(["eu-central-1"]));
    assert_eq!(rows[1]["priority"], Json::Null);
}

#[test]
fn several_accounts_come_one_after_the_other() {
    let project = project("small", ACCOUNT);
    let accounts = project.path().join("accounts");
    fs::write(
        accounts.join("broken.yaml"),
        "name: broken\nregions: [here]\n",
    )
    .unwrap();
    let list = ["list", "--account", "broken", "--account", "small"];
    Run::inside(project.path(), &list)
        .end()
        .code(2)
        .says("== broken")
        .says("`here` is not a region")
        .says("== small")
        .prints("cluster  checkout");
    let all = Run::inside(project.path(), &["list", "--all"])
        .end()
        .code(2);
    assert!(all.stdout.contains("cluster  checkout"), "{}", all.stdout);
    Run::inside(project.path(), &["deploy", "--all", "--yes"])
        .end()
        .code(2)
        .says("not begun: small");
    let follow = ["history", "--all", "--follow"];
    Run::inside(project.path(), &follow)
        .end()
        .code(2)
        .says("`--follow` goes with one account at a time");
    Run::inside(project.path(), &["list", "--all", "--account", "small"])
        .end()
        .code(2);
}

#[test]
fn generate_writes_yaml_that_says_the_same() {
    let project = project("small", ACCOUNT);
    let yaml = ["generate", "--account", "small", "--format", "yaml"];
    Run::inside(project.path(), &yaml)
        .end()
        .code(0)
        .prints("tocsin-small.template.yaml");
    let text = fs::read_to_string(
        project
            .path()
            .join("target/stacks/small/tocsin-small.template.yaml"),
    )
    .unwrap();
    assert!(
        text.contains("AWSTemplateFormatVersion: \"2010-09-09\""),
        "a date must stay a text"
    );
}

#[test]
fn a_stack_that_is_gone_leaves_no_template() {
    let project = project(
        "small",
        &format!(
            "{ACCOUNT}alarms:\n  - {{name: a, metric: AWS/EC2 CPUUtilization, when: \"> 80\"}}\n"
        ),
    );
    let generate = ["generate", "--account", "small"];
    Run::inside(project.path(), &generate)
        .end()
        .code(0)
        .prints("alarms-1");
    fs::write(project.path().join("accounts/small.yaml"), ACCOUNT).unwrap();
    Run::inside(project.path(), &generate).end().code(0);
    let gone = project
        .path()
        .join("target/stacks/small/tocsin-small-alarms-1.template.json");
    assert!(!gone.exists());
}

#[test]
fn a_wrong_account_file_writes_nothing() {
    let project = project(
        "small",
        "name: small\nclustres: [checkout]\nregions: [nowhere]\n",
    );
    Run::inside(project.path(), &["generate", "--account", "small"])
        .end()
        .code(2)
        .says("accounts/small.yaml:2:1")
        .says("hint: did you mean `clusters`?")
        .says("accounts/small.yaml:3:11")
        .says("error: 2 problems in `accounts/small.yaml`; nothing was written");
    assert!(!project.path().join("target").exists());
}

#[test]
fn the_file_and_the_name_in_it_must_agree() {
    let project = project("prod", "name: staging\n");
    Run::inside(project.path(), &["generate", "--account", "prod"])
        .end()
        .code(2)
        .says("the name `staging` is not that of the file, `prod`");
    // A file by its path may be called anything.
    Run::inside(
        project.path(),
        &["generate", "--config", "accounts/prod.yaml"],
    )
    .end()
    .code(0);
}

#[test]
fn an_unknown_account_is_told_the_known_ones() {
    let project = project("small", ACCOUNT);
    Run::inside(project.path(), &["generate", "--account", "large"])
        .end()
        .code(2)
        .says("failed to read `accounts/large.yaml`")
        .says("hint: accounts here: small");
}

#[test]
fn the_schema_is_the_committed_one() {
    let committed = fs::read_to_string(root().join("config.schema.json")).unwrap();
    assert_eq!(Run::new(&["schema"]).end().code(0).stdout, committed);
}

#[test]
fn completions_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        Run::new(&["completions", shell])
            .end()
            .code(0)
            .prints("deploy");
    }
}

#[test]
fn nothing_is_coloured_without_a_terminal() {
    let project = project("small", "name: small\nclustres: []\n");
    let ended = Run::inside(project.path(), &["generate", "--account", "small"]).end();
    assert!(!ended.stderr.contains('\u{1b}'), "{}", ended.stderr);
}

#[test]
fn a_deploy_needs_built_functions() {
    let project = project("small", ACCOUNT);
    Run::inside(project.path(), &["deploy", "--account", "small", "--yes"])
        .end()
        .code(1)
        .says("failed to read `target/functions/arm64/alarm.zip`")
        .says("hint: build the functions first");
}

#[test]
fn without_credentials_it_says_what_to_do() {
    let project = project("small", &format!("{ACCOUNT}regions: [eu-central-1]\n"));
    Run::inside(project.path(), &["status", "--account", "small"])
        .end()
        .code(1)
        .says("STS GetCallerIdentity")
        .says("hint: aws configure sso");
    let nowhere = self::project("small", ACCOUNT);
    Run::inside(nowhere.path(), &["status", "--account", "small"])
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .end()
        .code(2)
        .says("no region")
        .says("hint: add `regions: [eu-central-1]`");
}

#[test]
fn the_webhook_is_checked_before_anything_is_called() {
    let project = project("small", &format!("{ACCOUNT}regions: [eu-central-1]\n"));
    let set = ["webhook", "set", "--account", "small"];
    for (input, message) in [
        ("", "the webhook was not set: the secret is empty"),
        ("planted", "the secret is not a JSON object"),
        (
            r#"{"url":"https://evil.example.com/planted","secret":"planted"}"#,
            "the host `evil.example.com` is not one of AWS DevOps Agent",
        ),
        (
            r#"{"url":"https://event-ai.eu-central-1.api.aws/planted","Secret":"planted"}"#,
            "the secret has no key `secret` or `apiKey`",
        ),
    ] {
        let ended = Run::inside(project.path(), &set)
            .input(input)
            .end()
            .code(2)
            .says(message);
        assert!(!ended.stderr.contains("planted") && !ended.stdout.contains("planted"));
    }
}

/// There will be more regions than are known here, so it goes on to AWS, where it fails.
#[test]
fn a_region_that_the_agent_is_not_in_is_warned_of() {
    let project = project("small", &format!("{ACCOUNT}regions: [eu-central-1]\n"));
    let set = ["webhook", "set", "--account", "small"];
    for (region, warned) in [("eu-central-1", false), ("eu-central-11", true)] {
        let value =
            format!(r#"{{"url":"https://event-ai.{region}.api.aws/planted","apiKey":"planted"}}"#);
        let ended = Run::inside(project.path(), &set)
            .input(&value)
            .end()
            .code(1)
            .says("STS GetCallerIdentity");
        let warning = "warning: AWS DevOps Agent is not known to be in `eu-central-11`";
        assert_eq!(ended.stderr.contains(warning), warned, "{}", ended.stderr);
        assert!(!ended.stderr.contains("planted"));
    }
}
