//! See `snapshots::fuzz`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| snapshots::fuzz::event_of_aws(bytes));
