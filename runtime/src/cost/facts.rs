//! What was read of an account, and what could not be.

use std::collections::BTreeMap;

use crate::aws::{
    CallError, Reason,
    compute_optimizer::{Idle, Sizing},
    cost_optimization_hub::Recommendation,
    ec2::{Address, Instance, Volume},
};

use super::{finding::Origin, usage::Usage};

/// What was read of an account.
#[derive(Debug, Default)]
pub struct Facts {
    /// What Cost Optimization Hub says, and whether its amounts are after discounts.
    pub hub: Vec<Recommendation>,
    /// Its word for what the amounts are, such as `AfterDiscounts`.
    pub hub_mode: String,
    /// What was read in each region.
    pub regions: Vec<RegionFacts>,
    /// What could not be read.
    pub gaps: Vec<Gap>,
    /// How many metrics CloudWatch was asked for: what it charges.
    pub metrics: usize,
    /// How many calls were made, retries included.
    pub calls: usize,
}

/// What was read in a region.
#[derive(Debug, Default)]
pub struct RegionFacts {
    /// Such as `eu-central-1`.
    pub region: String,
    /// Instances that run or are stopped.
    pub instances: Vec<Instance>,
    /// What Compute Optimizer says of the sizes of instances.
    pub sizings: Vec<Sizing>,
    /// What it takes for idle.
    pub idle: Vec<Idle>,
    /// What the metrics of instances say, by their IDs.
    pub usage: BTreeMap<String, Usage>,
    /// Volumes of instances that have been stopped for long.
    pub volumes: Vec<Volume>,
    /// Addresses.
    pub addresses: Vec<Address>,
}

/// Something that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Gap {
    /// What.
    pub what: What,
    /// Why.
    pub why: Why,
    /// In which region, if not in all.
    pub region: Option<String>,
}

/// What is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// What Cost Optimization Hub recommends.
    Hub,
    /// Whether its amounts are after discounts.
    HubPreferences,
    /// Instances of EC2.
    Instances,
    /// What Compute Optimizer takes for idle.
    Idle,
    /// What Compute Optimizer says of sizes.
    Sizings,
    /// CPU and traffic.
    Metrics,
    /// Volumes of stopped instances.
    Volumes,
    /// Addresses.
    Addresses,
    /// What the findings have cost.
    ActualCosts,
}

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The account has not opted in, and we never do that.
    NotEnrolled,
    /// It has, but there are no results yet.
    NotReady(String),
    /// A permission is missing: the error's name.
    Denied(String),
    /// The service did not answer, or not as it should.
    Failed(String),
    /// There was no time left.
    OutOfTime,
    /// There were more pages than are read.
    TooManyPages,
    /// The service cannot say anything of so many resources.
    NothingSaidOf(usize),
    /// When it was asked last is not known, as the ledger is away, and asking costs.
    NotAsked,
    /// So many more were not asked about, as their findings are not among the largest.
    NotAskedOf(usize),
    /// Of so many more there was no asking within `max-metrics`.
    OverMaxMetrics(usize),
}

/// The code of Compute Optimizer for an account that has not opted in. Source: "Common errors" of its operations in
/// the Compute Optimizer API reference; its status differs from place to place, so the code is what counts.
const NOT_ENROLLED: &str = "OptInRequiredException";
/// The codes of a missing permission: of JSON services, of Query services, and of EC2. Sources: "Common Errors" in
/// their API references, and "Error codes for the Amazon EC2 API" in the EC2 developer guide.
const DENIED: [&str; 3] = [
    "AccessDeniedException",
    "AccessDenied",
    "UnauthorizedOperation",
];

impl Gap {
    /// Whether another run, a minute later, may well not have it.
    pub fn is_passing(&self) -> bool {
        match self.why {
            // What the findings have cost is asked once a week, whatever comes of it.
            _ if self.what == What::ActualCosts => false,
            Why::Failed(_) | Why::OutOfTime | Why::NotReady(_) | Why::TooManyPages => true,
            Why::NotEnrolled
            | Why::Denied(_)
            | Why::NothingSaidOf(_)
            | Why::NotAsked
            | Why::NotAskedOf(_)
            | Why::OverMaxMetrics(_) => false,
        }
    }
}

impl What {
    /// Who says nothing where this could not be read. Without instances that is everybody, as what they recommend is
    /// looked up there. What metrics leave open is said of each instance by itself.
    pub(super) fn origins(self) -> &'static [Origin] {
        match self {
            Self::Hub => &[Origin::CostOptimizationHub],
            Self::Idle | Self::Sizings => &[Origin::ComputeOptimizer],
            Self::Volumes | Self::Addresses => &[Origin::Metrics],
            Self::Instances => &[
                Origin::CostOptimizationHub,
                Origin::ComputeOptimizer,
                Origin::Metrics,
            ],
            Self::HubPreferences | Self::Metrics | Self::ActualCosts => &[],
        }
    }

    /// What it is called in texts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Hub => "Cost Optimization Hub",
            Self::HubPreferences => "preferences of Cost Optimization Hub",
            Self::Instances => "EC2 instances",
            Self::Idle => "idle resources of Compute Optimizer",
            Self::Sizings => "instance sizes of Compute Optimizer",
            Self::Metrics => "metrics of instances",
            Self::Volumes => "volumes of stopped instances",
            Self::Addresses => "addresses",
            Self::ActualCosts => "actual costs of Cost Explorer",
        }
    }
}

impl Why {
    /// What to do about it, or what it is.
    pub fn text(&self) -> String {
        match self {
            Self::NotEnrolled => "this account has not opted in".to_owned(),
            Self::NotReady(status) => {
                format!("the enrollment is `{status}`; results can take 24 hours")
            }
            Self::Denied(error) => format!("a permission is missing ({error})"),
            Self::Failed(error) => error.clone(),
            Self::OutOfTime => "there was no time left".to_owned(),
            Self::TooManyPages => "more pages than are read".to_owned(),
            Self::NothingSaidOf(count) => format!("it says nothing of {count} resources"),
            Self::NotAsked => "not asked, as the ledger does not say when it was".to_owned(),
            Self::NotAskedOf(count) => {
                format!("not asked of {count} resources, whose findings are not among the largest")
            }
            Self::OverMaxMetrics(count) => {
                format!("{count} instances are beyond `max-metrics`")
            }
        }
    }
}

impl From<&CallError> for Why {
    fn from(error: &CallError) -> Self {
        match error.reason() {
            Reason::Refused { error, .. } if error == NOT_ENROLLED => Self::NotEnrolled,
            Reason::Refused { error, .. } if DENIED.contains(&error.as_str()) => {
                Self::Denied(error.clone())
            }
            Reason::Refused { error, .. } => Self::Failed(error.clone()),
            reason => Self::Failed(reason.to_string()),
        }
    }
}
