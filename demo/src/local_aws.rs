//! MiniStack, on loopback, for as long as somebody needs it.

use std::{
    fs::{self, File},
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    time::Duration,
};

use aws_config::BehaviorVersion;
use aws_credential_types::Credentials;
use jiff::Timestamp;
use stacks::Json;
use synth::aws::{Aws, http_client};
use tempfile::TempDir;
use tokio::process::{Child, Command};

use crate::advice::{Advisers, Subjects};

/// Why there is no local AWS, or not what it should have in it.
#[derive(Debug, thiserror::Error)]
pub enum LocalAwsError {
    /// It is not installed.
    #[error("the local AWS is not installed in `{}`", .0.display())]
    NotInstalled(PathBuf),
    /// It did not start.
    #[error("the local AWS did not start: {0}")]
    NotStarted(String),
    /// The topic could not be made.
    #[error("the topic of the results could not be made: {0}")]
    Topic(String),
    /// The instances could not be made.
    #[error("the instances of the cost report could not be made: {0}")]
    Fixtures(String),
}

/// Starts the local AWS and ends it with this process.
const SERVE: &str = include_str!("../local-aws/serve.py");
/// Makes a topic with a queue that is subscribed to it.
const TOPIC: &str = include_str!("../local-aws/topic.py");
/// Makes instances and metrics.
const FIXTURES: &str = include_str!("../local-aws/fixtures.py");

/// A local AWS that runs. It ends when this value is dropped, and when this process ends: it waits
/// for the end of its standard input, and then takes every function that it has started with it.
pub struct LocalAws {
    child: Child,
    python: PathBuf,
    endpoint: String,
    region: String,
    aws: Aws,
    scratch: TempDir,
    log: PathBuf,
    advisers: Advisers,
}

impl LocalAws {
    /// Starts it, and waits until it answers.
    ///
    /// # Errors
    ///
    /// Returns [`LocalAwsError::NotInstalled`] if `environment` has no Python, and [`LocalAwsError::NotStarted`]
    /// if the process cannot be started or does not answer in time.
    pub async fn start(environment: &Path, region: &str) -> Result<Self, LocalAwsError> {
        Self::start_with(environment, region, &[]).await
    }

    /// Starts it with these variables, which its functions inherit, and waits until it answers.
    ///
    /// # Errors
    ///
    /// Returns [`LocalAwsError::NotInstalled`] if `environment` has no Python, and [`LocalAwsError::NotStarted`]
    /// if the process cannot be started or does not answer in time.
    pub async fn start_with(
        environment: &Path,
        region: &str,
        variables: &[(&str, &str)],
    ) -> Result<Self, LocalAwsError> {
        let python = environment.join("bin/python");
        if !python.exists() {
            return Err(LocalAwsError::NotInstalled(environment.to_owned()));
        }
        let failed = |why: String| LocalAwsError::NotStarted(why);
        let port = free_port().map_err(|error| failed(format!("no free port: {error}")))?;
        let scratch = scratch_directory().map_err(|error| failed(error.to_string()))?;
        let log = scratch.path().join("log.txt");
        let output = File::create(&log).map_err(|error| failed(error.to_string()))?;
        let errors = output
            .try_clone()
            .map_err(|error| failed(error.to_string()))?;
        let endpoint = format!("http://127.0.0.1:{port}");
        let advisers = Advisers::listen().await;
        let advisers = advisers.map_err(|error| failed(error.to_string()))?;
        // Functions inherit its environment, so it gets none but this.
        let child = Command::new(&python)
            .args(["-c", SERVE])
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("HOME", scratch.path())
            .env("TMPDIR", scratch.path())
            .env("AWS_ENDPOINT_URL", &endpoint)
            .env("AWS_ENDPOINT_URL_COMPUTE_OPTIMIZER", advisers.endpoint())
            .env(
                "AWS_ENDPOINT_URL_COST_OPTIMIZATION_HUB",
                advisers.endpoint(),
            )
            .envs(variables.iter().copied())
            .env("BIND_HOST", "127.0.0.1")
            .env("GATEWAY_PORT", port.to_string())
            .env("SFTP_ENABLED", "0")
            .env("IOT_MTLS_ENABLED", "0")
            .env("LAMBDA_EXECUTOR", "local")
            .env("AWS_DEFAULT_REGION", region)
            .env("MINISTACK_REGION", region)
            .stdin(Stdio::piped())
            .stdout(output)
            .stderr(errors)
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let aws = connect(&endpoint, region).await;
        let mut local = Self {
            child,
            python,
            endpoint,
            region: region.to_owned(),
            aws,
            scratch,
            log,
            advisers,
        };
        local.wait_until_it_answers().await?;
        Ok(local)
    }

    async fn wait_until_it_answers(&mut self) -> Result<(), LocalAwsError> {
        for _ in 0..300 {
            if self.aws.account().await.is_ok() {
                return Ok(());
            }
            if let Ok(Some(status)) = self.child.try_wait() {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                let tail: Vec<&str> = log.lines().rev().take(5).collect();
                let tail: Vec<&str> = tail.into_iter().rev().collect();
                return Err(LocalAwsError::NotStarted(format!(
                    "{status}\n{}",
                    tail.join("\n")
                )));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Err(LocalAwsError::NotStarted(
            "no answer within 30 seconds".to_owned(),
        ))
    }

    /// Clients of it.
    pub fn aws(&self) -> &Aws {
        &self.aws
    }

    /// Where it listens.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Where its Cost Optimization Hub and its Compute Optimizer listen.
    pub fn advisers(&self) -> &Advisers {
        &self.advisers
    }

    /// What it says.
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// Whether it says this, or a function that runs in it.
    pub fn has_said(&self, words: &str) -> bool {
        fs::read_to_string(&self.log).is_ok_and(|log| log.contains(words))
    }

    /// Makes a topic; returns the URL of a queue that gets what it is sent.
    ///
    /// # Errors
    ///
    /// Returns [`LocalAwsError::Topic`] with the script's words if the topic could not be made.
    pub async fn make_topic(&self, name: &str) -> Result<String, LocalAwsError> {
        let output = self.python(TOPIC, &[name]).await;
        let output = output.map_err(|error| LocalAwsError::Topic(error.to_string()))?;
        let url = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if url.is_empty() || !output.status.success() {
            let why = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(LocalAwsError::Topic(why));
        }
        Ok(url)
    }

    /// Runs a script with the endpoint, the region and these arguments.
    async fn python(&self, script: &str, arguments: &[&str]) -> std::io::Result<Output> {
        Command::new(&self.python)
            .args(["-c", script, &self.endpoint, &self.region])
            .args(arguments)
            .env_clear()
            .env("HOME", self.scratch.path())
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
    }

    /// Makes instances and their metrics, and lets the advisers speak of them; returns the instances by what they
    /// stand for.
    ///
    /// # Errors
    ///
    /// Returns [`LocalAwsError::Fixtures`] with the script's last words if the instances could not be made, or if
    /// the local AWS does not say its account.
    pub async fn make_instances(&self) -> Result<Json, LocalAwsError> {
        let output = self.python(FIXTURES, &[]).await;
        let output = output.map_err(|error| LocalAwsError::Fixtures(error.to_string()))?;
        let errors = String::from_utf8_lossy(&output.stderr);
        let instances: Json = serde_json::from_slice(&output.stdout).map_err(|_| {
            LocalAwsError::Fixtures(errors.lines().last().unwrap_or_default().to_owned())
        })?;
        let id = |name: &str| instances[name].as_str().unwrap_or_default().to_owned();
        let account = self.aws.account().await;
        self.advisers.speak_of(Subjects {
            account: account.map_err(|error| LocalAwsError::Fixtures(error.to_string()))?,
            region: self.region.clone(),
            idle: id("idle"),
            large: id("large"),
            refreshed: Timestamp::now(),
        });
        Ok(instances)
    }

    /// Ends it, and everything that it has started. Its log stays if somebody may want to read it.
    pub async fn stop(mut self, keep_log: bool) {
        // The end of its standard input is what it waits for.
        drop(self.child.stdin.take());
        let ended = tokio::time::timeout(Duration::from_secs(5), self.child.wait()).await;
        if ended.is_err() {
            drop(self.child.kill().await);
        }
        self.scratch.disable_cleanup(keep_log);
    }
}

/// Clients of an AWS at this endpoint, which takes any credentials.
pub async fn connect(endpoint: &str, region: &str) -> Aws {
    let config = aws_config::defaults(BehaviorVersion::latest())
        .empty_test_environment()
        .http_client(http_client())
        .endpoint_url(endpoint)
        .region(aws_config::Region::new(region.to_owned()))
        .credentials_provider(Credentials::new("test", "test", None, None, "local"))
        .load()
        .await;
    Aws::new(config, region.to_owned())
}

fn scratch_directory() -> std::io::Result<TempDir> {
    let parent = Path::new("target/local-aws-run");
    fs::create_dir_all(parent)?;
    TempDir::new_in(parent.canonicalize()?)
}

fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
