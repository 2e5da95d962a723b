//! Builds the functions with cargo: plainly where this machine can, else with zig as the linker.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use stacks::{asset::CodeAsset, monitor::Architecture};

use super::{PackageError, Target};

/// Where `make zig` puts `cargo-zigbuild`.
const ZIG: &str = "target/zig/bin";

/// Builds the functions for a target and returns the directory that the binaries are in. Cargo's own
/// progress goes to standard error.
pub fn build(assets: &[CodeAsset], target: Target) -> Result<PathBuf, PackageError> {
    let native = target.architecture == crate::host_architecture() && cfg!(target_os = "linux");
    let mut cargo = Command::new(cargo());
    if native || target.runs_here {
        cargo.arg("build");
    } else {
        let path = zig_path().ok_or(missing(target, "zig as the linker", "make zig"))?;
        if !has_target(target.architecture) {
            return Err(missing(
                target,
                "Rust's standard library for it",
                add_target(target.architecture),
            ));
        }
        cargo.env("PATH", path);
        cargo.args(["zigbuild", "--target"]);
        cargo.arg(format!("{}.2.34", triple(target.architecture)));
    }
    cargo.args(["--locked", "--package", "runtime", "--profile", "function"]);
    for asset in assets {
        cargo.args(["--bin", asset.binary()]);
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
    let target_dir = target_dir();
    Ok(if native || target.runs_here {
        target_dir.join("function")
    } else {
        target_dir
            .join(triple(target.architecture))
            .join("function")
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

fn has_target(architecture: Architecture) -> bool {
    let sysroot = Command::new("rustc")
        .args(["--print", "sysroot"])
        .stderr(Stdio::null())
        .output()
        .ok()
        .and_then(|output| String::from_utf8(output.stdout).ok())
        .unwrap_or_default();
    Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(triple(architecture))
        .exists()
}

fn triple(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "aarch64-unknown-linux-gnu",
        Architecture::X86_64 => "x86_64-unknown-linux-gnu",
    }
}

fn add_target(architecture: Architecture) -> &'static str {
    match architecture {
        Architecture::Arm64 => "rustup target add aarch64-unknown-linux-gnu",
        Architecture::X86_64 => "rustup target add x86_64-unknown-linux-gnu",
    }
}

fn missing(target: Target, missing: &'static str, install: &'static str) -> PackageError {
    PackageError::Missing {
        target: target.architecture.as_str(),
        missing,
        install,
    }
}
