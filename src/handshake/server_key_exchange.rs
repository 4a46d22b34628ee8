//! ServerKeyExchange with ECDHE (RFC 8422 §5.4).

use super::signature_scheme::SignatureScheme;
use super::{GROUPS, Randoms};
use crate::codec::Cursor;
use crate::crypto::{Digest, Hash, HashAlgorithm, NamedGroup, PublicKey, SignatureAlgorithm, verify};
use crate::error::{Detail, Error};

/// The server's ephemeral public key.
pub struct ServerShare<'b> {
    /// Its group.
    pub group: NamedGroup,
    /// An uncompressed point or 32 bytes of X25519, if it is valid.
    pub public: &'b [u8],
}

/// The group with that number, if it is one of those offered.
pub fn find_group(number: usize) -> Option<NamedGroup> {
    GROUPS.iter().find(|group| **group as usize == number).copied()
}

/// Parses the body and checks its signature with the certificate's key.
pub fn parse<'b>(
    body: &'b [u8],
    key: &PublicKey,
    randoms: &Randoms,
    detail: &mut Detail,
) -> Result<ServerShare<'b>, Error> {
    let mut c = Cursor(body);
    if c.u8()? != 3 {
        return Err(Error::WrongCurve); // named_curve
    }
    let number = c.u16()?;
    detail.a = number as u32;
    let group = find_group(number).ok_or(Error::WrongCurve)?;
    let public = c.vec8()?;
    // client_random || server_random || ServerECDHParams is what is signed
    let params = body.get(..4 + public.len()).ok_or(Error::DecodeError)?;

    let number = c.u16()?;
    let signature = c.vec16()?;
    c.end()?;
    detail.a = number as u32;
    let scheme = SignatureScheme::find(number).ok_or(Error::WrongSignatureType)?;
    let is_rsa = matches!(key, PublicKey::Rsa { .. });
    if is_rsa != (scheme.algorithm != SignatureAlgorithm::Ecdsa) {
        return Err(Error::WrongSignatureType);
    }
    let digest = signed_digest(scheme.hash, randoms, params);
    if verify(key, scheme.algorithm, scheme.hash, &digest, signature) {
        Ok(ServerShare { group, public })
    } else {
        Err(Error::BadHandshakeSignature)
    }
}

#[inline(never)] // the hash's state must not stay on the stack below the verification
fn signed_digest(hash: HashAlgorithm, randoms: &Randoms, params: &[u8]) -> Digest {
    let mut hash = Hash::new(hash);
    hash.update(&randoms.client);
    hash.update(&randoms.server);
    hash.update(params);
    hash.finish()
}
