//! Following investigations as a Lambda function: the real agent, ledger and clock.

use std::{collections::BTreeMap, ops::Range, time::Duration};

use contract::{AgentSettings, AgentSpace, settings::variable};
use jiff::Timestamp;
use lambda_runtime::Diagnostic;
use serde_json::{Value as Json, json};

use super::{
    Agent, Bus, Clock, Follow, Mitigate, Occasion, Outcome, Patience, Publish, Publisher,
    ResultError, Step, Store, count, message,
    meter::{AgentMeter, meter},
    overdue::ASKING,
};
use crate::{
    aws::{
        CallError, Page,
        cloudwatch::CloudWatch,
        devops_agent::DevOpsAgent,
        dynamodb::Table,
        eventbridge::{DefaultBus, Event},
        sns::{Message, Topic},
    },
    ledger::{Investigation, Item, Key, Put, Versioned, later},
    log::{Level, Log},
    origin::Origin,
    read::{UnreadableEvent, parse_event},
    settings::{Environment, InvalidVariable},
};

/// Where results come from, in words for people.
const EVENTS: &str = "AWS DevOps Agent";

impl Agent for DevOpsAgent {
    async fn task(&self, id: &str) -> Result<Json, CallError> {
        self.task(id).await
    }

    async fn tasks(
        &self,
        made: Range<Timestamp>,
        token: Option<&str>,
    ) -> Result<Page<Json>, CallError> {
        self.tasks(made, token).await
    }

    async fn executions(&self, task: &str) -> Result<Vec<Json>, CallError> {
        self.executions(task).await
    }

    async fn records(&self, execution: &str, kind: &str) -> Result<Vec<Json>, CallError> {
        self.records(execution, kind).await
    }

    async fn plan(&self, task: &str) -> Result<(), CallError> {
        self.plan(task).await
    }
}

impl Bus for DefaultBus {
    async fn put(&self, event: &Event) -> Result<(), CallError> {
        self.put(event).await
    }
}

impl Store for Table {
    async fn read(
        &self,
        keys: &[Key],
    ) -> Result<BTreeMap<Key, Option<Versioned<Item>>>, CallError> {
        self.read(keys, 0.5).await
    }

    async fn write(&self, puts: &[Put]) -> Result<bool, CallError> {
        self.write(puts, 0.5).await
    }
}

impl Publisher for Topic {
    async fn publish(&self, message: &Message) -> Result<(), CallError> {
        self.publish(message).await
    }
}

/// The clock of this machine.
#[derive(Clone, Copy, Debug)]
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}

/// The function.
#[derive(Debug)]
pub struct ResultFunction {
    log: Log,
    agent: DevOpsAgent,
    store: Table,
    /// Where results are published, if anywhere.
    topic: Option<Topic>,
    /// Where plans are handed on, if they are asked for.
    bus: Option<DefaultBus>,
    /// What counts the agent's time, if there are limits in dollars.
    meter: Option<AgentMeter>,
    settings: AgentSettings,
    space: AgentSpace,
    patience: Patience,
    function_name: String,
}

/// One invocation, for the lines that it logs.
struct Invocation<'a> {
    request_id: &'a str,
    origin: Origin,
}

impl Invocation<'_> {
    fn fields(&self, mut fields: Json) -> Json {
        fields["requestId"] = json!(self.request_id);
        self.origin.with(fields)
    }
}

/// Why an invocation failed.
#[derive(Debug, thiserror::Error)]
pub enum InvocationError {
    /// The event cannot be evaluated.
    #[error(transparent)]
    Unreadable(#[from] UnreadableEvent),
    /// The result is not known as it should be.
    #[error(transparent)]
    Result(#[from] ResultError),
}

impl From<InvocationError> for Diagnostic {
    fn from(error: InvocationError) -> Self {
        let error_type = match error {
            InvocationError::Unreadable(_) => "UnreadableEvent",
            InvocationError::Result(ResultError::Agent(_) | ResultError::Incomplete { .. }) => {
                "AgentUnavailable"
            }
            InvocationError::Result(ResultError::NoSummary(_)) => "NoSummary",
            InvocationError::Result(ResultError::NoPlan) => "NoPlan",
            InvocationError::Result(ResultError::Bus(_)) => "EventBusUnavailable",
            InvocationError::Result(ResultError::Topic(_)) => "TopicUnavailable",
            InvocationError::Result(
                ResultError::Ledger(_) | ResultError::Unreadable(_) | ResultError::Busy,
            ) => "LedgerUnavailable",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl ResultFunction {
    /// A function as the environment says. `patience` is how a summary is waited for.
    ///
    /// # Errors
    ///
    /// When the environment lacks something.
    pub fn new(
        log: Log,
        http: reqwest::Client,
        environment: &Environment,
        patience: Patience,
    ) -> Result<Self, InvalidVariable> {
        let settings = AgentSettings::from_env(environment.variables())?;
        let table = environment.require(variable::LEDGER_TABLE)?;
        let name = environment.get("AWS_LAMBDA_FUNCTION_NAME");
        let own = environment.region()?;
        let region = settings.region.as_deref().unwrap_or(own);
        let id = &settings.space;
        let space = AgentSpace {
            id: id.clone(),
            region: region.to_owned(),
        };
        let topic = environment.get(variable::RESULTS_TOPIC_ARN);
        let topic = topic.map(|it| Topic::new(http.clone(), environment, it));
        let bus = settings.mitigation.as_ref();
        let bus = bus.map(|_| DefaultBus::new(http.clone(), environment));
        let meter = settings.metered.then(|| {
            let cloudwatch = CloudWatch::new(http.clone(), environment, region)?;
            Ok(AgentMeter {
                cloudwatch,
                space: id.clone(),
            })
        });
        Ok(Self {
            meter: meter.transpose()?,
            bus: bus.transpose()?,
            agent: DevOpsAgent::new(http.clone(), environment, region, id)?,
            store: Table::new(http, environment, table)?,
            topic: topic.transpose()?,
            function_name: name.unwrap_or_default().to_owned(),
            space,
            settings,
            patience,
            log,
        })
    }

    /// Handles what the function is handed.
    ///
    /// # Errors
    ///
    /// When it is to be tried again.
    pub async fn handle(&self, payload: &str, request_id: &str) -> Result<Json, InvocationError> {
        let input = parse_event(payload);
        let invocation = Invocation {
            request_id,
            origin: input.as_ref().map(Origin::of).unwrap_or_default(),
        };
        let occasion = input.and_then(|it| {
            let occasion = Occasion::read(&it, &self.settings.space);
            occasion.ok_or(UnreadableEvent::Foreign(EVENTS))
        });
        let follow = Follow {
            agent: &self.agent,
            store: &self.store,
            clock: &SystemClock,
            settings: &self.settings,
            patience: self.patience,
        };
        match occasion {
            Err(error) => {
                let fields = invocation.fields(json!({ "why": error.to_string() }));
                self.line(Level::Error, "event not understood", fields);
                self.count(&["Unreadable"]);
                Err(error.into())
            }
            Ok(Occasion::Nothing(why)) => {
                let outcome = Outcome::NotOurs(why);
                Ok(self.log_outcome(&outcome, None, &invocation))
            }
            Ok(Occasion::Task(task)) => {
                let outcome = follow.task(&task).await;
                Ok(self.act(outcome, &task, &invocation).await?)
            }
            Ok(Occasion::Overdue) => {
                let deadline = later(Timestamp::now(), ASKING);
                self.meter(&invocation).await;
                let act = async |task: &str, outcome: Result<Outcome, ResultError>| {
                    // It logs what failed, and the next hour asks again.
                    self.act(outcome, task, &invocation).await.ok();
                };
                let asked = follow.overdue(deadline, act).await.inspect_err(|error| {
                    self.failed("investigations not asked for", error, None, &invocation);
                })?;
                let fields = invocation.fields(json!({ "asked": asked }));
                self.line(
                    Level::Info,
                    "asked for investigations without an end",
                    fields,
                );
                Ok(json!({ "asked": asked }))
            }
        }
    }

    /// Logs and counts an outcome, and publishes an end; returns the answer. What fails is logged too.
    async fn act(
        &self,
        outcome: Result<Outcome, ResultError>,
        task: &str,
        invocation: &Invocation<'_>,
    ) -> Result<Json, ResultError> {
        let recorded = match &outcome {
            Ok(outcome) => Some(outcome),
            Err(error) => error.outcome(),
        };
        let answer = recorded.map(|it| self.log_outcome(it, Some(task), invocation));
        let published = match recorded.and_then(Outcome::investigation) {
            Some(now) => self.publish(now, invocation).await,
            None => Ok(()),
        };
        if let Err(error) = &published {
            self.failed("result not published", error, Some(task), invocation);
        }
        let planned = match recorded.and_then(Outcome::investigation) {
            Some(now) => self.mitigate(now, invocation).await,
            None => Ok(()),
        };
        if let Err(error) = &planned {
            self.failed("mitigation not handed on", error, Some(task), invocation);
        }
        if let Err(error) = &outcome {
            let message = match recorded {
                Some(_) => "result incomplete",
                None => "result not recorded",
            };
            self.failed(message, error, Some(task), invocation);
        }
        published?;
        planned?;
        outcome.map(|_| answer.unwrap_or_default())
    }

    /// Notes how long the agent worked by its own count. Nothing waits for a number that cannot be read.
    async fn meter(&self, invocation: &Invocation<'_>) {
        let Some(source) = &self.meter else { return };
        let metered = meter(source, &self.store, &SystemClock, self.settings.price);
        if let Err(error) = metered.await {
            let fields = invocation.fields(json!({ "why": error.to_string() }));
            self.line(Level::Warn, "the agent's own count was not read", fields);
        }
    }

    async fn publish(
        &self,
        now: &Investigation,
        invocation: &Invocation<'_>,
    ) -> Result<(), ResultError> {
        let (Some(topic), Some(notices)) = (&self.topic, &self.settings.notices) else {
            return Ok(());
        };
        let publish = Publish {
            store: &self.store,
            clock: &SystemClock,
            topic,
            notices,
            space: &self.space,
        };
        if publish.publish(now).await? {
            let fields = json!({ "incidentId": now.incident, "task": now.task });
            self.line(Level::Info, "result published", invocation.fields(fields));
            self.count(&["ResultsPublished"]);
        }
        Ok(())
    }

    /// Asks for a plan, or hands it on, if that is to be done next.
    async fn mitigate(
        &self,
        now: &Investigation,
        invocation: &Invocation<'_>,
    ) -> Result<(), ResultError> {
        let (Some(bus), Some(settings)) = (&self.bus, &self.settings.mitigation) else {
            return Ok(());
        };
        let mitigate = Mitigate {
            agent: &self.agent,
            store: &self.store,
            clock: &SystemClock,
            bus,
            topic: self.topic.as_ref().zip(self.settings.notices.as_ref()),
            settings,
            origin: message::Origin {
                account: &settings.account,
                space: &self.space,
            },
            patience: self.patience,
        };
        let (line, metric) = match mitigate.go_on(now).await? {
            Step::Nothing => return Ok(()),
            Step::OverBudget => ("plan not asked for: over the budget", "PlansOverBudget"),
            Step::Asked => ("plan asked for", "PlansAsked"),
            Step::Refused => ("plan refused by the agent", "PlansRefused"),
            Step::NoPlan => ("no plan was written", "PlansMissing"),
            Step::HandedOn => ("plan handed on", "PlansHandedOn"),
        };
        let fields = json!({ "incidentId": now.incident, "task": now.task });
        self.line(Level::Info, line, invocation.fields(fields));
        self.count(&[metric]);
        Ok(())
    }

    /// Logs and counts an outcome; returns the answer.
    fn log_outcome(
        &self,
        outcome: &Outcome,
        task: Option<&str>,
        invocation: &Invocation<'_>,
    ) -> Json {
        self.count(&count::metrics(outcome));
        let (message, fields, answer) = match outcome {
            Outcome::NotOurs(why) => {
                let why = json!({ "task": task, "why": why.as_str() });
                ("task not ours", why, json!({ "result": "not-ours" }))
            }
            Outcome::Unchanged(now) => {
                let answer = json!({ "result": "unchanged", "incidentId": now.incident });
                ("result known", facts(now), answer)
            }
            Outcome::Recorded { now, .. } => {
                let answer = json!({ "result": "recorded", "incidentId": now.incident });
                ("result recorded", facts(now), answer)
            }
        };
        self.line(Level::Info, message, invocation.fields(fields));
        answer
    }

    fn failed(
        &self,
        message: &str,
        error: &ResultError,
        task: Option<&str>,
        invocation: &Invocation<'_>,
    ) {
        let fields = json!({ "task": task, "why": error.to_string() });
        self.line(Level::Warn, message, invocation.fields(fields));
        self.count(&["ResultRetries"]);
    }

    fn line(&self, level: Level, message: &str, fields: Json) {
        self.log.line(Timestamp::now(), level, message, fields);
    }

    fn count(&self, metrics: &[&'static str]) {
        let metrics: Vec<(&'static str, &[u64])> =
            metrics.iter().map(|it| (*it, &[1_u64][..])).collect();
        self.log
            .metrics(Timestamp::now(), &self.function_name, &metrics);
    }
}

/// What a log line says of an investigation. Nothing that the agent wrote.
fn facts(it: &Investigation) -> Json {
    json!({
        "incidentId": it.incident,
        "task": it.task,
        "execution": it.execution,
        "primary": it.primary,
        "status": it.status.as_str(),
        "seconds": it.seconds,
        "dollars": it.dollars,
        "finding": it.verdict.as_ref().map(|it| it.finding),
        "gaps": it.gaps.len(),
    })
}
