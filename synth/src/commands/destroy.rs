//! `synth destroy`: deletes the stacks, and says what stays.

use std::collections::BTreeSet;

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
        StackCondition, StackOutcome, StackStatus, all_stacks, check_ours, describe, remains,
        template,
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

/// A stack that is to be deleted.
struct Deletion<'a> {
    region: &'a Region,
    stack: String,
    found: Deployed,
    remains: Remains,
}

/// Deletes the stacks of an account, and says what stays.
pub async fn destroy(session: &Session, account: &Account, yes: bool) -> Result<Exit, Error> {
    let terminal = session.terminal;
    let regions = session.connect(account).await?;
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
            // The deletion may go on.
            say_removals(it, terminal);
            return Err(error.into());
        }
        terminal.say(&format!("{} is gone", it.stack));
        // At once: when the stack is gone, nothing else names them.
        say_removals(it, terminal);
    }
    Ok(Exit::Done)
}

/// Says how what stays of a stack can be removed.
fn say_removals(deletion: &Deletion<'_>, terminal: Terminal) {
    for kept in &deletion.remains.kept {
        if let Some(line) = removal(kept, deletion.region.name()) {
            terminal.say(&line);
        }
    }
}

/// Everything that is to be deleted; what was deployed last goes first.
async fn deletions<'a>(
    regions: &'a [Region],
    account: &Account,
) -> Result<Vec<Deletion<'a>>, Error> {
    let mut deletions = Vec::new();
    let core = account.monitor.stack.as_str();
    for region in regions {
        let stacks = all_stacks(&region.aws, &account.monitor).await?;
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
        _ => None,
    }
}
