//! The JSON schema by which editors complete account files.

use std::{fs, path::Path};

#[expect(clippy::disallowed_methods, reason = "insta's own switch")]
#[test]
fn the_committed_schema_is_what_the_types_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config.schema.json");
    let wanted = format!("{:#}\n", synth::config::json_schema());
    if std::env::var("INSTA_UPDATE").is_ok_and(|it| it == "always") {
        fs::write(&path, &wanted).unwrap();
    }
    let committed = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == wanted,
        "config.schema.json is out of date: run `make snapshots`"
    );
}
