//! Which versions, cipher suites and groups a server takes: it is offered all of them, then all but the one it chose, and
//! so on. Only ClientHellos are sent; no handshake is finished.

use std::io::{self, Write};
use std::net::TcpStream;

use super::hello::{Answer, Hello, MAX_FRAGMENT_LENGTH, RECORD_SIZE_LIMIT, TLS10, TLS11, TLS12, TLS13};

/// What a device needs for something.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Needs {
    /// Every firmware has it.
    Nothing,
    /// This feature of the library.
    Feature(&'static str),
    /// It is not there: why.
    Missing(&'static str),
}
use Needs::{Feature, Missing, Nothing};

const CBC: Needs = Missing("CBC suites");
const STATIC: Needs = Missing("RSA key exchange, without forward secrecy");
const DHE: Needs = Missing("finite-field DHE");
const CCM: Needs = Missing("CCM suites");

/// Cipher suites: number, name, version, and what a device needs for it.
pub const SUITES: &[(u16, &str, u16, Needs)] = &[
    (0x1301, "TLS_AES_128_GCM_SHA256", TLS13, Nothing),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256", TLS13, Feature("chacha20")),
    (0x1302, "TLS_AES_256_GCM_SHA384", TLS13, Feature("aes256")),
    (0x1304, "TLS_AES_128_CCM_SHA256", TLS13, CCM),
    (0x1305, "TLS_AES_128_CCM_8_SHA256", TLS13, CCM),
    (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", TLS12, Nothing),
    (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", TLS12, Nothing),
    (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", TLS12, Feature("chacha20")),
    (0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", TLS12, Feature("chacha20")),
    (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", TLS12, Feature("aes256")),
    (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", TLS12, Feature("aes256")),
    (0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", TLS12, CCM),
    (0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", TLS12, CCM),
    (0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", TLS12, CCM),
    (0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", TLS12, CCM),
    (0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", TLS12, CBC),
    (0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", TLS12, CBC),
    (0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", TLS12, CBC),
    (0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", TLS12, CBC),
    (0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", TLS10, CBC),
    (0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", TLS10, CBC),
    (0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", TLS10, CBC),
    (0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", TLS10, CBC),
    (0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", TLS10, CBC),
    (0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", TLS12, DHE),
    (0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", TLS12, DHE),
    (0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", TLS12, DHE),
    (0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", TLS12, DHE),
    (0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", TLS12, DHE),
    (0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", TLS10, DHE),
    (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", TLS10, DHE),
    (0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", TLS12, STATIC),
    (0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384", TLS12, STATIC),
    (0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256", TLS12, STATIC),
    (0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256", TLS12, STATIC),
    (0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", TLS10, STATIC),
    (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", TLS10, STATIC),
    (0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", TLS10, STATIC),
    (0x0005, "TLS_RSA_WITH_RC4_128_SHA", TLS10, STATIC),
];

const NO_GROUP: Needs = Missing("a group that is not built");

/// Groups: number, name, and what a device needs for it.
pub const GROUPS: &[(u16, &str, Needs)] = &[
    (23, "secp256r1", Nothing),
    (29, "x25519", Feature("x25519")),
    (24, "secp384r1", NO_GROUP),
    (25, "secp521r1", NO_GROUP),
    (30, "x448", NO_GROUP),
    (0x11ec, "X25519MLKEM768", NO_GROUP),
    (0x11eb, "SecP256r1MLKEM768", NO_GROUP),
    (0x100, "ffdhe2048", NO_GROUP),
    (0x101, "ffdhe3072", NO_GROUP),
    (0x102, "ffdhe4096", NO_GROUP),
    (26, "brainpoolP256r1", NO_GROUP),
    (27, "brainpoolP384r1", NO_GROUP),
];

pub fn suite_name(number: u16) -> String {
    let known = SUITES.iter().find(|(n, ..)| *n == number);
    known.map_or_else(|| format!("suite {number:#06x}"), |(_, name, ..)| (*name).into())
}

pub fn group_name(number: u16) -> String {
    let known = GROUPS.iter().find(|(n, ..)| *n == number);
    known.map_or_else(|| format!("group {number}"), |(_, name, _)| (*name).into())
}

pub fn suite_needs(number: u16) -> Needs {
    SUITES.iter().find(|(n, ..)| *n == number).map_or(Missing("an unknown suite"), |s| s.3)
}

pub fn group_needs(number: u16) -> Needs {
    GROUPS.iter().find(|(n, ..)| *n == number).map_or(NO_GROUP, |g| g.2)
}

pub fn version_name(version: u16) -> String {
    match version {
        0x0300 => "SSL 3.0".into(),
        TLS10..=TLS13 => format!("TLS 1.{}", version - TLS10),
        other => format!("version {other:#06x}"),
    }
}

/// What was found.
#[derive(Default)]
pub struct Scan {
    /// Versions that the server takes, newest first.
    pub versions: Vec<u16>,
    /// Suites in the order in which the server chose them: its own order, if it has one.
    pub suites12: Vec<u16>,
    pub suites13: Vec<u16>,
    /// Groups of the newest version, likewise.
    pub groups: Vec<u16>,
    /// The extensions for small records that are answered in TLS 1.2, where this can be seen.
    pub small12: Vec<u16>,
    /// Certificates, TLS 1.2 or older.
    pub certificates: Vec<Vec<u8>>,
    pub wants_certificate: bool,
    /// The alert with which the newest versions were refused.
    pub alert: Option<u8>,
    pub not_tls: Option<Vec<u8>>,
    pub connections: usize,
}

/// How the scan reaches the server.
pub struct Scanner<'s> {
    pub connect: &'s dyn Fn() -> io::Result<TcpStream>,
    pub progress: &'s dyn Fn(&str),
    pub name: &'s str,
    pub alpn: &'s str,
    pub connections: usize,
}

impl Scanner<'_> {
    fn ask(&mut self, version: u16, suites: &[u16], groups: &[u16], small: &[u16]) -> io::Result<Answer> {
        let hello = Hello { version, suites, groups, name: self.name, alpn: self.alpn, small };
        self.connections += 1;
        let mut transport = (self.connect)()?;
        // A server that has closed already may have said why.
        let _ = transport.write_all(&hello.write());
        let answer = Answer::read(&transport)?;
        Ok(if answer.version == version { answer } else { Answer { version: 0, ..answer } })
    }

    /// Offers `all`, then all but what `chosen` finds in the answer, until nothing is taken.
    fn enumerate(
        &mut self,
        all: Vec<u16>,
        chosen: impl Fn(&Answer) -> u16,
        ask: impl Fn(&mut Self, &[u16]) -> io::Result<Answer>,
    ) -> Vec<u16> {
        let (mut left, mut found) = (all, Vec::new());
        while !left.is_empty() {
            // A connection that fails here is like a refusal: what has been found is true all the same.
            let Ok(answer) = ask(self, &left) else { break };
            let number = chosen(&answer);
            if answer.is_refusal() || !left.contains(&number) {
                break;
            }
            left.retain(|n| *n != number);
            found.push(number);
        }
        found
    }

    /// The whole scan, or with `quick` the versions alone.
    pub fn run(mut self, quick: bool) -> io::Result<Scan> {
        let mut scan = Scan::default();
        let groups: Vec<u16> = GROUPS.iter().map(|g| g.0).collect();
        let suites_of = |version: u16| -> Vec<u16> {
            let fits = |v: u16| if version == TLS13 { v == TLS13 } else { v <= version };
            SUITES.iter().filter(|s| fits(s.2)).map(|s| s.0).collect()
        };
        for version in [TLS13, TLS12, TLS11, TLS10] {
            (self.progress)(&format!("does it speak {}?", version_name(version)));
            let answer = self.ask(version, &suites_of(version), &groups, &[]);
            let answer = match answer {
                Ok(answer) => answer,
                Err(_) if !scan.versions.is_empty() => continue,
                Err(e) => return Err(e),
            };
            if answer.not_tls.is_some() {
                scan.not_tls = answer.not_tls;
                break;
            }
            if answer.is_refusal() {
                scan.alert = scan.alert.or(answer.alert);
                continue;
            }
            scan.versions.push(version);
            scan.wants_certificate |= answer.wants_certificate;
            if scan.certificates.is_empty() {
                scan.certificates = answer.certificates;
            }
        }
        if let (Some(&newest), false) = (scan.versions.first(), quick) {
            for (version, kind) in [(TLS13, &mut scan.suites13), (TLS12, &mut scan.suites12)] {
                if scan.versions.contains(&version) {
                    (self.progress)(&format!("which suites in {}?", version_name(version)));
                    *kind =
                        self.enumerate(suites_of(version), |a| a.suite, |s, left| s.ask(version, left, &groups, &[]));
                }
            }
            (self.progress)("which groups?");
            // Only these say a group.
            let mut suites = suites_of(newest);
            suites.retain(|n| *n < 0x1400 && newest == TLS13 || suite_name(*n).starts_with("TLS_ECDHE_"));
            scan.groups = self.enumerate(groups.clone(), |a| a.group, |s, left| s.ask(newest, &suites, left, &[]));
            if scan.versions.contains(&TLS12) {
                (self.progress)("small records in TLS 1.2?");
                for extension in [MAX_FRAGMENT_LENGTH, RECORD_SIZE_LIMIT] {
                    let answer = self.ask(TLS12, &suites_of(TLS12), &groups, &[extension]);
                    if answer.is_ok_and(|a| a.extensions.contains(&extension)) {
                        scan.small12.push(extension);
                    }
                }
            }
        }
        scan.connections = self.connections;
        Ok(scan)
    }
}
