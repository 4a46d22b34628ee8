//! The header that is checked in is the one that `src/ffi` and the table of errors give. `make header` writes it anew.

#[path = "common/error_names.rs"]
mod error_names;

use error_names::constant;
use espruino_tls::error::Error;
use std::fmt::Write;
use std::path::Path;

/// What is no Rust item: the version, and the errors' numbers.
fn constants() -> String {
    let mut text = format!("\n// Version of this library.\n#define ETLS_VERSION \"{}\"\n", env!("CARGO_PKG_VERSION"));
    for (i, version) in ["MAJOR", "MINOR", "PATCH"].iter().zip(env!("CARGO_PKG_VERSION").split('.')).enumerate() {
        let end = if i == 2 { "\n" } else { "" };
        writeln!(text, "#define ETLS_VERSION_{} {}{end}", version.0, version.1).unwrap();
    }
    writeln!(
        text,
        "// Numbers of errors: etls_error_info.number, and minus that what calls return. They never change."
    )
    .unwrap();
    for error in Error::ALL {
        writeln!(text, "#define {} {} // {}", constant(*error), error.number(), error.code()).unwrap();
    }
    text.pop();
    text
}

#[test]
fn the_checked_in_header_is_up_to_date() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut config = cbindgen::Config::from_file(root.join("cbindgen.toml")).expect("cbindgen.toml");
    config.after_includes = Some(constants());
    let mut builder = cbindgen::Builder::new().with_config(config);
    for file in ["types.rs", "memory.rs", "calls.rs", "describe.rs", "init_traced.rs", "ecdh.rs"] {
        builder = builder.with_src(root.join("src/ffi").join(file));
    }
    let mut made = Vec::new();
    builder.generate().expect("src/ffi can be parsed").write(&mut made);
    let made = String::from_utf8(made).expect("UTF-8");
    let path = root.join("include/espruino_tls.h");
    if std::env::var_os("UPDATE_HEADER").is_some() {
        std::fs::write(&path, &made).expect("include/ can be written");
    }
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(kept == made, "include/espruino_tls.h is stale: run `make header`");
}
