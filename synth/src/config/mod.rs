//! The account file: from its text to a [`Monitor`], or everything that is wrong with it.

mod diagnostic;
mod field;
mod file;
mod named;
mod node;
mod read;
mod resolve;
mod schema;
mod spans;
mod syntax;
mod synthesis;
mod text_or;
mod tree;

use stacks::{Monitor, monitor::Architecture};

use crate::aws::Access;

pub use diagnostic::Diagnostic;
use file::AccountFile;
pub use named::{Named, NamedKind};
use node::Node;
pub use resolve::AGENT_REGIONS;
pub use schema::json_schema;
use spans::Spans;

/// An account file that can be used.
#[derive(Debug)]
pub struct Account {
    /// What to watch.
    pub monitor: Monitor,
    /// The account's twelve digits, if the file says them.
    pub account_id: Option<String>,
    /// The regions to watch; empty for the one that the AWS configuration names.
    pub regions: Vec<String>,
    /// Whose credentials are used.
    pub access: Access,
    /// Whether the functions run on this machine's own architecture, as on a local AWS.
    pub runs_here: bool,
    /// What the file names and somebody else makes, in the order of the text.
    pub named: Vec<Named>,
    /// Where in the file each thing is said.
    spans: Spans,
}

impl Account {
    /// The region of the agent space, where the file watches nothing.
    pub fn unwatched_region(&self) -> Option<&str> {
        let (_, forwarding) = self.monitor.forwarding()?;
        let from = &forwarding.from;
        (!self.regions.contains(from)).then_some(from)
    }
}

/// What is known of the world when a file is read.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The file's name without directory and extension, where the account goes by it.
    pub file_stem: Option<&'a str>,
    /// What `architecture: host` stands for.
    pub host: Architecture,
}

/// Reads an account file. Without an account, at least one of the diagnostics is an error; they
/// stand in the order of the text.
pub fn parse(text: &str, context: Context<'_>) -> (Option<Account>, Vec<Diagnostic>) {
    let node = match Node::parse(text) {
        Ok(node) => node,
        Err(problem) => return (None, vec![problem]),
    };
    let mut problems = Vec::new();
    let file = read::read::<AccountFile>(&node, &mut problems);
    // The tree of a large file takes more memory than all that is made of it.
    drop(node);
    let account = file.map(|file| resolve::account(file, context, &mut problems));
    problems.sort_by_key(Diagnostic::start);
    let account = account.filter(|_| !problems.iter().any(Diagnostic::is_error));
    if account.is_none() {
        // Warnings can wait until the file can be used.
        problems.retain(Diagnostic::is_error);
    }
    (account, problems)
}
