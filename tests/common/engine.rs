//! The engine's side of a test: a host with every dial exposed, and one function that fetches pages.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::rc::Rc;

use espruino_tls::config::TLS12;

use super::client::{Host, Lent, Memory, Peer, Settings, TlsStream, peer, report_in};
use super::faulty::{Recording, next, plain_alert};
use super::http::{HttpClient, Response};
use super::pki;
use super::servers::PATIENCE;

/// A host whose random numbers, clock and memory are the test's to decide.
pub struct TestHost {
    /// State of the random numbers: the same seed gives the same handshake. Never do this outside of a test.
    pub seed: u64,
    /// Calls of `random` that still succeed.
    pub random_left: usize,
    pub now: Option<i64>,
    /// Calls of `alloc` that still succeed.
    pub allocs_left: usize,
    pub lent: Rc<Lent>,
    /// What the engine has told.
    #[cfg(feature = "trace")]
    pub events: Vec<espruino_tls::trace::Event>,
    /// Lines of the key log.
    #[cfg(feature = "key-log")]
    pub secrets: Vec<String>,
}

impl Default for TestHost {
    fn default() -> Self {
        TestHost {
            seed: 1,
            random_left: usize::MAX,
            now: Some(pki::NOW),
            allocs_left: usize::MAX,
            lent: Rc::default(),
            #[cfg(feature = "trace")]
            events: Vec::new(),
            #[cfg(feature = "key-log")]
            secrets: Vec::new(),
        }
    }
}

impl Host for TestHost {
    fn random(&mut self, out: &mut [u8]) -> bool {
        if self.random_left == 0 {
            return false;
        }
        self.random_left -= 1;
        for byte in out {
            *byte = next(&mut self.seed) as u8;
        }
        true
    }

    fn now(&mut self) -> Option<i64> {
        self.now
    }

    #[cfg(feature = "aes-hook")]
    fn aes128(&mut self) -> Option<espruino_tls::crypto::AesHook> {
        Some(super::aes::aes_hook())
    }

    fn alloc(&mut self, len: usize) -> Option<Memory> {
        if self.allocs_left == 0 {
            return None;
        }
        self.allocs_left -= 1;
        self.lent.add(len);
        Some(vec![0; len].into())
    }

    fn free(&mut self, memory: Memory) {
        self.lent.subtract(memory.len());
    }

    #[cfg(feature = "trace")]
    fn trace(&mut self, event: espruino_tls::trace::Event) {
        self.events.push(event);
    }

    #[cfg(feature = "key-log")]
    fn key_log(&mut self, line: &espruino_tls::key_log::Line) {
        self.secrets.push(line.to_string());
    }
}

/// Trusts the given root file and expects `localhost`.
pub fn trusting(root: &str) -> Settings {
    Settings { ca: vec![pki::pki().read(root)], servername: "localhost".into(), ..Default::default() }
}

/// The same, without TLS 1.3.
pub fn tls12(settings: Settings) -> Settings {
    Settings { max_version: TLS12, ..settings }
}

/// How a fetch went.
pub struct Fetched {
    /// A response and its body for each path, or why not.
    pub result: io::Result<Vec<(Response, Vec<u8>)>>,
    /// The body bytes of the path that failed.
    pub partial: Vec<u8>,
    /// Whether the stream ended with the server's close_notify after the last response.
    pub end: Option<io::Result<()>>,
    pub peer: Option<Peer>,
    /// What the next connection can resume.
    pub session: Vec<u8>,
    pub from_server: Vec<u8>,
    pub from_client: Vec<u8>,
    pub outstanding: usize,
}

impl Fetched {
    /// Node's code, or the error's text if it did not come from the engine.
    pub fn code(&self) -> String {
        match &self.result {
            Ok(_) => "no error".into(),
            Err(e) => report_in(e).map_or_else(|| e.to_string(), |r| r.code().to_string()),
        }
    }

    /// The alert that the engine sent in the clear.
    pub fn plain_alert(&self) -> Option<u8> {
        plain_alert(&self.from_client)
    }

    /// The bodies, or a panic with the error.
    pub fn bodies(&self, case: &str) -> Vec<&[u8]> {
        match &self.result {
            Ok(pages) => pages.iter().map(|(_, body)| body.as_slice()).collect(),
            Err(e) => panic!("{case}: {e}"),
        }
    }
}

/// Fetches the paths one after the other on one connection; the last request asks the server to close.
pub fn fetch(settings: &Settings, host: &mut TestHost, transport: impl Read + Write, paths: &[&str]) -> Fetched {
    let lent = host.lent.clone();
    let fetched = settings.connect(host, |connection| {
        let tls = TlsStream::new(connection, Recording::new(transport));
        let mut http = HttpClient::new(tls);
        let mut pages = Vec::new();
        let mut partial = Vec::new();
        let mut failure = http.stream.handshake().err();
        for (i, path) in paths.iter().enumerate() {
            if failure.is_some() {
                break;
            }
            let mut body = Vec::new();
            let keep_alive = i + 1 < paths.len();
            match http.get("localhost", path, keep_alive, &mut body) {
                Ok(response) => pages.push((response, body)),
                Err(e) => {
                    failure = Some(e);
                    partial = body;
                }
            }
        }
        let end = failure.is_none().then(|| match http.stream.read(&mut [0; 64]) {
            Ok(0) => Ok(()),
            Ok(_) => Err(io::Error::other("more bytes than the response")),
            Err(e) => Err(e),
        });
        let _ = http.stream.close();
        let peer = peer(http.stream.connection);
        let session = http.stream.connection.session().to_vec();
        let Recording { from_server, from_client, .. } = http.stream.transport;
        Fetched {
            result: failure.map_or(Ok(pages), Err),
            partial,
            end,
            peer: Some(peer),
            session,
            from_server,
            from_client,
            outstanding: 0,
        }
    });
    let mut fetched = fetched.unwrap_or_else(|report| Fetched {
        result: Err(io::Error::other(report)),
        partial: Vec::new(),
        end: None,
        peer: None,
        session: Vec::new(),
        from_server: Vec::new(),
        from_client: Vec::new(),
        outstanding: 0,
    });
    // Only now, with the connection dropped, has everything to be back.
    fetched.outstanding = lent.outstanding.get();
    fetched
}

/// A TCP connection that gives up after a while instead of hanging.
pub fn tcp(address: SocketAddr) -> TcpStream {
    let transport = TcpStream::connect(address).unwrap();
    transport.set_read_timeout(Some(PATIENCE)).unwrap();
    transport.set_write_timeout(Some(PATIENCE)).unwrap();
    transport.set_nodelay(true).unwrap();
    transport
}
