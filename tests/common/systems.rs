//! The servers that people want to reach from a Pixl.js, each with the properties of the real one, in a thread. All but the
//! first and the last byte of what makes them hard is in how they are configured: rustls, which ignores the wish for small
//! records, as the real ones do.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use rustls::sign::CertifiedKey;
use rustls::{CipherSuite, ServerConfig, ServerConnection, SupportedProtocolVersion, version};

use super::pki::pki;
use super::servers::{ThreadServer, body};

/// The systems, by the names of their tests.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum System {
    /// ECDHE-RSA-AES128-GCM alone; another certificate without SNI; ALPN http/1.1 or none; records of 16 KB; JSON.
    ApiGateway,
    /// Four RSA-2048 certificates, some 5 KB.
    Amazon,
    /// A client certificate is required; ALPN `x-amzn-http-ca`.
    AwsIot,
    /// ECDSA P-256 under an ECDSA intermediate; records that grow within a body: 1.4 KB, 4 KB, 16 KB.
    Cloudflare,
    /// Self-signed ECDSA P-256, ECDHE-ECDSA-AES128-GCM alone, TLS 1.2, no extension honoured.
    Powerwall,
    /// The same after its certificate has changed.
    PowerwallRenewed,
}

pub const ALL: [(&str, System); 6] = [
    ("api-gateway", System::ApiGateway),
    ("amazon", System::Amazon),
    ("aws-iot", System::AwsIot),
    ("cloudflare", System::Cloudflare),
    ("powerwall", System::Powerwall),
    ("powerwall-renewed", System::PowerwallRenewed),
];

/// What a server has seen of one connection.
#[derive(Debug, Default)]
pub struct Seen {
    pub sni: Option<String>,
    pub alpn: Option<String>,
    /// Method, path and body of the requests.
    pub requests: Vec<(String, String, Vec<u8>)>,
    /// rustls' error or an I/O error.
    pub error: Option<String>,
}

fn certified(entry: &str) -> Arc<CertifiedKey> {
    let chain = pki().read(&format!("{entry}.chain.pem"));
    let chain = CertificateDer::pem_slice_iter(&chain);
    let key = PrivateKeyDer::from_pem_slice(&pki().read(&format!("{entry}.key.pem"))).unwrap();
    let key = rustls::crypto::ring::sign::any_supported_type(&key).unwrap();
    Arc::new(CertifiedKey::new(chain.collect::<Result<Vec<_>, _>>().unwrap(), key))
}

/// One certificate for the right name, another one for everybody else.
#[derive(Debug)]
struct ByName {
    right: Arc<CertifiedKey>,
    default: Arc<CertifiedKey>,
}

impl ResolvesServerCert for ByName {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(if hello.server_name() == Some("localhost") { self.right.clone() } else { self.default.clone() })
    }
}

impl System {
    fn config(self) -> ServerConfig {
        let mut provider = rustls::crypto::ring::default_provider();
        let tls12: &[&SupportedProtocolVersion] = &[&version::TLS12];
        let both: &[&SupportedProtocolVersion] = &[&version::TLS13, &version::TLS12];
        let (right, default, suite, versions) = match self {
            System::ApiGateway => {
                ("rsa", "default-rsa", Some(CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256), tls12)
            }
            System::Amazon => ("rsa4", "rsa4", None, both),
            System::AwsIot => ("rsa", "rsa", None, both),
            System::Cloudflare => ("p256", "p256", None, both),
            System::Powerwall | System::PowerwallRenewed => {
                let entry = if self == System::Powerwall { "self-ec" } else { "self-ec-renewed" };
                (entry, entry, Some(CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256), tls12)
            }
        };
        if let Some(only) = suite {
            provider.cipher_suites.retain(|suite| suite.suite() == only);
        }
        let provider = Arc::new(provider);
        let builder = ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).unwrap();
        let resolver = Arc::new(ByName { right: certified(right), default: certified(default) });
        let mut config = if self == System::AwsIot {
            let mut roots = rustls::RootCertStore::empty();
            for root in ["root-p256.pem", "root-rsa.pem"] {
                roots.add(CertificateDer::from_pem_slice(&pki().read(root)).unwrap()).unwrap();
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap();
            builder.with_client_cert_verifier(verifier).with_cert_resolver(resolver)
        } else {
            builder.with_no_client_auth().with_cert_resolver(resolver)
        };
        config.alpn_protocols = match self {
            System::ApiGateway | System::Cloudflare => vec![b"h2".to_vec(), b"http/1.1".to_vec()],
            System::AwsIot => vec![b"x-amzn-http-ca".to_vec()],
            _ => Vec::new(),
        };
        config
    }

    /// How the plaintext of an answer is cut into records.
    fn record(self, sent: usize) -> usize {
        match (self, sent) {
            // (published) records begin small, for the sake of slow starts
            (System::Cloudflare, ..5_500) => 1369,
            (System::Cloudflare, ..30_000) => 4096,
            _ => 16384,
        }
    }

    /// Starts it.
    pub fn start(self) -> ThreadServer<Seen> {
        let config = Arc::new(self.config());
        ThreadServer::start(move |transport| self.serve(&config, transport))
    }

    fn serve(self, config: &Arc<ServerConfig>, mut transport: TcpStream) -> Seen {
        let mut tls = ServerConnection::new(config.clone()).unwrap();
        let mut seen = Seen::default();
        let served = self.answer(&mut tls, &mut transport, &mut seen);
        seen.sni = tls.server_name().map(Into::into);
        seen.alpn = tls.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned());
        if served.is_ok() {
            tls.send_close_notify();
            while tls.wants_write() && tls.write_tls(&mut transport).is_ok() {}
        }
        seen.error = served.err().map(|e| e.to_string());
        let _ = transport.shutdown(std::net::Shutdown::Write);
        // Reading to the end avoids a reset, which could destroy what is still on its way.
        while matches!(tls.read_tls(&mut transport), Ok(1..)) {
            if let Err(error) = tls.process_new_packets() {
                seen.error.get_or_insert(error.to_string());
                break;
            }
        }
        seen
    }

    /// Answers `GET /SIZE` with the body of that size, and everything else with JSON that says what came.
    fn answer(self, tls: &mut ServerConnection, transport: &mut TcpStream, seen: &mut Seen) -> io::Result<()> {
        loop {
            let mut head = Vec::new();
            let mut stream = rustls::Stream::new(tls, transport);
            while !head.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                if stream.read(&mut byte)? == 0 {
                    return Ok(());
                }
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).into_owned();
            let mut words = head.split(' ').map(str::to_string);
            let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let header = |name: &str| {
                let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(&format!("{name}:")))?;
                Some(line[name.len() + 1..].trim().to_ascii_lowercase())
            };
            let mut content = vec![0; header("content-length").and_then(|n| n.parse().ok()).unwrap_or(0)];
            stream.read_exact(&mut content)?;
            let close = header("connection").is_some_and(|value| value == "close");
            let answer = match path.trim_start_matches('/').parse() {
                Ok(size) => body(size),
                Err(_) => format!(
                    "{{\"method\":\"{method}\",\"path\":\"{path}\",\"host\":\"{}\",\"received\":{},\
                     \"solar\":{{\"instant_power\":1234.5}},\"filling\":\"{}\"}}",
                    header("host").unwrap_or_default(),
                    content.len(),
                    "x".repeat(3000)
                )
                .into_bytes(),
            };
            seen.requests.push((method, path, content));
            let mut whole = format!(
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n",
                answer.len()
            )
            .into_bytes();
            whole.extend(answer);
            let mut sent = 0;
            while sent < whole.len() {
                let n = self.record(sent).min(whole.len() - sent);
                stream.write_all(&whole[sent..sent + n])?;
                stream.flush()?;
                sent += n;
            }
            if close {
                return Ok(());
            }
        }
    }
}
