//! Every output that a reviewer must see, in a directory beside the input that makes it.
//!
//! A changed snapshot is a change that a reviewer has to agree with: `make snapshots` writes them
//! anew. No snapshot needs a filter, because nothing here is random, dated or bound to a machine.

pub mod fuzz;

use std::path::{Path, PathBuf};

use contract::{AlarmSettings, Priority, WatchedAlarms};
use runtime::{decision::Decision, read::UnreadableEvent};
use serde_json::Value as Json;
use stacks::Stack;
use synth::config::{self, Account, Context, Diagnostic};

/// The directory of a case, such as `cases/example`.
pub fn directory(case: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(case)
}

/// Compares `text` with the snapshot `name` in `directory`.
#[track_caller]
pub fn assert_snapshot(directory: &Path, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(directory);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let _next = NextStep;
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Says, where a snapshot is another, how it becomes this one.
struct NextStep;

impl Drop for NextStep {
    #[expect(clippy::print_stderr, reason = "for whoever reads why a test failed")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!(
                "if the change is right: `make snapshots` writes it (with ALL=1 what the storm shows, too), and `git diff` shows it"
            );
        }
    }
}

/// What stands in for this machine, so that snapshots hold still on every other.
pub const CONTEXT: Context<'static> = Context {
    file_stem: None,
    host: stacks::monitor::Architecture::X86_64,
};

/// The account of a case.
///
/// # Panics
///
/// When the account file cannot be read or is wrong.
#[track_caller]
pub fn account(directory: &Path) -> Account {
    account_file(&directory.join("account.yaml"))
}

/// The account of a file.
///
/// # Panics
///
/// When the account file cannot be read or is wrong.
#[track_caller]
pub fn account_file(path: &Path) -> Account {
    let text =
        std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (account, diagnostics) = config::parse(&text, CONTEXT);
    account.unwrap_or_else(|| panic!("{}", rendered(&diagnostics, &text)))
}

/// The stacks of an account.
///
/// # Panics
///
/// When they would be over a quota.
#[track_caller]
pub fn stacks_of(account: &Account) -> Vec<Stack> {
    account
        .synthesize()
        .unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// Every alarm is watched, and may say that it is critical.
pub fn every_alarm() -> AlarmSettings {
    let every = WatchedAlarms {
        prefix: String::new(),
        pattern: None,
        priority: Priority::High,
        at_most: Priority::Critical,
        regions: Vec::new(),
    };
    AlarmSettings {
        own: "tocsin-".to_owned(),
        watched: vec![every],
        excepted: Vec::new(),
    }
}

/// What the function `alarm` makes of an event where every alarm is watched.
///
/// # Errors
///
/// When the event cannot be read.
pub fn decide_alarm(event: &Json) -> Result<Decision, UnreadableEvent> {
    runtime::alarm::decide(event, &every_alarm())
}

/// Problems of an account file, as its author sees them.
pub fn rendered(diagnostics: &[Diagnostic], text: &str) -> String {
    let shown: Vec<String> = diagnostics
        .iter()
        .map(|it| it.render("account.yaml", text, false))
        .collect();
    shown.join("\n\n")
}

/// Compares `wanted` with a committed file that is no snapshot of insta's, because others read it.
/// `make snapshots` writes it.
///
/// # Panics
///
/// When the file is not as it should be.
#[expect(clippy::disallowed_methods, reason = "insta's own switch")]
#[track_caller]
pub fn assert_file(path: &Path, wanted: &str) {
    if std::env::var("INSTA_UPDATE").is_ok_and(|it| it == "always") {
        let written = std::fs::write(path, wanted);
        assert!(written.is_ok(), "{}: {written:?}", path.display());
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == wanted,
        "{} is out of date: run `make snapshots`",
        path.display()
    );
}
