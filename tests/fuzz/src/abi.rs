//! The C ABI in any order: calls between any two pieces of a server's bytes and any two slices of work, with buffers of
//! any length, random numbers and memory that fail, calls from inside of calls, and an end at any time.
//!
//! An input is five bytes as in [`crate::client`], then operations: a kind, and what goes with it. Frames are operations,
//! too: they append to what the server has said and the client has not been given.

use crate::client::{Settings, stream};
use crate::engine::{self, *};
use crate::host::NOW;
use crate::input::{Input, Random, vector};
use std::cell::{Cell, RefCell};
use std::ffi::c_void;
use std::mem::zeroed;

/// Operations besides frames, whose kinds are 20 to 23, 0x94 to 0x97, and [`RAW`].
mod op {
    pub const PUSH: u8 = 1;
    pub const PULL: u8 = 2;
    pub const QUEUED: u8 = 3;
    pub const READ: u8 = 4;
    pub const WRITE: u8 = 5;
    pub const WORK: u8 = 6;
    pub const CLOSE: u8 = 7;
    pub const EOF: u8 = 8;
    pub const ASK: u8 = 9;
    pub const NO_MEMORY: u8 = 10;
    pub const NO_RANDOM: u8 = 11;
    pub const FROM_INSIDE: u8 = 12;
    pub const NOTHING: u8 = 13;
    pub const PUMP: u8 = 14;
    pub const DROP: u8 = 15;
}
/// Bytes of the server that are no record.
const RAW: u8 = 0;

/// What the host's functions see.
struct Device {
    random: RefCell<Random>,
    randoms: RefCell<Vec<Vec<u8>>>,
    lent: Cell<usize>,
    no_memory: Cell<bool>,
    no_random: Cell<bool>,
    /// The connection, if the host's functions shall call it, which they must not.
    inside: Cell<*mut etls>,
}

/// SAFETY: `user` is the [`Device`] of the connection, which outlives it.
unsafe fn device<'d>(user: *mut c_void) -> &'d Device {
    unsafe { &*user.cast() }
}

/// Calls from inside of a call are refused.
fn call_from_inside(device: &Device) {
    let e = device.inside.get();
    if !e.is_null() {
        let mut byte = 0;
        // SAFETY: the connection is alive; debug builds refuse these calls
        unsafe {
            assert!(etls_push(e, &byte, 1) < 0);
            assert!(etls_pull(e, &mut byte, 1) < 0);
            assert!(etls_read(e, &mut byte, 1) < 0);
            assert!(etls_write(e, &byte, 1) < 0);
            assert!(etls_close(e) < 0);
            assert_eq!(etls_work(e), 0);
        }
    }
}

unsafe extern "C" fn alloc(user: *mut c_void, length: usize) -> *mut c_void {
    let device = unsafe { device(user) };
    call_from_inside(device);
    if device.no_memory.get() {
        return std::ptr::null_mut();
    }
    device.lent.set(device.lent.get() + length);
    Box::leak(vec![0xa5u8; length].into_boxed_slice()).as_mut_ptr().cast()
}

unsafe extern "C" fn free(user: *mut c_void, memory: *mut c_void, length: usize) {
    let device = unsafe { device(user) };
    call_from_inside(device);
    device.lent.set(device.lent.get() - length);
    // SAFETY: from alloc(), whole and once
    let block = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(memory.cast::<u8>(), length)) };
    assert!(block.iter().all(|byte| *byte == 0), "memory that comes back is not wiped");
}

unsafe extern "C" fn random(user: *mut c_void, out: *mut u8, length: usize) -> i32 {
    let device = unsafe { device(user) };
    call_from_inside(device);
    if device.no_random.get() {
        return 1;
    }
    let bytes: Vec<u8> = (0..length).map(|_| device.random.borrow_mut().draw() as u8).collect();
    // SAFETY: there is room for `length` bytes
    unsafe { std::ptr::copy_nonoverlapping(bytes.as_ptr(), out, length) };
    device.randoms.borrow_mut().push(bytes);
    0
}

unsafe extern "C" fn now(_: *mut c_void) -> i64 {
    NOW
}

fn bytes(text: &[u8]) -> etls_bytes {
    etls_bytes { data: text.as_ptr(), length: text.len() }
}

/// Around what is lent, and behind what a call may write.
const GUARD: u8 = 0xc3;

/// Calls with a buffer and asserts that no more of it is written than the call says.
fn with_buffer(length: usize, call: impl FnOnce(*mut u8, usize) -> isize) -> Result<Vec<u8>, isize> {
    let mut buffer = vec![GUARD; length + 16];
    let n = call(buffer.as_mut_ptr(), length);
    let written = usize::try_from(n).unwrap_or(0);
    assert!(written <= length);
    assert!(buffer[written..].iter().all(|byte| *byte == GUARD), "more was written than was said");
    buffer.truncate(written);
    if n < 0 { Err(n) } else { Ok(buffer) }
}

/// What the client sends consists of records.
#[derive(Default)]
struct Sent(Vec<u8>);

impl Sent {
    fn add(&mut self, bytes: &[u8]) {
        self.0.extend(bytes);
        while let Some(&[kind, major, minor, high, low]) = self.0.first_chunk() {
            assert!((20..=23).contains(&kind) && major == 3 && matches!(minor, 1 | 3), "sends no records");
            let length = 5 + (usize::from(high) << 8 | usize::from(low));
            assert!(length <= 5 + 16384 + 256);
            if self.0.len() < length {
                return;
            }
            self.0.drain(..length);
        }
    }
}

struct Caller {
    e: *mut etls,
    pending: Vec<u8>,
    sent: Sent,
    status: i32,
    error: i32,
    pushed: usize,
    slices: usize,
}

impl Caller {
    /// What holds after every call.
    fn check(&mut self) {
        // SAFETY: the connection is alive
        unsafe {
            let status = etls_status(self.e);
            let mut info: etls_error_info = zeroed();
            let error = etls_error(self.e, &mut info);
            assert!(self.error == 0 || error == self.error, "an error is not sticky");
            assert_eq!(error != 0, status == ETLS_FAILED);
            // open comes after the handshake, nothing after an error; what is closed may still fail when it is read
            assert!(status >= self.status || self.status == ETLS_CLOSED && status != ETLS_HANDSHAKING, "goes back");
            assert!(self.status != ETLS_FAILED || status == ETLS_FAILED);
            if error != 0 {
                assert_eq!(etls_has_work(self.e), 0);
                assert_eq!(etls_write(self.e, b"x".as_ptr(), 1), -(error as isize));
                assert_eq!(etls_push(self.e, b"x".as_ptr(), 1), -(error as isize));
            }
            (self.status, self.error) = (status, error);
        }
        assert!(self.slices < 4000 + self.pushed * 4, "computes without end");
    }

    fn push(&mut self, n: usize) -> usize {
        let n = n.min(self.pending.len());
        // SAFETY: there are `n` bytes
        let taken = unsafe { etls_push(self.e, self.pending.as_ptr(), n) };
        assert!(taken <= n as isize);
        match usize::try_from(taken) {
            Ok(taken) => {
                self.pending.drain(..taken);
                self.pushed += taken;
                taken
            }
            Err(_) => {
                self.pending.clear();
                0
            }
        }
    }

    fn pull(&mut self, n: usize) -> usize {
        // SAFETY: there is room for `n` bytes
        let pulled = with_buffer(n, |out, n| unsafe { etls_pull(self.e, out, n) }).expect("pulling does not fail");
        self.sent.add(&pulled);
        pulled.len()
    }

    fn work(&mut self) -> bool {
        // SAFETY: the connection is alive
        unsafe {
            let had = etls_has_work(self.e);
            let more = etls_work(self.e);
            assert!(more == etls_has_work(self.e) && more <= had, "work begins by itself");
            self.slices += had as usize;
            more != 0
        }
    }

    fn read(&mut self, n: usize) -> usize {
        // SAFETY: there is room for `n` bytes
        with_buffer(n, |out, n| unsafe { etls_read(self.e, out, n) }).map_or(0, |plain| plain.len())
    }
}

/// See the module.
pub fn run(data: &[u8]) {
    let mut input = Input(data);
    let settings = Settings([input.u8(), input.u8(), input.u8(), input.u8()]);
    let mode = input.u8();
    engine::check(mode & 1 != 0);
    let config = settings.config();
    let device = Device {
        random: RefCell::new(Random(1)),
        randoms: RefCell::default(),
        lent: Cell::new(0),
        no_memory: Cell::new(false),
        no_random: Cell::new(false),
        inside: Cell::new(std::ptr::null_mut()),
    };
    // SAFETY: every pointer is to something that outlives the connection, every length is that of what it goes with
    unsafe {
        let mut c: etls_config = zeroed();
        let ca: Vec<etls_bytes> = config.trust.ca.iter().map(|text| bytes(text)).collect();
        (c.ca, c.ca_count) = (ca.as_ptr(), ca.len());
        (c.servername, c.alpn, c.session) = (bytes(config.servername), bytes(config.alpn), bytes(config.session));
        (c.cert, c.key) = (bytes(config.cert), bytes(config.key));
        (c.max_fragment, c.max_record, c.max_send) = (config.max_fragment, config.max_record, config.max_send);
        (c.min_version, c.max_version) = (config.min_version, config.max_version);
        c.insecure = config.trust.insecure.into();
        c.ignore_validity = config.trust.ignore_validity.into();
        (c.keep_session, c.slices) = (config.keep_session.into(), config.slices.into());
        let host = etls_host {
            user: std::ptr::from_ref(&device).cast_mut().cast(),
            alloc: Some(alloc),
            free: Some(free),
            random: Some(random),
            now: Some(now),
            aes128: None,
        };
        let (size, skew) = (etls_size(&c), usize::from(mode >> 1 & 15));
        let mut memory = vec![GUARD; skew + size + 32];
        let mut e = std::ptr::null_mut();
        let mut info: etls_error_info = zeroed();
        // one byte too few, now and then
        let lacks = usize::from(mode >> 5 == 7);
        let result = etls_init(memory[skew..].as_mut_ptr().cast(), size - lacks, &c, &host, &mut e, &mut info);
        assert_eq!((result, info.number != 0), (-info.number, result != 0));
        if result == 0 {
            let mut caller =
                Caller { e, pending: Vec::new(), sent: Sent::default(), status: 0, error: 0, pushed: 0, slices: 0 };
            calls(&mut caller, &device, input);
            device.inside.set(std::ptr::null_mut());
            etls_drop(e);
        } else {
            assert!(e.is_null());
        }
        assert_eq!(device.lent.get(), 0, "memory did not come back");
        let (before, rest) = memory.split_at(skew);
        let (lent, after) = rest.split_at(size);
        assert!(before.iter().chain(after).all(|byte| *byte == GUARD), "wrote beside the lent memory");
        for random in device.randoms.borrow().iter().filter(|random| random.len() >= 16) {
            assert!(!lent.windows(16).any(|bytes| bytes == &random[..16]), "a random number is left");
        }
    }
    engine::check(true);
}

/// SAFETY: the caller's connection is alive.
unsafe fn calls(caller: &mut Caller, device: &Device, mut input: Input) {
    caller.check();
    while !input.is_empty() {
        let kind = input.u8();
        match kind {
            op::PUSH => drop(caller.push(input.u16().into())),
            op::PULL => drop(caller.pull(input.u16().into())),
            op::QUEUED => unsafe {
                let mut data = std::ptr::null();
                let n = etls_queued(caller.e, &mut data);
                let taken = n.min(input.u16().into());
                caller.sent.add(if n == 0 { &[] } else { std::slice::from_raw_parts(data, taken) });
                etls_sent(caller.e, taken);
            },
            op::READ => drop(caller.read(input.u16().into())),
            op::WRITE => {
                let n = usize::from(input.u16());
                let taken = unsafe { etls_write(caller.e, vec![b'w'; n].as_ptr(), n) };
                assert!(taken <= n as isize);
            }
            op::WORK => drop((0..input.u8()).take_while(|_| caller.work()).count()),
            op::CLOSE => unsafe { assert_eq!(etls_close(caller.e), 0) },
            op::EOF => unsafe { assert_eq!(etls_eof(caller.e), 0) },
            op::ASK => unsafe {
                let mut peer: etls_peer_info = zeroed();
                assert_eq!(etls_peer(caller.e, &mut peer), 0);
                assert!(caller.status != ETLS_HANDSHAKING || peer.trusted_by == 0, "trusted too early");
                let mut session = bytes(b"");
                let n = etls_session(caller.e, &mut session);
                assert!(n <= 768 && (n == 0 || *session.data == 1));
                let mut info: etls_error_info = zeroed();
                etls_error(caller.e, &mut info);
                let n = usize::from(input.u8());
                let mut text = vec![GUARD; n + 8];
                etls_describe(&info, text.as_mut_ptr().cast(), n);
                assert!(text[n..] == [GUARD; 8] && (n == 0 || text[..n].contains(&0)));
            },
            op::NO_MEMORY => device.no_memory.set(input.u8() & 1 != 0),
            op::NO_RANDOM => device.no_random.set(input.u8() & 1 != 0),
            op::FROM_INSIDE => {
                let calls = cfg!(debug_assertions) && input.u8() & 1 != 0;
                device.inside.set(if calls { caller.e } else { std::ptr::null_mut() });
            }
            op::NOTHING => unsafe {
                assert_eq!(etls_push(caller.e, std::ptr::null(), 0).max(0), 0);
                assert!(etls_pull(caller.e, std::ptr::null_mut(), 0) == 0);
                assert!(etls_pull(caller.e, std::ptr::null_mut(), 5) < 0);
                etls_sent(caller.e, 0);
                etls_push(std::ptr::null_mut(), std::ptr::null(), 0);
                etls_drop(std::ptr::null_mut());
            },
            op::PUMP => pump(caller, input.u16().into()),
            op::DROP => return,
            _ => {
                let (rest, mut one) = (input.clone(), vec![if (16..=19).contains(&kind) { RAW } else { kind }]);
                let content = input.vector();
                vector(&mut one, content);
                assert!(input.0.len() <= rest.0.len());
                caller.pending.extend(stream(Input(&one)));
            }
        }
        caller.check();
    }
}

/// What an ordinary caller does until nothing moves any more.
fn pump(caller: &mut Caller, piece: usize) {
    loop {
        while caller.work() {}
        let pulled = caller.pull(300);
        let pushed = caller.push(1 + piece);
        let read = caller.read(200);
        // SAFETY: the connection is alive
        let works = unsafe { etls_has_work(caller.e) } != 0;
        if pulled + pushed + read == 0 && !works {
            return;
        }
    }
}

/// A handshake of [`crate::client`]'s form with calls between its frames.
pub fn seed(script: &[u8], number: u64) -> Vec<u8> {
    let mut random = Random(number);
    let mut input = Input(script);
    // without checks
    let mut seed = [input.take(4), &[(number as u8) << 1 & 0x1e]].concat();
    input.u8();
    while !input.is_empty() {
        let kind = input.u8();
        seed.push(kind);
        vector(&mut seed, input.vector());
        match number % 4 {
            0 => seed.extend([op::PUMP, 16, 0]),
            1 => seed.extend([op::PUMP, 0, random.below(100) as u8]),
            2 => {
                for _ in 0..4 {
                    seed.extend([op::WORK, 200, op::PULL, 8, 0, op::PUSH, 8, 0]);
                }
                seed.extend([op::READ, 4, 0, op::ASK, 50]);
            }
            _ => {
                for _ in 0..3 {
                    seed.extend([op::QUEUED, 8, 0, op::PUSH, 0, 200, op::WORK, 255, op::PUMP, 1, 0]);
                }
            }
        }
        if kind >= 0x94 || kind == 23 {
            seed.extend([op::WRITE, 1, 0]);
        }
    }
    seed.extend([op::CLOSE, op::PULL, 4, 0, op::EOF]);
    seed
}
