//! Tests of the crate from outside.

mod compile_fail;
mod matching;
