//! Alarms on what is lost, becomes a dead letter, or waits for too long: queues, functions, and whoever writes dead letters.

use contract::FunctionName;

use super::{PipelineAlarms, Simple, Test, Title};
use crate::{
    resources::{cloudwatch_alarm::Statistic, lambda_function::Function},
    rules::EventRule,
    template::{DuplicateLogicalId, Handle},
    value::Value,
};

/// How old dead letters become unseen, in seconds. One that SQS itself moved is up to seven days old then and
/// expires seven days later, and counts its age from the move; all others have fourteen days. Source: "Using
/// dead-letter queues in Amazon SQS" and "Available CloudWatch metrics for Amazon SQS" in the SQS developer guide.
const UNSEEN: f64 = 5.0 * 86_400.0;

impl PipelineAlarms<'_, '_> {
    /// Dead letters, and incidents that wait.
    pub(super) fn queues(&mut self) -> Result<(), DuplicateLogicalId> {
        let account = &self.core.monitor.account_name;
        let dead_letters: Value<String> = self.core.dead_letters.queue_name();
        let incidents: Value<String> = self.core.incidents.queue_name();
        let of = |queue: &Value<String>| ("QueueName", queue.clone());
        self.alarm(
            "dead-letters",
            &format!(
                "Events or incidents became dead letters. See why with: synth redrive --account {account} --dry-run"
            ),
            // Of what is sent there, and not of what is there: so each new letter is said, whatever has stayed. SQS does
            // not count what it moves itself.
            Simple::any("AWS/SQS", "NumberOfMessagesSent", of(&dead_letters)),
        )?;
        self.alarm(
            "dead-letters-waiting",
            &format!(
                "There are dead letters, which SQS itself may have moved. See why with: synth redrive \
                 --account {account} --dry-run"
            ),
            Simple {
                statistic: Statistic::Maximum,
                ..Simple::any(
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    of(&dead_letters),
                )
            },
        )?;
        self.alarm(
            "dead-letters-expiring",
            &format!(
                "A dead letter is five days old and may be gone in two. Redrive it, or delete it, with: synth redrive \
                 --account {account}"
            ),
            Simple {
                statistic: Statistic::Maximum,
                test: Test::AtLeast(UNSEEN),
                period: 3_600,
                ..Simple::any("AWS/SQS", "ApproximateAgeOfOldestMessage", of(&dead_letters))
            },
        )?;
        self.alarm(
            "incidents-waiting",
            "Incidents have been in the queue for over an hour. See what they wait for with: synth status",
            Simple {
                statistic: Statistic::Maximum,
                test: Test::AtLeast(3_600.0),
                ..Simple::any("AWS/SQS", "ApproximateAgeOfOldestMessage", of(&incidents))
            },
        )?;
        self.alarm(
            "incidents-hidden",
            "Thousands of messages wait to be seen again. Nothing is received at 120,000. See what they wait for \
             with: synth status",
            Simple {
                statistic: Statistic::Maximum,
                test: Test::AtLeast(20_000.0),
                ..Simple::any(
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesNotVisible",
                    of(&incidents),
                )
            },
        )
    }

    /// Alarms on the events that each function fails on, that Lambda drops, and that are lost.
    pub(super) fn functions(
        &mut self,
        functions: &[(FunctionName, Handle<Function>)],
    ) -> Result<(), DuplicateLogicalId> {
        let account = &self.core.monitor.account_name;
        for (name, function) in functions {
            let of =
                |metric| Simple::any("AWS/Lambda", metric, ("FunctionName", function.reference()));
            let name = *name;
            // An incomplete cost report fails, is tried again, and what cannot be mended so has an alarm of its own.
            if name != FunctionName::Cost {
                self.family(
                    name,
                    "errors",
                    "A function of the pipeline failed. Its log says why",
                    of("Errors"),
                )?;
            }
            if name == FunctionName::Deliver {
                continue;
            }
            self.family(
                name,
                "dropped",
                &format!(
                    "Lambda dropped an event after its retries; it is in the bucket of failed events. See why with: synth redrive \
                     --account {account} --dry-run"
                ),
                of("AsyncEventsDropped"),
            )?;
            self.family(
                name,
                "events-lost",
                "Lambda dropped an event and could not write it to the bucket of failed events: it is lost",
                of("DestinationDeliveryFailures"),
            )?;
        }
        Ok(())
    }

    fn family(
        &mut self,
        function: FunctionName,
        family: &str,
        description: &str,
        simple: Simple,
    ) -> Result<(), DuplicateLogicalId> {
        let title = Title {
            name: &format!("{}-{family}", function.as_str()),
            page: &format!("function-{family}"),
        };
        self.alarm(title, description, simple)
    }

    /// Dead letters that EventBridge or its scheduler could not write. Source: "EventBridge metrics" in the
    /// EventBridge user guide; "Monitoring EventBridge Scheduler with CloudWatch" in the scheduler's.
    pub(super) fn letters_lost(&mut self) -> Result<(), DuplicateLogicalId> {
        let monitor = self.core.monitor;
        let rules: Vec<(String, String)> = self
            .core
            .rules
            .iter()
            .map(|it: &EventRule| (it.purpose.slug(), it.name(monitor)))
            .collect();
        for (slug, rule) in rules {
            let title = Title {
                name: &format!("rule-{slug}-events-lost"),
                page: "rule-events-lost",
            };
            self.alarm(
                title,
                "EventBridge could neither invoke the function nor write a dead letter: events are lost",
                Simple::any(
                    "AWS/Events",
                    "InvocationsFailedToBeSentToDlq",
                    ("RuleName", rule.into()),
                ),
            )?;
        }
        if monitor.cost_report.is_none() {
            return Ok(());
        }
        self.alarm(
            "schedule-events-lost",
            "The scheduler could neither invoke the function nor write a dead letter: a cost report is lost",
            Simple::any(
                "AWS/Scheduler",
                "InvocationsFailedToBeSentToDeadLetterCount",
                ("ScheduleGroup", self.core.schedules.reference()),
            ),
        )
    }
}
