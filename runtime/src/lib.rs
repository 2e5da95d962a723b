//! The Lambda functions: from AWS events to incidents, and from incidents to the agent.
//!
//! Judging is pure (`alarm`, `ecs`, `event`, `cost`, and what `deliver` makes of an answer); talking to AWS
//! and to the agent happens in `aws`, `http` and `bootstrap`. Each function is a binary of its own
//! with code and permissions of its own; all of them are this one library.

pub mod alarm;
pub mod aws;
pub mod bootstrap;
mod canary;
pub mod cost;
pub mod decision;
pub mod deliver;
pub mod ecs;
pub mod event;
pub mod functions;
mod group;
pub mod http;
pub mod ledger;
pub mod log;
mod origin;
mod persistence;
pub mod place;
pub mod read;
pub mod report;
pub mod result;
pub mod settings;
pub mod signal;
pub mod withhold;
