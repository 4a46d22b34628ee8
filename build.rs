//! Chooses the crypto provider, and makes the C header from `src/ffi.rs`, so that a test can compare it with the one
//! that is checked in.

use std::env;
use std::path::PathBuf;

fn main() {
    let cfg = |name| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    println!("cargo:rustc-check-cfg=cfg(cortex_m4, small_p256, own_agreement, own_curves, fuzzing)");
    if cfg("OS") == "none" && cfg("ARCH") == "arm" {
        // bare metal with the DSP instructions: the provider src/crypto/cortex_m4.rs
        println!("cargo:rustc-cfg=cortex_m4");
        // Which P-256: see src/crypto/mod.rs.
        let has = |feature: &str| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
        let small_p256 = !has("FAST_P256");
        if small_p256 {
            println!("cargo:rustc-cfg=small_p256");
        }
        // src/crypto/agreement.rs: that P-256, and P-384
        if small_p256 || has("P384") {
            println!("cargo:rustc-cfg=own_agreement");
            println!("cargo:rustc-cfg=own_curves");
        }
    } else {
        println!("cargo:rustc-cfg=own_curves"); // where they verify signatures
    }
    println!("cargo:rerun-if-changed=src/ffi.rs");
    println!("cargo:rerun-if-changed=cbindgen.toml");
    println!("cargo:rerun-if-changed=build.rs");
    let var = |name| env::var_os(name).unwrap_or_else(|| panic!("cargo sets {name}"));
    let root = PathBuf::from(var("CARGO_MANIFEST_DIR"));
    let header = PathBuf::from(var("OUT_DIR")).join("espruino_tls.h");
    let config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    cbindgen::Builder::new()
        .with_config(config)
        .with_src(root.join("src/ffi.rs"))
        .generate()
        .expect("src/ffi.rs can be parsed")
        .write_to_file(&header);
    println!("cargo:rustc-env=ESPRUINO_TLS_HEADER={}", header.display());
}
