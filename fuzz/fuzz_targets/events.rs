//! Feeds arbitrary bytes to the decoder of the same name.

#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| leasehold_api::decoders::events(data));
