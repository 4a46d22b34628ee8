//! Servers that lie, in ways that mutation seldom finds: messages left out, repeated and moved behind the record
//! protection, floods, lengths of 2^24, certificates without end. None of them is believed; time and memory stay bounded,
//! which [`client::drive`] and [`certificates::is_accepted`] assert.

use crate::client::{self, Outcome};
use crate::input::{Input, vector};
use crate::material::{self, der};
use crate::{certificates, seeds};

/// A frame of [`crate::client`]'s inputs.
#[derive(Clone, PartialEq)]
struct Frame {
    kind: u8,
    content: Vec<u8>,
}

impl Frame {
    fn new(kind: u8, content: &[u8]) -> Self {
        Frame { kind, content: content.to_vec() }
    }

    fn is_handshake(&self) -> bool {
        self.kind & 0x7f == 22
    }

    /// What a server may leave out: CertificateRequest, TLS 1.3's tickets, key updates and ChangeCipherSpec.
    fn is_optional(&self, is_tls13: bool) -> bool {
        match (self.kind, self.content.first()) {
            (22, Some(13)) => true,
            (0x96, Some(4 | 13 | 24)) => true,
            (20, _) => is_tls13,
            _ => false,
        }
    }
}

fn frames(seed: &[u8]) -> ([u8; 5], Vec<Frame>) {
    let mut input = Input(seed);
    let head = input.take(5).try_into().expect("a seed's settings");
    let mut frames = Vec::new();
    while !input.is_empty() {
        let kind = input.u8();
        frames.push(Frame::new(kind, input.vector()));
    }
    (head, frames)
}

fn play(head: [u8; 5], frames: &[Frame]) -> Outcome {
    let mut data = head.to_vec();
    data[4] = 6; // one split, in slices
    for frame in frames {
        data.push(frame.kind);
        vector(&mut data, &frame.content);
    }
    client::outcome(&data).expect("a good configuration")
}

/// The handshakes of the seeds, without what is no handshake.
fn handshakes() -> Vec<([u8; 5], Vec<Frame>)> {
    let all = seeds::client();
    all[..all.len() - 2].iter().map(|seed| frames(seed)).collect()
}

fn assert_refused(outcome: &Outcome, what: &str) {
    assert!(outcome.error.is_some(), "{what} is accepted");
}

/// Each message left out, sent twice, exchanged with the next one, sent with the other kind of protection, in the place of
/// every other one, moved to every other place, and repeated there. Returns how many cases there were.
fn orders() -> usize {
    let mut count = 0;
    for (number, (head, frames)) in handshakes().into_iter().enumerate() {
        let is_tls13 = frames.iter().any(|frame| frame.kind == 0x96);
        let end =
            frames.iter().rposition(|frame| frame.is_handshake() && frame.content[0] == 20).expect("Finished") + 1;
        for at in 0..end {
            let frame = &frames[at];
            let what = |how: &str| format!("handshake {number}, frame {at} {how}");
            let case = |change: &dyn Fn(&mut Vec<Frame>)| {
                let mut changed = frames.clone();
                change(&mut changed);
                play(head, &changed)
            };
            let optional = frame.is_optional(is_tls13);
            count += 1;
            let outcome = case(&|frames| drop(frames.remove(at)));
            if !optional {
                assert_refused(&outcome, &what("left out"));
            }
            if frame.kind == 20 && is_tls13 {
                continue;
            }
            count += 1;
            assert_refused(&case(&|frames| frames.insert(at, frames[at].clone())), &what("twice"));
            if at + 1 < end && !frames[at + 1].is_optional(is_tls13) && !optional {
                count += 1;
                assert_refused(&case(&|frames| frames.swap(at, at + 1)), &what("after the next"));
            }
            if is_tls13 && frame.is_handshake() {
                count += 1;
                assert_refused(&case(&|frames| frames[at].kind ^= 0x80), &what("under the wrong keys"));
            }
            for to in (0..end).filter(|to| *to != at) {
                let moved = case(&|frames| {
                    let frame = frames.remove(at);
                    frames.insert(to, frame);
                });
                // what may be left out may come at another place only if that is no other order
                let same = to == at + 1 && frames[to].is_optional(is_tls13) || to + 1 == at && frames[to].kind == 20;
                if !(is_tls13 && same) {
                    assert_refused(&moved, &what(&format!("moved to {to}")));
                }
                let repeated = case(&|frames| frames.insert(to, frames[at].clone()));
                assert_refused(&repeated, &what(&format!("repeated at {to}")));
                count += 2;
            }
            // every message where another one is due
            for other in frames[..end].iter().filter(|other| *other != frame && !other.is_optional(is_tls13)) {
                // TLS 1.3's ServerHello may come twice if the first is a HelloRetryRequest
                if other.content.first() == frame.content.first() && frame.kind == other.kind {
                    continue;
                }
                count += 1;
                assert_refused(&case(&|frames| frames[at] = other.clone()), &what("replaced"));
            }
        }
    }
    count
}

/// Records and messages that mean nothing, a thousand of each at several places: an error long before the end. Only tickets may
/// come in any number, of which nothing is kept but the last of the first ones.
fn floods() -> usize {
    let mut count = 0;
    for (head, frames) in handshakes() {
        let is_tls13 = frames.iter().any(|frame| frame.kind == 0x96);
        let protected = if is_tls13 { 0x80 } else { 0 };
        let ticket = frames.iter().find(|frame| frame.kind == 0x96 && frame.content[0] == 4);
        let mut floods = vec![
            Frame::new(22, &[]),
            Frame::new(21, &[1, 90]),
            Frame::new(20, &[1]),
            Frame::new(22, &[0, 0, 0, 0]),
            Frame::new(protected | 22, &[24, 0, 0, 1, 0]),
            Frame::new(protected | 22, &[24, 0, 0, 1, 1]),
            Frame::new(protected | 21, &[1, 90]),
            Frame::new(protected | 23, &[]),
        ];
        floods.extend(ticket.cloned());
        for flood in floods {
            for at in [0, 1, frames.len() / 2, frames.len() - 2] {
                count += 1;
                let mut changed = frames.clone();
                changed.splice(at..at, vec![flood.clone(); 1000]);
                let outcome = play(head, &changed);
                let is_ticket = Some(&flood) == ticket;
                assert!(is_ticket || outcome.error.is_some(), "frames {} {:?} at {at}", flood.kind, flood.content);
            }
        }
    }
    count
}

/// Every message claims to have 2^24 - 1 bytes, and some of them come.
fn lengths() -> usize {
    let mut count = 0;
    for (head, frames) in handshakes() {
        for at in (0..frames.len()).filter(|at| frames[*at].is_handshake()) {
            count += 1;
            let mut changed = frames.clone();
            changed[at].content[1..4].fill(0xff);
            let more = Frame::new(changed[at].kind, &[0x30; 16000]);
            changed.splice(at + 1..at + 1, vec![more; 40]);
            assert_refused(&play(head, &changed), &format!("a message of 2^24 bytes, frame {at}"));
        }
    }
    count
}

fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let mut out = vec![tag];
    match length {
        0..=127 => out.push(length as u8),
        128..=255 => out.extend([0x81, length as u8]),
        256..=65535 => out.extend([0x82, (length >> 8) as u8, length as u8]),
        _ => out.extend([0x83, (length >> 16) as u8, (length >> 8) as u8, length as u8]),
    }
    out.extend(content);
    out
}

/// The same certificate with other names.
fn with_names(certificate: &[u8], names: usize) -> Vec<u8> {
    // short ones, so that 10,000 fit into a string of this file's inputs
    let san: Vec<u8> = (0..names).flat_map(|i| element(0x82, format!("{}", i % 1000).as_bytes())).collect();
    // the extension as it stands there: its OID, then an OCTET STRING
    let oid = [6, 3, 0x55, 0x1d, 0x11];
    let at = certificate.windows(5).position(|bytes| bytes == oid).expect("a subjectAltName") + 5;
    replace(certificate, at, &element(4, &element(0x30, &san)))
}

/// These elements with another one in the place of the one at `at`, and all lengths around it as they must be.
fn replace(elements: &[u8], at: usize, value: &[u8]) -> Vec<u8> {
    let (mut out, mut start) = (Vec::new(), 0);
    while start < elements.len() {
        let (header, length) = header(elements, start);
        let end = start + header + length;
        if start == at {
            out.extend(value);
        } else if (start..end).contains(&at) {
            let content = replace(&elements[start + header..end], at - start - header, value);
            out.extend(element(elements[start], &content));
        } else {
            out.extend(&elements[start..end]);
        }
        start = end;
    }
    out
}

fn header(der: &[u8], at: usize) -> (usize, usize) {
    match der[at + 1] {
        0x82 => (4, usize::from(der[at + 2]) << 8 | usize::from(der[at + 3])),
        0x81 => (3, usize::from(der[at + 2])),
        short => (2, usize::from(short)),
    }
}

/// Chains and certificates without end.
fn chains() -> usize {
    let mut count = 0;
    let chain = der(material::p256_chain());
    for mode in [0, 8, 1] {
        for copies in [10, 100, 1000] {
            count += 1;
            let mut data = vec![mode | if mode == 1 { 0 } else { 64 }, 0, 255];
            if mode != 1 {
                // not the issuer of any of them
                vector(&mut data, &der(material::root_rsa())[0]);
            }
            vector(&mut data, &chain[0]);
            (0..copies).for_each(|_| vector(&mut data, &chain[1]));
            assert!(!certificates::is_accepted(&data) || mode == 1, "{copies} copies of an intermediate");
        }
        for names in [1000, 10_000] {
            count += 1;
            let leaf = with_names(&chain[0], names);
            let mut data = vec![mode | if mode == 1 { 0 } else { 64 }, 0, 255];
            if mode != 1 {
                vector(&mut data, &der(material::root_p256())[0]);
            }
            vector(&mut data, &leaf);
            vector(&mut data, &chain[1]);
            assert_eq!(certificates::is_accepted(&data), mode == 1, "{names} names, none of them right");
        }
    }
    count
}

/// Says how many cases there were.
pub fn run() {
    println!("{} orders of messages", orders());
    println!("{} floods", floods());
    println!("{} lengths of 2^24", lengths());
    println!("{} chains", chains());
    let (slices, memory) = client::PEAKS.get();
    assert!(memory <= 16384 + 1 + 768, "{memory} bytes at once from the host");
    println!("{slices} slices of computing at most for one server, and {memory} bytes from the host besides what was lent");
}
