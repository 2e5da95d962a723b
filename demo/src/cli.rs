//! The command line: declarations only.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};

/// Simulate an alarm, a failure, an application's event and a cost report on a local AWS.
///
/// Or a storm, with `--storm 1000`: everything breaks at once, the agent takes two requests a second, and
/// every event is accounted for.
///
/// Needs no AWS account. `make demo` installs the local AWS and builds the functions first.
#[derive(Debug, Parser)]
#[command(name = "demo", version, max_term_width = 100)]
pub struct Demo {
    /// The account file to deploy
    #[arg(long, value_name = "PATH", default_value = "accounts/local.yaml")]
    pub config: PathBuf,
    /// The Python environment that the local AWS is installed in
    #[arg(long, value_name = "DIR", default_value = "target/local-aws")]
    pub local_aws: PathBuf,
    /// Play so many events at once instead, from 10 to 10000, and see which reports the agent gets
    #[arg(long, value_name = "EVENTS", value_parser = clap::value_parser!(u16).range(10..=10_000))]
    pub storm: Option<u16>,
    /// Inject a fault, to check that it is detected
    #[arg(long, value_enum, value_name = "FAULT")]
    pub fault: Option<Fault>,
}

/// What can go wrong in a demo.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Fault {
    /// The receiver knows another secret, so that no signature verifies
    WrongSecret,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn declarations_are_consistent() {
        super::Demo::command().debug_assert();
    }
}
