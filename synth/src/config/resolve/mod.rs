//! From what is written to what is meant, or why that cannot be.

mod account;
mod agent;
mod alarms;
mod clusters;
mod cost_report;
mod destinations;
mod events;
mod hardening;
mod limits;
mod measure;
mod region;
mod time;
mod watched_alarms;

use std::{collections::BTreeMap, ops::Range};

use stacks::{
    Monitor,
    monitor::{AlarmShards, Architecture, LogRetention, Priority, WebhookPolicy},
};

pub use self::agent::AGENT_REGIONS;
use self::clusters::Where;
use super::{
    Account, Context,
    diagnostic::Diagnostic,
    field::Field,
    file,
    named::Named,
    spans::{Declaration, Spans},
};

/// Resolves a whole file. While there are problems the result is not to be used.
#[expect(
    clippy::too_many_lines,
    reason = "one line or two for each key of the file"
)]
pub(super) fn account(
    mut file: file::AccountFile,
    context: Context<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Account {
    let mut resolver = Resolver {
        problems,
        spans: Spans::default(),
        named: Vec::new(),
    };
    resolver.require(&(0..0), &[("name", file.name.missing)]);
    let name = resolver.name(&file.name, context.file_stem);
    let stack = resolver.stack_name(&file.name, file.stack.as_ref(), &name);
    let account_id = file.account.as_ref().and_then(|it| resolver.account_id(it));
    let regions = resolver.regions(&items(file.regions.take()));
    let roles = [file.assume_role.take(), file.cloudformation_role.take()];
    let access = resolver.access(file.profile.take(), roles, account_id.as_deref());
    let hardening = resolver.hardening(&mut file, &regions, account_id.as_deref());
    let here = Where {
        account: account_id.as_deref(),
        regions: &regions,
    };
    let (clusters, on_services) = resolver.clusters(items(file.clusters), here);
    let (alarms, composites) = resolver.alarms(items(file.alarms), on_services, &regions);
    let pipelines = resolver.pipelines(&items(file.pipelines));
    let unauthorized_api_calls = file
        .unauthorized_api_calls
        .and_then(|it| Some((it.value?, it.key)))
        .map(|(calls, key)| resolver.unauthorized_api_calls(calls, &key));
    let events = resolver.events(items(file.events), &stack, &regions);
    let cost_anomalies = file
        .cost_anomalies
        .and_then(|it| Some((it.span, it.value?)))
        .and_then(|(span, it)| resolver.cost_anomalies(&span, &it, &regions));
    let runs_here = matches!(
        file.architecture.as_ref().and_then(|it| it.value),
        Some(file::Architecture::Host)
    );
    let architecture = match file.architecture.and_then(|it| it.value) {
        None | Some(file::Architecture::Arm64) => Architecture::Arm64,
        Some(file::Architecture::X86_64) => Architecture::X86_64,
        Some(file::Architecture::Host) => context.host,
    };
    let alarm_shards = file
        .alarm_shards
        .as_ref()
        .map_or(AlarmShards::MIN, |it| resolver.alarm_shards(it));
    let (watched_alarms, excepted_alarms) =
        resolver.watched_alarms(file.watched_alarms, &stack, &regions);
    let ops_topic = file
        .ops_topic
        .as_ref()
        .and_then(|it| resolver.ops_topic(it, &regions));
    if file.ops_topic.is_none() {
        resolver.warn(
            &file.name.span,
            "no `ops-topic`: failures of the pipeline itself are not reported to anyone",
            "name an SNS topic that notifies people: `ops-topic: platform-ops`",
        );
    }
    let grouping = resolver.grouping(file.group_wait.as_ref(), file.group_window.as_ref());
    let bounds = resolver.limits(file.limits, file.agent.is_some());
    let tags = resolver.tags(&entries(file.tags), &stack);
    let monitor = Monitor {
        account_name: name,
        stack,
        architecture,
        clusters,
        alarms,
        composites,
        alarm_shards,
        watched_alarms,
        excepted_alarms,
        pipelines,
        unauthorized_api_calls,
        events,
        cost_anomalies,
        cost_report: file
            .cost_report
            .and_then(|it| Some((it.span, it.value?)))
            .and_then(|(span, it)| resolver.cost_report(&span, it, &regions)),
        grouping,
        budget: bounds.budget,
        quiet_hours: bounds.quiet_hours,
        agent: resolver.agent(file.agent, file.results, file.mitigation, &regions),
        agent_time: bounds.agent_time,
        dashboard: file.dashboard.and_then(|it| it.value).unwrap_or_default(),
        ops_topic,
        webhook: file
            .webhook
            .and_then(|it| it.value)
            .map_or_else(WebhookPolicy::default, |it| resolver.webhook(it)),
        log_retention: file
            .log_retention_days
            .as_ref()
            .map_or_else(LogRetention::default, |it| resolver.log_retention(it)),
        hardening,
        tags,
    };
    resolver.spans.insert(Declaration::Name, &file.name.span);
    resolver.named.sort_by_key(|it| it.span.start);
    Account {
        monitor,
        account_id,
        regions,
        access,
        runs_here,
        named: resolver.named,
        spans: resolver.spans,
    }
}

type List<T> = Option<Field<Vec<Field<T>>>>;
type Map<T> = Option<Field<BTreeMap<String, Field<T>>>>;

/// The entries of a list, of which there are none where there is no list.
fn items<T>(list: List<T>) -> Vec<Field<T>> {
    list.and_then(|field| field.value).unwrap_or_default()
}

/// The entries of a map, of which there are none where there is no map.
fn entries<T>(map: Map<T>) -> BTreeMap<String, Field<T>> {
    map.and_then(|field| field.value).unwrap_or_default()
}

struct Resolver<'a> {
    problems: &'a mut Vec<Diagnostic>,
    spans: Spans,
    named: Vec<Named>,
}

/// How urgent, in the words of the model.
fn priority(priority: file::Priority) -> Priority {
    match priority {
        file::Priority::Critical => Priority::Critical,
        file::Priority::High => Priority::High,
        file::Priority::Medium => Priority::Medium,
        file::Priority::Low => Priority::Low,
        file::Priority::Minimal => Priority::Minimal,
    }
}

impl Resolver<'_> {
    fn error(&mut self, span: &Range<usize>, message: impl Into<String>, hint: &str) {
        let mut problem = Diagnostic::error(span.clone(), message);
        if !hint.is_empty() {
            problem = problem.hint(hint);
        }
        self.problems.push(problem);
    }

    /// Notes that something is in the file a second time.
    fn duplicate(&mut self, kind: &str, name: &str, second: &Range<usize>, first: &Range<usize>) {
        self.problems
            .push(Diagnostic::duplicate(kind, name, second, first));
    }

    fn warn(&mut self, span: &Range<usize>, message: impl Into<String>, hint: &str) {
        self.problems
            .push(Diagnostic::warning(span.clone(), message).hint(hint));
    }

    /// Notes the required keys of an entry that are not there.
    fn require(&mut self, span: &Range<usize>, keys: &[(&str, bool)]) {
        for (key, missing) in keys {
            if *missing {
                self.error(span, format!("the key `{key}` is missing"), "");
            }
        }
    }

    /// Some of the regions of the file, sorted; nothing for all of them.
    fn some_regions(&mut self, list: List<String>, regions: &[String]) -> Vec<String> {
        let mut some: Vec<String> = Vec::new();
        let mut places: BTreeMap<String, Range<usize>> = BTreeMap::new();
        for field in items(list) {
            let Some(region) = field.value else { continue };
            if !regions.contains(&region) {
                self.error(
                    &field.span,
                    format!("`{region}` is not one of `regions`"),
                    "add it there first",
                );
            } else if let Some(first) = places.get(&region) {
                self.duplicate("region", &region, &field.span, first);
            } else {
                places.insert(region.clone(), field.span);
                some.push(region);
            }
        }
        some.sort();
        if some.len() == regions.len() {
            some.clear();
        }
        some
    }

    /// The value, unless `parse` finds it wrong.
    fn parsed<T, E: std::fmt::Display>(
        &mut self,
        field: &Field<String>,
        hint: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        match parse(field.value.as_deref()?) {
            Ok(value) => Some(value),
            Err(error) => {
                self.error(&field.span, error.to_string(), hint);
                None
            }
        }
    }
}
