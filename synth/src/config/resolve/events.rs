//! Other events that are incidents: pipelines, denied API calls, and what the file says.

use std::ops::Range;

use contract::{
    Paths, Title,
    mitigation::{READY, SOURCE},
    names,
};
use serde_json::json;
use stacks::{
    EventPattern, ToJson as _,
    event_pattern::Scope,
    monitor::{
        BILLING_REGION, CostAnomalies, EventName, EventSource, PipelineSelector, PrincipalSelector,
        StackName, UnauthorizedApiCalls,
    },
};

use super::{Resolver, clusters::priority_of, items};
use crate::config::{
    field::Field,
    file,
    named::{Named, NamedKind},
    spans::Declaration,
    tree::Tree,
};

/// Sources whose events only [`BILLING_REGION`] has.
const BILLING_SOURCES: [&str; 2] = ["aws.ce", "aws.trustedadvisor"];

impl Resolver<'_> {
    pub(super) fn pipelines(&mut self, fields: &[Field<String>]) -> Vec<PipelineSelector> {
        let mut selectors: Vec<PipelineSelector> = Vec::new();
        let mut places: Vec<&Range<usize>> = Vec::new();
        for field in fields {
            let Some(selector) = self.parsed(field, "", PipelineSelector::parse) else {
                continue;
            };
            let text = field.value.as_deref().unwrap_or_default();
            let same = selectors.iter().position(|it| *it == selector);
            if let Some(first) = same.and_then(|it| places.get(it)) {
                self.duplicate("pipeline", text, &field.span, first);
            } else {
                let named = Named::new(NamedKind::Pipelines, text, &field.span);
                self.named.push(named);
                places.push(&field.span);
                selectors.push(selector);
            }
        }
        selectors
    }

    pub(super) fn unauthorized_api_calls(
        &mut self,
        calls: file::UnauthorizedApiCalls,
        key: &Range<usize>,
    ) -> UnauthorizedApiCalls {
        self.named.push(Named::new(NamedKind::Trail, "*", key));
        let hint = "such as `arn:aws:iam::111122223333:role/scanner`, and `*` at the end makes it a prefix";
        let mut principals: Vec<PrincipalSelector> = items(calls.ignore_principals)
            .iter()
            .filter_map(|field| self.parsed(field, hint, PrincipalSelector::parse))
            .collect();
        principals.sort();
        principals.dedup();
        UnauthorizedApiCalls {
            priority: priority_of(calls.priority.as_ref()),
            ignored_principals: principals,
        }
    }

    pub(super) fn events(
        &mut self,
        fields: Vec<Field<file::Event>>,
        stack: &StackName,
        regions: &[String],
    ) -> Vec<EventSource> {
        let mut events: Vec<EventSource> = Vec::new();
        for field in fields {
            let Some(event) = field.value else { continue };
            self.require(
                &field.span,
                &[
                    ("name", event.name.missing),
                    ("title", event.title.missing),
                    ("pattern", event.pattern.missing),
                ],
            );
            let span = event.name.span.clone();
            let pattern_span = event.pattern.span.clone();
            let Some(event) = self.event(event, stack) else {
                continue;
            };
            let name = event.name.as_str();
            let declaration = Declaration::Event(name.to_owned());
            if let Some(first) = self.spans.get(&declaration).cloned() {
                self.duplicate("event", name, &span, &first);
            } else {
                self.spans.insert(declaration, &span);
                let pattern = Declaration::EventPattern(name.to_owned());
                self.spans.insert(pattern, &pattern_span);
                self.is_seen_somewhere(&event, &pattern_span, regions);
                events.push(event);
            }
        }
        events
    }

    pub(super) fn cost_anomalies(
        &mut self,
        span: &Range<usize>,
        anomalies: &file::CostAnomalies,
        regions: &[String],
    ) -> Option<CostAnomalies> {
        if !regions.iter().any(|it| it == BILLING_REGION) {
            self.error(
                span,
                format!("only `{BILLING_REGION}` has the events of Cost Anomaly Detection"),
                &format!("add `{BILLING_REGION}` to `regions`"),
            );
        }
        let from = self.checked(anomalies.from.as_ref(), 100.0, |amount| {
            (!(0.0..=1e9).contains(&amount)).then(|| {
                let message = format!("`{amount}` is not what an anomaly can cost");
                (message, "use 0 or more, such as 100")
            })
        });
        Some(CostAnomalies { from: from? })
    }

    /// Warns of rules whose events no region of the account file has. Another region's bus can send them here,
    /// so it is no error.
    fn is_seen_somewhere(&mut self, event: &EventSource, span: &Range<usize>, regions: &[String]) {
        if regions.is_empty() || regions.iter().any(|it| it == BILLING_REGION) {
            return;
        }
        let pattern = event.pattern.to_json();
        let sources = pattern["source"].as_array().into_iter().flatten();
        for source in sources.filter_map(|it| it.as_str()) {
            if BILLING_SOURCES.contains(&source) {
                self.warn(
                    span,
                    format!("only `{BILLING_REGION}` has events of `{source}`"),
                    &format!("add `{BILLING_REGION}` to `regions`"),
                );
            }
        }
    }

    fn event(&mut self, event: file::Event, stack: &StackName) -> Option<EventSource> {
        let name = self.parsed(&event.name, "", EventName::parse);
        let title = self.event_title(&event.title);
        let pattern = self.pattern(&event.pattern, stack);
        let group_by = self.places_of_event(&items(event.group_by));
        Some(EventSource {
            name: name?,
            title: title?,
            pattern: pattern?,
            priority: priority_of(event.priority.as_ref()),
            group_by,
        })
    }

    fn event_title(&mut self, field: &Field<String>) -> Option<Title> {
        let text = field.value.as_deref()?;
        if text.trim().is_empty() || text.chars().count() > 400 {
            self.error(&field.span, "a title has 1 to 400 characters", "");
            return None;
        }
        let title = self.parsed(
            field,
            "places of the event stand in braces: `Job {detail.jobName} failed`",
            Title::parse,
        )?;
        for paths in title.places() {
            self.is_of_an_event(paths, &field.span);
        }
        Some(title)
    }

    /// Notes paths that lead nowhere, because no event has what they begin with.
    fn is_of_an_event(&mut self, paths: &Paths, span: &Range<usize>) {
        for path in paths.iter().filter(|it| !Paths::begins_like_an_event(it)) {
            let known = Paths::BEGINNINGS.join(", ");
            self.error(
                span,
                format!("no event has `{path}`"),
                &format!("did you mean `detail.{path}`? (an event has {known})"),
            );
        }
    }

    fn places_of_event(&mut self, fields: &[Field<String>]) -> Vec<Paths> {
        let hint = "such as `detail.jobName`, or `detail.a|detail.b` for the first that is there";
        let mut places = Vec::new();
        for field in fields {
            if let Some(paths) = self.parsed(field, hint, str::parse::<Paths>) {
                self.is_of_an_event(&paths, &field.span);
                places.push(paths);
            }
        }
        places
    }

    fn pattern(&mut self, field: &Field<Tree>, stack: &StackName) -> Option<EventPattern> {
        let tree = field.value.as_ref()?;
        let pattern = match EventPattern::read(tree) {
            Ok((pattern, replaced)) => {
                for it in replaced {
                    self.warn(
                        tree.place(&it.place).unwrap_or(&field.span),
                        format!(
                            "`{}` has two lists of values here, of which EventBridge keeps the \
                             later one: this one",
                            it.field
                        ),
                        "write one list, in each alternative of `$or` that needs it",
                    );
                }
                pattern
            }
            Err(problems) => {
                for problem in problems {
                    let place = tree.place(&problem.path).unwrap_or(&field.span);
                    self.error(place, problem.message, "");
                }
                return None;
            }
        };
        let scope = Scope {
            partition: "aws",
            region: "eu-central-1",
            account: "111122223333",
            stack: stack.as_str(),
        };
        self.leads_nowhere_back(&pattern, &scope, &field.span);
        Some(pattern)
    }

    /// Refuses patterns that would start a loop, by alarms on the pipeline itself, or that the function ignores to
    /// prevent one.
    fn leads_nowhere_back(
        &mut self,
        pattern: &EventPattern,
        scope: &Scope<'_>,
        span: &Range<usize>,
    ) {
        let sources = &pattern.resolved(scope)["source"];
        if sources
            .as_array()
            .is_some_and(|it| it.contains(&json!("aws.aidevops")))
        {
            self.error(
                span,
                "events of the agent never become incidents",
                "each investigation would start the next: remove the source `aws.aidevops`",
            );
        }
        let plan = json!({
            "version": "0",
            "id": "0",
            "detail-type": READY,
            "source": SOURCE,
            "account": scope.account,
            "time": "2026-01-01T00:00:00Z",
            "region": scope.region,
            "resources": [],
            "detail": { "version": "1", "plan": "1. Roll back" },
        });
        let names_it = sources
            .as_array()
            .is_some_and(|it| it.contains(&json!(SOURCE)));
        if names_it || pattern.matches(&plan, scope) {
            self.error(
                span,
                "events of Tocsin itself never become incidents",
                "each plan would start the next investigation: remove the source `tocsin`",
            );
        }
        let name = names::pipeline_alarm(scope.stack, "deliver-errors");
        let own_alarm = json!({
            "version": "0",
            "id": "0",
            "detail-type": "CloudWatch Alarm State Change",
            "source": "aws.cloudwatch",
            "account": scope.account,
            "time": "2026-01-01T00:00:00Z",
            "region": scope.region,
            "resources": [format!(
                "arn:aws:cloudwatch:{}:{}:alarm:{name}", scope.region, scope.account
            )],
            "detail": { "alarmName": name, "state": { "value": "ALARM" } },
        });
        if pattern.matches(&own_alarm, scope) {
            self.error(
                span,
                "the pattern catches the alarms on the pipeline itself",
                &format!(
                    "what goes wrong with delivery would be delivered: leave out alarms that begin \
                     with `{}-`, or use `watched-alarms`, which does",
                    scope.stack
                ),
            );
        }
    }
}
