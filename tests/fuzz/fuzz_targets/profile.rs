//! See `deadzone_tests::fuzz::profile`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| deadzone_tests::fuzz::profile(data));
