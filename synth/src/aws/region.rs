//! The regions that an account file has stacks in, with credentials for each.

use super::{Aws, AwsError, Identity, Link};

/// One region of an account.
#[derive(Clone, Debug)]
pub struct Region {
    /// Clients of it.
    pub aws: Aws,
    /// The account's twelve digits.
    pub account: String,
    /// The ARN of whoever the credentials are of; empty where AWS does not say it.
    pub caller: String,
    /// The ARN of the role that CloudFormation works as; nothing for the permissions of the credentials.
    pub cloudformation_role: Option<String>,
    /// Whether the account file watches it. Else it has only the agent space.
    pub is_watched: bool,
}

impl Region {
    /// Connects to each region, or where there are none to the one that the AWS configuration names.
    /// With an account, credentials of another are refused. All regions have the same credentials, so they are
    /// looked at once.
    pub(crate) async fn connect(
        link: &Link,
        regions: &[String],
        account: Option<&str>,
    ) -> Result<Vec<Self>, AwsError> {
        let names: Vec<Option<&str>> = if regions.is_empty() {
            vec![None]
        } else {
            regions.iter().map(|name| Some(name.as_str())).collect()
        };
        let mut connected: Vec<Self> = Vec::new();
        for name in names {
            let aws = link.to(name).await?;
            let Identity {
                account: found,
                arn,
            } = match connected.first() {
                Some(first) => Identity {
                    account: first.account.clone(),
                    arn: first.caller.clone(),
                },
                None => aws.identity().await.map_err(|it| link.explain(it))?,
            };
            if let Some(wanted) = account.filter(|wanted| *wanted != found) {
                return Err(AwsError::WrongAccount {
                    found,
                    wanted: wanted.to_owned(),
                });
            }
            connected.push(Self {
                aws,
                account: found,
                caller: arn,
                cloudformation_role: link.cloudformation_role(),
                is_watched: true,
            });
        }
        Ok(connected)
    }

    /// Another region of the same account, which is not watched.
    ///
    /// # Errors
    ///
    /// Returns an [`AwsError`] if the region cannot be connected to.
    pub async fn unwatched(&self, link: &Link, name: &str) -> Result<Self, AwsError> {
        Ok(Self {
            aws: link.to(Some(name)).await?,
            is_watched: false,
            ..self.clone()
        })
    }

    /// The region's name, such as `eu-central-1`.
    pub fn name(&self) -> &str {
        self.aws.region()
    }
}
