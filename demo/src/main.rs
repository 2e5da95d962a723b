//! `make demo`: parses, plays, reports.

use std::process::ExitCode;

use clap::Parser as _;
use demo::{Error, cli::Demo, play};
use synth::{error::Exit, terminal::Terminal};

fn main() -> ExitCode {
    let args = Demo::parse();
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the environment"
    )]
    let terminal = Terminal::of_process(std::env::var("NO_COLOR").ok().as_deref());
    let played = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| Error::from(synth::error::Error::Start(error)))
        .and_then(|runtime| runtime.block_on(play(&args, terminal)));
    match played {
        Ok(()) => Exit::Done.into(),
        Err(Error::Synth(error)) => {
            error.report(terminal);
            error.exit().into()
        }
        Err(error) => {
            terminal.report(&error, error.hint().as_deref());
            Exit::Failed.into()
        }
    }
}
