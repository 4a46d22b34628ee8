use super::*;
extern crate std;
use std::{format, string::String};

const DIGEST: [u8; 32] = *b"\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\xfa\xfb\xfc\xfd\xfe\xff0123456789abcdef";
const PIN: &str = "sha256//AAECAwQFBgcICfr7/P3+/zAxMjM0NTY3ODlhYmNkZWY=";

fn hex(colon: &str) -> String {
    DIGEST.map(|b| format!("{b:02X}")).join(colon)
}

#[test]
fn fingerprints_in_every_form() {
    let (plain, colons) = (hex(""), hex(":"));
    let other = plain.replace("FA", "FB");
    for text in [
        plain.clone(),
        plain.to_lowercase(),
        colons.clone(),
        format!("sha256 Fingerprint={colons}\n"),
        format!("SHA256 Fingerprint={colons}"),
        format!(" {other}, {plain}"),
        format!("{plain};{other}"),
        format!("{other} {colons}\r\n"),
        format!("{other}\nsha256 Fingerprint={plain}"),
    ] {
        assert_eq!(count(text.as_bytes(), &DIGEST, false), Ok(1), "{text}");
        assert_eq!(count(text.as_bytes(), &[9; 32], false), Ok(0), "{text}");
    }
}

#[test]
fn unreadable_fingerprints_have_a_place() {
    let plain = hex("");
    for (text, place) in [
        (String::new(), 1),
        (String::from(" ,"), 3),
        (plain[..62].into(), 63),
        (format!("{plain}0"), 65),
        (plain.replace("FA", "F G").replace(' ', ""), 22),
        (format!("{plain},{}", &plain[..2]), 68),
        (hex("::"), 4),
        (format!(":{plain}"), 66),
        (hex("-"), 3),
    ] {
        assert_eq!(count(text.as_bytes(), &DIGEST, false), Err(place), "{text}");
    }
}

#[test]
fn pins() {
    let other = PIN.replace("AAEC", "AAED");
    for text in [PIN.into(), format!("{other};{PIN}"), format!(" {PIN} ; {other}\n")] {
        assert_eq!(count(text.as_bytes(), &DIGEST, true), Ok(1), "{text}");
        assert_eq!(count(text.as_bytes(), &[9; 32], true), Ok(0), "{text}");
    }
    assert_eq!(count(other.as_bytes(), &DIGEST, true), Ok(0));
    for (text, place) in [
        (PIN.replace("sha256", "sha1"), 4),
        (PIN.replace('=', ""), 52),
        (PIN.replace('=', "=="), 53),
        (PIN.replace("ZWY=", "ZWZ="), 52),
        (PIN.replace("+", "-"), 28),
        (PIN[..20].into(), 21),
        (String::new(), 1),
    ] {
        assert_eq!(count(text.as_bytes(), &DIGEST, true), Err(place), "{text}");
    }
    // Every byte counts.
    for i in 0..32 {
        let mut digest = DIGEST;
        digest[i] ^= 1;
        assert_eq!(count(PIN.as_bytes(), &digest, true), Ok(0));
        assert_eq!(count(hex("").as_bytes(), &digest, false), Ok(0));
    }
}

/// A server's certificate is no secret, but where a pin differs from it is nobody's business.
#[test]
fn undefined_pins() {
    use crate::marks::{decisions, hide, seen, show};
    let (fingerprint, pin) = (hex(":"), String::from(PIN));
    for (text, is_key) in [(&fingerprint, false), (&pin, true)] {
        for place in [0, 17, 31, 32] {
            let mut digest = DIGEST;
            if let Some(byte) = digest.get_mut(place) {
                *byte ^= 0x10;
            }
            hide(&mut digest);
            let mut count = [0];
            assert_eq!(decisions(|| count[0] = super::count(text.as_bytes(), &digest, is_key).unwrap()), seen(0));
            show(&mut count);
            assert_eq!(count[0], usize::from(place == 32));
        }
    }
}
