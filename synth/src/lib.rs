//! From an account file to deployed stacks: the command line of Tocsin.
//!
//! All files, SDK clients and terminal output live in this crate.

pub mod aws;
pub mod cli;
pub mod commands;
pub mod config;
pub mod deploy;
pub mod diff;
pub mod discover;
pub mod error;
pub mod forecast;
pub mod graph;
pub mod ledger;
pub mod lookup;
pub mod match_event;
pub mod package;
pub mod permissions;
pub mod price;
pub mod redrive;
pub mod terminal;
pub mod webhook_secret;
