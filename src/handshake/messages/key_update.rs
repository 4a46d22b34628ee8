//! KeyUpdate (RFC 8446 §4.6.3).

use crate::handshake::KEY_UPDATE;

/// The whole message that answers a request: new keys from here, and none wanted from the peer.
pub const NOT_REQUESTED: [u8; 5] = [KEY_UPDATE, 0, 0, 1, 0];
