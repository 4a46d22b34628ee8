//! The names that errors have in C.

use espruino_tls::error::Error;

/// `ETLS_E_CERT_HAS_EXPIRED` for `CertHasExpired`.
pub fn constant(error: Error) -> String {
    let mut name = String::from("ETLS_E");
    for c in format!("{error:?}").chars() {
        if c.is_uppercase() {
            name.push('_');
        }
        name.push(c.to_ascii_uppercase());
    }
    name
}
