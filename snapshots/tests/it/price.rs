//! What `synth price` counts in account files.

use stacks::monitor::Architecture;
use synth::{
    config::{self, Context},
    price::Estimate,
};

const HEAD: &str = "name: x\nregions: [eu-central-1, us-east-1]\nops-topic: ops\n";

fn estimate(rest: &str) -> Estimate {
    let context = Context {
        file_stem: None,
        host: Architecture::Arm64,
    };
    let (account, problems) = config::parse(&format!("{HEAD}{rest}"), context);
    let account = account.unwrap_or_else(|| panic!("{problems:?}"));
    let stacks = account.synthesize().unwrap();
    Estimate::of(&account.monitor, &stacks, &account.regions, 100)
}

/// How many of something are counted in all regions together.
fn count(estimate: &Estimate, what: &str) -> f64 {
    let mut lines = estimate.lines.iter();
    lines
        .find(|it| it.price.what == what)
        .map_or(0.0, |it| it.count)
}

#[test]
fn an_alarm_of_one_region_is_paid_for_there_only() {
    let alarm = |regions: &str| {
        let rest = format!(
            "alarms:\n  - {{name: cpu, metric: AWS/EC2 CPUUtilization, when: \"> 80\"{regions}}}\n"
        );
        count(&estimate(&rest), "metrics of alarms")
    };
    let without = count(&estimate(""), "metrics of alarms");
    assert!((alarm("") - without - 2.0).abs() < 1e-9);
    assert!((alarm(", regions: [us-east-1]") - without - 1.0).abs() < 1e-9);
    let one = estimate(
        "alarms:\n  - {name: cpu, metric: AWS/EC2 CPUUtilization, when: \"> 80\", regions: [us-east-1]}\n",
    );
    let [(_, here), (_, there)] = one.regions.as_slice() else {
        panic!("{:?}", one.regions)
    };
    assert!((there - here - 0.1).abs() < 1e-9, "{here} {there}");
}

/// The report is made once, for all regions.
#[test]
fn a_cost_report_is_paid_for_once() {
    let report = "cost-report: {at: \"07:30\", time-zone: Europe/Berlin, max-metrics: 100}\n";
    let asked = count(&estimate(report), "metrics of GetMetricData, at most");
    assert!((asked - 3_000.0).abs() < 1e-9, "{asked}");
}

#[test]
fn the_price_of_the_account_file_is_what_investigations_cost() {
    let (least, most) = estimate("").bounds();
    let agent = "agent: {space: 0a1b2c3d-0000-1111-2222-333344445555, price: 0.00415}\n";
    let (half_of_least, half_of_most) = estimate(agent).bounds();
    assert!(
        (half_of_least - least / 2.0).abs() < 1e-6,
        "{half_of_least}"
    );
    assert!((half_of_most - most / 2.0).abs() < 1e-6, "{half_of_most}");
}
