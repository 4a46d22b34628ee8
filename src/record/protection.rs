//! One direction's traffic key: nonces, additional data, sequence numbers (RFC 5246 §6.2.3.3, RFC 5288, RFC 7905;
//! RFC 8446 §5.2, §5.3).

#[cfg(feature = "tls13")]
use super::{APPLICATION_DATA, TAG_LEN};
use crate::codec::copy;
use crate::config::TLS12;
use crate::crypto::{Aead, AeadAlgorithm, AesHook};
use crate::error::Error;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Keys of one direction. The AES key schedule is made anew for each record: it costs about one percent of a 1 KB
/// record on a Cortex-M4 and saves some 250 bytes of RAM per direction.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Protection {
    #[zeroize(skip)]
    algorithm: AeadAlgorithm,
    key: [u8; 32],
    iv: [u8; 12],
    /// Bytes of the nonce that travel in the record: 8 for GCM (RFC 5288 §3), none for ChaCha20 (RFC 7905 §2).
    #[zeroize(skip)]
    explicit_nonce_len: u8,
    /// Records have TLS 1.3's form: the content type is inside, and the header is what is authenticated besides.
    #[zeroize(skip)]
    tls13: bool,
    sequence: u64,
}

impl Protection {
    /// Keys for TLS 1.2. `iv`: the implicit part of the nonce, 4 or 12 bytes; the rest up to 12 travels in the record.
    /// Both slices are cut from the key block by [`crate::schedule::prf12`] with just these lengths.
    pub fn new(algorithm: AeadAlgorithm, key: &[u8], iv: &[u8]) -> Self {
        let explicit_nonce_len = if iv.len() == 12 { 0 } else { 8 };
        let tls13 = false;
        let mut p = Protection { algorithm, key: [0; 32], iv: [0; 12], explicit_nonce_len, tls13, sequence: 0 };
        copy(&mut p.key, key);
        copy(&mut p.iv, iv);
        p
    }

    /// Keys for TLS 1.3; `iv` has 12 bytes.
    #[cfg(feature = "tls13")]
    pub fn new13(algorithm: AeadAlgorithm, key: &[u8], iv: &[u8; 12]) -> Self {
        Protection { tls13: true, ..Self::new(algorithm, key, iv) }
    }

    /// Whether records have TLS 1.3's form (RFC 8446 §5.2).
    pub fn is_tls13(&self) -> bool {
        cfg!(feature = "tls13") && self.tls13
    }

    /// Bytes of the nonce that travel in the record.
    pub fn explicit_nonce_len(&self) -> usize {
        self.explicit_nonce_len.into()
    }

    /// The sequence number of the next record. As the explicit nonce it is never used twice.
    pub fn sequence(&self) -> [u8; 8] {
        self.sequence.to_be_bytes()
    }

    /// Begins the next record. `length`: plaintext bytes, in TLS 1.3 with the content type and the padding. `explicit`:
    /// the nonce's part in the record, if it has one.
    ///
    /// The cipher's state is put where it stays: to return 400 bytes in a `Result` takes them three times of the stack.
    pub fn begin(
        &mut self,
        content_type: u8,
        length: u16,
        explicit: &[u8; 8],
        hook: AesHook,
        aead: &mut Option<Aead>,
    ) -> Result<(), Error> {
        if !hook.is_there() {
            return Err(Error::NoAes);
        }
        let sequence = self.sequence();
        self.sequence = self.sequence.checked_add(1).ok_or(Error::TooManyRecords)?;

        let mut nonce = self.iv;
        let [_, _, _, _, tail @ ..] = &mut nonce;
        if self.explicit_nonce_len != 0 {
            *tail = *explicit;
        } else {
            for (n, s) in tail.iter_mut().zip(sequence) {
                *n ^= s;
            }
        }

        // seq_num || type || version || length
        let mut aad = [0; 13];
        let [s @ .., t, v1, v0, l1, l0] = &mut aad;
        *s = sequence;
        *t = content_type;
        [*v1, *v0] = TLS12.to_be_bytes();
        [*l1, *l0] = length.to_be_bytes();
        let mut aad: &[u8] = &aad;
        #[cfg(feature = "tls13")]
        let header;
        #[cfg(feature = "tls13")]
        if self.tls13 {
            let [v1, v0] = TLS12.to_be_bytes();
            let [l1, l0] = length.saturating_add(TAG_LEN as u16).to_be_bytes();
            header = [APPLICATION_DATA, v1, v0, l1, l0];
            aad = &header;
        }
        let key = self.key.get(..self.algorithm.key_len()).ok_or(Error::Internal)?;
        *aead = Some(Aead::new(self.algorithm, key, &nonce, aad, hook));
        Ok(())
    }
}
