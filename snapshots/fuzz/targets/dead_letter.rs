//! See `snapshots::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| snapshots::fuzz::dead_letter(bytes));
