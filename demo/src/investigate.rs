//! The agent's part of a demo: it investigates what it was sent, the deployed function is handed its events, and what
//! that made of them is shown.

use std::{sync::Arc, time::Duration};

use aws_sdk_eventbridge::types::Target;
use contract::{
    FunctionName, Output,
    mitigation::{READY, SOURCE},
};
use jiff::{SignedDuration, Timestamp};
use runtime::ledger::{Investigation, MitigationStage};
use serde_json::json;
use stacks::{Json, monitor::OpsTopic};
use synth::{
    aws::AwsError,
    commands::results,
    config::Account,
    ledger::{Contents, Table},
    terminal::Terminal,
};

use crate::{
    Error,
    agent::{Agent, Finding, Script, Space},
    deployed::Deployed,
    local_aws::LocalAws,
    receiver::Investigates,
};

/// How many seconds pass for the agent in one of this machine.
const FASTER: i32 = 60;
/// How often the agent is looked at.
const TICK: Duration = Duration::from_millis(200);
/// How long investigations, and what the function makes of them, may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// The agent space of the account file, whose clock runs fast.
pub(crate) fn agent(account: &Account, region: &str) -> Investigates {
    let agent = account.monitor.agent.as_ref();
    let own = Space::of(account.account_id.as_deref().unwrap_or_default(), region);
    let id = agent.map_or(own.id, |it| it.space.as_str().to_owned());
    let minutes = SignedDuration::from_mins;
    let script = Script::default()
        .taking("", minutes(8))
        .taking(" in ALARM", SignedDuration::from_secs(192))
        .finding("The order", Finding::NoAccess)
        .taking("The order", minutes(3))
        .finding("cost report", Finding::Cause);
    let begin = Timestamp::now();
    let clock = move || {
        let passed = Timestamp::now().duration_since(begin);
        begin + passed * FASTER
    };
    Investigates::by(Arc::new(clock), Agent::new(Space { id, ..own }, script))
}

/// The URL of a queue that gets what is published on results; nothing where nothing is.
pub(crate) async fn subscribe(
    account: &Account,
    local: &LocalAws,
) -> Result<Option<String>, Error> {
    let agent = account.monitor.agent.as_ref();
    match agent.and_then(|it| it.results.as_ref()).map(|it| &it.topic) {
        Some(OpsTopic::ByName(name)) => Ok(Some(local.make_topic(&name.to_string()).await?)),
        Some(OpsTopic::ByArn(_)) | None => Ok(None),
    }
}

/// Waits for the ends of all investigations, and shows what became of the reports.
pub(crate) async fn play(
    account: &Account,
    deployed: &Deployed<'_>,
    agent: &Investigates,
    queue: Option<&str>,
    terminal: Terminal,
) -> Result<(), Error> {
    if account.monitor.agent.is_none() {
        return Ok(());
    }
    terminal.say(&format!(
        "\n8. the agent investigates: {FASTER} of its seconds are one here"
    ));
    let table = deployed.output(Output::LedgerTable).await?;
    let function = Output::Function(FunctionName::Result);
    let function = deployed.output(function).await?;
    let rule = AgentRule::read(deployed).await?;
    let mut ledger = Table::new(&deployed.region.aws, table);
    let mitigation = account.monitor.agent.as_ref().map(|it| it.mitigation);
    let plans = match mitigation.flatten() {
        Some(_) => Some(plans(deployed).await?),
        None => None,
    };
    let started = std::time::Instant::now();
    let (mut known, mut expected) = (0, 0);
    while started.elapsed() < PATIENCE {
        for event in agent.with(Agent::events) {
            terminal.say(&format!(
                "   {}",
                event["detail-type"].as_str().unwrap_or_default()
            ));
            hand_over(deployed, &function, &rule, &event).await?;
        }
        let is_idle = agent.with(|it, _| it.is_idle());
        if is_idle {
            expected = agent.with(|it, _| it.counts().values().sum());
            let contents = Contents::read(ledger.items().await?, Timestamp::now());
            let ended = contents.investigations().filter(|it| it.status.is_end());
            known = ended.count();
            let is_planned = |it: &Investigation| {
                let mitigation = it.mitigation.as_ref();
                mitigation.is_some_and(|it| it.stage == MitigationStage::Done)
            };
            if known == expected && (plans.is_none() || contents.investigations().any(is_planned)) {
                break;
            }
        }
        tokio::time::sleep(TICK).await;
    }
    if known < expected || expected == 0 {
        return Err(Error::Investigations { known, expected });
    }
    terminal.data("\n$ synth results --account local");
    let since = Timestamp::now() - SignedDuration::from_hours(1);
    for line in results::shown(&deployed.region, account, since, terminal.width()).await? {
        terminal.data(&line);
    }
    if let Some(queue) = queue {
        terminal.data("\na message on the topic of `results`, for mail and chat");
        show_message(deployed, queue, terminal).await?;
    }
    if let Some(queue) = plans {
        terminal.data("\nan event on the default bus: the plan, which nothing carries out");
        show_message(deployed, &queue, terminal).await?;
    }
    Ok(())
}

/// The URL of a queue that gets the plans that are handed on, by a rule such as anybody can add.
async fn plans(deployed: &Deployed<'_>) -> Result<String, Error> {
    const NAME: &str = "mitigation-plans";
    let config = deployed.region.aws.config();
    let (sqs, eventbridge) = (
        deployed.region.aws.sqs(),
        aws_sdk_eventbridge::Client::new(config),
    );
    let made = sqs.create_queue().queue_name(NAME).send().await;
    let made = made.map_err(|it| AwsError::call("SQS CreateQueue", it))?;
    let url = made.queue_url.unwrap_or_default();
    let pattern = json!({ "source": [SOURCE], "detail-type": [READY] });
    let rule = eventbridge.put_rule().name(NAME);
    let rule = rule.event_pattern(pattern.to_string()).send().await;
    rule.map_err(|it| AwsError::call("EventBridge PutRule", it))?;
    let (region, account) = (deployed.region.name(), &deployed.region.account);
    let target = Target::builder()
        .id("Queue")
        .arn(format!("arn:aws:sqs:{region}:{account}:{NAME}"))
        .build();
    let target = target.map_err(|_| Error::Absent("the target of a rule".to_owned()))?;
    let targets = eventbridge.put_targets().rule(NAME).targets(target);
    let targets = targets.send().await;
    targets.map_err(|it| AwsError::call("EventBridge PutTargets", it))?;
    Ok(url)
}

/// Shows the first message of a queue.
async fn show_message(
    deployed: &Deployed<'_>,
    queue: &str,
    terminal: Terminal,
) -> Result<(), Error> {
    let sqs = deployed.region.aws.sqs();
    let received = sqs.receive_message().queue_url(queue).wait_time_seconds(10);
    let received = received.send().await;
    let received = received.map_err(|it| AwsError::call("SQS ReceiveMessage", it))?;
    let message = received.messages.unwrap_or_default().into_iter().next();
    let message = message.and_then(|it| it.body);
    let message = message.ok_or_else(|| Error::Absent(format!("a message in {queue}")))?;
    // A notice is plain text, and an event one long line.
    let event = serde_json::from_str::<Json>(&message).ok();
    let message = event.map_or(message, |it| format!("{it:#}"));
    for line in message.lines() {
        terminal.data(&format!("     | {line}"));
    }
    Ok(())
}

/// The deployed rule that takes the agent's events.
struct AgentRule {
    name: String,
    pattern: String,
    eventbridge: aws_sdk_eventbridge::Client,
}

impl AgentRule {
    async fn read(deployed: &Deployed<'_>) -> Result<Self, Error> {
        let name = format!("{}-result-agent", deployed.core);
        let eventbridge = aws_sdk_eventbridge::Client::new(deployed.region.aws.config());
        let described = eventbridge.describe_rule().name(&name).send().await;
        let described = described.map_err(|it| AwsError::call("EventBridge DescribeRule", it))?;
        Ok(Self {
            name,
            pattern: described.event_pattern.unwrap_or_default(),
            eventbridge,
        })
    }
}

/// Hands an event of the agent to the function as EventBridge would, if the deployed rule matches it: nobody but AWS may
/// put events of `aws.aidevops` on the bus.
async fn hand_over(
    deployed: &Deployed<'_>,
    function: &str,
    rule: &AgentRule,
    event: &Json,
) -> Result<(), Error> {
    let matched = rule
        .eventbridge
        .test_event_pattern()
        .event_pattern(&rule.pattern)
        .event(event.to_string())
        .send()
        .await
        .map_err(|it| AwsError::call("EventBridge TestEventPattern", it))?;
    if !matched.result {
        let problem = "does not match an event of the agent";
        let rule = rule.name.clone();
        return Err(Error::Rule { rule, problem });
    }
    deployed.invoke(function, event).await
}
