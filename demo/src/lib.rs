//! The whole job on a local AWS: an account is deployed as to AWS, things go wrong, and a receiver on this
//! machine is sent incidents as the agent would be.
//!
//! `make demo` plays it. The tests of `synth` deploy to the same local AWS and listen with the same
//! receiver. Nothing of this is in `synth` itself.
//!
//! ```
//! // The fake of the agent takes incidents of one subject for one failure.
//! let one = demo::agent::subject("prod: checkout-api out of memory (cluster demo, eu-central-1)");
//! let other = demo::agent::subject("prod: 3 incidents of ECS service checkout-api (cluster demo)");
//! assert_eq!(one, other);
//! ```

pub mod advice;
pub mod agent;
pub mod cli;
mod deployed;
mod error;
mod events;
mod investigate;
pub mod local_aws;
mod play;
pub mod receiver;
mod scenario;
mod storm;

pub use error::Error;
pub use play::play;
