//! Mistakes in account files, and what their authors see.

use std::fs;

use snapshots::{CONTEXT, assert_snapshot, directory};
use synth::config;

#[track_caller]
fn check(case: &str) {
    let directory = directory(&format!("invalid/{case}"));
    let text = fs::read_to_string(directory.join("account.yaml")).unwrap();
    let (account, diagnostics) = config::parse(&text, CONTEXT);
    assert!(account.is_none(), "there is nothing wrong with this file");
    let shown: Vec<String> = diagnostics
        .iter()
        .map(|it| it.render("account.yaml", &text, false))
        .collect();
    assert_snapshot(&directory, "diagnostics", &shown.join("\n\n"));
}

/// One test a case, named after it.
macro_rules! cases {
    ($($case:ident),+ $(,)?) => {
        /// Every case that has a test.
        pub(crate) const CASES: &[&str] = &[$(stringify!($case)),+];
        $(#[test]
        fn $case() {
            check(stringify!($case));
        })+
    };
}

cases!(
    alarm_condition,
    alarm_names,
    alarm_period,
    alarm_statistic,
    account_digits,
    cost_report,
    empty_file,
    everything_at_once,
    missing_keys,
    ops_topic,
    second_document,
    twice,
    unknown_keys,
    unquoted_condition,
    unquoted_numbers,
    watched_alarms,
    webhook_hosts,
    wrong_types,
    yaml_syntax,
);
