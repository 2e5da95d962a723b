//! What happens in a demo that is no storm, step by step.

use std::time::Duration;

use aws_sdk_cloudwatch::types::StateValue;
use aws_sdk_eventbridge::types::PutEventsRequestEntry;
use contract::{FunctionName, Output};
use jiff::Timestamp;
use serde_json::json;
use stacks::{Json, monitor::Test};

use synth::{
    aws::{AwsError, Region},
    commands::account_file::LoadedFile,
    config::Account,
    terminal::Terminal,
};

use crate::{
    Error,
    deployed::{Deployed, deploy},
    events::Stage,
    local_aws::LocalAws,
    receiver::Receiver,
};

/// How long an incident may take from its event to the receiver.
const PATIENCE: Duration = Duration::from_secs(30);

/// Deploys the account, plays what goes wrong, and waits for the incidents.
pub(crate) async fn play<'a>(
    file: &'a LoadedFile,
    local: &LocalAws,
    receiver: &mut Receiver,
    secret: &str,
    terminal: Terminal,
) -> Result<Deployed<'a>, Error> {
    let started = std::time::Instant::now();
    terminal.say("\n2. deploying the account file");
    let deployed = deploy(file, local, receiver, secret, terminal).await?;
    let stage = deployed.stage(Timestamp::now());
    let mut verified = 0;
    for act in ACTS {
        match act {
            Act::Alarm => {
                terminal.say("\n4. an alarm goes off");
                alarm(&deployed, &file.account, &stage, terminal).await?;
            }
            Act::Task => {
                terminal.say("\n5. a task in ECS runs out of memory");
                task(&deployed, &stage, terminal).await?;
            }
            Act::Order => {
                terminal.say("\n6. an application says that an order failed");
                order(&deployed.region, terminal).await?;
            }
            Act::Cost => {
                terminal.say("\n7. the daily cost report is due");
                cost(&deployed, local, &stage, terminal).await?;
            }
        }
        // One that is refused shows what the others would come to.
        if !arrive(receiver, terminal).await {
            break;
        }
        verified += 1;
    }
    let seconds = started.elapsed().as_secs();
    terminal.data(&format!(
        "\n{verified} of {} incidents arrived and verified, in {seconds} s",
        ACTS.len()
    ));
    if verified == ACTS.len() {
        Ok(deployed)
    } else {
        Err(Error::Incidents {
            verified,
            expected: ACTS.len(),
        })
    }
}

#[derive(Clone, Copy)]
enum Act {
    Alarm,
    Task,
    Order,
    Cost,
}

const ACTS: [Act; 4] = [Act::Alarm, Act::Task, Act::Order, Act::Cost];

/// Puts the deployed alarm into the state ALARM, and invokes its action as CloudWatch would: the
/// local AWS does not run alarm actions on functions.
async fn alarm(
    deployed: &Deployed<'_>,
    account: &Account,
    stage: &Stage<'_>,
    terminal: Terminal,
) -> Result<(), Error> {
    let wanted = account
        .monitor
        .alarms
        .first()
        .ok_or_else(|| Error::Absent("an alarm in the account file".to_owned()))?;
    let name = format!("{}-{}", deployed.core, wanted.name);
    let Test::Threshold(_, threshold) = wanted.condition.test else {
        return Err(Error::Absent("a threshold of the first alarm".to_owned()));
    };
    let data = json!({
        "version": "1.0",
        "statistic": "Sum",
        "period": wanted.period.seconds(),
        "recentDatapoints": [threshold + 6.0, threshold + 16.0, threshold + 12.0],
        "threshold": threshold,
    });
    let reason = format!(
        "Threshold Crossed: 3 out of the last 5 datapoints were greater than the threshold ({threshold:?})"
    );
    let cloudwatch = deployed.region.aws.cloudwatch();
    cloudwatch
        .set_alarm_state()
        .alarm_name(&name)
        .state_value(StateValue::Alarm)
        .state_reason(reason)
        .state_reason_data(data.to_string())
        .send()
        .await
        .map_err(|it| AwsError::call("CloudWatch SetAlarmState", it))?;
    let alarm = cloudwatch
        .describe_alarms()
        .alarm_names(&name)
        .send()
        .await
        .map_err(|it| AwsError::call("CloudWatch DescribeAlarms", it))?
        .metric_alarms
        .unwrap_or_default()
        .into_iter()
        .next()
        .ok_or_else(|| Error::Absent(format!("the alarm `{name}`")))?;
    let action = alarm.alarm_actions().first().cloned().unwrap_or_default();
    terminal.say(&format!("   {name} is in ALARM; its action is {action}"));
    deployed.invoke(&action, &stage.alarm_action(&alarm)).await
}

/// Tries two events against the deployed rule, and hands the one that it matches to the function as
/// EventBridge would: nobody but AWS may put events of `aws.ecs` on the bus.
async fn task(deployed: &Deployed<'_>, stage: &Stage<'_>, terminal: Terminal) -> Result<(), Error> {
    let rule = format!("{}-ecs-tasks", deployed.core);
    let eventbridge = aws_sdk_eventbridge::Client::new(deployed.region.aws.config());
    let pattern = eventbridge
        .describe_rule()
        .name(&rule)
        .send()
        .await
        .map_err(|it| AwsError::call("EventBridge DescribeRule", it))?
        .event_pattern
        .unwrap_or_default();
    for (event, wanted) in [(stage.out_of_memory(), true), (stage.scaled_in(), false)] {
        let matched = eventbridge
            .test_event_pattern()
            .event_pattern(&pattern)
            .event(event.to_string())
            .send()
            .await
            .map_err(|it| AwsError::call("EventBridge TestEventPattern", it))?
            .result;
        if matched != wanted {
            let problem = if wanted {
                "does not match a failure"
            } else {
                "matches a scale-in"
            };
            return Err(Error::Rule { rule, problem });
        }
    }
    terminal.say(&format!(
        "   the rule {rule} matches it, and not a scale-in with the same exit code"
    ));
    let function = deployed.output(Output::Function(FunctionName::Ecs)).await?;
    deployed.invoke(&function, &stage.out_of_memory()).await
}

/// Puts an event on the bus as an application would. From there on everything is deployed: the rule
/// that catches it, what it hands to the function, the function.
async fn order(region: &Region, terminal: Terminal) -> Result<(), Error> {
    const OPERATION: &str = "EventBridge PutEvents";
    let entry = PutEventsRequestEntry::builder()
        .source("shop.orders")
        .detail_type("Order Failed")
        .detail(json!({ "order": "A-4711", "reason": "the card was declined" }).to_string())
        .build();
    let answer = aws_sdk_eventbridge::Client::new(region.aws.config())
        .put_events()
        .entries(entry)
        .send()
        .await
        .map_err(|it| AwsError::call(OPERATION, it))?;
    if answer.failed_entry_count > 0 {
        let reason = "the event was refused".to_owned();
        return Err(AwsError::NoAnswer {
            operation: OPERATION,
            reason,
        }
        .into());
    }
    terminal.say("   put on the bus; the rule hands the function its title");
    Ok(())
}

/// Invokes the cost function with what its schedule would hand it.
async fn cost(
    deployed: &Deployed<'_>,
    local: &LocalAws,
    stage: &Stage<'_>,
    terminal: Terminal,
) -> Result<(), Error> {
    let instances = local.make_instances().await.map_err(Error::from)?;
    terminal.say(&format!(
        "   five instances: {} idle and {} too large, as AWS says; {} idle by its metrics, {} busy, {} without \
         datapoints",
        show(&instances["idle"]),
        show(&instances["large"]),
        show(&instances["forgotten"]),
        show(&instances["busy"]),
        show(&instances["silent"])
    ));
    let scheduler = aws_sdk_scheduler::Client::new(deployed.region.aws.config());
    let listed = scheduler
        .list_schedules()
        .send()
        .await
        .map_err(|it| AwsError::call("Scheduler ListSchedules", it))?;
    let (name, group) = listed
        .schedules
        .into_iter()
        .filter_map(|it| Some((it.name?, it.group_name)))
        .find(|(name, _)| name.starts_with(&format!("{}-CostSchedule", deployed.core)))
        .ok_or_else(|| Error::Absent("the schedule".to_owned()))?;
    let schedule = scheduler
        .get_schedule()
        .name(&name)
        .set_group_name(group)
        .send()
        .await
        .map_err(|it| AwsError::call("Scheduler GetSchedule", it))?;
    let expression = schedule.schedule_expression.unwrap_or_default();
    let input = schedule.target.and_then(|it| it.input).unwrap_or_default();
    terminal.say(&format!("   the schedule {name}: {expression}"));
    // The scheduler fills in the time when it is due.
    let now = stage.now.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let input = input.replace("<aws.scheduler.scheduled-time>", &now);
    let event: Json = serde_json::from_str(&input)
        .map_err(|_| Error::Absent("JSON as the schedule's input".to_owned()))?;
    let function = deployed
        .output(Output::Function(FunctionName::Cost))
        .await?;
    deployed.invoke(&function, &event).await
}

fn show(json: &Json) -> &str {
    json.as_str().unwrap_or_default()
}

/// Waits for the next incident and shows it. Whether it came and was taken.
async fn arrive(receiver: &mut Receiver, terminal: Terminal) -> bool {
    let Ok(Some(arrival)) = tokio::time::timeout(PATIENCE, receiver.next()).await else {
        terminal.data(&format!(
            "   no incident within {} seconds",
            PATIENCE.as_secs()
        ));
        return false;
    };
    let text = |key: &str| {
        arrival.incident[key]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    };
    terminal.data(&format!(
        "   received: {} {}",
        text("priority"),
        text("title")
    ));
    for line in text("description").lines() {
        terminal.data(&format!("     | {line}"));
    }
    match arrival.refused {
        None => terminal.data("   the signature verifies"),
        Some(why) => terminal.data(&format!("   refused: {why}")),
    }
    arrival.refused.is_none()
}
