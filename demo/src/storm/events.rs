//! What happens in a storm: alarms of load balancers go off, and tasks of services stop.

use aws_sdk_cloudwatch::types::{Dimension, MetricAlarm, StateValue, Statistic};
use contract::{AlarmSettings, Envelope, FunctionName};
use jiff::{SignedDuration, Timestamp};
use runtime::{
    alarm,
    decision::{Decision, Finding},
    ecs,
};
use stacks::Json;

use crate::{
    Error,
    deployed::Deployed,
    events::{NO_IMAGE, OUT_OF_MEMORY, Stage, UNHEALTHY},
};

/// What breaks: of each a load balancer and a service. The alarms of the last are `CRITICAL`, so that
/// others have spent the budget before.
const BROKEN: [&str; 10] = [
    "checkout", "cart", "search", "login", "catalog", "stock", "shipping", "reviews", "mail",
    "payment",
];
/// How many groups that makes.
pub(super) const GROUPS: usize = 2 * BROKEN.len();
/// What goes off at a load balancer, above which value.
const METRICS: [(&str, &str, f64); 5] = [
    ("5xx", "HTTPCode_Target_5XX_Count", 25.0),
    ("latency", "TargetResponseTime", 1.5),
    ("unhealthy", "UnHealthyHostCount", 0.0),
    ("connections", "TargetConnectionErrorCount", 10.0),
    ("rejected", "RejectedConnectionCount", 0.0),
];
/// How tasks end.
const ENDS: [&str; 3] = [OUT_OF_MEMORY, UNHEALTHY, NO_IMAGE];
/// How long it takes until everything has happened, in milliseconds.
const LENGTH: i64 = 60_000;

/// Something that happens.
pub(super) struct Event {
    pub(super) function: FunctionName,
    pub(super) payload: Json,
    /// What the function that is handed the payload queues.
    pub(super) envelope: Envelope,
}

/// So many events of the minute before `now`, in their order.
pub(super) fn events(
    deployed: &Deployed<'_>,
    count: usize,
    now: Timestamp,
) -> Result<Vec<Event>, Error> {
    let between = LENGTH / i64::try_from(count).unwrap_or(LENGTH).max(1);
    (0_i64..)
        .zip(0..count)
        .map(|(elapsed, number)| {
            let ago = SignedDuration::from_millis(LENGTH - elapsed * between);
            let stage = deployed.stage(now.checked_sub(ago).unwrap_or(now));
            let name = BROKEN[number / 2 % BROKEN.len()];
            let round = number / GROUPS;
            if number.is_multiple_of(2) {
                Event::new(
                    FunctionName::Alarm,
                    alarm_of(&stage, deployed.core, name, round),
                )
            } else {
                Event::new(FunctionName::Ecs, task_of(&stage, name, round))
            }
        })
        .collect()
}

impl Event {
    fn new(function: FunctionName, payload: Json) -> Result<Self, Error> {
        let decision = match function {
            FunctionName::Alarm => alarm::decide(&payload, &AlarmSettings::default()),
            _ => ecs::decide(&payload),
        };
        let Ok(Decision::Investigate(finding)) = decision else {
            return Err(Error::NoIncident);
        };
        let Finding { incident, group } = *finding;
        Ok(Self {
            function,
            payload,
            envelope: Envelope::of_group(function, incident, group),
        })
    }
}

/// An alarm of the stack, on a load balancer.
fn alarm_of(stage: &Stage<'_>, core: &str, name: &str, round: usize) -> Json {
    let (what, metric, threshold) = METRICS[round % METRICS.len()];
    let urgent = if BROKEN.last() == Some(&name) {
        "[CRITICAL] "
    } else {
        ""
    };
    let alarm_name = contract::names::alarm(core, &format!("{name}-{what}"));
    let alarm = MetricAlarm::builder()
        .alarm_arn(format!(
            "arn:aws:cloudwatch:{}:{}:alarm:{alarm_name}",
            stage.region, stage.account
        ))
        .alarm_name(alarm_name)
        .alarm_description(format!("{urgent}Customers of {name} notice."))
        .state_value(StateValue::Alarm)
        .state_reason(format!(
            "Threshold Crossed: 3 out of the last 5 datapoints were greater than the threshold ({threshold:?})"
        ))
        .namespace("AWS/ApplicationELB")
        .metric_name(metric)
        .dimensions(
            Dimension::builder()
                .name("LoadBalancer")
                .value(format!("app/{name}/50dc6c495c0c9188"))
                .build(),
        )
        .period(60)
        .statistic(Statistic::Sum)
        .build();
    stage.alarm_action(&alarm)
}

/// A task of a service that stopped.
fn task_of(stage: &Stage<'_>, name: &str, round: usize) -> Json {
    let task = format!("{:032x}", stage.now.as_millisecond());
    stage.task(ENDS[round % ENDS.len()], &format!("{name}-api"), &task)
}
