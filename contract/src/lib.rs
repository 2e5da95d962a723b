//! What `stacks`, `runtime` and `synth` must agree on, said once.
//!
//! Pure, and below every other crate: no files, no clock, no network.

mod partition;

pub use partition::Partition;
