//! What the fake AWS is made of: stacks with all that was ever to be read of them, change sets, buckets.
//!
//! Built from the documented behaviour of CloudFormation. What it does is written down when it begins, with the time
//! of each part; a read looks at what was written down until then, or until a little before: reads may be late.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
    time::{Duration, SystemTime},
};

use serde_json::Value as Json;

use crate::account::Inventory;

pub(crate) const ACCOUNT: &str = "111122223333";

/// How an operation ends.
#[derive(Clone, Debug)]
pub(crate) enum Ending {
    Succeeds,
    /// A resource fails, and everything is taken back.
    Fails,
    /// A resource fails, and so does taking it back.
    Sticks,
    /// CloudFormation abandons the deletion, and the stack is as before.
    GivesUp,
    /// It goes on for ever.
    NeverEnds,
    /// Somebody deletes the stack while it goes on.
    IsDeleted,
}

/// A stack as a read shows it.
#[derive(Clone, Debug)]
pub(crate) struct View {
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) updated: Option<SystemTime>,
    pub(crate) template: Arc<Json>,
    pub(crate) parameters: BTreeMap<String, String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) at: SystemTime,
    pub(crate) id: String,
    pub(crate) logical: String,
    pub(crate) physical: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) token: Option<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct ChangeSet {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) made: SystemTime,
    /// When it can be carried out, or is known to have failed.
    pub(crate) ready: SystemTime,
    pub(crate) failed: Option<String>,
    pub(crate) details: Vec<(String, String)>,
    pub(crate) template: Arc<Json>,
    pub(crate) parameters: BTreeMap<String, String>,
    pub(crate) is_update: bool,
    pub(crate) changes: Vec<(String, String, String, bool)>,
    pub(crate) executed: Option<SystemTime>,
    pub(crate) deleted: Option<SystemTime>,
}

#[derive(Clone, Debug)]
pub(crate) struct Stack {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) created: SystemTime,
    pub(crate) views: Vec<(SystemTime, View)>,
    pub(crate) events: Vec<Event>,
    pub(crate) change_sets: Vec<ChangeSet>,
    pub(crate) protected: bool,
    /// The tokens of the operations that were begun.
    pub(crate) begun: Vec<String>,
}

impl Stack {
    /// It as it was then, if it was there.
    pub(crate) fn at(&self, time: SystemTime) -> Option<&View> {
        let views = self.views.iter().rev();
        let mut views = views.filter(|(at, _)| *at <= time);
        views.next().map(|(_, view)| view)
    }

    /// It as it will be once nothing goes on any more.
    pub(crate) fn last(&self) -> &View {
        &self.views.last().unwrap().1
    }

    fn view(&mut self, at: SystemTime, status: &str, reason: Option<&str>) {
        let mut view = self.last().clone();
        status.clone_into(&mut view.status);
        view.reason = reason.map(str::to_owned);
        self.views.push((at, view));
    }

    pub(crate) fn event(
        &mut self,
        at: SystemTime,
        resource: (&str, &str),
        status: &str,
        reason: Option<&str>,
        token: Option<&str>,
    ) {
        let (logical, kind) = resource;
        let physical = if logical == self.name {
            self.id.clone()
        } else {
            format!("{}-{logical}-1", self.name)
        };
        self.events.push(Event {
            at,
            id: format!("{}-{}", self.events.len(), status),
            logical: logical.to_owned(),
            physical,
            kind: kind.to_owned(),
            status: status.to_owned(),
            reason: reason.map(str::to_owned),
            token: token.map(str::to_owned),
        });
    }

    fn both(&mut self, at: SystemTime, status: &str, reason: Option<&str>, token: Option<&str>) {
        self.view(at, status, reason);
        let name = self.name.clone();
        self.event(
            at,
            (&name, "AWS::CloudFormation::Stack"),
            status,
            reason,
            token,
        );
    }

    /// Writes down a creation or an update, from its beginning to its end.
    #[expect(clippy::too_many_lines, reason = "one operation, in order")]
    pub(crate) fn deploy(
        &mut self,
        now: SystemTime,
        change: &ChangeSet,
        token: Option<&str>,
        ending: &Ending,
    ) {
        let verb = if change.is_update { "UPDATE" } else { "CREATE" };
        let before = self.last().clone();
        let ids: Vec<(String, String)> = change
            .changes
            .iter()
            .map(|(id, kind, ..)| (id.clone(), kind.clone()))
            .collect();
        let mut view = before.clone();
        view.updated = Some(now);
        view.template = Arc::clone(&change.template);
        view.parameters = change.parameters.clone();
        self.views.push((now, view));
        self.both(
            now,
            &format!("{verb}_IN_PROGRESS"),
            Some("User Initiated"),
            token,
        );
        let step = if change.is_update { 9.0 } else { 2.2 };
        let mut at = now;
        let failing = ids.len() / 2;
        for (index, (id, kind)) in ids.iter().enumerate() {
            let kind = kind.as_str();
            self.event(
                at + Duration::from_secs(1),
                (id, kind),
                &format!("{verb}_IN_PROGRESS"),
                None,
                token,
            );
            at += Duration::from_secs_f64(step);
            let fails = matches!(ending, Ending::Fails | Ending::Sticks) && index == failing;
            if fails {
                let reason = Some("Resource handler returned message: \"the limit is reached\"");
                self.event(at, (id, kind), &format!("{verb}_FAILED"), reason, token);
                break;
            }
            self.event(at, (id, kind), &format!("{verb}_COMPLETE"), None, token);
        }
        at += Duration::from_secs(1);
        match (ending, change.is_update) {
            (Ending::Succeeds | Ending::GivesUp, false) => {
                self.both(at, "CREATE_COMPLETE", None, token);
            }
            (Ending::Succeeds | Ending::GivesUp, true) => {
                self.both(at, "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", None, token);
                self.both(at + Duration::from_secs(2), "UPDATE_COMPLETE", None, token);
            }
            (Ending::Fails, false) => {
                self.both(
                    at,
                    "ROLLBACK_IN_PROGRESS",
                    Some("The following resource(s) failed to create"),
                    token,
                );
                self.both(
                    at + Duration::from_secs(12),
                    "ROLLBACK_COMPLETE",
                    None,
                    token,
                );
            }
            (Ending::Sticks, false) => {
                self.both(
                    at,
                    "ROLLBACK_IN_PROGRESS",
                    Some("The following resource(s) failed to create"),
                    token,
                );
                self.both(
                    at + Duration::from_secs(12),
                    "ROLLBACK_FAILED",
                    Some("cannot be deleted"),
                    token,
                );
            }
            (Ending::Fails | Ending::Sticks, true) => {
                self.both(
                    at,
                    "UPDATE_ROLLBACK_IN_PROGRESS",
                    Some("The following resource(s) failed to update"),
                    token,
                );
                at += Duration::from_secs(12);
                if matches!(ending, Ending::Sticks) {
                    self.both(
                        at,
                        "UPDATE_ROLLBACK_FAILED",
                        Some("failed to update"),
                        token,
                    );
                    return;
                }
                let mut old = self.last().clone();
                old.template = before.template;
                old.parameters = before.parameters;
                self.views.push((at, old));
                self.both(
                    at,
                    "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS",
                    None,
                    token,
                );
                self.both(
                    at + Duration::from_secs(2),
                    "UPDATE_ROLLBACK_COMPLETE",
                    None,
                    token,
                );
            }
            (Ending::NeverEnds, _) => {}
            (Ending::IsDeleted, _) => {
                self.both(at, "DELETE_IN_PROGRESS", None, Some("of-somebody-else"));
                self.both(
                    at + Duration::from_secs(9),
                    "DELETE_COMPLETE",
                    None,
                    Some("of-somebody-else"),
                );
            }
        }
    }

    /// Writes down a deletion.
    pub(crate) fn delete(&mut self, now: SystemTime, token: Option<&str>, ending: &Ending) {
        let before = self.last().status.clone();
        self.both(now, "DELETE_IN_PROGRESS", Some("User Initiated"), token);
        let mut at = now;
        let template = Arc::clone(&self.last().template);
        if let Some(resources) = template["Resources"].as_object() {
            for (id, resource) in resources {
                at += Duration::from_secs_f64(1.5);
                let kind = resource["Type"].as_str().unwrap_or_default();
                let kept = resource["DeletionPolicy"]
                    .as_str()
                    .is_some_and(|it| it.starts_with("Retain"));
                let status = if kept {
                    "DELETE_SKIPPED"
                } else {
                    "DELETE_COMPLETE"
                };
                self.event(at, (id, kind), status, None, token);
            }
        }
        at += Duration::from_secs(1);
        match ending {
            Ending::Sticks | Ending::Fails => {
                let kind = "AWS::Logs::LogGroup";
                self.event(
                    at,
                    ("Logs", kind),
                    "DELETE_FAILED",
                    Some("it is in use"),
                    token,
                );
                self.both(
                    at,
                    "DELETE_FAILED",
                    Some("The following resource(s) failed to delete: [Logs]."),
                    token,
                );
            }
            Ending::GivesUp => {
                let reason = Some("Export tocsin-x cannot be deleted as it is in use by other");
                self.both(at, &before, reason, token);
            }
            Ending::NeverEnds => {}
            Ending::Succeeds | Ending::IsDeleted => self.both(at, "DELETE_COMPLETE", None, token),
        }
    }
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Bucket {
    pub(crate) closed: bool,
    pub(crate) policy: Option<String>,
    pub(crate) lifecycle: Option<String>,
    pub(crate) objects: BTreeMap<String, Vec<u8>>,
}

/// Why a change set fails, and what hooks say.
pub(crate) type Failure = (String, Vec<(String, String)>);

/// Everything that there is.
#[derive(Clone, Debug, Default)]
pub(crate) struct World {
    /// Stacks by region, in the order in which they were made; those that were deleted, too.
    pub(crate) stacks: BTreeMap<String, Vec<Stack>>,
    pub(crate) buckets: BTreeMap<String, Bucket>,
    /// How operations end, in the order in which they begin; after these they succeed.
    pub(crate) endings: VecDeque<Ending>,
    /// Why change sets fail, in the order in which they are made.
    pub(crate) change_set_failures: VecDeque<Option<Failure>>,
    /// Change sets are never ready.
    pub(crate) change_sets_stay_pending: bool,
    /// CloudFormation replaces this resource, whatever the template says.
    pub(crate) replaces: Option<String>,
    /// How late reads are.
    pub(crate) lag: Duration,
    /// Whether every other read is not late.
    pub(crate) flaps: bool,
    /// Stacks that were deleted long ago, of which `ListStacks` speaks.
    pub(crate) long_gone: usize,
    pub(crate) count: u64,
    /// What else is in a region, where that is not what the account files of the tests name.
    pub(crate) inventories: BTreeMap<String, Inventory>,
}

impl World {
    /// What else is in a region.
    pub(crate) fn inventory(&self, region: &str) -> Inventory {
        self.inventories.get(region).cloned().unwrap_or_default()
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    /// The stack that has the name or the ID.
    pub(crate) fn find(&mut self, region: &str, key: &str, at: SystemTime) -> Option<&mut Stack> {
        let stacks = self.stacks.entry(region.to_owned()).or_default();
        let is_there = |it: &Stack| {
            it.at(at)
                .is_some_and(|view| view.status != "DELETE_COMPLETE")
        };
        if key.starts_with("arn:") {
            return stacks
                .iter_mut()
                .find(|it| it.id == key && it.at(at).is_some());
        }
        stacks
            .iter_mut()
            .rev()
            .find(|it| it.name == key && is_there(it))
    }

    pub(crate) fn new_stack(&mut self, region: &str, name: &str, now: SystemTime) -> &mut Stack {
        let number = self.next();
        let view = View {
            status: "REVIEW_IN_PROGRESS".to_owned(),
            reason: Some("User Initiated".to_owned()),
            updated: None,
            template: Arc::new(Json::Null),
            parameters: BTreeMap::new(),
        };
        let stacks = self.stacks.entry(region.to_owned()).or_default();
        stacks.push(Stack {
            name: name.to_owned(),
            id: format!("arn:aws:cloudformation:{region}:{ACCOUNT}:stack/{name}/{number:08}"),
            created: now,
            views: vec![(now, view)],
            events: Vec::new(),
            change_sets: Vec::new(),
            protected: false,
            begun: Vec::new(),
        });
        let stack = stacks.last_mut().unwrap();
        stack.event(
            now,
            (name, "AWS::CloudFormation::Stack"),
            "REVIEW_IN_PROGRESS",
            None,
            None,
        );
        stack
    }

    /// How the next operation ends.
    pub(crate) fn ending(&mut self) -> Ending {
        self.endings.pop_front().unwrap_or(Ending::Succeeds)
    }
}
