//! What has gone wrong before, each by its name.

use std::time::Duration;

use crate::{
    cloud::{Cloud, Fault, Planned},
    model::{Ending, World},
    run::{ALARMS, Command, Ended, ONE, Project, check, leftovers, run, settled},
};

pub(crate) const CORE: &str = "tocsin-one";
pub(crate) const REGION: &str = "eu-central-1";

/// A world in which an account file was deployed an hour ago.
pub(crate) fn deployed(text: &str) -> Cloud {
    let cloud = Cloud::new(World::default());
    run(&cloud, &Project::new(text), Command::Deploy).code(0);
    cloud.clock.skip(Duration::from_hours(1));
    let mut state = cloud.lock();
    for stack in state.world.stacks.values_mut().flatten() {
        stack.begun.clear();
    }
    drop(state);
    cloud
}

/// Puts a stack into a status.
pub(crate) fn put(cloud: &Cloud, stack: &str, status: &str) {
    let now = cloud.clock.now();
    let mut state = cloud.lock();
    let stack = state.world.find(REGION, stack, now).unwrap();
    let mut view = stack.last().clone();
    status.clone_into(&mut view.status);
    stack.views.push((now, view));
}

/// The same functions with new code.
pub(crate) fn newer(text: &str) -> Project {
    Project::with_code(text, "2")
}

pub(crate) fn plan(cloud: &Cloud, operation: &str, number: usize, fault: Fault) {
    let calls = &cloud.lock().calls.clone();
    let before = calls.iter().filter(|it| it.operation == operation).count();
    cloud.lock().planned = Some(Planned {
        operation: operation.to_owned(),
        number: before + number,
        fault,
    });
}

pub(crate) fn ends(cloud: &Cloud, endings: &[Ending]) {
    cloud.lock().world.endings = endings.to_vec().into();
}

/// Runs, and lets the check see what became of it.
#[track_caller]
pub(crate) fn checked(cloud: &Cloud, project: &Project, command: Command) -> Ended {
    let ended = run(cloud, project, command);
    let wrong = check(cloud, project, command, &ended);
    assert!(wrong.is_empty(), "{wrong:?}\n{}", ended.said);
    ended
}

#[test]
fn a_late_read_is_not_the_end_of_a_failing_update() {
    for (lag, flaps) in [
        (0.2, false),
        (0.5, false),
        (10.0, false),
        (20.0, true),
        (40.0, false),
    ] {
        for (ending, code) in [
            (Ending::Fails, 5),
            (Ending::Sticks, 6),
            (Ending::Succeeds, 0),
        ] {
            let cloud = deployed(ONE);
            ends(&cloud, &[ending]);
            let mut state = cloud.lock();
            state.world.lag = Duration::from_secs_f64(lag);
            state.world.flaps = flaps;
            drop(state);
            checked(&cloud, &newer(ONE), Command::Deploy).code(code);
        }
    }
}

#[test]
fn a_late_read_is_not_the_end_of_a_deletion() {
    for (ending, code) in [
        (Ending::Succeeds, 0),
        (Ending::GivesUp, 6),
        (Ending::Sticks, 6),
    ] {
        let cloud = deployed(ONE);
        ends(&cloud, &[ending]);
        cloud.lock().world.lag = Duration::from_secs(10);
        checked(&cloud, &Project::new(ONE), Command::Destroy).code(code);
    }
}

#[test]
fn an_abandoned_deletion_is_reported_with_its_reason() {
    for denied in [vec![], vec!["DescribeStackEvents"]] {
        let cloud = deployed(ONE);
        ends(&cloud, &[Ending::GivesUp]);
        cloud.lock().denied = denied;
        checked(&cloud, &Project::new(ONE), Command::Destroy)
            .code(6)
            .says("could not be deleted")
            .says("Export tocsin-x cannot be deleted as it is in use by other");
    }
}

#[test]
fn a_hook_that_speaks_of_no_changes_is_no_success() {
    let reason = "There are no changes allowed on Fridays";
    let cloud = deployed(ONE);
    let details = vec![(
        "Company::Friday::Guard".to_owned(),
        "deploy on Monday".to_owned(),
    )];
    cloud.lock().world.change_set_failures = vec![Some((reason.to_owned(), details))].into();
    checked(&cloud, &newer(ONE), Command::Deploy)
        .code(1)
        .says(reason)
        .says("Company::Friday::Guard: deploy on Monday");
}

#[test]
fn cloudformation_that_finds_nothing_to_change_is_success() {
    let reason = "The submitted information didn't contain changes. Submit different information to create a change set.";
    let cloud = deployed(ONE);
    cloud.lock().world.change_set_failures = vec![Some((reason.to_owned(), Vec::new()))].into();
    let ended = run(&cloud, &newer(ONE), Command::Deploy)
        .code(0)
        .says("tocsin-one: no changes");
    assert_eq!(ended.count("ExecuteChangeSet"), 0);
    assert!(leftovers(&cloud.lock().world).is_empty());
}

#[test]
fn the_result_names_every_stack_and_region() {
    let two = format!("{ONE}{ALARMS}").replace("[eu-central-1]", "[eu-central-1, us-east-1]");
    let cloud = Cloud::new(World::default());
    ends(&cloud, &[Ending::Succeeds, Ending::Fails]);
    let ended = checked(&cloud, &Project::new(&two), Command::Deploy)
        .code(5)
        .says("tocsin-one in eu-central-1           created")
        .says("tocsin-one-alarms-1 in eu-central-1  failed and rolled back")
        .says("tocsin-one in us-east-1              not reached: it is as it was");
    assert!(!ended.said.contains("what was there before still is"));
}

#[test]
fn a_failed_alarm_is_named_with_its_line() {
    let text = format!("{ONE}{ALARMS}");
    let cloud = Cloud::new(World::default());
    ends(&cloud, &[Ending::Succeeds, Ending::Fails]);
    run(&cloud, &Project::new(&text), Command::Deploy)
        .code(5)
        .says("AlarmCpu (`tocsin-one-cpu`, ")
        .says("one.yaml:8): Resource handler returned message: \"the limit is reached\"");
}

#[test]
fn moved_alarms_that_are_gone_are_named_as_gone() {
    let alarms: Vec<String> = (0..8)
        .map(|it| {
            format!("  - {{name: cpu-{it}, metric: AWS/EC2 CPUUtilization, when: \"> 80\"}}\n")
        })
        .collect();
    let alarms = alarms.concat();
    let text = |shards| format!("{ONE}alarm-shards: {shards}\nalarms:\n{alarms}");
    let cloud = deployed(&text(1));
    ends(&cloud, &[Ending::Succeeds, Ending::Fails]);
    run(&cloud, &Project::new(&text(3)), Command::DeployAndMove)
        .code(5)
        .says("tocsin-one-alarms-1 in eu-central-1  changed")
        .says("alarms that are gone until this command has run to its end: tocsin-one-cpu-");
}

#[test]
fn events_of_an_earlier_run_are_neither_news_nor_causes() {
    let cloud = deployed(ONE);
    ends(&cloud, &[Ending::Fails]);
    let failed = run(&cloud, &newer(ONE), Command::Deploy).code(5);
    assert!(failed.said.contains("the limit is reached"));
    cloud.clock.skip(Duration::from_hours(1));
    let again = run(&cloud, &newer(ONE), Command::Deploy).code(0);
    assert!(
        !again.said.contains("the limit is reached"),
        "{}",
        again.said
    );
}

/// Whether a diff finds differences in a status is decided, and so is what a deploy, a destroy and a status end with.
#[test]
fn every_status_has_its_exit_codes() {
    for (status, diff, deploy, destroy, shown) in [
        ("CREATE_COMPLETE", 0, 0, 0, 0),
        ("UPDATE_COMPLETE", 0, 0, 0, 0),
        ("UPDATE_ROLLBACK_COMPLETE", 0, 0, 0, 0),
        ("IMPORT_COMPLETE", 0, 0, 0, 0),
        ("IMPORT_ROLLBACK_COMPLETE", 0, 0, 0, 0),
        ("ROLLBACK_COMPLETE", 3, 0, 0, 0),
        ("CREATE_FAILED", 3, 0, 0, 0),
        ("ROLLBACK_FAILED", 6, 6, 0, 6),
        ("UPDATE_FAILED", 6, 6, 0, 6),
        ("UPDATE_ROLLBACK_FAILED", 6, 6, 0, 6),
        ("IMPORT_ROLLBACK_FAILED", 6, 6, 0, 6),
        ("DELETE_FAILED", 6, 6, 0, 6),
        ("PAUSED_FOR_REVIEW", 6, 6, 0, 6),
    ] {
        for (command, code) in [
            (Command::Diff, diff),
            (Command::Deploy, deploy),
            (Command::Destroy, destroy),
        ] {
            let cloud = deployed(ONE);
            put(&cloud, CORE, status);
            let ended = run(&cloud, &Project::new(ONE), command);
            assert_eq!(
                ended.code,
                Some(code),
                "{status} {command:?}\n{}",
                ended.said
            );
        }
        let condition = synth::deploy::StackStatus::parse(status).condition();
        let is_stuck = synth::commands::status::exit_of_condition(condition) as i32;
        assert_eq!(is_stuck, shown, "{status}");
    }
}

#[test]
fn a_stuck_stack_is_named_with_its_cause_and_the_next_command() {
    let cloud = deployed(ONE);
    ends(&cloud, &[Ending::Sticks]);
    for _ in 0..2 {
        run(&cloud, &newer(ONE), Command::Deploy)
            .code(6)
            .says("is in UPDATE_ROLLBACK_FAILED and requires manual intervention")
            .says("next: aws cloudformation continue-update-rollback --stack-name tocsin-one --region eu-central-1");
    }
}

#[test]
fn an_unknown_status_is_shown_as_it_is() {
    let cloud = deployed(ONE);
    put(&cloud, CORE, "PAUSED_FOR_REVIEW");
    let ended = run(&cloud, &newer(ONE), Command::Deploy)
        .code(6)
        .says("is in PAUSED_FOR_REVIEW, a status that this version of `synth` does not know")
        .says("next: aws cloudformation describe-stacks --stack-name tocsin-one --region eu-central-1");
    assert!(!ended.said.contains("continue-update-rollback"));
}

/// What was waited for is compared again, and what becomes of it is checked.
#[test]
fn a_busy_stack_is_waited_for_and_compared_again() {
    for (status, code) in [("UPDATE_COMPLETE", 0), ("UPDATE_ROLLBACK_FAILED", 6)] {
        let cloud = deployed(ONE);
        put(&cloud, CORE, "UPDATE_IN_PROGRESS");
        let later = cloud.clock.now() + Duration::from_secs(40);
        let mut state = cloud.lock();
        let now = later;
        let stack = state
            .world
            .stacks
            .get_mut(REGION)
            .unwrap()
            .last_mut()
            .unwrap();
        let mut view = stack.last().clone();
        status.clone_into(&mut view.status);
        stack.views.push((now, view));
        drop(state);
        let ended = run(&cloud, &Project::new(ONE), Command::Deploy)
            .code(code)
            .says("UPDATE_IN_PROGRESS goes on; waiting for it");
        assert_eq!(ended.count("ExecuteChangeSet"), 0);
        assert!(
            ended
                .said
                .contains(&format!("tocsin-one in {REGION} ({status})"))
        );
    }
}

#[test]
fn a_stack_that_somebody_deletes_meanwhile_is_no_success() {
    let cloud = Cloud::new(World::default());
    ends(&cloud, &[Ending::IsDeleted]);
    run(&cloud, &Project::new(ONE), Command::Deploy)
        .code(1)
        .says("was deleted by somebody else");
}

#[test]
fn revoked_credentials_are_not_a_failed_deploy() {
    let cloud = deployed(ONE);
    plan(&cloud, "DescribeStackEvents", 1, Fault::Expired);
    checked(&cloud, &newer(ONE), Command::Deploy)
        .code(7)
        .says("contact with AWS was lost while the stack `tocsin-one` in eu-central-1 is being changed")
        .says("refresh your credentials (`aws sso login`)")
        .says("then the same command again waits for it and carries on");
}

#[test]
fn outputs_that_cannot_be_read_do_not_make_a_deploy_fail() {
    let cloud = deployed(ONE);
    plan(
        &cloud,
        "DescribeStackEvents",
        5,
        Fault::Reset(Duration::from_mins(9)),
    );
    checked(&cloud, &newer(ONE), Command::Deploy).code(0);
}

#[test]
fn twelve_minutes_of_trouble_while_watching_change_nothing() {
    for fault in [Fault::Throttled, Fault::Unavailable, Fault::Reset] {
        let cloud = deployed(ONE);
        plan(
            &cloud,
            "DescribeStackEvents",
            1,
            fault(Duration::from_mins(12)),
        );
        checked(&cloud, &newer(ONE), Command::Deploy).code(0);
    }
}

#[test]
fn ctrl_c_between_two_regions_ends_the_run() {
    let two = ONE.replace("[eu-central-1]", "[eu-central-1, us-east-1]");
    let cloud = Cloud::new(World::default());
    plan(&cloud, "CreateChangeSet", 1, Fault::Stop);
    checked(&cloud, &Project::new(&two), Command::Deploy)
        .code(1)
        .says("stopped before the stack `tocsin-one` in us-east-1 was changed")
        .says("tocsin-one in eu-central-1  created");
    assert!(leftovers(&cloud.lock().world).is_empty());
}

#[test]
fn destroy_clears_what_never_came_to_be() {
    // A run that was killed has left a change set and an empty stack.
    let cloud = Cloud::new(World::default());
    plan(&cloud, "DescribeChangeSet", 0, Fault::Kill);
    let project = Project::new(ONE);
    assert_eq!(run(&cloud, &project, Command::Deploy).code, None);
    cloud.mend();
    assert!(!leftovers(&cloud.lock().world).is_empty());
    run(&cloud, &project, Command::Destroy)
        .code(0)
        .says("deleted tocsin-one");
    assert!(settled(&cloud.lock().world).is_empty());
    // A first deploy has failed.
    ends(&cloud, &[Ending::Fails]);
    run(&cloud, &project, Command::Deploy).code(5);
    run(&cloud, &project, Command::Destroy).code(0);
    assert!(settled(&cloud.lock().world).is_empty());
}

#[test]
fn destroy_waits_for_what_goes_on() {
    let cloud = Cloud::new(World::default());
    plan(&cloud, "DescribeStackEvents", 0, Fault::Stop);
    let project = Project::new(ONE);
    run(&cloud, &project, Command::Deploy)
        .code(7)
        .says("CloudFormation goes on with the stack");
    cloud.mend();
    run(&cloud, &project, Command::Destroy)
        .code(0)
        .says("CREATE_IN_PROGRESS goes on; waiting for it");
}

#[test]
fn a_second_ctrl_c_ends_cleaning_up_and_names_what_stays() {
    let cloud = deployed(ONE);
    cloud.lock().meanwhile = Some(("DescribeChangeSet", |state| {
        state.stop();
        state.stop();
    }));
    let ended = checked(&cloud, &newer(ONE), Command::Deploy)
        .code(1)
        .says("left behind: the change set `tocsin-");
    assert!(ended.took < Duration::from_secs(30), "{:?}", ended.took);
    assert!(!leftovers(&cloud.lock().world).is_empty());
}

/// What the account file no longer has is deleted by the ID that was compared.
#[test]
fn a_stack_that_others_have_made_meanwhile_under_the_same_name_stays() {
    let cloud = deployed(&format!("{ONE}{ALARMS}"));
    cloud.lock().meanwhile = Some(("CreateChangeSet", |state| {
        let stacks = state.world.stacks.get_mut("eu-central-1").unwrap();
        let ours = stacks
            .iter_mut()
            .find(|it| it.name == "tocsin-one-alarms-1")
            .unwrap();
        let mut theirs = ours.clone();
        theirs.id.push_str("-theirs");
        let (at, mut gone) = ours.views.last().unwrap().clone();
        "DELETE_COMPLETE".clone_into(&mut gone.status);
        ours.views.push((at, gone));
        stacks.push(theirs);
    }));
    let ended = run(&cloud, &newer(ONE), Command::Deploy).code(0);
    assert_eq!(ended.count("DeleteStack"), 0);
    let state = cloud.lock();
    let stacks = &state.world.stacks["eu-central-1"];
    let theirs = stacks.iter().find(|it| it.id.ends_with("-theirs")).unwrap();
    assert_eq!(theirs.last().status, "CREATE_COMPLETE");
}

/// The stack goes on: nobody should delete what is in it.
#[test]
fn a_deletion_that_was_refused_names_no_command_that_deletes_data() {
    let cloud = deployed(ONE);
    cloud.lock().denied.push("DeleteStack");
    let ended = run(&cloud, &Project::new(ONE), Command::Destroy).code(1);
    assert!(!ended.said.contains("to remove the"), "{}", ended.said);
}
