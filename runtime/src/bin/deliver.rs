//! The Lambda function `deliver`.

use std::sync::Arc;

use jiff::Timestamp;
use lambda_runtime::{Diagnostic, LambdaEvent};
use runtime::{
    bootstrap::{StartError, environment, serve, started},
    deliver::{Deliver, LambdaWorld},
    http::web_roots,
    log::Log,
};
use serde_json::Value as Json;
use tokio::sync::Mutex;

fn main() -> Result<(), StartError> {
    let log = Log::standard("deliver");
    started(&log, || {
        let world = LambdaWorld::new(log.clone(), &web_roots(), &environment())?;
        let world = Arc::new(world);
        let deliver = Arc::new(Mutex::new(Deliver::default()));
        serve(move |event: LambdaEvent<Json>| {
            let (world, deliver) = (Arc::clone(&world), Arc::clone(&deliver));
            async move {
                let deadline = Timestamp::try_from(event.context.deadline()).unwrap_or_default();
                let mut deliver = deliver.lock().await;
                Ok::<Json, Diagnostic>(deliver.handle(&*world, &event.payload, deadline).await)
            }
        })
    })
}
