//! The agent, the ledger and the topic, as a test wants them.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    ops::Range,
    time::Duration,
};

use contract::{
    AgentSettings, AgentSpace, Group, GroupKey, Incident, IncidentId, Limits, Priority,
};
use futures_util::FutureExt as _;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value as Json, json};

use super::{at, now, record};
use crate::{
    aws::{CallError, Page, Reason, eventbridge::Event, sns::Message},
    ledger::{
        Contents, Day, Hour, Identity, Investigation, Item, Key, Members, MemoryLedger, Nearby,
        Put, Slot, Spending, State, Versioned, Window,
    },
    result::{Agent, Bus, Clock, Follow, Outcome, Patience, Publisher, ResultError, Store},
};

/// The agent at one time, the ledger, and a clock that passes only when somebody waits.
pub(super) struct World {
    pub(super) task: RefCell<Json>,
    pub(super) executions: RefCell<Vec<Json>>,
    pub(super) records: RefCell<Vec<Json>>,
    /// How often the summary is not readable yet.
    pub(super) late: Cell<u32>,
    pub(super) fails: Cell<bool>,
    /// The one operation, or type of record, that cannot be asked for.
    pub(super) broken: Cell<Option<&'static str>>,
    pub(super) calls: Cell<u32>,
    /// Pages of the list of tasks: the task is on the second.
    pub(super) pages: Cell<u32>,
    pub(super) now: Cell<Timestamp>,
    pub(super) ledger: RefCell<MemoryLedger>,
    /// What somebody else writes right before the next write.
    pub(super) meanwhile: RefCell<Vec<Put>>,
    pub(super) settings: AgentSettings,
    pub(super) space: AgentSpace,
    /// What was published.
    pub(super) published: RefCell<Vec<Message>>,
    /// How often a plan was asked for.
    pub(super) plans_asked: Cell<u32>,
    /// The name of the error that the agent refuses a request for a plan with.
    pub(super) refuses: Cell<Option<&'static str>>,
    /// What was put on the event bus.
    pub(super) events: RefCell<Vec<Event>>,
}

impl World {
    pub(super) fn call(&self, operation: &'static str) -> Result<(), CallError> {
        self.calls.set(self.calls.get() + 1);
        if self.fails.get() || self.broken.get() == Some(operation) {
            let reason = Reason::NoAnswer("timeout");
            return Err(CallError::new("aidevops", operation, reason));
        }
        Ok(())
    }

    pub(super) fn follow(&self) -> Follow<'_, Self, Self, Self> {
        Follow {
            agent: self,
            store: self,
            clock: self,
            settings: &self.settings,
            patience: Patience::USUAL,
        }
    }

    pub(super) fn task(&self) -> Result<Outcome, ResultError> {
        self.follow().task("task-1").now_or_never().unwrap()
    }

    /// Asks for what is overdue; returns what each came to.
    pub(super) fn overdue(&self) -> Vec<Result<Outcome, ResultError>> {
        let (mut acted, deadline) = (Vec::new(), self.now.get() + SignedDuration::from_secs(40));
        let act = async |_: &str, outcome| acted.push(outcome);
        let asked = self.follow().overdue(deadline, act).now_or_never().unwrap();
        assert_eq!(asked.unwrap(), acted.len());
        acted
    }

    pub(super) fn known(&self, incident: &IncidentId) -> Option<Investigation> {
        match self.ledger.borrow().get(&Key::investigation(incident)) {
            Some(Versioned {
                item: Item::Investigation(it),
                ..
            }) => Some((**it).clone()),
            _ => None,
        }
    }

    /// Changes what the ledger has of an incident.
    pub(super) fn change(&self, incident: &IncidentId, change: impl FnOnce(&mut Investigation)) {
        let key = Key::investigation(incident);
        let mut ledger = self.ledger.borrow_mut();
        let Some(Versioned {
            item: Item::Investigation(mut it),
            version,
        }) = ledger.get(&key).cloned()
        else {
            panic!("nothing is recorded");
        };
        change(&mut it);
        let item = Item::Investigation(it);
        let after = Some(version);
        assert!(ledger.write(&[Put { key, after, item }]));
    }

    /// The window of the report.
    pub(super) fn window(&self) -> Window {
        let group = GroupKey::of("service", &["shop"]);
        match self.ledger.borrow().get(&Key::head(&group).numbered(1)) {
            Some(Versioned {
                item: Item::Window(it),
                ..
            }) => (**it).clone(),
            other => panic!("{other:?}"),
        }
    }

    pub(super) fn day(&self) -> Day {
        match self.ledger.borrow().get(&Key::day(hour().day())) {
            Some(Versioned {
                item: Item::Day(day),
                ..
            }) => day.clone(),
            other => panic!("{other:?}"),
        }
    }
}

impl World {
    /// What the month has cost.
    pub(super) fn spending(&self) -> Spending {
        match self.ledger.borrow().get(&Spending::key(now())) {
            Some(Versioned {
                item: Item::Spending(it),
                ..
            }) => it.clone(),
            other => {
                assert!(other.is_none());
                Spending::new(now())
            }
        }
    }
}

impl Agent for World {
    async fn task(&self, _: &str) -> Result<Json, CallError> {
        self.call("GetBacklogTask")?;
        Ok(self.task.borrow().clone())
    }

    async fn tasks(
        &self,
        made: Range<Timestamp>,
        token: Option<&str>,
    ) -> Result<Page<Json>, CallError> {
        self.call("ListBacklogTasks")?;
        assert!(made.start < made.end && made.end < self.now.get());
        let page = token.map_or(1, |it| it.parse().unwrap());
        let items = match page {
            2 => vec![self.task.borrow().clone(), json!(7)],
            _ => Vec::new(),
        };
        let next = (page < self.pages.get()).then(|| (page + 1).to_string());
        Ok(Page {
            items,
            errors: 0,
            next,
        })
    }

    async fn executions(&self, _: &str) -> Result<Vec<Json>, CallError> {
        self.call("ListExecutions")?;
        Ok(self.executions.borrow().clone())
    }

    async fn records(&self, _: &str, kind: &str) -> Result<Vec<Json>, CallError> {
        self.call("ListJournalRecords")?;
        if self.broken.get() == Some(kind) {
            let reason = Reason::NoAnswer("timeout");
            return Err(CallError::new("aidevops", "ListJournalRecords", reason));
        }
        if kind == "investigation_summary" && self.late.get() > 0 {
            self.late.set(self.late.get() - 1);
            return Ok(Vec::new());
        }
        let records = self.records.borrow();
        let of_kind = records.iter().filter(|it| it["recordType"] == kind);
        Ok(of_kind.cloned().collect())
    }

    async fn plan(&self, task: &str) -> Result<(), CallError> {
        const OPERATION: &str = "UpdateBacklogTask";
        assert_eq!(task, "task-1");
        self.call(OPERATION)?;
        if let Some(error) = self.refuses.get() {
            let reason = Reason::Refused {
                status: 400,
                error: error.to_owned(),
            };
            return Err(CallError::new("aidevops", OPERATION, reason));
        }
        self.plans_asked.set(self.plans_asked.get() + 1);
        Ok(())
    }
}

impl Bus for World {
    async fn put(&self, event: &Event) -> Result<(), CallError> {
        self.call("PutEvents")?;
        self.events.borrow_mut().push(event.clone());
        Ok(())
    }
}

impl Store for World {
    async fn read(
        &self,
        keys: &[Key],
    ) -> Result<BTreeMap<Key, Option<Versioned<Item>>>, CallError> {
        let ledger = self.ledger.borrow();
        let found = keys
            .iter()
            .filter_map(|key| Some((key.clone(), Some(ledger.get(key)?.clone()))));
        Ok(found.collect())
    }

    async fn write(&self, puts: &[Put]) -> Result<bool, CallError> {
        let mut ledger = self.ledger.borrow_mut();
        let others = self.meanwhile.take();
        assert!(others.is_empty() || ledger.write(&others));
        Ok(ledger.write(puts))
    }
}

impl Publisher for World {
    async fn publish(&self, message: &Message) -> Result<(), CallError> {
        self.call("Publish")?;
        self.published.borrow_mut().push(message.clone());
        Ok(())
    }
}

impl Clock for World {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    async fn sleep(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }
}

pub(super) fn hour() -> Hour {
    Hour::of(at("2026-05-14T07:40:00Z"))
}

pub(super) fn incident(priority: Priority) -> Incident {
    Incident::new(
        IncidentId::of("alarm", &["1"]),
        priority,
        "It broke",
        "It broke.",
        now(),
        "shop",
        json!({}),
    )
}

/// An incident that was sent, in a day of two investigations of each kind.
pub(super) fn world(priority: Priority, window: impl FnOnce(&mut Window)) -> World {
    let incident = incident(priority);
    let group = Group::new(GroupKey::of("service", &["shop"]), "shop", "down");
    let key = Key::head(&group.key).numbered(1);
    let sent = at("2026-05-14T07:45:00Z");
    let mut sent = Window {
        key: key.clone(),
        name: "shop".to_owned(),
        opened: sent,
        since: sent,
        due: sent,
        ends: sent,
        waker: None,
        contents: Contents::Incidents(Members::one(&incident, &group)),
        state: State::Sent {
            at: at("2026-05-14T08:01:00Z"),
            id: incident.id().clone(),
        },
        follows: None,
        alarm: None,
        rule: Some("orders".to_owned()),
        nearby: Nearby::default(),
        size: None,
        counted: Some(hour()),
        earlier: None,
        joined: None,
        series: None,
    };
    window(&mut sent);
    let limits = Limits::new(6, 24);
    let mut day = Day::new(hour());
    for priority in [Priority::Critical, priority, Priority::Low] {
        let slot = Slot {
            priority,
            rule: Some("orders"),
        };
        day.take(hour(), slot, &limits);
    }
    let mut ledger = MemoryLedger::default();
    let identity = Identity {
        window: Some(key.clone()),
        at: now(),
    };
    let items = [
        (Key::identity(incident.id()), Item::Identity(identity)),
        (key, Item::Window(Box::new(sent))),
        (Key::day(hour().day()), Item::Day(day)),
    ];
    let puts = items.map(|(key, item)| Put {
        key,
        after: Some(0),
        item,
    });
    assert!(ledger.write(&puts));
    World {
        task: RefCell::new(Json::Null),
        executions: RefCell::default(),
        records: RefCell::default(),
        late: Cell::new(0),
        fails: Cell::new(false),
        broken: Cell::new(None),
        calls: Cell::new(0),
        pages: Cell::new(2),
        now: Cell::new(now()),
        ledger: RefCell::new(ledger),
        meanwhile: RefCell::default(),
        settings: AgentSettings {
            space: "space".to_owned(),
            region: None,
            price: AgentSettings::PRICE,
            metered: false,
            always_send: Priority::Critical,
            notices: None,
            mitigation: None,
        },
        space: AgentSpace {
            id: "space".to_owned(),
            region: "us-east-1".to_owned(),
        },
        published: RefCell::default(),
        plans_asked: Cell::new(0),
        refuses: Cell::new(None),
        events: RefCell::default(),
    }
}

pub(super) fn task(status: &str, minute: i64) -> Json {
    let updated = at("2026-05-14T07:46:00Z") + SignedDuration::from_mins(minute);
    json!({
        "taskId": "task-1",
        "reference": { "referenceId": incident(Priority::High).id() },
        "taskType": "INVESTIGATION",
        "status": status,
        "createdAt": "2026-05-14T07:46:00Z",
        "updatedAt": updated.to_string(),
    })
}

/// The agent's answers once it has found the root cause.
pub(super) fn completed(world: &World) {
    world.task.replace(task("COMPLETED", 8));
    world.executions.replace(vec![json!({
        "executionId": "exe-ops1-1",
        "agentType": "ops1",
        // As the journal's API writes them: seconds since 1970.
        "createdAt": at("2026-05-14T07:47:00Z").as_second(),
        "updatedAt": 1_778_745_300.5,
    })]);
    let summary = json!({ "findings": [{ "type": "root_cause", "title": "The disk is full" }] });
    world.records.replace(vec![record(
        "investigation_summary",
        "2026-05-14T07:53:00Z",
        &summary,
    )]);
}
