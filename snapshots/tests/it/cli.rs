//! What `--help` teaches, command by command.

use clap::{Command, CommandFactory as _};
use demo::cli::Demo;
use snapshots::{assert_snapshot, directory};
use synth::cli::Cli;

#[test]
fn help_of_every_command() {
    let mut command = Cli::command().term_width(100);
    command.build();
    check(&mut command, "synth");
}

#[test]
fn help_of_the_demo() {
    check(&mut Demo::command().term_width(100), "demo");
}

fn check(command: &mut Command, name: &str) {
    // The version changes with every release and says nothing of the help.
    assert_snapshot(
        &directory("cli"),
        name,
        &command.render_long_help().to_string(),
    );
    for inner in command.get_subcommands_mut() {
        if inner.get_name() != "help" {
            let name = format!("{name}-{}", inner.get_name());
            check(inner, &name);
        }
    }
}
