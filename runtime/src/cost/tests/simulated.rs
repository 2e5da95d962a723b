//! Time that passes only when everybody waits, and an account, a ledger and a queue in memory.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    pin::{Pin, pin},
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use futures_util::future::{Either, select};
use jiff::civil::Date;

use crate::{
    aws::{
        CallError, Page, Reason,
        cloudwatch::{Answer, Period, Query, Status},
        compute_optimizer::{Idle, Sizing},
        cost_explorer::Cost,
        cost_optimization_hub::Recommendation,
        ec2::{Address, Instance, Volume},
    },
    cost::{Clock, Outbox, Reads, Store},
    ledger::{Item, Key, MemoryLedger, Put, Versioned},
};

/// Time that passes when everybody waits for it.
#[derive(Clone, Default)]
pub(super) struct Simulation(Rc<RefCell<Timers>>);

#[derive(Default)]
struct Timers {
    now: Duration,
    next: u64,
    waiting: BTreeMap<(Duration, u64), Waker>,
}

struct Timer {
    simulation: Simulation,
    at: (Duration, u64),
}

impl Future for Timer {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let mut timers = self.simulation.0.borrow_mut();
        if timers.now >= self.at.0 {
            return Poll::Ready(());
        }
        timers.waiting.insert(self.at, context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        self.simulation.0.borrow_mut().waiting.remove(&self.at);
    }
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl Simulation {
    /// Drives a future to its end; nothing where it waits for what never comes.
    pub(super) fn run<T>(&self, future: impl Future<Output = T>) -> Option<T> {
        let mut future = pin!(future);
        let woken = Arc::new(Woken(AtomicBool::new(true)));
        let waker = Waker::from(Arc::clone(&woken));
        let mut context = Context::from_waker(&waker);
        loop {
            while woken.0.swap(false, Ordering::SeqCst) {
                if let Poll::Ready(value) = future.as_mut().poll(&mut context) {
                    return Some(value);
                }
            }
            let first = self.0.borrow_mut().waiting.pop_first();
            let ((at, _), waker) = first?;
            self.0.borrow_mut().now = at;
            waker.wake();
        }
    }
}

impl Clock for Simulation {
    fn elapsed(&self) -> Duration {
        self.0.borrow().now
    }

    async fn sleep(&self, duration: Duration) {
        let at = {
            let mut timers = self.0.borrow_mut();
            timers.next += 1;
            (timers.now + duration, timers.next)
        };
        let simulation = self.clone();
        Timer { simulation, at }.await;
    }

    fn jitter(&self) -> f64 {
        0.0
    }

    async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T> {
        match select(pin!(work), pin!(self.sleep(limit))).await {
            Either::Left((value, _)) => Some(value),
            Either::Right(_) => None,
        }
    }
}

/// What an operation does in a region, at its n-th call there: fail for this reason, or not.
type Fault = Box<dyn Fn(&'static str, &str, usize, Duration) -> Option<Reason>>;

/// An account in memory.
pub(super) struct Account {
    pub(super) clock: Simulation,
    pub(super) latency: Duration,
    pub(super) hub_status: &'static str,
    pub(super) hub: Vec<Recommendation>,
    pub(super) optimizer_status: &'static str,
    pub(super) regions: BTreeMap<String, Region>,
    pub(super) fault: Fault,
    /// Whether lists of instances have a new token on each page, and of sizes always the same.
    pub(super) is_endless: bool,
    /// A region in which nothing answers, for as long as anybody waits.
    pub(super) silent: Option<&'static str>,
    /// What resources have cost, of which a page has two.
    pub(super) costs: Vec<Cost>,
    pub(super) calls: RefCell<BTreeMap<(&'static str, String), usize>>,
}

/// What is in a region.
#[derive(Default)]
pub(super) struct Region {
    pub(super) instances: Vec<Instance>,
    pub(super) sizings: Vec<Sizing>,
    pub(super) idle: Vec<Idle>,
    pub(super) volumes: Vec<Volume>,
    pub(super) addresses: Vec<Address>,
    /// The daily value of a metric of an instance, by `id/metric`.
    pub(super) daily: BTreeMap<String, f64>,
    pub(super) status: Option<Status>,
}

impl Account {
    pub(super) fn new(clock: &Simulation) -> Self {
        Self {
            clock: clock.clone(),
            latency: Duration::ZERO,
            hub_status: "Active",
            hub: Vec::new(),
            optimizer_status: "Active",
            regions: BTreeMap::new(),
            fault: Box::new(|_, _, _, _| None),
            is_endless: false,
            silent: None,
            costs: Vec::new(),
            calls: RefCell::default(),
        }
    }

    pub(super) fn count(&self, operation: &str) -> usize {
        let calls = self.calls.borrow();
        let its = calls.iter().filter(|((it, _), _)| *it == operation);
        its.map(|(_, count)| count).sum()
    }

    async fn asked(&self, operation: &'static str, region: &str) -> Result<&Region, CallError> {
        let nth = {
            let mut calls = self.calls.borrow_mut();
            let count = calls.entry((operation, region.to_owned())).or_default();
            *count += 1;
            *count
        };
        if self.silent == Some(region) {
            self.clock.sleep(Duration::from_secs(15)).await;
            let reason = Reason::NoAnswer("silence");
            return Err(CallError::new("test", operation, reason));
        }
        self.clock.sleep(self.latency).await;
        let now = self.clock.elapsed();
        if let Some(reason) = (self.fault)(operation, region, nth, now) {
            return Err(CallError::new("test", operation, reason));
        }
        Ok(self
            .regions
            .get(region)
            .or_else(|| self.regions.values().next())
            .unwrap())
    }
}

fn page<T: Clone>(all: &[T], token: Option<&str>, size: usize) -> Page<T> {
    let start: usize = token.map_or(0, |it| it.parse().unwrap());
    let end = (start + size).min(all.len());
    Page {
        items: all[start..end].to_vec(),
        errors: 0,
        next: (end < all.len()).then(|| end.to_string()),
    }
}

impl Reads for Account {
    async fn hub_enrollment(&self) -> Result<String, CallError> {
        self.asked("ListEnrollmentStatuses", "us-east-1").await?;
        Ok(self.hub_status.to_owned())
    }

    async fn hub_mode(&self) -> Result<String, CallError> {
        self.asked("GetPreferences", "us-east-1").await?;
        Ok("AfterDiscounts".to_owned())
    }

    async fn hub(
        &self,
        regions: &[String],
        token: Option<&str>,
    ) -> Result<Page<Recommendation>, CallError> {
        self.asked("ListRecommendations", "us-east-1").await?;
        let all = self.hub.iter().filter(|it| regions.contains(&it.region));
        Ok(page(&all.cloned().collect::<Vec<_>>(), token, 1_000))
    }

    async fn optimizer_enrollment(&self, region: &str) -> Result<String, CallError> {
        self.asked("GetEnrollmentStatus", region).await?;
        Ok(self.optimizer_status.to_owned())
    }

    async fn sizings(&self, region: &str, token: Option<&str>) -> Result<Page<Sizing>, CallError> {
        let its = self.asked("GetEC2InstanceRecommendations", region).await?;
        if self.is_endless {
            return Ok(Page {
                next: Some("again".to_owned()),
                ..Page::default()
            });
        }
        Ok(page(&its.sizings, token, 1_000))
    }

    async fn idle(&self, region: &str, token: Option<&str>) -> Result<Page<Idle>, CallError> {
        let its = self.asked("GetIdleRecommendations", region).await?;
        Ok(page(&its.idle, token, 100))
    }

    async fn instances(
        &self,
        region: &str,
        token: Option<&str>,
    ) -> Result<Page<Instance>, CallError> {
        let its = self.asked("DescribeInstances", region).await?;
        if self.is_endless {
            let next = self.count("DescribeInstances").to_string();
            return Ok(Page {
                next: Some(next),
                ..Page::default()
            });
        }
        Ok(page(&its.instances, token, 100))
    }

    async fn volumes(
        &self,
        region: &str,
        instances: &[String],
        token: Option<&str>,
    ) -> Result<Page<Volume>, CallError> {
        let its = self.asked("DescribeVolumes", region).await?;
        let of = |it: &&Volume| {
            it.instance
                .as_ref()
                .is_some_and(|it| instances.contains(it))
        };
        let all: Vec<Volume> = its.volumes.iter().filter(of).cloned().collect();
        Ok(page(&all, token, 500))
    }

    async fn addresses(&self, region: &str) -> Result<Page<Address>, CallError> {
        let its = self.asked("DescribeAddresses", region).await?;
        Ok(page(&its.addresses, None, usize::MAX / 2))
    }

    async fn actual_costs(
        &self,
        resources: &[String],
        _: (Date, Date),
        token: Option<&str>,
    ) -> Result<Page<Cost>, CallError> {
        self.asked("GetCostAndUsageWithResources", "us-east-1")
            .await?;
        assert!(self.costs.iter().all(|it| resources.contains(&it.resource)));
        Ok(page(&self.costs, token, 2))
    }

    async fn daily(
        &self,
        region: &str,
        queries: &[Query],
        period: Period,
        token: Option<&str>,
    ) -> Result<Page<Answer>, CallError> {
        assert!(queries.len() <= 500 && token.is_none());
        let its = self.asked("GetMetricData", region).await?;
        let days = (period.end.as_second() - period.start.as_second()) / 86_400;
        let answers = queries.iter().enumerate().map(|(index, query)| {
            let value = its.daily.get(&format!("{}/{}", query.name, query.metric));
            let time = |day: i64| period.start + jiff::SignedDuration::from_hours(24 * day);
            let values = value.map(|value| (0..days).map(|day| (time(day), *value)).collect());
            Answer {
                query: index,
                status: its.status.clone().unwrap_or(Status::Complete),
                values: values.unwrap_or_default(),
            }
        });
        Ok(Page {
            items: answers.collect(),
            ..Page::default()
        })
    }
}

/// A ledger and a queue that die at a step, before or after it has an effect.
#[derive(Default)]
pub(super) struct Outside {
    pub(super) ledger: RefCell<MemoryLedger>,
    pub(super) sent: RefCell<Vec<String>>,
    /// How many steps were made.
    pub(super) steps: Cell<usize>,
    /// At which step everything ends, and whether that step still has its effect.
    pub(super) dies: Cell<Option<(usize, bool)>>,
    /// Before which step somebody else writes the run.
    pub(super) other_writes_at: Cell<Option<usize>>,
    /// Whether the ledger can be read and written.
    pub(super) can: Cell<(bool, bool)>,
    /// How long each time takes that it is read.
    pub(super) takes: RefCell<Option<(Simulation, Duration)>>,
}

impl Outside {
    pub(super) fn new() -> Self {
        let outside = Self::default();
        outside.can.set((true, true));
        outside
    }

    async fn step<T>(&self, effect: impl FnOnce() -> T) -> T {
        let step = self.steps.get();
        self.steps.set(step + 1);
        match self.dies.get() {
            Some((at, with_effect)) if at == step => {
                if with_effect {
                    effect();
                }
                std::future::pending().await
            }
            _ => effect(),
        }
    }
}

fn away() -> CallError {
    CallError::new("dynamodb", "any", Reason::NoAnswer("connect"))
}

impl Store for Outside {
    async fn read(
        &self,
        keys: &[Key],
    ) -> Result<BTreeMap<Key, Option<Versioned<Item>>>, CallError> {
        if !self.can.get().0 {
            return Err(away());
        }
        let takes = self.takes.borrow().clone();
        if let Some((clock, time)) = takes {
            clock.sleep(time).await;
        }
        let ledger = self.ledger.borrow();
        let found = keys
            .iter()
            .filter_map(|it| Some((it.clone(), Some(ledger.get(it)?.clone()))));
        Ok(found.collect())
    }

    async fn write(&self, put: &Put) -> Result<bool, CallError> {
        if !self.can.get().1 {
            return Err(away());
        }
        if self.other_writes_at.get() == Some(self.steps.get()) {
            let key = Key::cost_run();
            let version = self.ledger.borrow().get(&key).map(|it| it.version);
            let other = Put {
                key,
                after: version,
                item: Item::CostRun(Box::default()),
            };
            self.ledger.borrow_mut().write(&[other]);
        }
        let write = || self.ledger.borrow_mut().write(std::slice::from_ref(put));
        Ok(self.step(write).await)
    }
}

impl Outbox for Outside {
    async fn send(&self, body: &str) -> Result<(), CallError> {
        self.step(|| self.sent.borrow_mut().push(body.to_owned()))
            .await;
        Ok(())
    }
}
