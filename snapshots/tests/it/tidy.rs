//! Rules of the repository that no lint can state.

use std::{
    fs,
    path::{Path, PathBuf},
};

use snapshots::directory;

const MAX_LINES: usize = 500;

fn root() -> PathBuf {
    directory("..")
}

fn files(dir: &Path, extension: &str, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if path.is_dir() && name != "target" && name != ".git" {
            files(&path, extension, out);
        } else if path.extension().is_some_and(|it| it == extension) {
            out.push(path);
        }
    }
}

#[test]
fn files_stay_readable() {
    let mut paths = Vec::new();
    files(&root(), "rs", &mut paths);
    assert!(paths.len() > 50);
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let generated = text
            .lines()
            .next()
            .is_some_and(|line| line.contains("do not edit"));
        let lines = text.lines().count();
        assert!(
            generated || lines <= MAX_LINES,
            "{}: {lines} lines; split it (limit {MAX_LINES})",
            path.display()
        );
    }
}

#[track_caller]
fn check_cases(dir: &str, tested: &[&str]) {
    let mut found: Vec<String> = fs::read_dir(directory(dir))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    found.sort();
    let mut tested: Vec<&str> = tested.to_vec();
    tested.sort_unstable();
    assert_eq!(
        found, tested,
        "every case needs its test, and every test its case"
    );
}

#[test]
fn every_case_has_its_test() {
    check_cases("cases", super::templates::CASES);
    check_cases("invalid", super::diagnostics::CASES);
}

/// A snapshot that no test writes any more would be reviewed for nothing.
#[test]
fn every_template_snapshot_belongs_to_a_stack() {
    for case in super::templates::CASES {
        let directory = directory(&format!("cases/{case}"));
        let account = snapshots::account(&directory);
        let mut expected: Vec<String> = stacks::synthesize(&account.monitor)
            .unwrap()
            .iter()
            .map(|stack| format!("{}.template.snap", stack.name))
            .collect();
        expected.extend(["account.yaml", "logical_ids.snap"].map(str::to_owned));
        expected.sort();
        let mut found: Vec<String> = fs::read_dir(&directory)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
            .filter(|name| !name.ends_with(".snap.new"))
            .collect();
        found.sort();
        assert_eq!(found, expected, "{case}");
    }
}

/// aws-lc costs a function 22 ms of CPU on its first TLS handshake, where ring costs less than one.
/// Which of them a dependency brings along is decided by features that others can switch on.
#[test]
fn functions_are_free_of_aws_lc() {
    let output = std::process::Command::new(env!("CARGO"))
        .args([
            "tree",
            "--offline",
            "--locked",
            "--package",
            "runtime",
            "--edges",
            "normal,build",
        ])
        .current_dir(root())
        .output()
        .unwrap();
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(
        tree.contains("rustls v0.23"),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    for unwanted in ["aws-lc-sys", "aws-lc-rs", "openssl-sys", "aws-sdk-"] {
        assert!(
            !tree.contains(unwanted),
            "{unwanted} is among the dependencies of the functions"
        );
    }
}

/// Every change that a user notices has its line.
#[test]
fn the_changelog_knows_this_version() {
    let changelog = fs::read_to_string(root().join("CHANGELOG.md")).unwrap();
    let version = env!("CARGO_PKG_VERSION");
    assert!(
        changelog.contains(&format!("## {version}")),
        "CHANGELOG.md does not speak of {version}"
    );
}
