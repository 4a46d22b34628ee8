//! Fetches a page over https through the engine: the body on stdout, what happened on stderr.

mod common;

use std::io;
use std::net::{TcpStream, ToSocketAddrs};
use std::process::ExitCode;
use std::time::Duration;

use espruino_tls::config::{TLS12, TLS13};
use espruino_tls::error::Fault;

use common::client::{Explained, OsHost, Peer, Settings, TlsStream, peer, trace};
use common::http::{HttpClient, Response, Url};

const USAGE: &str = "\
usage: https_get URL [--ca FILE]... [--fingerprint HEX]... [--pin sha256//BASE64]... [--insecure]
                 [--max-fragment 512|1024|2048|4096] [--max-record BYTES] [--tls 1.2|1.3] [--verbose]
                 [--cert FILE --key FILE] [--trace]

Prints the body on stdout, the connection's properties on stderr. Redirects are not followed.
  --ca FILE           trust what this certificate (PEM or DER) issued; may be given several times
  --fingerprint HEX   trust exactly the server certificate with this SHA-256 fingerprint
  --pin sha256//...   trust exactly the server key with this hash (as curl's --pinnedpubkey)
  --insecure          encrypt without knowing to whom
  --max-fragment N    ask the server for records of at most N bytes (1024)
  --max-record N      take records of up to N bytes from servers that ignore that (16384)
  --cert FILE         the client's own certificate and its issuers (PEM or DER), for servers that ask for one
  --key FILE          its private key: EC on P-256 or RSA of 2048 bits (PKCS #8, SEC 1 or PKCS #1; PEM or DER);
                      it may be the file that --cert names, if that is PEM and has both
  --tls 1.2|1.3       speak only this version
  --verbose           print addresses and headers, too
  --trace             print the handshake step by step: messages, records, alerts, no contents (only if built with
                      --features trace; with --features key-log, SSLKEYLOGFILE names a file for Wireshark)

exit status: 0 the server was trusted (or --insecure) and the body is complete
             1 it was not; 2 wrong usage; 22 complete, but the server answered 400 or more";

/// How long to wait for a server that says nothing.
const TIMEOUT: Duration = Duration::from_secs(30);

struct Options {
    url: Url,
    settings: Settings,
    verbose: bool,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("https_get: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(status) if status >= 400 => ExitCode::from(22),
        Ok(_) => ExitCode::SUCCESS,
        Err(Failure { message, status }) => {
            eprintln!("{message}");
            ExitCode::from(status)
        }
    }
}

/// What to tell the user, and the exit status.
struct Failure {
    message: String,
    status: u8,
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Explained(&error).to_string().into()
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Failure { message, status: 1 }
    }
}

/// `None`: help was asked for.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let mut settings = Settings::default();
    let mut url = None;
    let mut verbose = false;
    while let Some(arg) = args.next() {
        let (name, mut inline) = match arg.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_string(), Some(value.to_string())),
            _ => (arg, None),
        };
        let mut value = || inline.take().or_else(|| args.next()).ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--ca" => {
                let file = value()?;
                settings.ca.push(std::fs::read(&file).map_err(|e| format!("can't read {file}: {e}"))?);
            }
            "--cert" | "--key" => {
                let file = value()?;
                let text = std::fs::read(&file).map_err(|e| format!("can't read {file}: {e}"))?;
                *(if name == "--cert" { &mut settings.cert } else { &mut settings.key }) = text;
            }
            "--fingerprint" => append(&mut settings.fingerprint256, ',', &value()?),
            "--pin" => append(&mut settings.pinned_pub_key, ';', &value()?),
            "--max-fragment" => settings.max_fragment = number(&name, &value()?)?,
            "--max-record" => settings.max_record = number(&name, &value()?)?,
            "--tls" => {
                let version = match value()?.as_str() {
                    "1.2" => TLS12,
                    "1.3" => TLS13,
                    other => return Err(format!("--tls {other}: the versions are 1.2 and 1.3")),
                };
                (settings.min_version, settings.max_version) = (version, version);
            }
            "--insecure" => settings.insecure = true,
            "--trace" => {
                if !trace() {
                    return Err("--trace: this program was built without it: cargo run --features trace ...".into());
                }
            }
            "--verbose" | "-v" => verbose = true,
            "--help" | "-h" => return Ok(None),
            option if option.starts_with('-') => return Err(format!("{option} is not an option")),
            _ if url.is_some() => return Err("only one URL can be given".into()),
            text => url = Some(Url::parse(text)?),
        }
        if inline.is_some() {
            return Err(format!("{name} takes no value"));
        }
    }
    let url = url.ok_or("which URL?")?;
    settings.servername.clone_from(&url.host);
    Ok(Some(Options { url, settings, verbose }))
}

fn append(list: &mut String, separator: char, item: &str) {
    if !list.is_empty() {
        list.push(separator);
    }
    list.push_str(item);
}

fn number(name: &str, text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| format!("{name} needs a number up to 65535, not {text:?}"))
}

/// Returns the HTTP status.
fn run(options: &Options) -> Result<u16, Failure> {
    let Options { url, settings, verbose } = options;
    let mut host = OsHost::new();
    let fetched = settings.connect(&mut host, |connection| -> Result<Response, Failure> {
        // Configuration errors have been found before this line: nothing is sent for them.
        let transport = connect(url, *verbose)?;
        let mut tls = TlsStream::new(connection, transport);
        if let Err(error) = tls.handshake() {
            let peer = peer(tls.connection);
            if peer.fingerprint != [0; 32] {
                eprintln!("the server's certificate has the fingerprint {}", peer.fingerprint_hex());
            }
            return Err(error.into());
        }
        let mut http = HttpClient::new(tls);
        let result = http.get(&url.authority(), &url.path, false, &mut io::stdout().lock());
        // The body is complete or lost by now; the goodbye can't change that.
        let _ = http.stream.close();
        eprint!("{}", describe(&peer(http.stream.connection)));
        Ok(result?)
    });
    let response = match fetched {
        Ok(result) => result?,
        Err(report) => {
            let status = if report.error.fault() == Fault::Caller { 2 } else { 1 };
            return Err(Failure { message: report.to_string(), status });
        }
    };
    if *verbose {
        eprintln!("< {}", response.status_line);
        for (name, value) in response.headers.iter().chain(&response.trailers) {
            eprintln!("< {name}: {value}");
        }
    }
    if response.status >= 300 {
        eprintln!("the server answered: {}", response.status_line);
    }
    if let Some(location) = response.header("location") {
        eprintln!("redirected to {location} (not followed)");
    }
    Ok(response.status)
}

/// Tries every address of the host in turn.
fn connect(url: &Url, verbose: bool) -> Result<TcpStream, Failure> {
    let addresses = (url.host.as_str(), url.port)
        .to_socket_addrs()
        .map_err(|e| format!("ENOTFOUND: {}: {e}. is the name spelt right, and is there a network?", url.host))?;
    let mut last = format!("ENOTFOUND: {} has no address. is the name spelt right?", url.host);
    for address in addresses {
        match TcpStream::connect_timeout(&address, TIMEOUT) {
            Ok(transport) => {
                if verbose {
                    eprintln!("connected to {address}");
                }
                let limits = transport
                    .set_read_timeout(Some(TIMEOUT))
                    .and_then(|()| transport.set_write_timeout(Some(TIMEOUT)))
                    .and_then(|()| transport.set_nodelay(true));
                limits?;
                return Ok(transport);
            }
            Err(e) => last = format!("{} ({address})", Explained(&e)),
        }
    }
    Err(last.into())
}

fn describe(peer: &Peer) -> String {
    let fragment = match peer.fragment {
        0 => format!("fragment not negotiated (largest record {} bytes)", peer.largest_record),
        n => format!("fragment {n}"),
    };
    format!(
        "{} {}\n{fragment}\nfingerprint {}\ntrusted by {}\nengine memory {} bytes at most (stack not included)\n",
        peer.version,
        peer.suite,
        peer.fingerprint_hex(),
        if peer.trusted_by.is_empty() { "nobody (insecure)" } else { &peer.trusted_by },
        peer.memory_peak
    )
}
