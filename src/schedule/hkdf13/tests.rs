use super::*;
use crate::crypto::{EphemeralKey, NamedGroup, complete};
use crate::schedule::transcript::Transcript;
extern crate std;
use std::string::String;
use std::vec::Vec;

fn hex(s: &str) -> Vec<u8> {
    let digits: String = s.chars().filter(|c| !c.is_whitespace()).collect();
    (0..digits.len() / 2).map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap()).collect()
}

const SHA256: SuiteHash = SuiteHash::SHA256;
const CLIENT_HELLO: &str = "010000c00303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece7000006130113031302010000910000000b0009000006736572766572ff01000100000a00140012001d0017001800190100010101020103010400230000003300260024001d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e040305030603020308040805080604010501060102010402050206020202002d00020101001c00024001";
const SERVER_HELLO: &str = "020000560303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d0020c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304";
const ENCRYPTED_EXTENSIONS: &str = "080000240022000a00140012001d00170018001901000101010201030104001c0002400100000000";
const CERTIFICATE: &str = "0b0001b9000001b50001b0308201ac30820115a003020102020102300d06092a864886f70d01010b0500300e310c300a06035504031303727361301e170d3136303733303031323335395a170d3236303733303031323335395a300e310c300a0603550403130372736130819f300d06092a864886f70d010101050003818d0030818902818100b4bb498f8279303d980836399b36c6988c0c68de55e1bdb826d3901a2461eafd2de49a91d015abbc9a95137ace6c1af19eaa6af98c7ced43120998e187a80ee0ccb0524b1b018c3e0b63264d449a6d38e22a5fda430846748030530ef0461c8ca9d9efbfae8ea6d1d03e2bd193eff0ab9a8002c47428a6d35a8d88d79f7f1e3f0203010001a31a301830090603551d1304023000300b0603551d0f0404030205a0300d06092a864886f70d01010b05000381810085aad2a0e5b9276b908c65f73a7267170618a54c5f8a7b337d2df7a594365417f2eae8f8a58c8f8172f9319cf36b7fd6c55b80f21a03015156726096fd335e5e67f2dbf102702e608ccae6bec1fc63a42a99be5c3eb7107c3c54e9b9eb2bd5203b1c3b84e0a8b2f759409ba3eac9d91d402dcc0cc8f8961229ac9187b42b4de10000";
const CERTIFICATE_VERIFY: &str = "0f000084080400805a747c5d88fa9bd2e55ab085a61015b7211f824cd484145ab3ff52f1fda8477b0b7abc90db78e2d33a5c141a078653fa6bef780c5ea248eeaaa785c4f394cab6d30bbe8d4859ee511f602957b15411ac027671459e46445c9ea58c181e818e95b8c3fb0bf3278409d3be152a3da5043e063dda65cdf5aea20d53dfacd42f74f3";
const SERVER_FINISHED: &str = "140000209b9b141d906337fbd2cbdce71df4deda4ab42c309572cb7fffee5454b78f0718";
const CLIENT_FINISHED: &str = "14000020a8ec436d677634ae525ac1fcebe11a039ec17694fac6e98527b642f2edd5ce61";

/// RFC 8448 §3, "Simple 1-RTT Handshake", from the private key to the ticket's PSK; §4, the binder that it makes.
#[test]
fn rfc8448() {
    let private = hex("49af42ba7f7994852d713ef2784bcbcaa7911de26adc5642cb634540e7ea5005");
    let private: &[u8; 32] = private.as_slice().try_into().unwrap();
    let ours = EphemeralKey::from_private(NamedGroup::X25519, private).unwrap();
    let mut public = [0; crate::crypto::MAX_PUBLIC];
    assert_eq!(complete(|work| ours.public(&mut public, work)), 32);
    assert_eq!(public[..32], hex("99381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c"));
    let theirs = hex("c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f");
    let mut shared = crate::crypto::SharedSecret::NONE;
    complete(|work| ours.agree(&theirs, &mut shared, work)).unwrap();
    assert_eq!(*shared, *hex("8bd4054fb55b9d63fdfbacf9f04b9f0d35e6d63f537563efd46272900f89492d"));

    let mut transcript = Transcript::default();
    transcript.start(SHA256, &hex(CLIENT_HELLO));
    transcript.update(&hex(SERVER_HELLO));
    let mut secrets = Secrets::NONE;
    secrets.handshake(SHA256, false, &shared, &transcript.digest());
    assert_eq!(*secrets.client, hex("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"));
    assert_eq!(*secrets.server, hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38"));
    assert_eq!(*secrets.main, hex("18df06843d13a08bf2a449844c5f8a478001bc4d4c627984d5a41da8d0402919"));
    let (mut key, mut iv) = ([0; 16], [0; 12]);
    expand(SHA256, &secrets.server, b"key", b"", &mut key);
    assert_eq!(key[..], hex("3fce516009c21727d0f2e4e86ee403bc"));
    expand(SHA256, &secrets.server, b"iv", b"", &mut iv);
    assert_eq!(iv[..], hex("5d313eb2671276ee13000b30"));

    for message in [ENCRYPTED_EXTENSIONS, CERTIFICATE, CERTIFICATE_VERIFY] {
        transcript.update(&hex(message));
    }
    let finished = verify_data(SHA256, &secrets.server, &transcript.digest());
    assert_eq!(*finished, hex(SERVER_FINISHED)[4..]);
    transcript.update(&hex(SERVER_FINISHED));
    let upto_server = transcript.digest();
    assert_eq!(*verify_data(SHA256, &secrets.client, &upto_server), hex(CLIENT_FINISHED)[4..]);
    secrets.application(SHA256, &upto_server);
    secrets.next_client();
    assert_eq!(*secrets.client, hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"));
    assert_eq!(*secrets.server, hex("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"));
    transcript.update(&hex(CLIENT_FINISHED));
    secrets.end(&transcript.digest());
    let mut psk = Output::new(SHA256);
    secrets.psk(SHA256, &[0, 0], &mut psk);
    assert_eq!(*psk, hex("4ecd0eb6ec3b4d87f5d6028f922ca4c5851a277fd41311c9e62d2c9492e1c4f3"));

    // §4: "hash of ClientHello prefix" is what the RFC prints
    let prefix = hex("63224b2e4573f2d3454ca84b9d009a04f6be9e05711a8396473aefa01e924a14");
    let binder = secrets.binder(SHA256, &psk, &prefix);
    assert_eq!(*binder, hex("3add4fb2d8fdf822a0ca3cf7678ef5e88dae990141c5924d57bb6fa31b9e5f9d"));
}

/// A record as §5.2 forms it, opened by what a secret gives, and again after a key update.
#[test]
#[cfg(not(feature = "aes-hook"))] // which has no AES
fn records_open_with_what_was_derived() {
    use crate::arena::Arena;
    use crate::record::incoming::{Incoming, Step};
    use crate::record::outgoing::Outgoing;
    let mut secret = Output::new(SHA256);
    secret.fill(3);
    for round in 0..3 {
        let mut memory = [0; 200];
        let mut arena = Arena::new(&mut memory);
        let (mut out, mut incoming) = (Outgoing::default(), Incoming::default());
        protect(SHA256, &secret, AeadAlgorithm::Aes128Gcm, &mut out.traffic_key);
        protect(SHA256, &secret, AeadAlgorithm::Aes128Gcm, &mut incoming.traffic_key);
        for length in [0, 1, 100] {
            out.room(&mut arena)[..length].fill(7);
            out.seal(&mut arena, 22, length).unwrap();
            let record = arena.queue().to_vec();
            arena.sent(record.len());
            assert_eq!(record[..3], [23, 3, 3]);
            assert_eq!(record.len(), 5 + length + 1 + 16);
            let (mut rest, mut content) = (&record[..], Vec::new());
            loop {
                match incoming.step(&mut rest, &mut Default::default()).unwrap() {
                    Step::Content => {
                        let n = incoming.remaining();
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
        update(SHA256, &mut secret);
        assert_ne!(*before, *secret);
    }
}
