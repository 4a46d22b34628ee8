//! The calls, in the order in which a program makes them.

use super::describe::describe;
use super::memory::{ALIGN, CA, HOST, arena, enter, etls, put};
use super::trace::{NO_TRACER, OwnHost, Tracer, keep};
use super::types::*;
use crate::codec::copy;
use crate::crypto::wipe;
use crate::error::{Alert, CODE_LEN, Detail, Error, Report};
use crate::handshake::cipher_suite::CipherSuite;
use core::ffi::{c_char, c_int, c_void};
use core::mem::size_of;
use core::ptr;

/// Bytes of memory that a connection with this configuration needs; 0 if the configuration makes no sense. There is
/// no hidden allocation: more is asked for (etls_host.alloc) only for records larger than max_fragment.
///
/// # Safety
/// `c` points to a configuration.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_size(c: *const etls_config) -> usize {
    // SAFETY: as promised, or NULL
    match unsafe { c.as_ref() }.and_then(|c| arena(c, &unsafe { config(c) })) {
        Some((_, end)) => end + ALIGN - 1,
        None => 0,
    }
}

/// Begins a connection in `memory`, which has `length` bytes (at least etls_size()) of any alignment and stays lent
/// until etls_drop(). Returns 0 and the connection in `*out`, with the ClientHello ready to be pulled; or minus an
/// error's number, with `*error` (may be NULL) saying what is wrong with the configuration. Nothing is sent then.
///
/// # Safety
/// The pointers are valid; what the configuration points to stays valid and unchanged until etls_drop().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_init(
    memory: *mut c_void,
    length: usize,
    c: *const etls_config,
    host: *const etls_host,
    out: *mut *mut etls,
    error: *mut etls_error_info,
) -> c_int {
    // SAFETY: as promised
    unsafe { begin(memory, length, c, host, NO_TRACER, out, error) }
}

/// etls_init(), with or without somebody who is told what happens.
///
/// SAFETY: as for etls_init().
#[inline(always)]
pub(super) unsafe fn begin(
    memory: *mut c_void,
    length: usize,
    c: *const etls_config,
    host: *const etls_host,
    tracer: Tracer,
    out: *mut *mut etls,
    error: *mut etls_error_info,
) -> c_int {
    // SAFETY: `error` is NULL or a place for the answer
    let failed = |report| -unsafe { tell(Some(report), error) };
    let invalid = Report { error: Error::InvalidArgument, detail: Detail::default() };
    // SAFETY: as promised, or NULL
    let (Some(c), Some(host)) = (unsafe { c.as_ref() }, unsafe { host.as_ref() }) else { return failed(invalid) };
    if memory.is_null() || out.is_null() || (c.ca.is_null() && c.ca_count != 0) {
        return failed(invalid);
    }
    // SAFETY: `out` is a place for the answer
    unsafe { *out = ptr::null_mut() };
    // SAFETY: as promised
    let mut config = unsafe { config(c) };
    let Some((arena, end)) = arena(c, &config) else { return failed(invalid) };
    let skip = memory.align_offset(ALIGN);
    if skip >= ALIGN || length < skip || length - skip < end {
        let detail = Detail { a: length as u32, b: (end + ALIGN - 1) as u32 };
        return failed(Report { error: Error::MemoryTooSmall, detail });
    }
    // SAFETY: all parts lie inside the lent memory (just checked), do not overlap and are aligned. Each is
    // written before it is referred to. The caller lends the memory until etls_drop(), so 'static is what "until
    // then" looks like from here. The host's functions are copied so that `host` need not outlive this call.
    unsafe {
        let start = memory.cast::<u8>().add(skip);
        let own_host = start.add(HOST).cast::<OwnHost>();
        keep(host, tracer, own_host);
        let ca = start.add(CA).cast::<&'static [u8]>();
        for i in 0..c.ca_count {
            ca.add(i).write(slice(*c.ca.add(i)));
        }
        config.trust.ca = core::slice::from_raw_parts(ca, c.ca_count);
        let arena_len = length - skip - arena;
        let arena = start.add(arena);
        ptr::write_bytes(arena, 0, arena_len);
        let arena = core::slice::from_raw_parts_mut(arena, arena_len);
        let e = start.cast::<etls>();
        put(e, config, &mut *own_host, arena);
        match (*e).connection.start() {
            Ok(()) => {
                *out = e;
                0
            }
            Err(report) => {
                etls_drop(e);
                failed(report)
            }
        }
    }
}

/// What a count or an error looks like to C.
#[inline(never)]
fn result(result: Result<usize, Error>) -> isize {
    match result {
        Ok(n) => n as isize, // no slice is longer than isize::MAX
        Err(error) => -isize::from(error.number()),
    }
}

/// Gives bytes from the network to the connection. Returns how many were taken, or minus an error's number. Fewer than
/// given (possibly 0) are taken while plaintext waits for etls_read() or, during the handshake, bytes wait for
/// etls_pull() or there is work for etls_work(); give the rest again afterwards.
///
/// # Safety
/// `e` comes from etls_init(); `data` has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_push(e: *mut etls, data: *const u8, length: usize) -> isize {
    // SAFETY: as promised, or NULL
    match unsafe { enter(e) } {
        Some(e) => result(e.connection.push(unsafe { slice(etls_bytes { data, length }) })),
        None => result(Err(Error::InvalidArgument)),
    }
}

/// With etls_config.slices: does the next slice of a long computation (verifying, signing, agreeing on a key), if there
/// is one. Returns 1 if there is more to compute, 0 if not: then there may be something to pull, to read, or an error.
/// After etls_init() there is a first one, before the ClientHello can be pulled. A host calls it in a loop while it has
/// nothing else to do.
///
/// # Safety
/// `e` comes from etls_init().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_work(e: *mut etls) -> c_int {
    // SAFETY: as promised, or NULL
    unsafe { enter(e) }.is_some_and(|e| e.connection.work()).into()
}

/// Whether there is work for etls_work(): 1 or 0.
///
/// # Safety
/// `e` comes from etls_init().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_has_work(e: *const etls) -> c_int {
    // SAFETY: as promised, or NULL
    unsafe { enter(e) }.is_some_and(|e| e.connection.has_work()).into()
}

/// Fetches bytes for the network, also after an error (the alert). Returns how many; 0: none now.
///
/// # Safety
/// `e` comes from etls_init(); `out` has room for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_pull(e: *mut etls, out: *mut u8, length: usize) -> isize {
    // SAFETY: as promised, or NULL
    match unsafe { (enter(e), place(out, length)) } {
        (Some(e), Some(out)) => e.connection.pull(out) as isize, // no slice is longer than isize::MAX
        _ => result(Err(Error::InvalidArgument)),
    }
}

/// etls_pull() without the copy: points `*data` to what waits for the network and returns how many bytes that is; 0:
/// none now. They stay there until the next call with this connection, which may be etls_sent().
///
/// # Safety
/// `e` comes from etls_init(); `data` is a place for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_queued(e: *const etls, data: *mut *const u8) -> usize {
    // SAFETY: as promised, or NULL
    let (Some(e), false) = (unsafe { enter(e) }, data.is_null()) else { return 0 };
    let queued = e.connection.queued();
    // SAFETY: as promised
    unsafe { *data = queued.as_ptr() };
    queued.len()
}

/// Tells the connection that the transport has taken the first `length` bytes of what etls_queued() showed.
///
/// # Safety
/// `e` comes from etls_init().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_sent(e: *mut etls, length: usize) {
    // SAFETY: as promised, or NULL
    if let Some(e) = unsafe { enter(e) } {
        e.connection.sent(length);
    }
}

/// Fetches plaintext. Returns how many bytes, 0 if there is nothing yet or, with ETLS_CLOSED, nothing more; or minus an
/// error's number. What came before an error is given out before the error is.
///
/// # Safety
/// `e` comes from etls_init(); `out` has room for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_read(e: *mut etls, out: *mut u8, length: usize) -> isize {
    // SAFETY: as promised, or NULL
    match unsafe { (enter(e), place(out, length)) } {
        (Some(e), Some(out)) => result(e.connection.read(out)),
        _ => result(Err(Error::InvalidArgument)),
    }
}

/// How many bytes of plaintext etls_read() would give now.
///
/// # Safety
/// `e` comes from etls_init().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_readable(e: *const etls) -> usize {
    // SAFETY: as promised, or NULL
    unsafe { enter(e) }.map_or(0, |e| e.connection.readable())
}

/// Gives plaintext to be sent. Returns how many bytes were taken, 0 while the handshake runs or until earlier bytes
/// have been pulled; or minus an error's number.
///
/// # Safety
/// `e` comes from etls_init(); `data` has `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_write(e: *mut etls, data: *const u8, length: usize) -> isize {
    // SAFETY: as promised, or NULL
    match unsafe { enter(e) } {
        Some(e) => result(e.connection.write(unsafe { slice(etls_bytes { data, length }) })),
        None => result(Err(Error::InvalidArgument)),
    }
}

/// Ends the connection. Its close_notify can be pulled then; what still comes in is dropped. Returns 0.
///
/// # Safety
/// `e` comes from etls_init().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_close(e: *mut etls) -> c_int {
    // SAFETY: as promised, or NULL
    match unsafe { enter(e) } {
        Some(e) => {
            e.connection.close();
            0
        }
        None => -c_int::from(Error::InvalidArgument.number()),
    }
}

/// Tells the connection that the transport has ended. Without close_notify before it this is an error (ECONNRESET):
/// somebody may have cut the connection. Returns 0.
///
/// # Safety
/// `e` comes from etls_init().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_eof(e: *mut etls) -> c_int {
    // SAFETY: as promised, or NULL
    match unsafe { enter(e) } {
        Some(e) => {
            e.connection.eof();
            0
        }
        None => -c_int::from(Error::InvalidArgument.number()),
    }
}

/// Wipes the connection. The lent memory is the caller's again. NULL is allowed.
///
/// # Safety
/// `e` comes from etls_init() and is not used afterwards.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_drop(e: *mut etls) {
    if !e.is_null() {
        // SAFETY: as promised; its own memory is not freed by this, the caller lent it. What was moved from one place
        // in it to another is still in both, so all of it is wiped; its parts are not dropped one by one, for they do
        // no more.
        unsafe {
            (*e).connection.release();
            wipe(core::slice::from_raw_parts_mut(e.cast::<u8>(), size_of::<etls>()));
        }
    }
}

/// What the connection is doing: one of ETLS_HANDSHAKING, ETLS_OPEN, ETLS_CLOSED, ETLS_FAILED.
///
/// # Safety
/// `e` comes from etls_init().
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_status(e: *const etls) -> c_int {
    // SAFETY: as promised, or NULL
    unsafe { enter(e) }.map_or(ETLS_FAILED, |e| e.connection.status() as c_int)
}

/// Why the connection failed. Returns its number (also in `out->number`), 0 if it did not.
///
/// # Safety
/// `e` comes from etls_init(); `out` is NULL or a place for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_error(e: *const etls, out: *mut etls_error_info) -> c_int {
    // SAFETY: as promised, or NULL
    let report = match unsafe { enter(e) } {
        Some(e) => e.connection.error(),
        None => Some(Report { error: Error::InvalidArgument, detail: Detail::default() }),
    };
    // SAFETY: as promised
    unsafe { tell(report, out) }
}

/// Writes an error for people, "CODE: what happened. What to do (what that is called in C).", zero-terminated and cut
/// off to `length` bytes. Returns how many bytes the whole text has, without the zero. In builds without the feature
/// `error-text` it is "CODE" alone; espruino-patch/errors.md has the sentences.
///
/// # Safety
/// `error` comes from etls_error() or etls_init(); `out` has room for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_describe(error: *const etls_error_info, out: *mut c_char, length: usize) -> usize {
    // SAFETY: as promised, or NULL
    let (Some(error), Some(out)) = (unsafe { error.as_ref() }, unsafe { place(out.cast(), length) }) else {
        return 0;
    };
    describe(error, out)
}

/// What is known about the connection and its peer, at any time. Returns 0.
///
/// # Safety
/// `e` comes from etls_init(); `out` is a place for the answer. `out->alpn` points into the configuration's `alpn`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_peer(e: *const etls, out: *mut etls_peer_info) -> c_int {
    // SAFETY: as promised, or NULL
    let (Some(e), false) = (unsafe { enter(e) }, out.is_null()) else {
        return -c_int::from(Error::InvalidArgument.number());
    };
    let peer = e.connection.peer();
    let n = peer.negotiated;
    let answer = etls_peer_info {
        version: peer.version_z().as_ptr().cast(),
        suite: CipherSuite::name_z(n.suite).as_ptr().cast(),
        suite_number: n.suite,
        fragment: n.fragment,
        largest_record: peer.largest_record,
        trusted_by: n.trusted_by.map_or(0, |t| t.bits()),
        extended_master_secret: n.extended_master_secret.into(),
        close_notify: peer.close_notify.into(),
        resumed: n.resumed.into(),
        fingerprint256: n.fingerprint,
        alpn: etls_bytes { data: peer.alpn.as_ptr(), length: peer.alpn.len() },
        memory_peak: peer.memory_peak + size_of::<OwnHost>(),
    };
    // SAFETY: as promised
    unsafe { *out = answer };
    0
}

/// Points `out` to the session to give to the next connection (etls_config.session), if there is one and
/// etls_config.keep_session was set. Returns its length in bytes, 0 if there is none (yet: with TLS 1.3 it comes after
/// the handshake, often with the first data). It stays there until the next call with this connection. Store it
/// where nobody else can read or write: it is a secret, and it says whom to trust.
///
/// # Safety
/// `e` comes from etls_init(); `out` is NULL or a place for the answer.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_session(e: *const etls, out: *mut etls_bytes) -> usize {
    // SAFETY: as promised, or NULL
    let call = unsafe { enter(e) };
    let session = call.as_ref().map_or(&[][..], |call| call.connection.session());
    if !out.is_null() {
        // SAFETY: as promised
        unsafe { *out = etls_bytes { data: session.as_ptr(), length: session.len() } };
    }
    session.len()
}

/// Tells an error, or that there is none, if there is a place for it; returns its number.
///
/// SAFETY: `out` is NULL or a place for the answer.
#[inline(never)]
unsafe fn tell(report: Option<Report>, out: *mut etls_error_info) -> c_int {
    let number = report.map_or(0, |report| report.error.number().into());
    if out.is_null() {
        return number;
    }
    // SAFETY: as promised; zeros are a value of it
    let out = unsafe {
        ptr::write_bytes(out, 0, 1);
        &mut *out
    };
    out.number = number;
    out.alert = -1;
    if let Some(report) = report {
        let Report { error, detail } = report;
        (out.a, out.b) = (detail.a, detail.b);
        out.alert = match error.alert() {
            _ if error == Error::AlertReceived => detail.a as c_int, // one byte
            Alert::None => -1,
            alert => alert as c_int,
        };
        // SAFETY: c_char is a byte
        let room = unsafe { core::slice::from_raw_parts_mut(out.code.as_mut_ptr().cast::<u8>(), CODE_LEN) };
        copy(room, report.code().as_bytes());
    }
    number
}
