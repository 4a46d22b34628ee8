//! The engine on an operating system: [`OsHost`] lends it random numbers, time and memory (and counts the memory),
//! [`TlsStream`] carries its bytes over any `Read + Write` transport. The only place that touches the engine's API.

use std::cell::Cell;
use std::fmt;
use std::io::{self, Read, Write};
use std::rc::Rc;

pub use espruino_tls::config::{Config, Trust};
pub use espruino_tls::connection::{Connection, Host, Memory, Status};
pub use espruino_tls::error::Report;

/// What a user says about a connection, owned. [`Settings::connect`] borrows from it.
#[derive(Clone)]
pub struct Settings {
    pub servername: String,
    pub ca: Vec<Vec<u8>>,
    pub fingerprint256: String,
    pub pinned_pub_key: String,
    pub insecure: bool,
    pub ignore_validity: bool,
    pub alpn: String,
    pub max_fragment: u16,
    pub max_record: u16,
    /// The client's certificates and key, PEM or DER.
    pub cert: Vec<u8>,
    pub key: Vec<u8>,
    /// A session of an earlier connection; empty for none.
    pub session: Vec<u8>,
    /// Ask for a session.
    pub keep_session: bool,
    /// Compute in slices, as a device does that has other things to do.
    pub slices: bool,
    /// On the wire; 0 for what the engine has.
    pub min_version: u16,
    /// On the wire; 0 for what the engine has.
    pub max_version: u16,
}

impl Default for Settings {
    fn default() -> Self {
        let engine = Config::default();
        Settings {
            servername: String::new(),
            ca: Vec::new(),
            fingerprint256: String::new(),
            pinned_pub_key: String::new(),
            insecure: false,
            ignore_validity: false,
            alpn: String::new(),
            max_fragment: engine.max_fragment,
            max_record: engine.max_record,
            cert: Vec::new(),
            key: Vec::new(),
            session: Vec::new(),
            keep_session: false,
            slices: true,
            min_version: 0,
            max_version: 0,
        }
    }
}

impl Settings {
    /// Makes a connection (nothing is sent yet) and lends it to `work`. Everything is returned to the host afterwards.
    pub fn connect<R>(&self, host: &mut dyn Host, work: impl FnOnce(&mut Connection<'_>) -> R) -> Result<R, Report> {
        let ca: Vec<&[u8]> = self.ca.iter().map(Vec::as_slice).collect();
        let config = Config {
            trust: Trust {
                ca: &ca,
                fingerprint256: self.fingerprint256.as_bytes(),
                pinned_pub_key: self.pinned_pub_key.as_bytes(),
                insecure: self.insecure,
                ignore_validity: self.ignore_validity,
            },
            servername: self.servername.as_bytes(),
            alpn: self.alpn.as_bytes(),
            max_fragment: self.max_fragment,
            max_record: self.max_record,
            cert: &self.cert,
            key: &self.key,
            session: &self.session,
            keep_session: self.keep_session,
            slices: self.slices,
            min_version: self.min_version,
            max_version: self.max_version,
            ..Config::default()
        };
        let mut arena = vec![0; Connection::memory_needed(&config)];
        let mut connection = Connection::new(config, host, &mut arena)?;
        Ok(work(&mut connection))
    }
}

/// What is known about a connection, in words.
#[derive(Clone, Debug)]
pub struct Peer {
    pub version: String,
    pub suite: String,
    /// Negotiated fragment size; 0 if the server ignored the request.
    pub fragment: u16,
    /// Largest plaintext that came in one record.
    pub largest_record: u16,
    pub fingerprint: [u8; 32],
    /// How the server was trusted; empty if it was not (also in the insecure mode).
    pub trusted_by: String,
    pub alpn: String,
    pub extended_master_secret: bool,
    pub resumed: bool,
    pub close_notify: bool,
    /// The most memory the engine had at once: connection, arena, buffers from the host. Not the stack.
    pub memory_peak: usize,
}

pub fn peer(connection: &Connection<'_>) -> Peer {
    let info = connection.peer();
    Peer {
        version: info.version().into(),
        suite: info.suite().into(),
        fragment: info.negotiated.fragment,
        largest_record: info.largest_record,
        fingerprint: info.negotiated.fingerprint,
        trusted_by: trusted_by(info.negotiated.trusted_by.map_or(0, |t| t.bits())),
        alpn: String::from_utf8_lossy(info.alpn).into_owned(),
        extended_master_secret: info.negotiated.extended_master_secret,
        resumed: info.negotiated.resumed,
        close_notify: info.close_notify,
        memory_peak: info.memory_peak,
    }
}

/// The reasons to trust, as in the C ABI.
fn trusted_by(bits: u8) -> String {
    let reasons = [(1, "fingerprint"), (2, "public key"), (4, "CA")];
    let reasons: Vec<&str> = reasons.iter().filter(|(bit, _)| bits & bit != 0).map(|(_, name)| *name).collect();
    reasons.join(" and ")
}

impl Peer {
    /// The fingerprint as `openssl x509 -fingerprint -sha256` prints it.
    pub fn fingerprint_hex(&self) -> String {
        let hex: Vec<String> = self.fingerprint.iter().map(|b| format!("{b:02X}")).collect();
        hex.join(":")
    }
}

/// Counts what the engine has of the host's memory.
#[derive(Default)]
pub struct Lent {
    /// Bytes the engine has now.
    pub outstanding: Cell<usize>,
    /// The most it ever had at once.
    pub peak: Cell<usize>,
    /// Blocks that it was lent.
    pub calls: Cell<usize>,
}

impl Lent {
    /// A block of so many bytes is lent.
    pub fn add(&self, len: usize) {
        self.calls.set(self.calls.get() + 1);
        self.outstanding.set(self.outstanding.get() + len);
        self.peak.set(self.peak.get().max(self.outstanding.get()));
    }

    /// A block of so many bytes has come back.
    pub fn subtract(&self, len: usize) {
        self.outstanding.set(self.outstanding.get() - len);
    }
}

/// Whether every [`OsHost`] prints what happens, a line an event, on standard error.
#[cfg(feature = "trace")]
pub static TRACE: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);

/// Asks for it; false if this build can't.
pub fn trace() -> bool {
    #[cfg(feature = "trace")]
    TRACE.store(true, std::sync::atomic::Ordering::Relaxed);
    cfg!(feature = "trace")
}

/// A host as an operating system can offer it.
pub struct OsHost {
    urandom: Option<std::fs::File>,
    pub lent: Rc<Lent>,
    /// What Wireshark reads: the file named by SSLKEYLOGFILE.
    #[cfg(feature = "key-log")]
    key_log: Option<std::fs::File>,
}

impl OsHost {
    pub fn new() -> Self {
        // Without it every request for random numbers fails, and with it the connection.
        OsHost {
            urandom: std::fs::File::open("/dev/urandom").ok(),
            lent: Rc::default(),
            #[cfg(feature = "key-log")]
            key_log: std::env::var_os("SSLKEYLOGFILE").map(|name| {
                let file = std::fs::OpenOptions::new().append(true).create(true).open(&name);
                file.unwrap_or_else(|e| panic!("SSLKEYLOGFILE: {}: {e}", name.to_string_lossy()))
            }),
        }
    }
}

impl Host for OsHost {
    fn random(&mut self, out: &mut [u8]) -> bool {
        self.urandom.as_mut().is_some_and(|file| file.read_exact(out).is_ok())
    }

    fn now(&mut self) -> Option<i64> {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).ok()?;
        i64::try_from(since.as_secs()).ok()
    }

    fn alloc(&mut self, len: usize) -> Option<Memory> {
        self.lent.add(len);
        Some(vec![0; len].into())
    }

    fn free(&mut self, memory: Memory) {
        self.lent.subtract(memory.len());
    }

    #[cfg(feature = "trace")]
    fn trace(&mut self, event: espruino_tls::trace::Event) {
        if TRACE.load(std::sync::atomic::Ordering::Relaxed) {
            eprintln!("{event}");
        }
    }

    #[cfg(feature = "key-log")]
    fn key_log(&mut self, line: &espruino_tls::key_log::Line) {
        if let Some(file) = &mut self.key_log {
            let _ = file.write_all(format!("{line}\n").as_bytes());
        }
    }
}

/// A TLS connection over a transport. `read` returns `Ok(0)` only after the server's close_notify; a cut connection is
/// an error. Errors of the engine are [`Report`]s inside an [`io::Error`]; see [`report_in`].
pub struct TlsStream<'c, 'a, T: Read + Write> {
    pub connection: &'c mut Connection<'a>,
    pub transport: T,
    incoming: [u8; 2048],
    start: usize,
    end: usize,
    at_eof: bool,
}

impl<'c, 'a, T: Read + Write> TlsStream<'c, 'a, T> {
    pub fn new(connection: &'c mut Connection<'a>, transport: T) -> Self {
        TlsStream { connection, transport, incoming: [0; 2048], start: 0, end: 0, at_eof: false }
    }

    /// Runs the handshake until data can be sent.
    pub fn handshake(&mut self) -> io::Result<()> {
        while self.connection.status() == Status::Handshaking {
            self.send_pending()?;
            if self.connection.status() == Status::Handshaking {
                self.receive_some()?;
            }
        }
        self.send_pending()?;
        match self.connection.status() {
            Status::Failed => Err(self.failure()),
            _ => Ok(()),
        }
    }

    /// Sends close_notify. The server's own is not waited for.
    pub fn close(&mut self) -> io::Result<()> {
        self.connection.close();
        self.send_pending()
    }

    fn send_pending(&mut self) -> io::Result<()> {
        let mut outgoing = [0; 2048];
        loop {
            while self.connection.work() {} // others would do something else in between
            let n = self.connection.pull(&mut outgoing);
            if n == 0 {
                return Ok(());
            }
            match self.transport.write_all(&outgoing[..n]) {
                Ok(()) => {}
                // The server has closed. What it said before may explain why, so go on to read that.
                Err(e) if is_disconnect(&e) => {}
                Err(e) => return Err(e),
            }
        }
    }

    /// Gives the engine bytes that have come, after waiting for some if need be.
    fn receive_some(&mut self) -> io::Result<()> {
        if self.start == self.end {
            let n = match self.transport.read(&mut self.incoming) {
                Err(e) if is_disconnect(&e) => 0,
                other => other?,
            };
            (self.start, self.end) = (0, n);
            if n == 0 {
                if self.at_eof {
                    return Err(io::Error::other("the engine goes on waiting after the end of the connection"));
                }
                self.at_eof = true;
                self.connection.eof();
                return Ok(());
            }
        }
        match self.connection.push(&self.incoming[self.start..self.end]) {
            Ok(0) if self.connection.status() == Status::Closed => Ok(()),
            Ok(0) => Err(io::Error::other("the engine takes no bytes and gives none")),
            Ok(n) => {
                self.start += n;
                Ok(())
            }
            Err(_) => Err(self.failure()),
        }
    }

    /// The engine's error; the alert that belongs to it is sent first.
    fn failure(&mut self) -> io::Error {
        let report = self.connection.error();
        // The connection has failed already; that the alert can't be sent either adds nothing.
        let _ = self.send_pending();
        match report {
            Some(report) => io::Error::other(report),
            None => io::Error::other("the engine failed without saying why"),
        }
    }
}

impl<T: Read + Write> Read for TlsStream<'_, '_, T> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            match self.connection.read(out) {
                Ok(0) => {}
                Ok(n) => return Ok(n),
                Err(_) => return Err(self.failure()),
            }
            self.send_pending()?;
            match self.connection.status() {
                Status::Closed => return Ok(0),
                Status::Failed => return Err(self.failure()),
                _ => self.receive_some()?,
            }
        }
    }
}

impl<T: Read + Write> Write for TlsStream<'_, '_, T> {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        if data.is_empty() {
            return Ok(0);
        }
        loop {
            match self.connection.write(data) {
                Ok(0) => {}
                Ok(n) => {
                    self.send_pending()?;
                    return Ok(n);
                }
                Err(_) => return Err(self.failure()),
            }
            match self.connection.status() {
                Status::Handshaking => self.handshake()?,
                Status::Open => self.send_pending()?,
                _ => return Err(io::ErrorKind::BrokenPipe.into()),
            }
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send_pending()?;
        self.transport.flush()
    }
}

fn is_disconnect(e: &io::Error) -> bool {
    matches!(e.kind(), io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted | io::ErrorKind::BrokenPipe)
}

/// The engine's error inside an [`io::Error`], if it is one.
pub fn report_in(e: &io::Error) -> Option<Report> {
    e.get_ref()?.downcast_ref::<Report>().copied()
}

/// An I/O error in the form of all others: `CODE: text. hint`.
pub struct Explained<'e>(pub &'e io::Error);

impl fmt::Display for Explained<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.get_ref().is_some() {
            // The engine's and the HTTP client's errors have that form already.
            return write!(f, "{}", self.0);
        }
        let (code, hint) = match self.0.kind() {
            io::ErrorKind::ConnectionRefused => ("ECONNREFUSED", "does a server listen on this port?"),
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                ("ETIMEDOUT", "the server does not answer; is it a TLS port?")
            }
            io::ErrorKind::ConnectionReset => ("ECONNRESET", "does the server accept this client?"),
            io::ErrorKind::HostUnreachable => ("EHOSTUNREACH", "is the network up?"),
            io::ErrorKind::NetworkUnreachable => ("ENETUNREACH", "is the network up?"),
            io::ErrorKind::BrokenPipe => ("EPIPE", "the other side has closed"),
            _ => ("EIO", "this came from the operating system"),
        };
        write!(f, "{code}: {}. {hint}", self.0)
    }
}
