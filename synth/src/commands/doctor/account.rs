//! What is in the account: stacks, the webhook, the bucket of code, and what the file names.

use contract::{Output, StackRole};

use super::{Check, State};
use crate::{
    aws::{AwsError, Region},
    commands::{account_file::LoadedFile, names::NameCheck, webhook::url_policy},
    config::Diagnostic,
    deploy::{assets, describe, wanted_stacks},
    lookup::{Findings, UNREAD},
    webhook_secret::{self, WebhookState},
};

/// What is in each region.
pub(super) async fn checks(regions: &[Region], file: &LoadedFile, name: &str) -> Vec<Check> {
    let mut checks = Vec::new();
    for region in regions {
        checks.extend(in_region(region, file, name).await);
    }
    checks
}

fn section(region: &Region) -> String {
    format!("account {} in {}", region.account, region.name())
}

async fn in_region(region: &Region, file: &LoadedFile, name: &str) -> Vec<Check> {
    let section = &section(region);
    let policy = format!("synth doctor {name} --policy");
    let unread = |what: &str, error: &AwsError| {
        let is_denied = error.code().is_some_and(|it| it.contains("AccessDenied"));
        let next = if is_denied {
            Some(format!("allow it; the whole policy is: {policy}"))
        } else {
            error.hint()
        };
        Check::not_looked_at(section, format!("{what}: {error}"), next)
    };
    let core = file.account.monitor.stack.as_str();
    let deploy = format!("synth deploy {name}");
    let mut checks = Vec::new();
    let forwards = StackRole::AgentEvents.stack_name(core);
    if wanted_stacks(region, &file.account.monitor).contains(&forwards) {
        checks.push(match describe(&region.aws, &forwards).await {
            Ok(Some(it)) => Check::ok(section, format!("the stack {forwards} is {}", it.status)),
            Ok(None) => {
                let what = format!("the stack {forwards} is not deployed");
                Check::missing(section, what, &deploy)
            }
            Err(error) => unread("the stack that forwards the agent's events", &error),
        });
    }
    if !region.is_watched {
        return checks;
    }
    let mut no_secret = "its secret is made by a deploy";
    let deployed = match describe(&region.aws, core).await {
        Ok(Some(it)) => {
            checks.push(Check::ok(
                section,
                format!("the stack {core} is {}", it.status),
            ));
            Some(it)
        }
        Ok(None) => {
            let what = format!("the stack {core} is not deployed");
            checks.push(Check::missing(section, what, &deploy));
            None
        }
        Err(error) => {
            no_secret = "the stack, which names its secret, could not be read";
            checks.push(unread("the stack", &error));
            None
        }
    };
    let secret = deployed
        .as_ref()
        .and_then(|it| it.output(Output::WebhookSecretArn));
    checks.push(match secret {
        None => Check::not_looked_at(section, format!("the webhook: {no_secret}"), None),
        Some(secret) => {
            let set = format!("synth webhook set {name}");
            match webhook_secret::state(&region.aws, secret, &url_policy(&file.account)).await {
                Ok(WebhookState::Set { .. }) => Check::ok(section, "the webhook is set"),
                Ok(WebhookState::NotSet) => Check::missing(
                    section,
                    "the webhook is not set: incidents wait for it",
                    set,
                ),
                Ok(WebhookState::Unusable(problem)) => Check::missing(
                    section,
                    format!("the webhook cannot be used: {problem}"),
                    set,
                ),
                Err(error) => unread("the webhook", &error),
            }
        }
    });
    let bucket = assets::bucket(&region.account, region.name());
    checks.push(match assets::is_there(region, &bucket).await {
        Ok(true) => Check::ok(section, format!("the bucket of code, {bucket}")),
        Ok(false) => Check::missing(section, format!("no bucket of code, {bucket}"), deploy),
        Err(error) => unread("the bucket of code", &error),
    });
    checks
}

/// What the file names, and what of it is not there.
pub(super) async fn names(regions: &[Region], file: &LoadedFile) -> (Vec<Check>, Vec<Diagnostic>) {
    let Findings {
        mut missing,
        idle,
        unread,
        compared,
    } = NameCheck {
        file,
        strict: false,
    }
    .look_up(regions)
    .await;
    let section = "names in the account file";
    let mut checks = Vec::new();
    let there = compared - missing.len() - idle.len();
    if there > 0 {
        checks.push(Check::ok(section, format!("in the account: {there}")));
    }
    if !missing.is_empty() {
        checks.push(Check {
            state: State::Missing,
            next: Some("correct them at the lines that are shown".to_owned()),
            names: missing.iter().map(|it| file.to_json(it)).collect(),
            ..Check::ok(section, format!("not in the account: {}", missing.len()))
        });
    }
    checks.extend(unread.map(|it| {
        let what = it.strip_prefix(UNREAD).unwrap_or(&it);
        Check::not_looked_at(section, what, None)
    }));
    missing.extend(idle);
    (checks, missing)
}
