//! Mistakes that the compiler catches. Each case lies beside the message that its author sees.

#[test]
fn mistakes_do_not_compile() {
    let cases = trybuild::TestCases::new();
    cases.pass("tests/compile_fail/right.rs");
    cases.compile_fail("tests/compile_fail/queue_for_role.rs");
    cases.compile_fail("tests/compile_fail/missing_required.rs");
    cases.compile_fail("tests/compile_fail/unknown_attribute.rs");
    cases.compile_fail("tests/compile_fail/queue_for_alarm_action.rs");
}
