//! The whole client against a server's bytes, without checks of tags, Finished, signatures and sessions: every message
//! that a server could send, in any order and state.
//!
//! An input is four bytes of [`Settings`], one that seeds a split, then frames: a kind, a length in two bytes, content.
//! The kind is a record's content type; with 0x80 it is the type inside of a TLS 1.3 record; any other kind is no record,
//! but bytes that are sent as they are.

use crate::engine::{self, Config, Connection, Status, TLS12, TLS13, Trust};
use crate::host::FuzzHost;
use crate::input::Input;
use crate::split::Split;
use crate::{material, seeds};
use std::cell::Cell;

/// What is sent when the connection is open.
pub const REQUEST: &[u8] = b"GET /1024 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
/// A record larger than this is cut.
const MOST: usize = 16384 + 256;
/// Slices of computing that one connection may need, and more for each 64 bytes from the server: what the dearest
/// signature takes, if every certificate of the smallest size had one.
const SLICES: usize = 4000;

thread_local! {
    /// The most slices that a connection took, and the most bytes that it had from the host at once.
    pub static PEAKS: Cell<(usize, usize)> = const { Cell::new((0, 0)) };
}

/// What the user wants of a connection, in four bytes.
#[derive(Clone, Copy)]
pub struct Settings(pub [u8; 4]);

impl Settings {
    pub fn config(self) -> Config<'static> {
        let [a, b, c, d] = self.0;
        static CA: std::sync::OnceLock<[&'static [u8]; 4]> = std::sync::OnceLock::new();
        let ca = CA
            .get_or_init(|| [material::root_p256(), material::root_rsa(), material::root_p384(), material::root_old()]);
        let mut config = Config { servername: b"localhost", ..Config::default() };
        match a & 3 {
            0 => config.trust.insecure = true,
            1 => config.trust = Trust { insecure: true, ..Trust::default() },
            _ => config.trust.ca = ca,
        }
        if a & 3 == 1 {
            config.servername = b"";
        }
        match a >> 2 & 3 {
            0 => config.max_version = TLS12,
            1 => config.min_version = TLS13,
            _ => {}
        }
        config.keep_session = a & 16 != 0;
        (config.cert, config.key) = match a >> 5 & 3 {
            1 => (material::client_chain(), material::client_key()),
            2 => (material::client_rsa_chain(), material::client_rsa_key()),
            _ => (&[][..], &[][..]),
        };
        config.slices = a & 128 != 0;
        if b & 1 != 0 {
            config.alpn = b"h2,http/1.1";
        }
        config.max_fragment = 512 << (b >> 1 & 3);
        if b & 8 != 0 {
            config.max_send = 1 + u16::from(c) * 8;
        }
        if b & 16 != 0 {
            config.max_record = 1 + u16::from(c) * 64;
        }
        config.trust.ignore_validity = b & 32 != 0;
        config.session = match d & 3 {
            1 => seeds::session12_ticket(),
            2 => seeds::session12_id(),
            3 => seeds::session13(),
            _ => &[],
        };
        config
    }

    pub fn host(self, lent: &Cell<usize>) -> FuzzHost<'_> {
        let mut host = FuzzHost::new(lent);
        let [_, _, _, d] = self.0;
        match d >> 2 & 7 {
            1 => host.allocs_left = 0,
            2 => host.allocs_left = 1,
            3 => host.randoms_left = usize::from(d >> 5),
            4 => host.now = None,
            _ => {}
        }
        host
    }
}

/// The stream that frames make.
pub fn stream(mut input: Input) -> Vec<u8> {
    let mut stream = Vec::new();
    while !input.is_empty() {
        let kind = input.u8();
        let content = input.vector();
        let content = &content[..content.len().min(MOST)];
        match kind {
            20..=23 => record(&mut stream, kind, content, None),
            0x94..=0x97 => record(&mut stream, 23, content, Some(kind & 0x7f)),
            _ => stream.extend(content),
        }
    }
    stream
}

fn record(stream: &mut Vec<u8>, kind: u8, content: &[u8], inner: Option<u8>) {
    let length = content.len() + usize::from(inner.is_some());
    stream.extend([kind, 3, 3, (length >> 8) as u8, length as u8]);
    stream.extend(content);
    stream.extend(inner);
}

/// What came of a stream.
#[derive(PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    pub error: Option<(u8, u32, u32)>,
    pub plain: Vec<u8>,
    /// Only without an error, all that follows: how far a connection was seen to get before one may differ.
    pub was_open: bool,
    pub session: Vec<u8>,
    pub peer: (String, String, u16, bool, bool, [u8; 32], u8),
    /// What the client sent until the connection was seen to be open.
    pub sent: Vec<u8>,
}

/// For each place in a stream where a record ends, how many bytes of content of type 23 came until then.
fn ends(stream: &[u8]) -> Vec<(usize, usize)> {
    let (mut ends, mut at, mut total) = (vec![(0, 0)], 0, 0);
    while let Some(&[kind, _, _, high, low]) = stream.get(at..at + 5) {
        let length = usize::from(high) << 8 | usize::from(low);
        at += 5 + length;
        total += if kind == 23 { length } else { 0 };
        ends.push((at, total));
    }
    ends
}

/// Gives a stream to a client, piece by piece, and asserts what must hold meanwhile.
pub fn drive(settings: Settings, stream: &[u8], split: &mut Split, slices: bool) -> Option<Outcome> {
    let lent = Cell::new(0);
    let mut host = settings.host(&lent);
    let mut config = settings.config();
    config.slices = slices;
    let mut arena = vec![0xee; Connection::memory_needed(&config)];
    let mut outcome = Outcome::default();
    let ends = ends(stream);
    let mut slices = 0;
    {
        let mut connection = match Connection::new(config, &mut host, &mut arena) {
            Ok(connection) => connection,
            Err(_) => {
                assert_eq!(lent.get(), 0);
                return None;
            }
        };
        let (mut at, mut asked, mut ended, mut idle) = (0, false, false, 0);
        let mut buffer = [0; 512];
        loop {
            let mut progress = false;
            while connection.has_work() {
                connection.work();
                slices += 1;
                assert!(slices < SLICES + stream.len() / 64 * 200, "computes without end");
                progress = true;
            }
            loop {
                let n = connection.pull(&mut buffer);
                if n == 0 {
                    break;
                }
                if !outcome.was_open {
                    outcome.sent.extend(&buffer[..n]);
                }
                progress = true;
            }
            if connection.has_work() {
                continue;
            }
            loop {
                match connection.read(&mut buffer) {
                    Ok(0) => break,
                    Ok(n) => outcome.plain.extend(&buffer[..n]),
                    Err(_) => break,
                }
                progress = true;
            }
            let whole = ends.iter().rev().find(|(end, _)| *end <= at).map_or(0, |(_, total)| *total);
            assert!(outcome.plain.len() <= whole, "{} bytes were read, {whole} are complete", outcome.plain.len());
            outcome.was_open |= connection.status() == Status::Open;
            if connection.status() == Status::Open && !asked {
                asked = connection.write(REQUEST).is_ok_and(|n| n > 0);
                continue;
            }
            if let Some(report) = connection.error() {
                assert_eq!(connection.status(), Status::Failed);
                for _ in 0..2 {
                    assert_eq!(connection.push(&stream[at..]), Err(report.error), "an error is not sticky");
                    assert_eq!(connection.write(b"x"), Err(report.error));
                    assert_eq!(connection.read(&mut buffer), Err(report.error));
                    assert!(!connection.has_work() && !connection.work());
                }
                assert_eq!(connection.error(), Some(report));
                outcome.error = Some((report.error.number(), report.detail.a, report.detail.b));
                break;
            }
            if ended {
                break;
            }
            if at == stream.len() {
                connection.eof();
                ended = true;
                continue;
            }
            idle = if progress { 0 } else { idle + 1 };
            assert!(idle < 3, "takes nothing, gives nothing");
            let n = split.next(stream.len() - at);
            if let Ok(taken) = connection.push(&stream[at..at + n]) {
                assert!(taken <= n);
                at += taken;
                if taken != 0 {
                    idle = 0;
                }
            }
        }
        let (most_slices, most_memory) = PEAKS.get();
        PEAKS.set((most_slices.max(slices), most_memory));
        let peer = connection.peer();
        if outcome.error.is_none() {
            let n = &peer.negotiated;
            let trusted = n.trusted_by.map_or(0, |t| t.bits());
            let suite = peer.suite().to_string();
            outcome.peer =
                (peer.version().into(), suite, n.fragment, n.resumed, peer.close_notify, n.fingerprint, trusted);
            outcome.session = connection.session().to_vec();
        }
    }
    assert_eq!(lent.get(), 0, "memory did not come back");
    assert!(arena.iter().all(|byte| *byte == 0), "the lent memory is not wiped");
    if outcome.error.is_some() {
        outcome.sent.clear();
        outcome.was_open = false;
    }
    Some(outcome)
}

/// Gives a stream in several splits, with and without slices; all must come to the same. Three in four seeds make do with
/// one split. What came of it.
pub fn compare(settings: Settings, stream: &[u8], seed: u8) -> Option<Outcome> {
    if seed & 3 != 0 {
        let mut split = Split::random(seed.into(), 20 + usize::from(seed) * 8);
        return drive(settings, stream, &mut split, seed & 4 != 0);
    }
    let bytes = drive(settings, stream, &mut Split::Every(1), false);
    // Without slices a connection says at once that there are no random numbers.
    let slices = settings.0[3] >> 2 & 7 != 3;
    for mut split in [Split::Whole, Split::random(seed.into(), 40 + usize::from(seed) * 4)] {
        let mut other = drive(settings, stream, &mut split, slices);
        if let (Some(other), Some(bytes)) = (&mut other, &bytes) {
            // what is sent behind the handshake is no part of it
            other.sent.truncate(bytes.sent.len());
        }
        assert_eq!(other, bytes);
    }
    bytes
}

/// See the module.
pub fn run(data: &[u8]) {
    outcome(data);
}

/// What comes of an input.
pub fn outcome(data: &[u8]) -> Option<Outcome> {
    let mut input = Input(data);
    let settings = Settings([input.u8(), input.u8(), input.u8(), input.u8()]);
    let seed = input.u8();
    engine::check(false);
    let outcome = compare(settings, &stream(input), seed);
    engine::check(true);
    outcome
}
