//! What several tests of crypto use.

extern crate std;
use crate::crypto::{KeyAgreement, MAX_PUBLIC, MAX_SECRET, Private, complete};
use std::vec::Vec;

fn words(bytes: &[u8]) -> Private {
    let mut words = Private::default();
    crate::crypto::arithmetic::montgomery::from_bytes(&mut words, bytes);
    words
}

/// Keys and agreements as the crates make them, with numbers at the edges: the additions that have no formula, both
/// signs, and private numbers that are none. `order` and `root`, of the curve's b, are big-endian.
pub fn as_the_crate_does<Ours: KeyAgreement, Theirs: KeyAgreement>(order: &[u8], root: &[u8]) {
    let size = order.len();
    let mut tried = 0;
    for i in 0..120u8 {
        let mut private = [0; 48];
        let private = &mut private[..size];
        if i < 20 {
            private[size - 1 - usize::from(i % 2) * 16] = i / 2;
        } else if i < 40 {
            private.copy_from_slice(order);
            private[size - 1] = order[size - 1] + 2 - (i - 20); // from n + 2 down
        } else {
            for (j, byte) in private.iter_mut().enumerate() {
                *byte = (j as u8 ^ 0x5a).wrapping_mul(2 * i + 1).rotate_left(3) ^ i;
            }
        }
        let private = &words(private);
        assert_eq!(Ours::is_private(private), Theirs::is_private(private), "{private:x?}");
        if !Ours::is_private(private) {
            continue;
        }
        let (mut a, mut b) = ([0; MAX_PUBLIC], [0; MAX_PUBLIC]);
        let lengths =
            (complete(|w| Ours::public(private, &mut a, w)), complete(|w| Theirs::public(private, &mut b, w)));
        assert_eq!((lengths.0, a), (lengths.1, b), "{private:x?}");
        let agree = |point: &[u8]| {
            let (mut a, mut b) = ([0; MAX_SECRET], [0; MAX_SECRET]);
            let length = complete(|w| Ours::agree(private, point, &mut a, w));
            assert_eq!(length, complete(|w| Theirs::agree(private, point, &mut b, w)), "{private:x?}");
            assert_eq!(a, b, "{private:x?}");
            length != 0
        };
        let mut point = [0; MAX_PUBLIC];
        let point = &mut point[..2 * size + 1];
        for peer in [3, 77] {
            let mut public = [0; MAX_PUBLIC];
            complete(|work| Theirs::public(&words(&[peer; 48][..size]), &mut public, work));
            point.copy_from_slice(&public[..2 * size + 1]);
            assert!(agree(point));
            // off the curve
            point[2 * size] ^= 1;
            assert!(!agree(point));
        }
        assert!(agree(&a[..2 * size + 1]));
        // x = 0
        point[1..].fill(0);
        point[1 + size..].copy_from_slice(root);
        assert!(agree(point));
        tried += 1;
    }
    assert!(tried > 110, "{tried}");
}

pub fn hex(text: &str) -> Vec<u8> {
    assert!(text.len().is_multiple_of(2), "{text}");
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
}
