//! Whose credentials are used.

use super::{Aws, AwsError};

/// Whose credentials are used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The account's twelve digits.
    pub account: String,
    /// The ARN of the user or of the session of a role; empty where AWS does not say it.
    pub arn: String,
}

impl Aws {
    /// Asks AWS whose the credentials are.
    ///
    /// # Errors
    ///
    /// Returns an [`AwsError`] if STS refuses the credentials, if there are none, if nothing answers for ten
    /// minutes, or if the answer names no account.
    pub async fn identity(&self) -> Result<Identity, AwsError> {
        const OPERATION: &str = "STS GetCallerIdentity";
        let sts = aws_sdk_sts::Client::new(&self.patient_config(super::patience::ATTEMPT));
        let answer = self
            .patiently(|| async {
                let answer = sts.get_caller_identity().send().await;
                let answer = answer.map_err(|error| AwsError::call(OPERATION, error))?;
                self.own_answer(OPERATION, answer)
            })
            .await?;
        Ok(Identity {
            account: answer.account.ok_or(AwsError::NoAccount)?,
            arn: answer.arn.unwrap_or_default(),
        })
    }
}
