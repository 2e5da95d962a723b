//! `docs/deploy.md`: its tables are those of the code.

use std::{fmt::Write as _, fs, path::Path};

use synth::{
    commands::{diff, status},
    deploy::{Evidence, Operation, StackCondition, StackStatus, verdict},
};

use crate::{cloud::Fault, matrix::faults};

/// What a run does about a fault.
fn answer_to(fault: Fault) -> &'static str {
    match fault {
        Fault::Throttled(_) | Fault::Unavailable(_) | Fault::Reset(_) => {
            "tries again for ten minutes a call; while it watches, an outage of all reads of more than that ends it with 7"
        }
        Fault::AnswerLost(_) => "tries again, and reads what became of the call before it goes on",
        Fault::Silence { .. } => "ends the attempt after 30 seconds, and tries again",
        Fault::FalseYes | Fault::Page(200) => "sees that the answer is not AWS's, and tries again",
        Fault::Page(_) => "stops with 1, and points at the proxy",
        Fault::Denied => {
            "stops with 1, takes back what it made, and names the permission; while it watches, it does \
                          without what it may not read"
        }
        Fault::Expired | Fault::LostThenExpired => {
            "before anything is begun: stops with 1, and says what stays; afterwards: stops with 7, and says that new \
             credentials are needed"
        }
        Fault::Stop => {
            "takes back what is not begun, and stops with 1; what CloudFormation has begun goes on: 7"
        }
        Fault::Kill => "nothing can be done; the next run repairs it",
        Fault::LateReads { .. } => "believes no end without a sign of its own operation",
    }
}

fn states() -> String {
    let mut out = String::from(
        "| status | can be | create | update | delete |\n| --- | --- | --- | --- | --- |\n",
    );
    for status in StackStatus::ALL {
        let of = |operation| {
            let later = verdict(operation, Evidence::Later, &status).word();
            let own = verdict(operation, Evidence::OwnEvent, &status).word();
            if later == own {
                later.to_owned()
            } else {
                format!("{later}; by its own event {own}")
            }
        };
        let _ = writeln!(
            out,
            "| {status} | {} | {} | {} | {} |",
            word(status.condition()),
            of(Operation::Create),
            of(Operation::Update),
            of(Operation::Delete)
        );
    }
    out
}

fn word(condition: StackCondition) -> &'static str {
    match condition {
        StackCondition::Absent => "made",
        StackCondition::Ready => "updated",
        StackCondition::Busy => "waited for",
        StackCondition::NeverCreated => "deleted and made again",
        StackCondition::Stuck => "repaired by hand",
        StackCondition::Unknown => "looked at",
    }
}

fn exits() -> String {
    let mut out = String::from(
        "| a stack that can be | `diff --exit-code` | `status` |\n| --- | --- | --- |\n",
    );
    for condition in [
        StackCondition::Absent,
        StackCondition::Ready,
        StackCondition::Busy,
        StackCondition::NeverCreated,
        StackCondition::Stuck,
        StackCondition::Unknown,
    ] {
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            word(condition),
            diff::exit_of_condition(condition) as i32,
            status::exit_of_condition(condition) as i32
        );
    }
    out
}

fn fault_table() -> String {
    let mut out = String::from("| fault | what a run does |\n| --- | --- |\n");
    for (name, fault) in faults() {
        let _ = writeln!(out, "| {name} | {} |", answer_to(fault));
    }
    out
}

/// Where this fails, the tables as they should be are beside the document under `target`.
#[test]
fn the_tables_of_the_document_are_those_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let text = fs::read_to_string(root.join("docs/deploy.md")).unwrap();
    let mut wanted = text.clone();
    for (name, table) in [
        ("states", states()),
        ("exits", exits()),
        ("faults", fault_table()),
    ] {
        let (begin, end) = (format!("<!-- {name} -->\n"), "<!-- end -->");
        let from = wanted.find(&begin).unwrap() + begin.len();
        let to = from + wanted[from..].find(end).unwrap();
        wanted.replace_range(from..to, &table);
    }
    if wanted != text {
        fs::write(root.join("target/deploy.md"), &wanted).unwrap();
    }
    assert!(
        wanted == text,
        "the tables have changed: cp target/deploy.md docs/deploy.md"
    );
}
