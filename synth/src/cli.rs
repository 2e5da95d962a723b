//! The command line: declarations only. What a command does is in `commands`.

mod adopt;
mod after_help;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use jiff::{SignedDuration, Span, SpanRelativeTo};

pub use adopt::{Discover, Doctor, List, Price};
use after_help::{COST, DISCOVER, DOCTOR, EXIT_CODES, EXPLAIN, HISTORY, RESULTS, names};

use crate::redrive::Kind;

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

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Write the templates of an account
    Generate(Generate),
    /// Build the functions of an account and zip them
    Package(Package),
    /// Show what a deploy would change, and what it would replace
    #[command(after_help = names())]
    Diff(Diff),
    /// Create or update the stacks of an account
    #[command(after_help = names())]
    Deploy(Deploy),
    /// Delete the stacks of an account
    Destroy(Destroy),
    /// Show the status of an account's stacks, queues, webhook and budget
    #[command(after_help = names())]
    Status(Status),
    /// Show incidents sent to the agent, incidents still pending, and why
    ///
    /// Each entry is one report, or a part of one: when, its state, its priority, what is broken, its
    /// incident ID, how many incidents it counts, and what happened. The newest comes last. Pending
    /// incidents are shown however old they are.
    #[command(after_help = HISTORY)]
    History(History),
    /// Show one incident from its event to the report: why the agent has it, or has not
    ///
    /// Takes the ID of an incident or a report, the ID of an event, or the name of an alarm. Says with times when it was
    /// queued, recorded and sent, and why it was skipped, held, merged, rejected or lost.
    #[command(after_help = EXPLAIN)]
    Explain(Explain),
    /// Show what the agent found about each report, and what it cost
    ///
    /// Each entry is a report that the agent has: when, what became of it, its priority, what is broken, its incident
    /// ID, the agent's task, minutes and dollars, the verdict, and what the agent could not look at. The newest comes
    /// last. Then come totals by day, source, rule and service, and the groups that cost most.
    #[command(after_help = RESULTS)]
    Results(Results),
    /// Show what the cost report of an account finds now
    ///
    /// Runs the report's own code with your credentials. Nothing is sent and nothing is remembered.
    #[command(after_help = COST)]
    Cost(Cost),
    /// Show what is in the dead letters of an account, and send it back the way it came
    ///
    /// Incidents go back to their queue and are signed anew when they are delivered; events go to the
    /// function that should have had them. Each keeps its incident's ID. Messages that cannot be
    /// sent back stay, with the reason.
    Redrive(Redrive),
    /// Write or complete an account file by what is in the account
    ///
    /// Looks for ECS clusters, existing alarms and pipelines that the file does not watch, shows them, asks once for each kind
    /// (without a terminal it decides by itself), and adds them. Comments and order of the file stay.
    #[command(after_help = DISCOVER)]
    Discover(Discover),
    /// Show what is missing: on this machine, for the credentials, and in the account
    ///
    /// Each line is ok, missing or not looked at; below what is missing is the next command. Changes nothing.
    #[command(after_help = DOCTOR)]
    Doctor(Doctor),
    /// Set or test the webhook of an account
    #[command(subcommand)]
    Webhook(Webhook),
    /// Show which rules would catch an event, and what would be sent
    Match(Match),
    /// Show what an account file watches: clusters, alarms, pipelines, rules and reports, one a line
    ///
    /// Works offline. `-` in PRIORITY means that what happened decides, `all` in REGIONS every region of the file.
    List(List),
    /// Show what the stacks of an account file cost a month, and what its budget bounds
    ///
    /// Works offline, with list prices. Counts what the templates hold, and assumes so many events that become incidents.
    Price(Price),
    /// Draw what an account file leads to
    Graph(Graph),
    /// Write an account file to start from
    Init(Init),
    /// Print the JSON schema of account files, for editors
    Schema,
    /// Print a completion script
    Completions {
        /// The shell that reads it
        shell: clap_complete::Shell,
    },
}

/// Which account file to read.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct AccountFile {
    /// Read `accounts/NAME.yaml`
    #[arg(long, value_name = "NAME")]
    pub account: Option<String>,
    /// Read this account file
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
}

/// Which account files to read, one after the other.
#[derive(Clone, Debug, Args)]
#[group(required = true, multiple = false)]
pub struct AccountFiles {
    /// Read `accounts/NAME.yaml`; may be given several times
    ///
    /// The accounts come one after the other, each under a line with its name. The exit code is that of the first that
    /// does not end with 0. A deploy stops there; the other commands go on.
    #[arg(long, value_name = "NAME")]
    pub account: Vec<String>,
    /// Read every file in `accounts`
    #[arg(long)]
    pub all: bool,
    /// Read this account file
    #[arg(long, value_name = "PATH")]
    pub config: Option<PathBuf>,
}

/// Write the templates of an account.
///
/// Needs neither an AWS account nor built functions. Beside the templates, `manifest.json` says in
/// which order they are deployed and where the values of their parameters come from.
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

/// Build the functions of an account and zip them.
///
/// The zips are the same bytes for the same code, on any machine. One that would not run where the
/// templates want to run it is refused.
#[derive(Debug, Args)]
pub struct Package {
    /// Which accounts
    #[command(flatten)]
    pub files: AccountFiles,
}

/// Show what a deploy would change, and what it would replace.
#[derive(Debug, Args)]
pub struct Diff {
    /// Which accounts
    #[command(flatten)]
    pub files: AccountFiles,
    /// Make names in the account file that the account does not have an error, not a warning
    #[arg(long)]
    pub strict: bool,
    /// End with 3 if there are differences
    #[arg(long)]
    pub exit_code: bool,
    /// Print the differences as JSON
    #[arg(long)]
    pub json: bool,
}

/// Create or update the stacks of an account.
///
/// Shows what would change, asks, uploads the functions' code, and carries the changes out by change
/// set. Nothing to change is success.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub struct Deploy {
    /// Which accounts
    #[command(flatten)]
    pub files: AccountFiles,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Make names in the account file that the account does not have an error, not a warning
    #[arg(long)]
    pub strict: bool,
    /// Let alarms move to another stack or resource, as a changed `alarm-shards` asks for. While they
    /// move, they are gone, and they forget their states
    #[arg(long)]
    pub move_alarms: bool,
    /// Print the outcome, status and outputs of each stack as JSON, also when the deploy fails
    #[arg(long)]
    pub json: bool,
}

/// Delete the stacks of an account.
///
/// The secret, both queues, the bucket of failed events, the ledger, a key of the stack's own and the bucket of code stay,
/// with what is in them. Prints how to remove each.
#[derive(Debug, Args)]
pub struct Destroy {
    /// Which account
    #[command(flatten)]
    pub file: AccountFile,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// Show the status of an account's stacks, queues, webhook and budget.
#[derive(Debug, Args)]
pub struct Status {
    /// Which accounts
    #[command(flatten)]
    pub files: AccountFiles,
    /// Make names in the account file that the account does not have an error, not a warning
    #[arg(long)]
    pub strict: bool,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Show incidents sent to the agent, incidents still pending, and why.
#[derive(Debug, Args)]
pub struct History {
    /// Which accounts
    #[command(flatten)]
    pub files: AccountFiles,
    /// How far back to look, such as 90m, 24h or 7d; the ledger keeps 35 days
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = length_of_time)]
    pub since: SignedDuration,
    /// How many entries to show of each region: the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub limit: usize,
    /// Only this region
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// Print it as JSON; with `--follow` an object a line for each change
    #[arg(long)]
    pub json: bool,
    /// Keep running and print changes
    ///
    /// Looks every two seconds. Each look reads the whole ledger.
    #[arg(long)]
    pub follow: bool,
}

/// Show one incident from its event to the report.
#[derive(Debug, Args)]
pub struct Explain {
    /// Which account
    #[command(flatten)]
    pub file: AccountFile,
    /// An incident's, a report's or an event's ID, or an alarm's name
    #[arg(value_name = "ID")]
    pub id: String,
    /// How far back to search the logs, such as 90m, 24h or 7d
    #[arg(long, value_name = "TIME", default_value = "24h", value_parser = length_of_time)]
    pub since: SignedDuration,
    /// Read the ledger only
    #[arg(long)]
    pub no_logs: bool,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Show what the agent found about each report, and what it cost.
#[derive(Debug, Args)]
pub struct Results {
    /// Which accounts
    #[command(flatten)]
    pub files: AccountFiles,
    /// How far back to look, such as 90m, 24h or 7d; the ledger keeps 35 days
    #[arg(long, value_name = "TIME", default_value = "7d", value_parser = length_of_time)]
    pub since: SignedDuration,
    /// Only groups whose names have these words, in any case of letters
    #[arg(long, value_name = "WORDS")]
    pub group: Option<String>,
    /// Write it to this file as one page that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

/// Show what the cost report of an account finds now.
#[derive(Debug, Args)]
pub struct Cost {
    /// Which accounts
    #[command(flatten)]
    pub files: AccountFiles,
    /// Compare it with what was reported, and show whether it is worth an incident
    ///
    /// Reads the ledger of the deployed stack.
    #[arg(long)]
    pub since_reported: bool,
    /// Write it to this file as one page that needs nothing else
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

fn length_of_time(text: &str) -> Result<SignedDuration, String> {
    let span: Result<Span, _> = text.parse();
    span.and_then(|it| it.to_duration(SpanRelativeTo::days_are_24_hours()))
        .ok()
        .filter(SignedDuration::is_positive)
        .ok_or_else(|| "a length of time is like 90m, 24h or 7d".to_owned())
}

/// Show what is in the dead letters of an account, and send it back the way it came.
#[derive(Debug, Args)]
pub struct Redrive {
    /// Which account
    #[command(flatten)]
    pub file: AccountFile,
    /// Only dead letters of this kind; can be given more than once
    #[arg(long, value_enum, value_name = "KIND")]
    pub only: Vec<Kind>,
    /// Only the message or the incident with this ID; can be given more than once
    ///
    /// Required for incidents that the agent rejected, and for messages in the queue that do not state a reason: anybody
    /// who may send to the queue can forge those.
    #[arg(long, value_name = "ID")]
    pub id: Vec<String>,
    /// Only show what is there, and what would become of it
    #[arg(long)]
    pub dry_run: bool,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
    /// Print every dead letter as JSON
    #[arg(long)]
    pub json: bool,
}

/// Set or test the webhook of an account.
#[derive(Debug, Subcommand)]
pub enum Webhook {
    /// Put the webhook's URL and secret into the account's secret
    ///
    /// Reads `{"url": .., "secret": ..}` (HMAC) or `{"url": .., "apiKey": ..}` from standard input,
    /// or asks for them at a terminal. They never stand in a template, a parameter, an argument or a
    /// log. Until they are set, incidents wait in the queue.
    Set(WebhookSet),
    /// Send a test incident through the deployed function
    ///
    /// The agent takes it for a real one: an investigation may cost money.
    Test(WebhookTest),
}

/// Put the webhook's URL and secret into the account's secret.
#[derive(Debug, Args)]
pub struct WebhookSet {
    /// Which account
    #[command(flatten)]
    pub file: AccountFile,
}

/// Send a test incident through the deployed function.
#[derive(Debug, Args)]
pub struct WebhookTest {
    /// Which account
    #[command(flatten)]
    pub file: AccountFile,
    /// Do not ask
    #[arg(long)]
    pub yes: bool,
}

/// The format of templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// What CloudFormation is given
    Json,
    /// The same, easier to read
    Yaml,
}

/// Draw what an account file leads to: sources, rules, functions, queues, the agent.
///
/// Needs no account.
#[derive(Debug, Args)]
pub struct Graph {
    /// Which account
    #[command(flatten)]
    pub file: AccountFile,
    /// Print Mermaid, which code hosts draw, or SVG
    #[arg(long, value_enum, default_value_t = Picture::Mermaid)]
    pub format: Picture,
}

/// A way to print a picture.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum Picture {
    /// A flowchart in Mermaid's language
    Mermaid,
    /// An image
    Svg,
}

/// Write a commented account file to `accounts/NAME.yaml`. A file that is there is left alone.
#[derive(Debug, Args)]
pub struct Init {
    /// The account's short name
    #[arg(long, value_name = "NAME")]
    pub account: String,
}

/// Show which rules would catch an event, and what would be sent.
///
/// Calls nothing: matches patterns as EventBridge does and evaluates the event with the functions' own code. Shows for
/// each other rule why it does not match.
#[derive(Debug, Args)]
pub struct Match {
    /// Which account
    #[command(flatten)]
    pub file: AccountFile,
    /// The event as JSON, as EventBridge or an alarm's action hands it on; `-` for standard input
    #[arg(value_name = "EVENT")]
    pub event: PathBuf,
    /// Print everything as JSON
    #[arg(long)]
    pub json: bool,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn declarations_are_consistent() {
        super::Cli::command().debug_assert();
    }
}
