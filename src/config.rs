//! What the caller wants: the name to check, whom to trust, limits.

use crate::error::{Detail, Error};
use crate::host_name::{is_address, is_host_name};
pub use crate::text::Parts;
use core::fmt;
use core::ops::RangeInclusive;

/// A borrowed byte string.
pub type Bytes<'a> = &'a [u8];

/// TLS 1.2 on the wire (RFC 5246 §6.2.1).
pub const TLS12: u16 = 0x0303;
/// TLS 1.3 on the wire (RFC 8446 §4.1.2).
pub const TLS13: u16 = 0x0304;

/// Whether this build knows TLS 1.3. The compiler drops what is behind it otherwise.
pub const HAS_TLS13: bool = cfg!(feature = "tls13");

/// Whether this build knows sessions.
pub const HAS_SESSIONS: bool = cfg!(feature = "resumption");

/// The highest version of this build.
pub const HIGHEST: u16 = if HAS_TLS13 { TLS13 } else { TLS12 };

/// A version of TLS that this crate knows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[non_exhaustive]
#[repr(u16)]
pub enum Version {
    /// RFC 5246
    Tls12 = TLS12,
    /// RFC 8446; not in every build
    Tls13 = TLS13,
}

/// Sizes of max_fragment_length (RFC 6066 §4): bytes of plaintext in a record.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[repr(u16)]
#[allow(missing_docs)] // the names say it
pub enum MaxFragment {
    Bytes512 = 512,
    #[default]
    Bytes1024 = 1024,
    Bytes2048 = 2048,
    Bytes4096 = 4096,
}

/// Whom to trust. All strings are kept as the caller gave them and read where they lie:
/// nothing is copied or decoded into RAM.
///
/// Each way of trusting has a constructor, and they can be combined: then all must hold.
/// ```
/// use espruino_tls::Trust;
///
/// // what `openssl x509 -noout -fingerprint -sha256` prints
/// let pinned = Trust::fingerprint256(
///     "06:F3:A1:B2:C8:5D:DE:3C:81:4D:BC:0C:BA:DA:63:0F:35:28:93:5A:85:5F:7E:B8:A4:2D:6C:70:D4:79:AC:F3",
/// );
/// assert!(!pinned.insecure && pinned.ca.is_empty());
/// let roots: [&[u8]; 1] = [b"-----BEGIN CERTIFICATE-----\n..."]; // or DER
/// let without_a_clock = Trust::ca(&roots).without_dates();
/// assert!(without_a_clock.ignore_validity);
/// ```
#[derive(Clone, Copy, Default)]
pub struct Trust<'a> {
    /// Trusted certificates: DER or PEM, several in one string if wanted. Other PEM blocks are skipped; what can't be
    /// used does not matter as long as something else can.
    pub ca: &'a [Bytes<'a>],
    /// SHA-256 of the whole server certificate in hex, colons optional; several separated by comma, semicolon or
    /// white space. Empty: no pin.
    pub fingerprint256: Bytes<'a>,
    /// `sha256//BASE64` of the SubjectPublicKeyInfo, several separated by semicolon (curl's form). Empty: no pin.
    pub pinned_pub_key: Bytes<'a>,
    /// Encrypt without authenticating anybody (`rejectUnauthorized: false`). A pin that is given must hold all the
    /// same, as with curl's `-k` and `--pinnedpubkey`; `ca` is not looked at.
    pub insecure: bool,
    /// Do not look at notBefore and notAfter (`checkValidity: false`), for devices without a clock.
    pub ignore_validity: bool,
}

impl<'a> Trust<'a> {
    /// Trusts certificates that lead to one of these (RFC 5280), DER or PEM; see [`Trust::ca`](field@Trust::ca). The
    /// name is checked, too, and so are dates.
    #[must_use]
    pub fn ca(ca: &'a [Bytes<'a>]) -> Self {
        Trust { ca, ..Trust::default() }
    }

    /// Trusts exactly this certificate: SHA-256 in hex; see [`Trust::fingerprint256`](field@Trust::fingerprint256).
    #[must_use]
    pub fn fingerprint256(hex: &'a str) -> Self {
        Trust { fingerprint256: hex.as_bytes(), ..Trust::default() }
    }

    /// Trusts this public key, in curl's form; see [`Trust::pinned_pub_key`](field@Trust::pinned_pub_key).
    #[must_use]
    pub fn pinned_pub_key(pin: &'a str) -> Self {
        Trust { pinned_pub_key: pin.as_bytes(), ..Trust::default() }
    }

    /// Encrypts without authenticating anybody: whoever is on the way can read and change everything.
    #[must_use]
    pub fn insecure() -> Self {
        Trust { insecure: true, ..Trust::default() }
    }

    /// Demands this certificate, too.
    #[must_use]
    pub fn and_fingerprint256(self, hex: &'a str) -> Self {
        Trust { fingerprint256: hex.as_bytes(), ..self }
    }

    /// Demands this public key, too.
    #[must_use]
    pub fn and_pinned_pub_key(self, pin: &'a str) -> Self {
        Trust { pinned_pub_key: pin.as_bytes(), ..self }
    }

    /// Does not look at certificates' dates, for devices without a clock.
    #[must_use]
    pub fn without_dates(self) -> Self {
        Trust { ignore_validity: true, ..self }
    }
}

impl fmt::Debug for Trust<'_> {
    /// Bytes of each text rather than the text.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Trust")
            .field("ca", &self.ca.len())
            .field("fingerprint256", &self.fingerprint256.len())
            .field("pinned_pub_key", &self.pinned_pub_key.len())
            .field("insecure", &self.insecure)
            .field("ignore_validity", &self.ignore_validity)
            .finish()
    }
}

/// Everything a connection is made with. What it borrows must live as long as the connection.
///
/// [`Config::new`] takes what no connection can do without; all else has a default.
/// ```
/// use espruino_tls::{Config, Connection, MaxFragment, Trust, Version};
///
/// let trust = Trust::pinned_pub_key("sha256//0000000000000000000000000000000000000000000=");
/// let config = Config::new("example.com", trust).alpn("http/1.1").max_fragment(MaxFragment::Bytes512);
/// assert!(Connection::memory_needed(&config) < 4096);
/// let only12 = config.versions(Version::Tls12..=Version::Tls12);
/// assert!(only12.offers(0x0303) && !only12.offers(0x0304));
/// ```
/// The fields are there for what is computed; name the rest with `..Config::default()`, for there may be more of them
/// one day.
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
    /// The client's certificate and those of its issuers, in order, DER or PEM; empty: none. One PEM text may be given
    /// here and as `key`.
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

impl fmt::Debug for Config<'_> {
    /// No certificates, keys or sessions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = |bytes| core::str::from_utf8(bytes).unwrap_or_default();
        f.debug_struct("Config")
            .field("trust", &self.trust)
            .field("servername", &text(self.servername))
            .field("alpn", &text(self.alpn))
            .field("max_fragment", &self.max_fragment)
            .field("max_record", &self.max_record)
            .field("max_send", &self.max_send)
            .field("min_version", &self.min_version)
            .field("max_version", &self.max_version)
            .field("keep_session", &self.keep_session)
            .field("slices", &self.slices)
            .finish_non_exhaustive()
    }
}

/// Most bytes that the `alpn` string may have; keeps the ClientHello small.
const MAX_ALPN: usize = 255;

impl<'a> Config<'a> {
    /// A connection to this server, a DNS name in ASCII or an IP address, which must be trusted in this way.
    #[must_use]
    pub fn new(servername: &'a str, trust: Trust<'a>) -> Self {
        Config { servername: servername.as_bytes(), trust, ..Config::default() }
    }

    /// Offers application protocols (RFC 7301), separated by commas, best first, at most 255 bytes in all.
    #[must_use]
    pub fn alpn(self, protocols: &'a str) -> Self {
        Config { alpn: protocols.as_bytes(), ..self }
    }

    /// Asks the server for records of at most that size (RFC 6066 §4, RFC 8449); 1024 bytes without this.
    #[must_use]
    pub fn max_fragment(self, size: MaxFragment) -> Self {
        Config { max_fragment: size as u16, ..self }
    }

    /// Offers these versions only.
    #[must_use]
    pub fn versions(self, versions: RangeInclusive<Version>) -> Self {
        Config { min_version: *versions.start() as u16, max_version: *versions.end() as u16, ..self }
    }

    /// Authenticates the client: its certificate, those of its issuers in order, and its private key, each DER or PEM.
    #[must_use]
    pub fn client_certificate(self, cert: Bytes<'a>, key: Bytes<'a>) -> Self {
        Config { cert, key, ..self }
    }

    /// Resumes a session of an earlier connection; see [`Config::session`](field@Config::session).
    #[must_use]
    pub fn session(self, session: Bytes<'a>) -> Self {
        Config { session, ..self }
    }

    /// Asks for a session and keeps it for [`Connection::session`](crate::connection::Connection::session).
    #[must_use]
    pub fn keeping_session(self) -> Self {
        Config { keep_session: true, ..self }
    }

    /// Computes in slices; see [`Config::slices`](field@Config::slices).
    #[must_use]
    pub fn in_slices(self) -> Self {
        Config { slices: true, ..self }
    }

    /// The names in `alpn`, in order.
    pub fn protocols(&self) -> Parts<'a> {
        Parts::new(self.alpn, b',')
    }

    /// The name for SNI: none for IP addresses (RFC 6066 §3) and when there is no name. A trailing dot is not sent.
    pub fn sni(&self) -> Option<&'a [u8]> {
        let name = if let [name @ .., b'.'] = self.servername { name } else { self.servername };
        if name.is_empty() || is_address(name) { None } else { Some(name) }
    }

    /// Bytes of the buffer for a record's plaintext: TLS 1.3 puts the content type behind it.
    pub fn record_buffer(&self) -> usize {
        let record = usize::from(self.max_fragment) + usize::from(cfg!(feature = "tls13"));
        // In TLS 1.3 a signature of ours is made where records are going to lie.
        #[cfg(feature = "client-rsa")]
        if !self.cert.is_empty() {
            return record.max(crate::crypto::RSA_SIGN_LEN);
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

    /// Refuses what can be refused before a byte is sent, except for whom to trust: that is `x509::check_config`.
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
        if self.sni().is_some_and(|name| is_host_name(name).is_none()) {
            return Err(Error::InvalidServername);
        }
        Ok(())
    }
}
