//! The ledger's table, read by the functions' own client: the SDK's for DynamoDB takes longer to build than
//! all that is read here is worth.

use std::time::{Duration, SystemTime};

use crate::aws::{Aws, AwsError, FunctionEnvironment};
use runtime::{
    aws::{CallError, Reason, dynamodb::Table as Ledger},
    http::{Reuse, client, web_roots},
    ledger::{Item, Key},
};

/// Credentials that end within this are not used any more.
const SPARE: Duration = Duration::from_mins(1);
const SCAN: &str = "DynamoDB Scan";

/// Why the ledger was not read.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The stack is older than ledgers are.
    #[error("the stack `{stack}` in {region} has no ledger: what is deployed is an older version")]
    NotDeployed {
        /// The stack.
        stack: String,
        /// The region.
        region: String,
    },
    /// The stack has one, and the table is gone.
    #[error("the ledger's table `{table}` is not there in {region}")]
    Missing {
        /// The table.
        table: String,
        /// The region.
        region: String,
    },
    /// The credentials do not allow it.
    #[error("the ledger's table `{table}` in {region} may not be read ({code})")]
    Denied {
        /// The table.
        table: String,
        /// The region.
        region: String,
        /// AWS's name for the reason.
        code: String,
    },
    /// AWS refused for another reason, or did not answer.
    #[error("the ledger's table `{table}` in {region} could not be read: {why}")]
    Failed {
        /// The table.
        table: String,
        /// The region.
        region: String,
        /// What AWS said, if anything.
        why: AwsError,
    },
}

impl LedgerError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::NotDeployed { .. } | Self::Missing { .. } => {
                Some("deploy it first: make deploy ACCOUNT=NAME".to_owned())
            }
            Self::Denied { .. } => Some(
                "the credentials need `dynamodb:Scan` on it, and `kms:Decrypt` where it has a key of \
                 your own"
                    .to_owned(),
            ),
            Self::Failed { why, .. } => why.hint(),
        }
    }

    /// Whether it may well be read a moment later.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::Failed { why, .. } if why.is_passing())
    }

    fn of(error: &CallError, table: &str, region: &str) -> Self {
        let (table, region) = (table.to_owned(), region.to_owned());
        match error.reason() {
            Reason::Refused { error, .. } if error == "ResourceNotFoundException" => {
                Self::Missing { table, region }
            }
            Reason::Refused { error, .. } if error.starts_with("AccessDenied") => Self::Denied {
                table,
                region,
                code: error.clone(),
            },
            Reason::Refused { status, error } => Self::Failed {
                table,
                region,
                why: AwsError::Refused {
                    operation: SCAN,
                    code: error.clone(),
                    message: format!("status {status}"),
                },
            },
            other => Self::Failed {
                table,
                region,
                why: no_answer(other.to_string()),
            },
        }
    }
}

fn no_answer(reason: String) -> AwsError {
    AwsError::NoAnswer {
        operation: SCAN,
        reason,
    }
}

/// The ledger's table in a region.
#[derive(Debug)]
pub struct Table {
    aws: Aws,
    name: String,
    /// A client, and when its credentials end.
    client: Option<(Ledger, Option<SystemTime>)>,
}

impl Table {
    /// The table of this name.
    pub fn new(aws: &Aws, name: String) -> Self {
        Self {
            aws: aws.clone(),
            name,
            client: None,
        }
    }

    /// Every item of it; nothing where one cannot be read.
    ///
    /// # Errors
    ///
    /// Returns [`LedgerError::Missing`] if the table does not exist, [`LedgerError::Denied`] if the credentials
    /// may not read it, and [`LedgerError::Failed`] if there are no credentials, or DynamoDB refuses for another
    /// reason or does not answer.
    pub async fn items(&mut self) -> Result<Vec<(Key, Option<Item>)>, LedgerError> {
        let is_fresh =
            |ends: &Option<SystemTime>| ends.is_none_or(|ends| SystemTime::now() + SPARE < ends);
        let (ledger, ends) = match self.client.take().filter(|(_, ends)| is_fresh(ends)) {
            Some(client) => client,
            None => self.connect().await.map_err(|why| LedgerError::Failed {
                table: self.name.clone(),
                region: self.aws.region().to_owned(),
                why,
            })?,
        };
        let items = ledger.items().await;
        self.client = Some((ledger, ends));
        items.map_err(|error| LedgerError::of(&error, &self.name, self.aws.region()))
    }

    async fn connect(&self) -> Result<(Ledger, Option<SystemTime>), AwsError> {
        let services = [("DynamoDB", "DYNAMODB")];
        let FunctionEnvironment { environment, ends } =
            self.aws.function_environment(SCAN, &services).await?;
        let http = client(web_roots(), Reuse::Connections)
            .map_err(|error| no_answer(error.to_string()))?;
        let ledger = Ledger::new(http, &environment, &self.name)
            .map_err(|error| no_answer(error.to_string()))?;
        Ok((ledger, ends))
    }
}
