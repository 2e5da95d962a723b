//! The secret that holds the webhook: put there, and what can be known of it without showing it.

use std::collections::HashMap;

use webhook::{Kind, UrlPolicy, Webhook};

use crate::aws::{Aws, AwsError};

/// How the webhook is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WebhookState {
    /// There is none yet.
    NotSet,
    /// There is one. Whoever may not read it sees nothing more.
    Set {
        /// Its kind.
        kind: Option<Kind>,
        /// The host that incidents are sent to.
        host: Option<String>,
    },
    /// There is one that cannot be used, for this reason.
    Unusable(String),
}

/// The staging label of a secret's version that holds a webhook of this kind. It is all that can be
/// known of a value without reading it, and cannot outlive the value.
fn label(kind: Kind) -> &'static str {
    match kind {
        Kind::Hmac => "tocsin.hmac",
        Kind::ApiKey => "tocsin.api-key",
    }
}

/// Puts a webhook of this kind into a secret.
///
/// # Errors
///
/// Returns an [`AwsError`] if Secrets Manager refuses or does not answer. The error does not hold the value.
pub async fn put(aws: &Aws, secret: &str, value: &str, kind: Kind) -> Result<(), AwsError> {
    aws.secrets_manager()
        .put_secret_value()
        .secret_id(secret)
        .secret_string(value)
        .version_stages("AWSCURRENT")
        .version_stages(label(kind))
        .send()
        .await
        .map(drop)
        .map_err(|it| AwsError::call("SecretsManager PutSecretValue", it))
}

/// How the webhook in a secret is, where incidents may be sent to what `policy` allows.
pub(crate) async fn state(
    aws: &Aws,
    secret: &str,
    policy: &UrlPolicy,
) -> Result<WebhookState, AwsError> {
    let client = aws.secrets_manager();
    let versions = client
        .describe_secret()
        .secret_id(secret)
        .send()
        .await
        .map_err(|it| AwsError::call("SecretsManager DescribeSecret", it))?
        .version_ids_to_stages
        .unwrap_or_default();
    let Some(labels) = current_labels(&versions) else {
        return Ok(WebhookState::NotSet);
    };
    let set = |kind, host| WebhookState::Set { kind, host };
    if let Some(kind) = labelled(labels) {
        return Ok(set(Some(kind), None));
    }
    // Not by `synth webhook set`, or on a local AWS that knows no labels of ours: only the value says
    // what it is.
    let answer = client.get_secret_value().secret_id(secret).send().await;
    let value = match answer.map_err(|it| AwsError::call("SecretsManager GetSecretValue", it)) {
        Ok(answer) => answer.secret_string,
        Err(error) if error.code() == Some("ResourceNotFoundException") => None,
        // Whoever may not read it still sees that it is set.
        Err(_) => return Ok(set(None, None)),
    };
    let Some(value) = value.filter(|it| !it.is_empty()) else {
        return Ok(WebhookState::NotSet);
    };
    Ok(match Webhook::parse(&value, policy) {
        Ok(it) => set(Some(it.kind()), Some(it.host().to_owned())),
        Err(error) => WebhookState::Unusable(error.to_string()),
    })
}

/// The staging labels of the version that is used; nothing where there is none.
fn current_labels(versions: &HashMap<String, Vec<String>>) -> Option<&[String]> {
    versions
        .values()
        .find(|labels| labels.iter().any(|label| label == "AWSCURRENT"))
        .map(Vec::as_slice)
}

/// The kind of webhook that a version's labels name.
fn labelled(labels: &[String]) -> Option<Kind> {
    Kind::ALL
        .into_iter()
        .find(|kind| labels.iter().any(|it| it == label(*kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_current_versions_label_tells_the_kind() {
        let versions = |all: &[(&str, &[&str])]| -> HashMap<String, Vec<String>> {
            let owned = |labels: &[&str]| labels.iter().map(|it| (*it).to_owned()).collect();
            all.iter()
                .map(|(id, labels)| ((*id).to_owned(), owned(labels)))
                .collect()
        };
        let kind = |all| current_labels(&versions(all)).map(labelled);
        let rotated: &[(&str, &[&str])] = &[
            ("old", &["AWSPREVIOUS", "tocsin.hmac"]),
            ("new", &["AWSCURRENT", "tocsin.api-key"]),
        ];
        assert_eq!(kind(rotated), Some(Some(Kind::ApiKey)));
        let by_hand: &[(&str, &[&str])] = &[
            ("old", &["AWSPREVIOUS", "tocsin.hmac"]),
            ("new", &["AWSCURRENT"]),
        ];
        assert_eq!(kind(by_hand), Some(None));
        assert_eq!(kind(&[("pending", &["AWSPENDING"])]), None);
        assert_eq!(kind(&[]), None);
    }
}
