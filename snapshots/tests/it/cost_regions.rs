//! The cost report is made in one region, and the other regions lose their schedule.

use serde_json::{Value as Json, json};
use snapshots::{account, directory};
use stacks::stack::ParameterSource;
use synth::diff::{Action, Source, diff};

/// A region that made a report of its own has a schedule. The plan of the next deploy takes it away where another
/// region makes the report, and leaves it where it was.
#[test]
fn other_regions_lose_their_schedule_of_the_cost_report() {
    let file = directory("cases/cost_report").join("account.yaml");
    let text = std::fs::read_to_string(file).unwrap();
    let alone = text.replace(
        "regions: [eu-central-1, eu-west-1, us-east-1]",
        "regions: [us-east-1]",
    );
    assert_ne!(alone, text);
    let source = |text: &str, region: &str| {
        let (account, _) = synth::config::parse(text, snapshots::CONTEXT);
        let stacks = stacks::synthesize(&account.unwrap().monitor).unwrap();
        let values = stacks[0].parameters.iter();
        let values = values.filter_map(|(name, source)| match source {
            ParameterSource::Region(lists) => Some((name.clone(), lists.get(region)?.join(","))),
            _ => None,
        });
        Source {
            template: stacks[0].template.to_json(),
            parameters: values.collect(),
            region: region.to_owned(),
        }
    };
    let schedule = ["CostSchedule", "CostSchedulePolicy", "CostScheduleRole"];
    let plan = |region: &str| {
        let diff = diff(Some(&source(&alone, region)), &source(&text, region));
        let of_schedule = diff.resources.into_iter();
        let of_schedule = of_schedule.filter(|it| schedule.contains(&it.id.as_str()));
        of_schedule.map(|it| (it.id, it.action)).collect::<Vec<_>>()
    };
    assert_eq!(plan("eu-central-1"), []);
    for region in ["eu-west-1", "us-east-1"] {
        let removed = schedule.map(|id| (id.to_owned(), Action::Remove));
        assert_eq!(plan(region), removed, "{region}");
    }
}

/// One region makes the report on all. The others have no schedule for it, and a deploy takes away what they had.
#[test]
fn the_cost_report_is_scheduled_in_the_first_region_only() {
    let file = account(&directory("cases/cost_report"));
    let stacks = stacks::synthesize(&file.monitor).unwrap();
    let template = stacks[0].template.to_json();
    let ParameterSource::Region(values) = &stacks[0].parameters["CostRegions"] else {
        panic!("not by region")
    };
    let regions: Vec<&str> = values.keys().map(String::as_str).collect();
    assert_eq!(regions, ["eu-central-1", "eu-west-1", "us-east-1"]);
    assert_eq!(values["eu-central-1"], file.regions);
    assert!(values["eu-west-1"].is_empty() && values["us-east-1"].is_empty());
    let condition = json!({ "Fn::Not": [{ "Fn::Equals": [{ "Ref": "CostRegions" }, ""] }] });
    assert_eq!(template["Conditions"]["CostReportHere"], condition);
    for id in ["CostSchedule", "CostSchedulePolicy", "CostScheduleRole"] {
        assert_eq!(template["Resources"][id]["Condition"], "CostReportHere");
    }
    // Where there is one region there is nothing to decide.
    let monitor = account(&directory("cases/example")).monitor;
    let stacks = stacks::synthesize(&monitor).unwrap();
    assert!(!stacks[0].parameters.contains_key("CostRegions"));
    assert_eq!(stacks[0].template.to_json()["Conditions"], Json::Null);
}
