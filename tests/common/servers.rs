//! Real TLS servers on 127.0.0.1. Each is ready when its function returns and gone when the value is dropped.
//! A missing program is a failure, never a skipped test: `make deps` installs them.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Once};
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::pki::pki;

/// How long anything may take before a test gives up on it. No test measures time.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Sizes of the bodies that every server has at `/SIZE`.
pub const SIZES: [usize; 4] = [0, 1, 1024, 102_400];

/// The body of that size; `tests/node/server.js` has the same formula.
pub fn body(size: usize) -> Vec<u8> {
    (0..size).map(|i| (i * 7 + (i >> 8)) as u8).collect()
}

/// A directory with the bodies as files, for servers that serve files.
fn document_root() -> PathBuf {
    static ONCE: Once = Once::new();
    let root = pki().path("www");
    ONCE.call_once(|| {
        fs::create_dir_all(&root).unwrap();
        for size in SIZES {
            // Renamed when complete: another test process may be reading it.
            let unfinished = root.join(format!("{size}.{}", std::process::id()));
            fs::write(&unfinished, body(size)).unwrap();
            fs::rename(unfinished, root.join(size.to_string())).unwrap();
        }
    });
    root
}

/// A server in a process of its own.
pub struct Server {
    pub port: u16,
    child: Child,
    stdin: Option<ChildStdin>,
    log: PathBuf,
}

impl Server {
    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Types something at the server's terminal.
    pub fn command(&self, text: &str) {
        (&mut self.stdin.as_ref().unwrap()).write_all(text.as_bytes()).unwrap();
    }

    /// Waits until the server has printed this.
    pub fn wait_for_log(&self, text: &str) {
        self.wait_for_log_times(text, 1);
    }

    /// Waits until the server has printed this so many times.
    pub fn wait_for_log_times(&self, text: &str, times: usize) {
        let deadline = Instant::now() + PATIENCE;
        while self.log().matches(text).count() < times {
            assert!(Instant::now() < deadline, "the server does not say {text:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Everything the server has printed so far.
    pub fn log(&self) -> String {
        String::from_utf8_lossy(&fs::read(&self.log).unwrap_or_default()).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            eprintln!("--- the server said ({}):\n{}", self.log.display(), self.log());
        } else {
            let _ = fs::remove_file(&self.log);
        }
    }
}

/// Starts a program with its output in a log file.
fn spawn(program: &str, args: &[&str], directory: &Path) -> (Child, PathBuf) {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let log = pki().path(&format!(
        "{}-{}-{}.log",
        Path::new(program).file_name().unwrap().to_str().unwrap(),
        std::process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    ));
    let out = File::create(&log).unwrap();
    let child = Command::new(program)
        .args(args)
        .current_dir(directory)
        .stdin(Stdio::piped())
        .stdout(out.try_clone().unwrap())
        .stderr(out)
        .spawn()
        .unwrap_or_else(|e| panic!("{program} can't be run ({e}); `make deps` installs it"));
    (child, log)
}

/// Starts a program that chooses its port and prints it after `marker`.
fn spawn_printing_port(program: &str, args: &[&str], directory: &Path, marker: &str) -> Server {
    let (mut child, log) = spawn(program, args, directory);
    let mut server = Server { port: 0, stdin: child.stdin.take(), child, log };
    let deadline = Instant::now() + PATIENCE;
    loop {
        let text = server.log();
        let line = text.split_inclusive('\n').find(|l| l.starts_with(marker) && l.ends_with('\n'));
        if let Some(line) = line {
            server.port = line[marker.len()..].trim().parse().unwrap();
            return server;
        }
        let ended = server.child.try_wait().unwrap();
        assert!(ended.is_none() && Instant::now() < deadline, "{program} {} did not start ({ended:?})", args.join(" "));
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// `openssl s_server` with the entry's chain. It takes one connection at a time. Add `-WWW` or `-www` for HTTP.
pub fn openssl(entry: &str, flags: &[&str]) -> Server {
    start_openssl(&["openssl"], entry, flags)
}

fn start_openssl(command: &[&str], entry: &str, flags: &[&str]) -> Server {
    let key = pki().path(&format!("{entry}.key.pem"));
    let leaf = pki().path(&format!("{entry}.pem"));
    let issuers = pki().path(&format!("{entry}.issuers.pem"));
    let mut args = [command, &["s_server", "-accept", "127.0.0.1:0"]].concat();
    args.extend(["-key", key.to_str().unwrap(), "-cert", leaf.to_str().unwrap()]);
    if !flags.contains(&"-cert_chain") && fs::metadata(&issuers).unwrap().len() != 0 {
        args.extend(["-cert_chain", issuers.to_str().unwrap()]);
    }
    args.extend(flags);
    spawn_printing_port("env", &args, &document_root(), "ACCEPT 127.0.0.1:")
}

/// As [`openssl`], with a configuration file for what has no flag.
pub fn openssl_with_config(entry: &str, flags: &[&str], config: &Path) -> Server {
    // `env` sets the variable for the server alone.
    let variable = format!("OPENSSL_CONF={}", config.to_str().unwrap());
    start_openssl(&[&variable, "openssl"], entry, flags)
}

/// `openssl s_server` serving the bodies at `/SIZE`, without a Content-Length: the end is the close_notify.
pub fn openssl_www(entry: &str, flags: &[&str]) -> Server {
    openssl(entry, &[&["-WWW"], flags].concat())
}

/// `gnutls-serv` with the entry's chain, a page at `/`, and client certificates under any root of the tests.
pub fn gnutls(entry: &str, flags: &[&str], priority: &str) -> Server {
    let key = pki().path(&format!("{entry}.key.pem"));
    let chain = pki().path(&format!("{entry}.chain.pem"));
    // It can't choose a port itself, and another process may take the one found here: then try again.
    for _ in 0..10 {
        let port = free_port();
        let number = port.to_string();
        let mut args = vec!["--http", "-p", &number, "--priority", priority];
        args.extend(["--x509keyfile", key.to_str().unwrap(), "--x509certfile", chain.to_str().unwrap()]);
        args.extend(flags);
        let (mut child, log) = spawn("gnutls-serv", &args, &document_root());
        let mut server = Server { port, stdin: child.stdin.take(), child, log };
        let deadline = Instant::now() + PATIENCE;
        while server.child.try_wait().unwrap().is_none() {
            if server.log().contains(&format!("IPv4 0.0.0.0 port {port}...done")) {
                return server;
            }
            assert!(Instant::now() < deadline, "gnutls-serv does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
    }
    panic!("gnutls-serv does not start");
}

/// Node's https server; see `tests/node/server.js` for its paths.
pub fn node(entry: &str) -> Server {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/node/server.js");
    let bundle = pki().path(&format!("{entry}.bundle.pem"));
    let args = [script.to_str().unwrap(), bundle.to_str().unwrap()];
    spawn_printing_port("node", &args, &document_root(), "PORT ")
}

/// lighttpd with one of its TLS modules: `openssl`, `gnutls` or `mbedtls`.
pub fn lighttpd(stack: &str, entry: &str) -> Server {
    lighttpd_with(stack, entry, "")
}

/// The same, with more lines of configuration.
pub fn lighttpd_with(stack: &str, entry: &str, more: &str) -> Server {
    let module = format!("mod_{stack}");
    let bundle = pki().path(&format!("{entry}.bundle.pem"));
    // lighttpd can't choose a port itself, and another process may take the one found here: then try again.
    for _ in 0..10 {
        let port = free_port();
        let config = format!(
            "server.document-root = {root:?}\nserver.bind = \"127.0.0.1\"\nserver.port = {port}\n\
             server.modules = ( {module:?} )\nssl.engine = \"enable\"\nssl.pemfile = {bundle:?}\n\
             server.max-keep-alive-requests = 100\n\
             mimetype.assign = ( \"\" => \"application/octet-stream\" )\n{more}",
            root = document_root(),
        );
        let config_file = pki().path(&format!("lighttpd-{port}-{}.conf", std::process::id()));
        fs::write(&config_file, config).unwrap();
        let program = if Path::new("/usr/sbin/lighttpd").exists() { "/usr/sbin/lighttpd" } else { "lighttpd" };
        let (mut child, log) = spawn(program, &["-D", "-f", config_file.to_str().unwrap()], Path::new("/"));
        let mut server = Server { port, stdin: child.stdin.take(), child, log };
        let deadline = Instant::now() + PATIENCE;
        loop {
            // First whether it lives: something else may be listening on the port.
            if server.child.try_wait().unwrap().is_some() {
                break;
            }
            if TcpStream::connect(server.address()).is_ok() && server.child.try_wait().unwrap().is_none() {
                let _ = fs::remove_file(&config_file);
                return server;
            }
            assert!(Instant::now() < deadline, "lighttpd with {module} does not listen");
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = fs::remove_file(&config_file);
        assert!(
            server.log().contains("in use"),
            "lighttpd with {module} does not start (`make deps` installs the module):\n{}",
            server.log()
        );
    }
    panic!("no free port for lighttpd");
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// A server in a thread: one connection after the other is given to `serve`, and what that returned is kept.
pub struct ThreadServer<T> {
    pub port: u16,
    results: Receiver<T>,
}

impl<T: Send + 'static> ThreadServer<T> {
    pub fn start(mut serve: impl FnMut(TcpStream) -> T + Send + 'static) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let (send, results) = channel();
        // The thread ends with the test process; it holds nothing but its listener.
        std::thread::spawn(move || {
            for connection in listener.incoming().map_while(Result::ok) {
                connection.set_read_timeout(Some(PATIENCE)).unwrap();
                connection.set_write_timeout(Some(PATIENCE)).unwrap();
                if send.send(serve(connection)).is_err() {
                    return;
                }
            }
        });
        ThreadServer { port, results }
    }

    pub fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The same as [`Self::result`], however long it takes.
    pub fn wait(&self) -> T {
        self.results.recv().expect("the server's thread lives as long as the process")
    }

    /// How the oldest connection went that was not asked for yet.
    pub fn result(&self) -> T {
        self.results.recv_timeout(PATIENCE).expect("the server's side of the connection has not ended")
    }
}

/// How [`rustls`] ends its connections.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    CloseNotify,
    /// The TCP connection is closed under TLS's feet.
    Cut,
}

/// rustls in a thread, serving the bodies at `/SIZE`: the server that ignores max_fragment_length and
/// record_size_limit and fills its records (16 KB). The result of a connection is rustls' error, if any, as text.
pub fn rustls(entry: &str, ending: Ending) -> ThreadServer<Result<(), String>> {
    let chain =
        CertificateDer::pem_slice_iter(&pki().read(&format!("{entry}.chain.pem"))).collect::<Result<Vec<_>, _>>();
    let key = PrivateKeyDer::from_pem_slice(&pki().read(&format!("{entry}.key.pem")));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain.unwrap(), key.unwrap())
        .unwrap();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let config = Arc::new(config);
    ThreadServer::start(move |mut transport| {
        let mut tls = rustls::ServerConnection::new(config.clone()).unwrap();
        let served = serve_http(&mut rustls::Stream::new(&mut tls, &mut transport));
        if served.is_ok() && ending == Ending::CloseNotify {
            tls.send_close_notify();
            while tls.wants_write() && tls.write_tls(&mut transport).is_ok() {}
        }
        let _ = transport.shutdown(std::net::Shutdown::Write);
        // Reading to the end avoids a reset, which could destroy what is still on its way. And the client may have an
        // alert to send, which explains more than a failed write.
        while matches!(tls.read_tls(&mut transport), Ok(1..)) {
            tls.process_new_packets().map_err(|e| e.to_string())?;
        }
        served.map_err(|e| e.to_string())
    })
}

/// Answers `GET /SIZE` requests until the client wants or makes an end.
pub fn serve_http(stream: &mut (impl Read + Write)) -> io::Result<()> {
    loop {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            if stream.read(&mut byte)? == 0 {
                return Ok(());
            }
            request.push(byte[0]);
        }
        let request = String::from_utf8_lossy(&request).into_owned();
        let size = request.split(' ').nth(1).and_then(|path| path[1..].parse().ok()).unwrap_or(0);
        let close = request.to_ascii_lowercase().contains("connection: close");
        let connection = if close { "close" } else { "keep-alive" };
        let mut answer =
            format!("HTTP/1.1 200 OK\r\nContent-Length: {size}\r\nConnection: {connection}\r\n\r\n").into_bytes();
        answer.extend(body(size));
        stream.write_all(&answer)?;
        stream.flush()?;
        if close {
            return Ok(());
        }
    }
}

/// A server that does not speak TLS: sends these bytes and closes after the client has said something.
pub fn raw(answer: Vec<u8>) -> ThreadServer<()> {
    ThreadServer::start(move |mut transport| {
        let mut some = [0; 4096];
        let _ = transport.read(&mut some);
        let _ = transport.write_all(&answer);
        let _ = transport.shutdown(std::net::Shutdown::Write);
        let _ = io::copy(&mut transport, &mut io::sink());
    })
}
