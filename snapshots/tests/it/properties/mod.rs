//! What holds of every account file, and not only of those in the cases.

mod files;
mod references;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::LazyLock,
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value as Json, json};
use snapshots::{CONTEXT, rendered};
use synth::config;

use files::{File, alarm, any_file, cluster, event};
use references::{attributes, has_cycle, references, taggable};

/// How many files, over all tests here.
const FILES: u32 = 10_000;

/// The attributes of every resource type.
static ATTRIBUTES: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(attributes);

/// Templates by the names of their stacks.
type Templates = BTreeMap<String, Json>;

/// Runs `check` on so many files of its own. The same files every time: a failure is no accident.
#[track_caller]
fn holds<S: Strategy>(
    count: u32,
    strategy: &S,
    check: impl Fn(S::Value) -> Result<(), TestCaseError>,
) where
    S::Value: std::fmt::Debug,
{
    let config = Config {
        cases: count,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    )
    .run(strategy, check)
    .unwrap_or_else(|error| panic!("{error}"));
}

/// The templates of a file, or what is wrong with it.
fn templates(file: &File) -> Result<Templates, TestCaseError> {
    let text = file.text();
    let (account, diagnostics) = config::parse(&text, CONTEXT);
    let Some(account) = account else {
        return Err(TestCaseError::fail(rendered(&diagnostics, &text)));
    };
    let stacks = account
        .synthesize()
        .map_err(|problems| TestCaseError::fail(rendered(&problems, &text)))?;
    Ok(stacks
        .into_iter()
        .map(|it| (it.name, it.template.to_json()))
        .collect())
}

fn resources(template: &Json) -> impl Iterator<Item = (&String, &Json)> {
    template["Resources"].as_object().into_iter().flatten()
}

fn of_type<'a>(templates: &'a Templates, kind: &'static str) -> Vec<(&'a String, &'a Json)> {
    templates
        .values()
        .flat_map(resources)
        .filter(|(_, resource)| resource["Type"] == kind)
        .map(|(id, resource)| (id, &resource["Properties"]))
        .collect()
}

#[test]
fn every_reference_leads_to_something_and_none_back() {
    holds(FILES / 4, &any_file(), |file| {
        for template in templates(&file)?.values() {
            let parameters = template["Parameters"].as_object();
            let mut edges: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            for (id, resource) in resources(template) {
                edges.insert(
                    id.clone(),
                    references(resource).into_iter().map(|(to, _)| to).collect(),
                );
            }
            for (to, attribute) in references(template) {
                let resource = &template["Resources"][&to];
                let known = to.starts_with("AWS::")
                    || !resource.is_null()
                    || parameters.is_some_and(|it| it.contains_key(&to));
                prop_assert!(known, "{to} is not there");
                if let Some(attribute) = attribute {
                    let kind = resource["Type"].as_str().unwrap_or_default();
                    let has = ATTRIBUTES
                        .get(kind)
                        .is_some_and(|it| it.contains(&attribute));
                    prop_assert!(has, "{kind} has no {attribute}");
                }
            }
            prop_assert!(!has_cycle(&edges), "{edges:?}");
        }
        Ok(())
    });
}

#[test]
fn what_can_have_tags_has_them() {
    let taggable = taggable();
    holds(FILES / 20, &any_file(), |file| {
        for template in templates(&file)?.values() {
            for (id, resource) in resources(template) {
                let can = taggable.contains(resource["Type"].as_str().unwrap());
                let has = resource["Properties"]["Tags"][0]["Value"] == "tocsin-x";
                prop_assert_eq!(can, has, "{}", id);
            }
        }
        Ok(())
    });
}

#[test]
fn permissions_cover_exactly_what_is_wired() {
    holds(FILES / 4, &any_file(), |file| {
        let templates = templates(&file)?;
        let function = |json: &Json| json["Fn::GetAtt"][0].as_str().map(str::to_owned);
        // What may invoke which function: rules by the beginning of their names.
        let mut allowed: BTreeSet<(String, String)> = BTreeSet::new();
        for (_, permission) in of_type(&templates, "AWS::Lambda::Permission") {
            let to = function(&permission["FunctionName"]).unwrap();
            let source = &permission["SourceArn"];
            let by = match permission["Principal"].as_str().unwrap() {
                "events.amazonaws.com" => source["Fn::GetAtt"][0].as_str().map_or_else(
                    || {
                        let pattern = source["Fn::Sub"][0].as_str().unwrap();
                        pattern.split("rule/").nth(1).unwrap().to_owned()
                    },
                    |id| {
                        templates["tocsin-x"]["Resources"][id]["Properties"]["Name"]
                            .as_str()
                            .unwrap()
                            .to_owned()
                    },
                ),
                other => other.to_owned(),
            };
            prop_assert!(
                allowed.insert((by.clone(), to.clone())),
                "twice: {by} to {to}"
            );
        }
        let mut used = BTreeSet::new();
        for (id, rule) in of_type(&templates, "AWS::Events::Rule") {
            let name = rule["Name"].as_str().unwrap();
            let to = function(&rule["Targets"][0]["Arn"]).unwrap();
            let by: Vec<&(String, String)> = allowed
                .iter()
                .filter(|(by, it)| {
                    let fits = by
                        .strip_suffix('*')
                        .map_or(by == name, |prefix| name.starts_with(prefix));
                    fits && *it == to
                })
                .collect();
            prop_assert_eq!(by.len(), 1, "{} to {}: {:?}", id, to, by);
            used.extend(by.into_iter().cloned());
        }
        // The alarm function is there for alarms of other teams, too.
        used.insert((
            "lambda.alarms.cloudwatch.amazonaws.com".to_owned(),
            "AlarmFunction".to_owned(),
        ));
        prop_assert_eq!(used, allowed);
        for (id, alarm) in of_type(&templates, "AWS::CloudWatch::Alarm") {
            let actions = alarm["AlarmActions"].as_array().map_or(0, Vec::len);
            prop_assert!(actions <= 1, "{}", id);
        }
        Ok(())
    });
}

#[test]
fn the_order_of_entries_and_the_time_of_day_do_not_matter() {
    let files = (any_file(), 0..7_usize);
    holds(FILES / 4, &files, |(file, by)| {
        let once = templates(&file)?;
        let (again, shuffled) = (templates(&file)?, templates(&file.shuffled(by))?);
        prop_assert!(
            once == again,
            "not the same twice: {:?}",
            changed(&once, &again)
        );
        prop_assert!(
            once == shuffled,
            "not the same in another order: {:?}",
            changed(&once, &shuffled)
        );
        let text = json!(once).to_string();
        prop_assert!(!text.contains("SecretString"), "a secret's value is set");
        Ok(())
    });
}

/// What one more entry changes beside what it adds.
fn changed(before: &Templates, after: &Templates) -> Vec<String> {
    let mut changed = Vec::new();
    for (stack, template) in before {
        for (id, resource) in resources(template) {
            if after.get(stack).map(|it| &it["Resources"][id]) != Some(resource) {
                changed.push(id.clone());
            }
        }
    }
    changed
}

#[test]
fn one_more_entry_changes_nothing_of_the_others() {
    let entry = prop_oneof![
        alarm()
            .prop_filter("a metric alarm", |it| it.get("composite").is_none())
            .prop_map(|it| ("alarms", it)),
        event().prop_map(|it| ("events", it)),
        cluster().prop_map(|it| ("clusters", it)),
    ];
    let files = (any_file(), entry);
    holds(FILES / 4, &files, |(file, (key, mut entry))| {
        let before = templates(&file)?;
        entry["name"] = json!(match entry["name"].as_str().unwrap().strip_suffix('*') {
            Some(stem) => format!("{stem}-new-*"),
            None => format!("{}-new", entry["name"].as_str().unwrap()),
        });
        let mut more = file.clone();
        match key {
            "alarms" => more.alarms.insert(0, entry),
            "events" => more.events.insert(0, entry),
            _ => more.clusters.insert(0, entry),
        }
        let after = templates(&more)?;
        // A cluster is said in the rules that hold it, one of each kind, and nowhere else.
        let mut changed = changed(&before, &after);
        // A function more is one more that may send incidents.
        if key != "alarms" {
            changed.retain(|id| id != "IncidentsPolicy");
        }
        if key == "clusters" {
            changed.retain(|id| {
                !["RuleEcsTasks", "RuleEcsServices", "RuleEcsDeployments"].contains(&id.as_str())
            });
        }
        prop_assert_eq!(changed, Vec::<String>::new());
        match key {
            "alarms" => more.alarms.remove(0),
            "events" => more.events.remove(0),
            _ => more.clusters.remove(0),
        };
        let restored = templates(&more)?;
        prop_assert!(
            before == restored,
            "{:?}",
            self::changed(&before, &restored)
        );
        Ok(())
    });
}
