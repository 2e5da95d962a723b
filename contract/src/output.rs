//! What the core stack shows once it is deployed.

use crate::FunctionName;

/// An output of the core stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Output {
    /// The ARN of the function that alarms invoke.
    AlarmFunctionArn,
    /// The URL of the queue of dead letters.
    DeadLettersUrl,
    /// The name of the bucket of events that functions failed on.
    FailedEventsBucket,
    /// The name of a function.
    Function(FunctionName),
    /// The URL of the queue of incidents.
    IncidentsUrl,
    /// The name of the ledger's table.
    LedgerTable,
    /// The ARN of the role that may send incidents to their queue again.
    RedriveRoleArn,
    /// The version of Tocsin that made the template.
    Version,
    /// The ARN of the secret that holds the webhook.
    WebhookSecretArn,
}

impl Output {
    /// The output's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AlarmFunctionArn => "AlarmFunctionArn",
            Self::DeadLettersUrl => "DeadLettersUrl",
            Self::FailedEventsBucket => "FailedEventsBucket",
            Self::Function(function) => function.logical_id(),
            Self::IncidentsUrl => "IncidentsUrl",
            Self::LedgerTable => "LedgerTable",
            Self::RedriveRoleArn => "RedriveRoleArn",
            Self::Version => "Version",
            Self::WebhookSecretArn => "WebhookSecretArn",
        }
    }
}
