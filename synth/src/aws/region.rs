//! The regions that an account file names, with credentials for each.

use super::{Aws, AwsError};

/// One region of an account.
#[derive(Clone, Debug)]
pub struct Region {
    /// Clients of it.
    pub aws: Aws,
    /// The account's twelve digits.
    pub account: String,
}

impl Region {
    /// Connects to each region, or where there are none to the one that the AWS configuration names.
    /// With an account, credentials of another are refused.
    pub async fn connect(regions: &[String], account: Option<&str>) -> Result<Vec<Self>, AwsError> {
        let names: Vec<Option<&str>> = if regions.is_empty() {
            vec![None]
        } else {
            regions.iter().map(|name| Some(name.as_str())).collect()
        };
        let mut connected = Vec::new();
        for name in names {
            let aws = Aws::connect(name).await?;
            let found = aws.account().await?;
            if let Some(wanted) = account.filter(|wanted| *wanted != found) {
                return Err(AwsError::WrongAccount {
                    found,
                    wanted: wanted.to_owned(),
                });
            }
            connected.push(Self {
                aws,
                account: found,
            });
        }
        Ok(connected)
    }

    /// The region's name, such as `eu-central-1`.
    pub fn name(&self) -> &str {
        self.aws.region()
    }
}
