//! The socket for asynchronous transports: [`embedded_io_async::Read`] and [`embedded_io_async::Write`], encrypted.
//!
//! What takes long is computed in slices ([`Connection::work`]), and between two of them other tasks of the executor
//! run. Every future of this socket can be dropped without a loss if those of the transport can.

use crate::config::Config;
use crate::connection::{Connection, Host, PeerInfo, Status};
use crate::error::{Detail, Report};
use crate::socket::{CHUNK, ConnectError, SocketError};
use core::future::poll_fn;
use core::task::Poll;
use embedded_io_async::{ErrorType, Read, Write};
use heapless::Vec;

/// A TLS connection together with its asynchronous transport.
pub struct AsyncTlsSocket<'a, T> {
    connection: Connection<'a>,
    transport: T,
    /// What the transport gave and the engine has not taken yet, because plaintext must be read first.
    received: Vec<u8, CHUNK>,
    taken: usize,
}

/// Lets other tasks run.
async fn let_others_run() {
    let mut has_waited = false;
    poll_fn(|context| {
        if core::mem::replace(&mut has_waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

impl<'a, T: Read + Write> AsyncTlsSocket<'a, T> {
    /// Connects: ready when the handshake is complete and the server is who it should be.
    ///
    /// # Errors
    /// Those of the configuration before a byte is sent, of the handshake, and of the transport. The transport is given
    /// back.
    pub async fn connect(
        config: Config<'a>,
        host: &'a mut dyn Host,
        arena: &'a mut [u8],
        transport: T,
    ) -> Result<Self, ConnectError<T>> {
        let connection = match Connection::new(config.in_slices(), host, arena) {
            Ok(connection) => connection,
            Err(report) => return Err(ConnectError { error: SocketError::Tls(report), transport }),
        };
        let mut socket = AsyncTlsSocket { connection, transport, received: Vec::new(), taken: 0 };
        match socket.shake_hands().await {
            Ok(()) => Ok(socket),
            Err(error) => Err(ConnectError { error, transport: socket.transport }),
        }
    }

    async fn shake_hands(&mut self) -> Result<(), SocketError<T::Error>> {
        while self.connection.status() == Status::Handshaking {
            self.send_pending().await?;
            self.receive().await?;
        }
        self.send_pending().await
    }

    /// What is known about the connection and its peer.
    pub fn peer(&self) -> PeerInfo<'a> {
        self.connection.peer()
    }

    /// Says close_notify. The transport is given back for the caller to close.
    ///
    /// # Errors
    /// Those of the transport.
    pub async fn close(mut self) -> Result<T, SocketError<T::Error>> {
        self.connection.close();
        self.send_pending().await?;
        Ok(self.transport)
    }

    /// The connection's error, once the alert that goes with it has been sent.
    async fn check(&mut self) -> Result<(), SocketError<T::Error>> {
        match self.connection.error() {
            Some(report) => {
                // The peer may be gone already: what went wrong first is what the caller should hear.
                let _ = self.send_pending().await;
                Err(SocketError::Tls(report))
            }
            None => Ok(()),
        }
    }

    /// Computes what is to be computed and sends what is to be sent.
    async fn send_pending(&mut self) -> Result<(), SocketError<T::Error>> {
        loop {
            while self.connection.work() {
                let_others_run().await;
            }
            let queued = self.connection.queued();
            if queued.is_empty() {
                return self.transport.flush().await.map_err(SocketError::Transport);
            }
            let n = self.transport.write(queued).await.map_err(SocketError::Transport)?;
            self.connection.sent(n);
        }
    }

    /// Moves bytes from the transport into the engine, waiting for some if there are none left over.
    async fn receive(&mut self) -> Result<(), SocketError<T::Error>> {
        if self.taken >= self.received.len() {
            let mut chunk = [0; CHUNK];
            let n = self.transport.read(&mut chunk).await.map_err(SocketError::Transport)?;
            self.taken = 0;
            self.received.clear();
            // no longer than the capacity, so it can't fail
            let _ = self.received.extend_from_slice(chunk.get(..n).unwrap_or_default());
            if n == 0 {
                self.connection.eof();
            }
        }
        let rest = self.received.get(self.taken..).unwrap_or_default();
        // an error is sticky and comes out of check() with its text
        self.taken += self.connection.push(rest).unwrap_or(0);
        self.check().await
    }
}

impl<T> core::fmt::Debug for AsyncTlsSocket<'_, T> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("AsyncTlsSocket").field("connection", &self.connection).finish_non_exhaustive()
    }
}

impl<T: ErrorType> ErrorType for AsyncTlsSocket<'_, T> {
    type Error = SocketError<T::Error>;
}

impl<T: Read + Write> Read for AsyncTlsSocket<'_, T> {
    /// Waits for plaintext. 0 is the orderly end (close_notify); a connection that is cut off is an error.
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if self.connection.readable() != 0 {
                // plaintext waits, so this gives it and no error
                return Ok(self.connection.read(out).unwrap_or(0));
            }
            self.send_pending().await?;
            if self.connection.status() == Status::Closed {
                return Ok(0);
            }
            self.check().await?;
            self.receive().await?;
        }
    }
}

impl<T: Read + Write> Write for AsyncTlsSocket<'_, T> {
    /// Encrypts what fits into the engine's records; returns how many bytes that was. They are sent by the next call,
    /// or by `flush`: a future that is dropped has taken nothing.
    async fn write(&mut self, plain: &[u8]) -> Result<usize, Self::Error> {
        loop {
            match self.connection.write(plain) {
                Ok(0) if !plain.is_empty() => self.send_pending().await?,
                Ok(n) => return Ok(n),
                Err(error) => {
                    self.check().await?;
                    return Err(SocketError::Tls(Report { error, detail: Detail::default() }));
                }
            }
        }
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        self.send_pending().await
    }
}
