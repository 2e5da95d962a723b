//! The Lambda function `cost`.

use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use runtime::{
    bootstrap::{StartError, environment, serve, started},
    cost::{Collector, Occasion, Thresholds, decide, scheduled_time},
    http::{Reuse, client, web_roots},
    log::Log,
    place::Place,
    signal::SignalFunction,
};
use serde_json::Value as Json;
use webhook::Signal;

fn main() -> Result<(), StartError> {
    let log = Log::standard("cost");
    started(&log, || {
        let environment = environment();
        let http = client(web_roots(), Reuse::Connections)?;
        let thresholds = Thresholds::new(&environment)?;
        let collector = Collector::new(&http, &environment)?;
        let function = SignalFunction::new(Signal::Cost, log.clone(), http, &environment)?;
        let region = environment.region()?;
        serve(|event: LambdaEvent<Json>| {
            let (collector, function) = (&collector, &function);
            async move {
                let at = scheduled_time(&event.payload, Timestamp::now());
                let facts = collector.look(thresholds, at).await;
                let context = event.context;
                // The function reports on the account that it runs in.
                let account =
                    Place::of_arn(&context.invoked_function_arn).map_or("", |it| it.account);
                let decision = decide(
                    facts,
                    thresholds,
                    Occasion {
                        account,
                        region,
                        at,
                    },
                );
                function
                    .act(Ok(decision), &context.request_id, Timestamp::now())
                    .await
            }
        })
    })
}
