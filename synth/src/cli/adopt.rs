//! What is asked before anything is deployed: what is missing, and what it costs.

use std::path::PathBuf;

use clap::Args;

use super::{AccountFile, AccountFiles};
use crate::discover::Kind;

/// Write or complete an account file by what is in the account.
#[derive(Debug, Args)]
pub struct Discover {
    /// Which account
    #[command(flatten)]
    pub file: AccountFile,
    /// Look at this region; can be given more than once [default: the regions of the file, or that of the AWS configuration]
    #[arg(long, value_name = "REGION")]
    pub region: Vec<String>,
    /// Look only for these; can be given more than once
    #[arg(long, value_enum, value_name = "KIND")]
    pub only: Vec<Kind>,
    /// Write nothing, and end with 3 if something is not watched
    #[arg(long)]
    pub check: bool,
    /// Do not ask
    #[arg(long, conflicts_with = "check")]
    pub yes: bool,
    /// Say what so many days before would have been with the file, at most 30; 0 to say nothing, as with `--only`
    #[arg(long, value_name = "DAYS", default_value_t = 14, value_parser = clap::value_parser!(u8).range(0..=30))]
    pub days: u8,
    /// Print what is found as JSON, and do not ask
    #[arg(long)]
    pub json: bool,
}

/// Show what is missing on this machine, for the credentials, and in the account.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Look at the account of `accounts/NAME.yaml`, too
    #[arg(long, value_name = "NAME", conflicts_with = "config")]
    pub account: Option<String>,
    /// Look at the account of this account file, too
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
    /// Print the IAM policies that let a role deploy the account file and run every other command
    ///
    /// Each is one managed policy. Asks nothing of AWS if the account file has `account` and `regions`.
    #[arg(long, conflicts_with = "json")]
    pub policy: bool,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Show what an account file watches, one thing a line.
#[derive(Debug, Args)]
pub struct List {
    /// Which accounts
    #[command(flatten)]
    pub files: AccountFiles,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Show what the stacks of an account file cost a month, and what its budget bounds.
#[derive(Debug, Args)]
pub struct Price {
    /// Which accounts
    #[command(flatten)]
    pub files: AccountFiles,
    /// How many events become incidents in a day, in each region
    #[arg(long, value_name = "N", default_value_t = 100)]
    pub events_per_day: u32,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}
