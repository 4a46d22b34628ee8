//! ServerKeyExchange with ECDHE (RFC 8422 §5.4).

use crate::codec::Cursor;
use crate::crypto::{NamedGroup, Work};
use crate::error::{Detail, Error};
use crate::handshake::signature_scheme;
use crate::schedule::prf12::Randoms;
use crate::x509::StoredKey;
use core::task::Poll;

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

/// Parses the body; the share, and what is left: the signature.
pub fn parse<'b>(body: &'b [u8], detail: &mut Detail) -> Result<(ServerShare<'b>, Cursor<'b>), Error> {
    let mut c = Cursor(body);
    if c.u8()? != 3 {
        return Err(Error::IllegalParameter); // named_curve
    }
    let number = c.u16()?;
    detail.a = number as u32;
    let group = find_group(number).ok_or(Error::WrongCurve)?;
    let public = c.vec8()?;
    Ok((ServerShare { group, public }, c))
}

/// Checks the signature, which is the end of the body, with the certificate's key, which lies at the workspace's start.
#[inline(always)] // its many arguments come from one place
pub fn check(
    body: &[u8],
    signature: Cursor,
    key: &StoredKey,
    workspace: &[u8],
    randoms: &Randoms,
    detail: &mut Detail,
    work: &mut Work,
) -> Poll<Result<(), Error>> {
    // client_random || server_random || ServerECDHParams is what is signed
    let params = body.len().checked_sub(signature.0.len()).and_then(|n| body.get(..n)).ok_or(Error::DecodeError)?;
    signature_scheme::check(signature, key, workspace, false, &[&randoms.client, &randoms.server, params], detail, work)
}
