//! Deploys to an AWS that breaks: a fake in this process, on a clock that stands still while anything happens.
//!
//! The fake is built from documented behaviour and from what others have seen of AWS. It shows what `synth` makes of
//! states that no local AWS gets into; it proves nothing of AWS itself.

#![expect(clippy::unwrap_used, reason = "tests")]

mod account;
mod agent_events;
mod change_sets;
mod clock;
mod cloud;
mod cloudformation;
mod discover;
mod doctor;
mod documents;
mod lookups;
mod matrix;
mod model;
mod named;
mod plans;
mod request;
mod run;
mod s3;
mod sts;
mod upgrade;
