//! AWS events in, incidents out. `events/SOURCES.md` says where each event comes from, and
//! `events/labels.tsv` what it should lead to.

use std::{collections::BTreeMap, fmt::Write as _, fs, sync::LazyLock};

use contract::{Envelope, FunctionName};
use runtime::{
    decision::{Decision, Finding},
    ecs, event,
    read::{UnreadableEvent, parse},
};
use serde_json::{Value as Json, json};
use snapshots::{account, assert_snapshot, decide_alarm, directory};
use stacks::{Monitor, event_pattern::Scope};
use synth::match_event::{self, match_event};

fn read(name: &str) -> Result<Json, UnreadableEvent> {
    parse(&fs::read_to_string(directory("events").join(name)).unwrap())
}

/// What an event leads to; nothing if no rule matches it.
type Outcome = Option<Result<Decision, UnreadableEvent>>;

/// Names of samples that are bare events: they pass the rules of `cases/events`.
const BY_RULE: [&str; 3] = ["event-ct-", "event-pipe-", "event-x-"];

fn decide(name: &str, payload: &Json) -> Outcome {
    if BY_RULE.iter().any(|it| name.starts_with(it)) {
        return by_rule(payload);
    }
    Some(if name.starts_with("ecs-") {
        ecs::decide(payload)
    } else if name.starts_with("event-") {
        event::decide(payload)
    } else {
        decide_alarm(payload)
    })
}

/// What an event leads to by the rules of `cases/events`, of which at most one matches.
fn by_rule(event: &Json) -> Outcome {
    static MONITOR: LazyLock<Monitor> =
        LazyLock::new(|| account(&directory("cases/events")).monitor);
    let scope = Scope {
        partition: "aws",
        region: "eu-central-1",
        account: "111122223333",
        stack: MONITOR.stack.as_str(),
    };
    let mut caught = match_event(&MONITOR, &scope, event, None)
        .ways
        .into_iter()
        .filter_map(|way| match way.outcome {
            match_event::Outcome::NotCaught(_) => None,
            match_event::Outcome::Decided(decision) => Some(Ok(decision)),
            match_event::Outcome::Unreadable(error) => Some(Err(error)),
        });
    let first = caught.next();
    assert!(caught.next().is_none(), "two rules match {event}");
    first
}

fn outcome(name: &str) -> Outcome {
    match read(name) {
        Ok(event) => decide(name, &event),
        Err(error) => Some(Err(error)),
    }
}

#[track_caller]
fn investigated(name: &str) -> Finding {
    match outcome(name) {
        Some(Ok(Decision::Investigate(finding))) => *finding,
        other => panic!("no incident of {name}: {other:?}"),
    }
}

fn labels() -> BTreeMap<String, String> {
    let text = fs::read_to_string(directory("events").join("labels.tsv")).unwrap();
    text.lines()
        .skip(1)
        .filter_map(|line| line.split_once('\t'))
        .map(|(name, label)| (name.to_owned(), label.to_owned()))
        .collect()
}

#[test]
fn every_event_leads_to_what_its_label_says() {
    let mut wrong = Vec::new();
    let labels = labels();
    assert!(labels.len() > 50);
    for (name, label) in &labels {
        let (outcome, allowed): (_, &[&str]) = match outcome(name) {
            Some(Ok(Decision::Investigate(_))) => {
                ("an incident".to_owned(), &["investigate", "any"])
            }
            Some(Ok(Decision::Skip(reason))) => (format!("a skip: {reason}"), &["ignore", "any"]),
            Some(Ok(Decision::Canary)) => ("the canary".to_owned(), &[]),
            None => ("matched by no rule".to_owned(), &["ignore"]),
            Some(Err(error)) => (
                format!("an error: {error}"),
                &["reject", "any", "queue", "data", "cost"],
            ),
        };
        if allowed.contains(&label.as_str()) {
            continue;
        }
        wrong.push(format!("{name} should be `{label}` and is {outcome}"));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every event, and what it leads to: decision, group and title in a line, so that a changed decision is one
/// red line.
#[test]
fn decisions() {
    let mut lines = "| event | decision | group | title |\n| --- | --- | --- | --- |\n".to_owned();
    for (name, label) in labels() {
        if !["investigate", "ignore", "reject", "any"].contains(&label.as_str()) {
            continue;
        }
        let outcome = match outcome(&name) {
            Some(Ok(Decision::Investigate(finding))) => {
                let Finding { incident, group } = &*finding;
                let (priority, id) = (incident.priority().as_str(), incident.id());
                format!("{priority} {id} | {} | {}", group.name, incident.title())
            }
            Some(Ok(Decision::Skip(reason))) => format!("skip {reason} | |"),
            Some(Ok(Decision::Canary)) => "canary | |".to_owned(),
            None => "matched by no rule | |".to_owned(),
            Some(Err(error)) => format!("error: {error} | |"),
        };
        let _ = writeln!(lines, "| {name} | {outcome} |");
    }
    assert_snapshot(&directory("events"), "decisions", &lines);
}

fn show(finding: &Finding) -> String {
    let Finding { incident, group } = finding;
    let kind = group.key.as_str().split('-').next().unwrap_or_default();
    let mut out = format!(
        "{:?} {}\n{}\n\ngroup ({kind}): {}\ncause: {}\n",
        incident.priority(),
        incident.id(),
        incident.title(),
        group.name,
        group.cause,
    );
    for alarm in &group.covers {
        let _ = writeln!(out, "covers: {alarm}");
    }
    let _ = write!(out, "\n{}", incident.description());
    out
}

#[track_caller]
fn check(file: &str) {
    let finding = investigated(&format!("{file}.json"));
    assert_snapshot(&directory("events"), file, &show(&finding));
}

/// One test an incident, named after the event.
macro_rules! incidents {
    ($($test:ident $file:literal),+ $(,)?) => {
        /// Every event that has a snapshot of its incident.
        const INCIDENTS: &[&str] = &[$($file),+];
        $(#[test]
        fn $test() {
            check($file);
        })+
    };
}

incidents!(
    alarm_contributor_by_rule "alarm-eb-contributor-statechange-metrics-insights",
    alarm_composite_suppressed "alarm-eb-statechange-composite-suppressed",
    alarm_math_by_rule "alarm-eb-statechange-metric-math",
    alarm_metric_by_rule "alarm-eb-statechange-metric",
    alarm_anomaly "alarm-lambda-DERIVED-anomaly-detection-no-threshold",
    alarm_composite "alarm-lambda-DERIVED-composite-no-suppressor",
    alarm_metric "alarm-lambda-DERIVED-metric",
    alarm_contributor "alarm-lambda-DERIVED-metrics-insights-contributor",
    alarm_behind_a_byte_order_mark "alarm-lambda-EDGE-byte-order-mark",
    alarm_unicode "alarm-lambda-EDGE-unicode-specials",
    alarm_composite_wait_period "alarm-lambda-composite-wait-period",
    alarm_metric_java "alarm-lambda-metric-java",
    alarm_math "alarm-lambda-metric-math-ok-to-alarm",
    alarm_set_by_hand "alarm-lambda-setalarmstate-localstack-aws-validated",
    alarm_composite_by_topic "alarm-sns-DERIVED-composite",
    alarm_composite_wait_period_starts "alarm-eb-REPORTED-composite-wait-period-starts",
    alarm_cross_account "alarm-eb-REPORTED-cross-account-metric",
    alarm_log_query_by_rule "alarm-eb-REPORTED-log-query",
    alarm_missing_data "alarm-eb-REPORTED-missing-data-breaching",
    alarm_multi_series_by_rule "alarm-eb-REPORTED-multi-series",
    alarm_multi_series_contributor_by_rule "alarm-eb-REPORTED-multi-series-contributor",
    alarm_name_special "alarm-eb-REPORTED-name-special",
    alarm_priority_lower_case "alarm-eb-REPORTED-priority-lower-case",
    alarm_promql_by_rule "alarm-eb-REPORTED-promql",
    alarm_target_tracking "alarm-eb-REPORTED-target-tracking",
    alarm_log_query "alarm-lambda-REPORTED-log-query",
    alarm_multi_series "alarm-lambda-REPORTED-multi-series",
    alarm_multi_series_contributor "alarm-lambda-REPORTED-multi-series-contributor",
    alarm_promql "alarm-lambda-REPORTED-promql",
    alarm_china_old "alarm-sns-REPORTED-china-old",
    alarm_composite_by_topic_with_children "alarm-sns-REPORTED-composite",
    alarm_contributor_by_topic "alarm-sns-REPORTED-contributor",
    alarm_extended_statistic_by_topic "alarm-sns-REPORTED-extended-statistic",
    alarm_localstack_by_topic "alarm-sns-REPORTED-localstack",
    ecs_04_service_exits_0 "ecs-04-service-exits-0",
    ecs_05_cwagent_sidecar_2_app_0 "ecs-05-cwagent-sidecar-2-app-0",
    ecs_06_host_ec2_terminated "ecs-06-host-ec2-terminated",
    ecs_10_secret_in_start_error "ecs-10-secret-in-start-error",
    ecs_11_capacity_unavailable "ecs-11-capacity-unavailable",
    ecs_12_secret_fetch_old_wording "ecs-12-secret-fetch-old-wording",
    ecs_13_eni_timeout "ecs-13-eni-timeout",
    ecs_14_service_connect_proxy_137_app_0 "ecs-14-service-connect-proxy-137-app-0",
    ecs_15_fluentbit_oom_app_killed "ecs-15-fluentbit-oom-app-killed",
    ecs_16_app_139_sidecar_143 "ecs-16-app-139-sidecar-143",
    ecs_18_windows_exit_code "ecs-18-windows-exit-code",
    ecs_21_custom_group "ecs-21-custom-group",
    ecs_22_classic_elb "ecs-22-classic-elb",
    ecs_23_efs_mount "ecs-23-efs-mount",
    ecs_24_ebs_attach "ecs-24-ebs-attach",
    ecs_26_container_deps_unhealthy "ecs-26-container-deps-unhealthy",
    ecs_28_attributes "ecs-28-attributes",
    ecs_29_provisioning_stop_no_containers "ecs-29-provisioning-stop-no-containers",
    ecs_31_one_off_exit_1_two_families "ecs-31-one-off-exit-1-two-families",
    ecs_32_manifest_cannot_inspect "ecs-32-manifest-cannot-inspect",
    ecs_34_cannot_inspect_no_code_init_0 "ecs-34-cannot-inspect-no-code-init-0",
    ecs_35_service_app_0_sidecar_137 "ecs-35-service-app-0-sidecar-137",
    ecs_37_task_failed_to_start_no_reason "ecs-37-task-failed-to-start-no-reason",
    ecs_42_elb_failed_exit_0 "ecs-42-elb-failed-exit-0",
    ecs_eusc_16_app_139_sidecar_143 "ecs-eusc-16-app-139-sidecar-143",
    ecs_svc_01_health_unknown "ecs-svc-01-health-unknown",
    ecs_svc_02_capacity_provider_placement "ecs-svc-02-capacity-provider-placement",
    ecs_svc_04_deployment_failed_alarm "ecs-svc-04-deployment-failed-alarm",
    ecs_svc_07_instance_health_change "ecs-svc-07-instance-health-change",
    ecs_instance_health_impaired "ecs-instance-health-impaired",
    ecs_daemon_task_start_impaired "ecs-daemon-task-start-impaired",
    ecs_deployment_failed_derived_old_service_arn "ecs-deployment-failed-DERIVED-old-service-arn",
    deployment_failed "ecs-deployment-failed",
    service_placement_failure "ecs-service-placement-failure-fargate",
    service_task_start_impaired "ecs-service-task-start-impaired",
    task_huge "ecs-task-EDGE-huge",
    task_cannot_pull "ecs-task-stopped-cannotpull-no-exitcode",
    task_health_check "ecs-task-stopped-elb-health-check-REAL",
    task_says_nothing "ecs-task-stopped-no-stopcode-no-reason",
    task_out_of_memory "ecs-task-stopped-oom",
    task_with_secrets "ecs-task-stopped-secret-env-override",
    treated_by_name "ecs-treated-DERIVED-by-name",
    treated_by_prefix "ecs-treated-DERIVED-by-prefix",
    treated_as_usual "ecs-treated-EDGE-table-malformed",
    call_denied "event-DERIVED-api-call-denied",
    call_denied_again "event-DERIVED-api-call-denied-again",
    batch_job_failed "event-DERIVED-batch-job-failed",
    cost_anomaly "event-DERIVED-cost-anomaly",
    cost_anomaly_again "event-DERIVED-cost-anomaly-again",
    cost_anomaly_where_nothing_was_expected "event-DERIVED-cost-anomaly-nothing-expected",
    pipeline_failed "event-DERIVED-pipeline-failed",
    pipeline_failed_bare "event-DERIVED-pipeline-failed-bare",
    call_denied_to_a_service "event-ct-01-service-config-headbucket",
    call_denied_to_another_account "event-ct-05-cross-account-session-a",
    call_denied_to_a_person "event-ct-07-identity-center-a",
    call_denied_to_a_role "event-ct-10-kms-accessdeniedexception",
    call_denied_to_a_web_identity "event-ct-15-web-identity",
    call_denied_to_root "event-ct-17-root",
    pipeline_of_a_webhook_failed "event-pipe-01-failed-v2-webhook",
    rollback_failed "event-pipe-03-failed-rollback",
    execution_with_secrets_failed "event-x-01-sfn-input-secrets",
    second_execution_failed "event-x-02-sfn-second-execution",
    build_failed "event-x-04-codebuild",
    glue_job_failed "event-x-06-glue-jdbc",
    function_failed "event-x-08-lambda-destination",
    event_of_an_odd_rule "event-EDGE-rule-odd",
    event_with_values_in_its_title "event-EDGE-title-values",
);

#[test]
fn every_incident_has_its_snapshot() {
    let mut tested: Vec<String> = INCIDENTS
        .iter()
        .map(|file| format!("{file}.json"))
        .collect();
    tested.sort();
    let labelled: Vec<String> = labels()
        .into_iter()
        .filter(|(_, label)| label == "investigate")
        .map(|(name, _)| name)
        .collect();
    assert_eq!(tested, labelled);
}

/// All that leaves the function.
fn queued(finding: Finding) -> String {
    Envelope::of_group(FunctionName::Event, finding.incident, finding.group).to_body()
}

/// The values of environment overrides are secrets more often than not.
#[test]
fn overrides_never_leave_the_account() {
    let event = read("ecs-task-stopped-secret-env-override.json").unwrap();
    let overrides = event["detail"]["overrides"]["containerOverrides"].to_string();
    assert!(overrides.contains("environment"));
    let Ok(Decision::Investigate(finding)) = ecs::decide(&event) else {
        panic!("no incident")
    };
    let body = queued(*finding);
    for list in ["environment", "command"] {
        let Some(values) = event["detail"]["overrides"]["containerOverrides"][0][list].as_array()
        else {
            continue;
        };
        for value in values {
            let secret = value["value"].as_str().or(value.as_str()).unwrap();
            assert!(!body.contains(secret), "{secret}");
        }
    }
}

/// Secrets are planted in samples of every function.
#[test]
fn planted_secrets_never_leave_the_account() {
    let mut planted = 0;
    for (name, _) in labels() {
        let Ok(event) = read(&name) else { continue };
        let Some(Ok(Decision::Investigate(finding))) = decide(&name, &event) else {
            continue;
        };
        let body = queued(*finding);
        for canary in ["DO-NOT-LEAK", "Canary"] {
            planted += event.to_string().matches(canary).count();
            assert!(!body.contains(canary), "{name}: {body}");
        }
    }
    assert!(planted >= 14, "{planted}");
}

#[test]
fn executions_and_sessions_of_one_resource_share_a_group() {
    let first = investigated("event-x-01-sfn-input-secrets.json");
    let second = investigated("event-x-02-sfn-second-execution.json");
    assert_eq!(first.group.key, second.group.key);
    assert_ne!(first.incident.id(), second.incident.id());

    let name = "event-ct-05-cross-account-session-a.json";
    let session = investigated(name);
    let mut event = read(name).unwrap();
    event["id"] = "another".into();
    event["detail"]["userIdentity"]["principalId"] = "AROAEXAMPLEROLEID0001:another".into();
    let Some(Ok(Decision::Investigate(another))) = decide(name, &event) else {
        panic!("no incident")
    };
    assert_eq!(session.group.key, another.group.key);
    assert_ne!(session.incident.id(), another.incident.id());
    event["detail"]["userIdentity"]["principalId"] = "AROAEXAMPLEROLEID0002:another".into();
    let Some(Ok(Decision::Investigate(another))) = decide(name, &event) else {
        panic!("no incident")
    };
    assert_ne!(session.group.key, another.group.key);
}

/// Anybody may put events on a bus, except those of the sources of AWS.
#[test]
fn a_forged_event_is_no_denied_call() {
    let mut event = read("event-ct-17-root.json").unwrap();
    event["source"] = "my.app".into();
    assert!(by_rule(&event).is_none());
    let payload = json!({ "title": "{principal} was denied something", "event": event });
    let Ok(Decision::Investigate(finding)) = event::decide(&payload) else {
        panic!("no incident")
    };
    assert_eq!(
        finding.incident.title(),
        "(unknown) was denied something (eu-central-1)"
    );
    assert!(!finding.incident.description().contains("principal:"));
}
