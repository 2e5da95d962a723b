//! Asks the agent for a plan of what to do about a root cause, and hands it on. Nothing here carries it out.

use std::time::Duration;

use contract::{MitigationSettings, NoticeSettings};
use jiff::{SignedDuration, Timestamp};

use super::{
    Agent, Bus, Clock, Executions, Origin, Patience, Publisher, ResultError, Store,
    message::about_plan,
    plan::{Plan, event},
    publish::is_wanted,
};
use crate::ledger::{
    Day, Finding, Hour, Investigation, Item, Key, Mitigation, MitigationStage as Stage, Put, Slot,
    Spending, Status, Versioned, Window, later,
};

/// The type of record that has a plan, as markdown. Source: recorded journals.
const PLAN: &str = "mitigation_summary_md";
/// How long a step is another invocation's that does not say that it is done: as long as one of those lasts at most.
const CLAIM: Duration = Duration::from_mins(3);
/// How long after its end an investigation may lead to a plan, and how long a plan is waited for.
const LATEST: SignedDuration = SignedDuration::from_hours(24);
/// How often a write is tried anew because somebody else has written.
const TRIES: u32 = 8;
/// How the agent refuses for good.
const REFUSALS: [&str; 4] = [
    "InvalidParameterException",
    "ResourceNotFoundException",
    "ServiceQuotaExceededException",
    "ValidationException",
];

/// What asks for plans and hands them on.
#[derive(Debug)]
pub struct Mitigate<'a, A, S, C, B, P> {
    /// The agent.
    pub agent: &'a A,
    /// The ledger.
    pub store: &'a S,
    /// Time.
    pub clock: &'a C,
    /// The account's default event bus.
    pub bus: &'a B,
    /// The topic that plans are announced on, and of which reports; nothing where there is none.
    pub topic: Option<(&'a P, &'a NoticeSettings)>,
    /// Which investigations lead to a plan.
    pub settings: &'a MitigationSettings,
    /// Where the agent is, and how the account is called.
    pub origin: Origin<'a>,
    /// How a plan is waited for.
    pub patience: Patience,
}

/// What was done about a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing is to be done now.
    Nothing,
    /// It was not asked for: the budget was used up.
    OverBudget,
    /// The agent was asked for it.
    Asked,
    /// The agent refuses to write it.
    Refused,
    /// The agent ended without writing one.
    NoPlan,
    /// It was handed on.
    HandedOn,
}

impl<A: Agent, S: Store, C: Clock, B: Bus, P: Publisher> Mitigate<'_, A, S, C, B, P> {
    /// Does what is to be done next about the plan of an investigation, as far as that is known.
    ///
    /// # Errors
    ///
    /// When the agent, the ledger, the bus or the topic cannot be used. Lambda tries again.
    pub async fn go_on(&self, known: &Investigation) -> Result<Step, ResultError> {
        let stage = known.mitigation.as_ref().map(|it| it.stage);
        match stage {
            None if !self.leads_to_plan(known) => return Ok(Step::Nothing),
            None | Some(Stage::Asking | Stage::Asked | Stage::HandingOn | Stage::HandedOn) => {}
            Some(Stage::OverBudget | Stage::Refused | Stage::NoPlan | Stage::Done) => {
                return Ok(Step::Nothing);
            }
        }
        // Nobody knows how urgent a report was whose window is gone.
        let Some(window) = self.window(known).await? else {
            return Ok(Step::Nothing);
        };
        match stage {
            None if window.priority() > self.settings.from => Ok(Step::Nothing),
            None | Some(Stage::Asking) => self.ask(known, &window).await,
            _ => self.hand_on(known, &window).await,
        }
    }

    fn leads_to_plan(&self, it: &Investigation) -> bool {
        let is_root_cause = it
            .verdict
            .as_ref()
            .is_some_and(|it| it.finding == Finding::RootCause);
        it.status == Status::Completed
            && is_root_cause
            && it.ended.is_some_and(|it| !self.is_old(it))
    }

    fn is_old(&self, since: Timestamp) -> bool {
        self.clock.now().duration_since(since) >= LATEST
    }

    async fn ask(&self, known: &Investigation, window: &Window) -> Result<Step, ResultError> {
        let claim = match self.claim(known, window).await? {
            Some(it) if it.stage == Stage::Asking => it,
            Some(_) => return Ok(Step::OverBudget),
            None => return Ok(Step::Nothing),
        };
        let (stage, step) = match self.agent.plan(&known.task).await {
            Ok(()) => (Stage::Asked, Step::Asked),
            // Somebody has asked for it already.
            Err(error) if error.is("ConflictException") => (Stage::Asked, Step::Asked),
            Err(error) if REFUSALS.iter().any(|it| error.is(it)) => (Stage::Refused, Step::Refused),
            // The agent may have taken it all the same. Asking again is the same request.
            Err(error) => return Err(ResultError::Agent(error)),
        };
        self.note(known, |it| *it == claim, stage).await?;
        Ok(step)
    }

    /// Takes it on to ask for a plan, with a slot of the budget, once for each incident; nothing where somebody else has
    /// taken it on. What nobody has finished within three minutes has its slot already.
    async fn claim(
        &self,
        known: &Investigation,
        window: &Window,
    ) -> Result<Option<Mitigation>, ResultError> {
        for attempt in 1..=TRIES {
            let now = self.clock.now();
            let hour = Hour::of(now);
            let keys = [
                Key::investigation(&known.incident),
                Key::day(hour.day()),
                Spending::key(now),
            ];
            let mut read = self.store.read(&keys).await.map_err(ResultError::Ledger)?;
            let [investigation, day_key, spending] = keys;
            let Some(Some(Versioned {
                item: Item::Investigation(mut it),
                version,
            })) = read.remove(&investigation)
            else {
                return Ok(None);
            };
            let mut puts = Vec::new();
            let stage = match &it.mitigation {
                Some(claimed) if claimed.stage == Stage::Asking && is_free(claimed, now) => {
                    Stage::Asking
                }
                Some(_) => return Ok(None),
                None => {
                    let (mut day, day_version) = match read.remove(&day_key) {
                        None => (Day::new(hour), 0),
                        Some(Some(Versioned {
                            item: Item::Day(day),
                            version,
                        })) => (day, version),
                        // What cannot be counted is not asked for: it costs money.
                        Some(_) => return Err(ResultError::Unreadable(day_key)),
                    };
                    let limits = match read.remove(&spending) {
                        Some(Some(Versioned {
                            item: Item::Spending(it),
                            ..
                        })) => it.until(now).bounds(&self.settings.limits, &day),
                        _ => self.settings.limits,
                    };
                    if day.has_capacity(hour, Slot::of(window), &limits) {
                        day.take(hour, Slot::of(window), &limits);
                        puts.push(Put {
                            key: day_key,
                            after: Some(day_version),
                            item: Item::Day(day),
                        });
                        Stage::Asking
                    } else {
                        Stage::OverBudget
                    }
                }
            };
            let claim = Mitigation { stage, since: now };
            it.mitigation = Some(claim.clone());
            puts.push(Put {
                key: investigation,
                after: Some(version),
                item: Item::Investigation(it),
            });
            let written = self.store.write(&puts).await;
            if written.map_err(ResultError::Ledger)? {
                return Ok(Some(claim));
            }
            self.clock.sleep(Duration::from_millis(50) * attempt).await;
        }
        Err(ResultError::Busy)
    }

    /// Hands on the plan, if the agent has written it.
    async fn hand_on(&self, known: &Investigation, window: &Window) -> Result<Step, ResultError> {
        let now = self.clock.now();
        let Some(mitigation) = &known.mitigation else {
            return Ok(Step::Nothing);
        };
        if mitigation.stage != Stage::Asked && !is_free(mitigation, now) {
            return Ok(Step::Nothing);
        }
        let plan = match self.plan(known).await? {
            Found::Plan(plan) => plan,
            Found::Nothing if !self.is_old(mitigation.since) => return Ok(Step::Nothing),
            Found::NotReadable if !self.is_old(mitigation.since) => {
                return Err(ResultError::NoPlan);
            }
            Found::Failed | Found::Nothing | Found::NotReadable => {
                let is_ours = |it: &Mitigation| it == mitigation;
                let noted = self.note(known, is_ours, Stage::NoPlan).await?;
                return Ok(noted.map_or(Step::Nothing, |_| Step::NoPlan));
            }
        };
        let is_on_bus = mitigation.stage == Stage::HandedOn;
        let stage = if is_on_bus {
            Stage::HandedOn
        } else {
            Stage::HandingOn
        };
        let is_same = |it: &Mitigation| it == mitigation;
        let Some(mut claim) = self.note(known, is_same, stage).await? else {
            return Ok(Step::Nothing);
        };
        if !is_on_bus {
            let event = event(known, window, self.origin, &plan);
            self.bus.put(&event).await.map_err(ResultError::Bus)?;
            let Some(after) = self.note(known, |it| *it == claim, Stage::HandedOn).await? else {
                return Ok(Step::HandedOn);
            };
            claim = after;
        }
        if let Some((topic, notices)) = self.topic.filter(|(_, it)| is_wanted(window, it)) {
            let message = about_plan(known, window, self.origin, &plan.text, notices.chat);
            topic.publish(&message).await.map_err(ResultError::Topic)?;
        }
        self.note(known, |it| *it == claim, Stage::Done).await?;
        Ok(Step::HandedOn)
    }

    /// The plan, once the agent has written it. A summary can be readable a moment after the event that says so.
    ///
    /// It is in the journal of an execution of type `mitigation`; or, as others have seen, in that of the investigation.
    async fn plan(&self, known: &Investigation) -> Result<Found, ResultError> {
        let mut again = 0;
        loop {
            let executions = self.agent.executions(&known.task).await;
            let executions = Executions::read(&executions.map_err(ResultError::Agent)?);
            let written = executions.mitigations();
            let own = executions
                .investigation()
                .or_else(|| known.execution.clone());
            for id in written.iter().map(|it| &it.id).chain(&own) {
                let records = self
                    .agent
                    .records(id, PLAN)
                    .await
                    .map_err(ResultError::Agent)?;
                if let Some(plan) = Plan::read(&records, PLAN) {
                    return Ok(Found::Plan(plan));
                }
            }
            let Some(last) = written.first() else {
                return Ok(Found::Nothing);
            };
            if last.has_failed() {
                return Ok(Found::Failed);
            }
            if last.is_running() {
                return Ok(Found::Nothing);
            }
            if again >= self.patience.again {
                return Ok(Found::NotReadable);
            }
            again += 1;
            self.clock.sleep(self.patience.pause).await;
        }
    }

    /// Notes how far it is, if it is like this then; returns that.
    async fn note(
        &self,
        known: &Investigation,
        holds: impl Fn(&Mitigation) -> bool,
        stage: Stage,
    ) -> Result<Option<Mitigation>, ResultError> {
        let key = Key::investigation(&known.incident);
        for attempt in 1..=TRIES {
            let Some(Versioned {
                item: Item::Investigation(mut it),
                version,
            }) = self.item(&key).await?
            else {
                return Ok(None);
            };
            if !it.mitigation.as_ref().is_some_and(&holds) {
                return Ok(None);
            }
            let since = self.clock.now();
            let next = Mitigation { stage, since };
            it.mitigation = Some(next.clone());
            let put = Put {
                key: key.clone(),
                after: Some(version),
                item: Item::Investigation(it),
            };
            let written = self.store.write(std::slice::from_ref(&put)).await;
            if written.map_err(ResultError::Ledger)? {
                return Ok(Some(next));
            }
            self.clock.sleep(Duration::from_millis(50) * attempt).await;
        }
        Err(ResultError::Busy)
    }

    /// The window whose report it is about.
    async fn window(&self, known: &Investigation) -> Result<Option<Window>, ResultError> {
        let identity = self.item(&Key::identity(&known.incident)).await?;
        let window = match identity.map(|it| it.item) {
            Some(Item::Identity(identity)) => identity.window,
            _ => None,
        };
        let Some(window) = window else {
            return Ok(None);
        };
        Ok(match self.item(&window).await?.map(|it| it.item) {
            Some(Item::Window(window)) => Some(*window),
            _ => None,
        })
    }

    async fn item(&self, key: &Key) -> Result<Option<Versioned<Item>>, ResultError> {
        let read = self.store.read(std::slice::from_ref(key)).await;
        Ok(read.map_err(ResultError::Ledger)?.remove(key).flatten())
    }
}

/// What there is of a plan.
enum Found {
    Plan(Plan),
    /// The agent has not written it yet.
    Nothing,
    /// The agent has ended, and what it wrote cannot be read yet.
    NotReadable,
    /// The agent has ended without one.
    Failed,
}

/// Whether whoever took a step on is gone.
fn is_free(it: &Mitigation, now: Timestamp) -> bool {
    later(it.since, CLAIM) <= now
}
