//! The functions that this binary carries. One that is installed carries those of its release; one that is built from a
//! clone carries none, and reads what `synth package` has written.

use contract::FunctionName;
use stacks::monitor::Architecture;

/// Each function's zip, as `make dist` has built it before this.
#[cfg(any(feature = "carries-arm64", feature = "carries-x86_64"))]
macro_rules! zip_of {
    ($asset:expr, $architecture:literal, [$($function:ident = $file:literal),*]) => {
        match $asset {
            $(FunctionName::$function => include_bytes!(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../target/functions/", $architecture, "/", $file, ".zip",
            )),)*
        }
    };
    ($asset:expr, $architecture:literal) => {
        zip_of!($asset, $architecture, [
            Alarm = "alarm",
            Ecs = "ecs",
            Event = "event",
            Cost = "cost",
            Deliver = "deliver",
            Result = "result"
        ])
    };
}

/// A function's zip, if this binary carries it.
#[cfg_attr(
    not(any(feature = "carries-arm64", feature = "carries-x86_64")),
    expect(unused_variables, reason = "there are none")
)]
pub(super) fn carried(asset: FunctionName, architecture: Architecture) -> Option<&'static [u8]> {
    match architecture {
        #[cfg(feature = "carries-arm64")]
        Architecture::Arm64 => Some(zip_of!(asset, "arm64")),
        #[cfg(feature = "carries-x86_64")]
        Architecture::X86_64 => Some(zip_of!(asset, "x86_64")),
        #[cfg(not(all(feature = "carries-arm64", feature = "carries-x86_64")))]
        _ => None,
    }
}

/// Whether this binary is one that is installed: such a one builds nothing.
pub const IS_INSTALLED: bool = cfg!(any(feature = "carries-arm64", feature = "carries-x86_64"));

/// The architectures that this binary carries functions for, as account files write them.
pub const CARRIED: &[&str] = &[
    #[cfg(feature = "carries-arm64")]
    "arm64",
    #[cfg(feature = "carries-x86_64")]
    "x86_64",
];
