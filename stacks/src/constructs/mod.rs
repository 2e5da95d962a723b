//! The few things that Tocsin builds from CloudFormation resources, as functions.
//!
//! A construct takes a part of the model, adds resources to a template, and returns what others may
//! point at. It owns the wiring: whatever lets one resource reach another (a permission, a policy,
//! a dead-letter queue) is made where the two are joined, exactly once.

pub(crate) mod alarms;
pub(crate) mod cost_schedule;
pub(crate) mod delivery;
pub(crate) mod function;
pub(crate) mod queues;
pub(crate) mod rule;
pub(crate) mod secret;
pub(crate) mod self_watch;
pub(crate) mod sources;

use crate::{monitor::Monitor, resources::sqs_queue::Queue, template::Handle};

/// What every construct of the core stack shares.
pub(crate) struct Core<'a> {
    pub(crate) monitor: &'a Monitor,
    /// Where incidents wait for delivery.
    pub(crate) incidents: Handle<Queue>,
    /// Where what could not be delivered ends, on every hop.
    pub(crate) dead_letters: Handle<Queue>,
}
