//! From what is written to what is meant, or why that cannot be.

use std::{collections::BTreeMap, ops::Range};

use jiff::tz::TimeZoneDatabase;
use stacks::{
    Arn, LogicalId, Monitor, Value,
    arn::Topic,
    monitor::{
        Alarm, AlarmName, AlarmPrefix, Architecture, ClusterName, Condition, CostReport, Metric,
        MissingData, Period, Priority, StackName, Statistic, TimeOfDay, WebhookPolicy,
    },
    tag::Tag,
};

use super::{Account, Context, diagnostic::Diagnostic, field::Field, file};

/// How long logs are kept unless the file says otherwise, in days.
const LOG_RETENTION: i64 = 365;

/// The choices that CloudWatch Logs gives. Source: `RetentionInDays` of
/// `AWS::Logs::LogGroup` in the CloudFormation template reference.
const LOG_RETENTIONS: [i64; 22] = [
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
];

/// Lowers a whole file. While there are problems the result is not to be used.
pub(super) fn account(
    file: file::AccountFile,
    context: Context<'_>,
    problems: &mut Vec<Diagnostic>,
) -> Account {
    let mut lower = Lower { problems };
    lower.require(&(0..0), &[("name", file.name.missing)]);
    let name = lower.name(&file.name, context.file_stem);
    let stack = lower.stack_name(&file.name, &name);
    let account_id = file.account.as_ref().and_then(|it| lower.account_id(it));
    let regions = lower.regions(&items(file.regions));
    let alarms = lower.alarms(items(file.alarms));
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
        .map_or(1, |it| lower.alarm_shards(it));
    let watched_alarms = lower.watched_alarms(&items(file.watched_alarms), &stack);
    let ops_topic = file
        .ops_topic
        .as_ref()
        .and_then(|it| lower.ops_topic(it, &regions));
    if file.ops_topic.is_none() {
        lower.warn(
            &file.name.span,
            "nobody hears of failures of the pipeline itself",
            "name an SNS topic that tells people: `ops-topic: platform-ops`",
        );
    }
    let monitor = Monitor {
        account_name: name,
        stack,
        architecture,
        clusters: lower.clusters(&items(file.clusters)),
        alarms,
        alarm_shards,
        watched_alarms,
        cost_report: file
            .cost_report
            .and_then(|it| Some((it.span, it.value?)))
            .and_then(|(span, it)| lower.cost_report(&span, &it)),
        ops_topic,
        webhook: file
            .webhook
            .and_then(|it| it.value)
            .map_or_else(WebhookPolicy::default, |it| lower.webhook(it)),
        log_retention_days: file
            .log_retention_days
            .as_ref()
            .map_or(LOG_RETENTION, |it| lower.log_retention(it)),
        tags: Vec::new(),
    };
    let tags = lower.tags(&entries(file.tags), &monitor.stack);
    Account {
        monitor: Monitor { tags, ..monitor },
        account_id,
        regions,
        runs_here,
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

struct Lower<'a> {
    problems: &'a mut Vec<Diagnostic>,
}

impl Lower<'_> {
    fn error(&mut self, span: &Range<usize>, message: impl Into<String>, hint: &str) {
        let mut problem = Diagnostic::error(span.clone(), message);
        if !hint.is_empty() {
            problem = problem.hint(hint);
        }
        self.problems.push(problem);
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

    fn name(&mut self, field: &Field<String>, file_stem: Option<&str>) -> String {
        let name = field.value.clone().unwrap_or_default();
        if let Some(stem) = file_stem
            && field.value.is_some()
            && stem != name
        {
            self.error(
                &field.span,
                format!("the name `{name}` is not that of the file, `{stem}`"),
                "stacks are named after it: a file that is renamed would become a second stack",
            );
        }
        name
    }

    fn stack_name(&mut self, field: &Field<String>, name: &str) -> StackName {
        let text = format!("tocsin-{name}");
        match StackName::parse(&text) {
            Ok(stack) => stack,
            Err(error) => {
                if field.value.is_some() {
                    self.error(&field.span, error.to_string(), "");
                }
                StackName::parse("tocsin").unwrap_or_else(|_| unreachable!("a valid name"))
            }
        }
    }

    fn account_id(&mut self, field: &Field<String>) -> Option<String> {
        let id = field.value.clone()?;
        if id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit()) {
            return Some(id);
        }
        self.error(
            &field.span,
            format!("`{id}` is not an account: it takes twelve digits"),
            "",
        );
        None
    }

    fn regions(&mut self, fields: &[Field<String>]) -> Vec<String> {
        let mut regions = Vec::new();
        for field in fields {
            let Some(region) = &field.value else { continue };
            if !is_region(region) {
                self.error(
                    &field.span,
                    format!("`{region}` is not a region"),
                    "regions are named like `eu-central-1`",
                );
            } else if regions.contains(region) {
                self.error(
                    &field.span,
                    format!("the region `{region}` stands here twice"),
                    "",
                );
            } else {
                regions.push(region.clone());
            }
        }
        regions
    }

    fn clusters(&mut self, fields: &[Field<String>]) -> Vec<ClusterName> {
        let mut clusters: Vec<ClusterName> = Vec::new();
        for field in fields {
            let Some(cluster) = self.parsed(field, "", ClusterName::parse) else {
                continue;
            };
            if clusters.contains(&cluster) {
                self.error(
                    &field.span,
                    format!("the cluster `{cluster}` stands here twice"),
                    "",
                );
            } else {
                clusters.push(cluster);
            }
        }
        clusters
    }

    fn alarms(&mut self, fields: Vec<Field<file::Alarm>>) -> Vec<Alarm> {
        let mut alarms: Vec<Alarm> = Vec::new();
        let mut ids: BTreeMap<LogicalId, String> = BTreeMap::new();
        for field in fields {
            let Some(alarm) = field.value else { continue };
            self.require(
                &field.span,
                &[
                    ("name", alarm.name.missing),
                    ("metric", alarm.metric.missing),
                    ("when", alarm.when.missing),
                ],
            );
            let span = alarm.name.span.clone();
            let Some(alarm) = self.alarm(alarm) else {
                continue;
            };
            let id = LogicalId::from_path(&[alarm.name.as_str()]);
            match ids.get(&id) {
                Some(other) if other == alarm.name.as_str() => {
                    self.error(&span, format!("the alarm `{other}` stands here twice"), "");
                }
                Some(other) => self.error(
                    &span,
                    format!(
                        "`{}` and `{other}` differ in nothing but punctuation",
                        alarm.name
                    ),
                    "CloudFormation would take them for one resource: rename one of them",
                ),
                None => {
                    ids.insert(id, alarm.name.to_string());
                    alarms.push(alarm);
                }
            }
        }
        alarms
    }

    fn alarm(&mut self, alarm: file::Alarm) -> Option<Alarm> {
        let name = self.parsed(&alarm.name, "", AlarmName::parse);
        let metric = self.metric_name(&alarm.metric);
        let statistic = match &alarm.statistic {
            None => Some(Statistic::Average),
            Some(field) => self.parsed(
                field,
                "use Average, Sum, Minimum, Maximum, SampleCount, or a percentile such as p99",
                Statistic::parse,
            ),
        };
        let period = match &alarm.period {
            None => Some(Period::MINUTE),
            Some(field) => self.parsed(
                field,
                "use 10, 20 or 30 seconds, or whole minutes up to a day, such as `5 minutes`",
                Period::parse,
            ),
        };
        let condition = period.and_then(|period| {
            self.parsed(
                &alarm.when,
                "write it like `> 80`, `> 80 for 5 minutes` or `>= 1 for 3 of 5 minutes`",
                |text| Condition::parse(text, period),
            )
        });
        let dimensions = self.dimensions(entries(alarm.dimensions), &alarm.metric.span);
        let (namespace, metric) = metric?;
        Some(Alarm {
            name: name?,
            description: alarm.description.and_then(|it| self.description(it)),
            priority: alarm
                .priority
                .and_then(|it| it.value)
                .map_or(Priority::High, priority),
            metric: Metric {
                namespace,
                name: metric,
                dimensions,
                statistic: statistic?,
                period: period?,
            },
            condition: condition?,
            missing_data: alarm
                .missing_data
                .and_then(|it| it.value)
                .map_or(MissingData::Missing, missing_data),
        })
    }

    fn metric_name(&mut self, field: &Field<String>) -> Option<(String, String)> {
        let text = field.value.as_deref()?;
        if let Some((namespace, name)) = text.trim().rsplit_once(char::is_whitespace) {
            return Some((namespace.trim().to_owned(), name.to_owned()));
        }
        self.error(
            &field.span,
            format!("`{text}` is not a namespace and a metric"),
            "write both, with a space between: `AWS/EC2 CPUUtilization`",
        );
        None
    }

    fn dimensions(
        &mut self,
        fields: BTreeMap<String, Field<String>>,
        metric: &Range<usize>,
    ) -> BTreeMap<String, String> {
        if fields.len() > 30 {
            self.error(
                metric,
                format!("a metric has at most 30 dimensions, not {}", fields.len()),
                "",
            );
        }
        fields
            .into_iter()
            .filter_map(|(key, field)| Some((key, field.value?)))
            .collect()
    }

    fn description(&mut self, field: Field<String>) -> Option<String> {
        let text = field.value?;
        // CloudWatch takes 1,024; the rest is for the priority.
        if text.chars().count() > 1_000 {
            self.error(
                &field.span,
                "a description has at most 1,000 characters",
                "",
            );
        }
        Some(text)
    }

    fn alarm_shards(&mut self, field: &Field<u32>) -> u32 {
        match field.value {
            Some(shards @ 1..=100) => shards,
            Some(shards) => {
                self.error(
                    &field.span,
                    format!("`{shards}` shards: there can be 1 to 100"),
                    "",
                );
                1
            }
            None => 1,
        }
    }

    fn watched_alarms(&mut self, fields: &[Field<String>], stack: &StackName) -> Vec<AlarmPrefix> {
        let mut prefixes: Vec<AlarmPrefix> = Vec::new();
        for field in fields {
            let Some(prefix) = self.parsed(field, "", AlarmPrefix::parse) else {
                continue;
            };
            let own = format!("{stack}-");
            if prefix.as_str().starts_with(&own) {
                self.error(
                    &field.span,
                    format!("alarms that begin with `{own}` are this stack's own"),
                    "they have their own way to the agent: remove this entry",
                );
            } else if let Some(other) = prefixes
                .iter()
                .find(|other| prefix.as_str().starts_with(other.as_str()))
            {
                let message = format!("`{prefix}` is watched already, by `{other}`");
                self.error(&field.span, message, "");
            } else {
                prefixes.push(prefix);
            }
        }
        prefixes
    }

    fn cost_report(
        &mut self,
        span: &Range<usize>,
        report: &file::CostReport,
    ) -> Option<CostReport> {
        self.require(span, &[("at", report.at.missing)]);
        let at = self.parsed(&report.at, "write it like `\"07:30\"`", |text| {
            TimeOfDay::parse(text).ok_or_else(|| format!("`{text}` is not a time of day"))
        });
        let time_zone = match &report.time_zone {
            None => Some("UTC".to_owned()),
            Some(field) => self.parsed(field, "use a name such as `Europe/Berlin`", time_zone),
        };
        let lookback_days = match &report.lookback_days {
            Some(field) => match field.value {
                Some(days) if !(1..=63).contains(&days) => {
                    self.error(
                        &field.span,
                        format!("`{days}` days: CloudWatch keeps five-minute datapoints for 63"),
                        "use 1 to 63",
                    );
                    None
                }
                days => days,
            },
            None => Some(14),
        };
        let idle_below_percent = match &report.idle_below_percent {
            Some(field) => match field.value {
                Some(percent) if !(percent > 0.0 && percent <= 100.0) => {
                    self.error(
                        &field.span,
                        format!("`{percent}` is not a share of a CPU"),
                        "use a number over 0, and at most 100",
                    );
                    None
                }
                percent => percent,
            },
            None => Some(5.0),
        };
        Some(CostReport {
            at: at?,
            time_zone: time_zone?,
            lookback_days: lookback_days?,
            idle_below_percent: idle_below_percent?,
        })
    }

    fn ops_topic(
        &mut self,
        field: &Field<String>,
        regions: &[String],
    ) -> Option<Value<Arn<Topic>>> {
        let text = field.value.as_deref()?;
        if !text.starts_with("arn:") {
            let plain = text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b));
            if plain && !text.is_empty() && text.len() <= 256 {
                return Some(Value::topic_beside_stack(text));
            }
            self.error(
                &field.span,
                format!("`{text}` is not the name of an SNS topic"),
                "give the name or the ARN of a topic that exists",
            );
            return None;
        }
        let arn = self.parsed(field, "", Arn::parse)?;
        if let Some(region) = regions.iter().find(|region| *region != arn.region()) {
            self.error(
                &field.span,
                format!("alarms in {region} cannot tell a topic in {}", arn.region()),
                "give the topic's name, and have a topic of that name in every region",
            );
        }
        Some(arn.into())
    }

    fn webhook(&mut self, webhook: file::Webhook) -> WebhookPolicy {
        let mut hosts = Vec::new();
        for field in &items(webhook.hosts) {
            let Some(host) = &field.value else { continue };
            let valid = host.contains('.')
                && !host.starts_with(['.', '-'])
                && !host.ends_with(['.', '-'])
                && host
                    .bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b))
                && host.parse::<std::net::Ipv4Addr>().is_err();
            if valid {
                hosts.push(host.clone());
            } else {
                self.error(
                    &field.span,
                    format!("`{host}` is not the full name of a host"),
                    "write it in lower case, without scheme, port and path: `hooks.example.com`",
                );
            }
        }
        let loopback_http = webhook
            .loopback_http
            .as_ref()
            .and_then(|field| field.value)
            .unwrap_or_default();
        WebhookPolicy {
            hosts,
            loopback_http,
        }
    }

    fn log_retention(&mut self, field: &Field<i64>) -> i64 {
        let days = field.value.unwrap_or(LOG_RETENTION);
        if !LOG_RETENTIONS.contains(&days) {
            let nearest = LOG_RETENTIONS.iter().min_by_key(|it| (*it - days).abs());
            self.error(
                &field.span,
                format!("CloudWatch does not keep logs for `{days}` days"),
                &format!(
                    "the nearest that it does is {}",
                    nearest.unwrap_or(&LOG_RETENTION)
                ),
            );
        }
        days
    }

    /// The tags of every resource: those of the file, and one that names the stack.
    fn tags(&mut self, fields: &BTreeMap<String, Field<String>>, stack: &StackName) -> Vec<Tag> {
        let mut tags = vec![Tag {
            key: "tocsin".to_owned(),
            value: stack.to_string(),
        }];
        for (key, field) in fields {
            let Some(value) = &field.value else { continue };
            if key.to_ascii_lowercase().starts_with("aws:") {
                self.error(
                    &field.span,
                    format!("the tag `{key}` begins with `aws:`"),
                    "AWS keeps those to itself",
                );
            } else if key == "tocsin" {
                self.error(&field.span, "the tag `tocsin` is set by Tocsin itself", "");
            } else if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
                self.error(
                    &field.span,
                    format!("the tag `{key}` is too long"),
                    "a key has at most 128 characters, a value 256",
                );
            } else {
                tags.push(Tag {
                    key: key.clone(),
                    value: value.clone(),
                });
            }
        }
        if tags.len() > 50 {
            let span = fields
                .values()
                .next()
                .map_or(0..0, |field| field.span.clone());
            self.error(&span, "a resource has at most 50 tags", "");
        }
        tags.sort();
        tags
    }
}

fn time_zone(name: &str) -> Result<String, String> {
    match TimeZoneDatabase::bundled().get(name) {
        Ok(_) => Ok(name.to_owned()),
        Err(_) => Err(format!("there is no time zone `{name}`")),
    }
}

/// Whether a text is built like the name of a region.
fn is_region(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let Some((number, words)) = parts.split_last() else {
        return false;
    };
    words.len() >= 2
        && words
            .iter()
            .all(|it| !it.is_empty() && it.bytes().all(|b| b.is_ascii_lowercase()))
        && !number.is_empty()
        && number.bytes().all(|b| b.is_ascii_digit())
}

fn priority(priority: file::Priority) -> Priority {
    match priority {
        file::Priority::Critical => Priority::Critical,
        file::Priority::High => Priority::High,
        file::Priority::Medium => Priority::Medium,
        file::Priority::Low => Priority::Low,
        file::Priority::Minimal => Priority::Minimal,
    }
}

fn missing_data(missing: file::MissingData) -> MissingData {
    match missing {
        file::MissingData::Missing => MissingData::Missing,
        file::MissingData::NotBreaching => MissingData::NotBreaching,
        file::MissingData::Breaching => MissingData::Breaching,
        file::MissingData::Ignore => MissingData::Ignore,
    }
}
