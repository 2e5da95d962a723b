//! `synth doctor`: what is missing on this machine, for these credentials and in this account.

mod account;
mod machine;

use serde_json::json;
use stacks::Json;

use crate::{
    aws::{Configuration, Region},
    cli::{AccountFile, Doctor},
    commands::{Session, account_file::LoadedFile},
    error::{Error, Exit},
    permissions::{Policies, Scope, policies},
};

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Ok,
    Missing,
    NotLookedAt,
}

/// One thing that was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Check {
    /// Where: this machine, the credentials, or the account in a region.
    section: String,
    state: State,
    what: String,
    /// What to do about it.
    next: Option<String>,
    /// The names of the account file that it is about, for a program: a person sees them at their lines.
    names: Vec<Json>,
}

impl Check {
    fn ok(section: &str, what: impl Into<String>) -> Self {
        Self {
            section: section.to_owned(),
            state: State::Ok,
            what: what.into(),
            next: None,
            names: Vec::new(),
        }
    }

    fn missing(section: &str, what: impl Into<String>, next: impl Into<String>) -> Self {
        Self {
            state: State::Missing,
            next: Some(next.into()),
            ..Self::ok(section, what)
        }
    }

    fn not_looked_at(section: &str, what: impl Into<String>, next: Option<String>) -> Self {
        Self {
            state: State::NotLookedAt,
            next,
            ..Self::ok(section, what)
        }
    }

    fn to_json(&self) -> Json {
        let mut json = json!({
            "section": self.section,
            "state": self.state.word(),
            "what": self.what,
            "next": self.next,
        });
        if !self.names.is_empty() {
            json["names"] = self.names.clone().into();
        }
        json
    }
}

impl State {
    fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Missing => "missing",
            Self::NotLookedAt => "not looked at",
        }
    }
}

const CREDENTIALS: &str = "credentials";

pub(crate) async fn run(args: &Doctor, session: &Session) -> Result<Exit, Error> {
    let file = match args.file() {
        Some(file) => Some(file.load(session.terminal)?),
        None => None,
    };
    let name = args.name();
    if args.policy {
        return policy(file.as_ref(), session).await;
    }
    doctor(session, file.as_ref(), &name, args.json).await
}

/// Checks everything, and shows it. `name` is how the command line names the account file.
///
/// # Errors
///
/// Returns [`Error::Interrupted`] if the run is stopped. What is missing or could not be looked at is a line of
/// the output and not an error.
pub async fn doctor(
    session: &Session,
    file: Option<&LoadedFile>,
    name: &str,
    as_json: bool,
) -> Result<Exit, Error> {
    let terminal = session.terminal;
    let mut checks = machine::checks(file);
    let configuration = session.link.configuration();
    match connect(session, file).await {
        Ok(regions) => {
            checks.extend(credentials(&configuration, &regions, file));
            if let Some(file) = file {
                let account = async {
                    let (checks, found) = tokio::join!(
                        account::checks(&regions, file, name),
                        account::names(&regions, file)
                    );
                    Ok::<_, Error>((checks, found))
                };
                let (of_account, (of_names, missing)) = session.unless_stopped(account).await?;
                checks.extend(of_account);
                checks.extend(of_names);
                for it in &missing {
                    file.say(it, terminal);
                }
            }
        }
        Err(Error::Interrupted) => return Err(Error::Interrupted),
        Err(error) => {
            let next = error
                .hint()
                .unwrap_or_else(|| "see what stands in the way".to_owned());
            checks.push(Check::missing(CREDENTIALS, error.to_string(), next));
            checks.extend(file.map(|_| {
                Check::not_looked_at("account", "stacks, webhook and names: no credentials", None)
            }));
        }
    }
    if as_json {
        let all = checks.iter().map(Check::to_json).collect();
        terminal.data(&format!("{:#}", Json::Array(all)));
    } else {
        for line in lines(&checks) {
            terminal.data(&line);
        }
    }
    let is_missing = checks.iter().any(|it| it.state == State::Missing);
    Ok(if is_missing { Exit::Failed } else { Exit::Done })
}

async fn connect(session: &Session, file: Option<&LoadedFile>) -> Result<Vec<Region>, Error> {
    if let Some(file) = file {
        return session.connect_everywhere(&file.account).await;
    }
    let regions = Region::connect(&session.link, &[], None);
    session.unless_stopped(regions).await
}

/// Whose credentials they are, and what they came by.
fn credentials(
    configuration: &Configuration,
    regions: &[Region],
    file: Option<&LoadedFile>,
) -> Vec<Check> {
    let Some(first) = regions.first() else {
        return Vec::new();
    };
    let caller = if first.caller.is_empty() {
        format!("of account {}", first.account)
    } else {
        format!("{} (account {})", first.caller, first.account)
    };
    let source = match &configuration.profile {
        _ if configuration.has_keys => "access keys in the environment".to_owned(),
        Some(profile) => format!("the profile `{profile}`"),
        None => "the default profile, or this machine's role".to_owned(),
    };
    let names: Vec<&str> = regions.iter().map(Region::name).collect();
    let says_regions = file.is_some_and(|it| !it.account.regions.is_empty());
    let region_source = match &configuration.region {
        _ if says_regions => "by the account file",
        Some(_) => "by AWS_REGION",
        None => "by the profile",
    };
    vec![
        Check::ok(CREDENTIALS, caller),
        Check::ok(CREDENTIALS, format!("by {source}")),
        Check::ok(
            CREDENTIALS,
            format!("{}, {region_source}", names.join(", ")),
        ),
    ]
}

/// Everything, for a person: a section for each place, and the next command below what is missing.
fn lines(checks: &[Check]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut section = "";
    for check in checks {
        if check.section != section {
            section = &check.section;
            lines.push(section.to_owned());
        }
        lines.push(format!("  {:<14} {}", check.state.word(), check.what));
        lines.extend(
            check
                .next
                .iter()
                .map(|next| format!("{:17}next: {next}", "")),
        );
    }
    lines
}

/// Prints the policies that let a role do everything.
async fn policy(file: Option<&LoadedFile>, session: &Session) -> Result<Exit, Error> {
    let Some(file) = file else {
        return Err(Error::PolicyOfNoAccount);
    };
    let account = &file.account;
    let stacks = file.synthesize()?;
    let (id, region) =
        if let (Some(id), Some(region)) = (&account.account_id, account.regions.first()) {
            (id.clone(), region.clone())
        } else {
            let regions = session.connect(account).await?;
            let first = regions.first();
            first.map_or_else(Default::default, |it| {
                (it.account.clone(), it.name().to_owned())
            })
        };
    let scope = Scope {
        account: &id,
        region: &region,
        stack: account.monitor.stack.as_str(),
        has_key: account.monitor.hardening.customer_managed_key,
        cloudformation_role: account.access.cloudformation_role.as_deref(),
    };
    let Policies {
        credentials,
        cloudformation_role,
    } = policies(scope, &stacks);
    let terminal = session.terminal;
    terminal.say(&format!(
        "{} managed policies, for a role that deploys {} and looks at it",
        credentials.len(),
        scope.stack
    ));
    let Some(role) = scope.cloudformation_role else {
        terminal.data(&format!("{:#}", Json::Array(credentials)));
        return Ok(Exit::Done);
    };
    terminal.say(&format!(
        "{} for {role}, which CloudFormation works as",
        cloudformation_role.len()
    ));
    let both = json!({ "credentials": credentials, "cloudformationRole": cloudformation_role });
    terminal.data(&format!("{both:#}"));
    Ok(Exit::Done)
}

impl Doctor {
    fn file(&self) -> Option<AccountFile> {
        let is_named = self.account.is_some() || self.config.is_some();
        is_named.then(|| AccountFile {
            account: self.account.clone(),
            config: self.config.clone(),
        })
    }

    /// How the command line names the account file.
    fn name(&self) -> String {
        match (&self.account, &self.config) {
            (Some(name), _) => format!("--account {name}"),
            (None, Some(path)) => format!("--config {}", path.display()),
            (None, None) => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_has_its_next_command_below_it() {
        let checks = [
            Check::ok("this machine", "zig"),
            Check::missing("this machine", "the functions are not built", "make build"),
            Check::not_looked_at("account", "stacks: no credentials", None),
        ];
        assert_eq!(
            lines(&checks),
            [
                "this machine",
                "  ok             zig",
                "  missing        the functions are not built",
                "                 next: make build",
                "account",
                "  not looked at  stacks: no credentials",
            ]
        );
        assert_eq!(
            checks[1].to_json(),
            json!({ "section": "this machine", "state": "missing", "what": "the functions are not built",
                    "next": "make build" })
        );
    }
}
