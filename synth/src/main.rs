//! The command line of Tocsin: parses, runs, reports, and returns an exit code.

use std::{error::Error as _, process::ExitCode};

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
            report(&error, terminal);
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

fn report(error: &Error, terminal: Terminal) {
    if let Error::AccountFile {
        path,
        text,
        diagnostics,
    } = error
    {
        for diagnostic in diagnostics {
            let shown = diagnostic.render(&path.to_string_lossy(), text, terminal.color);
            terminal.say(&format!("{shown}\n"));
        }
    }
    terminal.say(&format!("error: {error}"));
    let mut cause = error.source();
    while let Some(inner) = cause {
        terminal.say(&format!("  caused by: {inner}"));
        cause = inner.source();
    }
    if let Some(hint) = error.hint() {
        terminal.say(&format!("\nhint: {hint}"));
    }
}
