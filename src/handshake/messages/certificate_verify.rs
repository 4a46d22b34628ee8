//! CertificateVerify of the server, in TLS 1.3 (RFC 8446 §4.4.3).

use crate::codec::Cursor;
use crate::crypto::Work;
use crate::error::{Detail, Error};
use crate::handshake::signature_scheme;
use crate::x509::StoredKey;
use core::task::Poll;

/// Spaces that keep a signature apart from those of TLS 1.2.
pub(super) const SPACES: &[u8; 64] = &[b' '; 64];
const SERVER_CONTEXT: &[u8; 34] = b"TLS 1.3, server CertificateVerify\0";

/// Checks the signature in the message's body with the certificate's key, which lies at the workspace's start.
/// `transcript`: the hash up to Certificate.
#[inline(always)] // its many arguments come from one place
pub fn check(
    body: &[u8],
    key: &StoredKey,
    workspace: &[u8],
    transcript: &[u8],
    detail: &mut Detail,
    work: &mut Work,
) -> Poll<Result<(), Error>> {
    signature_scheme::check(Cursor(body), key, workspace, true, &[SPACES, SERVER_CONTEXT, transcript], detail, work)
}
