//! Certificate chains made with the openssl command, and what the verifier says to them. Everything is generated anew
//! in a temporary directory.
#![cfg(feature = "chain")]

#[path = "common/verifier.rs"]
mod verifier;

use espruino_tls::config::Trust;
use espruino_tls::crypto::PublicKey;
use espruino_tls::error::{Detail, Error};
use espruino_tls::x509::{Leaf, TrustedBy, check_config};
use std::path::PathBuf;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{SystemTime, UNIX_EPOCH};
use verifier::SlicedVerifier;

const NAME: &[u8] = b"device.example";
const DAY: i64 = 86_400;
/// What the engine lends: leaf key, signature and key of RSA-4096 and a little.
const WORKSPACE: usize = 1638;

struct Pki {
    dir: PathBuf,
    now: i64,
}

/// The extensions of an ordinary CA and of an ordinary server.
const CA: &str = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n";
const SERVER: &str = "basicConstraints=CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n\
                      subjectAltName=DNS:device.example,IP:192.0.2.7\n";

impl Pki {
    fn openssl(&self, args: &str) {
        let out = Command::new("openssl").args(args.split_whitespace()).current_dir(&self.dir).output().unwrap();
        assert!(out.status.success(), "openssl {args}: {}", String::from_utf8_lossy(&out.stderr));
    }

    fn key(&self, name: &str, kind: &str) {
        self.openssl(&format!("genpkey -out {name}.key {kind}"));
    }

    /// A certificate for the key of the same name, or `key/name`; the issuer as well.
    fn issue(&self, name: &str, issuer: &str, extensions: &str, options: &str) {
        let (key, name) = name.split_once('/').unwrap_or((name, name));
        std::fs::write(self.dir.join(format!("{name}.ext")), extensions).unwrap();
        self.openssl(&format!("req -new -key {key}.key -subj /CN={name} -out {name}.csr"));
        let by = if issuer == name {
            format!("-signkey {key}.key")
        } else {
            let (issuer_key, issuer) = issuer.split_once('/').unwrap_or((issuer, issuer));
            format!("-CA {issuer}.pem -CAkey {issuer_key}.key")
        };
        let digest = if options.contains("-sha") { "" } else { "-sha256" };
        let extfile = if extensions.is_empty() { String::new() } else { format!("-extfile {name}.ext") };
        self.openssl(&format!(
            "x509 -req -in {name}.csr {by} -set_serial 0x1234 -days 3650 {extfile} {digest} {options} -out {name}.pem"
        ));
        self.openssl(&format!("x509 -in {name}.pem -outform DER -out {name}.der"));
    }

    fn pem(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.join(format!("{name}.pem"))).unwrap()
    }

    fn der(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.dir.join(format!("{name}.der"))).unwrap()
    }
}

const PSS_SHA256: &str = "-pkeyopt rsa_pss_keygen_md:sha256 -pkeyopt rsa_pss_keygen_mgf1_md:sha256 \
                          -pkeyopt rsa_pss_keygen_saltlen:32";
#[rustfmt::skip]
const PSS_SHA256_PARAMETERS: &[u8] = &[
    0x30, 0x34, 0xa0, 0x0f, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0,
    0xa1, 0x1c, 0x30, 0x1a, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 8,
    0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 0xa2, 3, 2, 1, 32,
];

/// Made once for all tests of this file.
static PKI: LazyLock<Pki> = LazyLock::new(|| {
    assert!(Command::new("openssl").arg("version").output().is_ok(), "openssl is missing: `make deps` installs it");
    let dir = std::env::temp_dir().join(format!("espruino-tls-x509-{}", std::process::id()));
    std::fs::create_dir_all(&dir).unwrap();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 + DAY;
    let pki = Pki { dir, now };
    let p256 = "-algorithm EC -pkeyopt ec_paramgen_curve:P-256";
    let p384 = "-algorithm EC -pkeyopt ec_paramgen_curve:P-384";
    let rsa = |bits: u32| format!("-algorithm RSA -pkeyopt rsa_keygen_bits:{bits}");
    for name in ["root", "leaf", "other", "lone"] {
        pki.key(name, p256);
    }
    pki.key("int", p384);
    pki.key("weak", &rsa(1024));
    // One key each for a whole chain: making them takes longer than all the rest.
    pki.key("rsa", &rsa(2048));
    pki.key("big", &rsa(4096));
    pki.key("p521", "-algorithm EC -pkeyopt ec_paramgen_curve:P-521");
    pki.key("explicit", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:explicit");

    pki.issue("root", "root", CA, "");
    pki.issue("other", "other", CA, "");
    pki.issue("int", "root", CA, "");
    pki.issue("leaf", "int", SERVER, "-sha384");
    pki.issue("lone", "lone", SERVER, "");
    pki.issue("leaf/sha1", "int", SERVER, "-sha1");
    pki.issue("weak", "int", SERVER, "");
    pki.issue("p521", "int", SERVER, "");
    pki.issue("explicit", "int", SERVER, "");
    pki.issue("leaf/client", "int", &SERVER.replace("serverAuth", "clientAuth"), "");
    pki.issue("leaf/encipher", "int", &SERVER.replace("digitalSignature", "keyEncipherment"), "");
    pki.issue("leaf/unknown", "int", &format!("{SERVER}1.2.3.4=critical,ASN1:NULL\n"), "");
    pki.issue("leaf/harmless", "int", &format!("{SERVER}1.2.3.4=ASN1:NULL\n"), "");
    pki.issue("leaf/bare", "int", "", "");
    pki.issue("int/notca", "root", "basicConstraints=CA:FALSE\n", "");
    pki.issue("leaf/undernotca", "int/notca", SERVER, "");
    pki.issue("int/short", "root", "basicConstraints=critical,CA:TRUE,pathlen:0\n", "");
    pki.issue("other/deep", "int/short", CA, "");
    pki.issue("leaf/deepleaf", "other/deep", SERVER, "");
    pki.issue("int/nosign", "root", "basicConstraints=critical,CA:TRUE\nkeyUsage=digitalSignature\n", "");
    pki.issue("leaf/undernosign", "int/nosign", SERVER, "");

    pki.issue("rsa/rsaroot", "rsaroot", CA, "");
    pki.issue("rsa/rsaint", "rsa/rsaroot", CA, "-sha384");
    let pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen";
    pki.issue("leaf/pss", "rsa/rsaint", SERVER, &format!("{pss}:32"));
    pki.issue("leaf/pss512", "rsa/rsaint", SERVER, &format!("{pss}:64 -sha512"));
    pki.issue("leaf/saltless", "rsa/rsaint", SERVER, &format!("{pss}:20"));
    pki.issue("leaf/nosalt", "rsa/rsaint", SERVER, &format!("{pss}:0"));
    pki.issue("leaf/longsalt", "rsa/rsaint", SERVER, &format!("{pss}:-2"));
    pki.issue("leaf/mixed", "rsa/rsaint", SERVER, &format!("{pss}:32 -sigopt rsa_mgf1_md:sha384"));
    // RSASSA-PSS keys, without parameters and for SHA-256 with a salt of 32 bytes and more; the one that OpenSSL makes has
    // no private key of ours, so the others are the key of `rsa` in other words.
    pki.key("anypss", &rsa(2048).replace("RSA ", "RSA-PSS "));
    pki.key("psskey", &format!("{} {}", rsa(2048).replace("RSA ", "RSA-PSS "), PSS_SHA256));
    for key in ["anypss", "psskey"] {
        pki.issue(key, "int", SERVER, "");
    }
    pki.openssl("pkey -in rsa.key -pubout -outform DER -out rsa.spki");
    let spki = std::fs::read(pki.dir.join("rsa.spki")).unwrap();
    for (ca, parameters) in [("pssca", &[][..]), ("pssca256", PSS_SHA256_PARAMETERS)] {
        pki.issue(&format!("rsa/{ca}"), "root", CA, "");
        for (name, options) in [
            ("pkcs1", String::new()),
            ("20", format!("{pss}:20")),
            ("32", format!("{pss}:32")),
            ("64", format!("{pss}:64")),
            ("512", format!("{pss}:64 -sha512")),
        ] {
            pki.issue(&format!("leaf/{ca}-{name}"), &format!("rsa/{ca}"), SERVER, &options);
        }
        // AlgorithmIdentifier of rsaEncryption, with headers of SEQUENCEs before it and the key after it.
        let algorithm = [&[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 10], parameters].concat();
        let length = (spki.len() - 4 - 15 + 2 + algorithm.len()) as u16;
        let header = [&[0x30, 0x82], &length.to_be_bytes()[..], &[0x30, algorithm.len() as u8]].concat();
        std::fs::write(pki.dir.join("pss.spki"), [&header[..], &algorithm, &spki[19..]].concat()).unwrap();
        pki.openssl(&format!("pkey -pubin -inform DER -in pss.spki -out {ca}.pub"));
        pki.issue(&format!("rsa/{ca}"), "root", CA, &format!("-force_pubkey {ca}.pub"));
    }
    pki.issue("big/bigroot", "bigroot", CA, "-sha512");
    pki.issue("big/bigint", "big/bigroot", CA, "-sha512");
    let many: String = (0..400).map(|i| format!(",DNS:a-rather-long-name-{i}.example")).collect();
    let many = SERVER.replace("IP:192.0.2.7", &format!("IP:192.0.2.7{many}"));
    pki.issue("big/bigleaf", "big/bigint", &many, "-sha512");
    pki
});

fn check(trust: &Trust, name: &[u8]) -> Result<(), (Error, Detail)> {
    let mut detail = Detail::default();
    check_config(trust, name, false, &mut detail).map_err(|error| (error, detail))
}

fn run(trust: Trust, name: &[u8], now: i64, chain: &[Vec<u8>], workspace: &mut [u8]) -> Result<Leaf, (Error, Detail)> {
    check(&trust, name)?;
    let mut verifier = SlicedVerifier::at(trust, name, now);
    let mut push_all = || {
        for certificate in chain {
            verifier.begin(certificate.len())?;
            for piece in certificate.chunks(100) {
                verifier.push(piece, workspace)?;
            }
            verifier.end(workspace)?;
        }
        verifier.finish()
    };
    let result = push_all();
    result.map_err(|error| (error, verifier.detail()))
}

/// Sends the chain, trusts the anchors, and looks for [`NAME`].
fn says(pki: &Pki, chain: &[&str], anchors: &[&str]) -> Result<TrustedBy, (Error, u32)> {
    let chain: Vec<_> = chain.iter().map(|name| pki.der(name)).collect();
    let anchors: Vec<_> = anchors.iter().map(|name| pki.pem(name)).collect();
    let anchors: Vec<_> = anchors.iter().map(|pem| pem.as_slice()).collect();
    let trust = Trust { ca: &anchors, ..Trust::default() };
    run(trust, NAME, pki.now, &chain, &mut [0; WORKSPACE])
        .map(|leaf| leaf.trusted_by)
        .map_err(|(error, detail)| (error, detail.a))
}

#[test]
fn chains_that_are_good() {
    let pki = &*PKI;
    for (chain, anchors) in [
        (&["leaf", "int"][..], &["root"][..]),
        (&["leaf", "int", "root"], &["root"]),
        (&["leaf", "int", "root"], &["int"]),
        (&["leaf"], &["int"]),
        (&["leaf"], &["other", "root", "int"]),
        (&["leaf", "other", "rsaint", "int", "root"], &["root"]),
        (&["leaf", "int", "bigleaf"], &["other", "root"]),
        (&["lone"], &["lone"]),
        (&["lone", "int"], &["root", "lone"]),
        (&["harmless", "int"], &["root"]),
        (&["pss", "rsaint"], &["rsaroot"]),
        (&["pss512", "rsaint"], &["rsaroot"]),
        (&["leaf", "notca", "int"], &["root"]),
    ] {
        assert_eq!(says(pki, chain, anchors), Ok(TrustedBy::CA), "{chain:?} {anchors:?}");
    }
}

#[test]
fn chains_that_are_not() {
    let pki = &*PKI;
    for (chain, anchors, error, depth) in [
        (&["lone"][..], &["root"][..], Error::DepthZeroSelfSigned, 0),
        (&["leaf"], &["root"], Error::UnableToVerifyLeaf, 0),
        (&["leaf", "int"], &["other"], Error::UnableToGetIssuer, 0),
        (&["leaf", "int", "root"], &["other"], Error::SelfSignedInChain, 0),
        (&["leaf", "int"], &["leaf"], Error::CaIsTheLeaf, 0),
        (&["sha1", "int"], &["root"], Error::WeakSignature, 0),
        (&["mixed", "rsaint"], &["rsaroot"], Error::WeakSignature, 0),
        (&["weak", "int"], &["root"], Error::WeakKey, 0),
        (&["p521", "int"], &["root"], Error::UnknownKey, 0),
        (&["explicit", "int"], &["root"], Error::UnknownKey, 0),
        (&["client", "int"], &["root"], Error::InvalidPurpose, 0),
        (&["encipher", "int"], &["root"], Error::InvalidPurpose, 0),
        (&["unknown", "int"], &["root"], Error::UnhandledCriticalExtension, 0),
        (&["bare", "int"], &["root"], Error::NoAltname, 0),
        (&["undernotca", "notca"], &["root"], Error::InvalidCa, 1),
        (&["undernotca"], &["notca"], Error::InvalidCa, 257),
        (&["deepleaf", "deep", "short"], &["root"], Error::PathLengthExceeded, 2),
        (&["undernosign", "nosign"], &["root"], Error::InvalidPurpose, 1),
        (&["lone"], &["weak"], Error::WeakKey, 256),
    ] {
        assert_eq!(says(pki, chain, anchors), Err((error, depth)), "{chain:?} {anchors:?}");
    }
    assert_eq!(says(pki, &[], &["root"]), Err((Error::NoCertificate, 0)));
}

#[test]
#[cfg(feature = "rsa-pss")]
fn salts_of_any_length() {
    for leaf in ["saltless", "nosalt", "longsalt"] {
        assert_eq!(says(&PKI, &[leaf, "rsaint"], &["rsaroot"]), Ok(TrustedBy::CA), "{leaf}");
    }
}

/// Built without them, as chips may be.
#[test]
#[cfg(not(feature = "rsa-pss"))]
fn rsassa_pss_keys_and_other_salts_are_not_known() {
    for leaf in ["saltless", "nosalt", "longsalt"] {
        assert_eq!(says(&PKI, &[leaf, "rsaint"], &["rsaroot"]), Err((Error::WeakSignature, 0)), "{leaf}");
    }
    for leaf in ["anypss", "psskey"] {
        assert_eq!(says(&PKI, &[leaf, "int"], &["root"]), Err((Error::WeakKey, 0)), "{leaf}");
    }
}

/// RFC 4055 §1.2: an RSASSA-PSS key signs in no other way, and with nothing else than its parameters say.
#[test]
#[cfg(feature = "rsa-pss")]
fn rsassa_pss_keys_do_only_what_they_may() {
    use espruino_tls::crypto::HashAlgorithm;
    let pki = &*PKI;
    // with the certificate that should have made the signature: the chain's, or the first one in `ca`
    let [wrong, wrong_anchor] = [1, 257].map(|which| Err((Error::CertSignatureFailure, which)));
    for (leaf, expected) in [("pkcs1", false), ("20", true), ("32", true), ("64", true), ("512", true)] {
        let or = |wrong| if expected { Ok(TrustedBy::CA) } else { wrong };
        let leaf = format!("pssca-{leaf}");
        assert_eq!(says(pki, &[&leaf, "pssca"], &["root"]), or(wrong), "{leaf}");
        assert_eq!(says(pki, &[&leaf], &["pssca"]), or(wrong_anchor), "{leaf}");
    }
    for (leaf, expected) in [("pkcs1", false), ("20", false), ("32", true), ("64", true), ("512", false)] {
        let or = |wrong| if expected { Ok(TrustedBy::CA) } else { wrong };
        let leaf = format!("pssca256-{leaf}");
        assert_eq!(says(pki, &[&leaf, "pssca256"], &["root"]), or(wrong), "{leaf}");
        assert_eq!(says(pki, &[&leaf], &["pssca256"]), or(wrong_anchor), "{leaf}");
    }
    let root = pki.pem("root");
    let ca = [root.as_slice()];
    let trust = Trust { ca: &ca, ..Trust::default() };
    for (name, pss_only, others) in [("anypss", true, true), ("psskey", true, false), ("leaf", false, true)] {
        let chain = [pki.der(name), pki.der("int")];
        let key = run(trust, NAME, pki.now, &chain, &mut [0; WORKSPACE]).unwrap().key;
        assert_eq!((key.is_pss_only(), key.is_rsa()), (pss_only, pss_only), "{name}");
        assert!(key.may_sign_with(HashAlgorithm::Sha256), "{name}");
        for hash in [HashAlgorithm::Sha384, HashAlgorithm::Sha512] {
            assert_eq!(key.may_sign_with(hash), others, "{name} {hash:?}");
        }
    }
}

#[test]
fn names_and_dates() {
    let pki = &*PKI;
    let chain = [pki.der("leaf"), pki.der("int")];
    let root = pki.pem("root");
    let ca = [root.as_slice()];
    let trust = Trust { ca: &ca, ..Trust::default() };
    let says = |name: &[u8], now| run(trust, name, now, &chain, &mut [0; WORKSPACE]).map(|_| ()).map_err(|e| e.0);
    for name in [&b"DEVICE.example."[..], b"192.0.2.7"] {
        assert_eq!(says(name, pki.now), Ok(()));
    }
    assert_eq!(says(b"leaf", pki.now), Err(Error::AltnameInvalid), "the common name does not count");
    assert_eq!(says(b"192.0.2.8", pki.now), Err(Error::IpAltnameInvalid));
    assert_eq!(says(b"::1", pki.now), Err(Error::IpAltnameInvalid));
    assert_eq!(says(b"", pki.now), Err(Error::NoServername));
    assert_eq!(says(b"no host", pki.now), Err(Error::InvalidServername));
    assert_eq!(says(NAME, pki.now + 3650 * DAY), Err(Error::CertHasExpired));
    assert_eq!(says(NAME, pki.now - 2 * DAY), Err(Error::CertNotYetValid));

    // A clock that is not set is told from a certificate that is not valid yet, and before anything else.
    for (now, ignore_validity, expected) in [
        (None, false, Err(Error::ClockNotSet)),
        (Some(5), false, Err(Error::ClockNotSet)),
        (Some(5), true, Ok(())),
        (None, true, Ok(())),
        (Some(pki.now), false, Ok(())),
        (Some(pki.now + 36500 * DAY), true, Ok(())),
    ] {
        let mut verifier = SlicedVerifier::new(Trust { ignore_validity, ..trust }, NAME, now);
        let mut workspace = [0; WORKSPACE];
        let mut result = Ok(());
        for certificate in &chain {
            result = result
                .and_then(|()| verifier.begin(certificate.len()))
                .and_then(|()| verifier.push(certificate, &mut workspace))
                .and_then(|()| verifier.end(&mut workspace));
        }
        assert_eq!(result.and_then(|()| verifier.finish().map(|_| ())), expected);
        if expected.is_err() {
            assert_eq!(verifier.detail().a, now.unwrap_or(0) as u32);
        }
    }
}

#[test]
fn pins_and_no_check_at_all() {
    let pki = &*PKI;
    let chain = [pki.der("lone"), b"this is not looked at".to_vec()];
    let insecure = Trust { insecure: true, ..Trust::default() };
    let leaf = run(insecure, b"", 0, &chain, &mut [0; 65]).unwrap();
    assert_eq!(leaf.trusted_by, TrustedBy::NOBODY);
    let hex: String = leaf.fingerprint.iter().map(|b| format!("{b:02x}")).collect();
    pki.openssl("x509 -in lone.pem -noout -fingerprint -sha256 -out lone.fingerprint");
    let printed = Command::new("openssl")
        .args(["x509", "-in", "lone.pem", "-noout", "-fingerprint", "-sha256"])
        .current_dir(&pki.dir)
        .output()
        .unwrap()
        .stdout;
    pki.openssl("pkey -in lone.key -pubout -outform DER -out lone.spki");
    pki.openssl("dgst -sha256 -binary -out lone.pin lone.spki");
    pki.openssl("base64 -in lone.pin -out lone.pin64");
    let pin = format!("sha256//{}", std::fs::read_to_string(pki.dir.join("lone.pin64")).unwrap().trim());
    let spki = std::fs::read(pki.dir.join("lone.spki")).unwrap();
    let mut workspace = [0; 65];
    let leaf = run(insecure, b"", 0, &chain, &mut workspace).unwrap();
    assert_eq!(leaf.key.public_key(&workspace), Some(PublicKey::P256(&spki[spki.len() - 65..])));

    let (wrong_hex, wrong_pin) = (
        format!("{}{}", if hex.starts_with('a') { 'b' } else { 'a' }, &hex[1..]),
        "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
    );
    let lone = pki.pem("lone");
    let root = pki.pem("root");
    let (by_lone, by_root) = ([lone.as_slice()], [root.as_slice()]);
    let both = Ok(TrustedBy::FINGERPRINT.bits() + TrustedBy::PUBLIC_KEY.bits());
    let printed = String::from_utf8(printed).unwrap();
    for (fingerprint, key, ca, expected) in [
        (hex.as_str(), "", &[][..], Ok(1)),
        (printed.as_str(), "", &[], Ok(1)),
        ("", pin.as_str(), &[], Ok(2)),
        (hex.as_str(), pin.as_str(), &[], both),
        (hex.as_str(), pin.as_str(), &by_lone[..], Ok(7)),
        (wrong_hex.as_str(), "", &[], Err(Error::FingerprintMismatch)),
        (wrong_hex.as_str(), pin.as_str(), &[], Err(Error::FingerprintMismatch)),
        (hex.as_str(), wrong_pin, &[], Err(Error::PinMismatch)),
        (hex.as_str(), "", &by_root[..], Err(Error::DepthZeroSelfSigned)),
        (wrong_hex.as_str(), "", &by_lone[..], Err(Error::FingerprintMismatch)),
        ("", "", &[], Err(Error::NoTrust)),
        ("00", "", &[], Err(Error::InvalidFingerprint)),
        ("", "sha256//", &[], Err(Error::InvalidPin)),
    ] {
        let trust =
            Trust { ca, fingerprint256: fingerprint.as_bytes(), pinned_pub_key: key.as_bytes(), ..Trust::default() };
        let chain = if ca.is_empty() { &chain[..] } else { &chain[..1] };
        let result = run(trust, NAME, pki.now, chain, &mut [0; WORKSPACE]);
        assert_eq!(result.map(|leaf| leaf.trusted_by.bits()).map_err(|e| e.0), expected, "{fingerprint} {key}");
    }
    // Nobody is trusted by a verifier that was told of nobody, whether or not its configuration was checked.
    let mut verifier = SlicedVerifier::new(Trust::default(), NAME, None);
    verifier.begin(chain[0].len()).unwrap();
    verifier.push(&chain[0], &mut workspace).unwrap();
    verifier.end(&mut workspace).unwrap();
    assert_eq!(verifier.finish().unwrap_err(), Error::NoTrust);
    // A weak key is no better for being pinned.
    let weak = run(insecure, b"", 0, &[pki.der("weak")], &mut [0; WORKSPACE]).unwrap_err();
    assert_eq!(weak.0, Error::WeakKey);
}

#[test]
fn a_long_chain_of_large_keys_in_a_small_workspace() {
    let pki = &*PKI;
    let chain = [pki.der("bigleaf"), pki.der("bigint"), pki.der("bigroot")];
    let size: usize = chain.iter().map(Vec::len).sum();
    assert!(size > 10_000, "{size}");
    let root = pki.pem("bigroot");
    let ca = [root.as_slice()];
    let trust = Trust { ca: &ca, ..Trust::default() };
    let mut needed = 0;
    // Three keys or signatures, and a digest.
    const ROOM: usize = 3 * 512 + 64;
    for room in 0..=ROOM {
        match run(trust, NAME, pki.now, &chain, &mut vec![0; room]) {
            Ok(leaf) => {
                assert_eq!((room, leaf.key.len()), (ROOM, 512));
                return;
            }
            Err((error, detail)) => {
                assert_eq!(error, Error::CertTooLarge, "{room}");
                assert!(detail.a as usize > room && detail.a >= needed);
                needed = detail.a;
            }
        }
    }
    panic!("three keys do not fit in the room of three keys");
}

/// One bit of every byte of the leaf is changed: nothing may notice less than all of them.
#[test]
fn every_byte_of_the_leaf_counts() {
    let pki = &*PKI;
    let good = pki.der("leaf");
    let int = pki.pem("int");
    let ca = [int.as_slice()];
    let trust = Trust { ca: &ca, ..Trust::default() };
    let says = |leaf: Vec<u8>| run(trust, NAME, pki.now, &[leaf], &mut [0; WORKSPACE]);
    assert!(says(good.clone()).is_ok());
    for i in 0..good.len() {
        let mut bad = good.clone();
        bad[i] ^= 1 << (i % 8);
        assert!(says(bad).is_err(), "byte {i}");
    }
}

#[test]
fn cut_off_anywhere_is_malformed() {
    let pki = &*PKI;
    let good = pki.der("leaf");
    let int = pki.pem("int");
    let ca = [int.as_slice()];
    for trust in [Trust { ca: &ca, ..Trust::default() }, Trust { insecure: true, ..Trust::default() }] {
        for length in 0..good.len() {
            let mut workspace = [0; WORKSPACE];
            let (error, _) = run(trust, NAME, pki.now, &[good[..length].to_vec()], &mut workspace).unwrap_err();
            assert_eq!(error, Error::CertUnreadable, "{length}");
            // Announced in full, but not sent.
            let mut verifier = SlicedVerifier::at(trust, NAME, pki.now);
            verifier.begin(good.len()).unwrap();
            verifier.push(&good[..length], &mut workspace).unwrap();
            assert_eq!(verifier.end(&mut workspace), Err(Error::CertUnreadable));
            assert_eq!(verifier.detail(), Detail { a: 0, b: length as u32 });
        }
        let mut long = good.clone();
        long.push(0);
        let (error, _) = run(trust, NAME, pki.now, &[long], &mut [0; WORKSPACE]).unwrap_err();
        assert_eq!(error, Error::CertUnreadable);
    }
}

/// Pseudo-random damage to whole chains and anchors: refused or not, but without panic and without endless work.
#[test]
fn damage_is_survived() {
    let pki = &*PKI;
    let chain = [pki.der("leaf"), pki.der("int"), pki.der("root")];
    let anchors = [pki.pem("other"), pki.pem("root")].concat();
    let mut state = 1u32;
    let mut random = |below: usize| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (state >> 8) as usize % below
    };
    let mut refused = 0;
    for _ in 0..2000 {
        let (mut chain, mut anchors) = (chain.clone(), anchors.clone());
        for _ in 0..=random(3) {
            let text = if random(4) == 0 { &mut anchors } else { &mut chain[random(3)] };
            let (from, to) = (random(text.len()), random(text.len()));
            match random(4) {
                0 => text[from] = random(256) as u8,
                1 => text.truncate(from),
                2 => text[from] = text[to],
                _ => text.insert(from, random(256) as u8),
            }
            if text.is_empty() {
                text.push(0);
            }
        }
        let ca = [anchors.as_slice()];
        let trust = Trust { ca: &ca, ..Trust::default() };
        refused += usize::from(run(trust, NAME, pki.now, &chain, &mut [0; WORKSPACE]).is_err());
    }
    assert!(refused > 500, "{refused}");
}

/// Every form in which people have certificates.
#[test]
fn anchors_in_every_form() {
    let pki = &*PKI;
    let root = String::from_utf8(pki.pem("root")).unwrap();
    let other = String::from_utf8(pki.pem("other")).unwrap();
    let joined = root.replace('\n', "");
    let bare: String = root.lines().filter(|line| !line.starts_with('-')).collect();
    let chain = [pki.der("leaf"), pki.der("int")];
    let texts: Vec<Vec<u8>> = [
        root.clone(),
        root.trim_end().into(),
        root.replace('\n', "\r\n"),
        root.replace('\n', "\r"),
        joined.clone(),
        format!("{}{joined}", other.replace('\n', "")),
        root.replace('\n', "\n    \t"),
        format!("\u{feff}{root}"),
        format!("Subject: a root - ours\n{other}\n-- and another --\n{root}\nthat was all"),
        root.replace("CERTIFICATE", "X509 CERTIFICATE"),
        bare.clone(),
        format!("{bare}\n"),
        root.lines().filter(|line| !line.starts_with('-')).collect::<Vec<_>>().join("\r\n"),
    ]
    .into_iter()
    .map(String::into_bytes)
    .chain([pki.der("root"), [pki.der("other"), pki.der("root"), pki.der("int")].concat()])
    .collect();
    for (i, text) in texts.iter().enumerate() {
        let ca = [text.as_slice()];
        let trust = Trust { ca: &ca, ..Trust::default() };
        let result = run(trust, NAME, pki.now, &chain, &mut [0; WORKSPACE]);
        assert_eq!(result.map(|leaf| leaf.trusted_by), Ok(TrustedBy::CA), "form {i}");
    }
}

#[test]
fn unreadable_anchors_have_a_place() {
    let pki = &*PKI;
    let root = String::from_utf8(pki.pem("root")).unwrap();
    let key = String::from_utf8(std::fs::read(pki.dir.join("root.key")).unwrap()).unwrap();
    let request = String::from_utf8(std::fs::read(pki.dir.join("root.csr")).unwrap()).unwrap();
    let lines = root.lines().count() as u32;
    let der = pki.der("root");
    let end = "-----END CERTIFICATE-----";
    let (third, last) = (root.lines().nth(2).unwrap(), root.lines().rev().nth(1).unwrap());
    let at = |a, b| Detail { a, b };
    for (text, error, place) in [
        (String::new(), Error::PemNoStartLine, at(1, 1)),
        ("hello, world".into(), Error::PemNoStartLine, at(1, 6)),
        ("no certificate -- here".into(), Error::PemNoStartLine, at(1, 16)),
        (format!("\n-{root}"), Error::PemNoStartLine, at(2, 1)),
        (root[1..].into(), Error::PemNoStartLine, at(1, 1)),
        (root.replacen("BEGIN CERTIFICATE-----", "BEGIN CERTIFICATE----", 1), Error::PemNoStartLine, at(1, 27)),
        (root.replace("BEGIN", "BEGINN"), Error::PemNoStartLine, at(lines, 1)),
        (root.replace(end, ""), Error::PemBadEndLine, at(lines + 1, 1)),
        (root.replace(end, &end[1..]), Error::PemBadEndLine, at(lines, 1)),
        (root.replace(end, "-----END CERTIFICATE------"), Error::PemBadEndLine, at(lines, 1)),
        (root.replace(end, "-----END CERTIFICATE----"), Error::PemBadEndLine, at(lines, 1)),
        (root.replace(end, "-----END CERTIFCATE-----"), Error::PemBadEndLine, at(lines, 1)),
        (root.replacen(third, &format!("{}*", &third[..9]), 1), Error::PemBadBase64, at(3, 10)),
        (root.replacen(last, &last[..last.len() - 1], 1), Error::PemBadBase64, at(lines, 1)),
        (root.replacen("-----\n", "-----\nProc-Type: 4,ENCRYPTED\n", 1), Error::PemBadEndLine, at(2, 5)),
        (root.replacen("-----\n", "-----\nComment: x\n", 1), Error::PemBadBase64, at(2, 8)),
        (key.clone(), Error::PemNotCertificate, at(1, 12)),
        (format!("{key}{request}"), Error::PemNotCertificate, at(1, 12)),
        (request, Error::PemNotCertificate, at(1, 12)),
        (root.replace("CERTIFICATE", "TRUSTED CERTIFICATE"), Error::PemNotCertificate, at(1, 12)),
    ] {
        let ca = [text.as_bytes()];
        let result = check(&Trust { ca: &ca, ..Trust::default() }, NAME);
        assert_eq!(result, Err((error, place)), "{text}");
    }
    // DER that is cut off or has something wrong in it, after a good one.
    let cut = [&der[..], &der[..100]].concat();
    let mut wrong = [&der[..], &der[..]].concat();
    let version = der.windows(5).position(|w| w == [0xa0, 3, 2, 1, 2]).unwrap();
    wrong[der.len() + version] ^= 0x40;
    for (text, b) in [(cut, 100), (wrong, version as u32 + 2)] {
        let ca = [text.as_slice()];
        let result = check(&Trust { ca: &ca, ..Trust::default() }, NAME);
        assert_eq!(result, Err((Error::CaUnreadable, at(2, b))));
    }
}
