//! Deploys that do not go well: what `synth` says, and what it ends with.

use std::{collections::BTreeMap, os::unix::fs::symlink};

use crate::{
    fake_aws::{FakeAws, Script},
    support::{Ended, Run, local_aws, project, root},
};

/// Runs a command on an account with one stack.
async fn run(fake: &FakeAws, arguments: &[&str]) -> Option<Ended> {
    // The functions' zips are all that is needed of what the local AWS comes with.
    local_aws()?;
    let project = project(
        "fake",
        "name: fake\nregions: [eu-central-1]\narchitecture: host\nops-topic: ops\n",
    );
    std::fs::create_dir(project.path().join("target")).unwrap();
    symlink(
        root().join("target/functions"),
        project.path().join("target/functions"),
    )
    .unwrap();
    let run = Run::inside(project.path(), arguments)
        .env("AWS_ENDPOINT_URL", &fake.endpoint)
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test");
    Some(tokio::task::spawn_blocking(|| run.end()).await.unwrap())
}

const DEPLOY: [&str; 4] = ["deploy", "--account", "fake", "--yes"];

#[tokio::test]
async fn a_rollback_says_what_failed_first() {
    let fake = FakeAws::play(Script {
        before: vec!["UPDATE_COMPLETE"],
        after: vec![
            "UPDATE_IN_PROGRESS",
            "UPDATE_ROLLBACK_IN_PROGRESS",
            "UPDATE_ROLLBACK_COMPLETE",
        ],
        events: vec![
            ("Other", "UPDATE_FAILED", "Resource update cancelled"),
            (
                "DeliverFunction",
                "UPDATE_FAILED",
                "The role cannot be assumed by Lambda",
            ),
        ],
        ..Script::default()
    })
    .await;
    let Some(ended) = run(&fake, &DEPLOY).await else {
        return;
    };
    let ended = ended
        .code(5)
        .says("error: the stack `tocsin-fake` was rolled back (UPDATE_ROLLBACK_COMPLETE)")
        .says("DeliverFunction: The role cannot be assumed by Lambda")
        .says("hint: mend the cause and deploy again");
    assert!(
        !ended.stderr.contains("\n  Other: "),
        "what was only cancelled explains nothing"
    );
}

#[tokio::test]
async fn a_stuck_stack_needs_a_person_before_and_after() {
    for script in [
        Script {
            before: vec!["UPDATE_ROLLBACK_FAILED"],
            ..Script::default()
        },
        Script {
            before: vec!["UPDATE_COMPLETE"],
            after: vec!["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_FAILED"],
            ..Script::default()
        },
    ] {
        let fake = FakeAws::play(script).await;
        let Some(ended) = run(&fake, &DEPLOY).await else {
            return;
        };
        ended.code(6).says("is in UPDATE_ROLLBACK_FAILED and needs a person").says(
            "next: aws cloudformation continue-update-rollback --stack-name tocsin-fake --region eu-central-1",
        );
    }
}

/// Before and after, a status that is not known stays so: no command is advised that belongs to another.
#[tokio::test]
async fn an_unknown_status_is_shown_as_it_is() {
    for script in [
        Script {
            before: vec!["PAUSED_FOR_REVIEW"],
            ..Script::default()
        },
        Script {
            before: vec!["UPDATE_COMPLETE"],
            after: vec!["PAUSING_IN_PROGRESS", "PAUSED_FOR_REVIEW"],
            ..Script::default()
        },
    ] {
        let fake = FakeAws::play(script).await;
        let Some(ended) = run(&fake, &DEPLOY).await else {
            return;
        };
        let ended = ended
            .code(6)
            .says("is in PAUSED_FOR_REVIEW, a status that this version of `synth` does not know")
            .says("next: aws cloudformation describe-stacks --stack-name tocsin-fake --region eu-central-1");
        assert!(!ended.stderr.contains("continue-update-rollback"));
    }
}

#[tokio::test]
async fn lost_credentials_are_not_a_failed_deploy() {
    let fake = FakeAws::play(Script {
        before: vec!["UPDATE_COMPLETE"],
        after: vec!["UPDATE_IN_PROGRESS"],
        // The plan, the change set's check, and then the first look at the deploy.
        errors: BTreeMap::from([(3, "ExpiredToken")]),
        ..Script::default()
    })
    .await;
    let Some(ended) = run(&fake, &DEPLOY).await else {
        return;
    };
    ended
        .code(7)
        .says("contact with AWS was lost while the stack `tocsin-fake` is being deployed")
        .says("hint: the same command again waits for it and carries on");
}

#[tokio::test]
async fn throttled_watching_never_decides_the_verdict() {
    let fake = FakeAws::play(Script {
        before: vec!["UPDATE_COMPLETE"],
        after: vec!["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"],
        event_error: Some("Throttling"),
        ..Script::default()
    })
    .await;
    let Some(ended) = run(&fake, &DEPLOY).await else {
        return;
    };
    ended.code(0).says("deployed");
}

#[tokio::test]
async fn what_goes_on_is_waited_for() {
    let fake = FakeAws::play(Script {
        before: vec![
            "UPDATE_IN_PROGRESS",
            "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
            "UPDATE_COMPLETE",
        ],
        after: vec!["UPDATE_COMPLETE"],
        ..Script::default()
    })
    .await;
    let Some(ended) = run(&fake, &DEPLOY).await else {
        return;
    };
    ended
        .code(0)
        .says("UPDATE_IN_PROGRESS goes on; waiting for it");
}

#[tokio::test]
async fn a_stack_that_was_never_born_is_made_anew() {
    let fake = FakeAws::play(Script {
        before: vec!["ROLLBACK_COMPLETE"],
        after: vec!["DELETE_COMPLETE", "CREATE_COMPLETE"],
        ..Script::default()
    })
    .await;
    let Some(ended) = run(&fake, &DEPLOY).await else {
        return;
    };
    ended
        .code(0)
        .says("its first deploy failed (ROLLBACK_COMPLETE); deleting what is left of it");
    assert_eq!(fake.count("DeleteStack"), 1);
}

#[tokio::test]
async fn a_failed_change_set_is_taken_away() {
    let fake = FakeAws::play(Script {
        before: vec!["UPDATE_COMPLETE"],
        change_set_fails: Some("Template error: unresolved resource dependencies"),
        ..Script::default()
    })
    .await;
    let Some(ended) = run(&fake, &DEPLOY).await else {
        return;
    };
    ended
        .code(1)
        .says("failed: Template error: unresolved resource dependencies");
    assert_eq!(
        (
            fake.count("DeleteChangeSet"),
            fake.count("ExecuteChangeSet")
        ),
        (1, 0)
    );
}

#[tokio::test]
async fn nothing_to_change_is_success() {
    let fake = FakeAws::play(Script {
        before: vec!["UPDATE_COMPLETE"],
        change_set_fails: Some("The submitted information didn&apos;t contain changes."),
        ..Script::default()
    })
    .await;
    let Some(ended) = run(&fake, &DEPLOY).await else {
        return;
    };
    ended.code(0).says("tocsin-fake: no changes");
    assert_eq!(fake.count("DeleteChangeSet"), 1);
}

/// S3 answers `HEAD` without a body, so a refusal has no words of its own.
#[tokio::test]
async fn a_refused_look_into_the_bucket_names_what_is_missing() {
    let bucket = "`tocsin-assets-000000000000-eu-central-1`";
    for (heads, expected) in [
        (
            (Some(403), None),
            format!(
                "S3 HeadBucket: S3 answered 403 for the bucket {bucket}: the credentials lack \
                 `s3:ListBucket` on it, or it belongs to another account"
            ),
        ),
        (
            (Some(301), None),
            format!("S3 answered 301 for the bucket {bucket}: it is in another region"),
        ),
        (
            (None, Some(403)),
            format!(
                ".zip` in the bucket {bucket}: the credentials lack `s3:GetObject` on it or \
                 `s3:ListBucket` on the bucket, or the bucket belongs to another account"
            ),
        ),
        (
            (None, Some(400)),
            ": the request or the credentials are not valid".to_owned(),
        ),
    ] {
        let fake = FakeAws::play(Script {
            before: vec!["UPDATE_COMPLETE"],
            heads,
            ..Script::default()
        })
        .await;
        let Some(ended) = run(&fake, &DEPLOY).await else {
            return;
        };
        ended.code(1).says(&expected);
        assert_eq!(fake.count("ExecuteChangeSet"), 0);
    }
}
