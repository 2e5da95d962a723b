//! The few things that Tocsin builds from CloudFormation resources, as functions.
//!
//! A construct takes a part of the model, adds resources to a template, and returns what others may
//! point at. It owns the wiring: whatever lets one resource reach another (a permission, a policy,
//! a dead-letter queue) is made where the two are joined, exactly once.

pub(crate) mod agent_events;
pub(crate) mod alarms;
pub(crate) mod canary;
pub(crate) mod cost_schedule;
pub(crate) mod dashboard;
pub(crate) mod delivery;
pub(crate) mod failures;
pub(crate) mod function;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod pipeline_alarms;
pub(crate) mod queues;
pub(crate) mod redrive;
pub(crate) mod results;
mod role;
pub(crate) mod rule;
pub(crate) mod schedule;
pub(crate) mod secret;
pub(crate) mod sources;
pub(crate) mod sweep;

use crate::{
    Arn, Value,
    monitor::Monitor,
    policy::Statement,
    resources::{
        kms_key::Key, s3_bucket::Bucket, scheduler_schedule_group::ScheduleGroup, sqs_queue::Queue,
    },
    rules::EventRule,
    suppression::Reason,
    template::Handle,
};

/// What every construct of the core stack shares.
pub(crate) struct Core<'a> {
    pub(crate) monitor: &'a Monitor,
    /// Which events reach which function.
    pub(crate) rules: &'a [EventRule],
    /// What everything that is kept is encrypted with, if not with AWS's own keys.
    pub(crate) key: Option<Handle<Key>>,
    /// Where incidents wait for delivery.
    pub(crate) incidents: Handle<Queue>,
    /// Where what could not be delivered ends, on every hop but the functions.
    pub(crate) dead_letters: Handle<Queue>,
    /// Where events end that a function failed on.
    pub(crate) failures: Handle<Bucket>,
    /// What the metrics of the schedules are counted by.
    pub(crate) schedules: Handle<ScheduleGroup>,
}

impl Core<'_> {
    fn key_arn(&self) -> Option<Value<Arn<Key>>> {
        Some(self.key.as_ref()?.arn())
    }

    /// Why a key of AWS will do, where it does.
    fn aws_owned_key(&self) -> Option<Reason> {
        self.key.is_none().then_some(Reason::AwsOwnedKey)
    }

    /// What lets a role use the queues, the secret and the ledger, where they have a key of their own.
    fn use_of_key(&self) -> Option<Statement> {
        let key = self.key_arn()?.into_text();
        Some(Statement::allow("UseKey", key::USE, [key]))
    }
}
