//! C2SP/x509-limbo: other people's certificate chains, and what a client should say to them.
//!
//! Run on the file that lies beside the repository (`../shared/data/x509-limbo.json`), or on any other file of that
//! format: `LIMBO_JSON=FILE cargo test --test x509_limbo -- --nocapture`. Every chain goes through the verifier byte by
//! byte, in one piece and in pseudo-random pieces; all three have to say the same.
//!
//! Where we differ, `x509/limbo_differences.txt` says why. That list may only shrink: a difference that is not listed
//! fails, and so does a listed one that is none any more.
#![cfg(feature = "chain")]

#[path = "common/verifier.rs"]
mod verifier;

use espruino_tls::config::Trust;
use espruino_tls::error::{Detail, Error};
use espruino_tls::x509::{TrustedBy, check_config};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;
use verifier::SlicedVerifier;

/// The list may only shrink.
const MOST_DIFFERENCES: usize = 23;

/// `validation_time: null` means now; this is when the suite was made.
const NOW: i64 = 1_795_305_600; // 2026-11-22T00:00:00Z

/// What the engine has in 1.6 KB.
const WORKSPACE: usize = 1600;

#[derive(Deserialize)]
struct Suite {
    testcases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    features: Option<Vec<String>>,
    validation_kind: String,
    trusted_certs: Vec<String>,
    untrusted_intermediates: Vec<String>,
    peer_certificate: String,
    validation_time: Option<String>,
    expected_result: String,
    expected_peer_name: Option<PeerName>,
}

#[derive(Deserialize)]
struct PeerName {
    value: String,
}

/// DER of a PEM text, independently of the reader in the crate.
fn der(pem: &str) -> Vec<u8> {
    let mut out = vec![];
    let (mut bits, mut count) = (0u32, 0);
    for c in pem.lines().filter(|line| !line.starts_with("-----")).flat_map(str::bytes) {
        let value = match c {
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            _ => continue,
        };
        bits = bits << 6 | u32::from(value);
        count += 6;
        if count >= 8 {
            count -= 8;
            out.push((bits >> count) as u8);
        }
    }
    out
}

/// Seconds of an RFC 3339 time, such as `2024-03-01T00:00:00+00:00` or `2024-03-01T02:00:00.25+02:00`. A fraction is cut off,
/// since a certificate's times have none.
fn seconds(text: &str) -> i64 {
    let number = |part: &str| part.parse::<i64>().unwrap_or_else(|_| panic!("{part:?} in {text}"));
    let at = |from: usize, to: usize| number(&text[from..to]);
    let rest = text[19..].strip_prefix('.').map_or(&text[19..], |rest| {
        let zone = rest.trim_start_matches(|c: char| c.is_ascii_digit());
        assert!(zone.len() < rest.len(), "no digits after the point: {text}");
        zone
    });
    let zone = match rest.as_bytes() {
        b"Z" | b"z" => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let minutes = number(&rest[1..3]) * 60 + number(&rest[4..6]);
            if *sign == b'+' { minutes } else { -minutes }
        }
        _ => panic!("no time zone: {text}"),
    };
    let (mut year, month) = (at(0, 4), at(5, 7));
    year -= i64::from(month < 3);
    let days =
        365 * year + year / 4 - year / 100 + year / 400 + (153 * ((month + 9) % 12) + 2) / 5 + at(8, 10) - 719_469;
    days * 86_400 + at(11, 13) * 3600 + (at(14, 16) - zone) * 60 + at(17, 19)
}

#[test]
fn times_are_read_with_fractions_and_zones() {
    for (text, expected) in [
        ("1970-01-01T00:00:00Z", 0),
        ("2024-02-29T12:34:56+00:00", 1_709_210_096),
        ("2024-02-29T12:34:56.5Z", 1_709_210_096),
        ("2024-02-29T12:34:56.999999+00:00", 1_709_210_096),
        ("2024-02-29T14:04:56.123456+01:30", 1_709_210_096),
        ("2024-02-29T11:34:56-01:00", 1_709_210_096),
        ("2026-11-22T00:00:00.000001Z", NOW),
    ] {
        assert_eq!(seconds(text), expected, "{text}");
    }
}

/// How the bytes of a certificate are cut.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Whole,
    Bytes,
    Random(u32),
}

fn verify(case: &Case, cut: Cut) -> Result<TrustedBy, Error> {
    let anchors: Vec<&[u8]> = case.trusted_certs.iter().map(|c| c.as_bytes()).collect();
    let trust = Trust { ca: &anchors, ..Trust::default() };
    let name = case.expected_peer_name.as_ref().map_or("", |n| &n.value).as_bytes();
    check_config(&trust, name, false, &mut Detail::default())?;
    let now = case.validation_time.as_deref().map_or(NOW, seconds);
    let mut verifier = SlicedVerifier::at(trust, name, now);
    let mut workspace = [0; WORKSPACE];
    let mut random = if let Cut::Random(seed) = cut { seed } else { 0 };
    for pem in std::iter::once(&case.peer_certificate).chain(&case.untrusted_intermediates) {
        let certificate = der(pem);
        verifier.begin(certificate.len())?;
        let mut rest = &certificate[..];
        while !rest.is_empty() {
            let size = match cut {
                Cut::Whole => rest.len(),
                Cut::Bytes => 1,
                Cut::Random(_) => {
                    random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    1 + (random >> 24) as usize
                }
            };
            let (piece, tail) = rest.split_at(size.min(rest.len()));
            verifier.push(piece, &mut workspace)?;
            rest = tail;
        }
        verifier.end(&mut workspace)?;
    }
    let leaf = verifier.finish()?;
    assert!(leaf.key.public_key(&workspace).is_some());
    Ok(leaf.trusted_by)
}

#[test]
fn limbo() {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let other = std::env::var_os("LIMBO_JSON").map(PathBuf::from);
    let path = other.clone().unwrap_or_else(|| here.join("../shared/data/x509-limbo.json"));
    if other.is_none() && !path.exists() {
        eprintln!("skipped: {} is not here (CI has it); set LIMBO_JSON to run it", path.display());
        return;
    }
    let text = std::fs::read_to_string(&path).unwrap();
    let suite: Suite = serde_json::from_str(&text).unwrap();

    let mut differences = BTreeMap::new();
    let (mut accepted, mut refused, mut skipped) = (0, 0, 0);
    for case in &suite.testcases {
        // Client certificates are the server's business; a limit of the depth is not an option here; and a client that
        // looks for no name in particular is not one.
        let limits_depth = case.features.iter().flatten().any(|f| f == "max-chain-depth");
        if case.validation_kind != "SERVER" || limits_depth || case.expected_peer_name.is_none() {
            skipped += 1;
            continue;
        }
        let result = verify(case, Cut::Whole);
        for cut in [Cut::Bytes, Cut::Random(1), Cut::Random(2)] {
            assert_eq!(verify(case, cut), result, "{} {cut:?}", case.id);
        }
        match result {
            Ok(_) => accepted += 1,
            Err(_) => refused += 1,
        }
        if result.is_ok() != (case.expected_result == "SUCCESS") {
            let ours = result.map_or_else(|error| error.code().to_string(), |_| "accepted".to_string());
            differences.insert(case.id.as_str(), ours);
        }
    }
    println!("{accepted} accepted, {refused} refused, {skipped} skipped, {} differ", differences.len());
    assert!(accepted > 0 && refused > 0, "nothing was run");
    for (id, ours) in &differences {
        println!("  {id}: {ours}");
    }
    if other.is_some() {
        return;
    }

    let list = std::fs::read_to_string(here.join("tests/x509/limbo_differences.txt")).unwrap();
    let listed: BTreeMap<&str, String> = list
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(|line| {
            let mut words = line.splitn(3, ' ');
            let (id, ours, reason) = (words.next().unwrap(), words.next().unwrap(), words.next().unwrap_or(""));
            assert!(!reason.trim().is_empty(), "{id} needs a reason");
            (id, ours.to_string())
        })
        .collect();
    assert!(listed.len() <= MOST_DIFFERENCES, "the list may only shrink");
    assert_eq!(differences, listed, "left: what differs now, right: what x509/limbo_differences.txt says");
    for case in suite.testcases.iter().filter(|case| case.id.starts_with("online::")) {
        assert!(!differences.contains_key(case.id.as_str()), "a real chain");
    }
}
