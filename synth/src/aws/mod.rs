//! Clients of AWS: the one place that makes them.

mod access;
mod answer;
mod call;
mod cause;
mod clock;
mod error;
mod functions;
mod http;
mod identity;
mod link;
pub mod patience;
mod profile;
mod protocol;
mod queue;
mod region;

use std::time::Duration;

use aws_config::{SdkConfig, retry::RetryConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};

pub use access::Access;
pub use answer::Answer;
pub use clock::Clock;
pub use error::AwsError;
pub use functions::FunctionEnvironment;
pub use http::http_client;
pub use identity::Identity;
pub use link::Link;
pub use patience::Notice;
pub use profile::Configuration;
pub use protocol::{Protocol, Service};
pub use queue::QueueDepth;
pub use region::Region;

/// AWS in one region, with the credentials of whoever runs this.
#[derive(Clone, Debug)]
pub struct Aws {
    config: SdkConfig,
    region: String,
    notice: Notice,
    clock: Clock,
}

impl Aws {
    /// Clients that this configuration makes, in this region, with the limits of [`patience`].
    pub fn new(config: SdkConfig, region: String) -> Self {
        let config = config
            .into_builder()
            .timeout_config(patience::timeouts(patience::ATTEMPT))
            .retry_config(patience::few_retries())
            .build();
        Self {
            clock: Clock::of(&config),
            config,
            region,
            notice: Notice::default(),
        }
    }

    fn with_notice(self, notice: Notice) -> Self {
        Self { notice, ..self }
    }

    /// Attempts a call until it succeeds, fails for a reason that does not pass by itself, or
    /// [`patience::PATIENCE`] is over. The clients of CloudFormation, S3 and STS leave it to this.
    pub(crate) async fn patiently<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, AwsError>
    where
        F: Future<Output = Result<T, AwsError>>,
    {
        patience::patiently(&self.clock, &self.notice, attempt).await
    }

    /// The region that the clients talk to.
    pub fn region(&self) -> &str {
        &self.region
    }

    /// The endpoint that stands for all of AWS, if one is configured.
    pub fn endpoint(&self) -> Option<&str> {
        self.config.endpoint_url()
    }

    /// What clients are made from that are not the SDK's.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The account that the credentials belong to.
    ///
    /// # Errors
    ///
    /// Returns an [`AwsError`] if AWS does not say whose the credentials are; see [`Aws::identity`].
    pub async fn account(&self) -> Result<String, AwsError> {
        Ok(self.identity().await?.account)
    }

    /// The answer, if it is AWS's own: all of these have an ID. One without it comes from somebody in between, and
    /// what was asked for was not done. Sources: "Common response headers" in the Amazon S3 API reference and
    /// "Common errors" in that of CloudFormation. Other endpoints need not know of it.
    pub(crate) fn own_answer<T: aws_types::request_id::RequestId>(
        &self,
        operation: &'static str,
        answer: T,
    ) -> Result<T, AwsError> {
        if self.endpoint().is_none() && answer.request_id().is_none() {
            return Err(AwsError::WithoutReason {
                operation,
                status: 200,
                excerpt: String::new(),
            });
        }
        Ok(answer)
    }

    /// The clock that everything goes by.
    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// The configuration of clients whose calls are made by [`Self::patiently`].
    fn patient_config(&self, attempt: Duration) -> SdkConfig {
        self.config
            .to_builder()
            .timeout_config(patience::timeouts(attempt))
            .retry_config(RetryConfig::disabled())
            .build()
    }

    /// The same in a role that the credentials may take on, for an hour at most. `session` is what the role's log
    /// calls it.
    pub(crate) async fn assume(&self, role_arn: &str, session: &str) -> Result<Self, AwsError> {
        const OPERATION: &str = "STS AssumeRole";
        let assumed = aws_sdk_sts::Client::new(&self.config)
            .assume_role()
            .role_arn(role_arn)
            .role_session_name(session)
            .send()
            .await
            .map_err(|error| AwsError::call(OPERATION, error))?;
        let of_role = assumed.credentials.ok_or_else(|| AwsError::NoAnswer {
            operation: OPERATION,
            reason: "no credentials".to_owned(),
        })?;
        let credentials = Credentials::new(
            of_role.access_key_id,
            of_role.secret_access_key,
            Some(of_role.session_token),
            None,
            "role",
        );
        let provider = SharedCredentialsProvider::new(credentials);
        let config = self.config.clone().into_builder();
        let config = config.credentials_provider(provider).build();
        Ok(Self::new(config, self.region.clone()))
    }

    /// CloudFormation.
    pub fn cloudformation(&self) -> aws_sdk_cloudformation::Client {
        aws_sdk_cloudformation::Client::new(&self.patient_config(patience::ATTEMPT))
    }

    /// S3. An endpoint that is not AWS's own knows no bucket by a host of its own.
    pub fn s3(&self) -> aws_sdk_s3::Client {
        let own_endpoint = self.endpoint().is_some();
        let config = aws_sdk_s3::config::Builder::from(&self.patient_config(patience::UPLOAD))
            .force_path_style(own_endpoint);
        aws_sdk_s3::Client::from_conf(config.build())
    }

    /// Secrets Manager.
    pub fn secrets_manager(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config)
    }

    /// SQS.
    pub fn sqs(&self) -> aws_sdk_sqs::Client {
        aws_sdk_sqs::Client::new(&self.config)
    }

    /// Lambda.
    pub fn lambda(&self) -> aws_sdk_lambda::Client {
        aws_sdk_lambda::Client::new(&self.config)
    }

    /// CloudWatch.
    pub fn cloudwatch(&self) -> aws_sdk_cloudwatch::Client {
        aws_sdk_cloudwatch::Client::new(&self.config)
    }
}
