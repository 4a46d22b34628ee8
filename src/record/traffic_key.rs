//! One direction's traffic key: nonces, additional data, sequence numbers (RFC 5246 §6.2.3.3, RFC 5288, RFC 7905;
//! RFC 8446 §5.2, §5.3).

use super::TAG_LEN;
use crate::codec::copy;
use crate::config::TLS12;
use crate::crypto::{Aead, AeadAlgorithm, AesHook, wipe};
use crate::error::Error;

/// Bytes of the longest key of a cipher in this build.
const MAX_KEY_LEN: usize = if cfg!(any(feature = "aes256", feature = "chacha20")) { 32 } else { 16 };
/// Bytes of a nonce.
const NONCE_LEN: usize = 12;

/// Keys of one direction. The AES key schedule is made anew for each record: it costs about one percent of a 1 KB
/// record on a Cortex-M4 and saves some 250 bytes of RAM per direction.
pub struct TrafficKey {
    algorithm: AeadAlgorithm,
    /// The key, and behind it the nonce's implicit part.
    secret: [u8; MAX_KEY_LEN + NONCE_LEN],
    /// Records have TLS 1.3's form: the content type is inside, and the header is what is authenticated besides.
    tls13: bool,
    sequence: u32,
}

impl Drop for TrafficKey {
    fn drop(&mut self) {
        wipe(&mut self.secret);
    }
}

impl TrafficKey {
    /// Makes room for keys where they are used; what was there is wiped.
    #[inline(never)]
    pub fn blank(algorithm: AeadAlgorithm, tls13: bool, place: &mut Option<Self>) -> &mut Self {
        place.insert(TrafficKey { algorithm, secret: [0; MAX_KEY_LEN + NONCE_LEN], tls13, sequence: 0 })
    }

    /// Puts keys that have waited where they are used. A move would leave them where they were, too.
    #[inline(never)]
    pub fn put(waiting: &mut Option<Self>, place: &mut Option<Self>) {
        core::mem::swap(waiting, place);
        *waiting = None;
    }

    /// The key, to be filled in.
    pub fn key(&mut self) -> &mut [u8] {
        self.secret.get_mut(..self.algorithm.key_len()).unwrap_or_default()
    }

    /// The nonce's implicit part, to be filled in.
    pub fn iv(&mut self) -> &mut [u8] {
        let len = NONCE_LEN - self.explicit_nonce_len();
        self.secret.get_mut(MAX_KEY_LEN..).and_then(|iv| iv.get_mut(..len)).unwrap_or_default()
    }

    /// Whether records have TLS 1.3's form (RFC 8446 §5.2).
    pub fn is_tls13(&self) -> bool {
        cfg!(feature = "tls13") && self.tls13
    }

    /// Bytes of the nonce that travel in the record: 8 for GCM in TLS 1.2 (RFC 5288 §3), none for ChaCha20 (RFC 7905
    /// §2) and in TLS 1.3 (RFC 8446 §5.3).
    pub fn explicit_nonce_len(&self) -> usize {
        match self.algorithm {
            _ if self.is_tls13() => 0,
            #[cfg(feature = "chacha20")]
            AeadAlgorithm::ChaCha20Poly1305 => 0,
            #[allow(unreachable_patterns)] // without GCM
            _ => 8,
        }
    }

    /// The sequence number of the next record. As the explicit nonce it is never used twice.
    pub fn sequence(&self) -> [u8; 8] {
        u64::from(self.sequence).to_be_bytes()
    }

    /// All records that one key may protect have been.
    #[cfg(test)]
    pub fn exhaust(&mut self) {
        self.sequence = u32::MAX;
    }

    /// Begins the next record. `content_type`: what its header says. `length`: plaintext bytes, in TLS 1.3 with the
    /// content type and the padding. `explicit`: the nonce's part in the record, if it has one.
    ///
    /// The cipher's state is made where it stays: to return 400 bytes in a `Result` takes them three times of the
    /// stack, and leaves the key there.
    pub fn begin_record(
        &mut self,
        content_type: u8,
        length: u16,
        explicit: &[u8; 8],
        hook: AesHook,
        aead: &mut Option<Aead>,
    ) -> Result<(), Error> {
        let sequence = self.sequence();
        let next = self.sequence.checked_add(1).ok_or(Error::TooManyRecords)?;
        if !hook.is_there() {
            return Err(Error::NoAes);
        }
        let mut nonce = self.secret.last_chunk().copied().unwrap_or([0; NONCE_LEN]);
        let [_, _, _, _, tail @ ..] = &mut nonce;
        if self.explicit_nonce_len() != 0 {
            *tail = *explicit;
        } else {
            *tail = (u64::from_be_bytes(*tail) ^ u64::from(self.sequence)).to_be_bytes();
        }

        self.sequence = next;

        // seq_num || type || version || length; in TLS 1.3 the record's header, which is the same without seq_num and
        // with the tag's length
        let length = if self.is_tls13() { length.saturating_add(TAG_LEN as u16) } else { length };
        let [v1, v0] = TLS12.to_be_bytes();
        let [l1, l0] = length.to_be_bytes();
        let mut aad = [0, 0, 0, 0, 0, 0, 0, 0, content_type, v1, v0, l1, l0];
        copy(&mut aad, &sequence);
        let aad = if self.is_tls13() { aad.get(8..).unwrap_or_default() } else { &aad };
        let key = self.secret.get(..self.algorithm.key_len()).unwrap_or_default();
        aead.insert(Aead::blank(self.algorithm, hook)).start(key, &nonce, aad);
        Ok(())
    }
}
