//! `synth destroy`: deletes the stacks, and says what stays.

use crate::{
    cli::Destroy,
    commands::{connect, progress::shown_at},
    deploy::{
        DeployEvent, Deployer, Removed, StackStatus, all_stacks, check_ours, describe, kept,
        template,
    },
    error::{Error, Exit},
    terminal::{Stop, Terminal},
};

pub(crate) async fn run(args: &Destroy, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?.account;
    let regions = connect(&account).await?;

    let mut doomed = Vec::new();
    let mut kept_all = Vec::new();
    for region in &regions {
        let cloudformation = region.aws.cloudformation();
        // What was deployed last goes first.
        for stack in all_stacks(&cloudformation, &account.monitor)
            .await?
            .into_iter()
            .rev()
        {
            let Some(deployed) = describe(&cloudformation, &stack).await? else {
                continue;
            };
            if deployed.status == StackStatus::DeleteComplete {
                continue;
            }
            if deployed.protected {
                return Err(Error::Protected {
                    stack,
                    region: region.name().to_owned(),
                });
            }
            let template = template(&cloudformation, &stack).await?;
            let core = account.monitor.stack.as_str();
            check_ours(&stack, region.name(), &template, core)?;
            kept_all.extend(kept(&region.aws, &stack, &template).await?);
            doomed.push((region, stack));
        }
    }
    if doomed.is_empty() {
        terminal.say("nothing to do: none of the stacks is deployed");
        return Ok(Exit::Done);
    }
    terminal.say("these stacks will be deleted:");
    for (region, stack) in &doomed {
        terminal.say(&format!("  {stack} in {}", region.name()));
    }
    if !kept_all.is_empty() {
        terminal.say("these resources stay, with what is in them:");
        for (id, kind, name) in &kept_all {
            terminal.say(&format!("  {id}  {kind}  {name}"));
        }
    }
    if !args.yes && !terminal.confirm("Delete the stacks?")? {
        return Ok(Exit::Declined);
    }
    let (observer, stop) = (&shown_at(terminal), &Stop::on_signal());
    for (region, stack) in doomed {
        let deployer = Deployer {
            region,
            observer,
            stop,
        };
        deployer.begin(
            &stack,
            &DeployEvent::Deleting {
                stack: &stack,
                region: region.name(),
            },
        )?;
        if deployer.remove(&stack).await? == Removed::Deleted {
            terminal.say(&format!("{stack} is gone"));
        }
    }
    for (_, kind, name) in kept_all {
        match kind.as_str() {
            "AWS::SQS::Queue" => terminal.say(&format!(
                "to remove the queue: aws sqs delete-queue --queue-url {name}"
            )),
            "AWS::S3::Bucket" => terminal.say(&format!(
                "to remove the failed events: delete every version in the bucket (the console's Empty does), then: \
                 aws s3api delete-bucket --bucket {name}"
            )),
            "AWS::DynamoDB::Table" => terminal.say(&format!(
                "to remove the ledger: aws dynamodb update-table --table-name {name} \
                 --no-deletion-protection-enabled && aws dynamodb delete-table --table-name {name}"
            )),
            "AWS::SecretsManager::Secret" => terminal.say(&format!(
                "to remove the secret: aws secretsmanager delete-secret --secret-id {name}"
            )),
            _ => {}
        }
    }
    Ok(Exit::Done)
}
