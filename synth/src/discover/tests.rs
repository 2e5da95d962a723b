use proptest::prelude::*;
use stacks::monitor::Architecture;

use super::*;

const CONTEXT: Context<'_> = Context {
    file_stem: None,
    host: Architecture::Arm64,
};
const HERE: &str = "eu-central-1";
const THERE: &str = "us-east-1";
const HEAD: &str = "name: x\nregions: [eu-central-1, us-east-1]\nops-topic: ops\n";

fn inventory(region: &str, kinds: &[(Kind, &[&str])]) -> Inventory {
    let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect();
    let kinds = kinds.iter().map(|(kind, all)| (*kind, names(all)));
    Inventory {
        region: region.to_owned(),
        names: kinds.collect(),
    }
}

fn account(text: &str) -> Account {
    let (account, problems) = config::parse(text, CONTEXT);
    account.unwrap_or_else(|| panic!("{text}\n{problems:?}"))
}

/// The gaps of a file with this after its head.
fn gaps_of(rest: &str, inventories: &[Inventory]) -> Vec<Gap> {
    gaps(&account(&format!("{HEAD}{rest}")), inventories)
}

fn entries(gap: &Gap) -> Vec<&str> {
    gap.entries.iter().map(|it| it.text.as_str()).collect()
}

#[test]
fn what_the_file_watches_is_no_gap() {
    let found = [
        inventory(HERE, &[(Kind::Clusters, &["a", "team-1", "b"])]),
        inventory(THERE, &[(Kind::Clusters, &["a", "b", "c"])]),
    ];
    let rest = "clusters: [team-*, a, {name: b, regions: [eu-central-1]}]\n";
    let all = gaps_of(rest, &found);
    let [gap] = all.as_slice() else {
        panic!("{all:?}")
    };
    assert_eq!((gap.found, gap.unwatched), (4, 2));
    assert_eq!(entries(gap), ["{name: b, regions: [us-east-1]}", "c"]);
}

#[test]
fn alarms_of_autoscaling_and_of_the_stack_itself_are_not_added() {
    let alarms = [
        "prod-a",
        "prod-b",
        "TargetTracking-service/x-AlarmHigh-1",
        "tocsin-x-pipeline-errors",
        "old-1",
        "canary-1",
        "true",
    ];
    let rest = "watched-alarms: [old-*, '!canary-*']\n";
    let gap = &gaps_of(rest, &[inventory(HERE, &[(Kind::Alarms, &alarms)])])[0];
    assert_eq!((gap.found, gap.of_autoscaling, gap.unwatched), (6, 1, 3));
    assert_eq!(entries(gap), ["prod-*", "true*"]);
    assert_eq!(gap.entries[0].count, 2);
}

/// The longest entry decides on an alarm, so a shorter one beside it takes nothing away.
#[test]
fn an_entry_of_another_priority_is_in_nobody_s_way() {
    let alarms = ["prod-api-1", "prod-db-1"];
    let found = [inventory(HERE, &[(Kind::Alarms, &alarms)])];
    for (rest, expected) in [
        ("{name: prod-api-*, priority: CRITICAL}", "prod-*"),
        ("{name: prod-api-*, regions: [eu-central-1]}", "prod-*"),
        ("prod-api*1", "prod-*"),
        ("prod-api-*", "prod-db-*"),
    ] {
        let gap = &gaps_of(&format!("watched-alarms: [{rest}]\n"), &found)[0];
        assert_eq!(entries(gap), [expected], "{rest}");
        let text = format!("{HEAD}watched-alarms: [{rest}]\n");
        assert!(completed(&text, std::slice::from_ref(gap), &found, CONTEXT).is_some());
    }
}

#[test]
fn more_than_fit_a_rule_become_all_of_them() {
    let names: Vec<String> = (0..30).map(|it| format!("team{it}-cpu")).collect();
    let mut names: Vec<&str> = names.iter().map(String::as_str).collect();
    names.push("TargetTracking-x");
    let found = [inventory(
        HERE,
        &[(Kind::Alarms, &names), (Kind::Pipelines, &names)],
    )];
    let all = gaps_of("", &found);
    assert_eq!(entries(&all[0]), ["\"*\"", "\"!TargetTracking-*\""]);
    assert_eq!(entries(&all[1]), ["\"*\""]);
    // Beside entries that are there it would say them again: that is for a person to decide.
    let all = gaps_of("watched-alarms: [team1-*]\n", &found);
    assert!(all[0].entries.is_empty());
    assert_eq!(all[0].left.len(), 29);
}

#[test]
fn a_kind_that_was_not_read_is_no_gap() {
    assert!(gaps_of("", &[inventory(HERE, &[])]).is_empty());
}

/// What cannot be completed is left as it is, never broken.
#[test]
fn a_list_that_is_written_in_another_way_is_not_touched() {
    let found = [inventory(HERE, &[(Kind::Clusters, &["new"])])];
    for rest in [
        "clusters: &all [a]\n",
        "clusters:\n  [a]\n",
        "pipelines: [b]\n...\n",
    ] {
        let text = format!("{HEAD}{rest}");
        let gaps = gaps(&account(&text), &found);
        assert!(completed(&text, &gaps, &found, CONTEXT).is_none(), "{rest}");
    }
}

/// Ways in which a list can be written.
fn list(key: &'static str) -> impl Strategy<Value = String> {
    let name = prop::sample::select(vec!["a", "b-1", "team-*", "prod-*", "c", "prod-db-*"]);
    let names = prop::collection::btree_set(name, 0..4);
    (names, 0..5_u8).prop_map(move |(names, style)| {
        let names: Vec<&str> = match key {
            // Of two such entries one would say what the other does.
            "watched-alarms" => names.into_iter().filter(|it| *it != "prod-db-*").collect(),
            _ => names.into_iter().collect(),
        };
        let lines = |indentation: &str| -> String {
            let lines = names.iter();
            let lines =
                lines.map(|it| format!("{indentation}- {it} # why\n{indentation}# - not this\n"));
            lines.collect()
        };
        match style {
            0 => String::new(),
            // A key without a list is a mistake.
            2 | 3 if names.is_empty() => String::new(),
            1 => format!("{key}: [{}] # all\n", names.join(", ")),
            2 => format!("# Those\n{key}:\n{}\n", lines("  ")),
            3 => format!("{key}:\n{}", lines("")),
            _ => format!("'{key}': [\n  {} # ]\n  ]\n", names.join(",\n  ")),
        }
    })
}

fn alarm_names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec(
        "[a-zA-Z0-9!][a-z0-9_-]{0,6}([-/._][a-z0-9]{1,3}){0,2}",
        0..60,
    )
}

fn pipeline_names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[A-Za-z0-9.@_-]{1,9}", 0..40)
}

fn cluster_names() -> impl Strategy<Value = Vec<String>> {
    prop::collection::vec("[a-zA-Z0-9][a-zA-Z0-9_-]{0,9}", 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is in the file and in the account: what is added makes the file complete, every line that was there stays in
    /// its place, and a second run adds nothing.
    #[test]
    fn a_second_run_changes_nothing(
        written in (list("clusters"), list("watched-alarms"), list("pipelines")),
        tail in prop::sample::select(vec!["", "tags: {team: x}\n", "# the end"]),
        (clusters, alarms, pipelines) in (cluster_names(), alarm_names(), pipeline_names()),
    ) {
        let text = format!("{HEAD}{}{}{}{tail}", written.0, written.1, written.2);
        let found = [Inventory {
            region: HERE.to_owned(),
            names: [
                (Kind::Clusters, clusters),
                (Kind::Alarms, alarms),
                (Kind::Pipelines, pipelines),
            ]
            .into(),
        }];
        let gaps = gaps(&account(&text), &found);
        let (new, _) = completed(&text, &gaps, &found, CONTEXT).expect("each of these ways is known");
        let again = super::gaps(&account(&new), &found);
        prop_assert!(again.iter().all(|it| it.entries.is_empty()), "{new}\n{again:?}");
        let same = completed(&new, &again, &found, CONTEXT).map(|(text, _)| text);
        prop_assert_eq!(same, Some(new.clone()));
        // Only a line with a bracket may have grown.
        let mut lines = new.lines();
        for line in text.lines() {
            let start = line.split(['[', ']', '#']).next().unwrap_or_default().trim_end();
            let has_grown = |it: &str| line.contains(['[', ']']) && it.starts_with(start);
            prop_assert!(lines.any(|it| it == line || has_grown(it)), "{line}\n{new}");
        }
    }
}
