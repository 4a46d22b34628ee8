//! What one certificate says, in every form that it may have and may not have. The certificates are written byte by byte
//! and signed here: no tool makes wrong ones.
#![cfg(all(feature = "chain", feature = "client-auth"))]

#[path = "common/verifier.rs"]
mod verifier;

use espruino_tls::config::{Config, Trust};
use espruino_tls::crypto::signature::ecdsa_sign::{p256_public, sign_p256};
use espruino_tls::crypto::{Progress, Sha256, WORK_LEN, Work};
use espruino_tls::error::{Detail, Error, Report};
use espruino_tls::handshake::messages::certificate::CertificateReader;
use espruino_tls::x509::check_config;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use verifier::SlicedVerifier;

const NAME: &str = "www.example.com";
/// 2027-01-15.
const NOW: i64 = 1_800_000_000;
/// What the engine lends at least.
const WORKSPACE: usize = 1600;

const ROOT: u8 = 1;
const CA: u8 = 2;
const LEAF: u8 = 3;

/// An element of DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut out = vec![tag];
    match content.len() {
        n @ 0..0x80 => out.push(n as u8),
        n @ 0x80..0x100 => out.extend([0x81, n as u8]),
        n @ 0x100..0x10000 => out.extend([0x82, (n >> 8) as u8, n as u8]),
        n => out.extend([0x83, (n >> 16) as u8, (n >> 8) as u8, n as u8]),
    }
    out.extend(content);
    out
}

fn seq(parts: &[&[u8]]) -> Vec<u8> {
    der(0x30, parts)
}

const ECDSA_SHA256: &[u8] = &[0x30, 10, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];

fn name(common: &str) -> Vec<u8> {
    if common.is_empty() {
        return seq(&[]);
    }
    seq(&[&der(0x31, &[&seq(&[&[6, 3, 0x55, 4, 3], &der(0x0c, &[common.as_bytes()])])])])
}

fn spki(key: u8) -> Vec<u8> {
    let algorithm = [0x30, 19, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];
    seq(&[&algorithm, &der(3, &[&[0], &p256_public(&[key; 32]).unwrap()])])
}

/// An extension 2.5.29.number.
fn extension(number: u8, critical: bool, value: &[u8]) -> Vec<u8> {
    seq(&[&[6, 3, 0x55, 0x1d, number], if critical { &[1, 1, 0xff] } else { &[] }, &der(4, &[value])])
}

fn basic_constraints(path_len: &[u8]) -> Vec<u8> {
    extension(19, true, &seq(&[&[1, 1, 0xff], path_len]))
}

fn alt_names(names: &[Vec<u8>]) -> Vec<u8> {
    extension(17, false, &seq(&[&names.concat()]))
}

fn dns(text: &str) -> Vec<u8> {
    der(0x82, &[text.as_bytes()])
}

fn ip(bytes: &[u8]) -> Vec<u8> {
    der(0x87, &[bytes])
}

/// nameConstraints with these subtrees' bases.
fn constraints(permitted: &[Vec<u8>], excluded: &[Vec<u8>]) -> Vec<u8> {
    let list = |tag, bases: &[Vec<u8>]| {
        if bases.is_empty() {
            return vec![];
        }
        let subtrees: Vec<_> = bases.iter().map(|base| seq(&[base])).collect();
        der(tag, &[&subtrees.concat()])
    };
    extension(30, true, &seq(&[&list(0xa0, permitted), &list(0xa1, excluded)]))
}

/// A certificate, and what may be unusual in it.
struct Cert<'a> {
    subject: &'a str,
    key: u8,
    issuer: &'a str,
    by: u8,
    version: &'a [u8],
    serial: &'a [u8],
    /// Between SubjectPublicKeyInfo and the extensions.
    after_key: &'a [u8],
    extensions: &'a [Vec<u8>],
}

impl Cert<'_> {
    fn der(&self) -> Vec<u8> {
        let version = if self.version.is_empty() { vec![] } else { der(0xa0, &[self.version]) };
        let extensions =
            if self.extensions.is_empty() { vec![] } else { der(0xa3, &[&seq(&[&self.extensions.concat()])]) };
        let dates = seq(&[&der(0x17, &[b"200101000000Z"]), &der(0x17, &[b"490101000000Z"])]);
        let tbs = seq(&[
            &version,
            &der(2, &[self.serial]),
            ECDSA_SHA256,
            &name(self.issuer),
            &dates,
            &name(self.subject),
            &spki(self.key),
            self.after_key,
            &extensions,
        ]);
        let mut hash = Sha256::new();
        hash.update(&tbs);
        let mut signature = [0; 72];
        let n = sign_p256(&[self.by; 32], &hash.finish(), &mut |_| Ok(()), &mut signature).unwrap();
        seq(&[&tbs, ECDSA_SHA256, &der(3, &[&[0], &signature[..n]])])
    }
}

fn cert<'a>(subject: &'a str, key: u8, issuer: &'a str, by: u8, extensions: &'a [Vec<u8>]) -> Cert<'a> {
    Cert { subject, key, issuer, by, version: &[2, 1, 2], serial: &[1, 2, 3], after_key: &[], extensions }
}

fn root(extensions: &[Vec<u8>]) -> Vec<u8> {
    cert("Root", ROOT, "Root", ROOT, &[&[basic_constraints(&[])], extensions].concat()).der()
}

fn ca(extensions: &[Vec<u8>]) -> Vec<u8> {
    cert("CA", CA, "Root", ROOT, &[&[basic_constraints(&[])], extensions].concat()).der()
}

/// By [`ca`].
fn leaf(extensions: &[Vec<u8>]) -> Vec<u8> {
    cert("leaf", LEAF, "CA", CA, extensions).der()
}

fn good_leaf() -> Vec<u8> {
    leaf(&[alt_names(&[dns(NAME)])])
}

fn says_of(name: &str, chain: &[&[u8]], anchor: &[u8], size: usize) -> Result<(), (Error, Detail)> {
    let ca = [anchor];
    let trust = Trust { ca: &ca, ..Trust::default() };
    let mut detail = Detail::default();
    check_config(&trust, name.as_bytes(), false, &mut detail).map_err(|error| (error, detail))?;
    let mut workspace = vec![0; size];
    let mut run = |pieces| {
        let mut verifier = SlicedVerifier::at(trust, name.as_bytes(), NOW);
        let mut push_all = || {
            for certificate in chain {
                verifier.begin(certificate.len())?;
                for piece in certificate.chunks(pieces) {
                    verifier.push(piece, &mut workspace)?;
                }
                verifier.end(&mut workspace)?;
            }
            verifier.finish().map(|_| ())
        };
        let result = push_all();
        result.map_err(|error| (error, verifier.detail()))
    };
    let result = run(7);
    for pieces in [1, usize::MAX] {
        assert_eq!(run(pieces), result);
    }
    result
}

fn says(chain: &[&[u8]], anchor: &[u8]) -> Result<(), (Error, Detail)> {
    says_of(NAME, chain, anchor, WORKSPACE)
}

fn error_of(chain: &[&[u8]], anchor: &[u8]) -> Option<Error> {
    says(chain, anchor).err().map(|(error, _)| error)
}

/// The certificate is malformed where these bytes are.
#[track_caller]
fn malformed(result: Result<(), (Error, Detail)>, depth: u32, certificate: &[u8], bytes: &[u8]) {
    let (error, Detail { a, b }) = result.unwrap_err();
    assert_eq!((error, a), (Error::CertUnreadable, depth), "at {b}");
    let at = certificate.windows(bytes.len()).position(|window| window == bytes).unwrap();
    assert!((at + 1..=at + bytes.len()).contains(&(b as usize)), "{b} is not in {at}..={}", at + bytes.len());
}

#[test]
fn path_lengths_have_one_form() {
    let below = cert("Sub", CA, "CA", CA, &[basic_constraints(&[])]).der();
    let leaf = cert("leaf", LEAF, "Sub", CA, &[alt_names(&[dns(NAME)])]).der();
    let root = root(&[]);
    for (path_len, expected) in [
        (&[2, 1, 1][..], Ok(())),
        (&[2, 1, 127], Ok(())),
        (&[2, 2, 0, 128], Ok(())),
        (&[2, 2, 1, 0], Ok(())),
        (&[2, 1, 0], Err(Error::PathLengthExceeded)),
        (&[2, 2, 0, 0], Err(Error::CertUnreadable)),
        (&[2, 2, 0, 127], Err(Error::CertUnreadable)),
        (&[2, 2, 0xff, 0x80], Err(Error::CertUnreadable)),
        (&[2, 1, 0x80], Err(Error::CertUnreadable)),
        (&[2, 1, 0xff], Err(Error::CertUnreadable)),
        (&[2, 0], Err(Error::CertUnreadable)),
    ] {
        let ca = cert("CA", CA, "Root", ROOT, &[basic_constraints(path_len)]).der();
        let result = says(&[&leaf, &below, &ca], &root);
        assert_eq!(result.map_err(|e| e.0), expected, "{path_len:x?}");
        if expected == Err(Error::CertUnreadable) {
            malformed(result, 2, &ca, &[&[1, 1, 0xff], path_len].concat());
        }
    }
}

#[test]
fn unused_bits_of_key_usage_do_not_count() {
    let root = root(&[]);
    for (usage, expected) in [
        (&[3, 2, 2, 4][..], Ok(())),
        (&[3, 2, 1, 6], Ok(())),
        (&[3, 2, 0, 4], Ok(())),
        (&[3, 3, 7, 4, 0x80], Ok(())),
        (&[3, 2, 7, 0x80], Err(Error::InvalidPurpose)),
        (&[3, 1, 0], Err(Error::InvalidPurpose)),
        (&[3, 2, 3, 0x84], Err(Error::CertUnreadable)),
        (&[3, 2, 7, 0xc0], Err(Error::CertUnreadable)),
        (&[3, 2, 8, 4], Err(Error::CertUnreadable)),
        (&[3, 2, 0x37, 4], Err(Error::CertUnreadable)),
        (&[3, 1, 4], Err(Error::CertUnreadable)),
        (&[3, 0], Err(Error::CertUnreadable)),
    ] {
        let ca = ca(&[extension(15, true, usage)]);
        let result = says(&[&good_leaf(), &ca], &root);
        assert_eq!(result.map_err(|e| e.0), expected, "{usage:x?}");
        if expected == Err(Error::CertUnreadable) {
            malformed(result, 1, &ca, usage);
        }
    }
}

#[test]
fn only_unique_identifiers_stand_before_the_extensions() {
    let (root, ca) = (root(&[]), ca(&[]));
    let (first, second) = (&[0x81, 2, 0, 5][..], &[0x82, 2, 0, 6][..]);
    let leaf = |after_key: &[u8]| Cert { after_key, ..cert("leaf", LEAF, "CA", CA, &[alt_names(&[dns(NAME)])]) }.der();
    for good in [&[][..], first, second, &[first, second].concat()] {
        assert_eq!(says(&[&leaf(good), &ca], &root), Ok(()), "{good:x?}");
    }
    let twice = [spki(ROOT), vec![5, 0]].concat();
    for bad in [
        &twice[..],
        &[5, 0],
        &[0xa1, 0],
        &[0x83, 0],
        &[second, first].concat(),
        &[first, first].concat(),
        &[second, second].concat(),
        &[first, second, first].concat(),
    ] {
        let leaf = leaf(bad);
        malformed(says(&[&leaf, &ca], &root), 0, &leaf, bad);
    }
    // Nor after them.
    let exts = der(0xa3, &[&seq(&[&alt_names(&[dns(NAME)])])]);
    let more = Cert { after_key: &exts, ..cert("leaf", LEAF, "CA", CA, &[alt_names(&[dns(NAME)])]) }.der();
    assert_eq!(error_of(&[&more, &ca], &root), Some(Error::CertUnreadable));
}

#[test]
fn extensions_come_once_and_in_version_3_only() {
    let (root, ca) = (root(&[]), ca(&[]));
    let names = alt_names(&[dns(NAME)]);
    let usage = extension(15, true, &[3, 2, 7, 0x80]);
    for twice in [&names, &usage, &extension(19, false, &seq(&[])), &extension(37, false, &seq(&[&SERVER_AUTH]))] {
        let leaf = leaf(&[names.clone(), twice.clone(), twice.clone()]);
        let (error, detail) = says(&[&leaf, &ca], &root).unwrap_err();
        assert_eq!((error, detail.a), (Error::CertUnreadable, 0));
        assert!(detail.b > 200, "{}", detail.b);
    }
    for version in [&[][..], &[2, 1, 1]] {
        let exts = [names.clone()];
        let leaf = Cert { version, ..cert("leaf", LEAF, "CA", CA, &exts) }.der();
        malformed(says(&[&leaf, &ca], &root), 0, &leaf, &names);
    }
    for version in [&[2, 1, 0][..], &[2, 1, 3], &[2, 2, 0, 2], &[2, 0]] {
        let exts = [names.clone()];
        let leaf = Cert { version, ..cert("leaf", LEAF, "CA", CA, &exts) }.der();
        malformed(says(&[&leaf, &ca], &root), 0, &leaf, version);
    }
}

/// RFC 5280 §4.1.2.2 asks for grace; nothing depends on a serial number.
#[test]
fn serial_numbers_are_any_integer() {
    let (root, ca) = (root(&[]), ca(&[]));
    let exts = [alt_names(&[dns(NAME)])];
    let leaf = |serial: &[u8]| Cert { serial, ..cert("leaf", LEAF, "CA", CA, &exts) }.der();
    for good in [&[0][..], &[0xff], &[0x80, 0], &[0, 0x80], &[1; 20], &[0x7f; 21], &[1; 40]] {
        assert_eq!(says(&[&leaf(good), &ca], &root), Ok(()), "{good:x?}");
        let ca = Cert { serial: good, ..cert("CA", CA, "Root", ROOT, &[basic_constraints(&[])]) }.der();
        assert_eq!(says(&[&leaf(&[1]), &ca], &root), Ok(()), "{good:x?}");
    }
    for bad in [&[][..], &[0, 1], &[0xff, 0x80], &[1; 101]] {
        let leaf = leaf(bad);
        malformed(says(&[&leaf, &ca], &root), 0, &leaf, &der(2, &[bad]));
    }
}

/// What only an issuer can get wrong, and nobody can use.
#[test]
fn names_of_odd_forms_do_no_harm() {
    let (root, ca) = (root(&[]), ca(&[]));
    for odd in [
        ip(&[192, 0, 2, 0, 255, 255, 255, 0]),
        ip(&[0; 12]),
        ip(b"192.0.2.1"),
        ip(&[]),
        dns(""),
        dns("a b"),
        dns("192.0.2.1"),
        der(0xa0, &[&[6, 1, 42], &der(0xa0, &[&[5, 0]])]),
        der(0x86, &[b"http://example.com"]),
        der(0xa4, &[&name("x")]),
        der(0x88, &[&[42]]),
        dns(&"a".repeat(300)),
    ] {
        for names in [[odd.clone(), dns(NAME)], [dns(NAME), odd.clone()]] {
            assert_eq!(says(&[&leaf(&[alt_names(&names)]), &ca], &root), Ok(()), "{odd:x?}");
        }
    }
    for tag in [0x80, 0x89, 0x92, 0xa1, 0xa2, 0xa7, 0x83, 0x84, 0x0c, 0x42] {
        let odd = der(tag, &[b"\x05\x00"]);
        let leaf = leaf(&[alt_names(&[dns(NAME), odd.clone()])]);
        malformed(says(&[&leaf, &ca], &root), 0, &leaf, &odd);
    }
    // The subject is empty, and subjectAltName is not critical.
    let exts = [alt_names(&[dns(NAME)])];
    assert_eq!(says(&[&cert("", LEAF, "CA", CA, &exts).der(), &ca], &root), Ok(()));
    // An issuer has a name.
    let nobody = cert("leaf", LEAF, "", CA, &exts).der();
    assert_eq!(error_of(&[&nobody, &ca], &root), Some(Error::CertUnreadable));
}

#[test]
fn a_certificate_without_names_says_so() {
    let (root, ca) = (root(&[]), ca(&[]));
    let bare = cert(NAME, LEAF, "CA", CA, &[]).der();
    let other = leaf(&[alt_names(&[dns("other.example.com")])]);
    assert_eq!(error_of(&[&bare, &ca], &root), Some(Error::NoAltname));
    assert_eq!(error_of(&[&other, &ca], &root), Some(Error::AltnameInvalid));
    let of_ip = |leaf: &[u8]| says_of("192.0.2.1", &[leaf, &ca], &root, WORKSPACE).unwrap_err().0;
    assert_eq!((of_ip(&bare), of_ip(&other)), (Error::NoAltname, Error::IpAltnameInvalid));
    let own = cert("device", LEAF, "device", LEAF, &[basic_constraints(&[])]).der();
    assert_eq!(error_of(&[&own], &own), Some(Error::NoAltname));
    // Nobody vouches for it: that comes first.
    assert_eq!(error_of(&[&bare], &root), Some(Error::UnableToVerifyLeaf));
    #[cfg(feature = "error-text")]
    {
        assert!(Error::NoAltname.text().contains("no subjectAltName"));
        assert!(Error::NoAltname.hint().contains("pin the certificate or its key"));
        assert!(!Error::UnsupportedConstraint.text().contains("outside"));
        assert_eq!(Error::NoAltname.code(), "ERR_TLS_CERT_ALTNAME_INVALID");
    }
}

/// RFC 5280 §6.1.1 (d): of an anchor, name and key count.
#[test]
fn version_1_is_good_for_an_anchor() {
    let old = Cert { version: &[], ..cert("CA", CA, "CA", CA, &[]) }.der();
    assert_eq!(says(&[&good_leaf()], &old), Ok(()));
    assert_eq!(says(&[&good_leaf(), &old], &old), Ok(()));
    // Not for an intermediate.
    let old = Cert { version: &[], ..cert("CA", CA, "Root", ROOT, &[]) }.der();
    assert_eq!(error_of(&[&good_leaf(), &old], &root(&[])), Some(Error::InvalidCa));
    // In version 3 something could have said that it is a CA.
    let none = cert("CA", CA, "CA", CA, &[]).der();
    assert_eq!(error_of(&[&good_leaf()], &none), Some(Error::InvalidCa));
}

#[test]
fn underscores_are_letters() {
    let (root, ca) = (root(&[]), ca(&[]));
    for (name, san) in [
        ("my_device.lan", "my_device.lan"),
        ("MY_device.lan", "my_DEVICE.lan"),
        ("my_device.example.com", "*.example.com"),
        ("a.my_site.example", "*.my_site.example"),
        ("_dmarc.example.com", "_dmarc.example.com"),
    ] {
        let leaf = leaf(&[alt_names(&[dns(san)])]);
        assert_eq!(says_of(name, &[&leaf, &ca], &root, WORKSPACE), Ok(()), "{name} {san}");
    }
    let leaf = leaf(&[alt_names(&[dns("my_device.lan")])]);
    let says = |name: &str| says_of(name, &[&leaf, &ca], &root, WORKSPACE).unwrap_err().0;
    assert_eq!(says("my-device.lan"), Error::AltnameInvalid);
    assert_eq!(says("1.2.3"), Error::InvalidServername);
    assert_eq!(says("my_device.3"), Error::InvalidServername);
}

const SERVER_AUTH: [u8; 10] = [6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 1];
const CLIENT_AUTH: [u8; 10] = [6, 8, 0x2b, 6, 1, 5, 5, 7, 3, 2];
const ANY_PURPOSE: [u8; 6] = [6, 4, 0x55, 0x1d, 0x25, 0];

/// A leaf's purpose is to be a server. OpenSSL and webpki say the same of anyExtendedKeyUsage there; webpki of CAs, too.
#[test]
fn any_purpose_is_for_issuers() {
    let (plain_root, plain_ca) = (root(&[]), ca(&[]));
    let purposes = |list: &[&[u8]]| extension(37, false, &seq(list));
    for (list, of_leaf, of_ca) in [
        (&[&SERVER_AUTH[..]][..], None, None),
        (&[&ANY_PURPOSE, &SERVER_AUTH], None, None),
        (&[&CLIENT_AUTH], Some(Error::InvalidPurpose), Some(Error::InvalidPurpose)),
        (&[&ANY_PURPOSE], Some(Error::InvalidPurpose), None),
        (&[&ANY_PURPOSE, &CLIENT_AUTH], Some(Error::InvalidPurpose), None),
    ] {
        let leaf = leaf(&[alt_names(&[dns(NAME)]), purposes(list)]);
        assert_eq!(error_of(&[&leaf, &plain_ca], &plain_root), of_leaf);
        assert_eq!(webpki(NAME, &[&leaf, &plain_ca], &plain_root), of_leaf.is_none());
        let ca = ca(&[purposes(list)]);
        assert_eq!(error_of(&[&good_leaf(), &ca], &plain_root), of_ca);
        assert_eq!(webpki(NAME, &[&good_leaf(), &ca], &plain_root), of_leaf.is_none());
        assert_eq!(error_of(&[&good_leaf(), &plain_ca], &root(&[purposes(list)])), of_ca);
    }
}

/// RFC 5280 §6.1 with no policy asked for.
#[test]
fn policies_matter_only_if_they_are_demanded() {
    let policies = seq(&[&seq(&[&[6, 3, 0x2b, 6, 1]])]);
    let mappings = seq(&[&seq(&[&[6, 3, 0x2b, 6, 1], &[6, 3, 0x2b, 6, 2]])]);
    let no_mapping = seq(&[&[0x81, 1, 0]]);
    for critical in [false, true] {
        for (number, value, expected) in [
            (32, &policies, None),
            (33, &mappings, None),
            (54, &vec![2, 1, 0], None),
            (36, &no_mapping, None),
            (36, &seq(&[&[0x80, 1, 0]]), Some(Error::NoExplicitPolicy)),
            (36, &seq(&[&[0x80, 1, 5, 0x81, 1, 0]]), Some(Error::NoExplicitPolicy)),
            (36, &seq(&[]), Some(Error::NoExplicitPolicy)),
            (31, &policies, critical.then_some(Error::UnhandledCriticalExtension)),
        ] {
            let said = [extension(number, critical, value)];
            assert_eq!(error_of(&[&good_leaf(), &ca(&said)], &root(&[])), expected, "{number}");
            let leaf = leaf(&[&[alt_names(&[dns(NAME)])], &said[..]].concat());
            assert_eq!(error_of(&[&leaf, &ca(&[])], &root(&[])), expected, "{number}");
        }
    }
}

#[test]
fn constraints_that_make_no_sense_forbid_everything() {
    let root = root(&[]);
    let unclear = [
        dns("example.com."),
        dns("."),
        dns(".."),
        dns("www..example.com"),
        dns("*.example.com"),
        dns("www.example.com\0"),
        dns("exam ple.com"),
        dns(&format!("{}.com", "a.".repeat(60))),
        ip(&[]),
        ip(&[192, 0, 2, 0]),
        ip(&[0; 9]),
        ip(&[0; 16]),
        ip(&[0; 33]),
    ];
    for base in unclear {
        for constraints in [
            constraints(std::slice::from_ref(&base), &[]),
            constraints(&[], std::slice::from_ref(&base)),
            constraints(&[dns("example.com"), base.clone()], &[]),
            constraints(&[base.clone(), dns("example.com")], &[]),
        ] {
            let ca = ca(&[constraints]);
            assert_eq!(error_of(&[&good_leaf(), &ca], &root), Some(Error::UnsupportedConstraint), "{base:x?}");
        }
    }
    // Nothing stands for all names.
    let all = ca(&[constraints(&[dns("")], &[])]);
    assert_eq!(error_of(&[&good_leaf(), &all], &root), Some(Error::UnsupportedConstraint));
    let none = ca(&[constraints(&[], &[dns("")])]);
    assert_eq!(error_of(&[&good_leaf(), &none], &root), Some(Error::PermittedViolation));
    let by_address = leaf(&[alt_names(&[ip(&[192, 0, 2, 1])])]);
    assert_eq!(says_of("192.0.2.1", &[&by_address, &none], &root, WORKSPACE), Ok(()));
    // No form of a name.
    for tag in [0x80, 0x83, 0x92, 0xa1, 0xa2, 0xa6, 0xa7, 0x89, 0x0c, 0x42] {
        let base = der(tag, &[b"\x0c\x08good.com"]);
        let ca = ca(&[constraints(std::slice::from_ref(&base), &[])]);
        malformed(says(&[&good_leaf(), &ca], &root), 1, &ca, &base);
    }
    // Forms that are not compared matter if a certificate below has such a name.
    let directory = der(0xa4, &[&name("leaf")]);
    let uri = der(0x86, &[b"example.com"]);
    assert_eq!(
        error_of(&[&good_leaf(), &ca(&[constraints(&[directory], &[])])], &root),
        Some(Error::UnsupportedConstraint)
    );
    let by_uri = ca(&[constraints(&[], &[uri])]);
    assert_eq!(says(&[&good_leaf(), &by_uri], &root), Ok(()));
    let with_uri = leaf(&[alt_names(&[dns(NAME), der(0x86, &[b"http://other.com"])])]);
    assert_eq!(error_of(&[&with_uri, &by_uri], &root), Some(Error::UnsupportedConstraint));
    // Neither list, or an empty one.
    for nothing in [seq(&[]), seq(&[&[0xa0, 0]]), seq(&[&[0xa1, 0]]), seq(&[&[5, 0]])] {
        let ca = ca(&[extension(30, true, &nothing)]);
        assert_eq!(error_of(&[&good_leaf(), &ca], &root), Some(Error::CertUnreadable));
    }
}

/// A leading dot means that there is something before it: so do OpenSSL, NSS and Go.
#[test]
fn a_leading_dot_is_for_all_below() {
    let root = root(&[]);
    for (base, host, inside) in [
        (".example.com", "www.example.com", true),
        (".example.com", "a.b.example.com", true),
        (".EXAMPLE.com", "www.example.COM", true),
        (".example.com", "example.com", false),
        (".example.com", "www.notexample.com", false),
        (".com", "www.example.com", true),
    ] {
        let leaf = leaf(&[alt_names(&[dns(host)])]);
        let permitted = ca(&[constraints(&[dns(base)], &[])]);
        let excluded = ca(&[constraints(&[], &[dns(base)])]);
        let says = |ca: &[u8]| says_of(host, &[&leaf, ca], &root, WORKSPACE).map_err(|e| e.0);
        let (good, bad) = (Ok(()), Err(Error::PermittedViolation));
        assert_eq!(says(&permitted), if inside { good } else { bad }, "{base} {host}");
        assert_eq!(says(&excluded), if inside { bad } else { good }, "{base} {host}");
        assert_eq!(webpki(host, &[&leaf, &permitted], &root), inside, "{base} {host}");
    }
}

/// Whether rustls-webpki accepts it.
fn webpki(host: &str, chain: &[&[u8]], anchor: &[u8]) -> bool {
    let mut roots = rustls::RootCertStore::empty();
    roots.add(CertificateDer::from(anchor)).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots.into(), provider).build().unwrap();
    let others: Vec<_> = chain[1..].iter().map(|&der| CertificateDer::from(der)).collect();
    verifier
        .verify_server_cert(
            &CertificateDer::from(chain[0]),
            &others,
            &ServerName::try_from(host).unwrap(),
            &[],
            UnixTime::since_unix_epoch(Duration::from_secs(NOW as u64)),
        )
        .is_ok()
}

/// Every name of the leaf counts (RFC 5280 §6.1.3 (b), (c)): the same is said as rustls says, for all pairs of lists.
#[test]
fn all_names_are_held_against_constraints() {
    let v6 = |last| ip(&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, last]);
    let names = [
        vec![],
        vec![dns("other.example.com")],
        vec![dns("example.com")],
        vec![dns("*.example.com")],
        vec![dns("www.example.org")],
        vec![dns("a.b.EXAMPLE.com"), dns("WWW.example.com")],
        vec![ip(&[192, 0, 2, 1])],
        vec![ip(&[198, 51, 100, 1]), dns("mail.example.com")],
        vec![v6(1)],
        vec![v6(1), ip(&[192, 0, 2, 1]), dns("x.example.net"), dns("y.example.net")],
    ];
    let net = |a, b, c| ip(&[a, b, c, 0, 255, 255, 255, 0]);
    let v6_net = der(0x87, &[&[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0], &[255; 4], &[0; 12]]);
    let subtrees = [
        vec![],
        vec![dns("example.com")],
        vec![dns("www.example.com")],
        vec![dns("example.com"), dns("example.org")],
        vec![dns("example.org"), dns("example.net"), dns("www.example.com")],
        vec![dns("com")],
        vec![dns("")],
        vec![net(192, 0, 2)],
        vec![net(192, 0, 2), net(198, 51, 100)],
        vec![net(198, 51, 100), dns("example.com")],
        vec![v6_net.clone()],
        vec![v6_net, net(192, 0, 2), dns("example.com"), dns("example.net")],
    ];
    let (plain_root, plain_ca) = (root(&[]), ca(&[]));
    let (mut accepted, mut refused) = (0, 0);
    for others in &names {
        for swapped in [false, true] {
            let mut list = [&[dns(NAME)], &others[..]].concat();
            if swapped {
                list.reverse();
            }
            let leaf = leaf(&[alt_names(&list)]);
            for permitted in &subtrees {
                for excluded in &subtrees {
                    // A permitted subtree of everything is taken for a mistake; webpki permits everything.
                    if permitted.is_empty() && excluded.is_empty() || *permitted == [dns("")] {
                        continue;
                    }
                    let said = [constraints(permitted, excluded)];
                    let (anchor, ca) =
                        if swapped { (root(&said), &plain_ca) } else { (plain_root.clone(), &ca(&said)) };
                    let ours = error_of(&[&leaf, ca], &anchor);
                    let theirs = webpki(NAME, &[&leaf, ca], &anchor);
                    assert_eq!(ours.is_none(), theirs, "{list:x?} permitted {permitted:x?} excluded {excluded:x?}");
                    assert!(matches!(ours, None | Some(Error::PermittedViolation)), "{ours:?}");
                    if theirs { accepted += 1 } else { refused += 1 }
                }
            }
        }
    }
    assert!(accepted > 100 && refused > 1000, "{accepted} {refused}");
}

/// Each certificate's constraints count anew, and the names are still there for the last of them.
#[test]
fn constraints_of_every_issuer_count() {
    let leaf = leaf(&[alt_names(&[dns(NAME), dns("a.example.com"), ip(&[192, 0, 2, 1])])]);
    let com = || constraints(&[dns("com")], &[]);
    let good = || constraints(&[dns("example.com"), ip(&[0; 8])], &[]);
    let bad = || constraints(&[dns(NAME), dns("b.example.com")], &[]);
    for (of_ca, of_root, expected) in [
        (vec![com()], vec![good()], None),
        (vec![good()], vec![com()], None),
        (vec![bad()], vec![com()], Some(Error::PermittedViolation)),
        (vec![com()], vec![bad()], Some(Error::PermittedViolation)),
        (vec![], vec![bad()], Some(Error::PermittedViolation)),
    ] {
        assert_eq!(error_of(&[&leaf, &ca(&of_ca)], &root(&of_root)), expected);
        // A certificate that is no use in between changes nothing.
        let stray = cert("stray", 9, "Root", ROOT, &[basic_constraints(&[]), bad()]).der();
        assert_eq!(error_of(&[&leaf, &stray, &ca(&of_ca)], &root(&of_root)), expected);
    }
}

/// There is no room for all names: the one that counts is compared, and nothing else is trampled on.
#[test]
fn names_without_room_are_let_go() {
    let (root, plain) = (root(&[]), ca(&[]));
    let many: Vec<_> = (0..200).map(|i| dns(&format!("host-{i}.example.com"))).collect();
    let within = leaf(&[alt_names(&[&many[..], &[dns(NAME)]].concat())]);
    let inside = ca(&[constraints(&[dns("example.com")], &[])]);
    let outside = ca(&[constraints(&[dns("example.org")], &[])]);
    let not_it = ca(&[constraints(&[], &[dns(NAME)])]);
    for size in [300, 301, 302, 350, 400, 500, 1000, 1600, 8000] {
        let says = |ca: &[u8]| says_of(NAME, &[&within, ca], &root, size).map_err(|e| e.0);
        assert_eq!(says(&plain), Ok(()), "{size}");
        assert_eq!(says(&inside), Ok(()), "{size}");
        assert_eq!(says(&outside), Err(Error::PermittedViolation), "{size}");
        assert_eq!(says(&not_it), Err(Error::PermittedViolation), "{size}");
    }
    // Where there is room, all of them count.
    let one = ca(&[constraints(&[], &[dns("host-199.example.com")])]);
    let says = |size| says_of(NAME, &[&within, &one], &root, size).map_err(|e| e.0);
    assert_eq!((says(300), says(8000)), (Ok(()), Err(Error::PermittedViolation)));
}

/// The Certificate message of TLS 1.3 may have extensions that were asked for, and none was.
#[test]
fn an_extension_of_a_certificate_is_named() {
    let leaf = good_leaf();
    let message = |extensions: &[u8]| {
        let list = [&[0][..], &(leaf.len() as u16).to_be_bytes(), &leaf, extensions].concat();
        [&[0, 0][..], &(list.len() as u16).to_be_bytes(), &list].concat()
    };
    let config = Config { trust: Trust { insecure: true, ..Trust::default() }, ..Config::default() };
    for pieces in [1, 4096] {
        let read = |message: &[u8]| {
            let mut reader = CertificateReader::new(&config);
            reader.start(None, true);
            let mut workspace = [0; 1024];
            // Nothing is verified in the insecure mode, so nothing is pending.
            let (mut memory, mut progress) = ([0; WORK_LEN], Progress::default());
            let mut pushed = message.chunks(pieces).map(|mut piece| {
                let mut work = Work { memory: &mut memory, progress: &mut progress };
                reader.push(&mut piece, &mut workspace, &mut work)
            });
            let result = pushed.find(|result| result.is_pending() || matches!(result, Poll::Ready(Err(_))));
            drop(pushed);
            let Poll::Ready(result) = result.unwrap_or(Poll::Ready(Ok(()))) else { panic!("a slice") };
            let result = result.and_then(|()| reader.finish().map(|_| ()));
            result.map_err(|error| Report { error, detail: reader.detail() })
        };
        assert_eq!(read(&message(&[0, 0])), Ok(()));
        // status_request
        let report = read(&message(&[0, 8, 0, 5, 0, 4, 1, 0, 0, 0])).unwrap_err();
        assert_eq!((report.error, report.detail), (Error::UnsolicitedExtension, Detail { a: 5, b: 0 }));
        assert!(report.to_string().contains("extension 5, which was not sent"), "{report}");
        // No room for its number.
        assert_eq!(read(&message(&[0, 1, 0])).unwrap_err().error, Error::DecodeError);
    }
}

/// What is not read for its size says that, and what is another thing is not said to be damaged.
#[test]
fn large_certificates_and_what_is_none() {
    let comment = |length: usize| extension(99, false, &der(0x16, &[&vec![b'x'; length]]));
    let with = |length| leaf(&[alt_names(&[dns(NAME)]), comment(length)]);
    let largest = (1..).map(|less| with(0x10000 - less)).find(|leaf| leaf.len() < 0x10000).unwrap();
    assert!(largest.len() > 0xfff0, "{}", largest.len());
    let (ca, root) = (ca(&[]), root(&[]));
    assert_eq!(says(&[&largest, &ca], &root), Ok(()));
    let report = |result: Result<(), (Error, Detail)>| {
        let (error, detail) = result.unwrap_err();
        Report { error, detail }.to_string()
    };
    let pem = |der: &[u8]| {
        const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let mut text = b"-----BEGIN CERTIFICATE-----\n".to_vec();
        for bytes in der.chunks(3) {
            let bits = bytes.iter().chain(&[0; 2]).take(3).fold(0, |bits, byte| bits << 8 | usize::from(*byte));
            let digits = [18, 12, 6, 0].map(|shift| DIGITS[bits >> shift & 63]);
            text.extend(&digits[..=bytes.len()]);
            text.extend(&b"=="[..3 - bytes.len()]);
        }
        [&text[..], b"\n-----END CERTIFICATE-----\n"].concat()
    };
    // 70 KB of text are 52 KB of certificate: as an anchor, too.
    let text = pem(&self::root(&[comment(52_500)]));
    assert!(text.len() > 70_000 && says(&[&good_leaf(), &ca], &text) == Ok(()));
    for der in [with(0x10000), seq(&[&[5, 0]]), der(0x31, &[&largest[4..]]), vec![4, 0], vec![0x30, 0x80, 0, 0]] {
        let said = report(says(&[&der, &ca], &root));
        assert!(
            said.contains("certificate 0 of the chain does not begin as certificates do, or has 64 KB or more"),
            "{said}"
        );
        let said = report(says(&[&good_leaf(), &ca], &pem(&der)));
        assert!(said.contains("`ca` certificate 1 does not begin as certificates do, or has 64 KB or more"), "{said}");
    }
    // Further on it is malformed.
    let mut bad = good_leaf();
    bad[5] = 0x31;
    assert!(report(says(&[&bad, &ca], &root)).contains("is malformed at byte"));
}
