//! Whether a binary runs where a template wants to run it.

use elf::{
    ElfBytes,
    abi::{EM_AARCH64, EM_X86_64},
    endian::AnyEndian,
};
use stacks::monitor::Architecture;

use super::Target;

/// The glibc of Amazon Linux 2023, which `provided.al2023` is made of.
/// Source: "Amazon Linux 2023 release notes", core toolchain.
const GLIBC: (u32, u32) = (2, 34);

/// Why a binary does not run there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// The zip does not hold what Lambda starts.
    #[error("there is no `bootstrap` in it")]
    NoBootstrap,
    /// It is no program for Linux.
    #[error("it is not an ELF executable")]
    NotElf,
    /// It is for other machines.
    #[error("it is built for {found}, and the template says {wanted}")]
    Machine {
        /// What it is built for.
        found: String,
        /// What the template says.
        wanted: &'static str,
    },
    /// It needs a newer C library than Lambda has.
    #[error("it needs glibc {}.{}, and Lambda has {}.{}", .0.0, .0.1, GLIBC.0, GLIBC.1)]
    Glibc((u32, u32)),
}

/// Checks a binary.
pub(super) fn check(code: &[u8], target: Target) -> Result<(), Unfit> {
    if target.runs_here && !cfg!(target_os = "linux") {
        // A local AWS starts whatever this machine's own programs are.
        return Ok(());
    }
    let file = ElfBytes::<AnyEndian>::minimal_parse(code).map_err(|_| Unfit::NotElf)?;
    let wanted = match target.architecture {
        Architecture::Arm64 => EM_AARCH64,
        Architecture::X86_64 => EM_X86_64,
    };
    if file.ehdr.e_machine != wanted {
        let found = match file.ehdr.e_machine {
            EM_AARCH64 => "arm64".to_owned(),
            EM_X86_64 => "x86_64".to_owned(),
            other => format!("machine {other}"),
        };
        return Err(Unfit::Machine {
            found,
            wanted: target.architecture.as_str(),
        });
    }
    match newest_glibc(&file) {
        Some(version) if version > GLIBC && !target.runs_here => Err(Unfit::Glibc(version)),
        _ => Ok(()),
    }
}

/// The newest version of glibc that any symbol wants; nothing for a static binary.
fn newest_glibc(file: &ElfBytes<'_, AnyEndian>) -> Option<(u32, u32)> {
    let versions = file.symbol_version_table().ok()??;
    let (symbols, _) = file.dynamic_symbol_table().ok()??;
    (0..symbols.len())
        .filter_map(|index| {
            let name = versions.get_requirement(index).ok()??.name;
            let mut parts = name.strip_prefix("GLIBC_")?.split('.');
            let mut next = || parts.next()?.parse::<u32>().ok();
            Some((next()?, next()?))
        })
        .max()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// The first bytes of a 64-bit, little-endian ELF executable for `machine`, with no sections.
    pub(in crate::package) fn elf(machine: u16) -> Vec<u8> {
        let mut bytes = vec![0; 64];
        bytes[..7].copy_from_slice(&[0x7f, b'E', b'L', b'F', 2, 1, 1]);
        bytes[16..18].copy_from_slice(&2_u16.to_le_bytes());
        bytes[18..20].copy_from_slice(&machine.to_le_bytes());
        bytes[20..24].copy_from_slice(&1_u32.to_le_bytes());
        bytes[52..54].copy_from_slice(&64_u16.to_le_bytes());
        bytes
    }

    fn lambda(architecture: Architecture) -> Target {
        Target {
            architecture,
            runs_here: false,
        }
    }

    #[test]
    fn the_machine_must_be_the_templates() {
        assert_eq!(check(&elf(EM_AARCH64), lambda(Architecture::Arm64)), Ok(()));
        assert_eq!(
            check(&elf(EM_X86_64), lambda(Architecture::Arm64))
                .unwrap_err()
                .to_string(),
            "it is built for x86_64, and the template says arm64"
        );
        assert_eq!(
            check(b"#!/bin/sh", lambda(Architecture::Arm64)),
            Err(Unfit::NotElf)
        );
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_c_library_of_a_real_program_is_found() {
        let code = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let file = ElfBytes::<AnyEndian>::minimal_parse(&code).unwrap();
        let version = newest_glibc(&file);
        assert!(
            version.is_none_or(|version| version >= (2, 17)),
            "{version:?}"
        );
        if let Some(version) = version.filter(|version| *version > GLIBC) {
            let refused = check(&code, lambda(crate::package::host_architecture()));
            assert_eq!(refused, Err(Unfit::Glibc(version)));
        }
        let here = Target {
            runs_here: true,
            ..lambda(crate::package::host_architecture())
        };
        assert_eq!(check(&code, here), Ok(()));
    }
}
