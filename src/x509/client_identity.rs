//! Who the client is: its certificates and its key, read where the caller's texts lie.
//!
//! The key is decoded when it is needed, one at a time, and wiped; certificates are never in RAM as a whole.

use super::certificate::{CertificateWalk, Role, Target};
use super::pem::Reader;
#[cfg(feature = "client-rsa")]
use super::rsa_key;
use crate::codec::copy;
use crate::config::Config;
use crate::crypto::signature::ecdsa_sign;
use crate::error::{Detail, Error};
use zeroize::{Zeroize, Zeroizing};

/// More bytes than a P-256 key in any of its forms.
const MAX_KEY: usize = 192;

/// Longest certificate that is sent (3 bytes of length would allow more).
const MAX_CERTIFICATE: u32 = 16384;

/// Counts bytes, and copies those that fall into a window.
pub struct Window<'w> {
    skip: usize,
    out: &'w mut [u8],
    len: usize,
}

impl<'w> Window<'w> {
    /// The bytes from `skip` on, as many as fit into `out`.
    pub fn new(skip: usize, out: &'w mut [u8]) -> Self {
        Window { skip, out, len: 0 }
    }

    /// The next bytes of the whole.
    #[inline(never)]
    pub fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            if let Some(place) = self.len.checked_sub(self.skip).and_then(|at| self.out.get_mut(at)) {
                *place = *byte;
            }
            self.len += 1;
        }
    }

    /// How many bytes the whole has had so far.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Nothing has come yet.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// The certificates of a text, as TLS wants them: each with its length before it (RFC 5246 §7.4.2) and, in TLS 1.3, no
/// extensions after it (RFC 8446 §4.4.2).
pub fn write_certificates(text: &[u8], tls13: bool, window: &mut Window) -> Result<(), Error> {
    write_from(&mut Reader::new(text), tls13, window)
}

/// If there is an error, the reader stands at the certificate that has it.
fn write_from(reader: &mut Reader, tls13: bool, window: &mut Window) -> Result<(), Error> {
    while reader.next()? {
        // once for the length, once for the bytes
        let mut ahead = reader.clone();
        let length = each_byte(&mut ahead, |_| ())?;
        let [_, length @ ..] = length.to_be_bytes();
        window.bytes(&length);
        each_byte(reader, |byte| window.bytes(&[byte]))?;
        if tls13 {
            window.bytes(&[0, 0]);
        }
    }
    Ok(())
}

/// Reads one certificate; returns how many bytes it has.
fn each_byte(reader: &mut Reader, mut take: impl FnMut(u8)) -> Result<u32, Error> {
    let (mut header, mut n, mut end) = (0u32, 0u32, None);
    while let Some(byte) = reader.byte()? {
        take(byte);
        n += 1;
        header = header << 8 | u32::from(byte);
        // every certificate has more than 255 and less than 64 KB: 30 82 and two bytes of length
        if n == 4 {
            if header >> 16 != 0x3082 {
                return Err(Error::OwnCertUnreadable);
            }
            end = Some(4 + (header & 0xffff));
        }
        if n > MAX_CERTIFICATE {
            return Err(Error::OwnCertUnreadable);
        }
        if Some(n) == end && reader.knows_no_end() {
            break;
        }
    }
    if Some(n) == end { Ok(n) } else { Err(Error::OwnCertUnreadable) }
}

/// The private key in a text: PKCS #8 (RFC 5958) or SEC 1 (RFC 5915), not encrypted, P-256. Whether it is in the
/// curve's range, [`check`] finds out when it compares it with the certificate's key: that costs a million cycles. Put
/// where it stays: what is moved leaves a copy behind.
pub fn private_key(text: &[u8], key: &mut [u8; 32]) -> Result<(), Error> {
    let mut der = Zeroizing::new([0; MAX_KEY]);
    let mut reader = Reader::for_key(text);
    let mut len = 0;
    if !reader.next().map_err(|_| Error::KeyUnreadable)? {
        return Err(Error::KeyUnreadable);
    }
    while let Some(byte) = reader.byte().map_err(|_| Error::KeyUnreadable)? {
        *der.get_mut(len).ok_or(Error::KeyUnreadable)? = byte;
        len += 1;
    }
    let der = der.get(..len).unwrap_or_default();
    let bytes = key_bytes(der).ok_or(Error::KeyUnreadable)?;
    if copy(key, bytes) == 32 { Ok(()) } else { Err(Error::KeyUnreadable) }
}

/// AlgorithmIdentifier's content: id-ecPublicKey with prime256v1 (RFC 5480 §2.1.1).
const EC_P256: &[u8] = &[6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3, 1, 7];

fn key_bytes(der: &[u8]) -> Option<&[u8]> {
    let (mut inside, rest) = take(0x30, der)?;
    if !rest.is_empty() {
        return None;
    }
    let (version, rest) = take(2, inside)?;
    inside = rest;
    if version == [0] {
        let (algorithm, rest) = take(0x30, inside)?;
        let (key, _) = take(4, rest)?; // attributes may follow
        if algorithm != EC_P256 {
            return None;
        }
        return key_bytes_sec1(key);
    }
    key_bytes_sec1(der)
}

fn key_bytes_sec1(der: &[u8]) -> Option<&[u8]> {
    let (inside, rest) = take(0x30, der)?;
    let (version, after) = take(2, inside)?;
    let (key, after) = take(4, after)?;
    let named = match take(0xa0, after) {
        Some((parameters, _)) => parameters == EC_P256.get(9..)?,
        None => true,
    };
    (rest.is_empty() && version == [1] && named && key.len() == 32).then_some(key)
}

/// The content of the next element, and what follows it. Lengths up to 255 are enough for what is read here.
fn take(tag: u8, der: &[u8]) -> Option<(&[u8], &[u8])> {
    let (&[t, l], mut rest) = der.split_first_chunk()?;
    let mut length = usize::from(l);
    if l == 0x81 {
        let (&long, after) = rest.split_first()?;
        (length, rest) = (usize::from(long), after);
    }
    if t != tag || l > 0x81 || l == 0x80 {
        return None;
    }
    rest.split_at_checked(length)
}

/// Refuses certificates and keys that can't be used. The numbers are those of the error. `workspace`: room for a key.
pub fn check(config: &Config, workspace: &mut [u8], detail: &mut Detail) -> Result<(), Error> {
    if config.cert.is_empty() && config.key.is_empty() {
        return Ok(());
    }
    if config.cert.is_empty() || config.key.is_empty() {
        return Err(Error::CertWithoutKey);
    }
    check_certificates(config.cert, workspace, detail)?;
    // A key that can't be used at all is said to be that, and not another's.
    let public = workspace.get(..65).unwrap_or_default();
    let mut key = Zeroizing::new([0; 32]);
    let pair = match private_key(config.key, &mut key) {
        Ok(()) => ecdsa_sign::is_p256_pair(&key, public),
        #[cfg(feature = "client-rsa")]
        Err(_) => rsa_key::has_modulus(config.key, workspace.get(..256).unwrap_or_default())?,
        #[cfg(not(feature = "client-rsa"))]
        Err(error) => return Err(error),
    };
    if pair { Ok(()) } else { Err(Error::KeyMismatch) }
}

/// Leaves the first one's key at the workspace's start.
#[inline(never)]
fn check_certificates(text: &[u8], workspace: &mut [u8], detail: &mut Detail) -> Result<(), Error> {
    let mut reader = Reader::new(text);
    if write_from(&mut reader, false, &mut Window::new(0, &mut [])).is_err() {
        *detail = reader.place();
        return Err(Error::OwnCertUnreadable);
    }
    let mut walk = CertificateWalk::new();
    walk.restart(Role::Key);
    let target = Target::new(b"");
    reader.open(text);
    reader.next()?;
    let mut failed = false;
    each_byte(&mut reader, |byte| {
        let mut input = core::slice::from_ref(&byte);
        while !failed && matches!(walk.step(&mut input, &target, workspace).map_err(|_| failed = true), Ok(true)) {}
    })?;
    // No key that can be used here is a pair with one of another kind, or with none.
    workspace.get_mut(walk.facts.key.len()..).unwrap_or_default().zeroize();
    if failed || !walk.is_complete() { Err(Error::OwnCertUnreadable) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    #[test]
    fn a_window_shows_its_part() {
        let whole: Vec<u8> = (0..100).collect();
        for size in 1..20 {
            let mut pieces = Vec::<u8>::new();
            let mut from = 0;
            loop {
                let mut out = std::vec![0; size];
                let mut window = Window::new(from, &mut out);
                whole.chunks(7).for_each(|chunk| window.bytes(chunk));
                let n = (window.len() - from).min(size);
                if n == 0 {
                    break;
                }
                pieces.extend(&out[..n]);
                from += n;
            }
            assert_eq!(pieces, whole);
        }
    }

    #[test]
    fn keys_that_are_none() {
        for text in [
            &b""[..],
            b"hello",
            b"-----BEGIN CERTIFICATE-----\nMII=\n-----END CERTIFICATE-----\n",
            b"-----BEGIN RSA PRIVATE KEY-----\nMIIAAAAA\n-----END RSA PRIVATE KEY-----\n",
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMII=\n-----END ENCRYPTED PRIVATE KEY-----\n",
            b"-----BEGIN PRIVATE KEY-----\nMII=\n",
            &[0x30; 500],
        ] {
            assert_eq!(private_key(text, &mut [0; 32]).err(), Some(Error::KeyUnreadable), "{text:?}");
        }
    }
}
