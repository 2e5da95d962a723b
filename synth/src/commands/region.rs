//! An account file in each of its regions.

use std::collections::BTreeMap;

use aws_sdk_sqs::types::QueueAttributeName;
use stacks::Stack;

use crate::{
    aws::{Aws, AwsError},
    config::Account,
    deploy::{self, Deployed, Plan, Values, assets, describe, siblings},
    error::Error,
    ledger::Queue,
    package::{self, Package, PackageError, Target},
};

/// One region of an account, with credentials for it.
pub(crate) struct Region {
    pub(crate) aws: Aws,
    /// The account's twelve digits.
    pub(crate) account: String,
}

/// Connects to every region of an account file, and sees that the credentials are of its account.
pub(crate) async fn connect(account: &Account) -> Result<Vec<Region>, AwsError> {
    let names: Vec<Option<&str>> = if account.regions.is_empty() {
        vec![None]
    } else {
        account
            .regions
            .iter()
            .map(|name| Some(name.as_str()))
            .collect()
    };
    let mut regions = Vec::new();
    for name in names {
        let aws = Aws::connect(name).await?;
        let found = aws.account().await?;
        if let Some(wanted) = account
            .account_id
            .as_ref()
            .filter(|wanted| **wanted != found)
        {
            return Err(AwsError::WrongAccount {
                found,
                wanted: wanted.clone(),
            });
        }
        regions.push(Region {
            aws,
            account: found,
        });
    }
    Ok(regions)
}

/// The zips of every function that the stacks run.
pub(crate) fn packages(account: &Account, stacks: &[Stack]) -> Result<Vec<Package>, PackageError> {
    let target = target(account);
    assets_of(stacks)
        .into_iter()
        .map(|asset| package::load(asset, target))
        .collect()
}

/// The functions that the stacks run.
pub(crate) fn assets_of(stacks: &[Stack]) -> Vec<stacks::asset::CodeAsset> {
    let mut assets: Vec<_> = stacks
        .iter()
        .flat_map(|stack| stack.parameters.values())
        .filter_map(|source| match source {
            stacks::stack::ParameterSource::CodeKey(asset) => Some(*asset),
            _ => None,
        })
        .collect();
    assets.sort_unstable();
    assets.dedup();
    assets
}

/// What the functions are built for.
pub(crate) fn target(account: &Account) -> Target {
    Target {
        architecture: account.monitor.architecture,
        runs_here: account.runs_here,
    }
}

impl Region {
    /// The values that parameters get from outside of CloudFormation.
    pub(crate) fn values(&self, packages: &[Package]) -> Values {
        let keys: BTreeMap<_, _> = packages
            .iter()
            .map(|it| (it.asset.binary(), assets::key(it)))
            .collect();
        Values {
            region: self.aws.region().to_owned(),
            bucket: assets::bucket(&self.account, self.aws.region()),
            keys,
        }
    }

    /// Compares the stacks with what is deployed here.
    pub(crate) async fn plan<'a>(
        &self,
        stacks: &'a [Stack],
        values: &Values,
    ) -> Result<Plan<'a>, AwsError> {
        deploy::plan(&self.aws.cloudformation(), stacks, values).await
    }

    /// The names of all stacks, in the order in which they are deployed: those of the account file,
    /// and those that were deployed of it once.
    pub(crate) async fn all_stacks(&self, stacks: &[Stack]) -> Result<Vec<String>, AwsError> {
        let mut names: Vec<String> = stacks.iter().map(|it| it.name.clone()).collect();
        if let Some(core) = stacks.first() {
            for sibling in siblings(&self.aws.cloudformation(), &core.name).await? {
                if !names.contains(&sibling) {
                    names.push(sibling);
                }
            }
        }
        // Composite alarms come after everything that they look at.
        names.sort_by_key(|name| name.ends_with("-composites"));
        Ok(names)
    }

    /// A deployed stack that must be there.
    pub(crate) async fn deployed(&self, stack: &str) -> Result<Deployed, Error> {
        describe(&self.aws.cloudformation(), stack)
            .await?
            .ok_or_else(|| Error::NotDeployed {
                stack: stack.to_owned(),
                region: self.aws.region().to_owned(),
            })
    }

    /// What a deployed stack shows under a name.
    pub(crate) async fn output(&self, stack: &str, name: &'static str) -> Result<String, Error> {
        let mut deployed = self.deployed(stack).await?;
        deployed
            .outputs
            .remove(name)
            .ok_or_else(|| Error::NotDeployed {
                stack: stack.to_owned(),
                region: self.aws.region().to_owned(),
            })
    }

    /// How many messages a queue has.
    pub(crate) async fn queue(&self, url: &str) -> Result<Queue, AwsError> {
        use QueueAttributeName::{
            ApproximateNumberOfMessages, ApproximateNumberOfMessagesDelayed,
            ApproximateNumberOfMessagesNotVisible,
        };
        let answer = self
            .aws
            .sqs()
            .get_queue_attributes()
            .queue_url(url)
            .attribute_names(ApproximateNumberOfMessages)
            .attribute_names(ApproximateNumberOfMessagesNotVisible)
            .attribute_names(ApproximateNumberOfMessagesDelayed)
            .send()
            .await
            .map_err(|it| AwsError::call("SQS GetQueueAttributes", it))?;
        let attributes = answer.attributes.unwrap_or_default();
        let number = |name: &QueueAttributeName| {
            let value = attributes.get(name);
            value.and_then(|it| it.parse().ok()).unwrap_or_default()
        };
        Ok(Queue {
            waiting: number(&ApproximateNumberOfMessages),
            in_flight: number(&ApproximateNumberOfMessagesNotVisible),
            delayed: number(&ApproximateNumberOfMessagesDelayed),
        })
    }
}
