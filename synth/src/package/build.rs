//! Builds the functions with cargo: for Lambda as static programs, with zig as compiler and linker, so
//! that every machine makes the same ones and none needs a C library where it runs; for this machine
//! plainly.

use std::{
    collections::BTreeSet,
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use contract::FunctionName;
use stacks::monitor::Architecture;

use super::{PackageError, Target};

/// Where `make zig` puts `cargo-zigbuild`.
const ZIG: &str = "target/zig/bin";

/// Builds the functions for a target and returns the directory that the binaries are in. Cargo's own
/// progress goes to standard error.
pub(crate) fn build(
    assets: &BTreeSet<FunctionName>,
    target: Target,
) -> Result<PathBuf, PackageError> {
    let mut cargo = Command::new(cargo());
    let mut directory = target_dir();
    if target.runs_here {
        cargo.arg("build");
    } else {
        let triple = triple(target.architecture);
        let path = zig_path();
        if let Some(missing) = missing(target.architecture, path.is_some(), has_target(triple)) {
            return Err(missing);
        }
        cargo.envs(path.map(|path| ("PATH", path)));
        // Where sources are says nothing to whoever runs the functions, and differs by machine.
        let flags = format!("--remap-path-prefix={}=/cargo", cargo_home().display());
        cargo.env("CARGO_ENCODED_RUSTFLAGS", flags);
        cargo.args(["zigbuild", "--target", triple]);
        directory.push(triple);
    }
    cargo.args(["--locked", "--package", "runtime", "--profile", "function"]);
    for asset in assets {
        cargo.args(["--bin", asset.as_str()]);
    }
    let failed = |why: String| PackageError::Build(why);
    // Standard output is for data, and cargo has none.
    let status = cargo
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status()
        .map_err(|error| failed(format!("cargo could not be started: {error}")))?;
    if !status.success() {
        return Err(failed(format!("cargo ended with {status}")));
    }
    directory.push("function");
    Ok(directory)
}

/// What a build for a target lacks.
pub fn lacking(target: Target) -> Option<PackageError> {
    let has_cargo = Command::new(cargo())
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|it| it.success());
    if !has_cargo {
        return Some(PackageError::Build("there is no cargo".to_owned()));
    }
    if target.runs_here {
        return None;
    }
    let has_target = has_target(triple(target.architecture));
    missing(target.architecture, zig_path().is_some(), has_target)
}

/// What a build for Lambda lacks, with the command that installs all of it.
fn missing(architecture: Architecture, zig: bool, target: bool) -> Option<PackageError> {
    let add_target = format!("rustup target add {}", triple(architecture));
    let (missing, install) = match (zig, target) {
        (true, true) => return None,
        (true, false) => ("Rust's standard library for it", add_target),
        (false, true) => ("zig as the linker", "make zig".to_owned()),
        (false, false) => (
            "zig as the linker and Rust's standard library for it",
            format!("make zig && {add_target}"),
        ),
    };
    Some(PackageError::Missing {
        target: architecture.as_str(),
        missing,
        install,
    })
}

#[expect(clippy::disallowed_methods, reason = "cargo's own variables")]
fn cargo() -> String {
    env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned())
}

#[expect(clippy::disallowed_methods, reason = "cargo's own variables")]
fn target_dir() -> PathBuf {
    env::var("CARGO_TARGET_DIR").map_or_else(|_| PathBuf::from("target"), PathBuf::from)
}

/// Where cargo keeps the sources of dependencies.
#[expect(clippy::disallowed_methods, reason = "cargo's own variables")]
fn cargo_home() -> PathBuf {
    let home = || env::home_dir().unwrap_or_default().join(".cargo");
    env::var("CARGO_HOME").map_or_else(|_| home(), PathBuf::from)
}

/// The search path with zig on it: as `make zig` installs it, or as it is if somebody else has.
#[expect(
    clippy::disallowed_methods,
    reason = "what is installed is for the search path to say"
)]
fn zig_path() -> Option<String> {
    let path = env::var("PATH").unwrap_or_default();
    let own = env::current_dir().ok()?.join(ZIG);
    if own.join("cargo-zigbuild").exists() {
        return Some(format!("{}:{path}", own.display()));
    }
    env::split_paths(&path)
        .any(|dir| dir.join("cargo-zigbuild").exists())
        .then_some(path)
}

fn has_target(triple: &str) -> bool {
    let sysroot = Command::new("rustc")
        .args(["--print", "sysroot"])
        .stderr(Stdio::null())
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    let libraries = Path::new(sysroot.trim()).join("lib/rustlib").join(triple);
    libraries.exists()
}

fn triple(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "aarch64-unknown-linux-musl",
        Architecture::X86_64 => "x86_64-unknown-linux-musl",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_the_command_that_installs_it() {
        for (architecture, zig, target, expected) in [
            (
                Architecture::Arm64,
                false,
                false,
                "make zig && rustup target add aarch64-unknown-linux-musl",
            ),
            (Architecture::Arm64, false, true, "make zig"),
            (
                Architecture::X86_64,
                true,
                false,
                "rustup target add x86_64-unknown-linux-musl",
            ),
        ] {
            let Some(PackageError::Missing { install, .. }) = missing(architecture, zig, target)
            else {
                panic!("nothing is missing");
            };
            assert_eq!(install, expected);
        }
        assert!(missing(Architecture::Arm64, true, true).is_none());
    }
}
