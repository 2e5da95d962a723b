//! What packaging needs on this machine.

use stacks::monitor::Architecture;

use super::Check;
use crate::{
    commands::{account_file::LoadedFile, package::packages},
    package::{PackageError, Target, lacking},
};

const MACHINE: &str = "this machine";

/// What packaging for this account needs; without one, for arm64.
pub(super) fn checks(file: Option<&LoadedFile>) -> Vec<Check> {
    let target = file.map_or(
        Target {
            architecture: Architecture::Arm64,
            runs_here: false,
        },
        |it| Target {
            architecture: it.account.monitor.architecture,
            runs_here: it.account.runs_here,
        },
    );
    let mut checks = vec![match lacking(target) {
        None => Check::ok(MACHINE, "what builds functions"),
        Some(error) => {
            let next = match &error {
                PackageError::Missing { install, .. } => install.clone(),
                _ => "https://rustup.rs".to_owned(),
            };
            Check::missing(MACHINE, error.to_string(), next)
        }
    }];
    let Some(file) = file else { return checks };
    let name = &file.account.monitor.account_name;
    // What is wrong with the file itself is shown by every other command, and better.
    let Ok(stacks) = file.synthesize() else {
        checks.push(Check::missing(
            MACHINE,
            "the account file asks for more than AWS's quotas allow",
            format!("synth generate --account {name}"),
        ));
        return checks;
    };
    checks.push(match packages(&file.account, &stacks) {
        Ok(packages) => Check::ok(MACHINE, format!("{} functions are built", packages.len())),
        Err(error) => Check::missing(
            MACHINE,
            error.to_string(),
            format!("make build ACCOUNT={name}"),
        ),
    });
    checks
}
