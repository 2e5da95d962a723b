//! The report as a Lambda function: the real account, ledger and queue.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use contract::settings::variable;
use jiff::{Timestamp, civil::Date};
use lambda_runtime::Diagnostic;
use serde_json::{Value as Json, json};

use super::{
    Clock, Evaluation, News, Occasion, Outcome, Reads, Run, RunError, Settings, Store,
    outbox::Incidents, scheduled_time, text::sums_as_json,
};
use crate::{
    aws::{
        CallError, Page, Reason,
        cloudwatch::{Answer, CloudWatch, Period, Query},
        compute_optimizer::{ComputeOptimizer, Idle, Sizing},
        cost_explorer::{Cost, CostExplorer},
        cost_optimization_hub::{CostOptimizationHub, Recommendation},
        dynamodb::Table,
        ec2::{Address, Ec2, Instance, Volume},
        sqs::Sqs,
    },
    ledger::{Item, Key, Put, Versioned},
    log::{Level, Log},
    persistence::SystemTime,
    place::Place,
    settings::{Environment, InvalidVariable},
};

/// What a run keeps for itself of the time that it has: to compare, remember, queue and log.
const RESERVED: Duration = Duration::from_secs(40);

/// The clients of a region.
#[derive(Debug)]
struct Clients {
    ec2: Ec2,
    cloudwatch: CloudWatch,
    optimizer: ComputeOptimizer,
}

/// The account, as its APIs show it.
#[derive(Debug)]
pub struct AwsReads {
    account: String,
    hub: CostOptimizationHub,
    explorer: CostExplorer,
    regions: BTreeMap<String, Clients>,
}

impl AwsReads {
    /// The account that the environment's credentials are of, in the regions of the settings.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment has no credentials.
    pub fn new(
        http: &reqwest::Client,
        environment: &Environment,
        settings: &Settings,
        account: &str,
    ) -> Result<Self, InvalidVariable> {
        let clients = |region: &String| {
            let http = || http.clone();
            let clients = Clients {
                ec2: Ec2::new(http(), environment, region, settings.tags())?,
                cloudwatch: CloudWatch::new(http(), environment, region)?,
                optimizer: ComputeOptimizer::new(http(), environment, region)?,
            };
            Ok((region.clone(), clients))
        };
        Ok(Self {
            account: account.to_owned(),
            hub: CostOptimizationHub::new(http.clone(), environment)?,
            explorer: CostExplorer::new(http.clone(), environment)?,
            regions: settings
                .regions
                .iter()
                .map(clients)
                .collect::<Result<_, _>>()?,
        })
    }

    fn of(&self, region: &str) -> Result<&Clients, CallError> {
        let missing = || CallError::new("ec2", "any", Reason::NoAnswer("no such region"));
        self.regions.get(region).ok_or_else(missing)
    }
}

impl Reads for AwsReads {
    async fn hub_enrollment(&self) -> Result<String, CallError> {
        self.hub.enrollment().await
    }

    async fn hub_mode(&self) -> Result<String, CallError> {
        self.hub.estimation_mode().await
    }

    async fn hub(
        &self,
        regions: &[String],
        token: Option<&str>,
    ) -> Result<Page<Recommendation>, CallError> {
        let page = self
            .hub
            .recommendations(&self.account, regions, token)
            .await;
        // A management account sees those of others, if it is not understood what is asked for.
        let is_ours = |it: &Recommendation| {
            let account = it.account.as_deref();
            self.account.is_empty() || account.is_none_or(|it| it == self.account)
        };
        page.map(|mut page| {
            page.items.retain(is_ours);
            page
        })
    }

    async fn optimizer_enrollment(&self, region: &str) -> Result<String, CallError> {
        self.of(region)?.optimizer.enrollment().await
    }

    async fn sizings(&self, region: &str, token: Option<&str>) -> Result<Page<Sizing>, CallError> {
        self.of(region)?.optimizer.sizings(token).await
    }

    async fn idle(&self, region: &str, token: Option<&str>) -> Result<Page<Idle>, CallError> {
        self.of(region)?.optimizer.idle(token).await
    }

    async fn instances(
        &self,
        region: &str,
        token: Option<&str>,
    ) -> Result<Page<Instance>, CallError> {
        self.of(region)?.ec2.instances(token).await
    }

    async fn volumes(
        &self,
        region: &str,
        instances: &[String],
        token: Option<&str>,
    ) -> Result<Page<Volume>, CallError> {
        self.of(region)?.ec2.volumes(instances, token).await
    }

    async fn addresses(&self, region: &str) -> Result<Page<Address>, CallError> {
        self.of(region)?.ec2.addresses().await
    }

    async fn actual_costs(
        &self,
        resources: &[String],
        period: (Date, Date),
        token: Option<&str>,
    ) -> Result<Page<Cost>, CallError> {
        let explorer = &self.explorer;
        explorer
            .costs(&self.account, resources, period, token)
            .await
    }

    async fn daily(
        &self,
        region: &str,
        queries: &[Query],
        period: Period,
        token: Option<&str>,
    ) -> Result<Page<Answer>, CallError> {
        let cloudwatch = &self.of(region)?.cloudwatch;
        cloudwatch.daily(queries, period, token).await
    }
}

/// The time that passes since the run began.
#[derive(Debug)]
pub struct PassingClock(Instant);

impl PassingClock {
    /// A clock of a run that begins now.
    #[expect(clippy::new_without_default, reason = "it is when it is made")]
    pub fn new() -> Self {
        Self(Instant::now())
    }
}

impl Clock for PassingClock {
    fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }

    async fn sleep(&self, duration: Duration) {
        tokio::time::sleep(duration).await;
    }

    /// The nanoseconds of the moment: as good as chance where it only spreads what would come together.
    fn jitter(&self) -> f64 {
        f64::from(self.0.elapsed().subsec_nanos() % 1_000) / 1_000.0
    }

    async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        tokio::time::timeout(limit, work).await.ok()
    }
}

/// The ledger's table.
#[derive(Debug)]
pub struct LedgerStore(Table);

impl LedgerStore {
    /// What this table remembers.
    pub fn new(table: Table) -> Self {
        Self(table)
    }
}

impl Store for LedgerStore {
    async fn read(
        &self,
        keys: &[Key],
    ) -> Result<BTreeMap<Key, Option<Versioned<Item>>>, CallError> {
        self.0.read(keys, 0.5).await
    }

    async fn write(&self, put: &Put) -> Result<bool, CallError> {
        self.0.write(std::slice::from_ref(put), 0.5).await
    }
}

/// The function.
#[derive(Debug)]
pub struct CostFunction {
    log: Log,
    http: reqwest::Client,
    environment: Environment,
    settings: Settings,
    store: LedgerStore,
    sqs: Sqs,
    queue_url: String,
    region: String,
    function_name: String,
}

impl From<RunError> for Diagnostic {
    fn from(error: RunError) -> Self {
        let error_type = match error {
            RunError::Incomplete(_) => "IncompleteRun",
            RunError::Busy => "RunsAtOnce",
            RunError::Queue(_) => "QueueUnavailable",
        };
        Self {
            error_type: error_type.to_owned(),
            error_message: error.to_string(),
        }
    }
}

impl CostFunction {
    /// A function as the environment says.
    ///
    /// # Errors
    ///
    /// Returns an [`InvalidVariable`] if a setting of the cost report, the ledger's table, the incidents queue,
    /// the region or the credentials are missing from the environment, or if a setting cannot be read.
    pub fn new(
        log: Log,
        http: reqwest::Client,
        environment: Environment,
    ) -> Result<Self, InvalidVariable> {
        let table = environment.require(variable::LEDGER_TABLE)?;
        let name = environment.get("AWS_LAMBDA_FUNCTION_NAME");
        Ok(Self {
            settings: Settings::from_env(&environment)?,
            store: LedgerStore(Table::new(http.clone(), &environment, table)?),
            sqs: Sqs::new(http.clone(), &environment)?,
            queue_url: environment
                .require(variable::INCIDENTS_QUEUE_URL)?
                .to_owned(),
            region: environment.region()?.to_owned(),
            function_name: name.unwrap_or_default().to_owned(),
            log,
            http,
            environment,
        })
    }

    /// Makes the report that an event asks for. The function, whose ARN this is, has this much time.
    ///
    /// # Errors
    ///
    /// When the run is to be tried again.
    pub async fn handle(
        &self,
        event: &Json,
        function_arn: &str,
        time: Duration,
        request_id: &str,
    ) -> Result<Json, Diagnostic> {
        let now = Timestamp::now();
        // The function reports on the account that it runs in.
        let account = Place::of_arn(function_arn).map_or("", |it| it.account);
        let reads = AwsReads::new(&self.http, &self.environment, &self.settings, account);
        let reads = reads.map_err(|error| Diagnostic {
            error_type: "InvalidVariable".to_owned(),
            error_message: error.to_string(),
        })?;
        let run = Run {
            reads: &reads,
            clock: &PassingClock::new(),
            store: &self.store,
            outbox: &Incidents {
                sqs: &self.sqs,
                queue_url: &self.queue_url,
                time: SystemTime::begin(),
                end: time,
            },
            settings: &self.settings,
        };
        let occasion = Occasion {
            account,
            region: &self.region,
            at: scheduled_time(event, now),
        };
        let outcome = run.run(occasion, now, time.saturating_sub(RESERVED)).await;
        let now = Timestamp::now();
        match outcome {
            Ok(outcome) => Ok(self.say(&outcome, request_id, now)),
            Err(error) => {
                let why = json!({ "requestId": request_id, "why": error.to_string() });
                self.log.line(now, Level::Warn, "cost report failed", why);
                let metric = match error {
                    RunError::Queue(_) => "QueueUnavailable",
                    RunError::Incomplete(_) | RunError::Busy => "CostRetries",
                };
                self.count(now, metric, 1);
                Err(error.into())
            }
        }
    }

    fn count(&self, now: Timestamp, metric: &'static str, value: u64) {
        let metrics: &[(&'static str, &[u64])] = &[(metric, &[value])];
        self.log.metrics(now, &self.function_name, metrics);
    }

    fn say(&self, outcome: &Outcome, request_id: &str, now: Timestamp) -> Json {
        match outcome {
            Outcome::Repeated { id } => {
                let fields = json!({ "requestId": request_id, "incidentId": id });
                self.log.line(now, Level::Info, "already reported", fields);
                json!({ "decision": "repeated", "incidentId": id })
            }
            Outcome::Reported {
                id,
                evaluation,
                news,
            } => {
                let mut fields = self.found(evaluation, news, request_id, now);
                fields["incidentId"] = json!(id);
                self.log.line(now, Level::Info, "incident queued", fields);
                self.count(now, "Incidents", 1);
                json!({ "decision": "investigate", "incidentId": id })
            }
            Outcome::NotWorthIt {
                evaluation,
                news,
                notifies,
            } => {
                let why = if evaluation.findings.is_empty() && evaluation.is_complete() {
                    "nothing-found"
                } else if evaluation.findings.is_empty() {
                    "incomplete"
                } else {
                    "nothing-new"
                };
                let mut fields = self.found(evaluation, news, request_id, now);
                fields["why"] = json!(why);
                self.log.line(now, Level::Info, "event skipped", fields);
                self.count(now, "Skipped", 1);
                self.count(now, "CostIncomplete", u64::from(*notifies));
                json!({ "decision": "skip", "why": why })
            }
        }
    }

    /// Counts what was found; returns it for the log.
    fn found(
        &self,
        evaluation: &Evaluation,
        news: &News,
        request_id: &str,
        now: Timestamp,
    ) -> Json {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        self.log.metrics(
            now,
            &self.function_name,
            &[
                ("CostFindings", &[count(evaluation.findings.len())]),
                ("CostUnknown", &[count(evaluation.unknown_count())]),
                ("CostGaps", &[count(evaluation.gaps.len())]),
            ],
        );
        for (kind, (_, sums)) in evaluation.sums_by(|it| it.kind.metric()) {
            let (dimension, sum) = (("Kind", kind), sums.largest());
            self.log
                .measure(now, &self.function_name, dimension, "CostSavings", sum);
        }
        json!({
            "requestId": request_id,
            "findings": evaluation.findings.len(),
            "savings": sums_as_json(evaluation),
            "new": news.new.len(),
            "newSavings": news.sums.iter().collect::<Vec<_>>(),
            "unknown": evaluation.unknown_count(),
            "excluded": evaluation.excluded_count(),
            "inUse": evaluation.in_use,
            "gaps": evaluation.reasons(),
            "metrics": evaluation.metrics,
            "calls": evaluation.calls,
            "pages": evaluation.pages,
        })
    }
}
