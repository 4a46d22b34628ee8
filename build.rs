//! Chooses the crypto provider.

use std::env;

fn main() {
    let cfg = |name| env::var(format!("CARGO_CFG_TARGET_{name}")).unwrap_or_default();
    if cfg("OS") == "none" && cfg("ARCH") == "arm" {
        // bare metal with the DSP instructions: the provider src/crypto/provider/cortex_m4/mod.rs
        println!("cargo:rustc-cfg=cortex_m4");
        // Which P-256: see src/crypto/mod.rs.
        let has = |feature: &str| env::var_os(format!("CARGO_FEATURE_{feature}")).is_some();
        let small_p256 = !has("FAST_P256");
        if small_p256 {
            println!("cargo:rustc-cfg=small_p256");
        }
        // key_agreement/{small_p256,p384}.rs: that P-256, and P-384
        if small_p256 || has("P384") {
            println!("cargo:rustc-cfg=own_agreement");
            println!("cargo:rustc-cfg=own_curves");
        }
    } else {
        println!("cargo:rustc-cfg=own_curves"); // where they verify signatures
    }
    println!("cargo:rerun-if-changed=build.rs");
}
