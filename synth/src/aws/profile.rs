//! What the AWS configuration of this process says of whose credentials are used: to say what to do where there are none.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use super::AwsError;

/// What the AWS configuration of this process says.
///
/// Sources: "Location of the shared config and credentials files" and "Understand credential precedence" in the AWS SDKs
/// and Tools Reference Guide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Configuration {
    /// The profile that `AWS_PROFILE` names.
    pub profile: Option<String>,
    /// The profiles that the two files have, sorted.
    pub profiles: Vec<String>,
    /// Whether access keys in the environment are used, whatever the profile is.
    pub has_keys: bool,
    /// The region that the environment names.
    pub region: Option<String>,
    /// The file that `AWS_WEB_IDENTITY_TOKEN_FILE` names, if it is not there.
    pub missing_token: Option<String>,
}

impl Configuration {
    /// That of this process.
    #[expect(
        clippy::disallowed_methods,
        reason = "the variables that the SDK reads by itself"
    )]
    pub fn of_process() -> Self {
        let of = |name: &str| env::var(name).ok().filter(|it| !it.is_empty());
        let home = env::home_dir().unwrap_or_default().join(".aws");
        let text = |variable: &str, file: &str| {
            let path = of(variable).map_or_else(|| home.join(file), PathBuf::from);
            fs::read_to_string(path).unwrap_or_default()
        };
        Self {
            profile: of("AWS_PROFILE"),
            profiles: profiles(
                &text("AWS_CONFIG_FILE", "config"),
                &text("AWS_SHARED_CREDENTIALS_FILE", "credentials"),
            ),
            has_keys: of("AWS_ACCESS_KEY_ID").is_some() && of("AWS_SECRET_ACCESS_KEY").is_some(),
            region: of("AWS_REGION").or_else(|| of("AWS_DEFAULT_REGION")),
            missing_token: of("AWS_WEB_IDENTITY_TOKEN_FILE").filter(|it| !Path::new(it).exists()),
        }
    }

    /// The same error with what to do about it, if there are no credentials, or none that count any more.
    pub fn explain(&self, error: AwsError) -> AwsError {
        let (operation, reason, are_absent) = match &error {
            AwsError::Refused {
                operation,
                code,
                message,
            } if error.is_credentials() => {
                return AwsError::NoCredentials {
                    operation,
                    reason: format!("{message} ({code})"),
                    next: self.refresh(),
                };
            }
            AwsError::Credentials {
                operation,
                reason,
                are_absent,
            } => (operation, reason, *are_absent),
            _ => return error,
        };
        let (reason, next) = match &self.profile {
            Some(profile) if !self.has_keys && !self.profiles.contains(profile) => {
                (format!("there is no profile `{profile}`"), self.choose())
            }
            _ if self.missing_token.is_some() && !self.has_keys => (
                format!(
                    "there is no `{}`, which AWS_WEB_IDENTITY_TOKEN_FILE names",
                    self.missing_token.as_deref().unwrap_or_default()
                ),
                "mount the token there, or unset AWS_WEB_IDENTITY_TOKEN_FILE".to_owned(),
            ),
            None if are_absent && !self.has_keys => (
                "there are no credentials: none in the environment, in a profile or from this machine's role".to_owned(),
                self.choose(),
            ),
            _ => (reason.clone(), self.refresh()),
        };
        AwsError::NoCredentials {
            operation,
            reason,
            next,
        }
    }

    /// How expired credentials become new ones.
    fn refresh(&self) -> String {
        if self.has_keys {
            return "set new AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or unset them and name a \
                    profile in AWS_PROFILE"
                .to_owned();
        }
        match &self.profile {
            Some(profile) => format!("aws sso login --profile {profile}"),
            None => "aws sso login".to_owned(),
        }
    }

    /// How a profile is chosen, or made.
    fn choose(&self) -> String {
        let unknown = self.profile.as_ref();
        let unknown = unknown.filter(|it| !self.profiles.contains(it));
        let make = unknown.map_or("aws configure sso".to_owned(), |profile| {
            format!("aws configure sso --profile {profile}")
        });
        if self.profiles.is_empty() {
            return make;
        }
        let near = unknown.and_then(|wanted| {
            let distances = self.profiles.iter();
            let distances = distances.map(|it| (strsim::damerau_levenshtein(wanted, it), it));
            distances.filter(|(distance, _)| *distance < 3).min()
        });
        let all = self.profiles.join(", ");
        match near {
            Some((_, near)) => format!("export AWS_PROFILE={near} (there are {all}); or {make}"),
            None => format!("export AWS_PROFILE=..., one of {all}; or {make}"),
        }
    }
}

/// The profiles of the two files. In `config` all but `default` begin with the word `profile`.
fn profiles(config: &str, credentials: &str) -> Vec<String> {
    let sections = |text: &str| -> Vec<String> {
        let lines = text.lines().filter_map(|line| {
            let (name, _) = line.trim().strip_prefix('[')?.split_once(']')?;
            Some(name.trim().to_owned())
        });
        lines.collect()
    };
    let of_config = sections(config).into_iter().filter_map(|name| {
        let profile = name.strip_prefix("profile ").map(str::trim);
        profile
            .map(str::to_owned)
            .or((name == "default").then_some(name))
    });
    let mut all: Vec<String> = of_config.chain(sections(credentials)).collect();
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPERATION: &str = "STS GetCallerIdentity";

    fn configuration(profile: Option<&str>) -> Configuration {
        Configuration {
            profile: profile.map(str::to_owned),
            profiles: vec!["dev".to_owned(), "prod".to_owned()],
            ..Configuration::default()
        }
    }

    fn credentials(reason: &str, are_absent: bool) -> AwsError {
        AwsError::Credentials {
            operation: OPERATION,
            reason: reason.to_owned(),
            are_absent,
        }
    }

    #[test]
    fn profiles_of_both_files_are_known() {
        let config =
            "[default]\nregion = eu-central-1\n[profile dev]\n[ profile  prod ]\n[sso-session x]\n";
        assert_eq!(
            profiles(config, "[old]\naws_access_key_id = x\n[dev]\n"),
            ["default", "dev", "old", "prod"]
        );
    }

    #[test]
    fn each_way_to_have_no_credentials_has_its_next_command() {
        let expired = AwsError::Refused {
            operation: OPERATION,
            code: "ExpiredToken".to_owned(),
            message: "The security token included in the request is expired".to_owned(),
        };
        let imds = || credentials("request forbidden: IMDS is disabled", true);
        let sso = credentials("The SSO session has expired or is otherwise invalid", false);
        let keys = Configuration {
            has_keys: true,
            ..configuration(None)
        };
        let nothing = Configuration::default();
        let web_identity = Configuration {
            missing_token: Some("/token".to_owned()),
            ..Configuration::default()
        };
        for (configuration, error, said, next) in [
            (
                configuration(Some("nope")),
                imds(),
                "there is no profile `nope`",
                "export AWS_PROFILE=..., one of dev, prod; or aws configure sso --profile nope",
            ),
            (
                configuration(Some("prd")),
                imds(),
                "there is no profile `prd`",
                "export AWS_PROFILE=prod (there are dev, prod); or aws configure sso --profile prd",
            ),
            (
                web_identity,
                credentials(
                    "the file of the credentials cannot be read: No such file",
                    false,
                ),
                "there is no `/token`, which AWS_WEB_IDENTITY_TOKEN_FILE names",
                "mount the token there",
            ),
            (
                configuration(None),
                imds(),
                "there are no credentials",
                "export AWS_PROFILE=..., one of dev, prod; or aws configure sso",
            ),
            (
                nothing,
                imds(),
                "there are no credentials",
                "aws configure sso",
            ),
            (
                configuration(Some("prod")),
                sso,
                "The SSO session has expired",
                "aws sso login --profile prod",
            ),
            (
                keys,
                expired,
                "The security token included in the request is expired (ExpiredToken)",
                "set new AWS_ACCESS_KEY_ID",
            ),
        ] {
            let explained = configuration.explain(error);
            assert!(explained.to_string().contains(said), "{explained}");
            let hint = explained.hint().unwrap();
            assert!(hint.contains(next), "{hint}");
            assert!(!explained.is_passing());
        }
    }

    #[test]
    fn what_has_to_do_with_the_network_stays_as_it_is() {
        let refused = AwsError::NoAnswer {
            operation: OPERATION,
            reason: "connection refused".to_owned(),
        };
        let error = configuration(Some("dev")).explain(refused);
        assert_eq!(
            error.to_string(),
            "STS GetCallerIdentity: connection refused"
        );
    }
}
