//! The pictures that `synth graph` draws.

use snapshots::{account, assert_file, directory};
use synth::graph::{graph, mermaid, svg};

#[track_caller]
fn check(case: &str) {
    let account = account(&directory(&format!("cases/{case}")));
    let id = account.account_id.as_deref();
    let graph = graph(&account.monitor, id, &account.regions);
    assert_file(&directory(&format!("graphs/{case}.mmd")), &mermaid(&graph));
    assert_file(&directory(&format!("graphs/{case}.svg")), &svg(&graph));
}

#[test]
fn example() {
    check("example");
}

/// The agent is where incidents go, and where their ends come from.
#[test]
fn agent() {
    check("agent");
}

#[test]
fn minimal() {
    check("minimal");
}

#[test]
fn events() {
    check("events");
}
