//! Finished (RFC 5246 §7.4.9, RFC 8446 §4.4.4).

use crate::codec::Writer;
use crate::handshake::FINISHED;

/// Bytes of verify_data in TLS 1.2.
pub const VERIFY_DATA_LEN: usize = 12;
/// PRF label of the client's Finished.
pub const CLIENT_LABEL: &[u8; 15] = b"client finished";
/// PRF label of the server's Finished.
pub const SERVER_LABEL: &[u8; 15] = b"server finished";

/// Writes the whole message, header and all; returns its length in bytes. `None` if it does not fit.
pub fn write(out: &mut [u8], verify_data: &[u8]) -> Option<usize> {
    let mut w = Writer::new(out);
    w.message(FINISHED);
    w.bytes(verify_data);
    w.finish()
}
