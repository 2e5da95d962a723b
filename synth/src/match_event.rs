//! An event matched against an account file: which rules would catch it, and what would be sent.

use contract::{AlarmSettings, FunctionName};
use runtime::{decision::Decision, functions::evaluation, read::UnreadableEvent};
use serde_json::Value as Json;
use stacks::{
    Monitor,
    event_pattern::{Mismatch, Scope},
    rules::{EventRule, rules},
};

/// What becomes of an event.
#[derive(Debug)]
pub struct MatchResult {
    /// Where the event is from, if the account file does not deploy there.
    pub foreign: Option<Foreign>,
    /// Every way that it could have taken, those that it takes first.
    pub ways: Vec<Way>,
}

/// An event from an account or a region that the account file does not deploy to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    /// The account, if it is another than the account file's.
    pub account: Option<String>,
    /// The region, if it is none of the account file's.
    pub region: Option<String>,
    /// Whether an alarm's action would hand the event on, or EventBridge.
    pub is_alarm_action: bool,
}

impl Foreign {
    /// Compares where an event is from with where it would be received: in `account`, in `regions`.
    /// What the account file or the event does not say is no difference.
    pub fn of(event: &Json, account: Option<&str>, regions: &[String]) -> Option<Self> {
        let is_alarm_action = is_alarm_action(event);
        let text = |key: &str| event[key].as_str().map(str::to_owned);
        let from = text(if is_alarm_action {
            "accountId"
        } else {
            "account"
        });
        let foreign = Self {
            account: from.filter(|from| account.is_some_and(|account| account != from)),
            region: text("region").filter(|from| !regions.is_empty() && !regions.contains(from)),
            is_alarm_action,
        };
        (foreign.account.is_some() || foreign.region.is_some()).then_some(foreign)
    }

    /// What that means for the event.
    ///
    /// Sources: "Sending and receiving events between AWS accounts in Amazon EventBridge" and "..
    /// between AWS Regions .." in the EventBridge user guide; "Using Lambda functions as alarm actions"
    /// in the CloudWatch user guide. The functions' permission is limited to alarms of their account.
    pub fn meaning(&self) -> &'static str {
        match (self.is_alarm_action, &self.account) {
            (true, Some(_)) => "alarms of other accounts may not invoke the function",
            (true, None) => "alarms invoke functions of their own region only",
            (false, _) => {
                "no rule sees it, unless a rule where it is from sends it to this account's default \
                 event bus"
            }
        }
    }
}

fn is_alarm_action(event: &Json) -> bool {
    event.get("alarmData").is_some()
}

/// A way from an event to a function.
#[derive(Debug)]
pub struct Way {
    /// The rule's name, or what else hands the event on.
    pub by: String,
    /// The function.
    pub function: FunctionName,
    /// What the function makes of it, or why it does not come so far.
    pub outcome: Outcome,
}

/// What becomes of an event on one way.
#[derive(Debug)]
pub enum Outcome {
    /// The rule does not catch it.
    NotCaught(Vec<Mismatch>),
    /// The function decides so.
    Decided(Decision),
    /// The function cannot evaluate it: it becomes a dead letter.
    Unreadable(UnreadableEvent),
}

/// The rules of an account file in one place, worked out once for any number of events.
#[derive(Debug)]
pub struct Matcher<'a> {
    monitor: &'a Monitor,
    scope: &'a Scope<'a>,
    rules: Vec<EventRule>,
    alarms: AlarmSettings,
}

impl<'a> Matcher<'a> {
    /// The rules as they are there.
    pub fn new(monitor: &'a Monitor, scope: &'a Scope<'a>) -> Self {
        Self {
            monitor,
            scope,
            rules: rules(monitor),
            alarms: monitor.alarm_settings().in_region(scope.region),
        }
    }

    /// What the functions make of an event whose rules catch it.
    pub fn caught(&self, event: &Json) -> impl Iterator<Item = (FunctionName, Outcome)> {
        let catching = self.rules.iter();
        let catching = catching.filter(|it| it.pattern.matches(event, self.scope));
        catching.filter_map(|it| Some((it.purpose.function(), self.evaluated(it, event)?)))
    }

    /// What a rule's function makes of an event that the rule catches; nothing if it evaluates no events.
    fn evaluated(&self, rule: &EventRule, event: &Json) -> Option<Outcome> {
        let function = rule.purpose.function();
        match &rule.input {
            Some(input) => evaluate(function, &input.filled(event), &self.alarms),
            None => evaluate(function, event, &self.alarms),
        }
    }

    /// Every way that an event could take, those that it takes first.
    fn ways(&self, event: &Json) -> Vec<Way> {
        let ways = self.rules.iter().filter_map(|rule| {
            let outcome = if rule.pattern.matches(event, self.scope) {
                self.evaluated(rule, event)?
            } else {
                Outcome::NotCaught(rule.pattern.mismatches(event, self.scope))
            };
            Some(Way {
                by: rule.name(self.monitor),
                function: rule.purpose.function(),
                outcome,
            })
        });
        let mut ways: Vec<Way> = ways.collect();
        ways.sort_by_key(|way| match &way.outcome {
            Outcome::NotCaught(mismatches) => 1 + mismatches.len(),
            Outcome::Decided(_) | Outcome::Unreadable(_) => 0,
        });
        ways
    }
}

/// Matches an event against an account file, as EventBridge hands it to rules or as an alarm hands it to its action.
pub fn match_event(
    monitor: &Monitor,
    scope: &Scope<'_>,
    event: &Json,
    foreign: Option<Foreign>,
) -> MatchResult {
    let matcher = Matcher::new(monitor, scope);
    if !is_alarm_action(event) {
        let ways = matcher.ways(event);
        return MatchResult { foreign, ways };
    }
    let function = FunctionName::Alarm;
    let outcome = evaluate(function, event, &matcher.alarms);
    let way = outcome.map(|outcome| Way {
        by: "the action of an alarm".to_owned(),
        function,
        outcome,
    });
    MatchResult {
        foreign,
        ways: way.into_iter().collect(),
    }
}

/// What a function makes of an input; nothing if it evaluates no events.
fn evaluate(function: FunctionName, input: &Json, alarms: &AlarmSettings) -> Option<Outcome> {
    Some(match evaluation(function)?(input, alarms) {
        Ok(decision) => Outcome::Decided(decision),
        Err(error) => Outcome::Unreadable(error),
    })
}
