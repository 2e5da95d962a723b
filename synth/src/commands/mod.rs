//! What each command does.

pub mod account_file;
mod accounts;
pub mod cost;
pub mod deploy;
pub mod destroy;
pub mod diff;
pub mod discover;
pub mod doctor;
mod explain;
mod forecast;
mod generate;
mod graph;
mod history;
mod init;
mod list;
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
    cli::{AccountFile, Cli, Command, Webhook},
    config::{self, Account},
    error::{Error, Exit},
    terminal::Terminal,
};

/// Does what the command line asks for.
///
/// # Errors
///
/// Returns the [`Error`] of the command, which `main` shows with its hint and turns into the exit code.
pub async fn run(cli: Cli, terminal: Terminal) -> Result<Exit, Error> {
    match cli.command {
        Command::Generate(args) => generate::run(&args, terminal),
        Command::Package(args) => {
            let each = async |file: &AccountFile| package::run(file, terminal);
            accounts::reads(&args.files, None, terminal, each).await
        }
        Command::Diff(args) => {
            // In boxes: nested as they are, the futures are more than the compiler follows.
            let session = Session::of_process(terminal);
            let each = async |file: &AccountFile| Box::pin(diff::run(&args, file, &session)).await;
            accounts::reads(&args.files, None, terminal, each).await
        }
        Command::Deploy(args) => {
            let session = Session::of_process(terminal);
            let each =
                async |file: &AccountFile| Box::pin(deploy::run(&args, file, &session)).await;
            accounts::deploys(&args.files, terminal, each).await
        }
        Command::Destroy(args) => destroy::run(&args, &Session::of_process(terminal)).await,
        Command::Status(args) => {
            let session = Session::of_process(terminal);
            let each =
                async |file: &AccountFile| Box::pin(status::run(&args, file, &session)).await;
            accounts::reads(&args.files, None, terminal, each).await
        }
        Command::Discover(args) => discover::run(&args, &Session::of_process(terminal)).await,
        Command::Doctor(args) => doctor::run(&args, &Session::of_process(terminal)).await,
        Command::Explain(args) => explain::run(&args, terminal).await,
        Command::History(args) => {
            let each =
                async |file: &AccountFile| Box::pin(history::run(&args, file, terminal)).await;
            let alone = args.follow.then_some("--follow");
            accounts::reads(&args.files, alone, terminal, each).await
        }
        Command::Results(args) => {
            let each =
                async |file: &AccountFile| Box::pin(results::run(&args, file, terminal)).await;
            let alone = args.html.is_some().then_some("--html");
            accounts::reads(&args.files, alone, terminal, each).await
        }
        Command::Cost(args) => {
            let each = async |file: &AccountFile| Box::pin(cost::run(&args, file, terminal)).await;
            let alone = args.html.is_some().then_some("--html");
            accounts::reads(&args.files, alone, terminal, each).await
        }
        Command::Redrive(args) => redrive::run(&args, terminal).await,
        Command::Webhook(Webhook::Set(args)) => webhook::set(&args, terminal).await,
        Command::Webhook(Webhook::Test(args)) => webhook::test(&args, terminal).await,
        Command::Match(args) => match_event::run(&args, terminal),
        Command::Graph(args) => graph::run(&args, terminal),
        Command::List(args) => {
            let each = async |file: &AccountFile| list::run(&args, file, terminal);
            accounts::reads(&args.files, None, terminal, each).await
        }
        Command::Price(args) => {
            let each = async |file: &AccountFile| price::run(&args, file, terminal);
            accounts::reads(&args.files, None, terminal, each).await
        }
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
    let link = Link::of_process(Notice::by(move |text| terminal.say(text))).with(&account.access);
    Region::connect(&link, &account.regions, account.account_id.as_deref()).await
}
