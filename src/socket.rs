//! A blocking socket over any `embedded-io` transport: [`embedded_io::Read`] and [`embedded_io::Write`], encrypted.

use crate::config::Config;
use crate::connection::{Connection, Host, PeerInfo, Status};
use crate::error::{Detail, Error, Report};
use core::fmt;
use embedded_io::{ErrorKind, ErrorType, Read, Write};
use heapless::Vec;

/// What went wrong: in TLS or in the transport below.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SocketError<E> {
    /// TLS; see [`Report`].
    Tls(Report),
    /// The transport.
    Transport(E),
}

impl<E: fmt::Debug> fmt::Display for SocketError<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SocketError::Tls(report) => fmt::Display::fmt(report, f),
            SocketError::Transport(error) => write!(f, "transport: {error:?}"),
        }
    }
}

impl<E: fmt::Debug> core::error::Error for SocketError<E> {}

impl<E: embedded_io::Error> embedded_io::Error for SocketError<E> {
    fn kind(&self) -> ErrorKind {
        use crate::error::Fault;
        match self {
            SocketError::Transport(error) => error.kind(),
            SocketError::Tls(report) => match report.error.fault() {
                Fault::Caller => ErrorKind::InvalidInput,
                Fault::Peer => ErrorKind::InvalidData,
                Fault::Incompatible => ErrorKind::Unsupported,
                Fault::Trust => ErrorKind::PermissionDenied,
                Fault::Host => match report.error {
                    Error::OutOfMemory | Error::RecordNoMemory | Error::RecordTooLarge => ErrorKind::OutOfMemory,
                    _ => ErrorKind::Other,
                },
                Fault::Connection => ErrorKind::ConnectionReset,
            },
        }
    }
}

/// A connection that did not come about, and the transport, for the caller to close or to use for something else.
pub struct ConnectError<T: ErrorType> {
    /// What went wrong.
    pub error: SocketError<T::Error>,
    /// What [`TlsSocket::connect`] was given.
    pub transport: T,
}

impl<T: ErrorType> From<ConnectError<T>> for SocketError<T::Error> {
    /// Drops the transport.
    fn from(failed: ConnectError<T>) -> Self {
        failed.error
    }
}

impl<T: ErrorType> fmt::Debug for ConnectError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectError").field("error", &self.error).finish_non_exhaustive()
    }
}

impl<T: ErrorType> fmt::Display for ConnectError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.error, f)
    }
}

impl<T: ErrorType> core::error::Error for ConnectError<T> {}

/// Bytes moved between the transport and the engine at a time.
pub(crate) const CHUNK: usize = 256;

/// A TLS connection together with its transport.
/// ```
/// use embedded_io::{ErrorType, Read, Write};
/// use espruino_tls::{Config, Connection, TlsSocket, Trust};
/// # use espruino_tls::Host;
/// # struct Device;
/// # impl Host for Device {
/// #     fn random(&mut self, out: &mut [u8]) -> bool { out.fill(4); true }
/// #     fn now(&mut self) -> Option<i64> { None }
/// # }
/// # struct Tcp(&'static [u8]);
/// # impl ErrorType for Tcp { type Error = core::convert::Infallible; }
/// # impl Read for Tcp {
/// #     fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> { self.0.read(out) }
/// # }
/// # impl Write for Tcp {
/// #     fn write(&mut self, data: &[u8]) -> Result<usize, Self::Error> { Ok(data.len()) }
/// #     fn flush(&mut self) -> Result<(), Self::Error> { Ok(()) }
/// # }
/// // a transport, here one in which a web server without TLS answers
/// let tcp = Tcp(b"HTTP/1.1 400 Bad Request\r\n");
/// let config = Config::new("example.com", Trust::insecure());
/// let mut memory = vec![0; Connection::memory_needed(&config)];
/// let mut device = Device; // its random numbers and clock: a `Host`
/// match TlsSocket::connect(config, &mut device, &mut memory, tcp) {
///     Ok(mut socket) => socket.write_all(b"GET / HTTP/1.0\r\n\r\n").unwrap(),
///     Err(failed) => {
///         assert!(failed.to_string().starts_with("ERR_SSL_WRONG_VERSION_NUMBER: "));
///         let _tcp = failed.transport; // to be closed
///     }
/// }
/// ```
pub struct TlsSocket<'a, T> {
    connection: Connection<'a>,
    transport: T,
    /// What the transport gave and the engine has not taken yet, because plaintext must be read first.
    received: Vec<u8, CHUNK>,
    taken: usize,
}

impl<'a, T: Read + Write> TlsSocket<'a, T> {
    /// Connects: returns when the handshake is complete and the server is who it should be.
    ///
    /// # Errors
    /// Those of the configuration before a byte is sent, of the handshake, and of the transport. The transport is given
    /// back.
    pub fn connect(
        config: Config<'a>,
        host: &'a mut dyn Host,
        arena: &'a mut [u8],
        transport: T,
    ) -> Result<Self, ConnectError<T>> {
        let connection = match Connection::new(config, host, arena) {
            Ok(connection) => connection,
            Err(report) => return Err(ConnectError { error: SocketError::Tls(report), transport }),
        };
        let mut socket = TlsSocket { connection, transport, received: Vec::new(), taken: 0 };
        match socket.shake_hands() {
            Ok(()) => Ok(socket),
            Err(error) => Err(ConnectError { error, transport: socket.transport }),
        }
    }

    fn shake_hands(&mut self) -> Result<(), SocketError<T::Error>> {
        while self.connection.status() == Status::Handshaking {
            self.send_pending()?;
            self.receive()?;
        }
        self.send_pending()
    }

    /// What is known about the connection and its peer.
    pub fn peer(&self) -> PeerInfo<'a> {
        self.connection.peer()
    }

    /// Says close_notify. The transport is given back for the caller to close.
    ///
    /// # Errors
    /// Those of the transport.
    pub fn close(mut self) -> Result<T, SocketError<T::Error>> {
        self.connection.close();
        self.send_pending()?;
        Ok(self.transport)
    }

    /// The connection's error, once the alert that goes with it has been sent.
    fn check(&mut self) -> Result<(), SocketError<T::Error>> {
        match self.connection.error() {
            Some(report) => {
                // The peer may be gone already: what went wrong first is what the caller should hear.
                let _ = self.send_pending();
                Err(SocketError::Tls(report))
            }
            None => Ok(()),
        }
    }

    fn send_pending(&mut self) -> Result<(), SocketError<T::Error>> {
        let mut chunk = [0; CHUNK];
        loop {
            let n = self.connection.pull(&mut chunk);
            if n == 0 {
                return self.transport.flush().map_err(SocketError::Transport);
            }
            let mut rest = chunk.get(..n).unwrap_or_default();
            while !rest.is_empty() {
                let n = self.transport.write(rest).map_err(SocketError::Transport)?;
                rest = rest.get(n..).unwrap_or_default();
            }
        }
    }

    /// Moves bytes from the transport into the engine, waiting for some if there are none left over.
    fn receive(&mut self) -> Result<(), SocketError<T::Error>> {
        if self.taken >= self.received.len() {
            self.taken = 0;
            self.received.clear();
            // as long as the capacity, so it can't fail
            let _ = self.received.resize_default(CHUNK);
            let n = self.transport.read(&mut self.received).map_err(SocketError::Transport)?;
            self.received.truncate(n);
            if n == 0 {
                self.connection.eof();
            }
        }
        let rest = self.received.get(self.taken..).unwrap_or_default();
        // an error is sticky and comes out of check() with its text
        self.taken += self.connection.push(rest).unwrap_or(0);
        self.check()
    }
}

impl<T> fmt::Debug for TlsSocket<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSocket").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl<T: ErrorType> ErrorType for TlsSocket<'_, T> {
    type Error = SocketError<T::Error>;
}

impl<T: Read + Write> Read for TlsSocket<'_, T> {
    /// Waits for plaintext. 0 is the orderly end (close_notify); a connection that is cut off is an error.
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.connection.readable() != 0 {
                // plaintext waits, so this gives it and no error
                return Ok(self.connection.read(out).unwrap_or(0));
            }
            if self.connection.status() == Status::Closed {
                self.send_pending()?;
                return Ok(0);
            }
            self.check()?;
            self.receive()?;
            self.send_pending()?;
        }
    }
}

impl<T: Read + Write> Write for TlsSocket<'_, T> {
    /// Encrypts and sends what fits into the engine's records; returns how many bytes that was.
    fn write(&mut self, plain: &[u8]) -> Result<usize, Self::Error> {
        loop {
            match self.connection.write(plain) {
                Ok(0) if !plain.is_empty() => self.send_pending()?,
                Ok(n) => {
                    self.send_pending()?;
                    return Ok(n);
                }
                Err(error) => {
                    self.check()?;
                    return Err(SocketError::Tls(Report { error, detail: Detail::default() }));
                }
            }
        }
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        self.send_pending()
    }
}
