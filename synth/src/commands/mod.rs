//! What each command does.

pub mod account_file;
pub mod cost;
pub mod deploy;
pub mod destroy;
pub mod diff;
pub mod discover;
pub mod doctor;
mod explain;
mod generate;
mod graph;
mod history;
mod init;
mod manifest;
mod match_event;
pub mod names;
pub mod package;
mod page;
mod price;
mod progress;
mod redrive;
pub mod results;
mod session;
pub mod status;
mod webhook;

use clap::CommandFactory as _;

pub use session::Session;

use crate::{
    aws::{AwsError, Link, Notice, Region},
    cli::{Cli, Command, Webhook},
    config::{self, Account},
    error::{Error, Exit},
    terminal::Terminal,
};

/// Does what the command line asks for.
pub async fn run(cli: Cli, terminal: Terminal) -> Result<Exit, Error> {
    match cli.command {
        Command::Generate(args) => generate::run(&args, terminal),
        Command::Package(args) => package::run(&args, terminal),
        Command::Diff(args) => diff::run(&args, &Session::of_process(terminal)).await,
        Command::Deploy(args) => deploy::run(&args, &Session::of_process(terminal)).await,
        Command::Destroy(args) => destroy::run(&args, &Session::of_process(terminal)).await,
        Command::Status(args) => status::run(&args, &Session::of_process(terminal)).await,
        Command::Discover(args) => discover::run(&args, &Session::of_process(terminal)).await,
        Command::Doctor(args) => doctor::run(&args, &Session::of_process(terminal)).await,
        Command::Explain(args) => explain::run(&args, terminal).await,
        Command::History(args) => history::run(&args, terminal).await,
        Command::Results(args) => results::run(&args, terminal).await,
        Command::Cost(args) => cost::run(&args, terminal).await,
        Command::Redrive(args) => redrive::run(&args, terminal).await,
        Command::Webhook(Webhook::Set(args)) => webhook::set(&args, terminal).await,
        Command::Webhook(Webhook::Test(args)) => webhook::test(&args, terminal).await,
        Command::Match(args) => match_event::run(&args, terminal),
        Command::Graph(args) => graph::run(&args, terminal),
        Command::Price(args) => price::run(&args, terminal),
        Command::Init(args) => init::run(&args, terminal),
        Command::Schema => {
            terminal.data(&format!("{:#}", config::json_schema()));
            Ok(Exit::Done)
        }
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "synth", &mut script);
            terminal.data(String::from_utf8_lossy(&script).trim_end());
            Ok(Exit::Done)
        }
    }
}

/// Connects to every region of an account file, and sees that the credentials are of its account.
async fn connect(account: &Account, terminal: Terminal) -> Result<Vec<Region>, AwsError> {
    let link = Link::of_process(Notice::by(move |text| terminal.say(text)));
    Region::connect(&link, &account.regions, account.account_id.as_deref()).await
}
