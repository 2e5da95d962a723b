//! Sending a storm into the deployed functions.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use aws_sdk_lambda::{Client, primitives::Blob};
use contract::{FunctionName, Output};
use synth::aws::AwsError;
use tokio::task::JoinSet;

use super::events::Event;
use crate::{Error, deployed::Deployed};

/// Functions of each kind that run at once: the local AWS starts a process for each. Here it is waited for
/// each, which neither CloudWatch nor EventBridge does, so that they stay as few.
const PARALLEL: usize = 4;

/// A storm on its way. What is left of it ends with this value.
pub(super) struct Sending {
    senders: JoinSet<Result<(), Error>>,
    sent: Arc<AtomicUsize>,
}

impl Sending {
    /// Begins to send events, in their order as far as functions that run at once keep it.
    pub(super) async fn begin(deployed: &Deployed<'_>, events: Vec<Event>) -> Result<Self, Error> {
        let alarm = deployed
            .output(Output::Function(FunctionName::Alarm))
            .await?;
        let ecs = deployed.output(Output::Function(FunctionName::Ecs)).await?;
        let sent = Arc::new(AtomicUsize::new(0));
        let mut senders = JoinSet::new();
        let mut lanes: Vec<Vec<Event>> = Vec::new();
        lanes.resize_with(2 * PARALLEL, Vec::new);
        let lane_count = lanes.len();
        for (number, event) in events.into_iter().enumerate() {
            lanes[number % lane_count].push(event);
        }
        for lane in lanes {
            let (lambda, sent) = (deployed.region.aws.lambda(), Arc::clone(&sent));
            let (alarm, ecs) = (alarm.clone(), ecs.clone());
            senders.spawn(async move {
                for event in lane {
                    let function = match event.function {
                        FunctionName::Alarm => &alarm,
                        _ => &ecs,
                    };
                    invoke(&lambda, function, &event).await?;
                    sent.fetch_add(1, Ordering::Relaxed);
                }
                Ok(())
            });
        }
        Ok(Self { senders, sent })
    }

    /// How many events the functions have queued so far.
    pub(super) fn sent(&mut self) -> Result<usize, Error> {
        while let Some(ended) = self.senders.try_join_next() {
            ended.map_err(|_| Error::Invoke("of the storm".to_owned()))??;
        }
        Ok(self.sent.load(Ordering::Relaxed))
    }
}

async fn invoke(lambda: &Client, function: &str, event: &Event) -> Result<(), Error> {
    let answer = lambda
        .invoke()
        .function_name(function)
        .payload(Blob::new(event.payload.to_string()))
        .send()
        .await
        .map_err(|it| AwsError::call("Lambda Invoke", it))?;
    if answer.function_error.is_none() {
        return Ok(());
    }
    Err(Error::Invoke(function.to_owned()))
}
