//! The header that is checked in is the one that `src/ffi/mod.rs` gives.

#[test]
fn the_checked_in_header_is_up_to_date() {
    let made = std::fs::read_to_string(env!("ESPRUINO_TLS_HEADER")).expect("build.rs makes it");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/include/espruino_tls.h");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(path, &made).expect("include/ can be written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == made, "include/espruino_tls.h is stale: run `make header`");
}
