//! The demo as a newcomer meets it, end to end.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
};

/// The workspace.
fn root() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    root.canonicalize().unwrap()
}

/// Whether what the demo needs is there: `make test` fetches it, and in CI its absence is a failure.
#[expect(clippy::disallowed_methods, reason = "CI's own switch")]
#[expect(clippy::print_stderr, reason = "a skipped test must say so")]
fn is_ready() -> bool {
    let is_there = |path: &str| root().join(path).exists();
    if is_there("target/local-aws/bin/python") && is_there("target/functions") {
        return true;
    }
    let missing = "the local AWS or the functions are not there: run `make test`";
    assert!(std::env::var("CI").is_err(), "{missing}");
    eprintln!("skipped: {missing}");
    false
}

/// Plays it, with nothing of this machine's environment, and sees how it ends.
#[track_caller]
fn play(arguments: &[&str], code: i32) -> (String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = Command::new(env!("CARGO_BIN_EXE_demo"))
        .args(arguments)
        .current_dir(root())
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        .output()
        .unwrap();
    let stdout = String::from_utf8(stdout).unwrap();
    let stderr = String::from_utf8(stderr).unwrap();
    assert_eq!(
        status.code(),
        Some(code),
        "stdout:\n{stdout}\nstderr:\n{stderr}"
    );
    (stdout, stderr)
}

#[track_caller]
fn has(shown: &str, texts: &[&str]) {
    for text in texts {
        assert!(shown.contains(text), "`{text}` is not in:\n{shown}");
    }
}

#[test]
fn four_incidents_arrive_and_verify() {
    if !is_ready() {
        return;
    }
    let (stdout, stderr) = play(&[], 0);
    assert!(stderr.contains("   Investigation Completed\n"), "{stderr}");
    has(
        &stdout,
        &[
            "received: CRITICAL local: checkout-5xx in ALARM (eu-central-1)",
            "received: HIGH local: checkout-api out of memory (cluster demo, eu-central-1)",
            "received: HIGH local: The order A-4711 failed (eu-central-1)",
            // Two resources have an amount by two advisers each, and it is added once; one has none by AWS.
            "received: MEDIUM local: cost report: 4 findings, 267.40 USD a month (eu-central-1",
            "too few instances could be evaluated: 1 of 5 are unknown",
            "stop or delete: 3, 110.30 USD a month after discounts",
            "make smaller: 1, 157.10 USD a month after discounts",
            "price not known: 1",
            "4 of 4 incidents arrived and verified",
            // Each is investigated, and the ledger says what was found.
            "$ synth results --account local\n",
            "  root cause  CRITICAL  ",
            "      6.2 minutes, $3.09, plan handed on\n      > A deployment 14 minutes earlier halved the memory",
            "      > no access: Access denied to the account's metrics and logs",
            "2 found a root cause, 1 found a cause, 1 found nothing, 1 without access",
            "a message on the topic of `results`",
            // What to do about the alarm is an event, for whoever wants to act on it.
            "an event on the default bus: the plan, which nothing carries out\n",
            "\"detail-type\": \"Mitigation Ready\"",
            // Silence is not idleness.
            "- unknown, too few days of CPU datapoints: 1",
        ],
    );
    assert_eq!(stdout.matches("the signature verifies").count(), 4);
}

/// More groups break than the budget allows investigations: the last of these is a digest of all others.
#[test]
fn every_event_of_a_storm_is_accounted_for() {
    if !is_ready() {
        return;
    }
    let (stdout, _) = play(&["--storm", "60"], 0);
    has(
        &stdout,
        &[
            " groups over the budget",
            "CRITICAL local: 3 incidents of LoadBalancer=app/payme",
            "60 events became ",
            "every event is accounted for: ",
            "the receiver's limit of 2 requests a second was exceeded 0 times",
        ],
    );
}

#[test]
fn a_wrong_signature_makes_it_fail() {
    if !is_ready() {
        return;
    }
    let (stdout, _) = play(&["--fault", "wrong-secret"], 1);
    has(
        &stdout,
        &[
            "refused: a signature that does not verify",
            "0 of 4 incidents arrived and verified",
        ],
    );
}

#[test]
fn without_the_local_aws_it_says_how_to_get_it() {
    let (_, stderr) = play(&["--local-aws", "target/not-there"], 1);
    has(
        &stderr,
        &[
            "the local AWS is not installed in `target/not-there`",
            "hint: `make demo` installs it",
        ],
    );
}
