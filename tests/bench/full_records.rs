//! A server that fills its records with 16 KB whatever the client asks for: rustls.
//!
//! usage: bench_full_records CERTIFICATE.pem KEY.pem SUITE
//!
//! The suite decides the version: those of TLS 1.3 begin with TLS13.
//!
//! Prints its port on loopback, then serves one connection after the other: N bytes for `GET /N`.

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::error::Error;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [certificate, key, suite] = arguments.as_slice() else {
        return Err("usage: bench_full_records CERTIFICATE.pem KEY.pem SUITE".into());
    };
    let mut provider = rustls::crypto::ring::default_provider();
    provider.cipher_suites.retain(|s| format!("{:?}", s.suite()) == *suite);
    provider.kx_groups.retain(|g| g.name() == rustls::NamedGroup::secp256r1);
    let chain = CertificateDer::pem_file_iter(certificate)?.collect::<Result<Vec<_>, _>>()?;
    let version = if suite.starts_with("TLS13") { &rustls::version::TLS13 } else { &rustls::version::TLS12 };
    let config = rustls::ServerConfig::builder_with_provider(provider.into())
        .with_protocol_versions(&[version])?
        .with_no_client_auth()
        .with_single_cert(chain, PrivateKeyDer::from_pem_file(key)?)?;
    let config = Arc::new(config);
    let listener = TcpListener::bind("127.0.0.1:0")?;
    println!("{}", listener.local_addr()?.port());
    for transport in listener.incoming() {
        if let Err(error) = serve(config.clone(), transport?) {
            eprintln!("{error}"); // a client that leaves in the middle is none
        }
    }
    Ok(())
}

fn serve(config: Arc<rustls::ServerConfig>, mut transport: TcpStream) -> Result<(), Box<dyn Error>> {
    let mut tls = rustls::ServerConnection::new(config)?;
    tls.set_buffer_limit(None);
    let mut stream = rustls::Stream::new(&mut tls, &mut transport);
    let mut request = Vec::new();
    while !request.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        if stream.read(&mut byte)? == 0 {
            return Ok(());
        }
        request.extend(byte);
    }
    let request = String::from_utf8(request)?;
    let size = request.split(' ').nth(1).and_then(|path| path.strip_prefix('/')).ok_or("no path")?.parse()?;
    stream.write_all(&vec![b'x'; size])?;
    stream.flush()?;
    Ok(())
}
