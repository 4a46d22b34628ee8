use super::*;
use crate::crypto::complete;

fn agree(key: &EphemeralKey, peer: &[u8]) -> Result<SharedSecret, Error> {
    let mut shared = SharedSecret::NONE;
    complete(|work| key.agree(peer, &mut shared, work)).map(|()| shared)
}

fn public(key: &EphemeralKey, out: &mut [u8; MAX_PUBLIC]) -> usize {
    complete(|work| key.public(out, work))
}

fn generate(group: NamedGroup, random: Random<'_>) -> Result<EphemeralKey, Error> {
    let mut key = None;
    EphemeralKey::generate(&mut key, group, random)?;
    Ok(key.unwrap())
}

fn counting() -> impl FnMut(&mut [u8]) -> Result<(), Error> {
    let mut next = 0u8;
    move |out: &mut [u8]| {
        for byte in out {
            next = next.wrapping_mul(5).wrapping_add(1);
            *byte = next;
        }
        Ok(())
    }
}

fn check_agreement(group: NamedGroup, len: usize, secret_len: usize) {
    let mut random = counting();
    let a = generate(group, &mut random).unwrap();
    let b = generate(group, &mut random).unwrap();
    let (mut a_public, mut b_public) = ([0; MAX_PUBLIC], [0; MAX_PUBLIC]);
    assert_eq!((public(&a, &mut a_public), public(&b, &mut b_public)), (len, len));
    assert_ne!(a_public, b_public);
    let left = agree(&a, &b_public[..len]).unwrap();
    assert_eq!(*left, *agree(&b, &a_public[..len]).unwrap());
    assert_eq!((left.len(), a.group()), (secret_len, group));
}

#[test]
fn both_sides_agree() {
    check_agreement(NamedGroup::Secp256r1, 65, 32);
    #[cfg(feature = "p384")]
    check_agreement(NamedGroup::Secp384r1, 97, 48);
    #[cfg(feature = "x25519")]
    check_agreement(NamedGroup::X25519, 32, 32);
}

#[test]
fn a_bad_random_source_makes_no_key() {
    for byte in [0, 0xff] {
        let mut stuck = |out: &mut [u8]| {
            out.fill(byte);
            Ok(())
        };
        let key = generate(NamedGroup::Secp256r1, &mut stuck);
        assert_eq!(key.err(), Some(Error::RandomFailed));
    }
    let mut broken = |_: &mut [u8]| Err(Error::OutOfMemory);
    for group in [NamedGroup::Secp256r1, NamedGroup::X25519] {
        assert_eq!(generate(group, &mut broken).err(), Some(Error::OutOfMemory));
    }
}

#[test]
fn private_keys_have_one_length() {
    for (group, len) in [(NamedGroup::Secp256r1, 32), (NamedGroup::Secp384r1, 48), (NamedGroup::X25519, 32)] {
        for n in 0..=64 {
            let is_right = n == len;
            assert_eq!(EphemeralKey::from_private(group, &[1; 64][..n]).is_ok(), is_right, "{group:?} {n}");
        }
    }
}

#[test]
fn a_number_above_the_order_is_drawn_again() {
    let mut draws = 0;
    let mut unlucky = |out: &mut [u8]| {
        draws += 1;
        out.fill(if draws == 1 { 0xff } else { 1 });
        Ok(())
    };
    let drawn = generate(NamedGroup::Secp256r1, &mut unlucky).unwrap();
    let expected = EphemeralKey::from_private(NamedGroup::Secp256r1, &[1; 32]).unwrap();
    let (mut a, mut b) = ([0; MAX_PUBLIC], [0; MAX_PUBLIC]);
    assert_eq!((public(&drawn, &mut a), draws), (public(&expected, &mut b), 2));
    assert_eq!(a, b);
}

#[test]
fn points_that_are_none_are_refused() {
    let key = generate(NamedGroup::Secp256r1, &mut counting()).unwrap();
    let mut out = [0; MAX_PUBLIC];
    public(&key, &mut out);
    let mut point = [0; 65];
    point.copy_from_slice(&out[..65]);
    let mut off = point;
    off[64] ^= 1;
    let mut hybrid = point;
    hybrid[0] = 6 | point[64] & 1;
    let mut compressed = [0; 33];
    compressed.copy_from_slice(&point[..33]);
    compressed[0] = 2 | point[64] & 1;
    let bad: [&[u8]; 8] = [&[], &[0], &[0; 65], &[4], &point[..64], &off, &hybrid, &compressed];
    assert!(agree(&key, &point).is_ok());
    for peer in bad {
        assert_eq!(agree(&key, peer).err(), Some(Error::BadKeyShare), "{peer:x?}");
    }
}

#[cfg(feature = "x25519")]
#[test]
fn an_all_zero_secret_is_refused() {
    let key = generate(NamedGroup::X25519, &mut counting()).unwrap();
    for peer in [&[0; 32][..], &[0; 31], &[9; 33], &[]] {
        assert_eq!(agree(&key, peer).err(), Some(Error::BadKeyShare));
    }
}
