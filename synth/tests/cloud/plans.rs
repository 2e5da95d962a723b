//! What is shown and asked before anything goes, and what is mended by the way.

use std::{sync::Arc, time::Duration};

use serde_json::Value as Json;

use crate::{
    cloud::Cloud,
    model::{Ending, World},
    named::{CORE, REGION, checked, deployed, ends, newer, put},
    run::{Command, Ended, ONE, Project, is_deployed, leftovers, run, run_with},
};

/// What holds data is named before it goes, and what is left behind, too.
#[test]
fn what_a_failed_create_has_left_is_named_before_it_is_deleted() {
    let cloud = deployed(ONE);
    put(&cloud, CORE, "CREATE_FAILED");
    let project = Project::new(ONE);
    for answers in [Some(&["no"][..]), None] {
        let ended = run_with(&cloud, &project, Command::Deploy, answers)
            .code(if answers.is_some() { 4 } else { 0 })
            .says("its first deploy failed: the stack would be deleted and made again")
            .says("would be deleted, with what is in it: DeadLetters  AWS::SQS::Queue  tocsin-one-DeadLetters-1")
            .says("+ Incidents");
        let asked = "with what is in them, as named above, and deploy?";
        assert_eq!(
            ended.said.contains(asked),
            answers.is_some(),
            "{}",
            ended.said
        );
        assert_eq!(ended.count("DeleteStack"), usize::from(answers.is_none()));
    }
}

#[test]
fn a_protected_stack_is_not_deleted_to_be_made_again() {
    let cloud = deployed(ONE);
    put(&cloud, CORE, "ROLLBACK_COMPLETE");
    cloud.lock().world.stacks.get_mut(REGION).unwrap()[0].protected = true;
    run(&cloud, &Project::new(ONE), Command::Deploy)
        .code(1)
        .says("has termination protection")
        .says("--no-enable-termination-protection");
}

/// A name proves nothing.
#[test]
fn a_stack_of_others_is_left_alone_whatever_it_is_called() {
    for status in ["UPDATE_COMPLETE", "CREATE_FAILED"] {
        for command in [Command::Deploy, Command::Destroy] {
            let cloud = deployed(ONE);
            let mut state = cloud.lock();
            let stack = &mut state.world.stacks.get_mut(REGION).unwrap()[0];
            let (_, view) = stack.views.last_mut().unwrap();
            status.clone_into(&mut view.status);
            let text = view
                .template
                .to_string()
                .replace("\"tocsin-one\"", "\"tocsin-other\"");
            let others: Json = serde_json::from_str(&text).unwrap();
            view.template = Arc::new(others);
            drop(state);
            let ended = run(&cloud, &Project::new(ONE), command)
                .code(1)
                .says("the stack `tocsin-one` in eu-central-1 is not one of the account file's")
                .says("it belongs to the account file of the stack `tocsin-other`");
            assert_eq!(
                ended.count("DeleteStack") + ended.count("CreateChangeSet"),
                0
            );
        }
    }
}

#[test]
fn roles_of_the_account_file_are_taken_on_and_handed_to_cloudformation() {
    let roles = "assume-role: arn:aws:iam::111122223333:role/deployer\n\
                 cloudformation-role: arn:aws:iam::111122223333:role/cloudformation\n";
    let project = Project::new(&format!("{ONE}{roles}"));
    let cloud = Cloud::new(World::default());
    for command in [Command::Deploy, Command::Destroy] {
        let ended = run(&cloud, &project, command).code(0);
        let roles = |operation: &str| -> Vec<Option<String>> {
            let calls = ended.calls.iter().filter(|it| it.operation == operation);
            calls.map(|it| it.role.clone()).collect()
        };
        let deployer = Some("arn:aws:iam::111122223333:role/deployer".to_owned());
        assert!(!roles("AssumeRole").is_empty());
        assert!(roles("AssumeRole").iter().all(|it| *it == deployer));
        let operation = if command == Command::Deploy {
            "CreateChangeSet"
        } else {
            "DeleteStack"
        };
        let cloudformation = Some("arn:aws:iam::111122223333:role/cloudformation".to_owned());
        assert_eq!(roles(operation), [cloudformation]);
    }
}

#[test]
fn a_half_made_bucket_is_mended_by_the_next_deploy() {
    let cloud = deployed(ONE);
    for bucket in cloud.lock().world.buckets.values_mut() {
        bucket.closed = false;
        bucket.policy =
            Some("{\"Statement\":[{\"Sid\":\"Theirs\",\"Effect\":\"Deny\"}]}".to_owned());
        bucket.lifecycle = None;
    }
    checked(&cloud, &newer(ONE), Command::Deploy).code(0);
    let state = cloud.lock();
    let bucket = state.world.buckets.values().next().unwrap();
    let policy = bucket.policy.as_ref().unwrap();
    assert!(bucket.closed && bucket.lifecycle.is_some());
    assert!(
        policy.contains("OnlyOverTls") && policy.contains("Theirs"),
        "{policy}"
    );
}

#[test]
fn a_change_set_that_is_never_made_is_taken_away() {
    let cloud = Cloud::new(World::default());
    cloud.lock().world.change_sets_stay_pending = true;
    let ended = run(&cloud, &Project::new(ONE), Command::Deploy)
        .code(1)
        .says("CloudFormation has not finished making it within 15 minutes")
        .says("left behind: the change set")
        .says("remove it with: aws cloudformation delete-change-set");
    assert!(ended.took < Duration::from_mins(30));
}

#[test]
fn an_operation_that_never_ends_is_not_watched_for_ever() {
    let cloud = deployed(ONE);
    ends(&cloud, &[Ending::NeverEnds]);
    let ended = run(&cloud, &newer(ONE), Command::Deploy)
        .code(7)
        .says("more than three hours");
    assert!(ended.said.contains("still running after"));
}

/// CloudFormation knows more than the template: what holds data goes only after a question that names it.
#[test]
fn what_cloudformation_would_replace_beyond_the_comparison_is_asked_about() {
    for (answers, code) in [
        (None, 4),
        (Some(&["y", "no"][..]), 4),
        (Some(&["y", "y", "y"][..]), 0),
    ] {
        let cloud = deployed(ONE);
        let mut state = cloud.lock();
        state.world.replaces = Some("DeadLetters".to_owned());
        drop(state);
        let mut project = newer(ONE);
        project.stacks =
            Project::new(&ONE.replace("ops-topic: ops", "ops-topic: ops\ntags: {team: x}")).stacks;
        let ended = run_with(&cloud, &project, Command::Deploy, answers).code(code);
        assert_eq!(
            ended.count("ExecuteChangeSet"),
            usize::from(code == 0),
            "{}",
            ended.said
        );
        assert!(
            ended
                .said
                .contains("DeadLetters (AWS::SQS::Queue), which the comparison does not show")
        );
        assert!(leftovers(&cloud.lock().world).is_empty());
    }
}

#[test]
fn a_refused_look_into_the_bucket_names_what_is_missing() {
    let cloud = deployed(ONE);
    cloud.lock().denied = vec!["HeadBucket"];
    run(&cloud, &newer(ONE), Command::Deploy)
        .code(1)
        .says("S3 HeadBucket: S3 answered 403 for the bucket `tocsin-assets-111122223333-eu-central-1`: the credentials \
               lack `s3:ListBucket` on it, or it belongs to another account");
}

#[test]
fn what_can_be_read_of_a_status_is_shown() {
    let cloud = deployed(ONE);
    cloud.lock().denied = vec!["DescribeStacks"];
    let ended = run(&cloud, &Project::new(ONE), Command::Status)
        .code(1)
        .says("not everything could be read");
    for line in [
        "stack         tocsin-one  could not be read",
        "not read      the stack `tocsin-one` in eu-central-1: CloudFormation DescribeStacks",
        "not read      the alarms on the pipeline in eu-central-1: CloudWatch DescribeAlarms",
    ] {
        assert!(ended.printed.contains(line), "{}", ended.printed);
    }
}

#[test]
fn a_deploy_needs_to_know_the_account() {
    let cloud = Cloud::new(World::default());
    let text = ONE.replace("account: \"111122223333\"\n", "");
    let ended = run(&cloud, &Project::new(&text), Command::Deploy)
        .code(2)
        .says("a deploy needs to know which account it is for")
        .says("add the account's twelve digits");
    assert!(ended.calls.is_empty());
}

#[test]
fn account_region_and_identity_are_shown_before_the_question() {
    let cloud = Cloud::new(World::default());
    let ended = run_with(&cloud, &Project::new(ONE), Command::Deploy, Some(&["no"])).code(4);
    let identity = ended.said.find(
        "account 111122223333 in eu-central-1, as arn:aws:sts::111122223333:assumed-role/deploy/ci",
    );
    let question = ended.said.find("Deploy these changes? [y/N]");
    assert!(identity.unwrap() < question.unwrap(), "{}", ended.said);
}

#[test]
fn a_deploy_makes_few_calls() {
    let first = Cloud::new(World::default());
    let looks = |ended: &Ended| ended.count("ListClusters") + ended.count("ListTopics");
    let calls = |ended: &Ended| ended.calls.len() - looks(ended);
    let created = run(&first, &Project::new(ONE), Command::Deploy).code(0);
    let cloud = deployed(ONE);
    let changed = run(&cloud, &newer(ONE), Command::Deploy).code(0);
    let property = deployed(ONE);
    let text = format!("{ONE}limits: {{investigations-per-day: 11}}\n");
    let property = run(&property, &Project::new(&text), Command::Deploy).code(0);
    let unchanged = deployed(ONE);
    unchanged.lock().world.long_gone = 2_000;
    let unchanged = run(&unchanged, &Project::new(ONE), Command::Deploy).code(0);
    let counts = [&created, &changed, &property, &unchanged].map(calls);
    assert!(
        counts
            .iter()
            .zip([55, 29, 18, 4])
            .all(|(count, most)| *count <= most),
        "{counts:?}"
    );
    // The file names a cluster and a topic.
    for ended in [&created, &changed, &unchanged] {
        assert_eq!(looks(ended), 2);
    }
    // Code that is deployed is neither looked for nor sent again.
    assert_eq!(
        property.count("HeadObject") + property.count("PutObject"),
        0
    );
    assert!(changed.count("PutObject") > 0);
    assert!(is_deployed(&cloud.lock().world, &newer(ONE)));
}
