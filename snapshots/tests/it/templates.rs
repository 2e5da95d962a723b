//! Account file in, templates out.

use std::{fmt::Write as _, path::Path};

use snapshots::{account, account_file, assert_snapshot, directory, stacks_of};
use synth::config::Account;

#[track_caller]
fn check(case: &str) {
    let directory = directory(&format!("cases/{case}"));
    check_account(&account(&directory), &directory);
}

/// Snapshots every template of the account, and a second time only which resources there are: a
/// changed logical ID is a replaced resource, and stands out there as one red line.
#[track_caller]
fn check_account(account: &Account, directory: &Path) {
    let mut ids = String::new();
    for stack in stacks_of(account) {
        let name = format!("{}.template", stack.name);
        assert_snapshot(directory, &name, &stack.template.to_pretty());
        let _ = writeln!(ids, "{}", stack.name);
        for (id, resource_type) in stack.template.resources() {
            let _ = writeln!(ids, "  {id} {resource_type}");
        }
    }
    assert_snapshot(directory, "logical_ids", &ids);
}

/// Whatever is added to `accounts/` is reviewed like the cases, without a word in any test: its
/// snapshots are in `snapshots/accounts/`.
#[test]
fn every_account_file_has_its_snapshots() {
    for entry in std::fs::read_dir(directory("../accounts")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let yaml = path.extension().is_some_and(|it| it == "yaml");
        if yaml && !CASES.contains(&name.as_str()) {
            let account = account_file(&path);
            check_account(&account, &directory(&format!("accounts/{name}")));
        }
    }
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
    agent,
    alarms,
    clusters,
    cost_report,
    customer_managed_key,
    events,
    example,
    limits,
    local,
    minimal,
    permissions_boundary,
    reserved_concurrency,
    regions,
    tracing,
    vpc
);
