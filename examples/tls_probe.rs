//! What a device needs to talk to a server: connects as the device would, says what it found, and writes the JavaScript.

mod common;
mod probe;

use std::cell::Cell;
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

use common::client::{Explained, Settings};
use common::http::Url;
use probe::advice::{Findings, Tried, Trust};
use probe::chain::{self, Certificate, Chain};
use probe::cost::Figures;
use probe::engine::{self, Outcome, Target};
use probe::hello::{TLS12, TLS13};
use probe::report::{self, Paint};
use probe::scan::{Scan, Scanner};
use probe::script;

const USAGE: &str = "\
usage: tls_probe HOST[:PORT] | https://HOST[:PORT]/PATH [options]

Connects to a server as a device would, with the same engine, several times. Says which versions, cipher suites and groups
it takes, whether it sends small records, what its certificates are, whom a device can trust and at what cost, and prints the
JavaScript to paste. Nobody has to be trusted for it; one GET of the path is sent.
  --trust ca|fingerprint|pin   the JavaScript trusts the server in this way; else in the one that lasts
  --js                only the JavaScript
  --json              everything, for machines
  --write-ca FILE     write the certificate for `ca` as PEM
  --upload            only the JavaScript that puts that certificate into Storage
  --roots FILE        certificates (PEM) in which the chain's root is looked for; else this computer's
  --servername NAME   the name for SNI and for the certificate, if it is not HOST
  --alpn NAME[,NAME]  application protocols to offer, such as x-amzn-http-ca
  --cert FILE --key FILE       a certificate of the client, and its key, for servers that want one
  --no-request        send no request, for servers that do not speak HTTP
  --quick             only the versions, not every suite and group
  --trace             every handshake step by step, on standard error (only if built with the feature trace)

exit status: 0 a device can use the server; 1 it can't, or a file can't be written; 2 wrong usage";

/// Where systems keep the certificates that they trust.
const ROOTS: &[&str] = &[
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
    "/usr/local/etc/openssl/cert.pem",
];

#[derive(PartialEq, Eq, Clone, Copy)]
enum Output {
    Text,
    Json,
    Script,
    Upload,
}

struct Options {
    target: Target,
    alpn: String,
    cert: Vec<u8>,
    key: Vec<u8>,
    roots: Vec<Certificate>,
    trust: Option<Trust>,
    output: Output,
    write_ca: Option<String>,
    request: bool,
    quick: bool,
}

fn main() -> ExitCode {
    let options = match parse(std::env::args().skip(1)) {
        Ok(Some(options)) => options,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(message) => {
            eprintln!("tls_probe: {message}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(&options) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("tls_probe: {message}");
            ExitCode::FAILURE
        }
    }
}

/// `None`: help was asked for.
fn parse(mut args: impl Iterator<Item = String>) -> Result<Option<Options>, String> {
    let (mut url, mut servername, mut alpn, mut roots) = (None, None, String::new(), None);
    let (mut cert, mut key) = (Vec::new(), Vec::new());
    let (mut trust, mut output, mut write_ca, mut request, mut quick) = (None, Output::Text, None, true, false);
    let read = |file: &str| std::fs::read(file).map_err(|e| format!("can't read {file}: {e}"));
    while let Some(arg) = args.next() {
        let (name, mut inline) = match arg.split_once('=') {
            Some((name, value)) if name.starts_with("--") => (name.to_string(), Some(value.to_string())),
            _ => (arg, None),
        };
        let mut value = || inline.take().or_else(|| args.next()).ok_or(format!("{name} needs a value"));
        match name.as_str() {
            "--servername" => servername = Some(value()?),
            "--alpn" => alpn = value()?,
            "--roots" => roots = Some(chain::read_pem(&read(&value()?)?)),
            "--cert" => cert = read(&value()?)?,
            "--key" => key = read(&value()?)?,
            "--write-ca" => write_ca = Some(value()?),
            "--trust" => {
                trust = Some(match value()?.as_str() {
                    "ca" => Trust::Ca,
                    "fingerprint" => Trust::Fingerprint,
                    "pin" => Trust::Pin,
                    other => return Err(format!("--trust {other}: ca, fingerprint or pin")),
                });
            }
            "--js" => output = Output::Script,
            "--json" => output = Output::Json,
            "--trace" => {
                if !common::client::trace() {
                    return Err("--trace: this program was built without the feature trace".into());
                }
            }
            "--upload" => output = Output::Upload,
            "--no-request" => request = false,
            "--quick" => quick = true,
            "--help" | "-h" => return Ok(None),
            option if option.starts_with('-') => return Err(format!("{option} is not an option")),
            _ if url.is_some() => return Err("only one server can be given".into()),
            text if text.contains("://") => url = Some(Url::parse(text)?),
            text => url = Some(Url::parse(&format!("https://{text}"))?),
        }
        if inline.is_some() {
            return Err(format!("{name} takes no value"));
        }
    }
    let url = url.ok_or("which server?")?;
    let roots = roots.unwrap_or_else(|| {
        ROOTS.iter().find_map(|f| std::fs::read(f).ok()).map_or_else(Vec::new, |t| chain::read_pem(&t))
    });
    let servername = servername.unwrap_or_else(|| url.host.clone());
    let target = Target { url, servername };
    Ok(Some(Options { target, alpn, cert, key, roots, trust, output, write_ca, request, quick }))
}

/// Says what is being done, on a terminal.
struct Progress {
    is_terminal: bool,
    step: Cell<usize>,
}

impl Progress {
    fn say(&self, text: &str) {
        self.step.set(self.step.get() + 1);
        if self.is_terminal {
            eprint!("\r\x1b[K{:>2} {text}", self.step.get());
            let _ = std::io::stderr().flush();
        }
    }

    fn end(&self) {
        if self.is_terminal {
            eprint!("\r\x1b[K");
        }
    }
}

/// Whether the server can be used.
fn run(options: &Options) -> Result<bool, String> {
    let progress = Progress { is_terminal: std::io::stderr().is_terminal(), step: Cell::new(0) };
    let findings = find(options, &progress)?;
    progress.end();
    let usable = findings.is_usable();
    if let Some(file) = &options.write_ca {
        let (anchor, _) = findings.anchor().ok_or_else(|| no_anchor(&findings))?;
        std::fs::write(file, anchor.pem()).map_err(|e| format!("can't write {file}: {e}"))?;
    }
    let explain = || {
        for problem in findings.problems() {
            eprintln!("tls_probe: {problem}");
        }
    };
    match options.output {
        Output::Json => println!("{:#}", report::json(&findings)),
        Output::Text => {
            let colours = std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none();
            print!("{}", report::text(&findings, &Paint(colours)));
        }
        Output::Script => match script::script(&findings).filter(|_| usable) {
            Some(text) => print!("{text}"),
            None if usable => return Err(no_anchor(&findings)),
            None => explain(),
        },
        Output::Upload => match findings.anchor() {
            Some((anchor, _)) => print!("{}", script::upload(anchor)),
            None => {
                explain();
                return Err(no_anchor(&findings));
            }
        },
    }
    Ok(usable)
}

fn no_anchor(findings: &Findings) -> String {
    let issuer = findings.chain.top().map_or("nobody, since there are no certificates", |top| top.issuer.as_str());
    format!("there is no certificate for `ca`: the chain was issued by {issuer}. get it there, or see --roots")
}

fn find(options: &Options, progress: &Progress) -> Result<Findings, String> {
    let Options { target, .. } = options;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |d| d.as_secs() as i64);
    let mut findings = Findings {
        host: target.url.host.clone(),
        port: target.url.port,
        path: target.url.path.clone(),
        alpn: options.alpn.clone(),
        unreachable: None,
        scan: Scan::default(),
        first: Outcome::default(),
        second: None,
        resumed: None,
        chain: Chain::default(),
        tried: Vec::new(),
        figures: Figures::new()?,
        now,
        wanted: options.trust,
        has_certificate: !options.cert.is_empty(),
        requested: options.request,
    };
    // An address is no name for SNI (RFC 6066 3).
    let is_address = target.servername.parse::<std::net::IpAddr>().is_ok();
    let scanner = Scanner {
        connect: &|| engine::tcp(&target.url),
        progress: &|text| progress.say(text),
        name: if is_address { "" } else { &target.servername },
        alpn: &options.alpn,
        connections: 0,
    };
    match scanner.run(options.quick) {
        Ok(scan) => findings.scan = scan,
        Err(e) => {
            findings.unreachable = Some(Explained(&e).to_string());
            return Ok(findings);
        }
    }
    if !findings.scan.versions.iter().any(|v| *v >= TLS12) {
        findings.chain = Chain::new(&findings.scan.certificates, &options.roots);
        return Ok(findings);
    }
    let base = engine::base(&options.alpn, options.cert.clone(), options.key.clone());
    let mut count = 0;
    let mut connect = |what: &str, settings: &Settings, request: bool| {
        progress.say(what);
        count += 1;
        engine::connect(target, settings, request)
            .unwrap_or_else(|e| Outcome { error: Some(Explained(&e).to_string()), ..Outcome::default() })
    };
    findings.first = connect("as the device would", &engine::insecure(&base, None), options.request);
    let newest = findings.version();
    let speaks12 = findings.scan.versions.contains(&TLS12);
    if speaks12 && (newest == TLS13 || !findings.first.open) {
        let second = connect("the certificates, in TLS 1.2", &engine::insecure(&base, Some(TLS12)), false);
        if !findings.first.open && second.open {
            findings.first =
                connect("as the device would, in TLS 1.2", &engine::insecure(&base, Some(TLS12)), options.request);
        }
        findings.second = Some(second);
    }
    let sent = [findings.second.as_ref(), Some(&findings.first)];
    let sent = sent.into_iter().flatten().map(|o| &o.clear.certificates).find(|c| !c.is_empty());
    let certificates = match sent {
        Some(certificates) => certificates.clone(),
        None if !findings.scan.certificates.is_empty() => findings.scan.certificates.clone(),
        None => {
            progress.say("the certificates, in TLS 1.3");
            chain::fetch_tls13(target, &options.alpn).unwrap_or_default()
        }
    };
    findings.chain = Chain::new(&certificates, &options.roots);
    if findings.first.open {
        if !findings.first.session.is_empty() {
            let settings =
                Settings { session: findings.first.session.clone(), ..engine::insecure(&base, Some(newest)) };
            findings.resumed = Some(connect("resuming the session", &settings, false));
        }
        let anchor = findings.anchor().map(|(anchor, _)| anchor.der.clone());
        let leaf = findings.chain.leaf().map(|leaf| (leaf.fingerprint_hex(), leaf.pin.clone()));
        if let Some((fingerprint256, pinned_pub_key)) = leaf {
            let mut ways = vec![
                (Trust::Fingerprint, Settings { fingerprint256, ..base.clone() }),
                (Trust::Pin, Settings { pinned_pub_key, ..base.clone() }),
            ];
            ways.extend(anchor.map(|anchor| (Trust::Ca, Settings { ca: vec![anchor], ..base.clone() })));
            for (option, settings) in ways {
                let outcome = connect(&format!("with {}", option.option()), &settings, false);
                findings.tried.push(Tried { option, refusal: outcome.error });
            }
        }
    }
    findings.scan.connections += count;
    Ok(findings)
}
