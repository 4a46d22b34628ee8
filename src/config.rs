//! What the caller wants: the name to check, whom to trust, limits.

/// A borrowed byte string with the layout of the C ABI's `etls_bytes`; see `ffi`.
pub type Bytes<'a> = &'a [u8];

/// Whom to trust (DESIGN "Trust, in one place"). All strings are kept as the caller gave them and read where they lie:
/// nothing is copied or decoded into RAM.
#[derive(Clone, Copy, Default)]
pub struct Trust<'a> {
    /// Trusted certificates: DER or PEM, several in one string if wanted. Never a private key.
    pub ca: &'a [Bytes<'a>],
    /// SHA-256 of the whole server certificate in hex, colons optional; several separated by comma, semicolon or
    /// white space. Empty: no pin.
    pub fingerprint256: Bytes<'a>,
    /// `sha256//BASE64` of the SubjectPublicKeyInfo, several separated by semicolon (curl's form). Empty: no pin.
    pub pinned_pub_key: Bytes<'a>,
    /// Encrypt without authenticating anybody (`rejectUnauthorized: false`).
    pub insecure: bool,
    /// Do not look at notBefore and notAfter (`checkValidity: false`), for devices without a clock.
    pub ignore_validity: bool,
}
