//! Mutated chains, signed anew, judged by us, by rustls-webpki and by OpenSSL:
//!
//! ```text
//! differential EXECUTIONS [SEED]
//! ```
//!
//! What we accept and both others refuse is a fault of ours, or has a reason in [`REASONS`]. OpenSSL is asked, as a program,
//! about those chains only that rustls-webpki refuses and we don't. What only we refuse is counted.

use espruino_tls_fuzz::input::{Random, vector};
use espruino_tls_fuzz::{certificates, host::NOW, material};
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;
use webpki::{ALL_VERIFICATION_ALGS, EndEntityCert, KeyUsage, anchor_from_trusted_cert};

/// Names to look for, and their numbers in [`certificates`].
const NAMES: [(u8, &str); 3] = [(0, "localhost"), (2, "127.0.0.1"), (4, "a.wild.test")];

/// Refusals of rustls-webpki that are no fault of ours though OpenSSL refuses the chain, too.
const REASONS: &[(&str, &str)] = &[];

/// A DER element; the content of OCTET STRINGs is taken apart, too.
#[derive(Clone)]
struct Node {
    tag: u8,
    bytes: Vec<u8>,
    children: Option<Vec<Node>>,
}

fn parse(mut der: &[u8]) -> Option<Vec<Node>> {
    let mut nodes = Vec::new();
    while !der.is_empty() {
        let (&[tag, first], _) = der.split_first_chunk()?;
        let (header, length) = match first {
            0..=0x7f => (2, usize::from(first)),
            0x81 => (3, usize::from(*der.get(2)?)),
            0x82 => (4, usize::from(*der.get(2)?) << 8 | usize::from(*der.get(3)?)),
            _ => return None,
        };
        let content = der.get(header..header + length)?;
        der = &der[header + length..];
        let children = match tag {
            _ if tag & 0x20 != 0 => Some(parse(content)?),
            4 if !content.is_empty() => parse(content),
            _ => None,
        };
        nodes.push(Node { tag, bytes: content.to_vec(), children });
    }
    Some(nodes)
}

fn element(tag: u8, content: &[u8], out: &mut Vec<u8>) {
    out.push(tag);
    match content.len() {
        n @ 0..=0x7f => out.push(n as u8),
        n @ 0x80..=0xff => out.extend([0x81, n as u8]),
        n => out.extend([0x82, (n >> 8) as u8, n as u8]),
    }
    out.extend(content);
}

fn emit(node: &Node, out: &mut Vec<u8>) {
    match &node.children {
        Some(children) => {
            let mut content = Vec::new();
            children.iter().for_each(|child| emit(child, &mut content));
            element(node.tag, &content, out);
        }
        None => element(node.tag, &node.bytes, out),
    }
}

fn collect(nodes: &[Node], out: &mut Vec<Node>) {
    for node in nodes {
        out.push(node.clone());
        collect(node.children.as_deref().unwrap_or_default(), out);
    }
}

/// A list somewhere below, and a place in it.
fn pick<'n>(nodes: &'n mut Vec<Node>, random: &mut Random) -> (&'n mut Vec<Node>, usize) {
    let at = random.below(nodes.len());
    let deeper = nodes[at].children.as_ref().is_some_and(|children| !children.is_empty()) && random.below(6) != 0;
    if !deeper {
        return (nodes, at);
    }
    pick(nodes[at].children.as_mut().expect("just seen"), random)
}

const BYTES: [u8; 17] = [0, 1, 2, 3, 4, 5, 0x7f, 0x80, 0x81, 0xfe, 0xff, b'.', b'*', b'-', b'_', 0x30, b'0'];
const TAGS: [u8; 18] = [0x30, 0x31, 2, 3, 4, 5, 6, 0xa0, 0xa1, 0xa2, 0xa3, 0x82, 0x87, 0x86, 0x17, 0x18, 0xa4, 1];

fn mutate(tbs: &mut Vec<Node>, pool: &[Node], random: &mut Random) {
    let (list, at) = pick(tbs, random);
    let other = pool[random.below(pool.len())].clone();
    let to = random.below(list.len() + 1);
    match random.below(12) {
        0 => {
            let twin = list[at].clone();
            list.insert(to, twin);
        }
        1 if list.len() > 1 => drop(list.remove(at)),
        2 => {
            let length = list.len();
            list.swap(at, to % length);
        }
        3 => list[at].tag = TAGS[random.below(TAGS.len())],
        4 => list[at] = other,
        5 => list.insert(to, other),
        6 => list[at].tag ^= 1 << random.below(8),
        choice => {
            if list[at].children.is_none() {
                let bytes = &mut list[at].bytes;
                let place = random.below(bytes.len().max(1));
                match (choice, bytes.get_mut(place)) {
                    (7, Some(byte)) => *byte ^= 1 << random.below(8),
                    (8, Some(byte)) => *byte = BYTES[random.below(BYTES.len())],
                    (9, Some(_)) => drop(bytes.remove(place)),
                    (10, _) => bytes.insert(place.min(bytes.len()), BYTES[random.below(BYTES.len())]),
                    _ => bytes.push(0),
                }
            }
        }
    }
}

fn sign(tbs: &[Node], algorithm: &Node, key: &EcdsaKeyPair) -> Vec<u8> {
    let mut content = Vec::new();
    tbs.iter().for_each(|node| emit(node, &mut content));
    let signature = key.sign(&ring::rand::SystemRandom::new(), &content).expect("a key that signs");
    emit(algorithm, &mut content);
    element(3, &[&[0], signature.as_ref()].concat(), &mut content);
    let mut certificate = Vec::new();
    element(0x30, &content, &mut certificate);
    certificate
}

fn key(pem: &[u8]) -> EcdsaKeyPair {
    let random = ring::rand::SystemRandom::new();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, &material::first_block(pem), &random)
        .expect("a P-256 key")
}

fn ours(chain: &[&[u8]], root: &[u8], name: u8) -> bool {
    let mut data = vec![64, name, 33];
    vector(&mut data, root);
    chain.iter().for_each(|certificate| vector(&mut data, certificate));
    certificates::is_accepted(&data)
}

fn webpki(chain: &[&[u8]], root: &[u8], name: &str) -> Result<(), String> {
    let say = |error: webpki::Error| {
        let text = format!("{error:?}");
        text.split(['(', '{', ' ']).next().unwrap_or_default().to_string()
    };
    let root = CertificateDer::from(root);
    let anchors = [anchor_from_trusted_cert(&root).map_err(say)?];
    let leaf = CertificateDer::from(chain[0]);
    let leaf = EndEntityCert::try_from(&leaf).map_err(say)?;
    let others: Vec<CertificateDer> = chain[1..].iter().map(|bytes| CertificateDer::from(*bytes)).collect();
    let now = UnixTime::since_unix_epoch(Duration::from_secs(NOW as u64));
    leaf.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &others, now, KeyUsage::server_auth(), None, None)
        .map_err(say)?;
    leaf.verify_is_valid_for_subject_name(&ServerName::try_from(name).expect("a name")).map_err(say)
}

/// The answer of `openssl verify`: nothing if it accepts.
fn openssl(chain: &[&[u8]], root: &[u8], name: &str) -> Result<(), String> {
    let folder = material::directory();
    let file = |what: &str, bytes: &[u8]| {
        let path = folder.join(format!("differential-{what}.pem"));
        std::fs::write(&path, material::pem(bytes)).expect("a place for a certificate");
        path.display().to_string()
    };
    let (root, leaf, issuer) = (file("root", root), file("leaf", chain[0]), file("issuer", chain[1]));
    let kind = if name.contains("127") { "-verify_ip" } else { "-verify_hostname" };
    let time = NOW.to_string();
    let output = Command::new("openssl")
        .args([
            "verify",
            "-attime",
            &time,
            "-purpose",
            "sslserver",
            kind,
            name,
            "-CAfile",
            &root,
            "-untrusted",
            &issuer,
        ])
        .arg(&leaf)
        .output()
        .expect("openssl");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said.lines().nth(1).unwrap_or(&said).to_string()) }
}

fn main() {
    let mut arguments = std::env::args().skip(1).map(|text| text.parse::<u64>().expect("a number"));
    let (executions, mut random) = (arguments.next().unwrap_or(1000), Random(arguments.next().unwrap_or(1)));
    let chain = material::der(material::p256_chain());
    let root = material::der(material::root_p256()).remove(0);
    let (root_key, issuer_key) = (key(material::root_p256_key()), key(material::int_p256_key()));
    let originals = [root.clone(), chain[1].clone(), chain[0].clone()];
    let parsed: Vec<Vec<Node>> =
        originals.iter().map(|der| parse(der).expect("DER").remove(0).children.expect("a certificate")).collect();
    let mut pool = Vec::new();
    parsed.iter().for_each(|nodes| collect(&nodes[..1], &mut pool));
    for (number, name) in NAMES {
        let chain: Vec<&[u8]> = chain.iter().map(Vec::as_slice).collect();
        assert!(ours(&chain, &root, number), "{name}");
        assert_eq!(webpki(&chain, &root, name), Ok(()));
        assert_eq!(openssl(&chain, &root, name), Ok(()));
    }
    let (mut accepted, mut only_we_refuse, mut kinds) = ([0; 2], 0, BTreeMap::<String, usize>::new());
    let mut faults = 0;
    for _ in 0..executions {
        // mostly the leaf
        let which = random.below(5).min(2);
        let mut tbs = vec![parsed[which][0].clone()];
        for _ in 0..1 + random.below(3) {
            mutate(&mut tbs, &pool, &mut random);
        }
        let changed = sign(&tbs, &parsed[which][1], if which == 2 { &issuer_key } else { &root_key });
        let mut all = originals.clone();
        all[which] = changed.clone();
        let (number, name) = NAMES[random.below(NAMES.len())];
        let chain = [&all[2][..], &all[1][..]];
        let we = ours(&chain, &all[0], number);
        let they = webpki(&chain, &all[0], name);
        accepted[0] += usize::from(we);
        accepted[1] += usize::from(they.is_ok());
        only_we_refuse += usize::from(!we && they.is_ok());
        if let (true, Err(refusal)) = (we, they) {
            let verdict = openssl(&chain, &all[0], name);
            let kind = format!("certificate {which}, rustls-webpki {refusal}, openssl {verdict:?}");
            let is_known = verdict.is_ok() || REASONS.iter().any(|(known, _)| *known == refusal);
            let count = kinds.entry(kind).or_default();
            *count += 1;
            if !is_known {
                faults += 1;
                let file = material::directory().join(format!("differential-fault-{faults}.der"));
                std::fs::write(&file, &changed).expect("a place for a certificate");
                println!("{} for {name}: certificate {which}, rustls-webpki {refusal}, {verdict:?}", file.display());
            }
        }
    }
    println!(
        "{executions} chains; accepted: {} by us, {} by rustls-webpki; {only_we_refuse} by rustls-webpki only; {faults} by us only",
        accepted[0], accepted[1]
    );
    for (kind, count) in kinds {
        println!("{count:7} {kind}");
    }
    assert_eq!(faults, 0, "we accept what both others refuse");
}
