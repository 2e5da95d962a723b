//! What packaging needs on this machine.

use stacks::monitor::Architecture;

use super::Check;
use crate::{
    commands::{account_file::LoadedFile, package::packages},
    package::{CARRIED, IS_INSTALLED, PackageError, Target, lacking},
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
    let mut checks = vec![if IS_INSTALLED {
        carries(CARRIED)
    } else {
        builds(target)
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
        Ok(packages) => Check::ok(MACHINE, format!("{} functions are ready", packages.len())),
        Err(error) => {
            let next = match &error {
                PackageError::NotCarried { .. } | PackageError::BuildsNothing => error.hint(),
                _ => None,
            };
            let next = next.unwrap_or_else(|| format!("make build ACCOUNT={name}"));
            Check::missing(MACHINE, error.to_string(), next)
        }
    });
    checks
}

/// What builds functions for a target, where this is built from a clone.
fn builds(target: Target) -> Check {
    match lacking(target) {
        None => Check::ok(MACHINE, "what builds functions"),
        Some(error) => {
            let next = match &error {
                PackageError::Missing { install, .. } => install.clone(),
                _ => "https://rustup.rs".to_owned(),
            };
            Check::missing(MACHINE, error.to_string(), next)
        }
    }
}

/// What an installed binary has brought with it: it builds nothing.
fn carries(architectures: &[&str]) -> Check {
    let architectures = architectures.join(" and ");
    Check::ok(
        MACHINE,
        format!("this `synth` carries the functions for {architectures}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_binary_needs_nothing_to_build_with() {
        let check = carries(&["arm64", "x86_64"]);
        assert_eq!(
            check.what,
            "this `synth` carries the functions for arm64 and x86_64"
        );
        assert_eq!(check.next, None);
    }
}
