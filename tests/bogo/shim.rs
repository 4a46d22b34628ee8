//! The shim for BoringSSL's TLS test suite (its "runner"): a TLS client that connects to the runner, does what the
//! flags say, and exits with 0 if everything was as it should be, 1 with an error on stderr if not, and 89 where a flag
//! asks for what this client does not have. See README.md beside this file.

#[path = "../../examples/common/client.rs"]
#[allow(dead_code)] // the shim uses a part of it
mod client;
mod flags;

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, TcpStream};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use client::{Connection, Host, Memory, OsHost, Settings, Status, TlsStream, report_in};
use espruino_tls::config::{TLS12, TLS13};
use espruino_tls::crypto::Sha256;
use espruino_tls::error::Error;
use flags::{Options, Parsed};

/// Says to the runner that a test asks for something that is not there.
const UNIMPLEMENTED: u8 = 89;

/// Where the reasons for that are collected, one a line, for run.py's counts.
const REASONS: &str = "BOGO_REASONS";

/// How long to wait for the runner; it gives up earlier.
const TIMEOUT: Duration = Duration::from_secs(20);

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).map(|a| a.to_string_lossy().into_owned()).collect();
    if arguments.iter().any(|a| a == "-is-handshaker-supported") {
        println!("No");
        return ExitCode::SUCCESS;
    }
    let options = match flags::parse(&arguments) {
        Parsed::Options(options) => options,
        Parsed::Unimplemented(reason) => {
            eprintln!("unimplemented: {reason}");
            let file = std::env::var_os(REASONS).map(|p| std::fs::OpenOptions::new().append(true).create(true).open(p));
            if let Some(Ok(mut file)) = file {
                // one write a line: many shims run at the same time
                let _ = file.write_all(format!("{reason}\n").as_bytes());
            }
            return ExitCode::from(UNIMPLEMENTED);
        }
        Parsed::Wrong(text) => {
            eprintln!("{text}");
            return ExitCode::FAILURE;
        }
    };
    let mut session = Vec::new();
    let mut clock = 0;
    for n in 0..=options.resume_count {
        let config = if n == 0 { &options.initial } else { &options.resume };
        if n > 0 && session.is_empty() {
            eprintln!("no session to offer");
            return ExitCode::FAILURE;
        }
        match connect(&options, config, n > 0, &session, clock) {
            Ok(new) if new.is_empty() => {}
            Ok(new) => session = new,
            Err(text) => {
                eprintln!("connection {}: {text}", n + 1);
                return ExitCode::FAILURE;
            }
        }
        clock += config.resumption_delay;
    }
    ExitCode::SUCCESS
}

/// The operating system, later.
struct Later {
    host: OsHost,
    seconds: i64,
}

impl Host for Later {
    fn random(&mut self, out: &mut [u8]) -> bool {
        self.host.random(out)
    }
    fn now(&mut self) -> Option<i64> {
        self.host.now().map(|now| now + self.seconds)
    }
    fn alloc(&mut self, len: usize) -> Option<Memory> {
        self.host.alloc(len)
    }
    fn free(&mut self, memory: Memory) {
        self.host.free(memory);
    }
}

/// The connection to the runner.
struct Transport {
    stream: TcpStream,
    /// Give the engine one byte at a time.
    drip: bool,
    /// What was sent, as long as it may contain a ClientHello.
    sent: Vec<u8>,
}

impl Read for Transport {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = if self.drip { out.len().min(1) } else { out.len() };
        self.stream.read(&mut out[..n])
    }
}

impl Write for Transport {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        let n = self.stream.write(data)?;
        if self.sent.len() < 8192 {
            self.sent.extend(&data[..n]);
        }
        Ok(n)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

impl Transport {
    /// How often a ClientHello was sent: twice after a HelloRetryRequest.
    fn client_hellos(&self) -> usize {
        let (mut count, mut rest) = (0, &self.sent[..]);
        while let [kind, _, _, high, low, body @ ..] = rest {
            // an encrypted handshake record of TLS 1.2 begins with its nonce, which is 0 at first
            count += usize::from(*kind == 22 && body.first() == Some(&1));
            rest = body.get(usize::from(u16::from_be_bytes([*high, *low]))..).unwrap_or_default();
        }
        count
    }
}

impl Drop for Transport {
    /// Closes without losing what the runner has not read yet: a reset would throw it away.
    fn drop(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
        let begin = Instant::now();
        let mut rest = [0; 4096];
        while begin.elapsed() < TIMEOUT && matches!(self.stream.read(&mut rest), Ok(1..)) {}
    }
}

fn open(options: &Options, drip: bool) -> io::Result<Transport> {
    let mut stream = if options.ipv6 {
        TcpStream::connect((Ipv6Addr::LOCALHOST, options.port))?
    } else {
        TcpStream::connect((Ipv4Addr::LOCALHOST, options.port))?
    };
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(TIMEOUT))?;
    stream.set_write_timeout(Some(TIMEOUT))?;
    stream.write_all(&options.shim_id.to_le_bytes())?;
    Ok(Transport { stream, drip, sent: Vec::new() })
}

/// One connection; returns the session that the server gave, if any.
fn connect(
    options: &Options,
    config: &flags::Config,
    is_resume: bool,
    session: &[u8],
    clock: i64,
) -> Result<Vec<u8>, String> {
    let mut settings = Settings {
        servername: config.host_name.clone(),
        // The runner's certificates have no subject and a subjectAltName that is not critical, which RFC 5280 §4.2.1.6
        // forbids: `ca` refuses them, whatever the test. Certificates have their own tests.
        insecure: true,
        alpn: config.advertise_alpn.join(","),
        session: if is_resume { session.to_vec() } else { Vec::new() },
        keep_session: true,
        min_version: config.min_version,
        max_version: config.max_version,
        ..Settings::default()
    };
    for (file, place) in [(&config.cert_file, &mut settings.cert), (&config.key_file, &mut settings.key)] {
        if !file.is_empty() {
            *place = std::fs::read(file).map_err(|e| format!("{file}: {e}"))?;
        }
    }
    // Asked not to verify, BoringSSL only reports.
    if config.verify_fail && config.verify_peer {
        // a certificate that nobody has
        settings.insecure = false;
        settings.fingerprint256 = "00".repeat(32);
    }
    let mut host = Later { host: OsHost::new(), seconds: clock };
    let outcome = settings.connect(&mut host, |connection| {
        let transport = open(options, config.is_async).map_err(|e| format!("connecting: {e}"))?;
        let mut stream = TlsStream::new(connection, transport);
        let outcome = exchange(&mut stream, config, is_resume).map_err(|error| match error {
            Failure::Tls(e) => explain(&e),
            Failure::Expectation(text) => text,
        });
        outcome.map(|()| stream.connection.session().to_vec())
    });
    outcome.unwrap_or_else(|report| Err(format!(":{:?}: {report}", report.error)))
}

enum Failure {
    Tls(io::Error),
    Expectation(String),
}

impl From<io::Error> for Failure {
    fn from(e: io::Error) -> Self {
        Failure::Tls(e)
    }
}

fn expect(holds: bool, text: &str) -> Result<(), Failure> {
    if holds { Ok(()) } else { Err(Failure::Expectation(text.into())) }
}

/// The engine's error in the form that the configuration's error map translates to.
fn explain(e: &io::Error) -> String {
    match report_in(e) {
        Some(report) if report.error == Error::AlertReceived => {
            format!(":AlertReceived({}): {report}", report.detail.a)
        }
        Some(report) => format!(":{:?}: {report}", report.error),
        None => e.to_string(),
    }
}

type Stream<'c, 'a> = TlsStream<'c, 'a, Transport>;

fn exchange(stream: &mut Stream, config: &flags::Config, is_resume: bool) -> Result<(), Failure> {
    if !config.implicit_handshake {
        stream.handshake()?;
        check_handshake(stream, config, is_resume)?;
    }
    if config.write_different_record_sizes {
        for n in [0, 1, 255, 256, 257, 16383, 16384, 16385, 32767, 32768, 32769] {
            stream.write_all(&vec![0x42; n])?;
        }
    } else if config.shim_writes_first {
        for _ in 0..config.repeat_shim_initial_write {
            stream.write_all(config.shim_initial_write.as_bytes())?;
        }
    }
    // with the different sizes, too, the runner's message is read to its end
    if !config.shim_shuts_down && !config.write_different_record_sizes {
        let mut buffer = vec![0; config.read_size];
        loop {
            let n = match stream.read(&mut buffer) {
                Ok(0) => break,
                // cut off: an error for everybody but the runner, which closes like that unless told otherwise
                Err(e) if !config.check_close_notify && is_cut_off(&e) => break,
                other => other?,
            };
            expect(stream.connection.status() == Status::Open || n != 0, "data before the handshake's end")?;
            for byte in &mut buffer[..n] {
                *byte ^= 0xff;
            }
            stream.write_all(&buffer[..n])?;
        }
    }
    let info = stream.connection.peer();
    if info.negotiated.version == TLS13 {
        let expected = !config.expect_no_session && !config.shim_shuts_down;
        check_session(stream.connection, config, expected)?;
    }
    if config.check_close_notify {
        stream.close()?;
        if !config.shim_shuts_down {
            expect(stream.connection.peer().close_notify, "no close_notify")?;
        }
    }
    Ok(())
}

fn is_cut_off(e: &io::Error) -> bool {
    report_in(e).is_some_and(|report| report.error == Error::Truncated)
}

fn check_handshake(stream: &Stream, config: &flags::Config, is_resume: bool) -> Result<(), Failure> {
    let connection: &Connection = stream.connection;
    let info = connection.peer();
    let negotiated = info.negotiated;
    expect(!config.handshake_never_done, "the handshake was completed")?;
    expect(matches!(negotiated.version, TLS12 | TLS13), "no version")?;
    expect(config.expect_version.is_none_or(|v| v == negotiated.version), "wrong version")?;
    expect(config.expect_cipher.is_none_or(|c| c == negotiated.suite), "wrong cipher suite")?;
    let wanted = is_resume && !config.expect_session_miss;
    expect(negotiated.resumed == wanted, if wanted { "not resumed" } else { "resumed" })?;
    if negotiated.version == TLS12 {
        let expected = !config.expect_no_session && (!negotiated.resumed || config.expect_ticket_renewal);
        check_session(connection, config, expected)?;
    }
    expect(info.alpn == config.expect_alpn.as_bytes(), "wrong ALPN protocol")?;
    // TLS 1.3 always has what that is for
    let has = negotiated.extended_master_secret || negotiated.version == TLS13;
    expect(has || !config.expect_extended_master_secret, "no extended_master_secret")?;
    let retried = stream.transport.client_hellos() > 1;
    expect(config.expect_hrr.is_none_or(|wanted| wanted == retried), "HelloRetryRequest or not")?;
    expect(!(config.verify_fail && config.verify_peer), "the wrong certificate was accepted")?;
    expect(negotiated.trusted_by.is_some_and(|by| by.bits() == 0), "wrong word about trust")?;
    expect(negotiated.fingerprint != [0; 32], "no certificate")?;
    if let Some(file) = &config.expect_peer_cert_file {
        let mut sha256 = Sha256::new();
        sha256.update(&flags::pem(file, "CERTIFICATE").map_err(Failure::Expectation)?);
        expect(sha256.finish() == negotiated.fingerprint, "another certificate")?;
    }
    Ok(())
}

fn check_session(connection: &Connection, config: &flags::Config, expected: bool) -> Result<(), Failure> {
    let has = !connection.session().is_empty();
    // The runner's tickets contain the client's certificate: they may be longer than what is kept.
    let may_miss = !config.cert_file.is_empty() && !has;
    expect(has == expected || may_miss, if has { "unexpected session" } else { "no session came" })
}
