//! Paths that are found although not all is as it should be: lists in `ca` with certificates that can't be used, files
//! with other things in them, chains in the wrong order; and what is said when none is found. Certificates are made anew
//! by the openssl command.
#![cfg(feature = "chain")]

#[path = "common/verifier.rs"]
mod verifier;

use espruino_tls::config::Trust;
use espruino_tls::error::{Detail, Error, Report};
use espruino_tls::x509::{TrustedBy, check_config};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};
use verifier::SlicedVerifier;

const NAME: &[u8] = b"device.example";
const DAY: i64 = 86_400;
/// Two of them: the certificates that live for a day have expired.
const LATER: i64 = 2 * DAY;
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
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 + LATER;
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
    pki.issue("other/self", "self", SERVER, "");
    pki.issue("leaf/self-renewed/self", "self-renewed", SERVER, "");
    // Roots that can't be used, with names of their own and with the real one's.
    let critical = format!("{CA}1.2.3.4.5=critical,ASN1:NULL\n");
    for (key, name, extensions) in
        [("other", "critical", &critical[..]), ("ed", "ed", CA), ("p521", "p521", CA), ("weak", "weak", CA)]
    {
        pki.issue(&format!("{key}/{name}"), name, extensions, "");
        pki.issue(&format!("{key}/{name}-root/root"), &format!("{name}-root"), extensions, "");
    }
    pki.issue("other/other-root/root", "other-root", CA, "");
    // The same intermediate with something wrong about it, and one that is not between.
    for (name, extensions, options) in [
        ("expired", CA, "-days 1"),
        ("no-ca", "basicConstraints=CA:FALSE\n", ""),
        ("no-sign", "basicConstraints=critical,CA:TRUE\nkeyUsage=digitalSignature\n", ""),
        ("pathlen", "basicConstraints=critical,CA:TRUE,pathlen:0\n", ""),
        ("client", &format!("{CA}extendedKeyUsage=clientAuth\n"), ""),
        ("outside", &format!("{CA}nameConstraints=critical,permitted;DNS:other.example\n"), ""),
        ("inside", &format!("{CA}nameConstraints=critical,permitted;DNS:device.example\n"), ""),
        ("unknown", &critical[..], ""),
        ("old", CA, "-sha1"),
    ] {
        pki.issue(&format!("i2/{name}/i2"), "i3", extensions, options);
    }
    pki.issue("other/namesake/i2", "i3", CA, "");
    pki.issue("big/big-i1/i2", "big-i1", CA, "");
    pki.issue("i2/stray", "other", CA, "");
    pki.issue("i1/i1-cross/i1", "other", CA, "");
    // A leaf with many names, of which one issuer allows only the first.
    let names: String = (0..6).map(|i| format!(",DNS:a-long-name-of-another-device-{i}.other.example")).collect();
    pki.issue("leaf/many", "i1", &format!("{}{names}\n", SERVER.trim_end()), "");
    pki.issue("i1/narrow/i1", "i2", &format!("{CA}nameConstraints=critical,permitted;DNS:device.example\n"), "");
    // Chains of other kinds of keys, two intermediates each.
    pki.issue("big/big-root", "big-root", CA, "");
    for (kind, root, high, low, leaf) in [
        ("p384", "root", "i384", "i1", "leaf"),
        ("rsa2048", "root", "rsa", "rsa2", "rsa2"),
        ("rsa4096", "big/big-root", "big", "rsa2", "leaf"),
        ("mixed", "rsa2/rsa2048-low", "i1", "rsa", "leaf"),
    ] {
        let [high, low, leaf] =
            [(high, "high"), (low, "low"), (leaf, "leaf")].map(|(key, part)| format!("{key}/{kind}-{part}"));
        pki.issue(&high, root, CA, "");
        pki.issue(&low, &high, CA, "");
        pki.issue(&leaf, &low, SERVER, "");
    }
    pki
});

fn check(trust: &Trust) -> Result<(), Report> {
    let mut detail = Detail::default();
    check_config(trust, NAME, false, &mut detail).map_err(|error| Report { error, detail })
}

fn run(trust: Trust, now: i64, chain: &[Vec<u8>], workspace: &mut [u8]) -> Result<TrustedBy, Report> {
    check(&trust)?;
    let mut verifier = SlicedVerifier::at(trust, NAME, now);
    let mut push_all = || {
        for certificate in chain {
            verifier.begin(certificate.len())?;
            for piece in certificate.chunks(77) {
                verifier.push(piece, workspace)?;
            }
            verifier.end(workspace)?;
        }
        verifier.finish().map(|leaf| leaf.trusted_by)
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

/// The error and the certificate that is to blame, as the text names it.
fn blames(result: Result<TrustedBy, Report>, error: Error, words: &str) {
    let report = result.expect_err(words);
    assert!(report.error == error && report.to_string().contains(words), "{error:?}, {words}: {report}");
}

/// One certificate in `ca` that can't be used does not spoil the others.
#[test]
fn anchors_that_can_not_be_used() {
    let pki = &*PKI;
    let root = pki.read("root.pem");
    let chain = ["leaf", "i1", "i2", "i3"];
    for (name, error) in [
        ("critical", Error::UnhandledCriticalExtension),
        ("ed", Error::UnknownKey),
        ("p521", Error::UnknownKey),
        ("weak", Error::WeakKey),
    ] {
        let (bad, namesake) = (pki.read(&format!("{name}.pem")), pki.read(&format!("{name}-root.pem")));
        for text in [[&bad[..], &root].concat(), [&root[..], &bad].concat(), [&namesake[..], &bad, &root].concat()] {
            assert_eq!(says(pki, &chain, &[&text]), Ok(TrustedBy::CA), "{name}");
        }
        // Nothing can be used: nothing is sent, and the first one is named.
        blames(says(pki, &chain, &[&bad]), error, "certificate 1 in `ca`");
        blames(says(pki, &chain, &[&bad, &namesake]), error, "certificate 1 in `ca`");
        // It is the issuer that is missing, or has its name.
        let other = pki.read("other.pem");
        blames(says(pki, &chain, &[&other, &namesake]), error, "certificate 2 in `ca`");
        blames(says(pki, &chain, &[&other, &bad]), Error::UnableToGetIssuer, "does not lead to any");
    }
    // What is damaged is still refused: somebody wanted it.
    let mut damaged = pki.read("other.der");
    damaged[6] ^= 0x40;
    blames(says(pki, &chain, &[&root, &damaged]), Error::CaUnreadable, "certificate 2 is damaged");
}

/// A CA that changed its key but not its name.
#[test]
fn anchors_of_one_name() {
    let pki = &*PKI;
    let (root, namesake) = (pki.read("root.pem"), pki.read("other-root.pem"));
    let chain = ["leaf", "i1", "i2", "i3"];
    for n in [1, 11, 20] {
        let text = [namesake.repeat(n), root.clone()].concat();
        assert_eq!(says(pki, &chain, &[&text]), Ok(TrustedBy::CA), "{n}");
    }
    // There is an end to it, and it is the list that is too long.
    let text = [namesake.repeat(100), root].concat();
    blames(says(pki, &chain, &[&text]), Error::ChainTooLong, "too many certificates in `ca`");
    blames(says(pki, &chain, &[&namesake]), Error::CertSignatureFailure, "certificate 1 in `ca` did not make");
    // The server can't have more done for it.
    blames(says(pki, &["leaf", "namesake"], &[&namesake]), Error::UnableToGetIssuer, "1 of the certificates");
    let many = [&["leaf", "i1"][..], &["namesake"; 40]].concat();
    blames(says(pki, &many, &[&namesake]), Error::ChainTooLong, "the server sent more certificates");
    // A self-signed certificate was renewed.
    let old = pki.read("self.pem");
    blames(says(pki, &["self-renewed"], &[&old]), Error::InvalidCa, "certificate 1 in `ca` has the name");
}

/// RFC 8446 §4.4.2: "implementations SHOULD be prepared to handle potentially extraneous certificates and arbitrary
/// orderings".
#[test]
fn the_order_of_intermediates() {
    let pki = &*PKI;
    let root = pki.read("root.pem");
    for (order, found) in [
        (["i1", "i2", "i3"], true),
        (["i1", "i3", "i2"], true),
        (["i2", "i1", "i3"], true),
        (["i3", "i1", "i2"], true),
        // One is kept at a time.
        (["i2", "i3", "i1"], false),
        (["i3", "i2", "i1"], false),
    ] {
        for place in 0..4 {
            let mut chain = order.to_vec();
            chain.insert(place, "root");
            for chain in [[&["leaf"], &order[..]].concat(), [&["leaf"][..], &chain].concat()] {
                let result = says(pki, &chain, &[&root]);
                if found {
                    assert_eq!(result, Ok(TrustedBy::CA), "{chain:?}");
                } else {
                    blames(result, Error::UnableToGetIssuer, "in the wrong order");
                    // As the text says.
                    let missing = pki.read("i3.pem");
                    let missing = if order[0] == "i2" { pki.read("i2.pem") } else { missing };
                    assert_eq!(says(pki, &chain, &[&root, &missing]), Ok(TrustedBy::CA), "{chain:?}");
                }
            }
        }
    }
    // A cross-certificate that leads nowhere takes the place of one that is kept no more than of one that comes in order.
    for chain in [["leaf", "i2", "i1-cross", "i1", "i3"], ["leaf", "i1-cross", "i2", "i1", "i3"]] {
        assert_eq!(says(pki, &chain, &[&root]), Ok(TrustedBy::CA), "{chain:?}");
    }
    // As far as there is room: a connection's, and not more than it needs.
    for (kind, found) in [("p384", true), ("rsa2048", true), ("mixed", true), ("rsa4096", false)] {
        let [leaf, low, high] = ["leaf", "low", "high"].map(|part| format!("{kind}-{part}"));
        let chain = [&leaf[..], &high, &low];
        let above = match kind {
            "mixed" => "rsa2048-low.pem",
            "rsa4096" => "big-root.pem",
            _ => "root.pem",
        };
        let above = pki.read(above);
        let result = says(pki, &chain, &[&above]);
        if found {
            assert_eq!(result, Ok(TrustedBy::CA), "{kind}");
        } else {
            blames(result, Error::UnableToGetIssuer, "in the wrong order");
        }
        assert_eq!(says(pki, &[&leaf, &low, &high], &[&above]), Ok(TrustedBy::CA), "{kind} in order");
    }
}

/// Every rule holds for a certificate that was kept, and what is kept is what was sent.
#[test]
fn a_kept_certificate_is_checked() {
    let pki = &*PKI;
    let root = pki.read("root.pem");
    assert_eq!(says(pki, &["leaf", "inside", "i1", "i3"], &[&root]), Ok(TrustedBy::CA));
    for (name, error) in [
        ("expired", Error::CertHasExpired),
        ("no-ca", Error::InvalidCa),
        ("no-sign", Error::InvalidPurpose),
        ("pathlen", Error::PathLengthExceeded),
        ("client", Error::InvalidPurpose),
        ("outside", Error::PermittedViolation),
        ("unknown", Error::UnhandledCriticalExtension),
        ("old", Error::WeakSignature),
        ("namesake", Error::CertSignatureFailure),
    ] {
        for chain in [["leaf", "i1", name, "i3"], ["leaf", name, "i1", "i3"]] {
            blames(says(pki, &chain, &[&root]), error, "certificate 2 of the chain");
        }
    }
    // Its issuer does not matter less than others'.
    blames(says(pki, &["leaf", "stray", "i1", "i3"], &[&root]), Error::UnableToGetIssuer, "2 of the certificates");

    let good: Vec<_> = ["leaf", "i2", "i1", "i3"].map(|name| pki.read(&format!("{name}.der"))).to_vec();
    let trust = Trust { ca: &[&root], ..Trust::default() };
    let says = |chain: &[Vec<u8>], room| run(trust, pki.now, chain, &mut vec![0; room]);
    assert!(says(&good, WORKSPACE).is_ok());
    for i in 0..good[1].len() {
        let mut bad = good.clone();
        bad[1][i] ^= 1 << (i % 8);
        assert!(says(&bad, WORKSPACE).is_err(), "byte {i}");
    }
    // In less and less room: found or not, but what lies where something was kept is never taken for it.
    let mut lost = 0;
    for room in (200..700).rev() {
        match says(&good, room) {
            Ok(_) => assert_eq!(lost, 0, "{room}"),
            Err(report) => {
                lost += 1;
                assert!(matches!(report.error, Error::UnableToGetIssuer | Error::CertTooLarge), "{room}: {report}");
            }
        }
    }
    assert!(lost > 0);
}

/// A larger key or signature that comes after what was kept lies where that was.
#[test]
fn what_is_kept_gives_way() {
    let pki = &*PKI;
    let root = pki.read("root.pem");
    // i2 is kept; then comes an RSA-4096 key that nobody asked for, and then i1.
    for chain in [["leaf", "i2", "rsa4096-high", "i1", "i3"], ["leaf", "rsa4096-high", "i2", "i1", "i3"]] {
        let result = says(pki, &chain, &[&root]);
        if chain[1] == "i2" {
            blames(result, Error::UnableToGetIssuer, "in the wrong order");
        } else {
            assert_eq!(result, Ok(TrustedBy::CA), "{chain:?}");
        }
    }
    // Anchors' keys lie there, too: of the issuer's name, and too large for the hole.
    let big = pki.read("big-i1.pem");
    let result = says(pki, &["leaf", "i2", "i1", "i3"], &[&big, &root]);
    blames(result, Error::CertSignatureFailure, "certificate 1 in `ca`");
}

/// The leaf's names, which constraints are held against, are worth more than a certificate that may come to be of use.
#[test]
fn names_do_not_give_way_to_what_is_kept() {
    let pki = &*PKI;
    let root = pki.read("root.pem");
    let read = |chain: &[&str]| chain.iter().map(|name| pki.read(&format!("{name}.der"))).collect::<Vec<_>>();
    let (plain, kept) = (read(&["many", "narrow", "i2", "i3"]), read(&["many", "i3", "narrow", "i2", "i3"]));
    let error = |chain: &[Vec<u8>], room| {
        let result = run(Trust { ca: &[&root], ..Trust::default() }, pki.now, chain, &mut vec![0; room]);
        result.err().map(|report| report.error)
    };
    let mut refused = 0;
    for room in 300..WORKSPACE {
        if error(&plain, room) == Some(Error::PermittedViolation) {
            refused += 1;
            assert_eq!(error(&kept, room), Some(Error::PermittedViolation), "{room}");
        }
    }
    assert!(refused > 0);
}
