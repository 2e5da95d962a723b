//! The Lambda function `deliver`.

use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};
use runtime::{
    bootstrap::{StartError, environment, serve, started},
    deliver::{Deliver, DeliverFunction, LambdaWorld},
    http::web_roots,
    log::Log,
};
use serde_json::Value as Json;

fn main() -> Result<(), StartError> {
    let log = Log::standard("deliver");
    started(&log, || {
        let world = LambdaWorld::new(log.clone(), &web_roots(), &environment())?;
        let function = DeliverFunction::new(world, Deliver::default());
        serve(|event: LambdaEvent<Json>| {
            let function = &function;
            async move {
                let deadline = Timestamp::try_from(event.context.deadline()).unwrap_or_default();
                Ok::<Json, Diagnostic>(function.handle(&event.payload, deadline).await)
            }
        })
    })
}
