//! Account file in, templates out.

use std::fmt::Write as _;

use snapshots::{account, assert_snapshot, directory};
use stacks::ToJson as _;

/// Snapshots every template of the case, and a second time only which resources there are: a changed
/// logical ID is a replaced resource, and stands out there as one red line.
#[track_caller]
fn check(case: &str) {
    let directory = directory(&format!("cases/{case}"));
    let account = account(&directory);
    let stacks = &account.stacks;
    let mut ids = String::new();
    for stack in stacks {
        let name = format!("{}.template", stack.name);
        assert_snapshot(
            &directory,
            &name,
            &format!("{:#}", stack.template.to_json()),
        );
        let _ = writeln!(ids, "{}", stack.name);
        for (id, resource_type, _) in stack.template.resources() {
            let _ = writeln!(ids, "  {id} {resource_type}");
        }
    }
    assert_snapshot(&directory, "logical_ids", &ids);
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
    alarms,
    clusters,
    customer_managed_key,
    events,
    example,
    local,
    minimal,
    reserved_concurrency,
    tracing,
    vpc
);
