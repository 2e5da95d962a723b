//! From an account file to deployed stacks: the command line of Tocsin.
//!
//! All files, SDK clients and terminal output live in this crate.

pub mod aws;
pub mod cli;
pub mod commands;
pub mod config;
pub mod demo;
pub mod deploy;
pub mod diff;
pub mod error;
pub mod graph;
pub mod ledger;
pub mod local_aws;
pub mod match_event;
pub mod package;
pub mod receiver;
pub mod redrive;
pub mod terminal;

use stacks::monitor::Architecture;

/// The architecture of the machine that this runs on.
pub fn host_architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") {
        Architecture::Arm64
    } else {
        Architecture::X86_64
    }
}
