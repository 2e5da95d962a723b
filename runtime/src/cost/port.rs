//! What the report needs of the outside. Tests bring another.

use std::time::Duration;

use jiff::civil::Date;

use crate::aws::{
    CallError, Page,
    cloudwatch::{Answer, Period, Query},
    compute_optimizer::{Idle, Sizing},
    cost_explorer::Cost,
    cost_optimization_hub::Recommendation,
    ec2::{Address, Instance, Volume},
};

/// Every action that reading takes, as IAM names them: those of a role that is to do all of it, and no more.
pub const ACTIONS: [&str; 11] = [
    "ce:GetCostAndUsageWithResources",
    "cloudwatch:GetMetricData",
    "compute-optimizer:GetEC2InstanceRecommendations",
    "compute-optimizer:GetEnrollmentStatus",
    "compute-optimizer:GetIdleRecommendations",
    "cost-optimization-hub:GetPreferences",
    "cost-optimization-hub:ListEnrollmentStatuses",
    "cost-optimization-hub:ListRecommendations",
    "ec2:DescribeAddresses",
    "ec2:DescribeInstances",
    "ec2:DescribeVolumes",
];

/// The calls that read an account. Each is made once: whoever calls tries again.
#[expect(
    async_fn_in_trait,
    reason = "what implements it is known where it is used, and runs on one thread"
)]
pub trait Reads {
    /// Whether the account is enrolled in Cost Optimization Hub.
    async fn hub_enrollment(&self) -> Result<String, CallError>;
    /// Whether the hub's amounts are after discounts.
    async fn hub_mode(&self) -> Result<String, CallError>;
    /// A page of what the hub recommends in these regions.
    async fn hub(
        &self,
        regions: &[String],
        token: Option<&str>,
    ) -> Result<Page<Recommendation>, CallError>;
    /// Whether the account has opted in to Compute Optimizer.
    async fn optimizer_enrollment(&self, region: &str) -> Result<String, CallError>;
    /// A page of what Compute Optimizer says of the sizes of instances.
    async fn sizings(&self, region: &str, token: Option<&str>) -> Result<Page<Sizing>, CallError>;
    /// A page of what it takes for idle.
    async fn idle(&self, region: &str, token: Option<&str>) -> Result<Page<Idle>, CallError>;
    /// A page of the instances that run or are stopped.
    async fn instances(
        &self,
        region: &str,
        token: Option<&str>,
    ) -> Result<Page<Instance>, CallError>;
    /// A page of the volumes of these instances.
    async fn volumes(
        &self,
        region: &str,
        instances: &[String],
        token: Option<&str>,
    ) -> Result<Page<Volume>, CallError>;
    /// The addresses.
    async fn addresses(&self, region: &str) -> Result<Page<Address>, CallError>;
    /// A page of what these resources have cost, from a day on and before another. Each page is charged.
    async fn actual_costs(
        &self,
        resources: &[String],
        period: (Date, Date),
        token: Option<&str>,
    ) -> Result<Page<Cost>, CallError>;
    /// A page of the answers to these queries.
    async fn daily(
        &self,
        region: &str,
        queries: &[Query],
        period: Period,
        token: Option<&str>,
    ) -> Result<Page<Answer>, CallError>;
}

/// The time that passes, and chance.
#[expect(async_fn_in_trait, reason = "as above")]
pub trait Clock {
    /// How long it is since the run began.
    fn elapsed(&self) -> Duration;
    /// Waits.
    async fn sleep(&self, duration: Duration);
    /// A number from 0 to 1.
    fn jitter(&self) -> f64;
    /// What comes of `work`, if it is done in this time.
    async fn within<T>(&self, limit: Duration, work: impl Future<Output = T>) -> Option<T>;
}
