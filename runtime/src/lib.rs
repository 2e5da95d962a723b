//! The Lambda functions: from AWS events to incidents, and from incidents to the agent.
//!
//! Judging is pure (`alarm`, `ecs`, `event`, `cost`, and what `deliver` makes of an answer); talking to AWS
//! and to the agent happens in `aws`, `http` and `bootstrap`. Each function is a binary of its own
//! with code and permissions of its own; all of them are this one library.
//!
//! ```
//! use runtime::{decision::Decision, ecs};
//!
//! let event = serde_json::json!({
//!     "source": "aws.ecs",
//!     "detail-type": "ECS Task State Change",
//!     "detail": {
//!         "taskArn": "arn:aws:ecs:eu-central-1:111122223333:task/demo/0a1b2c3d",
//!         "clusterArn": "arn:aws:ecs:eu-central-1:111122223333:cluster/demo",
//!         "group": "service:checkout-api",
//!         "lastStatus": "STOPPED",
//!         "stopCode": "EssentialContainerExited",
//!         "stoppedAt": "2026-01-02T03:04:05Z",
//!         "containers": [{
//!             "name": "app",
//!             "exitCode": 137,
//!             "reason": "OutOfMemoryError: Container killed due to memory usage",
//!         }],
//!     },
//! });
//! let Ok(Decision::Investigate(finding)) = ecs::decide(&event) else {
//!     panic!("no incident");
//! };
//! let title = "checkout-api out of memory (cluster demo, eu-central-1)";
//! assert_eq!(finding.incident.title(), title);
//! ```

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
