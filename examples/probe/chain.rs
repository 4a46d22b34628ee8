//! The server's certificates. The engine lets them flow past and keeps nothing; this computer has room to look at them.

use std::fmt::Write as _;
use std::io;
use std::sync::{Arc, Mutex};

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use x509_parser::prelude::*;
use x509_parser::public_key::PublicKey;

use super::engine::{self, Target};

/// A key, as far as it matters here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Key {
    P256,
    P384,
    Rsa(usize),
    /// The engine has no such keys.
    Other(String),
}

impl Key {
    pub fn name(&self) -> String {
        match self {
            Key::P256 => "P-256".into(),
            Key::P384 => "P-384".into(),
            Key::Rsa(bits) => format!("RSA-{bits}"),
            Key::Other(name) => name.clone(),
        }
    }

    /// Whether the engine verifies signatures of it.
    pub fn is_usable(&self) -> bool {
        matches!(self, Key::P256 | Key::P384 | Key::Rsa(2048..=4096))
    }
}

/// A certificate, taken apart.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub der: Vec<u8>,
    pub subject: String,
    pub issuer: String,
    raw_subject: Vec<u8>,
    raw_issuer: Vec<u8>,
    pub key: Key,
    pub signature: String,
    /// SHA-1 or MD5.
    pub is_weak: bool,
    /// Seconds since 1970.
    pub not_before: i64,
    pub not_after: i64,
    pub dates: (String, String),
    /// DNS names and addresses of subjectAltName.
    pub names: Vec<String>,
    pub is_ca: bool,
    pub fingerprint: [u8; 32],
    /// As curl's --pinnedpubkey.
    pub pin: String,
}

/// No control characters, which a terminal would obey, nor what ends a comment.
pub fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '?' } else { c }).collect::<String>().replace("*/", "* /")
}

pub fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |a, b| a << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sextet = (group >> (18 - 6 * i)) & 63;
            text.push(if i <= chunk.len() { char::from(ALPHABET[sextet as usize]) } else { '=' });
        }
    }
    text
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    digest.as_ref().try_into().unwrap_or([0; 32])
}

impl Certificate {
    pub fn parse(der: &[u8]) -> Result<Certificate, String> {
        let (_, x509) = X509Certificate::from_der(der).map_err(|e| format!("a certificate can't be read: {e}"))?;
        let spki = x509.public_key();
        let curve = spki.algorithm.parameters.as_ref().and_then(|p| p.as_oid().ok()).map(|oid| oid.to_id_string());
        let algorithm = spki.algorithm.algorithm.to_id_string();
        let key = match (algorithm.as_str(), curve.as_deref(), spki.parsed()) {
            (_, Some("1.2.840.10045.3.1.7"), _) => Key::P256,
            (_, Some("1.3.132.0.34"), _) => Key::P384,
            (_, Some("1.3.132.0.35"), _) => Key::Other("P-521".into()),
            (_, _, Ok(PublicKey::RSA(rsa))) => Key::Rsa(rsa.key_size()),
            ("1.3.101.112", ..) => Key::Other("Ed25519".into()),
            ("1.3.101.113", ..) => Key::Other("Ed448".into()),
            (_, Some(curve), _) => Key::Other(format!("curve {curve}")),
            (other, ..) => Key::Other(format!("key {other}")),
        };
        let names = x509.subject_alternative_name().ok().flatten();
        let names = names.map_or_else(Vec::new, |extension| {
            let names = extension.value.general_names.iter().filter_map(|name| match name {
                GeneralName::DNSName(name) => Some(printable(name)),
                GeneralName::IPAddress([a, b, c, d]) => Some(format!("{a}.{b}.{c}.{d}")),
                GeneralName::IPAddress(ip) => {
                    <[u8; 16]>::try_from(*ip).ok().map(|ip| std::net::Ipv6Addr::from(ip).to_string())
                }
                _ => None,
            });
            names.collect()
        });
        let (not_before, not_after) = (x509.validity().not_before, x509.validity().not_after);
        let signature = signature_name(&x509.signature_algorithm);
        Ok(Certificate {
            der: der.to_vec(),
            subject: printable(&x509.subject().to_string()),
            issuer: printable(&x509.issuer().to_string()),
            raw_subject: x509.subject().as_raw().to_vec(),
            raw_issuer: x509.issuer().as_raw().to_vec(),
            key,
            is_weak: signature.contains("SHA1") || signature.contains("MD5"),
            signature,
            not_before: not_before.timestamp(),
            not_after: not_after.timestamp(),
            dates: (date(not_before.timestamp()), date(not_after.timestamp())),
            names,
            is_ca: x509.is_ca(),
            fingerprint: sha256(der),
            pin: format!("sha256//{}", base64(&sha256(spki.raw))),
        })
    }

    pub fn is_self_issued(&self) -> bool {
        self.raw_subject == self.raw_issuer
    }

    /// Whether `issuer` has this certificate's issuer's name, and its key made the signature, as far as that can be checked
    /// on this computer.
    pub fn is_issued_by(&self, issuer: &Certificate) -> bool {
        self.raw_issuer == issuer.raw_subject && self.signature_by(issuer) != Some(false)
    }

    /// `None`: the algorithm is not known here.
    fn signature_by(&self, issuer: &Certificate) -> Option<bool> {
        let (_, own) = X509Certificate::from_der(&self.der).ok()?;
        let (_, issuer) = X509Certificate::from_der(&issuer.der).ok()?;
        match own.verify_signature(Some(issuer.public_key())) {
            Ok(()) => Some(true),
            Err(X509Error::SignatureVerificationError) => Some(false),
            Err(_) => None,
        }
    }

    pub fn pem(&self) -> String {
        let mut pem = String::from("-----BEGIN CERTIFICATE-----\n");
        for line in base64(&self.der).as_bytes().chunks(64) {
            let _ = writeln!(pem, "{}", String::from_utf8_lossy(line));
        }
        pem + "-----END CERTIFICATE-----\n"
    }

    /// As `openssl x509 -fingerprint -sha256` prints it.
    pub fn fingerprint_hex(&self) -> String {
        let hex: Vec<String> = self.fingerprint.iter().map(|b| format!("{b:02X}")).collect();
        hex.join(":")
    }
}

fn signature_name(algorithm: &AlgorithmIdentifier) -> String {
    let id = algorithm.algorithm.to_id_string();
    let known = [
        ("1.2.840.10045.4.3.2", "ECDSA-SHA256"),
        ("1.2.840.10045.4.3.3", "ECDSA-SHA384"),
        ("1.2.840.10045.4.3.4", "ECDSA-SHA512"),
        ("1.2.840.10045.4.1", "ECDSA-SHA1"),
        ("1.2.840.113549.1.1.11", "RSA-SHA256"),
        ("1.2.840.113549.1.1.12", "RSA-SHA384"),
        ("1.2.840.113549.1.1.13", "RSA-SHA512"),
        ("1.2.840.113549.1.1.5", "RSA-SHA1"),
        ("1.2.840.113549.1.1.4", "RSA-MD5"),
        ("1.2.840.113549.1.1.10", "RSA-PSS"),
        ("1.3.101.112", "Ed25519"),
        ("1.3.101.113", "Ed448"),
    ];
    known.iter().find(|(oid, _)| *oid == id).map_or(id, |(_, name)| (*name).into())
}

/// YYYY-MM-DD of seconds since 1970 (Howard Hinnant's civil_from_days).
pub fn date(seconds: i64) -> String {
    let z = seconds.div_euclid(86_400) + 719_468;
    let era = z.div_euclid(146_097);
    let day_of_era = z.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

/// What a server sent, and what follows from the order.
#[derive(Default)]
pub struct Chain {
    /// As they came; the first is the server's own.
    pub sent: Vec<Certificate>,
    /// Places in `sent`: the server's own, its issuer, and so on.
    pub path: Vec<usize>,
    /// Bytes of all of them.
    pub bytes: usize,
    /// A trusted certificate of this computer that issued the last one of the path.
    pub root: Option<Certificate>,
    /// What could not be read.
    pub problem: Option<String>,
}

impl Chain {
    pub fn new(ders: &[Vec<u8>], roots: &[Certificate]) -> Chain {
        let mut chain = Chain { bytes: ders.iter().map(Vec::len).sum(), ..Chain::default() };
        for der in ders {
            match Certificate::parse(der) {
                Ok(certificate) => chain.sent.push(certificate),
                Err(e) => {
                    chain.problem = Some(e);
                    break;
                }
            }
        }
        if chain.sent.is_empty() {
            return chain;
        }
        chain.path.push(0);
        loop {
            let last = &chain.sent[chain.path[chain.path.len() - 1]];
            if last.is_self_issued() {
                break;
            }
            let next = (0..chain.sent.len()).find(|i| !chain.path.contains(i) && last.is_issued_by(&chain.sent[*i]));
            match next {
                Some(i) => chain.path.push(i),
                None => {
                    chain.root = roots.iter().find(|root| last.is_issued_by(root)).cloned();
                    break;
                }
            }
        }
        // The end of the path may itself be a root of this computer.
        let top = &chain.sent[chain.path[chain.path.len() - 1]];
        if chain.root.is_none() && top.is_self_issued() {
            chain.root = roots.iter().find(|root| root.der == top.der).cloned();
        }
        chain
    }

    pub fn leaf(&self) -> Option<&Certificate> {
        self.sent.first()
    }

    /// The topmost certificate that was sent.
    pub fn top(&self) -> Option<&Certificate> {
        self.path.last().map(|i| &self.sent[*i])
    }

    /// Whether every certificate issued the one before it.
    pub fn is_in_order(&self) -> bool {
        self.path.len() == self.sent.len() && self.path.is_sorted()
    }

    pub fn is_self_signed(&self) -> bool {
        self.leaf().is_some_and(Certificate::is_self_issued)
    }

    /// The keys that verify the signatures of a path from the server's own certificate up to that anchor.
    pub fn keys_up_to(&self, anchor: &Certificate) -> Vec<Key> {
        let mut keys = Vec::new();
        for place in self.path.iter().skip(1) {
            let certificate = &self.sent[*place];
            keys.push(certificate.key.clone());
            if certificate.der == anchor.der {
                return keys;
            }
        }
        if self.path.first().is_none_or(|i| self.sent[*i].der != anchor.der) {
            keys.push(anchor.key.clone());
        }
        keys
    }
}

/// The certificates of a file.
pub fn read_pem(text: &[u8]) -> Vec<Certificate> {
    let blocks = Pem::iter_from_buffer(text).filter_map(Result::ok);
    blocks.filter(|pem| pem.label == "CERTIFICATE").filter_map(|pem| Certificate::parse(&pem.contents).ok()).collect()
}

/// The certificates of a server that speaks nothing older than TLS 1.3, where they are encrypted: rustls fetches them, with
/// checks switched off. Nothing is sent but a handshake.
pub fn fetch_tls13(target: &Target, alpn: &str) -> io::Result<Vec<Vec<u8>>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .map_err(io::Error::other)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Collector(seen.clone())));
    let mut config = config.with_no_client_auth();
    config.alpn_protocols =
        alpn.split(',').filter(|name| !name.is_empty()).map(|name| name.as_bytes().to_vec()).collect();
    let name = ServerName::try_from(target.servername.clone()).map_err(io::Error::other)?;
    let mut tls = ClientConnection::new(Arc::new(config), name).map_err(io::Error::other)?;
    let mut transport = engine::tcp(&target.url)?;
    let shaken = tls.complete_io(&mut transport);
    let found = seen.lock().map(|seen| seen.clone()).unwrap_or_default();
    if found.is_empty() {
        shaken?;
    }
    Ok(found)
}

/// Believes everything and keeps the certificates.
#[derive(Debug)]
struct Collector(Arc<Mutex<Vec<Vec<u8>>>>);

impl ServerCertVerifier for Collector {
    fn verify_server_cert(
        &self,
        own: &CertificateDer<'_>,
        issuers: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if let Ok(mut seen) = self.0.lock() {
            *seen = std::iter::once(own).chain(issuers).map(|c| c.to_vec()).collect();
        }
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _certificate: &CertificateDer<'_>,
        _signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        // The engine's, so that the server chooses the same certificate.
        vec![
            SignatureScheme::ECDSA_NISTP256_SHA256,
            SignatureScheme::ECDSA_NISTP384_SHA384,
            SignatureScheme::RSA_PSS_SHA256,
            SignatureScheme::RSA_PSS_SHA384,
            SignatureScheme::RSA_PSS_SHA512,
            SignatureScheme::RSA_PKCS1_SHA256,
            SignatureScheme::RSA_PKCS1_SHA384,
            SignatureScheme::RSA_PKCS1_SHA512,
            SignatureScheme::ED25519,
        ]
    }
}
