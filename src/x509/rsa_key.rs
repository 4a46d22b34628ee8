//! An RSA private key in a text: PKCS #1 (RFC 8017 §A.1.2) or PKCS #8 (RFC 5958), not encrypted. It is read as a
//! stream; only the numbers that sign are kept, by [`RsaKey`].

use super::pem::Reader;
#[cfg(doc)]
use crate::crypto::RSA_SIGN_LEN;
use crate::crypto::signature::rsa_sign::{RsaKey, SIGNATURE_LEN};
use crate::crypto::{HashAlgorithm, Random, SignatureAlgorithm, Work};
use crate::error::Error;
use core::task::Poll;

/// AlgorithmIdentifier's content: rsaEncryption with NULL (RFC 3279 §2.3.1).
const RSA: [u8; 13] = [6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];

const INTEGER: u8 = 2;
const OCTET_STRING: u8 = 4;
const SEQUENCE: u8 = 0x30;

/// DER, one byte after the other.
struct Stream<'a>(Reader<'a>);

impl Stream<'_> {
    #[inline(never)]
    fn byte(&mut self) -> Option<u8> {
        self.0.byte().ok()?
    }

    /// The tag and the length of the next element.
    #[inline(never)]
    fn header(&mut self) -> Option<(u8, usize)> {
        let tag = self.byte()?;
        let first = self.byte()?;
        let mut length = usize::from(first);
        if first >= 0x80 {
            length = 0;
            for _ in 0..(first & 0x7f).min(3) {
                length = length << 8 | usize::from(self.byte()?);
            }
        }
        Some((tag, length))
    }

    fn expect(&mut self, wanted: u8) -> Option<usize> {
        let (tag, length) = self.header()?;
        (tag == wanted).then_some(length)
    }

    /// An INTEGER into little-endian words that are zero; none if there is no room for it.
    #[inline(never)]
    fn integer(&mut self, words: &mut [u32]) -> Option<()> {
        for left in (0..self.expect(INTEGER)?).rev() {
            let byte = self.byte()?;
            match words.get_mut(left / 4) {
                Some(word) => *word |= u32::from(byte) << (8 * (left % 4)),
                None if byte != 0 => return None,
                None => {}
            }
        }
        Some(())
    }

    /// Goes to the modulus.
    fn begin(&mut self) -> Option<()> {
        for _ in 0..2 {
            self.expect(SEQUENCE)?;
            self.integer(&mut [])?; // version 0
            // PKCS #8 goes on with an AlgorithmIdentifier, and has PKCS #1's form inside
            let (tag, length) = self.header()?;
            if tag == INTEGER {
                return if length == 257 { Some(()) } else { None };
            }
            let mut algorithm = [0; RSA.len()];
            for place in &mut algorithm {
                *place = self.byte()?;
            }
            if (tag, length, algorithm) != (SEQUENCE, RSA.len(), RSA) {
                return None;
            }
            self.expect(OCTET_STRING)?;
        }
        None
    }
}

/// Reads the key into its place; `modulus` gets the modulus' bytes as they pass.
#[inline(never)]
fn read(text: &[u8], key: &mut RsaKey, modulus: &mut dyn FnMut(u8)) -> Option<()> {
    let mut stream = Stream(Reader::for_key(text));
    if !stream.0.next().ok()? {
        return None;
    }
    stream.begin()?;
    for left in (0..257).rev() {
        let byte = stream.byte()?;
        if left < 256 {
            modulus(byte);
        } else if byte != 0 {
            return None;
        }
    }
    let mut e = [0];
    stream.integer(&mut e)?;
    let [e] = e;
    key.set_exponent(e);
    for _ in 0..stream.expect(INTEGER)? {
        stream.byte()?; // d
    }
    for index in 0..5 {
        stream.integer(key.part(index)?)?;
    }
    key.is_plausible().then_some(())
}

/// Signs with the key in the text; see [`RsaKey::sign`]. In slices: see [`Work`], with [`RSA_SIGN_LEN`] bytes of
/// memory.
#[inline(never)] // keeps the key's stack apart from everything else's
pub fn sign(
    text: &[u8],
    algorithm: SignatureAlgorithm,
    hash: HashAlgorithm,
    digest: &[u8],
    random: Random<'_>,
    work: &mut Work,
    out: &mut [u8; SIGNATURE_LEN],
) -> Poll<Result<(), Error>> {
    if work.begins() {
        return Poll::Pending;
    }
    let mut key = RsaKey::new();
    let result = match read(text, &mut key, &mut |_| ()) {
        Some(()) => key.sign(algorithm, hash, digest, random, work, out),
        None => Poll::Ready(Err(Error::KeyUnreadable)),
    };
    work.leave(result)
}

/// Whether the key has this modulus.
#[inline(never)]
pub fn has_modulus(text: &[u8], wanted: &[u8]) -> Result<bool, Error> {
    let mut expected = wanted.iter();
    let mut same = true;
    let mut key = RsaKey::new();
    read(text, &mut key, &mut |byte| same &= expected.next() == Some(&byte)).ok_or(Error::KeyUnreadable)?;
    Ok(same && expected.next().is_none())
}
