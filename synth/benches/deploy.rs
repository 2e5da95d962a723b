//! How many calls of AWS a deploy makes, and how long it takes by AWS's clock: on the fake of `tests/cloud`.

#![expect(clippy::print_stdout, reason = "a report")]
#![expect(
    clippy::unwrap_used,
    reason = "a benchmark ends where something is wrong"
)]
#![expect(dead_code, reason = "the tests use the rest of it")]

use std::time::Duration;

use cloud::Cloud;
use model::World;
use run::{Command, Ended, ONE, Project, busiest_second};

#[path = "../tests/cloud/account.rs"]
mod account;
#[path = "../tests/cloud/change_sets.rs"]
mod change_sets;
#[path = "../tests/cloud/clock.rs"]
mod clock;
#[path = "../tests/cloud/cloud.rs"]
mod cloud;
#[path = "../tests/cloud/cloudformation.rs"]
mod cloudformation;
#[path = "../tests/cloud/model.rs"]
mod model;
#[path = "../tests/cloud/request.rs"]
mod request;
#[path = "../tests/cloud/run.rs"]
mod run;
#[path = "../tests/cloud/s3.rs"]
mod s3;
#[path = "../tests/cloud/sts.rs"]
mod sts;

fn report(what: &str, ended: &Ended) {
    let of = |service: &str| {
        ended
            .calls
            .iter()
            .filter(|it| it.service == service)
            .count()
    };
    println!(
        "{what:<34} {:>7} {:>8} {:>6} {:>6} {:>16}",
        ended.took.as_secs(),
        ended.calls.len(),
        of("CloudFormation"),
        of("S3"),
        busiest_second(&ended.calls),
    );
}

fn main() {
    println!(
        "\n{:<34} {:>7} {:>8} {:>6} {:>6} {:>16}",
        "deploy", "seconds", "calls", "CFN", "S3", "busiest second"
    );
    let cloud = Cloud::new(World::default());
    let first = Project::new(ONE);
    report("first", &run::run(&cloud, &first, Command::Deploy).code(0));
    cloud.clock.skip(Duration::from_hours(1));
    let update = run::run(&cloud, &Project::with_code(ONE, "2"), Command::Deploy).code(0);
    report("new code of all functions", &update);
    cloud.clock.skip(Duration::from_hours(1));
    let text = format!("{ONE}limits: {{investigations-per-day: 11}}\n");
    let changed = run::run(&cloud, &Project::with_code(&text, "2"), Command::Deploy).code(0);
    report("one property", &changed);
    cloud.clock.skip(Duration::from_hours(1));
    let text = ONE.replace("ops-topic: ops", "ops-topic: people");
    let changed = run::run(&cloud, &Project::with_code(&text, "2"), Command::Deploy).code(0);
    report("another topic", &changed);
    cloud.lock().world.long_gone = 2_000;
    let unchanged = run::run(&cloud, &Project::with_code(&text, "2"), Command::Deploy).code(0);
    report("no change, 2,000 deleted stacks", &unchanged);
    let destroyed = run::run(&cloud, &first, Command::Destroy).code(0);
    report("destroy", &destroyed);
}
