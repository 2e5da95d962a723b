//! The whole job on a local AWS: an account is deployed as to AWS, things go wrong, and a receiver on this
//! machine is sent incidents as the agent would be.
//!
//! `make demo` plays it. The tests of `synth` deploy to the same local AWS and listen with the same
//! receiver. Nothing of this is in `synth` itself.

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
