//! ClientKeyExchange with ECDHE (RFC 8422 §5.7).

use super::CLIENT_KEY_EXCHANGE;
use crate::codec::Writer;
use crate::error::Error;

/// Writes the whole message, header and all; returns its length in bytes.
pub fn write(out: &mut [u8], public: &[u8]) -> Result<usize, Error> {
    let mut w = Writer::new(out);
    w.message(CLIENT_KEY_EXCHANGE);
    w.vector(1, public);
    w.finish()
}
