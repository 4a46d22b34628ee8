//! The C ABI. `include/espruino_tls.h` is made from this file by cbindgen; the comments here are its manual.
//!
//! This is the only room with `unsafe` besides the crypto providers: it turns C's pointers into slices and back.

#![allow(unsafe_code)]
#![allow(non_camel_case_types)] // C's names

use crate::codec::copy;
use crate::config::Config;
use crate::connection::{Connection, Host};
use crate::crypto::wipe;
use crate::error::{Alert, CODE_LEN, Detail, Error, Report};
use crate::handshake::cipher_suite::CipherSuite;
use core::ffi::{c_char, c_int, c_void};
use core::mem::{align_of, size_of};
use core::ptr;
#[cfg(debug_assertions)]
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

/// Bytes that belong to somebody else. {NULL, 0} is the empty string.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etls_bytes {
    /// First byte.
    pub data: *const u8,
    /// Number of bytes.
    pub length: usize,
}

/// What the caller wants. All zeros is a valid start: 0 means "the default" everywhere. One of `ca`,
/// `fingerprint256`, `pinned_pub_key` or `insecure` must be set. The structure itself is only looked at during the
/// call; what its pointers point to must stay where it is until etls_drop().
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etls_config {
    /// Trusted certificates: an array of strings, each DER or PEM and with one or more certificates.
    pub ca: *const etls_bytes,
    /// Number of strings in `ca`.
    pub ca_count: usize,
    /// Text: SHA-256 of the server's certificate in hex, colons optional; several separated by commas.
    pub fingerprint256: etls_bytes,
    /// Text: "sha256//BASE64" of the server's SubjectPublicKeyInfo; several separated by semicolons.
    pub pinned_pub_key: etls_bytes,
    /// Text: host name for SNI and for the check of the certificate's name, or an IP address.
    pub servername: etls_bytes,
    /// Text: application protocols to offer, separated by commas, best first.
    pub alpn: etls_bytes,
    /// Bytes of plaintext that the server is asked not to exceed per record: 512, 1024 (default), 2048, 4096.
    pub max_fragment: u16,
    /// Largest record, in bytes of plaintext, taken from a server that ignores this; default 16384. Memory for it comes
    /// from etls_host.alloc while the record lives.
    pub max_record: u16,
    /// Largest record to send, in bytes of plaintext; default 536.
    pub max_send: u16,
    /// Lowest version to accept, as on the wire (0x0303 is TLS 1.2).
    pub min_version: u16,
    /// Highest version to offer, as on the wire.
    pub max_version: u16,
    /// Not 0: encrypt, but authenticate nobody. `fingerprint256` and `pinned_pub_key` must hold all the same if they are
    /// given, as with curl's -k and --pinnedpubkey; `ca` is not looked at.
    pub insecure: u8,
    /// Not 0: do not check certificates' dates, for devices without a clock.
    pub ignore_validity: u8,
    /// Not 0: ask the server for a session and keep it for etls_session(). The memory for it, at most 768 bytes, comes
    /// from etls_host.alloc; without memory there is no session, and no error.
    pub keep_session: u8,
    /// Not 0: compute in slices, for hosts that must not stand still: no call then takes longer than some 20 ms on a
    /// Cortex-M4 with 64 MHz (30 with a client's RSA key), and etls_work() goes on with what is left. 0: each call computes
    /// all that there is.
    pub slices: u8,
    /// A session to resume, from etls_session() of an earlier connection; empty: none. One that is damaged, too old or
    /// made under another name or trust is not used, and the handshake is a full one. Whoever can write where it is
    /// stored can put his own server's session there: its checksum finds damage, not forgery.
    pub session: etls_bytes,
    /// Text: the client's certificate, DER or PEM, then those of its issuers.
    pub cert: etls_bytes,
    /// Text: its private key, DER or PEM (PKCS #8, SEC 1, PKCS #1), P-256 or RSA-2048, without a password.
    pub key: etls_bytes,
}

/// What the device lends. Copied by etls_init(). These functions are called from inside etls_...() calls and must not
/// call etls_...() themselves with the same connection; builds with debug assertions refuse that.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etls_host {
    /// Handed to each function as it is.
    pub user: *mut c_void,
    /// Memory for a record larger than the buffer: `length` bytes, or NULL. May be NULL itself: then there is none.
    pub alloc: Option<unsafe extern "C" fn(user: *mut c_void, length: usize) -> *mut c_void>,
    /// Takes back what alloc gave.
    pub free: Option<unsafe extern "C" fn(user: *mut c_void, memory: *mut c_void, length: usize)>,
    /// Fills `out` with `length` unpredictable bytes; returns 0, or anything else if it can't: the connection then fails.
    pub random: Option<unsafe extern "C" fn(user: *mut c_void, out: *mut u8, length: usize) -> c_int>,
    /// Seconds since 1970-01-01 UTC; negative if unknown. May be NULL: unknown.
    pub now: Option<unsafe extern "C" fn(user: *mut c_void) -> i64>,
    /// Only called by builds with the feature `aes-hook`, which leave AES to the device (an nRF52's ECB, say through its
    /// SoftDevice), and must not be NULL there: etls_init() fails then. Others may leave it NULL. Encrypts the 16 bytes
    /// at `block` where they are, with AES-128 under the 16 bytes at `key`. It is called about once for every 16 bytes
    /// that go over the network and can't fail: if the hardware is busy, it waits.
    pub aes128: Option<unsafe extern "C" fn(user: *mut c_void, key: *const u8, block: *mut u8)>,
}

/// An error: what went wrong, for programs and for people.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etls_error_info {
    /// Number; 0: no error.
    pub number: c_int,
    /// The alert sent to the peer (RFC 8446 section 6), or the one received; -1: none.
    pub alert: c_int,
    /// Numbers that belong to the text.
    pub a: u32,
    /// See `a`.
    pub b: u32,
    /// Node's name for the error, such as "CERT_HAS_EXPIRED", zero-terminated; "" if there is no error.
    pub code: [c_char; 48],
}

/// What is known about the connection and its peer.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etls_peer_info {
    /// "TLSv1.2" or "TLSv1.3"; "" before the server has spoken.
    pub version: *const c_char,
    /// IANA name of the cipher suite; "" before the server has spoken.
    pub suite: *const c_char,
    /// Number of the cipher suite on the wire.
    pub suite_number: u16,
    /// Bytes of plaintext per record that the server agreed to; 0: it ignored the request.
    pub fragment: u16,
    /// Largest record that came since the handshake, in bytes of plaintext.
    pub largest_record: u16,
    /// Why the server is trusted: a sum of ETLS_TRUSTED_BY_..., 0 for nobody (insecure, or not known yet).
    pub trusted_by: u8,
    /// Not 0: extended_master_secret (RFC 7627).
    pub extended_master_secret: u8,
    /// Not 0: the peer has said close_notify, so nothing is missing at the end.
    pub close_notify: u8,
    /// Not 0: a session was resumed; fingerprint and trust are those of the connection in which it was made.
    pub resumed: u8,
    /// SHA-256 of the server's certificate; zeros before it came.
    pub fingerprint256: [u8; 32],
    /// The chosen application protocol.
    pub alpn: etls_bytes,
    /// Bytes of memory in use at the peak: what was lent and the largest record buffer allocated.
    pub memory_peak: usize,
}

/// The handshake runs: push and pull.
pub const ETLS_HANDSHAKING: c_int = 0;
/// The server is who it should be: read and write.
pub const ETLS_OPEN: c_int = 1;
/// Closed in an orderly way and everything has been read.
pub const ETLS_CLOSED: c_int = 2;
/// See etls_error().
pub const ETLS_FAILED: c_int = 3;

/// The certificate is a pinned one.
pub const ETLS_TRUSTED_BY_FINGERPRINT: u8 = 1;
/// The key is a pinned one.
pub const ETLS_TRUSTED_BY_PUBLIC_KEY: u8 = 2;
/// The certificate leads to a trusted one, and the name is right.
pub const ETLS_TRUSTED_BY_CA: u8 = 4;

/// A connection. Lives in the memory that the caller lends.
pub struct etls {
    #[cfg(debug_assertions)]
    busy: AtomicBool,
    connection: Connection<'static>,
}

/// A connection for the time of one call. In debug builds a call from inside another one, by a function of etls_host, is
/// refused; otherwise two places would change the connection at once.
struct Call<'e> {
    connection: &'e mut Connection<'static>,
    #[cfg(debug_assertions)]
    busy: &'e AtomicBool,
}

#[cfg(debug_assertions)]
impl Drop for Call<'_> {
    fn drop(&mut self) {
        self.busy.store(false, Relaxed);
    }
}

/// None for NULL, and in debug builds for calls from inside a call.
///
/// SAFETY: `e` is NULL or comes from etls_init().
#[inline(always)]
unsafe fn enter<'e>(e: *const etls) -> Option<Call<'e>> {
    let e = e.cast_mut();
    if e.is_null() {
        return None;
    }
    // SAFETY: as promised; nothing else refers to the connection while this call runs, which `busy` makes sure of
    unsafe {
        #[cfg(debug_assertions)]
        let busy = &*ptr::addr_of!((*e).busy);
        #[cfg(debug_assertions)]
        if busy.swap(true, Relaxed) {
            return None;
        }
        Some(Call {
            connection: &mut *ptr::addr_of_mut!((*e).connection),
            #[cfg(debug_assertions)]
            busy,
        })
    }
}

impl Host for etls_host {
    fn random(&mut self, out: &mut [u8]) -> bool {
        match self.random {
            // SAFETY: the slice is valid for writing; the function is the caller's.
            Some(random) => unsafe { random(self.user, out.as_mut_ptr(), out.len()) == 0 },
            None => false,
        }
    }

    fn now(&mut self) -> Option<i64> {
        // SAFETY: the function is the caller's.
        let now = unsafe { self.now?(self.user) };
        (now >= 0).then_some(now)
    }

    fn alloc(&mut self, len: usize) -> Option<&'static mut [u8]> {
        self.free?; // what can't be given back is not taken
        // SAFETY: the function is the caller's.
        let memory = unsafe { self.alloc?(self.user, len) }.cast::<u8>();
        if memory.is_null() {
            return None;
        }
        // SAFETY: the caller gave `len` bytes that are ours until free(). They are written first because reading
        // uninitialised memory is not allowed.
        unsafe {
            ptr::write_bytes(memory, 0, len);
            Some(core::slice::from_raw_parts_mut(memory, len))
        }
    }

    #[cfg(feature = "aes-hook")]
    fn aes128(&mut self) -> Option<crate::crypto::AesHook> {
        // SAFETY: the function is the caller's, who promises what it does, and that it can be called until etls_drop().
        Some(unsafe { crate::crypto::AesHook::new(self.aes128?, self.user) })
    }

    fn free(&mut self, buffer: &'static mut [u8]) {
        if let Some(free) = self.free {
            // SAFETY: this is the memory that alloc() gave, with its length, and nobody refers to it any more.
            unsafe { free(self.user, buffer.as_mut_ptr().cast(), buffer.len()) }
        }
    }
}

/// SAFETY: the caller promises `length` readable bytes at `data` for as long as 'static is lived here.
#[inline(never)]
unsafe fn slice(bytes: etls_bytes) -> &'static [u8] {
    if bytes.data.is_null() || bytes.length == 0 {
        return &[];
    }
    // SAFETY: as promised
    unsafe { core::slice::from_raw_parts(bytes.data, bytes.length) }
}

/// All but the trusted certificates.
///
/// SAFETY: as for `slice`.
#[inline(never)]
unsafe fn config(c: &etls_config) -> Config<'static> {
    let mut config = Config::default();
    // SAFETY: as promised
    unsafe {
        config.trust.fingerprint256 = slice(c.fingerprint256);
        config.trust.pinned_pub_key = slice(c.pinned_pub_key);
        config.servername = slice(c.servername);
        config.alpn = slice(c.alpn);
        config.session = slice(c.session);
        config.cert = slice(c.cert);
        config.key = slice(c.key);
    }
    config.trust.insecure = c.insecure != 0;
    config.trust.ignore_validity = c.ignore_validity != 0;
    config.keep_session = c.keep_session != 0;
    config.slices = c.slices != 0;
    config.min_version = c.min_version;
    config.max_version = c.max_version;
    // Of the sizes 0 is the default.
    if c.max_fragment != 0 {
        config.max_fragment = c.max_fragment;
    }
    if c.max_record != 0 {
        config.max_record = c.max_record;
    }
    if c.max_send != 0 {
        config.max_send = c.max_send;
    }
    config
}

/// Where the parts of the lent memory begin, counted from its (aligned) start: the connection is the first, then these, and
/// the arena is the last.
const HOST: usize = size_of::<etls>().next_multiple_of(align_of::<etls_host>());
const CA: usize = (HOST + size_of::<etls_host>()).next_multiple_of(align_of::<&[u8]>());

/// Where the arena begins and ends; `None` if no memory has room for so many trusted certificates.
fn arena(c: &etls_config, config: &Config) -> Option<(usize, usize)> {
    if c.ca_count > usize::MAX / 4 / size_of::<&[u8]>() {
        return None;
    }
    let start = CA + c.ca_count * size_of::<&[u8]>();
    Some((start, start + Connection::memory_needed(config)))
}

/// The strictest alignment of what is put into the lent memory.
const ALIGN: usize =
    if align_of::<etls>() > align_of::<etls_host>() { align_of::<etls>() } else { align_of::<etls_host>() };

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
        let own_host = start.add(HOST).cast::<etls_host>();
        ptr::copy_nonoverlapping(host, own_host, 1);
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

/// Puts a connection where it stays. A function of its own so that the room on the stack that the compiler builds it in
/// is free again when the connection starts.
///
/// SAFETY: `e` is memory for an etls, aligned.
#[inline(never)]
unsafe fn put(e: *mut etls, config: Config<'static>, host: &'static mut etls_host, arena: &'static mut [u8]) {
    // SAFETY: as promised
    unsafe {
        e.write(etls {
            #[cfg(debug_assertions)]
            busy: AtomicBool::new(false),
            connection: Connection::unstarted(config, host, arena),
        })
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

/// With etls_config.slices: does the next slice of a long computation (verifying, signing, agreeing on a key), if there is
/// one. Returns 1 if there is more to compute, 0 if not: then there may be something to pull, to read, or an error. After
/// etls_init() there is a first one, before the ClientHello can be pulled. In a loop it is what the host does while it has
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

/// etls_pull() without the copy: points `*data` to what waits for the network and returns how many bytes that is; 0: none
/// now. They stay there until the next call with this connection, which may be etls_sent().
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

/// SAFETY: the caller promises `length` writable bytes at `out`, for this call.
unsafe fn place<'p>(out: *mut u8, length: usize) -> Option<&'p mut [u8]> {
    if length == 0 {
        return Some(&mut []);
    }
    if out.is_null() {
        return None;
    }
    // SAFETY: as promised
    Some(unsafe { core::slice::from_raw_parts_mut(out, length) })
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

/// Ends the connection: close_notify can be pulled, what still comes in is dropped. Returns 0.
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
        // SAFETY: as promised; its own memory is not freed by this, the caller lent it. What was moved from one place in it
        // to another is still in both, so all of it is wiped.
        unsafe {
            ptr::drop_in_place(e);
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

/// Writes an error for people, "CODE: what happened. What to do.", zero-terminated and cut off to `length` bytes.
/// Returns how many bytes the whole text has, without the zero.
///
/// # Safety
/// `error` comes from etls_error() or etls_init(); `out` has room for `length` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn etls_describe(error: *const etls_error_info, out: *mut c_char, length: usize) -> usize {
    // SAFETY: as promised, or NULL
    let (Some(error), Some(out)) = (unsafe { error.as_ref() }, unsafe { place(out.cast(), length) }) else {
        return 0;
    };
    let (last, room) = match out.split_last_mut() {
        Some(split) => split,
        None => return 0,
    };
    room.fill(0);
    *last = 0;
    let mut len = 0;
    let mut put = |piece: &[u8]| {
        copy(room.get_mut(len..).unwrap_or_default(), piece);
        len += piece.len();
    };
    #[cfg(feature = "error-text")]
    if let Some(&found) = Error::ALL.iter().find(|e| c_int::from(e.number()) == error.number) {
        Report { error: found, detail: Detail { a: error.a, b: error.b } }.pieces(&mut put);
    }
    // Without sentences there is the code alone, which is at hand.
    #[cfg(not(feature = "error-text"))]
    for &c in error.code.iter().take_while(|c| **c != 0) {
        put(&[c as u8]);
    }
    len
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
        memory_peak: peer.memory_peak + size_of::<etls_host>(),
    };
    // SAFETY: as promised
    unsafe { *out = answer };
    0
}

/// Points `out` to the session to give to the next connection (etls_config.session), if there is one and
/// etls_config.keep_session was set. Returns its length in bytes, 0 if there is none (yet: with TLS 1.3 it comes after the
/// handshake, often with the first data). It stays there until the next call with this connection. Keep it where nobody else reads
/// it, for it is a secret, or writes to it, for it says whom to trust.
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

/// Bare metal has no panic handler of its own. The engine has no line that panics; should there be one all the same,
/// stopping is all that is left, and the host's watchdog restarts the device.
#[cfg(all(feature = "panic-handler", target_os = "none"))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    loop {
        core::hint::spin_loop();
    }
}
