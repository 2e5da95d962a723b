use contract::{IncidentId, Limits, MitigationSettings, NoticeSettings, Priority};
use futures_util::FutureExt as _;
use jiff::SignedDuration;
use serde_json::{Value as Json, json};

use super::{
    at, record,
    world::{World, completed, incident, world},
};
use crate::{
    ledger::{Finding, Investigation, MitigationStage, Status},
    result::{Mitigate, Origin, Patience, ResultError, Step},
};

fn settings() -> MitigationSettings {
    MitigationSettings {
        account: "prod".to_owned(),
        from: Priority::High,
        limits: Limits::new(6, 24),
    }
}

fn id() -> IncidentId {
    incident(Priority::High).id().clone()
}

/// Does what is to be done next with these limits, for what the ledger knows.
fn go_on_with(world: &World, settings: &MitigationSettings) -> Result<Step, ResultError> {
    let notices = NoticeSettings {
        account: "prod".to_owned(),
        chat: false,
        from: Priority::High,
    };
    let mitigate = Mitigate {
        agent: world,
        store: world,
        clock: world,
        bus: world,
        topic: Some((world, &notices)),
        settings,
        origin: Origin {
            account: "prod",
            space: &world.space,
        },
        patience: Patience::USUAL,
    };
    let known = world.known(&id()).unwrap();
    mitigate.go_on(&known).now_or_never().unwrap()
}

fn go_on(world: &World) -> Result<Step, ResultError> {
    go_on_with(world, &settings())
}

/// A root cause is in the ledger, of which the report has this priority.
fn found(priority: Priority) -> World {
    let world = world(priority, |_| {});
    completed(&world);
    world.task().unwrap();
    world
}

fn change(world: &World, change: impl FnOnce(&mut Investigation)) {
    world.change(&id(), change);
}

/// The execution that writes the plan, and what it wrote.
fn plan(world: &World, status: &str, text: Option<&str>) {
    world.executions.borrow_mut().push(json!({
        "executionId": "exe-mitigation-1",
        "agentType": "mitigation",
        "executionStatus": status,
        "createdAt": at("2026-05-14T08:01:00Z").as_second(),
        "updatedAt": at("2026-05-14T08:04:00Z").as_second(),
    }));
    world.records.borrow_mut().extend(text.map(written));
}

fn written(text: &str) -> Json {
    let mut it = record("mitigation_summary_md", "2026-05-14T08:04:00Z", &json!(0));
    it["content"] = json!(text);
    it
}

fn pass(world: &World, minutes: i64) {
    let now = world.now.get() + SignedDuration::from_mins(minutes);
    world.now.set(now);
}

fn stage(world: &World) -> Option<MitigationStage> {
    Some(world.known(&id())?.mitigation?.stage)
}

const PLAN: &str = "# Plan\n\n1. Roll back the deployment";

#[test]
fn a_root_cause_is_asked_about_once_and_takes_a_slot() {
    let world = found(Priority::High);
    let before = world.day().used();
    assert_eq!(go_on(&world).unwrap(), Step::Asked);
    assert_eq!(world.day().used(), before + 1);
    // Completed comes again, also later.
    for minutes in [0, 5, 60] {
        pass(&world, minutes);
        world.task().unwrap();
        assert_eq!(go_on(&world).unwrap(), Step::Nothing);
    }
    assert_eq!(world.plans_asked.get(), 1);
    assert_eq!(world.day().used(), before + 1);
}

#[test]
fn nothing_else_is_asked_about() {
    let below = found(Priority::Medium);
    let cause = found(Priority::High);
    change(&cause, |it| {
        it.verdict.as_mut().unwrap().finding = Finding::Cause;
    });
    let failed = found(Priority::High);
    change(&failed, |it| it.status = Status::Failed);
    let linked = found(Priority::High);
    change(&linked, |it| it.status = Status::Linked);
    let old = found(Priority::High);
    pass(&old, 24 * 60);
    for world in [below, cause, failed, linked, old] {
        assert_eq!(go_on(&world).unwrap(), Step::Nothing);
        assert_eq!((world.plans_asked.get(), stage(&world)), (0, None));
    }
}

#[test]
fn over_the_budget_nothing_is_asked_for() {
    let world = found(Priority::High);
    let used_up = MitigationSettings {
        limits: Limits::new(1, 1),
        ..settings()
    };
    assert_eq!(go_on_with(&world, &used_up).unwrap(), Step::OverBudget);
    // A free slot comes too late: it would be a plan for something old.
    assert_eq!(go_on(&world).unwrap(), Step::Nothing);
    assert_eq!(world.plans_asked.get(), 0);
    // What is always sent has slots of its own.
    let critical = found(Priority::Critical);
    assert_eq!(go_on_with(&critical, &used_up).unwrap(), Step::Asked);
}

#[test]
fn a_request_without_an_answer_is_made_again_with_the_same_slot() {
    let world = found(Priority::High);
    let before = world.day().used();
    world.broken.set(Some("UpdateBacklogTask"));
    assert!(matches!(go_on(&world), Err(ResultError::Agent(_))));
    world.broken.set(None);
    // It may be another invocation's that goes on.
    assert_eq!(go_on(&world).unwrap(), Step::Nothing);
    pass(&world, 3);
    assert_eq!(go_on(&world).unwrap(), Step::Asked);
    assert_eq!(world.day().used(), before + 1);
}

#[test]
fn what_the_agent_refuses_is_not_asked_for_again() {
    for (error, step) in [
        ("ValidationException", Step::Refused),
        ("ServiceQuotaExceededException", Step::Refused),
        // Somebody has asked for it already.
        ("ConflictException", Step::Asked),
    ] {
        let world = found(Priority::High);
        world.refuses.set(Some(error));
        assert_eq!(go_on(&world).unwrap(), step, "{error}");
        world.refuses.set(None);
        pass(&world, 30);
        assert_eq!(go_on(&world).unwrap(), Step::Nothing, "{error}");
        assert_eq!(world.plans_asked.get(), 0);
    }
    // A permission that is missing can be given.
    let world = found(Priority::High);
    world.refuses.set(Some("AccessDeniedException"));
    assert!(matches!(go_on(&world), Err(ResultError::Agent(_))));
    world.refuses.set(None);
    pass(&world, 3);
    assert_eq!(go_on(&world).unwrap(), Step::Asked);
}

#[test]
fn a_plan_is_handed_on_once() {
    let world = found(Priority::High);
    go_on(&world).unwrap();
    plan(&world, "RUNNING", None);
    assert_eq!(go_on(&world).unwrap(), Step::Nothing);
    world.executions.borrow_mut().pop();
    plan(&world, "STOPPED", Some(PLAN));
    assert_eq!(go_on(&world).unwrap(), Step::HandedOn);
    let events = world.events.take();
    let [event] = events.as_slice() else {
        panic!("{events:?}");
    };
    assert_eq!(event.detail_type, "Mitigation Ready");
    let expected = json!({
        "version": "1",
        "account": "prod",
        "incidentId": id(),
        "group": { "key": world.window().key.group, "name": "shop" },
        "priority": "HIGH",
        "agentSpace": { "id": "space", "region": "us-east-1" },
        "task": "task-1",
        "link": "https://space.aidevops.global.app.aws/investigation/task-1",
        "writtenBy": "AWS DevOps Agent: a language model, steered by text from events",
        "plan": PLAN,
        "planIsCut": false,
    });
    assert_eq!(event.detail, expected);
    let published = world.published.take();
    let [message] = published.as_slice() else {
        panic!("{published:?}");
    };
    assert_eq!(message.subject, "[prod] Mitigation plan ready: shop");
    assert!(message.body.contains("Nobody has carried the plan out."));
    assert!(
        message
            .attributes
            .contains(&("event", "mitigation".to_owned()))
    );
    for minutes in [0, 5, 60] {
        pass(&world, minutes);
        assert_eq!(go_on(&world).unwrap(), Step::Nothing);
    }
    assert!(world.events.take().is_empty() && world.published.take().is_empty());
}

/// The plan has been seen in the journal of the investigation, too.
#[test]
fn a_plan_in_the_journal_of_the_investigation_is_found() {
    let world = found(Priority::High);
    go_on(&world).unwrap();
    assert_eq!(go_on(&world).unwrap(), Step::Nothing);
    world.records.borrow_mut().push(written(PLAN));
    assert_eq!(go_on(&world).unwrap(), Step::HandedOn);
}

#[test]
fn a_plan_that_cannot_be_read_is_asked_for_again_for_a_day() {
    let world = found(Priority::High);
    go_on(&world).unwrap();
    plan(&world, "STOPPED", None);
    let before = world.now.get();
    assert!(matches!(go_on(&world), Err(ResultError::NoPlan)));
    let waited = world.now.get().duration_since(before);
    assert_eq!(waited, SignedDuration::from_secs(15));
    pass(&world, 24 * 60);
    assert_eq!(go_on(&world).unwrap(), Step::NoPlan);
    assert_eq!(go_on(&world).unwrap(), Step::Nothing);

    let failed = found(Priority::High);
    go_on(&failed).unwrap();
    plan(&failed, "FAILED", None);
    assert_eq!(go_on(&failed).unwrap(), Step::NoPlan);
}

#[test]
fn what_could_not_be_handed_on_is_handed_on_later() {
    let world = found(Priority::High);
    go_on(&world).unwrap();
    plan(&world, "STOPPED", Some(PLAN));
    world.broken.set(Some("PutEvents"));
    assert!(matches!(go_on(&world), Err(ResultError::Bus(_))));
    world.broken.set(Some("Publish"));
    pass(&world, 3);
    assert!(matches!(go_on(&world), Err(ResultError::Topic(_))));
    assert_eq!(stage(&world), Some(MitigationStage::HandedOn));
    world.broken.set(None);
    pass(&world, 3);
    assert_eq!(go_on(&world).unwrap(), Step::HandedOn);
    assert_eq!(world.events.take().len(), 1);
    assert_eq!(world.published.take().len(), 1);
}

/// What the agent wrote is foreign text: it shows nobody a secret, and does nothing where people read it.
#[test]
fn a_plan_is_withheld_and_inert() {
    let world = found(Priority::High);
    go_on(&world).unwrap();
    let text = "# Plan\n\nRun `x --password planted1` @here, see [this](https://evil.example)";
    plan(&world, "STOPPED", Some(text));
    go_on(&world).unwrap();
    let event = world.events.take().remove(0);
    let handed_on = event.detail["plan"].as_str().unwrap();
    assert!(!handed_on.contains("planted1"), "{handed_on}");
    assert!(
        handed_on.starts_with("# Plan\n\nRun `x --password"),
        "{handed_on}"
    );
    let body = world.published.take().remove(0).body;
    assert!(
        !body.contains("planted1") && !body.contains("@here"),
        "{body}"
    );
    assert!(
        !body.contains("https://evil.example") && !body.contains("](http"),
        "{body}"
    );
    let words = body.find("What the agent wrote").unwrap();
    assert!(words < body.find("evil").unwrap(), "{body}");
}

/// No event may say that the plan is ready.
#[test]
fn plans_are_asked_for_every_hour() {
    let mut world = found(Priority::High);
    world.settings.mitigation = Some(settings());
    assert_eq!(world.overdue().len(), 0);
    go_on(&world).unwrap();
    pass(&world, 10);
    assert_eq!(world.overdue().len(), 1);
    plan(&world, "STOPPED", Some(PLAN));
    assert_eq!(go_on(&world).unwrap(), Step::HandedOn);
    assert_eq!(world.overdue().len(), 0);
}
