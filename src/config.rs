//! What the caller wants: the name to check, whom to trust, limits.

use crate::error::{Detail, Error};

/// A borrowed byte string.
pub type Bytes<'a> = &'a [u8];

/// TLS 1.2 on the wire (RFC 5246 §6.2.1).
pub const TLS12: u16 = 0x0303;
/// TLS 1.3 on the wire (RFC 8446 §4.1.2).
pub const TLS13: u16 = 0x0304;

/// The highest version of this build.
pub const HIGHEST: u16 = if cfg!(feature = "tls13") { TLS13 } else { TLS12 };

/// Whom to trust. All strings are kept as the caller gave them and read where they lie:
/// nothing is copied or decoded into RAM.
#[derive(Clone, Copy, Default)]
pub struct Trust<'a> {
    /// Trusted certificates: DER or PEM, several in one string if wanted. Other PEM blocks are skipped; what can't be used
    /// does not matter as long as something else can.
    pub ca: &'a [Bytes<'a>],
    /// SHA-256 of the whole server certificate in hex, colons optional; several separated by comma, semicolon or
    /// white space. Empty: no pin.
    pub fingerprint256: Bytes<'a>,
    /// `sha256//BASE64` of the SubjectPublicKeyInfo, several separated by semicolon (curl's form). Empty: no pin.
    pub pinned_pub_key: Bytes<'a>,
    /// Encrypt without authenticating anybody (`rejectUnauthorized: false`). A pin that is given must hold all the same,
    /// as with curl's `-k` and `--pinnedpubkey`; `ca` is not looked at.
    pub insecure: bool,
    /// Do not look at notBefore and notAfter (`checkValidity: false`), for devices without a clock.
    pub ignore_validity: bool,
}

/// Everything a connection is made with. What it borrows must live as long as the connection.
#[derive(Clone, Copy)]
pub struct Config<'a> {
    /// Whom to trust.
    pub trust: Trust<'a>,
    /// The server's name for SNI (RFC 6066 §3) and for the certificate check: a DNS name in ASCII, or an IP address as
    /// text, for which no SNI is sent. May be empty where neither is wanted.
    pub servername: Bytes<'a>,
    /// Application protocols to offer (RFC 7301), separated by commas, best first: `http/1.1,x-amzn-http-ca`.
    pub alpn: Bytes<'a>,
    /// Largest plaintext in bytes that the server is asked to put into one record: 512, 1024, 2048 or 4096
    /// (max_fragment_length, RFC 6066 §4, and record_size_limit, RFC 8449).
    pub max_fragment: u16,
    /// Largest plaintext in bytes taken from a server that ignores the request; memory above `max_fragment` comes from
    /// [`crate::connection::Host::alloc`] for as long as such a record lives. At most 16384.
    pub max_record: u16,
    /// Largest plaintext in bytes of a record that is sent.
    pub max_send: u16,
    /// Lowest version to accept, as on the wire; 0 for the lowest of this build.
    pub min_version: u16,
    /// Highest version to offer, as on the wire; 0 for the highest of this build.
    pub max_version: u16,
    /// The client's certificate and those of its issuers, in order, DER or PEM; empty: none. One PEM text may be given here
    /// and as `key`.
    pub cert: Bytes<'a>,
    /// Its private key, DER or PEM (PKCS #8, SEC 1, PKCS #1), P-256 or RSA-2048; empty: none.
    pub key: Bytes<'a>,
    /// A session to resume; empty: none. One that is damaged, old or made under other settings is not used.
    pub session: Bytes<'a>,
    /// Ask the server for a session and keep it: see [`crate::connection::Connection::session`].
    pub keep_session: bool,
    /// Compute in slices: no call takes longer than a slice of a long computation, and the caller goes on with
    /// [`crate::connection::Connection::work`] when he has time. Without it every call computes all that there is.
    pub slices: bool,
}

impl Default for Config<'_> {
    fn default() -> Self {
        Config {
            trust: Trust::default(),
            servername: b"",
            alpn: b"",
            max_fragment: 1024,
            max_record: 16384,
            // Espruino hands data to its network layer in pieces of 536 bytes: one piece, one record.
            max_send: 536,
            min_version: 0,
            max_version: 0,
            cert: b"",
            key: b"",
            session: b"",
            keep_session: false,
            slices: false,
        }
    }
}

/// Most bytes that the `alpn` string may have; keeps the ClientHello small.
const MAX_ALPN: usize = 255;

/// What stands between separators. Like `split`, but its code is there only once.
pub struct Parts<'a> {
    rest: Option<&'a [u8]>,
    separator: u8,
}

impl<'a> Parts<'a> {
    /// An empty text has none.
    pub(crate) fn new(text: &'a [u8], separator: u8) -> Self {
        Parts { rest: (!text.is_empty()).then_some(text), separator }
    }

    /// The last one has been handed out.
    #[cfg(any(feature = "chain", test))]
    pub(crate) fn are_over(&self) -> bool {
        self.rest.is_none()
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a [u8];

    #[inline(never)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.rest?;
        let end = rest.iter().position(|b| *b == self.separator);
        self.rest = end.and_then(|end| rest.get(end + 1..));
        rest.get(..end.unwrap_or(rest.len()))
    }
}

impl<'a> Config<'a> {
    /// The names in `alpn`, in order.
    pub fn protocols(&self) -> Parts<'a> {
        Parts::new(self.alpn, b',')
    }

    /// Bytes of the buffer for a record's plaintext: TLS 1.3 puts the content type behind it.
    pub fn record_buffer(&self) -> usize {
        let record = usize::from(self.max_fragment) + usize::from(cfg!(feature = "tls13"));
        // In TLS 1.3 a signature of ours is made where records are going to lie.
        #[cfg(feature = "client-rsa")]
        if !self.cert.is_empty() {
            return record.max(crate::crypto::signature::rsa_sign::RSA_SIGN_LEN);
        }
        record
    }

    /// Whether this version is offered.
    #[inline(always)] // a build without TLS 1.3 never asks
    pub fn offers(&self, version: u16) -> bool {
        (TLS12..=HIGHEST).contains(&version) && self.allows(version)
    }

    #[inline(never)]
    fn allows(&self, version: u16) -> bool {
        self.min_version <= version && (self.max_version == 0 || version <= self.max_version)
    }

    /// Refuses what can be refused before a byte is sent, except for names and for whom to trust: see
    /// [`server_name`](crate::handshake::server_name) and `x509::check_config`.
    /// The numbers are those of the error.
    pub fn check(&self, detail: &mut Detail) -> Result<(), Error> {
        if !matches!(self.max_fragment, 512 | 1024 | 2048 | 4096) {
            detail.a = self.max_fragment.into();
            return Err(Error::InvalidMaxFragment);
        }
        if self.max_send == 0 || self.max_send > 16384 || self.max_record > 16384 {
            return Err(Error::InvalidArgument);
        }
        if !self.offers(TLS12) && !self.offers(TLS13) {
            return Err(Error::InvalidVersionRange);
        }
        #[cfg(not(feature = "client-auth"))]
        if !self.cert.is_empty() || !self.key.is_empty() {
            return Err(Error::NoClientAuth);
        }
        if self.alpn.len() > MAX_ALPN || self.protocols().any(|p| p.is_empty()) {
            return Err(Error::InvalidAlpn);
        }
        Ok(())
    }
}
