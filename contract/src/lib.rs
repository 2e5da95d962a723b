//! What `stacks`, `runtime` and `synth` must agree on, said once.
//!
//! Pure, and below every other crate: no files, no clock, no network.

pub mod canary;
mod function;
pub mod names;
mod output;
mod partition;

pub use function::FunctionName;
pub use names::StackRole;
pub use output::Output;
pub use partition::Partition;
