//! Mistakes in account files, and what their authors see.

use std::fs;

use snapshots::{CONTEXT, assert_snapshot, directory, rendered};
use synth::config;

#[track_caller]
fn check(case: &str) {
    let directory = directory(&format!("invalid/{case}"));
    let text = fs::read_to_string(directory.join("account.yaml")).unwrap();
    let (account, diagnostics) = config::parse(&text, CONTEXT);
    let errors = match account {
        Some(account) => account.synthesize().err(),
        None => Some(diagnostics),
    };
    let errors = errors.expect("there is nothing wrong with this file");
    assert_snapshot(&directory, "diagnostics", &rendered(&errors, &text));
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
    access,
    account_digits,
    agent,
    agent_elsewhere,
    agent_region,
    results,
    alarm_band,
    alarm_condition,
    alarm_description,
    alarm_duration,
    alarm_keys_of_another_kind,
    alarm_looks_at_nothing,
    alarm_looks_at_two_things,
    alarm_name_too_long,
    alarm_names,
    alarm_names_meet,
    alarm_never_goes_off,
    alarm_period,
    alarm_query,
    alarm_query_window,
    alarm_statistic,
    alias_bomb,
    budget,
    budget_of_a_day,
    budget_of_an_hour,
    dollars,
    cluster_tells_too_much,
    cluster_service_arn,
    clusters,
    clusters_elsewhere,
    clusters_twice,
    composite_cycle,
    composite_language,
    composite_never,
    composite_of_a_mistake,
    composite_too_many,
    composite_unknown,
    cost_anomalies,
    cost_report,
    cost_report_time_zone,
    duplicate_key,
    empty_file,
    entry_regions,
    event_groups,
    event_loop,
    event_missing_keys,
    event_names,
    event_rule_name_too_long,
    event_pattern,
    event_pattern_alternatives,
    event_pattern_too_long,
    event_title,
    event_title_place,
    everything_at_once,
    formula_metrics,
    formula_names,
    grouping,
    grouping_durations,
    ignored_principals,
    ledger_tables,
    limits,
    limits_missing_keys,
    log_retention,
    missing_keys,
    mitigation,
    numbers_without_units,
    ops_topic,
    permissions_boundary,
    permissions_boundary_name,
    pipelines,
    query_keywords,
    quiet_hours,
    quiet_hours_times,
    region_unknown,
    regions,
    reserved_concurrency,
    second_document,
    service_alarms,
    service_alarms_of_many,
    service_alarms_twice,
    shard_full,
    shards,
    stack_name,
    stack_name_of_another,
    stack_name_too_long,
    tags,
    too_many_queries,
    too_many_tags,
    too_many_webhook_hosts,
    twice,
    unauthorized_api_calls,
    unknown_keys,
    unquoted_condition,
    unquoted_numbers,
    vpc,
    vpc_without_regions,
    watched_alarms,
    webhook_hosts,
    wrong_types,
    yaml_syntax,
);

/// A plain entry is the beginning of names, as it always was. One that reads like a whole name is warned of.
#[test]
fn a_watched_alarm_that_reads_like_a_name_is_warned_of() {
    for (entry, warned) in [
        ("legacy", true),
        ("größe", true),
        ("legacy-", false),
        ("legacy-*", false),
        ("legacy*", false),
        ("*", false),
    ] {
        let text = format!("name: x\nops-topic: ops\nwatched-alarms: [\"{entry}\"]\n");
        let (account, diagnostics) = config::parse(&text, CONTEXT);
        let shown: Vec<String> = diagnostics
            .iter()
            .map(|it| it.render("account.yaml", &text, false))
            .collect();
        assert!(account.is_some(), "{shown:?}");
        let warning = format!("warning: `{entry}` watches every alarm whose name begins like this");
        assert_eq!(shown.join("\n").contains(&warning), warned, "{shown:?}");
    }
}

/// Only one region has the events of billing. Another can send them on, so that is a warning.
#[test]
fn events_that_no_region_of_the_file_has_are_warned_of() {
    for (regions, source, warned) in [
        ("[eu-central-1]", "aws.ce", true),
        ("[eu-central-1]", "aws.trustedadvisor", true),
        ("[eu-central-1]", "aws.batch", false),
        ("[eu-central-1, us-east-1]", "aws.ce", false),
    ] {
        let text = format!(
            "name: x\nops-topic: ops\nregions: {regions}\nevents:\n  - name: a\n    title: a\n    \
             pattern: {{source: [{source}]}}\n"
        );
        let (account, diagnostics) = config::parse(&text, CONTEXT);
        assert!(account.is_some());
        let expected =
            format!("warning: only `us-east-1` has events of `{source}`\n --> account.yaml:7:15\n");
        let shown: Vec<String> = diagnostics
            .iter()
            .map(|it| it.render("account.yaml", &text, false))
            .collect();
        assert_eq!(shown.len(), usize::from(warned), "{shown:?}");
        assert!(
            shown.iter().all(|it| it.starts_with(&expected)),
            "{shown:?}"
        );
    }
}

/// The agent space may be where nothing is watched, as far as it is known that this can be.
#[test]
fn a_region_of_the_agent_space_that_may_be_wrong_is_warned_of() {
    let space = "0a1b2c3d-0000-1111-2222-333344445555";
    for (regions, region, warning) in [
        ("regions: [eu-central-1]", "us-east-1", None),
        (
            "regions: [eu-central-1]",
            "eu-north-1",
            Some("AWS DevOps Agent may not be in `eu-north-1`"),
        ),
        (
            "regions: [eu-central-1]",
            "us-eest-1",
            Some("unknown region `us-eest-1`"),
        ),
        (
            "dashboard: false",
            "us-east-1",
            Some("without `regions` the agent's events are not forwarded from `us-east-1`"),
        ),
    ] {
        let text = format!(
            "name: x\nops-topic: ops\n{regions}\nagent: {{space: {space}, region: {region}}}\n"
        );
        let (account, diagnostics) = config::parse(&text, CONTEXT);
        assert!(account.is_some(), "{diagnostics:?}");
        let shown: Vec<String> = diagnostics
            .iter()
            .map(|it| it.render("account.yaml", &text, false))
            .collect();
        let wanted: Vec<String> = warning.iter().map(|it| format!("warning: {it}")).collect();
        assert_eq!(shown.len(), wanted.len(), "{shown:?}");
        for (shown, wanted) in shown.iter().zip(&wanted) {
            assert!(shown.starts_with(wanted), "{shown}");
            assert!(shown.contains("account.yaml:4:62"), "{shown}");
        }
    }
}

/// What the documents show can be used as it is.
#[test]
fn account_files_of_the_documents_are_read() {
    let mut text = std::fs::read_to_string(directory("../README.md")).unwrap();
    for entry in std::fs::read_dir(directory("../docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
    let blocks: Vec<&str> = text
        .split("```yaml\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .collect();
    assert!(blocks.len() >= 4);
    for block in blocks {
        // A block in a list is indented as a whole.
        let indent = block.len() - block.trim_start_matches(' ').len();
        let lines = block.lines().map(|it| it.get(indent..).unwrap_or_default());
        let block = lines.collect::<Vec<&str>>().join("\n");
        let text = if block.contains("\nname:") {
            block
        } else {
            format!("name: document\nops-topic: ops\n{block}")
        };
        let (account, diagnostics) = config::parse(&text, CONTEXT);
        let shown: Vec<String> = diagnostics
            .iter()
            .map(|it| it.render("document", &text, false))
            .collect();
        assert!(
            account.is_some() && shown.is_empty(),
            "{}",
            shown.join("\n")
        );
    }
}
