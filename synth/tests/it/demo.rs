//! The demo, end to end: what a newcomer sees first.

use crate::support::{Run, local_aws, root};

#[test]
fn four_incidents_arrive_and_verify() {
    if local_aws().is_none() {
        return;
    }
    let ended = Run::inside(&root(), &["demo"])
        .end()
        .code(0)
        .prints("received: CRITICAL Alarm tocsin-local-checkout-5xx is in ALARM")
        .prints("received: HIGH A task of the ECS service checkout-api stopped: out of memory")
        .prints("received: HIGH The order A-4711 failed")
        .prints("received: MEDIUM Cost report: 1 idle instance in eu-central-1")
        .prints("4 of 4 incidents arrived and verified");
    assert_eq!(ended.stdout.matches("the signature verifies").count(), 4);
    let unknown = "\"just-started\" (t4g.small): no datapoints";
    assert!(
        ended.stdout.contains(unknown),
        "silence is not idleness:\n{}",
        ended.stdout
    );
}

/// More groups break than the budget allows investigations: the others wait, and are accounted for.
#[test]
fn every_event_of_a_storm_is_accounted_for() {
    if local_aws().is_none() {
        return;
    }
    Run::inside(&root(), &["demo", "--storm", "60"])
        .end()
        .code(0)
        .prints("held back by the budget: ")
        .prints("CRITICAL 3 incidents of AWS/ApplicationELB LoadBalancer=app/payment/")
        .prints("60 events became ")
        .prints("every event is told, by itself or counted, or waits to be")
        .prints("the receiver's limit of 2 requests a second was exceeded 0 times");
}

#[test]
fn a_wrong_signature_makes_it_fail() {
    if local_aws().is_none() {
        return;
    }
    Run::inside(&root(), &["demo", "--fault", "wrong-secret"])
        .end()
        .code(1)
        .prints("refused: a signature that does not verify")
        .prints("0 of 4 incidents arrived and verified");
}

#[test]
fn without_the_local_aws_it_says_how_to_get_it() {
    Run::inside(&root(), &["demo", "--local-aws", "target/not-there"])
        .end()
        .code(1)
        .says("the local AWS is not installed in `target/not-there`")
        .says("hint: `make demo` installs it");
}
