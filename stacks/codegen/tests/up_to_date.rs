//! The committed resource types are what the schemas say.

use std::process::Command;

#[test]
fn committed_types_are_what_the_schemas_give() {
    let output = Command::new(env!("CARGO_BIN_EXE_codegen"))
        .arg("--check")
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}
