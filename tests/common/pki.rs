//! Certificates for the tests, made by the `openssl` program on first use and kept in `target/test-pki`.
//!
//! The directory's name contains a hash of this file, so a changed recipe makes new certificates. They are made in a
//! private directory that is renamed when complete: several test processes at once do no harm.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Dates are fixed, so that the cached certificates never grow old: valid from 2020 to the end of 2049.
const FROM: &str = "20200101000000Z";
const TO: &str = "20491231235959Z";
/// The time at which the tests look at certificates: 2027-01-15.
pub const NOW: i64 = 1_800_000_000;

/// Names of every good leaf.
const LOCALHOST: &str = "DNS:localhost,DNS:*.wild.test,IP:127.0.0.1,IP:::1";

/// Where a chain comes from. `issuer` is the name of another entry, or its own for self-signed ones.
struct Entry {
    name: &'static str,
    key: &'static str,
    issuer: &'static str,
    kind: Kind,
}

enum Kind {
    Ca,
    Leaf,
    /// A leaf with something special: names, message digest, notBefore, notAfter.
    Odd {
        san: &'static str,
        digest: &'static str,
        from: &'static str,
        to: &'static str,
    },
    /// For a client.
    Client,
    /// A leaf with some forty names.
    SomeNames,
    /// A leaf with so many names that its chain is longer than 10 KB.
    ManyNames,
}

const fn odd(san: &'static str, digest: &'static str, from: &'static str, to: &'static str) -> Kind {
    Kind::Odd { san, digest, from, to }
}

/// Issuers come before what they issue.
const RECIPE: &[Entry] = &[
    Entry { name: "root-rsa", key: "rsa:2048", issuer: "root-rsa", kind: Kind::Ca },
    Entry { name: "root-rsa4096", key: "rsa:4096", issuer: "root-rsa4096", kind: Kind::Ca },
    Entry { name: "root-p256", key: "P-256", issuer: "root-p256", kind: Kind::Ca },
    Entry { name: "root-p384", key: "P-384", issuer: "root-p384", kind: Kind::Ca },
    Entry { name: "int-rsa", key: "rsa:2048", issuer: "root-rsa", kind: Kind::Ca },
    Entry { name: "int-rsa4096-a", key: "rsa:4096", issuer: "root-rsa4096", kind: Kind::Ca },
    Entry { name: "int-rsa4096-b", key: "rsa:4096", issuer: "int-rsa4096-a", kind: Kind::Ca },
    Entry { name: "int-p256", key: "P-256", issuer: "root-p256", kind: Kind::Ca },
    Entry { name: "int-p384", key: "P-384", issuer: "root-p384", kind: Kind::Ca },
    // Two certificates.
    Entry { name: "rsa", key: "rsa:2048", issuer: "int-rsa", kind: Kind::Leaf },
    // Three certificates, more than 4 KB.
    Entry { name: "rsa3", key: "rsa:4096", issuer: "int-rsa4096-b", kind: Kind::Leaf },
    // Three certificates, more than 10 KB.
    Entry { name: "rsa10k", key: "rsa:4096", issuer: "int-rsa4096-b", kind: Kind::ManyNames },
    // One certificate: only the leaf is sent.
    Entry { name: "p256-by-p384", key: "P-256", issuer: "root-p384", kind: Kind::Leaf },
    // Two certificates, the way of many public servers.
    Entry { name: "p256-under-p384", key: "P-256", issuer: "int-p384", kind: Kind::Leaf },
    Entry { name: "p384", key: "P-384", issuer: "root-p384", kind: Kind::Leaf },
    Entry { name: "p256", key: "P-256", issuer: "int-p256", kind: Kind::Leaf },
    Entry { name: "p256-by-rsa", key: "P-256", issuer: "int-rsa", kind: Kind::Leaf },
    // Keys that sign with PSS only, with any hash, and with one.
    Entry { name: "rsa-pss", key: "rsa-pss", issuer: "int-rsa", kind: Kind::Leaf },
    Entry { name: "rsa-pss-sha384", key: "rsa-pss:sha384:48", issuer: "int-rsa", kind: Kind::Leaf },
    Entry {
        name: "default-rsa",
        key: "rsa:2048",
        issuer: "int-rsa",
        kind: odd("DNS:default.test", "sha256", FROM, TO),
    },
    // The shape of api.amazon.com's: four certificates up to a root that another one has signed, all RSA-2048.
    Entry { name: "root-old", key: "rsa:2048", issuer: "root-old", kind: Kind::Ca },
    Entry { name: "root-new", key: "rsa:2048", issuer: "root-old", kind: Kind::Ca },
    Entry { name: "int-new", key: "rsa:2048", issuer: "root-new", kind: Kind::Ca },
    Entry { name: "rsa4", key: "rsa:2048", issuer: "int-new", kind: Kind::SomeNames },
    Entry { name: "client", key: "P-256", issuer: "int-p256", kind: Kind::Client },
    Entry { name: "client-rsa", key: "rsa:2048", issuer: "int-rsa", kind: Kind::Client },
    Entry { name: "client-rsa4096", key: "rsa:4096", issuer: "int-rsa", kind: Kind::Client },
    Entry { name: "client-by-rsa", key: "P-256", issuer: "int-rsa4096-b", kind: Kind::Client },
    Entry { name: "self-ec", key: "P-256", issuer: "self-ec", kind: Kind::Leaf },
    Entry { name: "self-ec-renewed", key: "P-256", issuer: "self-ec-renewed", kind: Kind::Leaf },
    Entry { name: "self-rsa", key: "rsa:2048", issuer: "self-rsa", kind: Kind::Leaf },
    // Bad ones.
    Entry {
        name: "expired",
        key: "P-256",
        issuer: "root-p256",
        kind: odd(LOCALHOST, "sha256", FROM, "20210101000000Z"),
    },
    Entry { name: "not-yet", key: "P-256", issuer: "root-p256", kind: odd(LOCALHOST, "sha256", "20480101000000Z", TO) },
    Entry { name: "wrong-name", key: "P-256", issuer: "root-p256", kind: odd("DNS:example.test", "sha256", FROM, TO) },
    Entry { name: "sha1", key: "rsa:2048", issuer: "root-rsa", kind: odd(LOCALHOST, "sha1", FROM, TO) },
    Entry { name: "md5", key: "rsa:2048", issuer: "root-rsa", kind: odd(LOCALHOST, "md5", FROM, TO) },
    Entry { name: "rsa1024", key: "rsa:1024", issuer: "root-rsa", kind: Kind::Leaf },
];

/// The certificates, made if need be.
pub fn pki() -> &'static Pki {
    static PKI: OnceLock<Pki> = OnceLock::new();
    PKI.get_or_init(|| {
        let mut hash = DefaultHasher::new();
        include_str!("pki.rs").hash(&mut hash);
        let parent = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/test-pki");
        let dir = parent.join(format!("{:016x}", hash.finish()));
        if !dir.is_dir() {
            let unfinished = parent.join(format!("unfinished-{}", std::process::id()));
            let _ = fs::remove_dir_all(&unfinished);
            make(&unfinished);
            // Another process may have been faster; its certificates are as good.
            if fs::rename(&unfinished, &dir).is_err() {
                fs::remove_dir_all(&unfinished).unwrap();
            }
        }
        Pki { dir }
    })
}

/// The directory of certificates. Files of an entry NAME: `NAME.key.pem`, `NAME.pem` (the certificate alone),
/// `NAME.chain.pem` (what the server sends: the certificate and its intermediates, not the root),
/// `NAME.full.pem` (with the root), `NAME.issuers.pem` and `NAME.issuers-root.pem` (both without the certificate
/// itself), `NAME.bundle.pem` (key and chain in one, as lighttpd likes it).
pub struct Pki {
    dir: PathBuf,
}

impl Pki {
    pub fn path(&self, file: &str) -> PathBuf {
        self.dir.join(file)
    }

    pub fn read(&self, file: &str) -> Vec<u8> {
        fs::read(self.path(file)).unwrap_or_else(|e| panic!("{file}: {e}"))
    }

    /// SHA-256 of the entry's certificate as hex with colons, computed by openssl.
    pub fn fingerprint(&self, name: &str) -> String {
        let text = openssl(&self.dir, &["x509", "-noout", "-fingerprint", "-sha256", "-in", &format!("{name}.pem")]);
        text.trim().split_once('=').unwrap().1.to_string()
    }

    /// curl's pin of the entry's key, computed by openssl.
    pub fn pin(&self, name: &str) -> String {
        let spki = format!("{name}.pub.der");
        let at = self.path(&spki).with_extension(format!("{}-{:?}", std::process::id(), std::thread::current().id()));
        let at = at.to_str().unwrap();
        openssl(&self.dir, &["pkey", "-in", &format!("{name}.key.pem"), "-pubout", "-outform", "DER", "-out", at]);
        let hash = Command::new("openssl").args(["dgst", "-sha256", "-binary", at]).output().unwrap().stdout;
        fs::remove_file(at).unwrap();
        format!("sha256//{}", base64(&hash))
    }
}

fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0u32, |a, b| a << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            let sextet = (group >> (18 - 6 * i)) & 63;
            text.push(if i <= chunk.len() { char::from(ALPHABET[sextet as usize]) } else { '=' });
        }
    }
    text
}

fn make(dir: &Path) {
    eprintln!("making test certificates in {}", dir.display());
    fs::create_dir_all(dir).unwrap();
    for entry in RECIPE {
        make_entry(dir, entry);
    }
}

fn make_entry(dir: &Path, entry: &Entry) {
    let Entry { name, key, issuer, .. } = *entry;
    let file = |suffix: &str| format!("{name}.{suffix}");

    let mut genpkey = vec!["genpkey", "-algorithm"];
    let bits;
    let (digest, mgf1, salt);
    match key.strip_prefix("rsa:") {
        _ if key.starts_with("rsa-pss") => {
            genpkey.extend(["RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"]);
            if let [_, hash, length] = key.split(':').collect::<Vec<_>>()[..] {
                digest = format!("rsa_pss_keygen_md:{hash}");
                mgf1 = format!("rsa_pss_keygen_mgf1_md:{hash}");
                salt = format!("rsa_pss_keygen_saltlen:{length}");
                genpkey.extend(["-pkeyopt", &digest, "-pkeyopt", &mgf1, "-pkeyopt", &salt]);
            }
        }
        Some(n) => {
            bits = format!("rsa_keygen_bits:{n}");
            genpkey.extend(["RSA", "-pkeyopt", &bits]);
        }
        None => {
            bits = format!("ec_paramgen_curve:{key}");
            genpkey.extend(["EC", "-pkeyopt", &bits]);
        }
    }
    let key_file = file("key.pem");
    genpkey.extend(["-out", &key_file]);
    openssl(dir, &genpkey);
    let subject = format!("/O=espruino-tls tests/CN={name}");
    let hash = if key.ends_with(":sha384:48") { "-sha384" } else { "-sha256" };
    openssl(dir, &["req", "-new", hash, "-key", &key_file, "-subj", &subject, "-out", &file("csr")]);

    let (is_ca, san, digest, from, to) = match entry.kind {
        Kind::Ca => (true, String::new(), "sha256", FROM, TO),
        Kind::Client => (false, "email:device@example.test".to_string(), "sha256", FROM, TO),
        Kind::Leaf => (false, LOCALHOST.to_string(), if key == "P-384" { "sha384" } else { "sha256" }, FROM, TO),
        Kind::Odd { san, digest, from, to } => (false, san.to_string(), digest, from, to),
        Kind::ManyNames | Kind::SomeNames => {
            let mut names = LOCALHOST.to_string();
            for i in 0..if matches!(entry.kind, Kind::ManyNames) { 160 } else { 40 } {
                names += &format!(",DNS:host-{i:03}.a-rather-long-domain-name.example");
            }
            (false, names, if matches!(entry.kind, Kind::ManyNames) { "sha512" } else { "sha256" }, FROM, TO)
        }
    };
    let usage = if matches!(entry.kind, Kind::Client) { "clientAuth" } else { "serverAuth" };
    let extensions = if is_ca {
        "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
            .to_string()
    } else {
        format!(
            "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage={usage}\n\
             subjectKeyIdentifier=hash\nsubjectAltName={san}\n"
        )
    };
    let config = format!(
        "[ca]\ndefault_ca=test\n[test]\ndatabase={name}.index\nnew_certs_dir=.\nserial={name}.serial\npolicy=any\nunique_subject=no\n\
         [any]\norganizationName=supplied\ncommonName=supplied\n[extensions]\n{extensions}"
    );
    fs::write(dir.join(file("cnf")), config).unwrap();
    fs::write(dir.join(file("index")), "").unwrap();

    let (issuer_cert, issuer_key) = (format!("{issuer}.pem"), format!("{issuer}.key.pem"));
    let (cnf, csr, pem) = (file("cnf"), file("csr"), file("pem"));
    let mut ca = vec!["ca", "-batch", "-notext", "-create_serial", "-config", &cnf, "-extensions", "extensions"];
    ca.extend(["-md", digest, "-startdate", from, "-enddate", to, "-keyfile", &issuer_key, "-in", &csr, "-out", &pem]);
    let self_signed = issuer == name;
    if self_signed {
        ca.push("-selfsign");
    } else {
        ca.extend(["-cert", &issuer_cert]);
    }
    openssl(dir, &ca);

    let read = |file: &str| fs::read_to_string(dir.join(file)).unwrap();
    let own = read(&pem);
    let issuers = |which: &str| {
        if self_signed { String::new() } else { read(&format!("{issuer}.{which}.pem")) }
    };
    let is_root = is_ca && self_signed;
    let chain = if is_root { String::new() } else { own.clone() + &issuers("chain") };
    let full = own + &issuers("full");
    fs::write(dir.join(file("issuers.pem")), issuers("chain")).unwrap();
    fs::write(dir.join(file("issuers-root.pem")), issuers("full")).unwrap();
    fs::write(dir.join(file("bundle.pem")), read(&key_file) + &chain).unwrap();
    fs::write(dir.join(file("chain.pem")), chain).unwrap();
    fs::write(dir.join(file("full.pem")), full).unwrap();
}

fn openssl(dir: &Path, args: &[&str]) -> String {
    let output = Command::new("openssl")
        .args(args)
        .current_dir(dir)
        .output()
        .unwrap_or_else(|e| panic!("the program openssl can't be run ({e}); `make deps` installs it"));
    assert!(output.status.success(), "openssl {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}
