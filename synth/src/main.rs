//! The command line of Tocsin: parses, runs, reports, and returns an exit code.

use std::process::ExitCode;

use clap::Parser as _;
use synth::{
    cli::Cli,
    commands,
    error::{Error, Exit},
    terminal::Terminal,
};

fn main() -> ExitCode {
    let cli = Cli::parse();
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    let terminal = Terminal::of_process(std::env::var("NO_COLOR").ok().as_deref());
    let exit = match run(cli, terminal) {
        Ok(exit) => exit,
        Err(error) => {
            error.report(terminal);
            error.exit()
        }
    };
    exit.into()
}

fn run(cli: Cli, terminal: Terminal) -> Result<Exit, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Error::Start)?;
    runtime.block_on(commands::run(cli, terminal))
}
