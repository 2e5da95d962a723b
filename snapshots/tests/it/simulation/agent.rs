//! The agent that investigates what the receiver has taken, the function that reads what became of it, and what the ledger
//! learns of that where there is neither.

use std::{collections::BTreeMap, ops::Range, rc::Rc, time::Duration};

use contract::AgentSettings;
use demo::agent::{Agent, Request, Script, Space};
use jiff::Timestamp;
use runtime::{
    aws::{CallError, Page, Reason},
    ledger::{Item, Key, Put, Versioned},
    result::{Agent as AgentPort, Clock, Follow, Patience, Store, merge},
};
use serde_json::{Value as Json, json};

use super::around::Shared;

/// The agent space of the account.
pub(crate) fn agent(script: Script) -> Agent {
    Agent::new(Space::of("111122223333", "eu-central-1"), script)
}

/// How far the investigation of a report is: of the first that the agent has, or of the last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Learned {
    /// The first is in progress.
    Running,
    /// The first is completed.
    Completed,
    /// The last is linked to another.
    Linked,
}

/// What the function `result` has around it: the same ledger and clock as delivery.
struct Investigations(Rc<Shared>);

/// Hands each event of the agent to the function, until `end`.
pub(crate) async fn results(shared: Rc<Shared>, settings: AgentSettings, end: Timestamp) {
    let around = Investigations(Rc::clone(&shared));
    let follow = Follow {
        agent: &around,
        store: &around,
        clock: &around,
        settings: &settings,
        patience: Patience::USUAL,
    };
    while shared.clock.now() < end {
        let next = || match shared.agent.borrow().as_ref().and_then(Agent::next) {
            Some(at) if at <= shared.clock.now() => Ok(()),
            Some(at) => Err(at.min(end)),
            None => Err(end),
        };
        shared.clock.until(next).await;
        for event in around.with(Agent::events) {
            let task = event["detail"]["metadata"]["task_id"].as_str().unwrap();
            follow.task(task).await.unwrap();
        }
    }
}

impl Shared {
    /// The ledger learns how far an investigation is. An end stays an end.
    pub(crate) fn learn(&self, learned: Learned) {
        let taken = self.receiver.taken.borrow();
        let (status, of) = match learned {
            Learned::Running => ("IN_PROGRESS", taken.first()),
            Learned::Completed => ("COMPLETED", taken.first()),
            Learned::Linked => ("LINKED", taken.last()),
        };
        let Some((at, body)) = of else {
            return;
        };
        let seen = json!({
            "kind": "investigation",
            "incident": body["incidentId"],
            "task": "task",
            "status": status,
            "created": at,
            "ended": (status != "IN_PROGRESS").then(|| self.clock.now()),
            "at": self.clock.now(),
        });
        let Item::Investigation(seen) = serde_json::from_value(seen).unwrap() else {
            panic!("no investigation");
        };
        let key = Key::investigation(&seen.incident);
        let mut ledger = self.ledger.borrow_mut();
        let known = match ledger.get(&key).map(|it| &it.item) {
            Some(Item::Investigation(known)) => merge(known, &seen),
            _ => *seen,
        };
        let put = Put {
            key,
            after: None,
            item: Item::Investigation(Box::new(known)),
        };
        assert!(ledger.write(&[put]));
    }
}

impl Investigations {
    fn with<T>(&self, act: impl FnOnce(&mut Agent, Timestamp) -> T) -> T {
        let mut agent = self.0.agent.borrow_mut();
        act(agent.as_mut().unwrap(), self.0.clock.now())
    }

    fn ask(&self, method: &str, path: &str, body: &Json) -> Result<Json, CallError> {
        let body = body.to_string();
        let answer = self.with(|agent, now| {
            let path = path.replace("SPACE", &agent.space().id);
            let request = Request {
                method,
                path: &path,
                body: body.as_bytes(),
            };
            agent.answer(&request, now)
        });
        match answer.error {
            None => Ok(answer.body),
            Some(error) => {
                let reason = Reason::Refused {
                    status: answer.status,
                    error: error.to_owned(),
                };
                Err(CallError::new("aidevops", "operation", reason))
            }
        }
    }
}

fn list(answer: &Json, name: &str) -> Vec<Json> {
    answer[name].as_array().unwrap().clone()
}

impl AgentPort for Investigations {
    async fn task(&self, id: &str) -> Result<Json, CallError> {
        let path = format!("/backlog/agent-space/SPACE/tasks/{id}");
        Ok(self.ask("GET", &path, &Json::Null)?["task"].take())
    }

    async fn tasks(
        &self,
        made: Range<Timestamp>,
        token: Option<&str>,
    ) -> Result<Page<Json>, CallError> {
        let body = json!({
            "filter": { "createdAfter": made.start, "createdBefore": made.end },
            "nextToken": token,
        });
        let answer = self.ask("POST", "/backlog/agent-space/SPACE/tasks/list", &body)?;
        Ok(Page {
            items: list(&answer, "tasks"),
            errors: 0,
            next: answer["nextToken"].as_str().map(str::to_owned),
        })
    }

    async fn executions(&self, task: &str) -> Result<Vec<Json>, CallError> {
        let body = json!({ "taskId": task });
        let answer = self.ask("POST", "/journal/agent-space/SPACE/executions", &body)?;
        Ok(list(&answer, "executions"))
    }

    async fn records(&self, execution: &str, kind: &str) -> Result<Vec<Json>, CallError> {
        let body = json!({ "executionId": execution, "recordType": kind });
        let answer = self.ask("POST", "/journal/agent-space/SPACE/journalRecords", &body)?;
        Ok(list(&answer, "records"))
    }

    async fn plan(&self, task: &str) -> Result<(), CallError> {
        let path = format!("/backlog/agent-space/SPACE/tasks/{task}");
        let body = json!({ "taskStatus": "PENDING_START" });
        self.ask("PATCH", &path, &body).map(drop)
    }
}

impl Store for Investigations {
    async fn read(
        &self,
        keys: &[Key],
    ) -> Result<BTreeMap<Key, Option<Versioned<Item>>>, CallError> {
        let ledger = self.0.ledger.borrow();
        let found = keys
            .iter()
            .filter_map(|key| Some((key.clone(), Some(ledger.get(key)?.clone()))));
        Ok(found.collect())
    }

    async fn write(&self, puts: &[Put]) -> Result<bool, CallError> {
        Ok(self.0.ledger.borrow_mut().write(puts))
    }
}

impl Clock for Investigations {
    fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    async fn sleep(&self, time: Duration) {
        self.0.clock.sleep(time).await;
    }
}
