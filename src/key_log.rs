//! Secrets for Wireshark, in builds with the feature `key-log`: whoever has them reads everything. For programs on a
//! computer and for tests; such a build for bare metal is refused. `without_key_log.rs` stands for this file in others.

/// Code of builds that tell secrets.
macro_rules! key_log {
    ($($code:tt)*) => { $($code)* };
}

/// A line of NSS's key log, as Wireshark reads it (draft-ietf-tls-keylogfile), without its end.
pub struct Line<'a> {
    /// Which secret it is.
    pub label: &'static str,
    /// ClientHello.random: which connection it is.
    pub client_random: &'a [u8; 32],
    /// The secret.
    pub secret: &'a [u8],
}

impl core::fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(self.label)?;
        for part in [&self.client_random[..], self.secret] {
            f.write_str(" ")?;
            for byte in part {
                write!(f, "{byte:02x}")?;
            }
        }
        Ok(())
    }
}
