//! Outgoing records: written and sealed in place, then pulled by the caller (RFC 5246 §6.2).

#[cfg(feature = "tls13")]
use super::CHANGE_CIPHER_SPEC;
use super::traffic_key::TrafficKey;
use super::{APPLICATION_DATA, HEADER_LEN, TAG_LEN};
use crate::arena::Arena;
use crate::codec::copy;
use crate::config::TLS12;
use crate::crypto::AesHook;
use crate::error::Error;

/// Makes records in the [`Arena`]'s queue.
pub struct Outgoing {
    /// AES by the device.
    pub hook: AesHook,
    /// Keys for everything from the next record on.
    pub traffic_key: Option<TrafficKey>,
    /// A ChangeCipherSpec goes before the next record.
    #[cfg(feature = "tls13")]
    owes_change_cipher_spec: bool,
}

impl Default for Outgoing {
    /// Without protection.
    fn default() -> Self {
        Outgoing {
            hook: AesHook::NONE,
            traffic_key: None,
            #[cfg(feature = "tls13")]
            owes_change_cipher_spec: false,
        }
    }
}

/// The record that makes TLS 1.3 look like a resumed TLS 1.2 to what is on the way (RFC 8446 §D.4).
#[cfg(feature = "tls13")]
const CHANGE_CIPHER_SPEC_RECORD: [u8; 6] = [CHANGE_CIPHER_SPEC, 3, 3, 0, 1, 1];

impl Outgoing {
    /// Whether the next record will be protected.
    pub fn is_protected(&self) -> bool {
        self.traffic_key.is_some()
    }

    /// Before the next record a ChangeCipherSpec goes out that means nothing.
    #[cfg(feature = "tls13")]
    pub fn owe_change_cipher_spec(&mut self) {
        self.owes_change_cipher_spec = true;
    }

    /// Bytes of that record, if it is due.
    fn prefix_len(&self) -> usize {
        #[cfg(feature = "tls13")]
        if self.owes_change_cipher_spec {
            return CHANGE_CIPHER_SPEC_RECORD.len();
        }
        0
    }

    /// Bytes of a record before its plaintext and behind it.
    #[inline(never)]
    pub fn margins(&self) -> (usize, usize) {
        self.traffic_key.as_ref().map_or((HEADER_LEN, 0), |key| {
            (HEADER_LEN + key.explicit_nonce_len(), usize::from(key.is_tls13()) + TAG_LEN)
        })
    }

    /// The free place for the plaintext of the next record.
    pub fn room<'b>(&mut self, arena: &'b mut Arena) -> &'b mut [u8] {
        let room = self.room_at(arena);
        arena.room_mut(room)
    }

    /// Where that is in the arena.
    pub fn room_at(&mut self, arena: &mut Arena) -> core::ops::Range<usize> {
        let (before, behind) = self.margins();
        arena.room(self.prefix_len() + before, behind)
    }

    /// Makes a record of the first `length` bytes of [`Self::room`].
    pub fn seal(&mut self, arena: &mut Arena, content_type: u8, length: usize) -> Result<(), Error> {
        #[cfg(feature = "tls13")]
        if core::mem::take(&mut self.owes_change_cipher_spec) {
            // its place is in front of what room() gave out
            let n = CHANGE_CIPHER_SPEC_RECORD.len();
            copy(arena.next(n).unwrap_or_default(), &CHANGE_CIPHER_SPEC_RECORD);
            arena.append(n);
        }
        let (before, behind) = self.margins();
        let total = before + length + behind;
        let record = arena.next(total).ok_or(Error::Internal)?;
        let (head, rest) = record.split_at_mut_checked(before).ok_or(Error::Internal)?;
        let mut outer_type = content_type;
        if let Some(key) = &mut self.traffic_key {
            let nonce = key.sequence();
            copy(head.get_mut(HEADER_LEN..).unwrap_or_default(), &nonce);
            let (content, tag) = rest.split_last_chunk_mut().ok_or(Error::Internal)?;
            if let (true, Some(last)) = (key.is_tls13(), content.last_mut()) {
                (outer_type, *last) = (APPLICATION_DATA, content_type); // RFC 8446 §5.2: TLSInnerPlaintext
            }
            let mut aead = None;
            key.begin_record(outer_type, content.len() as u16, &nonce, self.hook, &mut aead)?;
            let aead = aead.as_mut().ok_or(Error::Internal)?;
            aead.seal(content);
            *tag = aead.tag();
        }
        let [v1, v0] = TLS12.to_be_bytes();
        let [l1, l0] = ((total - HEADER_LEN) as u16).to_be_bytes(); // what is sent is cut to less than 2^14 before
        copy(head, &[outer_type, v1, v0, l1, l0]);
        arena.append(total);
        Ok(())
    }
}
