//! ClientKeyExchange with ECDHE (RFC 8422 §5.7).

use crate::codec::Writer;
use crate::handshake::CLIENT_KEY_EXCHANGE;

/// Writes the whole message, header and all; returns its length in bytes. `None` if it does not fit.
pub fn write(out: &mut [u8], public: &[u8]) -> Option<usize> {
    let mut w = Writer::new(out);
    w.message(CLIENT_KEY_EXCHANGE);
    w.vector(1, public);
    w.finish()
}
