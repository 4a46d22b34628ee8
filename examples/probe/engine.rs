//! Connections with the engine, as a device makes them: small records, slices. Nobody has to be trusted for it.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use espruino_tls::config::{TLS12, TLS13};

use super::hello::{Answer, groups_offered};
use crate::common::client::{Explained, OsHost, Peer, Report, Settings, TlsStream, peer, report_in};
use crate::common::http::{HttpClient, Response, Url};
use espruino_tls::error::Language;

/// How long to wait for a server that says nothing.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Most bytes of a body that are read: enough to see the largest record.
const BODY: usize = 200 * 1024;

/// Where to connect.
pub struct Target {
    pub url: Url,
    /// For SNI and for the name in the certificate.
    pub servername: String,
}

/// TCP, tried with every address of the host.
pub fn tcp(url: &Url) -> io::Result<TcpStream> {
    let addresses = (url.host.as_str(), url.port)
        .to_socket_addrs()
        .map_err(|e| said(format!("ENOTFOUND: {}: {e}. is the name spelt right, and is there a network?", url.host)))?;
    let mut last = said(format!("ENOTFOUND: {} has no address. is the name spelt right?", url.host));
    for address in addresses {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(transport) => {
                transport.set_read_timeout(Some(TIMEOUT))?;
                transport.set_write_timeout(Some(TIMEOUT))?;
                transport.set_nodelay(true)?;
                return Ok(transport);
            }
            Err(e) => last = e,
        }
    }
    Err(last)
}

fn said(text: String) -> io::Error {
    io::Error::other(text)
}

/// What came of a connection.
#[derive(Default)]
pub struct Outcome {
    pub peer: Option<Peer>,
    /// Bytes from the server until the handshake was over.
    pub handshake_bytes: usize,
    /// What the server said in the clear: of TLS 1.2 nearly everything.
    pub clear: Answer,
    /// The answer to the request, if there was one; and how many bytes its body had.
    pub response: Option<(Response, usize)>,
    /// Why there was none, or why the handshake failed: `CODE: text. hint`.
    pub error: Option<String>,
    /// Whether the handshake went through.
    pub open: bool,
    pub session: Vec<u8>,
    /// The groups that this build of the engine has.
    pub groups: Vec<u16>,
}

impl Outcome {
    pub fn code(&self) -> &str {
        self.error.as_deref().and_then(|text| text.split(": ").next()).unwrap_or("")
    }
}

/// A transport that keeps what comes, and what goes out first.
struct Recording<T> {
    inner: T,
    received: Vec<u8>,
    sent: Vec<u8>,
}

impl<T: Read> Read for Recording<T> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(out)?;
        if self.received.len() < 2 * BODY {
            self.received.extend(&out[..n]);
        }
        Ok(n)
    }
}

impl<T: Write> Write for Recording<T> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if self.sent.len() < 4096 {
            self.sent.extend(data);
        }
        self.inner.write(data)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Counts, and refuses what is too much.
struct Limited(usize);

impl Write for Limited {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.0 += data.len();
        if self.0 > BODY { Err(said("enough".into())) } else { Ok(data.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Connects, and asks for the URL's path if `request` says so.
pub fn connect(target: &Target, settings: &Settings, request: bool) -> io::Result<Outcome> {
    let transport = tcp(&target.url)?;
    let mut host = OsHost::new();
    let settings = Settings { servername: target.servername.clone(), ..settings.clone() };
    let outcome = settings.connect(&mut host, |connection| {
        let mut outcome = Outcome::default();
        let mut tls =
            TlsStream::new(connection, Recording { inner: transport, received: Vec::new(), sent: Vec::new() });
        let shaken = tls.handshake();
        outcome.open = shaken.is_ok();
        outcome.handshake_bytes = tls.transport.received.len();
        let mut http = HttpClient::new(tls);
        let mut body = Limited(0);
        let answer = match shaken {
            Ok(()) if request => http.get(&target.url.authority(), &target.url.path, false, &mut body).map(Some),
            Ok(()) => Ok(None),
            Err(e) => Err(e),
        };
        let enough = body.0 > BODY;
        match answer {
            Ok(response) => outcome.response = response.map(|r| (r, body.0)),
            Err(_) if enough => outcome.response = Some((Response::default(), body.0)),
            Err(e) => outcome.error = Some(report_in(&e).map_or_else(|| Explained(&e).to_string(), in_javascript)),
        }
        let _ = http.stream.close(); // nothing follows
        outcome.peer = Some(peer(http.stream.connection));
        outcome.session = http.stream.connection.session().to_vec();
        outcome.groups = groups_offered(&http.stream.transport.sent);
        outcome.clear = Answer::read(&http.stream.transport.received[..]).unwrap_or_default();
        outcome
    });
    Ok(outcome.unwrap_or_else(|report| Outcome { error: Some(in_javascript(report)), ..Outcome::default() }))
}

/// Settings that trust anybody, with only this version if one is given.
pub fn insecure(base: &Settings, version: Option<u16>) -> Settings {
    let (min_version, max_version) = version.map_or((TLS12, TLS13), |v| (v, v));
    Settings { insecure: true, keep_session: true, min_version, max_version, ..base.clone() }
}

/// What every connection has.
pub fn base(alpn: &str, cert: Vec<u8>, key: Vec<u8>) -> Settings {
    Settings { alpn: alpn.into(), cert, key, ..Settings::default() }
}

/// An error with JavaScript's names, for whom this program writes a script.
fn in_javascript(report: Report) -> String {
    let mut text = Vec::new();
    report.pieces(Language::JavaScript, &mut |piece| text.extend(piece));
    String::from_utf8_lossy(&text).into_owned()
}
