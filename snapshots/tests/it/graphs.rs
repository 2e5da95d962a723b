//! The pictures that `synth graph` draws.

use snapshots::{account, assert_file, directory};
use synth::graph::{graph, mermaid, svg};

#[track_caller]
fn check(case: &str) {
    let graph = graph(&account(&directory(&format!("cases/{case}"))).monitor);
    assert_file(&directory(&format!("graphs/{case}.mmd")), &mermaid(&graph));
    assert_file(&directory(&format!("graphs/{case}.svg")), &svg(&graph));
}

#[test]
fn example() {
    check("example");
}

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
