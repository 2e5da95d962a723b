//! What every demo begins with: the account file deployed, and its webhook set to the receiver.

use aws_sdk_lambda::{primitives::Blob, types::InvocationType};
use contract::Output;
use jiff::Timestamp;
use serde_json::json;
use stacks::Json;
use webhook::Kind;

use synth::{
    aws::{AwsError, Region},
    commands::{
        Session,
        account_file::LoadedFile,
        deploy::{Consent, Deployment, deploy_to},
        package::packages,
    },
    deploy::output,
    terminal::Terminal,
    webhook_secret,
};

use crate::{Error, events::Stage, local_aws::LocalAws, receiver::Receiver};

/// An account that is deployed on the local AWS.
pub(crate) struct Deployed<'a> {
    pub(crate) region: Region,
    /// The name of the stack that everything is in.
    pub(crate) core: &'a str,
    cluster: &'a str,
}

/// Deploys an account, and sets its webhook to the receiver.
pub(crate) async fn deploy<'a>(
    file: &'a LoadedFile,
    local: &LocalAws,
    receiver: &Receiver,
    secret: &str,
    terminal: Terminal,
) -> Result<Deployed<'a>, Error> {
    let (account, stacks) = (&file.account, &file.synthesize()?);
    let packages = packages(account, stacks)?;
    let identity = local.aws().identity().await?;
    let region = Region {
        aws: local.aws().clone(),
        account: identity.account,
        caller: identity.arn,
        cloudformation_role: None,
        is_watched: true,
    };
    let deployment = Deployment {
        regions: std::slice::from_ref(&region),
        stacks,
        packages: &packages,
        consent: Consent {
            yes: true,
            move_alarms: false,
        },
        origin: &|template, id| file.origin(template, id),
        // The local AWS has only what the demo makes.
        names: None,
    };
    let (_, deployed) = deploy_to(&Session::of_process(terminal), &deployment).await;
    deployed?;

    terminal.say("\n3. setting the webhook, to a receiver on this machine that checks signatures");
    let core = account.monitor.stack.as_str();
    let arn = output(&region, core, Output::WebhookSecretArn).await?;
    let value = json!({ "url": receiver.url(), "secret": secret }).to_string();
    webhook_secret::put(&region.aws, &arn, &value, Kind::Hmac).await?;

    let cluster = account
        .monitor
        .clusters
        .first()
        .ok_or_else(|| Error::Absent("a cluster in the account file".to_owned()))?;
    Ok(Deployed {
        region,
        core,
        cluster: cluster.selector.text(),
    })
}

impl Deployed<'_> {
    /// Where events happen that happen now.
    pub(crate) fn stage(&self, now: Timestamp) -> Stage<'_> {
        Stage {
            account: &self.region.account,
            region: self.region.name(),
            cluster: self.cluster,
            now,
        }
    }

    /// What the stack shows under a name.
    pub(crate) async fn output(&self, name: Output) -> Result<String, Error> {
        Ok(output(&self.region, self.core, name).await?)
    }

    /// Hands an event to a function as AWS's services do: Lambda keeps it, and tries again if it fails.
    pub(crate) async fn invoke(&self, function: &str, event: &Json) -> Result<(), Error> {
        let answer = self
            .region
            .aws
            .lambda()
            .invoke()
            .function_name(function)
            .invocation_type(InvocationType::Event)
            .payload(Blob::new(event.to_string()))
            .send()
            .await
            .map_err(|it| AwsError::call("Lambda Invoke", it))?;
        if answer.status_code == 202 {
            return Ok(());
        }
        Err(Error::Invoke(function.to_owned()))
    }
}
