//! ServerKeyExchange with ECDHE (RFC 8422 §5.4).

use super::{Randoms, signature_scheme};
use crate::codec::Cursor;
use crate::crypto::NamedGroup;
use crate::error::{Detail, Error};
use crate::x509::StoredKey;

/// The server's ephemeral public key.
pub struct ServerShare<'b> {
    /// Its group.
    pub group: NamedGroup,
    /// An uncompressed point or 32 bytes of X25519, if it is valid.
    pub public: &'b [u8],
}

/// The group with that number, if it is one of those offered.
pub fn find_group(number: usize) -> Option<NamedGroup> {
    match number {
        23 => Some(NamedGroup::Secp256r1),
        #[cfg(feature = "p384")]
        24 => Some(NamedGroup::Secp384r1),
        #[cfg(feature = "x25519")]
        29 => Some(NamedGroup::X25519),
        _ => None,
    }
}

/// Parses the body and checks its signature with the certificate's key, which lies at the workspace's start.
pub fn parse<'b>(
    body: &'b [u8],
    key: &StoredKey,
    workspace: &[u8],
    randoms: &Randoms,
    detail: &mut Detail,
) -> Result<ServerShare<'b>, Error> {
    let mut c = Cursor(body);
    if c.u8()? != 3 {
        return Err(Error::IllegalParameter); // named_curve
    }
    let number = c.u16()?;
    detail.a = number as u32;
    let group = find_group(number).ok_or(Error::WrongCurve)?;
    let public = c.vec8()?;
    // client_random || server_random || ServerECDHParams is what is signed
    let params = body.get(..4 + public.len()).ok_or(Error::DecodeError)?;
    signature_scheme::check(c, key, workspace, false, &[&randoms.client, &randoms.server, params], detail)?;
    Ok(ServerShare { group, public })
}
