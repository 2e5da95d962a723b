//! Watches one operation of ours until it is known what became of it.

use std::time::{Duration, SystemTime};

use aws_sdk_cloudformation::{primitives::DateTime, types::StackEvent};

use super::{
    DeployError, DeployEvent, Deployed, Deployer, Evidence, Operation, StackStatus, Verdict,
    describe,
    events::{EventLog, Failure, is_of_stack},
    verdict,
};
use crate::aws::AwsError;

/// How late a read of AWS may be, as far as anybody has seen.
pub(super) const LATEST: Duration = Duration::from_mins(1);
/// How long nothing may show that an operation has begun.
const NOT_SEEN: Duration = Duration::from_mins(5);
/// How often the stack is read at least before that is believed.
const FEWEST: u32 = 5;
/// How long one operation is watched.
pub(super) const LONGEST: Duration = Duration::from_hours(3);
/// The pauses between looks: the first one, and the longest.
const PAUSES: [Duration; 2] = [Duration::from_millis(1_500), Duration::from_secs(7)];
/// What takes longer than this is looked at less often.
const LONG: Duration = Duration::from_mins(5);
const PAUSE_OF_LONG: Duration = Duration::from_secs(20);
/// Events show more than the stack, which is read in every look of so many.
const STACK_EVERY: u32 = 5;
/// Pages of events that are read in one look at most: more than any stack of ours makes.
const PAGES: usize = 50;
/// How long the last events may be later than the end.
const LAST_EVENTS: Duration = Duration::from_secs(15);
/// How often a person is shown what goes on while nothing ends.
const STILL: Duration = Duration::from_secs(30);

/// An operation that CloudFormation has taken.
#[derive(Debug)]
pub(super) struct Watched<'a> {
    pub(super) operation: Operation,
    /// The stack's name.
    pub(super) stack: &'a str,
    /// The stack's ID: names are used again.
    pub(super) id: &'a str,
    /// The token that the operation was asked for with.
    pub(super) token: &'a str,
    /// The stack's status before.
    pub(super) before: Option<StackStatus>,
    /// When the change set was made, by AWS's clock.
    pub(super) made: Option<DateTime>,
}

/// What became of an operation.
#[derive(Debug)]
pub(super) struct End {
    pub(super) verdict: Verdict,
    pub(super) status: StackStatus,
    pub(super) failures: Vec<Failure>,
    /// The stack after it, if it could be read.
    pub(super) stack: Option<Deployed>,
}

/// How an operation was seen to end.
struct Seen {
    verdict: Verdict,
    status: StackStatus,
    /// The stack after it, if that is how it was seen.
    stack: Option<Deployed>,
    may_have_more_events: bool,
}

impl Deployer<'_> {
    /// Watches until it is known what became of the operation. What goes wrong with watching never decides that.
    /// Nothing where nothing shows that it has begun, and nothing will.
    pub(super) async fn watch(&self, watched: &Watched<'_>) -> Result<Option<End>, DeployError> {
        let mut log = EventLog::new(watched.token);
        let seen = tokio::select! {
            biased;
            seen = self.watch_to_the_end(watched, &mut log) => seen?,
            () = self.stop.given() => return Err(DeployError::Detached {
                stack: watched.stack.to_owned(),
                region: self.region.name().to_owned(),
            }),
        };
        let Some(seen) = seen else { return Ok(None) };
        // From here on the wish to end changes nothing of what became of the operation.
        Ok(Some(self.end(watched, seen, log).await))
    }

    async fn watch_to_the_end(
        &self,
        watched: &Watched<'_>,
        log: &mut EventLog,
    ) -> Result<Option<Seen>, DeployError> {
        let clock = self.region.aws.clock();
        let begin = clock.now();
        let mut can_read_events = true;
        let [mut pause, longest] = PAUSES;
        let (mut shown, mut look) = (begin, 0_u32);
        let mut went_on: Option<SystemTime> = None;
        let mut reads = 0_u32;
        loop {
            clock.pause(pause).await;
            pause = if clock.since(begin) < LONG {
                (pause * 3 / 2).min(longest)
            } else {
                PAUSE_OF_LONG
            };
            look += 1;
            let mut was_read = can_read_events;
            if can_read_events {
                match self.read_events(watched.id, log).await {
                    Ok(true) => {
                        shown = clock.now();
                        went_on = Some(shown);
                    }
                    Ok(false) => {}
                    Err(error) if error.is_credentials() => return Err(self.lost(watched, &error)),
                    Err(error) => {
                        can_read_events = error.is_passing();
                        was_read = false;
                    }
                }
            }
            if let Some(status) = log.ended() {
                let verdict = verdict(watched.operation, Evidence::OwnEvent, status);
                if verdict.is_end() {
                    return Ok(Some(Seen {
                        verdict,
                        status: status.clone(),
                        stack: None,
                        may_have_more_events: false,
                    }));
                }
            }
            if !was_read || look.is_multiple_of(STACK_EVERY) {
                let now = match describe(&self.region.aws, watched.id).await {
                    Ok(now) => now,
                    Err(error) => return Err(self.lost(watched, &error)),
                };
                reads += 1;
                let (verdict, status) = evaluate(watched, now.as_ref(), clock.since(begin));
                if verdict.is_end() {
                    return Ok(Some(Seen {
                        verdict,
                        status,
                        stack: now,
                        may_have_more_events: can_read_events && verdict != Verdict::Done,
                    }));
                }
                if verdict == Verdict::Running {
                    went_on = Some(clock.now());
                } else if watched.operation == Operation::Delete
                    && went_on.is_some_and(|it| clock.since(it) > LATEST)
                {
                    // It went on, and the stack is as before for longer than reads are late.
                    return Ok(Some(Seen {
                        verdict: Verdict::Abandoned,
                        status,
                        stack: now,
                        may_have_more_events: false,
                    }));
                }
            }
            if went_on.is_none() && reads >= FEWEST && clock.since(begin) > NOT_SEEN {
                return Ok(None);
            }
            if clock.since(begin) > LONGEST {
                return Err(DeployError::ContactLost {
                    stack: watched.stack.to_owned(),
                    region: self.region.name().to_owned(),
                    reason: "it has gone on for more than three hours".to_owned(),
                    hint: None,
                });
            }
            if clock.since(shown) > STILL {
                shown = clock.now();
                self.show_what_runs(watched, clock.since(begin), log);
            }
        }
    }

    /// What is known at the end. The stack is read once more where it is not known from after it.
    async fn end(&self, watched: &Watched<'_>, seen: Seen, mut log: EventLog) -> End {
        let Seen {
            verdict,
            status,
            mut stack,
            may_have_more_events,
        } = seen;
        let more = async {
            if may_have_more_events {
                self.read_last_events(watched.id, &mut log).await;
            }
            if stack.is_none() && verdict == Verdict::Done && watched.operation != Operation::Delete
            {
                stack = self.stack_after(watched).await;
            }
        };
        tokio::select! {
            biased;
            () = more => {}
            () = self.stop.given() => {}
        }
        let mut failures = log.failures();
        if failures.is_empty() {
            let of_stack = stack.as_ref().and_then(|it| it.reason.clone());
            failures.extend(of_stack.map(|reason| Failure {
                id: String::new(),
                reason,
            }));
        }
        End {
            verdict,
            status,
            failures,
            stack,
        }
    }

    /// The stack as it is after an operation that is known to be done.
    async fn stack_after(&self, watched: &Watched<'_>) -> Option<Deployed> {
        let clock = self.region.aws.clock();
        let begin = clock.now();
        loop {
            let now = describe(&self.region.aws, watched.id).await.ok()?;
            let (verdict, _) = evaluate(watched, now.as_ref(), clock.since(begin));
            if verdict == Verdict::Done || clock.since(begin) > LATEST {
                return now;
            }
            clock.pause(PAUSES[1]).await;
        }
    }

    /// Reads what is new of the operation and reports it; whether anything was.
    async fn read_events(&self, id: &str, log: &mut EventLog) -> Result<bool, AwsError> {
        const OPERATION: &str = "CloudFormation DescribeStackEvents";
        let cloudformation = self.region.aws.cloudformation();
        let mut news: Vec<StackEvent> = Vec::new();
        let mut token = None;
        for _ in 0..PAGES {
            let request = cloudformation
                .describe_stack_events()
                .stack_name(id)
                .set_next_token(token);
            let answer = self
                .region
                .aws
                .patiently(|| async {
                    let answer = request.clone().send().await;
                    answer.map_err(|it| AwsError::call(OPERATION, it))
                })
                .await?;
            let (mut page, more) = log.read(answer.stack_events.unwrap_or_default());
            page.append(&mut news);
            news = page;
            token = answer.next_token.filter(|_| more);
            if token.is_none() {
                break;
            }
        }
        log.note(&news);
        for event in &news {
            self.report(event);
        }
        Ok(!news.is_empty())
    }

    /// Reads events until the operation's last one is there, for as long as that may take.
    async fn read_last_events(&self, id: &str, log: &mut EventLog) {
        let clock = self.region.aws.clock();
        let begin = clock.now();
        while log.ended().is_none() && clock.since(begin) < LAST_EVENTS {
            if self.read_events(id, log).await.is_err() {
                return;
            }
            clock.pause(Duration::from_secs(3)).await;
        }
    }

    fn report(&self, event: &StackEvent) {
        let status = event.resource_status().map_or("", |it| it.as_str());
        let failed = status.ends_with("_FAILED");
        if is_of_stack(event) || !(status.ends_with("_COMPLETE") || failed) {
            return;
        }
        (self.observer)(&DeployEvent::Resource {
            status,
            id: event.logical_resource_id().unwrap_or_default(),
            resource_type: event.resource_type().unwrap_or_default(),
            reason: event.resource_status_reason().filter(|_| failed),
        });
    }

    fn show_what_runs(&self, watched: &Watched<'_>, since: Duration, log: &EventLog) {
        let running = log.running();
        let first = running.first().map_or(0, |(_, since)| *since);
        let ids: Vec<&str> = running.iter().map(|(id, _)| *id).collect();
        (self.observer)(&DeployEvent::Still {
            stack: watched.stack,
            seconds: since.as_secs(),
            running: &ids,
            oldest: first,
        });
    }

    fn lost(&self, watched: &Watched<'_>, error: &AwsError) -> DeployError {
        DeployError::ContactLost {
            stack: watched.stack.to_owned(),
            region: self.region.name().to_owned(),
            reason: error.to_string(),
            hint: error.hint().filter(|_| error.is_credentials()),
        }
    }
}

/// What a read of the stack says of the operation.
fn evaluate(
    watched: &Watched<'_>,
    now: Option<&Deployed>,
    since: Duration,
) -> (Verdict, StackStatus) {
    let Some(now) = now else {
        // A stack that has just been made may not be found yet; one that was deleted is found by its ID for months.
        let verdict = match watched.operation {
            Operation::Delete => Verdict::Done,
            Operation::Create | Operation::Update if since > LATEST => Verdict::Vanished,
            Operation::Create | Operation::Update => Verdict::NotSeen,
        };
        return (verdict, StackStatus::DeleteComplete);
    };
    let moved = match (watched.made, now.updated) {
        (Some(made), Some(updated)) => updated >= made,
        _ => false,
    };
    let operation = watched.operation;
    let evidence = operation.evidence(watched.before.as_ref(), &now.status, moved);
    (
        verdict(operation, evidence, &now.status),
        now.status.clone(),
    )
}
