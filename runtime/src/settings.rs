//! What the environment says to a function. Nothing below `main` reads the environment itself.

use aws_credential_types::Credentials;
pub use contract::settings::InvalidVariable;
use contract::{Partition, settings::Variables};

/// The environment's variables.
#[derive(Clone, Debug)]
pub struct Environment(Variables);

impl Environment {
    /// Holds these variables.
    pub fn new(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        Self(variables.into_iter().collect())
    }

    /// The variables themselves.
    pub fn variables(&self) -> &Variables {
        &self.0
    }

    /// The value of a variable; nothing where it is empty.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name)
    }

    /// The value of a variable that must be there.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the variable is not set or is empty.
    pub fn require(&self, name: &'static str) -> Result<&str, InvalidVariable> {
        self.0.require(name)
    }

    /// The region that the function runs in.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if neither `AWS_REGION` nor `AWS_DEFAULT_REGION` is set.
    pub fn region(&self) -> Result<&str, InvalidVariable> {
        self.get("AWS_REGION")
            .or_else(|| self.get("AWS_DEFAULT_REGION"))
            .ok_or(InvalidVariable::Missing("AWS_REGION"))
    }

    /// The credentials of the function's role.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the access key or its secret is not set.
    pub fn credentials(&self) -> Result<Credentials, InvalidVariable> {
        Ok(Credentials::new(
            self.require("AWS_ACCESS_KEY_ID")?,
            self.require("AWS_SECRET_ACCESS_KEY")?,
            self.get("AWS_SESSION_TOKEN").map(str::to_owned),
            None,
            "environment",
        ))
    }

    /// Where the API of a service is, as `AWS_ENDPOINT_URL_SQS`, `AWS_ENDPOINT_URL` or AWS itself
    /// say. `variable` is the service in the first of these, `host` its name in AWS's hosts.
    /// Source: "Service-specific endpoints" in the AWS SDKs and tools reference guide.
    ///
    /// # Errors
    ///
    /// Returns [`InvalidVariable::Missing`] if the environment names no region.
    pub fn endpoint(&self, variable: &str, host: &str) -> Result<String, InvalidVariable> {
        Ok(self.endpoint_in(variable, host, self.region()?))
    }

    /// As [`Environment::endpoint`], of another region.
    pub fn endpoint_in(&self, variable: &str, host: &str, region: &str) -> String {
        let domain = Partition::of_any_region(region).domain;
        self.endpoint_set(variable)
            .unwrap_or_else(|| format!("https://{host}.{region}.{domain}"))
    }

    /// The endpoint that the environment sets for a service, if it does.
    pub fn endpoint_set(&self, variable: &str) -> Option<String> {
        let own = format!("AWS_ENDPOINT_URL_{variable}");
        let url = self.get(&own).or_else(|| self.get("AWS_ENDPOINT_URL"))?;
        Some(url.trim_end_matches('/').to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(variables: &[(&str, &str)]) -> Environment {
        Environment::new(
            variables
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned())),
        )
    }

    #[test]
    fn endpoints_follow_the_standard_variables() {
        let region = ("AWS_REGION", "eu-central-1");
        for (variables, expected) in [
            (vec![region], "https://sqs.eu-central-1.amazonaws.com"),
            (
                vec![("AWS_REGION", "cn-north-1")],
                "https://sqs.cn-north-1.amazonaws.com.cn",
            ),
            (
                vec![region, ("AWS_ENDPOINT_URL", "http://127.0.0.1:1/")],
                "http://127.0.0.1:1",
            ),
            (
                vec![
                    region,
                    ("AWS_ENDPOINT_URL", "http://a"),
                    ("AWS_ENDPOINT_URL_SQS", "http://b"),
                ],
                "http://b",
            ),
        ] {
            assert_eq!(
                environment(&variables).endpoint("SQS", "sqs").unwrap(),
                expected
            );
        }
    }

    #[test]
    fn values_are_not_shown() {
        let shown = format!("{:?}", environment(&[("AWS_SECRET_ACCESS_KEY", "canary")]));
        assert_eq!(shown, r#"Environment({"AWS_SECRET_ACCESS_KEY"})"#);
    }
}
