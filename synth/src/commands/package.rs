//! `synth package`: builds the functions and zips them.

use crate::{
    cli::Package,
    commands::region::{assets_of, target},
    error::{Error, Exit},
    package,
    terminal::Terminal,
};

pub(crate) fn run(args: &Package, terminal: Terminal) -> Result<Exit, Error> {
    let account = args.file.load(terminal)?;
    let stacks = &account.stacks;
    let target = target(&account);
    let assets = assets_of(stacks);
    let binaries = package::build(&assets, target)?;
    for asset in assets {
        let package = package::package(asset, &binaries.join(asset.binary()), target)?;
        terminal.data(&package.path.to_string_lossy());
        let kilobytes = package.bytes.len() / 1_000;
        terminal.say(&format!(
            "{}: {kilobytes} kB, sha256 {}",
            asset.binary(),
            package.hash
        ));
    }
    Ok(Exit::Done)
}
