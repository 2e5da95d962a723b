//! `synth package`: builds the functions and zips them.

use stacks::{Stack, stack::assets};

use crate::{
    cli::AccountFile,
    config::Account,
    error::{Error, Exit},
    package::{self, Package, PackageError, Target},
    terminal::Terminal,
};

pub(super) fn run(file: &AccountFile, terminal: Terminal) -> Result<Exit, Error> {
    let file = file.load(terminal)?;
    let (account, stacks) = (&file.account, &file.synthesize()?);
    let target = target(account);
    if package::IS_INSTALLED {
        for package in packages(account, stacks)? {
            terminal.say(&format!(
                "{}: sha256 {}",
                package.asset.as_str(),
                package.hash
            ));
        }
        terminal.say("nothing to build: this `synth` carries the functions; next: synth deploy");
        return Ok(Exit::Done);
    }
    let assets = assets(stacks);
    let binaries = package::build(&assets, target)?;
    for asset in assets {
        let package = package::package(asset, &binaries.join(asset.as_str()), target)?;
        terminal.data(&package.path.to_string_lossy());
        let kilobytes = package.bytes.len() / 1_000;
        terminal.say(&format!(
            "{}: {kilobytes} kB, sha256 {}",
            asset.as_str(),
            package.hash
        ));
    }
    Ok(Exit::Done)
}

/// What the functions of an account are built for.
fn target(account: &Account) -> Target {
    Target {
        architecture: account.monitor.architecture,
        runs_here: account.runs_here,
    }
}

/// The zips of every function that the stacks of an account run.
///
/// # Errors
///
/// Returns a [`PackageError`] if a zip has not been built, cannot be read, is not for the target, or, in an
/// installed `synth`, is not carried.
pub fn packages(account: &Account, stacks: &[Stack]) -> Result<Vec<Package>, PackageError> {
    let target = target(account);
    assets(stacks)
        .into_iter()
        .map(|asset| package::load(asset, target))
        .collect()
}
