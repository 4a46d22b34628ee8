//! Checks the configuration of trust before a byte is sent.

use crate::config::Trust;
use crate::error::{Detail, Error};
use crate::x509::verifier::Verifier;

/// Refuses what can be refused about whom to trust before a byte is sent, as a connection does. `known`: the anchors
/// have been read before.
///
/// # Errors
/// Everything that is wrong with the pins, the name or the anchors; `detail` has the numbers of the error.
pub fn check_config(trust: &Trust, name: &[u8], known: bool, detail: &mut Detail) -> Result<(), Error> {
    Verifier::blank(*trust, name).check(known, detail)
}

impl Verifier<'_> {
    /// Refuses what can be refused about whom to trust before a byte is sent. To be called once, before the first
    /// certificate. `known`: the anchors have been read before, as a session shows that is bound to them; reading them
    /// costs as much as half of a resumed handshake. The detail is that of the error.
    pub(crate) fn check(&mut self, known: bool, detail: &mut Detail) -> Result<(), Error> {
        let Trust { ca, fingerprint256, pinned_pub_key, insecure, .. } = self.trust;
        if !insecure && ca.is_empty() && fingerprint256.is_empty() && pinned_pub_key.is_empty() {
            return Err(Error::NoTrust);
        }
        let mut result = self.match_pins();
        if result.is_ok() && !insecure && !ca.is_empty() {
            result = self.check_anchors(known);
        }
        *detail = self.detail;
        result
    }
}
