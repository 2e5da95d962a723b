//! What is watched in an AWS account, as typed CloudFormation templates.
//!
//! Pure: no files, no clock, no environment, no network. The same [`monitor::Monitor`] yields the
//! same bytes.
//!
//! Three layers, each usable without the one above it:
//!
//! - [`resources`], [`Value`] and [`Template`]: CloudFormation, typed. Resource types are generated
//!   from the registry schemas in `schemas/`.
//! - `constructs`: the few things that Tocsin builds from them, as functions.
//! - `stack`: from a `Monitor` to the templates of an account.
//!
//! ```
//! use stacks::{Template, resources::sqs_queue::Queue};
//!
//! let mut template = Template::new("A queue");
//! let queue = Queue {
//!     message_retention_period: Some(1_209_600.into()),
//!     ..Queue::default()
//! };
//! template.add(&["Orders"], &queue)?;
//! let json = template.to_json();
//! assert_eq!(json["Resources"]["Orders"]["Type"], "AWS::SQS::Queue");
//! # Ok::<(), stacks::template::DuplicateLogicalId>(())
//! ```

pub mod arn;
mod asset;
mod constructs;
pub mod event_pattern;
mod hash;
mod json;
pub mod limits;
pub mod logical_id;
pub mod monitor;
pub mod parallel;
pub mod policy;
pub mod quota;
#[expect(
    clippy::doc_markdown,
    reason = "what AWS says of its types, in its own words"
)]
pub mod resources;
pub mod rules;
pub mod stack;
pub mod suppression;
pub mod tag;
pub mod template;
pub mod value;

pub use arn::Arn;
pub use event_pattern::EventPattern;
pub use json::{Json, Object, ToJson};
pub use logical_id::LogicalId;
pub use monitor::Monitor;
pub use policy::PolicyDocument;
pub use stack::{Stack, SynthesisError, stack_names, synthesize};
pub use template::{Handle, Template};
pub use value::Value;
