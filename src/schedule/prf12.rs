//! TLS 1.2's pseudo-random function and what is made with it (RFC 5246 §5, §6.3, §8.1; RFC 7627 §4).

use super::suite_hash::{Output, SuiteHash, hmac};
use crate::codec::copy;
use crate::crypto::wipe;
use crate::record::traffic_key::TrafficKey;

/// `P_hash(secret, label || seed...)`, as many bytes as `out` has (RFC 5246 §5).
#[inline(never)]
pub fn prf(hash: SuiteHash, secret: &[u8], label: &[u8], seed: [&[u8]; 2], mut out: &mut [u8]) {
    let [first, second] = seed;
    let (mut a, mut next) = (Output::new(hash), Output::new(hash));
    hmac(hash, secret, &[label, first, second], &mut a); // A(1)
    loop {
        let n = out.len().min(a.len());
        let Some((block, rest)) = out.split_at_mut_checked(n) else { return };
        hmac(hash, secret, &[&a, label, first, second], block);
        if rest.is_empty() {
            return;
        }
        out = rest;
        hmac(hash, secret, &[&a], &mut next);
        copy(&mut a, &next);
    }
}

/// Both sides' randoms.
pub struct Randoms {
    /// ClientHello.random
    pub client: [u8; 32],
    /// ServerHello.random
    pub server: [u8; 32],
}

impl Randoms {
    /// Before the hellos.
    pub const NONE: Self = Randoms { client: [0; 32], server: [0; 32] };
}

/// First the premaster secret, 32 or 48 bytes, then the master secret, 48 bytes (RFC 5246 §8.1).
#[derive(Clone)]
pub struct MasterSecret([u8; 48]);

impl Drop for MasterSecret {
    fn drop(&mut self) {
        wipe(&mut self.0);
    }
}

impl MasterSecret {
    /// There is none yet.
    pub const NONE: Self = MasterSecret([0; 48]);
}

impl MasterSecret {
    /// There is none any more.
    pub fn wipe(&mut self) {
        wipe(&mut self.0);
    }

    /// Sets it to the premaster secret, or to a session's master secret.
    pub fn set(&mut self, secret: &[u8]) {
        copy(&mut self.0, secret);
    }

    /// Goes on from the premaster secret. `session_hash` is given where both sides agreed on extended_master_secret
    /// (RFC 7627 §4); otherwise the randoms are used.
    pub fn derive(&mut self, hash: SuiteHash, session_hash: Option<&[u8]>, randoms: &Randoms) {
        let before = self.clone();
        let (label, seed): (&[u8], [&[u8]; 2]) = match session_hash {
            Some(session_hash) => (b"extended master secret", [session_hash, b""]),
            None => (b"master secret", [&randoms.client, &randoms.server]),
        };
        // Zeros behind a premaster secret of 32 bytes change nothing: HMAC fills a key up with them (RFC 2104 §2).
        prf(hash, &before.0, label, seed, &mut self.0);
    }

    /// Its bytes, for a session or a key log.
    #[cfg(any(feature = "resumption", feature = "key-log"))]
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// verify_data of a Finished message, 12 bytes (RFC 5246 §7.4.9).
    pub fn verify_data(&self, hash: SuiteHash, label: &[u8; 15], transcript: &[u8]) -> [u8; 12] {
        let mut out = [0; 12];
        prf(hash, &self.0, label, [transcript, b""], &mut out);
        out
    }

    /// The key block: client key, server key, client IV, server IV (RFC 5246 §6.3). Puts all of them where they belong.
    pub fn key_block(&self, hash: SuiteHash, randoms: &Randoms, client: &mut TrafficKey, server: &mut TrafficKey) {
        let mut block = [0; 88];
        let len = 2 * (client.key().len() + client.iv().len());
        let needed = block.get_mut(..len).unwrap_or_default();
        prf(hash, &self.0, b"key expansion", [&randoms.server, &randoms.client], needed);
        let mut rest: &[u8] = needed;
        let mut take = |place: &mut [u8]| {
            let n = copy(place, rest);
            rest = rest.get(n..).unwrap_or_default();
        };
        take(client.key());
        take(server.key());
        take(client.iv());
        take(server.iv());
        wipe(&mut block);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::vec::Vec;

    fn hex(s: &str) -> Vec<u8> {
        let digits: Vec<u8> = s.bytes().filter_map(|c| (c as char).to_digit(16)).map(|d| d as u8).collect();
        digits.chunks(2).map(|p| p[0] << 4 | p[1]).collect()
    }

    // The TLS 1.2 PRF has no vectors in an RFC; these are the ones that its editors posted to the IETF's TLS mailing
    // list and that the field uses ("Generating 100 bytes of pseudo-randomness").
    #[test]
    fn prf_sha256() {
        let secret = hex("9bbe436ba940f017b17652849a71db35");
        let seed = hex("a0ba9f936cda311827a6f796ffd5198c");
        let mut out = [0; 100];
        prf(SuiteHash::SHA256, &secret, b"test label", [&seed, b""], &mut out);
        let want = "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af\
                    0fa022f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701\
                    87347b66";
        assert_eq!(out[..], hex(want));
        let mut split = [0; 100];
        prf(SuiteHash::SHA256, &secret, b"test label", [&seed[..3], &seed[3..]], &mut split);
        assert_eq!(split, out);
    }

    #[cfg(feature = "aes256")]
    #[test]
    fn prf_sha384() {
        let secret = hex("b80b733d6ceefcdc71566ea48e5567df");
        let seed = hex("cd665cf6a8447dd6ff8b27555edb7465");
        let mut out = [0; 148];
        prf(SuiteHash::SHA384, &secret, b"test label", [&seed, b""], &mut out);
        let want = "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0\
                    e534cb400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425\
                    9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e099070\
                    3d73e56f";
        assert_eq!(out[..], hex(want));
    }
}
