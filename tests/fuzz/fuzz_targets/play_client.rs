//! See `deadzone_tests::fuzz::play_client`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| deadzone_tests::fuzz::play_client(data));
