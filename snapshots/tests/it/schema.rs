//! The JSON schema by which editors complete account files.

use snapshots::{assert_file, directory};

#[test]
fn the_committed_schema_is_what_the_types_say() {
    let wanted = format!("{:#}\n", synth::config::json_schema());
    assert_file(&directory("../config.schema.json"), &wanted);
}
