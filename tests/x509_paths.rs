//! Paths that are found although not all is as it should be: lists in `ca` with certificates that can't be used, files
//! with other things in them, chains in the wrong order; and what is said when none is found. Certificates are made anew
//! by the openssl command.
#![cfg(feature = "chain")]

use espruino_tls::config::Trust;
use espruino_tls::error::{Detail, Error, Report};
use espruino_tls::x509::{TrustedBy, Verifier, check_config};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};

const NAME: &[u8] = b"device.example";
const DAY: i64 = 86_400;
/// The room of a connection with 1 KB records: 1024 and 1 for a record, 626 for what is sent.
const WORKSPACE: usize = 1651;

struct Pki {
    dir: PathBuf,
    now: i64,
}

const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const SERVER: &str = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n\
                      subjectAltName=DNS:device.example\n";

impl Pki {
    fn openssl(&self, args: &str) {
        let out = Command::new("openssl").args(args.split_whitespace()).current_dir(&self.dir).output().unwrap();
        assert!(out.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&out.stderr));
    }

    fn key(&self, name: &str, kind: &str) {
        let kind = match kind.split_once(':') {
            Some(("rsa", bits)) => format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}"),
            None if kind.starts_with("P-") => format!("-algorithm EC -pkeyopt ec_paramgen_curve:{kind}"),
            _ => format!("-algorithm {kind}"),
        };
        self.openssl(&format!("genpkey -out {name}.key {kind}"));
    }

    /// `certificate`, or `key/certificate`, or `key/certificate/subject` where they have different names.
    fn issue(&self, name: &str, issuer: &str, extensions: &str, options: &str) {
        let (key, name, subject) = names(name);
        let (issuer_key, issuer, _) = names(issuer);
        std::fs::write(self.dir.join(format!("{name}.ext")), extensions).unwrap();
        self.openssl(&format!("req -new -key {key}.key -subj /CN={subject} -out {name}.csr"));
        let by = if issuer == name {
            format!("-signkey {key}.key")
        } else {
            format!("-CA {issuer}.pem -CAkey {issuer_key}.key")
        };
        let days = if options.contains("-days") { "" } else { "-days 3650" };
        let extfile = if extensions.is_empty() { String::new() } else { format!("-extfile {name}.ext") };
        self.openssl(&format!(
            "x509 -req -in {name}.csr {by} -set_serial 0x1234 {days} {extfile} {options} -out {name}.pem"
        ));
        self.openssl(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
    }

    fn read(&self, file: &str) -> Vec<u8> {
        std::fs::read(self.dir.join(file)).unwrap()
    }
}

fn names(name: &str) -> (&str, &str, &str) {
    let mut parts = name.split('/');
    let key = parts.next().unwrap();
    let name = parts.next().unwrap_or(key);
    (key, name, parts.next().unwrap_or(name))
}

/// Made once for all tests of this file.
static PKI: LazyLock<Pki> = LazyLock::new(|| {
    let dir = std::env::temp_dir().join(format!("espruino-tls-paths-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 + DAY;
    let pki = Pki { dir, now };
    for name in ["root", "i1", "i2", "i3", "leaf", "other"] {
        pki.key(name, "P-256");
    }
    for (name, kind) in [("ed", "ED25519"), ("p521", "P-521"), ("weak", "rsa:1024"), ("i384", "P-384")] {
        pki.key(name, kind);
    }
    for (name, kind) in [("rsa", "rsa:2048"), ("rsa2", "rsa:2048"), ("big", "rsa:4096")] {
        pki.key(name, kind);
    }
    pki.issue("root", "root", CA, "");
    pki.issue("other", "other", CA, "");
    // Three intermediates: root signs i3, i3 i2, i2 i1, i1 the leaf.
    pki.issue("i3", "root", CA, "");
    pki.issue("i2", "i3", CA, "");
    pki.issue("i1", "i2", CA, "");
    pki.issue("leaf", "i1", SERVER, "");
    pki
});

fn check(trust: &Trust) -> Result<(), Report> {
    let mut detail = Detail::default();
    check_config(trust, NAME, false, &mut detail).map_err(|error| Report { error, detail })
}

fn run(trust: Trust, now: i64, chain: &[Vec<u8>], workspace: &mut [u8]) -> Result<TrustedBy, Report> {
    check(&trust)?;
    let mut verifier = Verifier::at(trust, NAME, now);
    let mut push_all = || {
        for certificate in chain {
            verifier.begin(certificate.len())?;
            for piece in certificate.chunks(77) {
                verifier.push(piece, workspace)?;
            }
            verifier.end(workspace)?;
        }
        verifier.finish(workspace).map(|leaf| leaf.trusted_by)
    };
    let result = push_all();
    result.map_err(|error| Report { error, detail: verifier.detail() })
}

/// The server sends the chain; each of the texts is one of `ca`.
fn says(pki: &Pki, chain: &[&str], ca: &[&[u8]]) -> Result<TrustedBy, Report> {
    let chain: Vec<_> = chain.iter().map(|name| pki.read(&format!("{name}.der"))).collect();
    run(Trust { ca, ..Trust::default() }, pki.now, &chain, &mut [0; WORKSPACE])
}

/// A file of `ca` that has keys, requests or parameters in it as well gives its certificates.
#[test]
fn files_with_other_blocks() {
    let pki = &*PKI;
    let (root, key, request) = (pki.read("root.pem"), pki.read("root.key"), pki.read("root.csr"));
    let encrypted = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\n\
                     MIIA\n-----END RSA PRIVATE KEY-----\n";
    for (case, text) in [
        ("key first", [&key[..], &root].concat()),
        ("key last", [&root[..], &key].concat()),
        ("request and key", [&request[..], &key, &root].concat()),
        ("a key with headers", [encrypted.as_bytes(), &root].concat()),
        ("a key cut off", [&key[..60], b"\n", &root].concat()),
        ("in one line", String::from_utf8([&key[..], &root].concat()).unwrap().replace('\n', "").into_bytes()),
        ("the other way", String::from_utf8([&pki.read("other.pem")[..], &key, &root].concat()).unwrap().into_bytes()),
        ("explained", [b"-- the CA's key --\n", &key[..], b"and - at last - the CA\n", &root].concat()),
    ] {
        assert_eq!(says(pki, &["leaf", "i1", "i2", "i3"], &[&text]), Ok(TrustedBy::CA), "{case}");
    }
    // No certificate: the first block is named.
    let text = [b"hello\n", &key[..], &request].concat();
    let report = says(pki, &["leaf"], &[&text]).unwrap_err();
    assert_eq!((report.error, report.detail), (Error::PemNotCertificate, Detail { a: 2, b: 12 }));
    // Nor does one that is misspelt hide behind a key.
    let wrong = String::from_utf8(root).unwrap().replacen("-----BEGIN", "----BEGIN", 1);
    let text = [&key[..], wrong.as_bytes()].concat();
    assert_eq!(says(pki, &["leaf"], &[&text]).unwrap_err().error, Error::PemNoStartLine);
}
