//! Puts handshake messages together from pieces of any size (RFC 5246 §7.4, RFC 8446 §4): one byte at a time,
//! many messages in one piece, one message over many. Messages are not collected here; each state says where their
//! bytes go.

use crate::codec::take;
use crate::error::Error;
use crate::handshake::StepContext;
use crate::handshake::flight::Handshake;
use core::task::{Poll, ready};

/// Where in the stream of messages the next byte belongs.
#[derive(Default)]
pub struct MessageReader {
    header: [u8; 4],
    have: usize,
    left: u32,
}

impl MessageReader {
    /// Whether a message has begun and not ended.
    pub fn in_message(&self) -> bool {
        self.have != 0
    }

    /// Two bytes that a message seems to begin with turn out to be something else: they are given back.
    #[cfg(feature = "tls13")]
    pub fn take_back(&mut self) -> Option<[u8; 2]> {
        let [first, second, ..] = self.header;
        if self.have != 2 {
            return None;
        }
        self.have = 0;
        Some([first, second])
    }

    /// Takes bytes of handshake messages and drives the handshake with them. Pending: a slice of an operation is due,
    /// and the bytes that are left come after it. Then the same call does the next slice, also without a byte.
    pub fn read(
        &mut self,
        bytes: &mut &[u8],
        handshake: &mut Handshake,
        context: &mut StepContext,
    ) -> Poll<Result<(), Error>> {
        loop {
            if let Some(place) = self.header.get_mut(self.have) {
                let Some((&first, tail)) = bytes.split_first() else { break };
                // Nor can there be more before the server has seen what has just been written.
                if handshake.has_new_read_keys || !(handshake.is_complete() || context.arena.is_queue_empty()) {
                    context.detail.a = first.into();
                    return Poll::Ready(Err(Error::UnexpectedMessage));
                }
                *place = first;
                self.have += 1;
                *bytes = tail;
                if self.have < self.header.len() {
                    continue;
                }
                let [_, l2, l1, l0] = self.header;
                self.left = u32::from_be_bytes([0, l2, l1, l0]);
                handshake.begin_message(&self.header, self.left, context)?;
            }
            let mut piece = bytes.get(..self.left as usize).unwrap_or(bytes);
            let given = piece.len();
            let result = handshake.body(&mut piece, context);
            let taken = take(bytes, given - piece.len());
            handshake.hash_body(taken);
            self.left -= taken.len() as u32;
            ready!(result)?;
            if self.left != 0 {
                break; // as the bytes are used up
            }
            ready!(handshake.end_message(&self.header, context))?;
            self.have = 0;
        }
        Poll::Ready(Ok(()))
    }
}
