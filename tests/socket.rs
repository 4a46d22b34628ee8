//! `socket::TlsSocket` over a transport that speaks `embedded-io`, against a real server.

mod common;

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use common::client::{Config, Trust};
use common::engine::{TestHost, tcp};
use common::pki::pki;
use common::servers::{self, Ending, body};
use embedded_io::{ErrorKind, ErrorType, Read, Write};
use espruino_tls::connection::Connection;
use espruino_tls::socket::{SocketError, TlsSocket};

/// TCP as an embedded network stack offers it.
struct Tcp(TcpStream);

impl ErrorType for Tcp {
    type Error = ErrorKind;
}

impl Read for Tcp {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        self.0.read(out).map_err(|_| ErrorKind::Other)
    }
}

impl Write for Tcp {
    fn write(&mut self, data: &[u8]) -> Result<usize, ErrorKind> {
        self.0.write(data).map_err(|_| ErrorKind::Other)
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        self.0.flush().map_err(|_| ErrorKind::Other)
    }
}

/// The whole answer to a GET, up to the server's close_notify.
fn get(address: std::net::SocketAddr, root: &str, path: &str) -> Result<Vec<u8>, SocketError<ErrorKind>> {
    let root = pki().read(root);
    let ca = [root.as_slice()];
    let config = Config { trust: Trust { ca: &ca, ..Trust::default() }, servername: b"localhost", ..Config::default() };
    let mut host = TestHost::default();
    let lent = host.lent.clone();
    let mut arena = vec![0; Connection::memory_needed(&config)];
    let mut answer = Vec::new();
    let result = TlsSocket::connect(config, &mut host, &mut arena, Tcp(tcp(address)));
    let result = result.map_err(SocketError::from).and_then(|mut socket| {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        socket.write_all(request.as_bytes())?;
        socket.flush()?;
        assert_eq!(socket.peer().version(), "TLSv1.3");
        let mut piece = [0; 300];
        loop {
            match socket.read(&mut piece)? {
                0 => return socket.close().map(|_transport| ()),
                n => answer.extend(&piece[..n]),
            }
        }
    });
    assert_eq!(lent.outstanding.get(), 0);
    result.map(|()| answer)
}

#[test]
fn pages_over_embedded_io() {
    let small_records = servers::lighttpd("openssl", "p256");
    let large_records = servers::rustls("p256", Ending::CloseNotify);
    for address in [small_records.address(), large_records.address()] {
        for size in servers::SIZES {
            let answer = get(address, "root-p256.pem", &format!("/{size}")).unwrap();
            assert!(answer.starts_with(b"HTTP/1.1 200 OK\r\n") && answer.ends_with(&body(size)), "{size} bytes");
        }
    }
}

#[test]
fn errors_over_embedded_io() {
    let server = servers::lighttpd("openssl", "p256");
    let error = get(server.address(), "root-rsa.pem", "/1").unwrap_err();
    assert!(error.to_string().starts_with("UNABLE_TO_"), "{error}");
    assert_eq!(embedded_io::Error::kind(&error), ErrorKind::PermissionDenied);

    let server = servers::raw(Vec::new());
    let error = get(server.address(), "root-p256.pem", "/1").unwrap_err();
    assert!(error.to_string().starts_with("ECONNRESET: "), "{error}");

    let server = servers::rustls("p256", Ending::Cut);
    let error = get(server.address(), "root-p256.pem", "/1024").unwrap_err();
    assert!(error.to_string().starts_with("ECONNRESET: "), "{error}");
    assert_eq!(embedded_io::Error::kind(&error), ErrorKind::ConnectionReset);
}
