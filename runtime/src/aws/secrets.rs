//! AWS Secrets Manager: the one secret there is.

use serde_json::json;

use super::{CallError, Reason, Service};
use crate::{
    read::text,
    settings::{Environment, InvalidVariable},
};

/// A client of Secrets Manager.
#[derive(Clone, Debug)]
pub struct SecretsManager(Service);

/// What a secret holds.
pub enum Stored {
    /// Nothing has been set.
    Nothing,
    /// A text.
    Text(String),
    /// Bytes that are no text.
    Binary,
}

impl SecretsManager {
    /// A client as the environment says.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment names no region or has no credentials.
    pub fn new(http: reqwest::Client, environment: &Environment) -> Result<Self, InvalidVariable> {
        Service::new(http, environment, "secretsmanager", "SECRETS_MANAGER").map(Self)
    }

    /// The current value of a secret.
    ///
    /// AWS refuses with `ResourceNotFoundException` while there is no current version. A local AWS
    /// may answer without a value instead.
    ///
    /// # Errors
    ///
    /// Returns a [`CallError`] if Secrets Manager refuses for another reason than that there is no value, cannot
    /// be reached, or gives an answer that cannot be read.
    pub async fn value(&self, secret: &str) -> Result<Stored, CallError> {
        let input = json!({ "SecretId": secret });
        match self
            .0
            .json("secretsmanager", "GetSecretValue", "1.1", &input)
            .await
        {
            Ok(answer) if answer["SecretBinary"].is_string() => Ok(Stored::Binary),
            Ok(answer) => Ok(match text(&answer, "SecretString") {
                Some(value) => Stored::Text(value.to_owned()),
                None => Stored::Nothing,
            }),
            Err(error) => match error.reason() {
                Reason::Refused { error: name, .. } if name == "ResourceNotFoundException" => {
                    Ok(Stored::Nothing)
                }
                _ => Err(error),
            },
        }
    }
}
