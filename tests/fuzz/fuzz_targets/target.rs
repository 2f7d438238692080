//! See `deadzone_tests::fuzz::target`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| deadzone_tests::fuzz::target(data));
