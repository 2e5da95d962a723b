//! From the functions' code to the zips that stacks run.

mod build;
mod carried;
mod elf;
mod zip;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use contract::FunctionName;
use sha2::{Digest as _, Sha256};
use stacks::monitor::Architecture;

pub(crate) use build::build;
pub use build::lacking;
pub use carried::{CARRIED, IS_INSTALLED};
pub use elf::Unfit;

/// What the functions are built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The instruction set.
    pub architecture: Architecture,
    /// Whether the functions run on this machine and not on Lambda: then they may need whatever this
    /// machine has.
    pub runs_here: bool,
}

/// A function's zip.
#[derive(Clone, Debug)]
pub struct Package {
    /// Whose code it is.
    pub asset: FunctionName,
    /// Where it is.
    pub path: PathBuf,
    /// The bytes.
    pub bytes: Vec<u8>,
    /// The SHA-256 of the bytes, in hexadecimal.
    pub hash: String,
}

/// Why there are no packages.
#[derive(Debug, thiserror::Error)]
pub enum PackageError {
    /// Cargo could not build the functions.
    #[error("the functions could not be built: {0}")]
    Build(String),
    /// This binary carries no functions for what the account file asks for.
    #[error("this `synth` carries functions for {}, and the account file asks for {target}", CARRIED.join(" and "))]
    NotCarried {
        /// What they would have to be built for.
        target: &'static str,
    },
    /// This binary is installed, and functions that run on this machine have to be built on it.
    #[error(
        "`architecture: host` needs functions that are built on this machine, and an installed `synth` builds none"
    )]
    BuildsNothing,
    /// Something that the build needs is not installed.
    #[error("functions for {target} need {missing}")]
    Missing {
        /// What is to be built for.
        target: &'static str,
        /// What is missing.
        missing: &'static str,
        /// The command that installs it.
        install: String,
    },
    /// A file could not be read or written.
    #[error("failed to {action} `{}`", path.display())]
    File {
        /// What was tried.
        action: &'static str,
        /// Which file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// A binary would not run where the template wants to run it.
    #[error("`{}` does not fit the template: {reason}", path.display())]
    Unfit {
        /// Which file.
        path: PathBuf,
        /// Why not.
        reason: Unfit,
    },
}

/// The architecture of the machine that this runs on.
pub fn host_architecture() -> Architecture {
    if cfg!(target_arch = "aarch64") {
        Architecture::Arm64
    } else {
        Architecture::X86_64
    }
}

/// Where the zips of an architecture are kept.
pub fn directory(architecture: Architecture) -> PathBuf {
    Path::new("target/functions").join(architecture.as_str())
}

/// Checks a built binary and writes its zip.
pub(crate) fn package(
    asset: FunctionName,
    binary: &Path,
    target: Target,
) -> Result<Package, PackageError> {
    let bytes = zipped(binary, target)?;
    let dir = directory(target.architecture);
    fs::create_dir_all(&dir).map_err(failed("create", &dir))?;
    let path = dir.join(format!("{}.zip", asset.as_str()));
    fs::write(&path, &bytes).map_err(failed("write", &path))?;
    Ok(Package {
        asset,
        path,
        hash: hash(&bytes),
        bytes,
    })
}

/// The zip of a binary that fits: the same bytes wherever the binary is, and whenever it was built.
fn zipped(binary: &Path, target: Target) -> Result<Vec<u8>, PackageError> {
    let code = fs::read(binary).map_err(failed("read", binary))?;
    elf::check(&code, target).map_err(|reason| PackageError::Unfit {
        path: binary.to_owned(),
        reason,
    })?;
    zip::of_bootstrap(&code)
        .map_err(|error| PackageError::Build(format!("`{}`: {error}", binary.display())))
}

fn failed(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> PackageError + use<> {
    let path = path.to_owned();
    move |source| PackageError::File {
        action,
        path,
        source,
    }
}

/// The zip that this binary carries, or one that was written before, of which it is checked again that it fits.
pub(crate) fn load(asset: FunctionName, target: Target) -> Result<Package, PackageError> {
    let carried = carried::carried(asset, target.architecture);
    if let Some(bytes) = carried.filter(|_| !target.runs_here) {
        return Ok(Package {
            asset,
            path: format!("{}.zip", asset.as_str()).into(),
            hash: hash(bytes),
            bytes: bytes.to_vec(),
        });
    }
    if IS_INSTALLED {
        return Err(not_carried(target));
    }
    let path = directory(target.architecture).join(format!("{}.zip", asset.as_str()));
    let bytes = fs::read(&path).map_err(failed("read", &path))?;
    let unfit = |reason| PackageError::Unfit {
        path: path.clone(),
        reason,
    };
    let code = zip::bootstrap_of(&bytes).ok_or_else(|| unfit(Unfit::NoBootstrap))?;
    elf::check(&code, target).map_err(unfit)?;
    Ok(Package {
        asset,
        hash: hash(&bytes),
        bytes,
        path,
    })
}

fn not_carried(target: Target) -> PackageError {
    if target.runs_here {
        return PackageError::BuildsNothing;
    }
    PackageError::NotCarried {
        target: target.architecture.as_str(),
    }
}

impl PackageError {
    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Missing { install, .. } => Some(format!("install it with `{install}`")),
            Self::NotCarried { .. } | Self::BuildsNothing => Some(format!(
                "set `architecture: {}` in the account file, or install a release that has the other",
                CARRIED.first().copied().unwrap_or("arm64")
            )),
            Self::File { .. } | Self::Unfit { .. } => {
                Some("build the functions first: make build ACCOUNT=NAME".to_owned())
            }
            Self::Build(_) => None,
        }
    }
}

fn hash(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use tempfile::TempDir;

    use super::*;

    /// Whoever has installed `synth` has no clone, and needs neither Rust nor zig.
    #[test]
    fn an_installed_binary_names_what_it_lacks_in_its_own_terms() {
        for (runs_here, expected) in [
            (false, "the account file asks for arm64"),
            (true, "`architecture: host` needs functions"),
        ] {
            let error = not_carried(Target {
                architecture: Architecture::Arm64,
                runs_here,
            });
            assert!(error.to_string().contains(expected), "{error}");
            let hint = error.hint().unwrap();
            assert!(hint.starts_with("set `architecture: "), "{hint}");
            for word in ["make", "clone", "cargo", "rustup", "zig"] {
                assert!(!format!("{error} {hint}").contains(word), "{error} {hint}");
            }
        }
    }

    #[test]
    fn the_same_binary_is_the_same_zip_wherever_and_whenever() {
        let target = Target {
            architecture: Architecture::Arm64,
            runs_here: false,
        };
        let code = [elf::tests::elf(::elf::abi::EM_AARCH64), vec![7; 10_000]].concat();
        let zips: Vec<Vec<u8>> = [0, 40_000]
            .map(|days| {
                let directory = TempDir::new().unwrap();
                let path = directory.path().join(format!("after-{days}-days"));
                fs::write(&path, &code).unwrap();
                let built = SystemTime::UNIX_EPOCH + Duration::from_hours(24 * days);
                let file = fs::File::options().write(true).open(&path).unwrap();
                file.set_modified(built).unwrap();
                zipped(&path, target).unwrap()
            })
            .into();
        assert_eq!(zips[0], zips[1]);
    }
}
