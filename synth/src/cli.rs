//! The command line: declarations only. What a command does is in `commands`.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

/// Connect what goes wrong in an AWS account to AWS DevOps Agent.
///
/// One YAML file per account says what to watch. `synth` turns it into CloudFormation templates and
/// deploys them. Begin with `synth generate --account example`.
#[derive(Debug, Parser)]
#[command(name = "synth", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0  done, or nothing to do
  1  failed
  2  the command line or the account file is wrong
  3  `diff --exit-code` found differences
  4  declined at the prompt, or `--yes` is missing without a terminal
  5  the deploy failed and was rolled back
  6  a stack needs a person; the next command is named
  7  contact was lost while the deploy goes on; the command to resume is named";

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the templates of an account
    Generate(Generate),
    /// Print the JSON schema of account files, for editors
    Schema,
    /// Print a completion script
    Completions {
        /// The shell that reads it
        shell: clap_complete::Shell,
    },
}

/// Which account file to read.
#[derive(Debug, Args)]
#[group(required = true, multiple = false)]
pub struct AccountFile {
    /// Read `accounts/NAME.yaml`
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Read this account file
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
}

/// Write the templates of an account.
#[derive(Debug, Args)]
pub struct Generate {
    /// Which account
    #[command(flatten)]
    pub file: AccountFile,
    /// Where to write them [default: target/stacks/NAME]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// The format of the templates
    #[arg(long, value_enum, default_value_t = Format::Json)]
    pub format: Format,
    /// Print the manifest instead of the paths of what was written
    #[arg(long)]
    pub json: bool,
}

/// The format of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// What CloudFormation is given
    Json,
    /// The same, easier to read
    Yaml,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn declarations_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
