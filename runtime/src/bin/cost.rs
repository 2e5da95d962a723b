//! The Lambda function `cost`.

use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use runtime::{
    bootstrap::{StartError, environment, serve, started},
    cost::CostFunction,
    http::{Reuse, client, web_roots},
    log::Log,
};
use serde_json::Value as Json;

fn main() -> Result<(), StartError> {
    let log = Log::standard("cost");
    started(&log, || {
        let http = client(web_roots(), Reuse::Connections)?;
        let function = CostFunction::new(log.clone(), http, environment())?;
        serve(|event: LambdaEvent<Json>| {
            let function = &function;
            async move {
                let LambdaEvent { payload, context } = event;
                let deadline = Timestamp::try_from(context.deadline()).unwrap_or_default();
                let time = deadline.duration_since(Timestamp::now());
                let time = time.try_into().unwrap_or_default();
                let (arn, id) = (&context.invoked_function_arn, &context.request_id);
                function.handle(&payload, arn, time, id).await
            }
        })
    })
}
