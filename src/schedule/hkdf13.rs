//! TLS 1.3's key schedule (RFC 8446 §7), on HKDF (RFC 5869).
//!
//! ```text
//! 0 or PSK ─► early ─► derived ─┐
//!               (EC)DHE ────────┴► handshake ─► derived ─┐
//!                                    ├► client, server    0 ─┴► main ─► client, server, resumption
//! ```
//! Only what a later step needs is kept: two traffic secrets and the one that the next are made of.

use super::hmac;
use crate::codec::copy;
use crate::crypto::{AeadAlgorithm, Digest, HashAlgorithm};
use crate::record::protection::Protection;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes of a secret: as many as the largest hash of a TLS 1.3 suite in this build gives.
const SECRET_LEN: usize = if cfg!(feature = "aes256") { 48 } else { 32 };

/// HKDF-Expand-Label (RFC 8446 §7.1), for results that are no longer than the hash: the first `length` bytes count.
#[inline(never)]
fn expand(hash: HashAlgorithm, secret: &[u8], label: &[u8], context: &[u8], length: usize) -> Digest {
    // HkdfLabel: length, "tls13 " and label, context; then HKDF-Expand's counter
    let [h, l] = (length as u16).to_be_bytes(); // at most 64
    let head = [h, l, label.len() as u8 + 6];
    let context_len = [context.len() as u8];
    hmac(hash, secret, &[&head, b"tls13 ", label, &context_len, context, &[1]])
}

/// Derive-Secret (RFC 8446 §7.1), with a transcript hash that is already there.
#[inline(never)]
fn derive(hash: HashAlgorithm, secret: &[u8], label: &[u8], transcript: &[u8]) -> Digest {
    expand(hash, secret, label, transcript, hash.output_len())
}

/// Derive-Secret with the transcript of nothing.
#[inline(never)]
fn derive_alone(hash: HashAlgorithm, secret: &[u8], label: &[u8]) -> Digest {
    #[cfg(not(feature = "aes256"))]
    let empty = &EMPTY;
    #[cfg(feature = "aes256")]
    let empty = &crate::crypto::Hash::new(hash).finish();
    derive(hash, secret, label, empty)
}

/// The early secret: extracted from the PSK, or from zeros.
#[inline(never)]
fn early(hash: HashAlgorithm, psk: Option<&[u8]>) -> Digest {
    let zeros = ZEROS.get(..hash.output_len()).unwrap_or_default();
    hmac(hash, zeros, &[psk.unwrap_or(zeros)])
}

/// verify_data of a Finished message (RFC 8446 §4.4.4), as long as the hash.
#[inline(never)]
fn verify_data(hash: HashAlgorithm, secret: &[u8], transcript: &[u8]) -> Digest {
    hmac(hash, &derive(hash, secret, b"finished", b""), &[transcript])
}

/// The binder that proves possession of a PSK (RFC 8446 §4.2.11.2). `transcript`: up to the binders.
#[cfg(feature = "resumption")]
pub fn binder(hash: HashAlgorithm, psk: &[u8], transcript: &[u8]) -> Digest {
    verify_data(hash, &derive_alone(hash, &early(hash, Some(psk)), b"res binder"), transcript)
}

/// SHA-256 of nothing.
#[cfg(any(not(feature = "aes256"), test))]
static EMPTY: [u8; 32] = *b"\xe3\xb0\xc4\x42\x98\xfc\x1c\x14\x9a\xfb\xf4\xc8\x99\x6f\xb9\x24\x27\xae\x41\xe4\x64\x9b\x93\x4c\xa4\x95\x99\x1b\x78\x52\xb8\x55";

static ZEROS: [u8; SECRET_LEN] = [0; SECRET_LEN];

/// A secret of the key schedule, as long as the suite's hash. It is made where it stays.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Secret([u8; SECRET_LEN]);

impl Default for Secret {
    fn default() -> Self {
        Secret([0; SECRET_LEN])
    }
}

impl Secret {
    fn set(&mut self, digest: &Digest) {
        copy(&mut self.0, digest);
    }

    /// Its bytes.
    #[inline(never)]
    pub fn bytes(&self, hash: HashAlgorithm) -> &[u8] {
        self.0.get(..hash.output_len()).unwrap_or_default()
    }

    /// Replaces it by what it derives.
    #[inline(never)]
    fn become_derived(&mut self, hash: HashAlgorithm, label: &[u8], transcript: &[u8]) {
        let next = derive(hash, self.bytes(hash), label, transcript);
        self.set(&next);
    }

    /// The next step down: replaces it by what is extracted from `input` with what it derives.
    #[inline(never)]
    fn extract(&mut self, hash: HashAlgorithm, input: &[u8]) {
        let salt = derive_alone(hash, self.bytes(hash), b"derived");
        self.set(&hmac(hash, &salt, &[input]));
    }

    /// The traffic keys made of this secret (RFC 8446 §7.3).
    #[inline(never)]
    pub fn protection(&self, hash: HashAlgorithm, aead: AeadAlgorithm) -> Protection {
        let key = expand(hash, self.bytes(hash), b"key", b"", aead.key_len());
        let iv = expand(hash, self.bytes(hash), b"iv", b"", 12);
        let iv = iv.first_chunk().copied().unwrap_or_default();
        Protection::new13(aead, key.get(..aead.key_len()).unwrap_or_default(), &iv)
    }

    /// verify_data of a Finished message (RFC 8446 §4.4.4), as long as the hash.
    pub fn verify_data(&self, hash: HashAlgorithm, transcript: &[u8]) -> Digest {
        verify_data(hash, self.bytes(hash), transcript)
    }

    /// Replaces a traffic secret by its successor (RFC 8446 §7.2).
    pub fn update(&mut self, hash: HashAlgorithm) {
        self.become_derived(hash, b"traffic upd", b"");
    }
}

/// The secrets of one connection: of the handshake first, of the application data later.
#[derive(Default)]
pub struct Secrets {
    /// client_handshake_traffic_secret or client_application_traffic_secret_N
    pub client: Secret,
    /// server_handshake_traffic_secret or server_application_traffic_secret_N
    pub server: Secret,
    /// The client's application traffic secret, until its Finished is written.
    next_client: Secret,
    main: Secret,
}

impl Secrets {
    /// Begins with the (EC)DHE shared secret and the transcript up to ServerHello. `psk`: of the session that is resumed.
    #[inline(never)]
    pub fn handshake(&mut self, hash: HashAlgorithm, psk: Option<&[u8]>, shared: &[u8], transcript: &[u8]) {
        let main = &mut self.main;
        main.set(&early(hash, psk));
        main.extract(hash, shared);
        self.client.set(&derive(hash, main.bytes(hash), b"c hs traffic", transcript));
        self.server.set(&derive(hash, main.bytes(hash), b"s hs traffic", transcript));
        main.extract(hash, ZEROS.get(..hash.output_len()).unwrap_or_default());
    }

    /// Goes on to the secrets of the application data, with the transcript up to the server's Finished. The client's own
    /// Finished still needs the one before: see [`Self::next_client`].
    #[inline(never)]
    pub fn application(&mut self, hash: HashAlgorithm, transcript: &[u8]) {
        let main = self.main.bytes(hash);
        self.next_client.set(&derive(hash, main, b"c ap traffic", transcript));
        self.server.set(&derive(hash, main, b"s ap traffic", transcript));
    }

    /// The client's Finished is written: what follows it is application data.
    pub fn next_client(&mut self) -> &Secret {
        self.client.0 = self.next_client.0;
        self.next_client.zeroize();
        &self.client
    }

    /// The last step, with the transcript up to the client's Finished: only sessions are derived from here on.
    #[cfg(feature = "resumption")]
    pub fn resumption(&mut self, hash: HashAlgorithm, transcript: &[u8]) {
        self.main.become_derived(hash, b"res master", transcript);
    }

    /// The PSK that belongs to a ticket with this nonce (RFC 8446 §4.6.1).
    #[cfg(feature = "resumption")]
    pub fn psk(&self, hash: HashAlgorithm, nonce: &[u8]) -> Digest {
        derive(hash, self.main.bytes(hash), b"resumption", nonce)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{EphemeralKey, NamedGroup};
    use crate::schedule::transcript::Transcript;
    extern crate std;
    use std::string::String;
    use std::vec::Vec;

    fn hex(s: &str) -> Vec<u8> {
        let digits: String = s.chars().filter(|c| !c.is_whitespace()).collect();
        (0..digits.len() / 2).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect()
    }

    const SHA256: HashAlgorithm = HashAlgorithm::Sha256;
    const CLIENT_HELLO: &str = "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113031302010000910000000b0009000006736572766572ff01000100000a00140012001d0017001800190100010101020103010400230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e040305030603020308040805080604010501060102010402050206020202002d00020101001c00024001";
    const SERVER_HELLO: &str = "020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304";
    const ENCRYPTED_EXTENSIONS: &str =
        "080000240022000a00140012001d00170018001901000101010201030104001c0002400100000000";
    const CERTIFICATE: &str = "0b0001b9000001b50001b0308201ac30820115a003020102020102300d06092a864886f70d01010b0500300e310c300a06035504031303727361301e170d3136303733303031323335395a170d3236303733303031323335395a300e310c300a0603550403130372736130819f300d06092a864886f70d010101050003818d0030818902818100b4bb498f8279303d980836399b36c6988c0c68de55e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace6c1af19eaa6af98c7ced43120998e187a80ee0ccb0524b1b018c3e0b63264d449a6d38e22a5fda430846748030530ef0461c8ca9d9efbfae8ea6d1d03e2bd193eff0ab9a8002c47428a6d35a8d88d79f7f1e3f0203010001a31a301830090603551d1304023000300b0603551d0f0404030205a0300d06092a864886f70d01010b05000381810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d2df7a594365417f2eae8f8a58c8f8172f9319cf36b7fd6c55b80f21a03015156726096fd335e5e67f2dbf102702e608ccae6bec1fc63a42a99be5c3eb7107c3c54e9b9eb2bd5203b1c3b84e0a8b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b42b4de10000";
    const CERTIFICATE_VERIFY: &str = "0f000084080400805a747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc90db78e2d33a5c141a078653fa6bef780c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411ac027671459e46445c9ea58c181e818e95b8c3fb0bf3278409d3be152a3da5043e063dda65cdf5aea20d53dfacd42f74f3";
    const SERVER_FINISHED: &str = "140000209b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718";
    const CLIENT_FINISHED: &str = "14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61";

    #[test]
    fn empty() {
        assert_eq!(*crate::crypto::Hash::new(SHA256).finish(), EMPTY);
    }

    /// RFC 8448 §3, "Simple 1-RTT Handshake", from the private key to the ticket's PSK; §4, the binder that it makes.
    #[test]
    fn rfc8448() {
        let private = hex("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005");
        let private: &[u8; 32] = private.as_slice().try_into().unwrap();
        let ours = EphemeralKey::from_private(NamedGroup::X25519, private).unwrap();
        let mut public = [0; 65];
        assert_eq!(ours.public(&mut public), 32);
        assert_eq!(public[..32], hex("99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c"));
        let theirs = hex("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f");
        let shared = ours.agree(&theirs).ok().unwrap();
        assert_eq!(*shared, *hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"));

        let mut transcript = Transcript::default();
        transcript.begin(SHA256, &hex(CLIENT_HELLO));
        transcript.update(&hex(SERVER_HELLO));
        let mut secrets = Secrets::default();
        secrets.handshake(SHA256, None, &shared, &transcript.digest());
        assert_eq!(
            secrets.client.bytes(SHA256),
            hex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21")
        );
        assert_eq!(
            secrets.server.bytes(SHA256),
            hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
        );
        assert_eq!(secrets.main.bytes(SHA256), hex("18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"));
        let key = expand(SHA256, secrets.server.bytes(SHA256), b"key", b"", 16);
        assert_eq!(key[..16], hex("3fce516009c21727d0f2e4e86ee403bc"));
        assert_eq!(expand(SHA256, secrets.server.bytes(SHA256), b"iv", b"", 12)[..12], hex("5d313eb2671276ee13000b30"));

        for message in [ENCRYPTED_EXTENSIONS, CERTIFICATE, CERTIFICATE_VERIFY] {
            transcript.update(&hex(message));
        }
        let finished = secrets.server.verify_data(SHA256, &transcript.digest());
        assert_eq!(*finished, hex(SERVER_FINISHED)[4..]);
        transcript.update(&hex(SERVER_FINISHED));
        let upto_server = transcript.digest();
        assert_eq!(*secrets.client.verify_data(SHA256, &upto_server), hex(CLIENT_FINISHED)[4..]);
        secrets.application(SHA256, &upto_server);
        secrets.next_client();
        assert_eq!(
            secrets.client.bytes(SHA256),
            hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")
        );
        assert_eq!(
            secrets.server.bytes(SHA256),
            hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643")
        );
        transcript.update(&hex(CLIENT_FINISHED));
        secrets.resumption(SHA256, &transcript.digest());
        assert_eq!(secrets.main.bytes(SHA256), hex("7df235f2031d2a051287d02b0241b0bfdaf86cc856231f2d5aba46c434ec196c"));
        let psk = secrets.psk(SHA256, &[0, 0]);
        assert_eq!(*psk, hex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"));

        // §4: "hash of ClientHello prefix" is what the RFC prints
        let prefix = hex("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14");
        let binder = binder(SHA256, &psk, &prefix);
        assert_eq!(*binder, hex("3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d"));
    }

    /// A record as §5.2 forms it, opened by what a secret gives, and again after a key update.
    #[test]
    #[cfg(not(feature = "aes-hook"))] // which has no AES
    fn records_open_with_what_was_derived() {
        use crate::record::incoming::{Incoming, Step};
        use crate::record::outgoing::Outgoing;
        let mut secret = Secret([3; SECRET_LEN]);
        for round in 0..3 {
            let mut arena = [0; 200];
            let (mut out, mut incoming) = (Outgoing::default(), Incoming::default());
            out.protect(secret.protection(SHA256, AeadAlgorithm::Aes128Gcm));
            incoming.protect(secret.protection(SHA256, AeadAlgorithm::Aes128Gcm));
            for length in [0, 1, 100] {
                out.room(&mut arena)[..length].fill(7);
                out.seal(&mut arena, 22, length).unwrap();
                let record = out.queued(&arena).to_vec();
                out.sent(record.len());
                assert_eq!(record[..3], [23, 3, 3]);
                assert_eq!(record.len(), 5 + length + 1 + 16);
                let (mut rest, mut content) = (&record[..], Vec::new());
                loop {
                    match incoming.step(&mut rest, &mut Default::default()).unwrap() {
                        Step::Content(n) => {
                            let mut piece = rest[..n].to_vec();
                            rest = &rest[n..];
                            incoming.open(&mut piece);
                            content.extend(piece);
                        }
                        Step::End => break,
                        _ => {}
                    }
                }
                assert!(incoming.is_tls13() && content[..length].iter().all(|b| *b == 7), "{round}");
                assert_eq!(content[length..], [22]);
            }
            let before = secret.clone();
            secret.update(SHA256);
            assert_ne!(before.0, secret.0);
        }
    }
}
