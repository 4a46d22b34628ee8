//! Two TLS connections at once in one thread, and a third task that goes on counting while they compute: what an executor on
//! a microcontroller does, with nothing but the standard library.
//!
//!     cargo run --example two_at_once -- CA.pem HOST:PORT/PATH HOST:PORT/PATH

#[path = "common/client.rs"]
#[allow(dead_code)]
mod client;

use client::{Config, Connection, OsHost, Trust};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use espruino_tls::socket::SocketError;
use espruino_tls::socket_async::AsyncTlsSocket;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// TCP that never blocks: asked again each time its task's turn comes.
struct Tcp(TcpStream);

impl Tcp {
    fn connect(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nonblocking(true)?;
        Ok(Tcp(stream))
    }

    async fn when_ready<R>(&mut self, mut try_it: impl FnMut(&mut TcpStream) -> io::Result<R>) -> Result<R, ErrorKind> {
        poll_fn(|context| match try_it(&mut self.0) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                context.waker().wake_by_ref();
                Poll::Pending
            }
            result => Poll::Ready(result.map_err(|_| ErrorKind::Other)),
        })
        .await
    }
}

impl ErrorType for Tcp {
    type Error = ErrorKind;
}

impl Read for Tcp {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, ErrorKind> {
        self.when_ready(|stream| stream.read(out)).await
    }
}

impl Write for Tcp {
    async fn write(&mut self, data: &[u8]) -> Result<usize, ErrorKind> {
        self.when_ready(|stream| stream.write(data)).await
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// Fetches a page; how many bytes the answer has.
async fn get(ca: &[u8], url: &str, connected: &Cell<usize>) -> Result<usize, SocketError<ErrorKind>> {
    let (address, path) = url.split_once('/').unwrap_or((url, ""));
    let (name, _) = address.rsplit_once(':').unwrap_or((address, ""));
    let ca = [ca];
    let trust = Trust { ca: &ca, ..Trust::default() };
    let config = Config { trust, servername: name.as_bytes(), ..Config::default() };
    let mut host = OsHost::new();
    let mut memory = vec![0; Connection::memory_needed(&config)];
    let tcp = Tcp::connect(address).map_err(|_| SocketError::Transport(ErrorKind::ConnectionRefused))?;
    let mut socket = AsyncTlsSocket::connect(config, &mut host, &mut memory, tcp).await?;
    connected.set(connected.get() + 1);
    println!("{address}: {}, {}", socket.peer().version(), socket.peer().suite());
    let request = format!("GET /{path} HTTP/1.0\r\nHost: {name}\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await?;
    socket.flush().await?;
    let (mut piece, mut received) = ([0; 512], 0);
    loop {
        match socket.read(&mut piece).await? {
            0 => break,
            n => received += n,
        }
    }
    socket.close().await?;
    Ok(received)
}

/// One turn each, as long as a task is not done; how many rounds there were before both had connected, and in all.
fn run(tasks: &mut [Pin<Box<dyn Future<Output = ()> + '_>>], connected: &Cell<usize>) -> (u64, u64) {
    let mut context = Context::from_waker(Waker::noop());
    let (mut done, mut rounds, mut until_connected) = (vec![false; tasks.len()], 0, 0);
    while done.contains(&false) {
        for (task, done) in tasks.iter_mut().zip(&mut done) {
            *done = *done || task.as_mut().poll(&mut context).is_ready();
        }
        // the third task: this device has other things to do
        rounds += 1;
        if connected.get() < tasks.len() {
            until_connected = rounds;
        }
    }
    (until_connected, rounds)
}

fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [ca, urls @ ..] = &arguments[..] else {
        eprintln!("two_at_once CA.pem HOST:PORT/PATH HOST:PORT/PATH");
        return 2.into();
    };
    let ca = match std::fs::read(ca) {
        Ok(ca) => ca,
        Err(error) => {
            eprintln!("{ca}: {error}");
            return 2.into();
        }
    };
    let (connected, failed) = (Cell::new(0), Cell::new(false));
    let mut tasks: Vec<Pin<Box<dyn Future<Output = ()> + '_>>> = Vec::new();
    for url in urls {
        let (ca, connected, failed) = (&ca, &connected, &failed);
        tasks.push(Box::pin(async move {
            match get(ca, url, connected).await {
                Ok(received) => println!("{url}: {received} bytes"),
                Err(error) => {
                    eprintln!("{url}: {error}");
                    failed.set(true);
                    connected.set(connected.get() + 1);
                }
            }
        }));
    }
    let (until_connected, rounds) = run(&mut tasks, &connected);
    println!("other work had its turn {until_connected} times during the handshakes, {rounds} in all");
    u8::from(failed.get()).into()
}
