//! The runner's flags: what they ask for, or why this client does not have that.

use espruino_tls::config::{TLS12, TLS13};
use espruino_tls::handshake::GROUPS;
use espruino_tls::handshake::signature_scheme::SignatureScheme;

/// What holds for all connections of a test.
pub struct Options {
    pub port: u16,
    pub shim_id: u64,
    pub ipv6: bool,
    /// Connections after the first, each resuming.
    pub resume_count: u32,
    pub initial: Config,
    pub resume: Config,
}

/// What may differ between the first connection and those that resume.
#[derive(Clone)]
pub struct Config {
    /// On the wire; 0 for what the engine has.
    pub min_version: u16,
    /// On the wire; 0 for what the engine has.
    pub max_version: u16,
    pub host_name: String,
    pub advertise_alpn: Vec<String>,
    pub expect_alpn: String,
    pub expect_version: Option<u16>,
    pub expect_cipher: Option<u16>,
    pub expect_hrr: Option<bool>,
    pub expect_peer_cert_file: Option<String>,
    pub cert_file: String,
    pub key_file: String,
    pub expect_extended_master_secret: bool,
    pub expect_session_miss: bool,
    pub expect_no_session: bool,
    pub expect_ticket_renewal: bool,
    pub verify_peer: bool,
    pub verify_fail: bool,
    pub is_async: bool,
    pub implicit_handshake: bool,
    pub handshake_never_done: bool,
    pub shim_writes_first: bool,
    pub shim_initial_write: String,
    pub repeat_shim_initial_write: u32,
    pub write_different_record_sizes: bool,
    pub read_size: usize,
    pub shim_shuts_down: bool,
    pub check_close_notify: bool,
    /// Seconds between this connection and the next.
    pub resumption_delay: i64,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            min_version: 0,
            max_version: 0,
            host_name: String::new(),
            advertise_alpn: Vec::new(),
            expect_alpn: String::new(),
            expect_version: None,
            expect_cipher: None,
            expect_hrr: None,
            expect_peer_cert_file: None,
            cert_file: String::new(),
            key_file: String::new(),
            expect_extended_master_secret: false,
            expect_session_miss: false,
            expect_no_session: false,
            expect_ticket_renewal: false,
            verify_peer: false,
            verify_fail: false,
            is_async: false,
            implicit_handshake: false,
            handshake_never_done: false,
            shim_writes_first: false,
            shim_initial_write: "hello".into(),
            repeat_shim_initial_write: 1,
            write_different_record_sizes: false,
            read_size: 512,
            shim_shuts_down: false,
            check_close_notify: false,
            resumption_delay: 0,
        }
    }
}

/// Schemes with which a client's key signs.
const SIGNED_WITH: [u16; 8] = [0x0403, 0x0503, 0x0401, 0x0501, 0x0601, 0x0804, 0x0805, 0x0806];

/// What the flags come to.
pub enum Parsed {
    Options(Box<Options>),
    /// What is missing.
    Unimplemented(String),
    /// The flags make no sense.
    Wrong(String),
}

/// Flags that ask for what this client does not have. A name that ends with `*` stands for all that begin like that.
const MISSING: &[(&str, &str)] = &[
    ("-server", "server side"),
    ("-dtls", "DTLS"),
    ("-quic*", "QUIC"),
    ("-expect-quic*", "QUIC"),
    ("-must-match-issuer", CLIENT_CERTIFICATES),
    ("-use-client-ca-list", CLIENT_CERTIFICATES),
    ("-fail-cert-callback", CLIENT_CERTIFICATES),
    ("-ocsp-response", CLIENT_CERTIFICATES),
    ("-new-rpk-credential", RAW_KEYS),
    ("-expect-peer-certificate-type", RAW_KEYS),
    ("-accepted-peer-cert-types", RAW_KEYS),
    ("-available-client-cert-types", RAW_KEYS),
    ("-expect-peer-rpk-sha256", RAW_KEYS),
    ("-expect-accept-early-data", EARLY_DATA),
    ("-expect-reject-early-data", EARLY_DATA),
    ("-expect-no-offer-early-data", EARLY_DATA),
    ("-enable-ocsp-stapling", "OCSP stapling and certificate transparency"),
    ("-enable-signed-cert-timestamps", "OCSP stapling and certificate transparency"),
    ("-expect-ocsp-response", "OCSP stapling and certificate transparency"),
    ("-expect-signed-cert-timestamps", "OCSP stapling and certificate transparency"),
    ("-signed-cert-timestamps", "OCSP stapling and certificate transparency"),
    ("-use-ocsp-callback", "OCSP stapling and certificate transparency"),
    ("-export-keying-material", "keying material exporters"),
    ("-export-traffic-secrets", "keying material exporters"),
    ("-use-exporter-between-reads", "keying material exporters"),
    ("-tls-unique", "keying material exporters"),
    ("-ech-*", ECH),
    ("-enable-ech-grease", ECH),
    ("-expect-ech*", ECH),
    ("-expect-no-ech*", ECH),
    ("-reject-unusable-ech-config", ECH),
    ("-psk", "external pre-shared keys"),
    ("-psk-identity", "external pre-shared keys"),
    ("-new-psk-credential", "external pre-shared keys"),
    ("-new-spake2plusv1-credential", "password authenticated key exchange"),
    ("-new-delegated-credential", "delegated credentials"),
    ("-delegated-credential", "delegated credentials"),
    ("-send-channel-id", "channel ID"),
    ("-enable-channel-id", "channel ID"),
    ("-select-next-proto", "next protocol negotiation"),
    ("-select-empty-next-proto", "next protocol negotiation"),
    ("-false-start", "false start"),
    ("-allow-false-start-without-alpn", "false start"),
    ("-application-settings", "application settings"),
    ("-alps-use-new-codepoint", "application settings"),
    ("-expect-peer-application-settings", "application settings"),
    ("-renegotiate-freely", "renegotiation"),
    ("-renegotiate-once", "renegotiation"),
    ("-renegotiate-explicit", "renegotiation"),
    ("-forbid-renegotiation-after-handshake", "renegotiation"),
    ("-expect-secure-renegotiation", "renegotiation"),
    ("-expect-no-secure-renegotiation", "renegotiation"),
    ("-install-cert-compression-algs", "certificate compression"),
    ("-install-one-cert-compression-alg", "certificate compression"),
    ("-requested-trust-anchors", "trust anchor identifiers"),
    ("-expect-peer-available-trust-anchors", "trust anchor identifiers"),
    ("-expect-peer-match-trust-anchor", "trust anchor identifiers"),
    ("-expect-no-peer-match-trust-anchor", "trust anchor identifiers"),
    ("-request-server-padding", "server padding"),
    ("-expect-server-sent-requested-padding", "server padding"),
    ("-fips-202205", POLICIES),
    ("-wpa-202304", POLICIES),
    ("-cnsa*", POLICIES),
    ("-cipher", "suites, groups, key shares and schemes that can be configured"),
    ("-key-shares", FIXED),
    ("-no-key-shares", FIXED),
    ("-server-supported-groups-hint", FIXED),
    ("-expect-peer-verify-pref", FIXED),
    ("-expect-cipher-aes", FIXED),
    ("-expect-cipher-no-aes", FIXED),
    ("-no-ticket", FIXED),
    ("-max-cert-list", FIXED),
    ("-fallback-scsv", "TLS_FALLBACK_SCSV: nothing older is ever tried"),
    ("-cbc-record-splitting", "CBC cipher suites"),
    ("-srtp-profiles", "SRTP"),
    ("-enable-grease", "GREASE"),
    ("-permute-extensions", "GREASE"),
    ("-resumption-across-names-enabled", ACROSS_NAMES),
    ("-expect-resumable-across-names", ACROSS_NAMES),
    ("-expect-not-resumable-across-names", ACROSS_NAMES),
    ("-allow-unknown-alpn-protos", "calls of BoringSSL's API that this client does not have"),
    ("-peek-then-read", API),
    ("-send-alert", API),
    ("-key-update", API),
    ("-key-update-before-read", API),
    ("-expect-msg-callback", API),
    ("-read-with-unfinished-write", API),
    ("-partial-write", API),
    ("-expect-no-peer-cert", API),
    ("-early-write-after-message", EARLY_DATA),
];
const CLIENT_CERTIFICATES: &str = "a choice between client certificates, and callbacks about them";
const RAW_KEYS: &str = "raw public keys";
const EARLY_DATA: &str = "0-RTT";
const ECH: &str = "encrypted ClientHello";
const POLICIES: &str = "compliance policies";
const FIXED: &str = "suites, groups, key shares and schemes that can be configured";
const ACROSS_NAMES: &str = "sessions across names: they are bound to one";
const API: &str = "calls of BoringSSL's API that this client does not have";
const OLD: &str = "TLS 1.0 and 1.1";

fn is_missing(name: &str) -> Option<&'static str> {
    let found = MISSING.iter().find(|(pattern, _)| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => *pattern == name,
    });
    found.map(|(_, reason)| *reason)
}

pub fn parse(arguments: &[String]) -> Parsed {
    parse_all(arguments).map_or_else(|parsed| parsed, |options| Parsed::Options(Box::new(options)))
}

fn parse_all(arguments: &[String]) -> Result<Options, Parsed> {
    let mut options = Options {
        port: 0,
        shim_id: 0,
        ipv6: false,
        resume_count: 0,
        initial: Config::default(),
        resume: Config::default(),
    };
    let mut has_credential = false;
    // which of TLS 1.0 to 1.3 are left
    let mut disabled = [[false; 4]; 2];
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        let flag = argument.strip_prefix("-on-shim").unwrap_or(argument);
        let (flag, which) = match (flag.strip_prefix("-on-initial"), flag.strip_prefix("-on-resume")) {
            (Some(flag), _) => (flag, [true, false]),
            (_, Some(flag)) => (flag, [false, true]),
            _ => (flag, [true, true]),
        };
        if flag.starts_with("-on-retry") {
            return Err(Parsed::Unimplemented(EARLY_DATA.into()));
        }
        if let Some(reason) = is_missing(flag) {
            return Err(Parsed::Unimplemented(reason.into()));
        }
        let mut value = || arguments.next().cloned().ok_or_else(|| Parsed::Wrong(format!("{flag} needs a value")));
        match flag {
            "-port" => options.port = number(&value()?)?,
            "-shim-id" => options.shim_id = number(&value()?)?,
            "-ipv6" => options.ipv6 = true,
            // One credential is a certificate and a key like any other.
            "-new-x509-credential" if options.initial.cert_file.is_empty() && !has_credential => has_credential = true,
            "-new-x509-credential" => return Err(Parsed::Unimplemented(CLIENT_CERTIFICATES.into())),
            "-resume-count" => options.resume_count = number(&value()?)?,
            "-no-tls1" | "-no-tls11" | "-no-tls12" | "-no-tls13" => {
                let place = match flag {
                    "-no-tls1" => 0,
                    "-no-tls11" => 1,
                    "-no-tls12" => 2,
                    _ => 3,
                };
                for (disabled, _) in disabled.iter_mut().zip(which).filter(|(_, wanted)| *wanted) {
                    disabled[place] = true;
                }
            }
            _ => {
                let mut configs = [(&mut options.initial, which[0]), (&mut options.resume, which[1])];
                let configs = configs.iter_mut().filter(|(_, wanted)| *wanted).map(|(config, _)| &mut **config);
                set(flag, &mut value, configs)?;
            }
        }
    }
    for (config, disabled) in [&mut options.initial, &mut options.resume].into_iter().zip(disabled) {
        let bounds = if config.max_version == 0 { TLS13 } else { config.max_version };
        let mut left = (config.min_version.max(0x0301)..=bounds).filter(|v| {
            let place = usize::from(*v).wrapping_sub(0x0301);
            disabled.get(place).is_some_and(|disabled| !disabled)
        });
        let (first, last) = (left.clone().next(), left.next_back());
        match (first, last) {
            // an empty range: the engine says so
            (_, None) => (config.min_version, config.max_version) = (TLS13, TLS12),
            (_, Some(last)) if last < TLS12 => return Err(Parsed::Unimplemented(OLD.into())),
            (first, Some(last)) => (config.min_version, config.max_version) = (first.unwrap_or(last), last),
        }
    }
    Ok(options)
}

/// A flag that may differ between connections.
fn set<'c>(
    flag: &str,
    value: &mut dyn FnMut() -> Result<String, Parsed>,
    configs: impl Iterator<Item = &'c mut Config>,
) -> Result<(), Parsed> {
    // Read once, for all connections.
    let text = match flag {
        "-min-version"
        | "-max-version"
        | "-trust-cert"
        | "-host-name"
        | "-advertise-alpn"
        | "-expect-alpn"
        | "-expect-version"
        | "-expect-cipher"
        | "-expect-peer-cert-file"
        | "-shim-initial-write"
        | "-repeat-shim-initial-write"
        | "-read-size"
        | "-resumption-delay"
        | "-cert-file"
        | "-key-file"
        | "-signing-prefs"
        | "-curves"
        | "-verify-prefs"
        | "-expect-curve-id"
        | "-expect-peer-signature-algorithm"
        | "-expect-client-ca-list"
        | "-expect-certificate-types"
        | "-expect-selected-credential"
        | "-expect-early-data-reason"
        | "-expect-total-renegotiations" => value()?,
        _ => String::new(),
    };
    for config in configs {
        match flag {
            "-min-version" => config.min_version = number(&text)?,
            "-max-version" => config.max_version = number(&text)?,
            "-host-name" => config.host_name = text.clone(),
            // see shim.rs
            "-trust-cert" => {}
            "-advertise-alpn" => config.advertise_alpn = protocols(&text)?,
            "-expect-alpn" => config.expect_alpn = text.clone(),
            "-expect-version" => config.expect_version = Some(number(&text)?),
            "-expect-cipher" => config.expect_cipher = Some(number(&text)?),
            "-expect-hrr" => config.expect_hrr = Some(true),
            "-expect-no-hrr" => config.expect_hrr = Some(false),
            "-expect-peer-cert-file" => config.expect_peer_cert_file = Some(text.clone()),
            "-cert-file" => config.cert_file = text.clone(),
            "-key-file" if can_sign(&text)? => config.key_file = text.clone(),
            "-key-file" => return Err(Parsed::Unimplemented("client keys other than P-256 and RSA-2048".into())),
            // what is signed with is fixed, too
            "-signing-prefs" if SIGNED_WITH.contains(&number(&text)?) => {}
            "-signing-prefs" => return Err(Parsed::Unimplemented(FIXED.into())),
            "-expect-extended-master-secret" => config.expect_extended_master_secret = true,
            "-expect-session-miss" => config.expect_session_miss = true,
            "-expect-no-session" => config.expect_no_session = true,
            "-expect-ticket-renewal" => config.expect_ticket_renewal = true,
            "-verify-peer" => config.verify_peer = true,
            "-verify-fail" => config.verify_fail = true,
            "-async" => config.is_async = true,
            "-implicit-handshake" => config.implicit_handshake = true,
            "-handshake-never-done" => config.handshake_never_done = true,
            "-shim-writes-first" => config.shim_writes_first = true,
            "-shim-initial-write" => config.shim_initial_write = text.clone(),
            "-repeat-shim-initial-write" => config.repeat_shim_initial_write = number(&text)?,
            "-write-different-record-sizes" => config.write_different_record_sizes = true,
            "-read-size" => config.read_size = number(&text)?,
            "-shim-shuts-down" => config.shim_shuts_down = true,
            "-check-close-notify" => config.check_close_notify = true,
            "-resumption-delay" => config.resumption_delay = number(&text)?,
            // What is offered is fixed. A test that needs one of these and nothing else can be run all the same.
            "-curves" if GROUPS.iter().any(|group| text == (*group as u16).to_string()) => {}
            "-curves" => return Err(Parsed::Unimplemented("groups other than P-256, P-384 and X25519".into())),
            "-verify-prefs" | "-expect-peer-signature-algorithm" if SignatureScheme::find(number(&text)?).is_some() => {
            }
            "-verify-prefs" | "-expect-peer-signature-algorithm" => {
                return Err(Parsed::Unimplemented("signatures with SHA-1, Ed25519, P-521 or ML-DSA".into()));
            }
            // The runner looks at the same from its side.
            "-expect-curve-id" => {}
            // How BoringSSL's callbacks are called is of no interest here, nor what they are told.
            "-use-custom-verify-callback" | "-expect-verify-result" | "-use-old-client-cert-callback" => {}
            "-expect-client-ca-list" | "-expect-certificate-types" => {}
            "-expect-selected-credential" if text == "0" => {}
            "-expect-selected-credential" => return Err(Parsed::Unimplemented(CLIENT_CERTIFICATES.into())),
            // Trust is part of a session: it is as good as decided anew.
            "-reverify-on-resume" => {}
            // There is no 0-RTT: that a client could have it changes nothing as long as nothing is expected of it.
            "-enable-early-data" | "-expect-ticket-supports-early-data" => {}
            "-expect-early-data-reason" if text == "disabled" => {}
            "-expect-early-data-reason" => return Err(Parsed::Unimplemented(EARLY_DATA.into())),
            // There is no renegotiation that a server without renegotiation_info could be attacked by.
            "-no-legacy-server-connect" => {}
            // There is no renegotiation: the runner sees whether one happens.
            "-renegotiate-ignore" => {}
            "-expect-total-renegotiations" if text == "0" => {}
            "-expect-total-renegotiations" => return Err(Parsed::Unimplemented("renegotiation".into())),
            // More calls of handshake() than one change nothing.
            "-no-op-extra-handshake" | "-handshake-twice" => {}
            _ => return Err(Parsed::Unimplemented(format!("the flag {flag}"))),
        }
    }
    Ok(())
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, Parsed> {
    text.parse().map_err(|_| Parsed::Wrong(format!("{text} is not a number that is possible here")))
}

/// The runner's form is that of the wire: a length before each name.
fn protocols(wire: &str) -> Result<Vec<String>, Parsed> {
    let (mut names, mut rest) = (Vec::new(), wire.as_bytes());
    while let Some((length, after)) = rest.split_first() {
        let wrong = || Parsed::Wrong("the ALPN list is malformed".into());
        let (name, after) = after.split_at_checked(usize::from(*length)).ok_or_else(wrong)?;
        names.push(String::from_utf8(name.to_vec()).map_err(|_| wrong())?);
        rest = after;
    }
    Ok(names)
}

/// Whether this private key, PKCS #8, is of a kind that this client can sign with: it names the curve P-256 (RFC 5480
/// §2.1.1.1), or RSA (RFC 8017 §A.1) and is as long as one of 2048 bits.
fn can_sign(file: &str) -> Result<bool, Parsed> {
    let key = pem(file, "PRIVATE KEY").map_err(Parsed::Wrong)?;
    let names = |oid: &[u8]| key.windows(oid.len()).any(|w| w == oid);
    let p256 = names(&[6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7]);
    let rsa = names(&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1]);
    Ok(p256 || rsa && (1100..1300).contains(&key.len()))
}

/// The first block of that kind in a PEM file.
pub fn pem(file: &str, label: &str) -> Result<Vec<u8>, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{file}: {e}"))?;
    let body = text.split(&format!("-----BEGIN {label}-----")).nth(1).and_then(|t| t.split("-----END").next());
    base64(body.unwrap_or_default()).ok_or_else(|| format!("{file}: no {label}"))
}

/// Decodes base64, white space or not.
fn base64(text: &str) -> Option<Vec<u8>> {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut bits, mut count) = (Vec::new(), 0u32, 0);
    for byte in text.bytes().filter(|b| !b.is_ascii_whitespace() && *b != b'=') {
        bits = bits << 6 | ALPHABET.iter().position(|b| *b == byte)? as u32;
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    Some(out).filter(|out| !out.is_empty())
}
