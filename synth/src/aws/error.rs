//! What goes wrong between this machine and AWS.

use std::error::Error;

use aws_sdk_cloudformation::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

use super::cause::{are_absent, reason_of};

/// A call of AWS that failed.
#[derive(Debug, thiserror::Error)]
pub enum AwsError {
    /// No region is named anywhere.
    #[error("no region: neither the account file nor the AWS configuration names one")]
    NoRegion,
    /// AWS did not say whose the credentials are.
    #[error("AWS did not say which account the credentials belong to")]
    NoAccount,
    /// There are no credentials, or none that count any more.
    #[error("{operation}: {reason}")]
    NoCredentials {
        /// The service and the operation.
        operation: &'static str,
        /// What stood in the way.
        reason: String,
        /// How to get new ones.
        next: String,
    },
    /// The same, before it is known how to get new ones.
    #[error("{operation}: {reason}")]
    Credentials {
        /// The service and the operation.
        operation: &'static str,
        /// What stood in the way.
        reason: String,
        /// Whether there are none anywhere, rather than some that do not count.
        are_absent: bool,
    },
    /// The credentials belong to another account than the file is for.
    #[error("the credentials are for account {found}, but the account file is for {wanted}")]
    WrongAccount {
        /// Whose the credentials are.
        found: String,
        /// Whom the file is for.
        wanted: String,
    },
    /// AWS refused.
    #[error("{operation}: {message} ({code})")]
    Refused {
        /// The service and the operation.
        operation: &'static str,
        /// AWS's name for the reason.
        code: String,
        /// AWS's words.
        message: String,
    },
    /// S3 refused to say whether something is there: such an answer has a status and no words.
    #[error("{operation}: {}", refused_head(*status, bucket, key.as_deref()))]
    RefusedHead {
        /// The service and the operation.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
        /// The bucket.
        bucket: String,
        /// The object's key, unless the bucket was asked for.
        key: Option<String>,
    },
    /// Something answered that gives no reason: a proxy, most often.
    #[error("{operation}: {}", without_reason(*status, excerpt))]
    WithoutReason {
        /// The service and the operation.
        operation: &'static str,
        /// The HTTP status.
        status: u16,
        /// How the answer begins.
        excerpt: String,
    },
    /// The certificates that `AWS_CA_BUNDLE` names cannot be used.
    #[error("the certificates in `{path}` (AWS_CA_BUNDLE) cannot be used: {reason}")]
    CaBundle {
        /// The file.
        path: String,
        /// Why.
        reason: String,
    },
    /// There was no answer.
    #[error("{operation}: {reason}")]
    NoAnswer {
        /// The service and the operation.
        operation: &'static str,
        /// What stood in the way.
        reason: String,
    },
    /// The answer is not what the service is known to give.
    #[error("{operation}: {reason}")]
    Unreadable {
        /// The service and the operation.
        operation: &'static str,
        /// What is wrong with it.
        reason: String,
    },
}

impl AwsError {
    /// The error of a call.
    pub fn call<E>(operation: &'static str, error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        if let Some(code) = error.code() {
            return Self::Refused {
                operation,
                code: code.to_owned(),
                message: error.message().unwrap_or("no reason given").to_owned(),
            };
        }
        match error.raw_response() {
            Some(response) => Self::WithoutReason {
                operation,
                status: response.status().as_u16(),
                excerpt: excerpt(response.body().bytes().unwrap_or_default()),
            },
            None => Self::unanswered(operation, &error),
        }
    }

    /// The error of a call that nothing answered: because of the credentials, or of what is between here and AWS.
    pub(super) fn unanswered(operation: &'static str, error: &(dyn Error + 'static)) -> Self {
        let reason = reason_of(error);
        match are_absent(error) {
            Some(are_absent) => Self::Credentials {
                operation,
                reason,
                are_absent,
            },
            None => Self::NoAnswer { operation, reason },
        }
    }

    /// The error of a call that nobody has credentials for.
    pub(super) fn without_credentials(operation: &'static str) -> Self {
        Self::Credentials {
            operation,
            reason: "there are no credentials".to_owned(),
            are_absent: true,
        }
    }

    /// The error of a `HEAD` call of S3 about a bucket or, with a key, an object in it.
    pub(crate) fn head<E>(
        operation: &'static str,
        error: SdkError<E, HttpResponse>,
        bucket: &str,
        key: Option<&str>,
    ) -> Self
    where
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
    {
        match error.raw_response() {
            Some(response) if error.code().is_none_or(|code| code == "NotFound") => {
                Self::RefusedHead {
                    operation,
                    status: response.status().as_u16(),
                    bucket: bucket.to_owned(),
                    key: key.map(str::to_owned),
                }
            }
            _ => Self::call(operation, error),
        }
    }

    /// AWS's name for the reason, if it refused.
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// AWS's words, if it refused.
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Refused { message, .. } => Some(message),
            _ => None,
        }
    }

    /// Whether the credentials are the problem, and new ones the solution.
    pub fn is_credentials(&self) -> bool {
        match self {
            Self::Refused { code, .. } => matches!(
                code.as_str(),
                "ExpiredToken"
                    | "ExpiredTokenException"
                    | "InvalidClientTokenId"
                    | "InvalidAccessKeyId"
                    | "InvalidSignatureException"
                    | "InvalidToken"
                    | "RequestExpired"
                    | "SignatureDoesNotMatch"
                    | "UnrecognizedClientException"
            ),
            Self::Credentials { .. } | Self::NoCredentials { .. } => true,
            _ => false,
        }
    }

    /// Whether the same call may well succeed a moment later. Whether it took effect nobody knows then.
    pub fn is_passing(&self) -> bool {
        match self {
            Self::Refused { code, .. } => {
                code.contains("Throttl")
                    || matches!(
                        code.as_str(),
                        "BandwidthLimitExceeded"
                            | "InternalError"
                            | "InternalFailure"
                            | "InternalServerError"
                            | "InternalServerException"
                            | "PriorRequestNotComplete"
                            | "ProvisionedThroughputExceededException"
                            | "RequestLimitExceeded"
                            | "RequestTimeout"
                            | "RequestTimeoutException"
                            | "ServiceUnavailable"
                            | "ServiceUnavailableException"
                            | "SlowDown"
                            | "TooManyRequestsException"
                    )
            }
            Self::RefusedHead { status, .. } => *status == 429 || *status >= 500,
            // What says yes and is no answer comes from somebody in between.
            Self::WithoutReason { status, .. } => {
                matches!(status, 200..300 | 408 | 429) || *status >= 500
            }
            Self::NoAnswer { .. } => !self.is_certificate(),
            _ => false,
        }
    }

    /// Whether nobody knows if the call took effect.
    pub fn is_lost(&self) -> bool {
        let is_throttled = matches!(self, Self::Refused { code, .. }
        if code.contains("Throttl") || matches!(
            code.as_str(), "RequestLimitExceeded" | "SlowDown" | "TooManyRequestsException"
        ));
        self.is_passing() && !is_throttled
    }

    /// Whether the host has no address, as far as anybody knows.
    pub(crate) fn is_without_address(&self) -> bool {
        matches!(self, Self::NoAnswer { reason, .. }
            if reason.contains("failed to lookup address") || reason.contains("dns error"))
    }

    fn is_certificate(&self) -> bool {
        matches!(self, Self::NoAnswer { reason, .. } if reason.contains("certificate"))
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        if let Self::NoCredentials { next, .. } = self {
            return Some(next.clone());
        }
        if self.is_credentials() {
            return Some(
                "refresh your credentials (`aws sso login`), or name a profile in AWS_PROFILE"
                    .to_owned(),
            );
        }
        match self {
            Self::NoRegion => Some(
                "add `regions: [eu-central-1]` to the account file, or set AWS_REGION".to_owned(),
            ),
            Self::WrongAccount { .. } => Some("name the right profile in AWS_PROFILE".to_owned()),
            Self::Refused {
                code, operation, ..
            } if code.contains("AccessDenied") => Some(format!(
                "let the credentials call {operation}, then run the same command again"
            )),
            Self::RefusedHead { status: 403, .. } => Some(
                "check the permissions of the credentials, and whose the bucket is, then run the \
                 same command again"
                    .to_owned(),
            ),
            Self::WithoutReason { .. } if !self.is_passing() => Some(
                "something between this machine and AWS answers: check HTTPS_PROXY and NO_PROXY"
                    .to_owned(),
            ),
            Self::NoAnswer { .. } if self.is_certificate() => {
                Some("name the file with the certificate of your proxy in AWS_CA_BUNDLE".to_owned())
            }
            Self::NoAnswer { .. } if self.is_without_address() => {
                Some("check the name of the region, the network, and HTTPS_PROXY".to_owned())
            }
            Self::CaBundle { .. } => {
                Some("name a file with PEM certificates in AWS_CA_BUNDLE".to_owned())
            }
            _ if self.is_passing() => {
                Some("AWS has trouble: run the same command again later".to_owned())
            }
            _ => None,
        }
    }
}

/// What S3's status says of a bucket or an object.
///
/// Source: `HeadBucket` and `HeadObject` in the Amazon S3 API reference.
fn refused_head(status: u16, bucket: &str, key: Option<&str>) -> String {
    let what = match key {
        Some(key) => format!("`{key}` in the bucket `{bucket}`"),
        None => format!("the bucket `{bucket}`"),
    };
    let why = match (status, key) {
        (301, _) => "it is in another region".to_owned(),
        (400, _) => "the request or the credentials are not valid".to_owned(),
        (403, Some(_)) => {
            "the credentials lack `s3:GetObject` on it or `s3:ListBucket` on the bucket, \
                           or the bucket belongs to another account"
                .to_owned()
        }
        (403, None) => {
            "the credentials lack `s3:ListBucket` on it, or it belongs to another account"
                .to_owned()
        }
        (429 | 500.., _) => "try again later".to_owned(),
        _ => "no reason given".to_owned(),
    };
    format!("S3 answered {status} for {what}: {why}")
}

fn without_reason(status: u16, excerpt: &str) -> String {
    if excerpt.is_empty() {
        format!("the answer has the status {status}, and no reason")
    } else {
        format!("the answer has the status {status}, and is none of AWS's: {excerpt}")
    }
}

/// How a page begins that is meant for a browser. Nothing else is shown of an answer: it may hold secrets.
fn excerpt(body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let begins = text.trim_start().get(..5).unwrap_or_default();
    if !["<html", "<!doc"].contains(&begins.to_ascii_lowercase().as_str()) {
        return String::new();
    }
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    line.chars().take(80).collect()
}
