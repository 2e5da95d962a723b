//! `synth destroy`: deletes the stacks, and says what stays.

use std::{collections::BTreeSet, time::Duration};

use contract::StackRole;

use crate::{
    aws::Region,
    cli::Destroy,
    commands::{
        Session,
        deploy::say_result,
        diff::{show_identity, show_remains},
        progress::Shown,
    },
    config::Account,
    deploy::{
        DeployError, DeployEvent, Deployed, Deployer, Remains, Removed, Resource, RunResult,
        StackCondition, StackOutcome, StackStatus, all_stacks, assets, check_ours, describe,
        remains, template,
    },
    error::{Error, Exit},
    terminal::Terminal,
};

/// How often the stacks are looked at anew because something went on in one.
const LOOKS: usize = 20;

pub(crate) async fn run(args: &Destroy, session: &Session) -> Result<Exit, Error> {
    let account = args.file.load(session.terminal)?.account;
    destroy(session, &account, args.yes).await
}

const KEY: &str = "AWS::KMS::Key";
/// How long a look may take that only says more.
const LOOK: Duration = Duration::from_secs(10);

/// A stack that is to be deleted.
struct Deletion<'a> {
    region: &'a Region,
    stack: String,
    found: Deployed,
    remains: Remains,
}

/// Deletes the stacks of an account, and says what stays.
///
/// # Errors
///
/// Returns an [`Error`] if the credentials belong to another account, if the stacks never come to rest, if one
/// belongs to somebody else or cannot be deleted, if nobody can be asked, or if the run is stopped. The stacks
/// before it are deleted then.
pub async fn destroy(session: &Session, account: &Account, yes: bool) -> Result<Exit, Error> {
    let terminal = session.terminal;
    let regions = session.connect_everywhere(account).await?;
    let shown = &Shown::at(terminal);
    let observer = &|event: &DeployEvent<'_>| shown.show(event);
    let accepted = BTreeSet::new();
    let deployer = |region| Deployer {
        region,
        observer,
        stop: &session.stop,
        origin: &|_, _| None,
        accepted: &accepted,
    };
    show_identity(&regions, |line| terminal.say(line));
    let mut looks = 0;
    let deletions = loop {
        let deletions = session.unless_stopped(deletions(&regions, account)).await?;
        let busy = deletions
            .iter()
            .find(|it| it.found.status.condition() == StackCondition::Busy);
        let Some(busy) = busy else {
            break deletions;
        };
        looks += 1;
        if looks > LOOKS {
            return Err(Error::NeverAtRest);
        }
        deployer(busy.region)
            .wait_until_at_rest(&busy.stack, &busy.found)
            .await?;
    };
    if deletions.is_empty() {
        terminal.say("nothing to do: none of the stacks is deployed");
        return Ok(Exit::Done);
    }
    terminal.say("these stacks will be deleted:");
    for it in &deletions {
        terminal.say(&format!("  {} in {}", it.stack, it.region.name()));
        show_remains(&it.remains, |line| terminal.say(line));
    }
    let confirm = terminal.confirm_unless_stopped("Delete the stacks?".to_owned(), &session.stop);
    if !yes && !confirm.await? {
        return Ok(Exit::Declined);
    }
    let mut result = RunResult::default();
    for it in &deletions {
        let name = it.region.name();
        result.note(&it.stack, name, StackOutcome::NotReached, Some(&it.found));
    }
    for it in &deletions {
        if let Err(error) = delete(&deployer(it.region), it, &mut result).await {
            say_result(&result, terminal);
            // The deletion may go on, and then nothing else names what stays.
            if result.outcome(&it.stack, it.region.name()) == Some(StackOutcome::Unknown) {
                say_removals(it, terminal);
            }
            return Err(error.into());
        }
        terminal.say(&format!("deleted {}", it.stack));
        // At once: when the stack is gone, nothing else names them.
        say_removals(it, terminal);
    }
    for region in &regions {
        if region.is_watched && deletions.iter().any(|it| it.region.name() == region.name()) {
            say_code(region, terminal).await;
        }
    }
    Ok(Exit::Done)
}

/// Says how what stays of a stack can be removed.
fn say_removals(deletion: &Deletion<'_>, terminal: Terminal) {
    for kept in &deletion.remains.kept {
        if kept.kind != KEY {
            say_removal(kept, deletion.region.name(), terminal);
        }
    }
    // Last, because the others can be read with it only.
    for kept in deletion.remains.kept.iter().filter(|it| it.kind == KEY) {
        say_removal(kept, deletion.region.name(), terminal);
    }
}

fn say_removal(kept: &Resource, region: &str, terminal: Terminal) {
    let line = removal(kept, region).unwrap_or_else(|| {
        format!(
            "{} {} stays in {region}; remove it by hand",
            kept.kind, kept.name
        )
    });
    terminal.say(&line);
}

/// Says that the bucket of code stays, which belongs to no stack, and how it can be removed.
async fn say_code(region: &Region, terminal: Terminal) {
    let bucket = assets::bucket(&region.account, region.name());
    // The stacks are gone: nobody should wait for long, and where nobody knows, it may be there.
    let is_there = assets::is_there(region, &bucket);
    if let Some(Ok(false)) = region.aws.clock().at_most(LOOK, is_there).await {
        return;
    }
    terminal.say(&format!(
        "the bucket of code {bucket} stays: other account files for this account use it, too. To remove it: {}",
        removal_of_code(&bucket, region.name())
    ));
}

/// The bucket has no versions.
fn removal_of_code(bucket: &str, region: &str) -> String {
    format!("aws s3 rb s3://{bucket} --force --region {region}")
}

/// Everything that is to be deleted; what was deployed last goes first.
async fn deletions<'a>(
    regions: &'a [Region],
    account: &Account,
) -> Result<Vec<Deletion<'a>>, Error> {
    let mut deletions = Vec::new();
    let core = account.monitor.stack.as_str();
    for region in regions {
        let stacks = all_stacks(region, &account.monitor).await?;
        for stack in stacks.into_iter().rev() {
            let Some(found) = describe(&region.aws, &stack).await? else {
                continue;
            };
            match found.status {
                StackStatus::DeleteComplete => continue,
                // There is nothing in it, not even a template.
                StackStatus::ReviewInProgress => {
                    deletions.push(Deletion {
                        region,
                        stack,
                        found,
                        remains: Remains::default(),
                    });
                    continue;
                }
                _ => {}
            }
            let Some(template) = template(&region.aws, &stack).await? else {
                continue;
            };
            check_ours(&stack, region.name(), &template, core)?;
            if found.protected {
                return Err(DeployError::Protected {
                    stack,
                    region: region.name().to_owned(),
                }
                .into());
            }
            let created = found.status.was_ever_made();
            let remains = remains(&region.aws, &found.id, &template, created).await?;
            deletions.push(Deletion {
                region,
                stack,
                found,
                remains,
            });
        }
    }
    // Nothing is forwarded any more to what is deleted then.
    deletions.sort_by_key(|it| StackRole::of(&it.stack, core) != Some(StackRole::AgentEvents));
    Ok(deletions)
}

async fn delete(
    deployer: &Deployer<'_>,
    deletion: &Deletion<'_>,
    result: &mut RunResult,
) -> Result<(), DeployError> {
    let (stack, region) = (deletion.stack.as_str(), deletion.region.name());
    deployer.begin(stack, &DeployEvent::Deleting { stack, region })?;
    match deployer.remove(stack, Some(&deletion.found.id)).await {
        Ok(Removed::Deleted | Removed::Absent) => {
            result.note(stack, region, StackOutcome::Deleted, None);
            Ok(())
        }
        Err(error) => {
            result.note(stack, region, StackOutcome::of(&error), None);
            Err(error)
        }
    }
}

/// The command that removes what stays, where there is one.
fn removal(Resource { kind, name, .. }: &Resource, region: &str) -> Option<String> {
    match kind.as_str() {
        "AWS::SQS::Queue" => Some(format!(
            "to remove the queue: aws sqs delete-queue --queue-url {name} --region {region}"
        )),
        "AWS::S3::Bucket" => Some(format!(
            "to remove the failed events: delete every version in the bucket (the console's Empty does), then: \
             aws s3api delete-bucket --bucket {name} --region {region}"
        )),
        "AWS::DynamoDB::Table" => Some(format!(
            "to remove the ledger: aws dynamodb update-table --table-name {name} \
             --no-deletion-protection-enabled --region {region} && aws dynamodb delete-table \
             --table-name {name} --region {region}"
        )),
        "AWS::SecretsManager::Secret" => Some(format!(
            "to remove the secret: aws secretsmanager delete-secret --secret-id {name} --region \
             {region}"
        )),
        // What is encrypted by it is lost with it.
        KEY => Some(format!(
            "to remove the key, after everything above: aws kms schedule-key-deletion --key-id {name} \
             --pending-window-in-days 30 --region {region}"
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever stays of a stack in one of two regions, its command goes to that region.
    #[test]
    fn every_command_names_its_region() {
        let kinds = [
            "AWS::SQS::Queue",
            "AWS::S3::Bucket",
            "AWS::DynamoDB::Table",
            "AWS::SecretsManager::Secret",
            KEY,
        ];
        for kind in kinds {
            let kept = Resource {
                id: "It".to_owned(),
                kind: kind.to_owned(),
                name: "name-of-it".to_owned(),
            };
            let line = removal(&kept, "us-east-1").unwrap();
            for command in line.split("aws ").skip(1) {
                assert!(command.contains("name-of-it"), "{line}");
                assert!(command.contains("--region us-east-1"), "{line}");
            }
        }
        assert!(removal_of_code("b", "us-east-1").ends_with("--region us-east-1"));
    }
}
