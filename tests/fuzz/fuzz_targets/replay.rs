#![no_main]
libfuzzer_sys::fuzz_target!(|data: &[u8]| espruino_tls_fuzz::replay::run(data));
