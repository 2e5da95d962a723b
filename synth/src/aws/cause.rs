//! What lies behind a call that nothing answered, by the types of its causes: their words can be anything.

use std::{error::Error, io};

use aws_config::imds::client::error::ImdsError;
use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::result::ConnectorError;

/// Whether an error is about credentials, and then whether there are none; nothing where it is about something else, such
/// as the way to whoever gives credentials out.
///
/// Source: `CredentialsError` of the crate `aws-credential-types`. Where IMDS refuses, this machine has no role.
pub(super) fn are_absent(error: &(dyn Error + 'static)) -> Option<bool> {
    let mut found = None;
    let mut next = Some(error);
    while let Some(cause) = next {
        if let Some(it) = cause.downcast_ref::<CredentialsError>() {
            found = Some(matches!(it, CredentialsError::CredentialsNotLoaded(_)));
        } else if found.is_some() && cause.is::<ImdsError>() {
            found = Some(true);
        } else if found == Some(false) && is_of_network(cause) {
            return None;
        }
        next = cause.source();
    }
    found
}

fn is_of_network(cause: &(dyn Error + 'static)) -> bool {
    let connector = cause.downcast_ref::<ConnectorError>();
    connector.is_some_and(|it| it.is_io() || it.is_timeout())
        || cause
            .downcast_ref::<io::Error>()
            .is_some_and(|it| !is_file(it))
}

/// Whether a file could not be read.
fn is_file(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied
    )
}

/// The innermost cause, which the outer ones only pass on. Where it is a file of the credentials that cannot be read, such
/// as the token of a web identity, only an outer cause knows that they are what is missing.
pub(super) fn reason_of(error: &(dyn Error + 'static)) -> String {
    let mut inner = error;
    let mut is_of_credentials = inner.is::<CredentialsError>();
    while let Some(source) = inner.source() {
        inner = source;
        is_of_credentials |= inner.is::<CredentialsError>();
    }
    if is_of_credentials && inner.downcast_ref::<io::Error>().is_some_and(is_file) {
        return format!("the file of the credentials cannot be read: {inner}");
    }
    inner.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::AwsError;

    const OPERATION: &str = "STS GetCallerIdentity";

    fn of(error: &CredentialsError) -> AwsError {
        AwsError::unanswered(OPERATION, error)
    }

    /// What is not there does not come by waiting for it.
    #[test]
    fn a_missing_file_of_the_credentials_does_not_pass_by_itself() {
        let error_of = |kind| of(&CredentialsError::provider_error(io::Error::from(kind)));
        let missing = error_of(io::ErrorKind::NotFound);
        assert!(
            missing.is_credentials() && !missing.is_passing(),
            "{missing}"
        );
        // The network comes back.
        let refused = error_of(io::ErrorKind::ConnectionRefused);
        assert!(refused.is_passing() && !refused.is_credentials());
    }

    /// The words of an error can be anything, and change with the SDK.
    #[test]
    fn the_type_of_an_error_says_whether_it_is_about_credentials() {
        for (error, absent) in [
            (CredentialsError::not_loaded("no provider"), Some(true)),
            (
                CredentialsError::not_loaded(io::Error::from(io::ErrorKind::TimedOut)),
                Some(true),
            ),
            (
                CredentialsError::provider_error("the session has ended"),
                Some(false),
            ),
            (
                CredentialsError::invalid_configuration("a loop of profiles"),
                Some(false),
            ),
            (
                CredentialsError::provider_error(ConnectorError::io("reset".into())),
                None,
            ),
        ] {
            let is = match of(&error) {
                AwsError::Credentials { are_absent, .. } => Some(are_absent),
                AwsError::NoAnswer { .. } => None,
                other => panic!("{other}"),
            };
            assert_eq!(is, absent, "{error:?}");
        }
        let words = io::Error::other("the token of the credential host IMDS is SSO");
        let network = AwsError::unanswered(OPERATION, &words);
        assert!(!network.is_credentials() && network.is_passing());
    }

    /// A machine whose role may not be asked for has none.
    #[tokio::test]
    async fn where_the_machine_refuses_to_give_credentials_there_are_none() {
        use aws_config::{imds, provider_config::ProviderConfig};
        use aws_credential_types::provider::ProvideCredentials as _;
        use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let refusing = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let _ = stream.read(&mut [0; 4_096]).await;
                let answer =
                    b"HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                stream.write_all(answer).await.unwrap();
            }
        });
        let config = ProviderConfig::without_region().with_http_client(crate::aws::http_client());
        let client = imds::Client::builder()
            .configure(&config)
            .endpoint(&endpoint)
            .unwrap()
            .build();
        let provider = imds::credentials::ImdsCredentialsProvider::builder()
            .configure(&config)
            .imds_client(client)
            .build();
        let error = provider.provide_credentials().await.unwrap_err();
        refusing.abort();
        assert!(
            matches!(
                of(&error),
                AwsError::Credentials {
                    are_absent: true,
                    ..
                }
            ),
            "{error:?}"
        );
    }
}
