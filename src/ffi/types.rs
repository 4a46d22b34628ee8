//! What C and Rust hand to each other: structures and constants.

use crate::config::Config;
use crate::host::{Host, Memory};
use core::ffi::{c_char, c_int, c_void};
use core::ptr;

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
    /// Not 0: encrypt, but authenticate nobody. `fingerprint256` and `pinned_pub_key` must hold all the same if they
    /// are given, as with curl's -k and --pinnedpubkey; `ca` is not looked at.
    pub insecure: u8,
    /// Not 0: do not check certificates' dates, for devices without a clock.
    pub ignore_validity: u8,
    /// Not 0: ask the server for a session and keep it for etls_session(). The memory for it, at most 768 bytes, comes
    /// from etls_host.alloc; without memory there is no session, and no error.
    pub keep_session: u8,
    /// Not 0: compute in slices, for hosts that must stay responsive: no call then takes longer than some 20 ms on a
    /// Cortex-M4 with 64 MHz (22 with a client's RSA key), and etls_work() goes on with what is left. 0: each call
    /// computes all that there is.
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
    /// Fills `out` with `length` unpredictable bytes; returns 0, or anything else if it can't: the connection then
    /// fails.
    pub random: Option<unsafe extern "C" fn(user: *mut c_void, out: *mut u8, length: usize) -> c_int>,
    /// Seconds since 1970-01-01 UTC; negative if unknown. May be NULL: unknown.
    pub now: Option<unsafe extern "C" fn(user: *mut c_void) -> i64>,
    /// Only called by builds with the feature `aes-hook`, which leave AES to the device (an nRF52's ECB, say through
    /// its SoftDevice), and must not be NULL there: etls_init() fails then. Others may leave it NULL. Encrypts the 16
    /// bytes at `block` where they are, with AES-128 under the 16 bytes at `key`. It is called about once for every 16
    /// bytes that go over the network and can't fail: if the hardware is busy, it waits.
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

/// For whom etls_describe_for() writes.
pub const ETLS_JAVASCRIPT: c_int = 0;
/// See ETLS_JAVASCRIPT.
pub const ETLS_C: c_int = 1;
/// See ETLS_JAVASCRIPT.
pub const ETLS_RUST: c_int = 2;

/// A record's header has come: `type` is its content type, `version` as on the wire, `length` what follows it.
pub const ETLS_TRACE_RECORD_IN: c_int = 1;
/// A record has been made; as for ETLS_TRACE_RECORD_IN.
pub const ETLS_TRACE_RECORD_OUT: c_int = 2;
/// A handshake message's header has come: `type`, `length` of its body, and `state`: what is awaited.
pub const ETLS_TRACE_MESSAGE_IN: c_int = 3;
/// A handshake message has been written: `type`, and `length` of its body.
pub const ETLS_TRACE_MESSAGE_OUT: c_int = 4;
/// An alert has come: `type` is its description, `level` 1 (warning) or 2 (fatal).
pub const ETLS_TRACE_ALERT_IN: c_int = 5;
/// An alert has been made; as for ETLS_TRACE_ALERT_IN.
pub const ETLS_TRACE_ALERT_OUT: c_int = 6;
/// A slice of a long computation is done.
pub const ETLS_TRACE_SLICE: c_int = 7;
/// The connection is open.
pub const ETLS_TRACE_OPEN: c_int = 8;
/// The connection has failed: `type` is the error's number.
pub const ETLS_TRACE_FAILED: c_int = 9;

/// Something that has happened, for etls_init_traced(): types, sizes and states, never contents or secrets. What comes
/// from the peer is told before the tag of its record has been checked.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etls_event {
    /// One of ETLS_TRACE_...: it says which of the rest has a meaning. There may be more of them one day.
    pub kind: c_int,
    /// See ETLS_TRACE_...
    pub r#type: u8,
    /// See ETLS_TRACE_ALERT_IN.
    pub level: u8,
    /// See ETLS_TRACE_RECORD_IN.
    pub version: u16,
    /// See ETLS_TRACE_...
    pub length: u32,
    /// See ETLS_TRACE_MESSAGE_IN: text, `state_length` bytes, not zero-terminated.
    pub state: *const c_char,
    /// Bytes of `state`.
    pub state_length: usize,
}

/// What etls_init_traced() calls for every event, from inside etls_...() calls; it must not call etls_...() itself with
/// the same connection. The event lives as long as the call.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct etls_trace {
    /// Handed to the function as it is.
    pub user: *mut c_void,
    /// May be NULL: nothing is told.
    pub event: Option<unsafe extern "C" fn(user: *mut c_void, event: *const etls_event)>,
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

    fn alloc(&mut self, len: usize) -> Option<Memory> {
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
            Some(core::slice::from_raw_parts_mut(memory, len).into())
        }
    }

    #[cfg(feature = "aes-hook")]
    fn aes128(&mut self) -> Option<crate::crypto::AesHook> {
        // SAFETY: the function is the caller's, who promises what it does, and that it can be called until etls_drop().
        Some(unsafe { crate::crypto::AesHook::new(self.aes128?, self.user) })
    }

    fn free(&mut self, memory: Memory) {
        if let (Some(free), Some(memory)) = (self.free, memory.into_static()) {
            // SAFETY: this is the memory that alloc() gave, with its length, and nobody refers to it any more.
            unsafe { free(self.user, memory.as_mut_ptr().cast(), memory.len()) }
        }
    }
}

/// SAFETY: the caller promises `length` readable bytes at `data` for as long as 'static is lived here.
#[inline(never)]
pub(super) unsafe fn slice(bytes: etls_bytes) -> &'static [u8] {
    if bytes.data.is_null() || bytes.length == 0 {
        return &[];
    }
    // SAFETY: as promised
    unsafe { core::slice::from_raw_parts(bytes.data, bytes.length) }
}

/// SAFETY: the caller promises `length` writable bytes at `out`, for this call.
pub(super) unsafe fn place<'p>(out: *mut u8, length: usize) -> Option<&'p mut [u8]> {
    if length == 0 {
        return Some(&mut []);
    }
    if out.is_null() {
        return None;
    }
    // SAFETY: as promised
    Some(unsafe { core::slice::from_raw_parts_mut(out, length) })
}

/// All but the trusted certificates.
///
/// SAFETY: as for `slice`.
#[inline(never)]
pub(super) unsafe fn config(c: &etls_config) -> Config<'static> {
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
