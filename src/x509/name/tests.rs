use super::*;

fn matches(name: &str, san: &str) -> bool {
    let name = Name::new(name.as_bytes());
    let mut whole = Comparison::NEW;
    name.compare(&mut whole, san.as_bytes());
    let mut pieces = Comparison::NEW;
    for byte in san.bytes() {
        name.compare(&mut pieces, &[byte]);
    }
    assert_eq!(name.matched(whole), name.matched(pieces));
    name.matched(whole)
}

#[test]
fn names() {
    for (name, san) in [
        ("example.com", "example.com"),
        ("EXAMPLE.com.", "exAMPLE.COM"),
        ("localhost", "localhost"),
        ("a.example.com", "*.example.com"),
        ("xn--a.example.com", "*.example.com"),
        ("my_device.lan", "my_device.LAN"),
        ("_a.example.com", "*.example.com"),
    ] {
        assert!(matches(name, san), "{name} {san}");
    }
    for (name, san) in [
        ("example.com", ""),
        ("example.com", "example.co"),
        ("example.com", "example.comm"),
        ("example.com", "*.com"),
        ("example.com", "*"),
        ("com", "*"),
        ("com", "*."),
        ("example.com", "*.example.com"),
        ("a.b.example.com", "*.example.com"),
        ("a.example.com", "*a.example.com"),
        ("ab.example.com", "a*.example.com"),
        ("a.example.com", "**.example.com"),
        ("a.b.example.com", "a.*.example.com"),
        ("a.example.com", "*"),
        ("a.example.com", "*.*.com"),
        ("example.com", "example.com."),
        ("example.com", ".example.com"),
        ("192.0.2.1", "192.0.2.1"),
        ("example.com", "example.com\0"),
        ("example.com", "example.com\0.evil.com"),
        ("a.b", "*.b"),
    ] {
        assert!(!matches(name, san), "{name} {san}");
    }
    for name in ["", ".", "a..b", ".a", "a b", "1.2.3", "a_b.3", "ä.de", "*.example.com", "a.."] {
        assert!(Name::new(name.as_bytes()).is_none(), "{name}");
    }
    assert!(Name::new(&[b'a'; 64]).is_none());
    assert!(Name::new([&[b'a'; 63][..]; 4].join(&b'.').as_slice()).is_none());
}

#[test]
fn constraints() {
    for (name, value, inside) in [
        ("a.example.com", "example.com", true),
        ("example.com", "EXAMPLE.com", true),
        ("example.com", "", true),
        ("notexample.com", "example.com", false),
        ("example.com", "a.example.com", false),
        ("example.com", "com", true),
        ("example.com", "example.org", false),
        ("a.example.com", ".example.com", true),
        ("b.a.example.com", ".example.COM", true),
        ("example.com", ".example.com", false),
        ("notexample.com", ".example.com", false),
        ("my_a.example.com", "my_a.example.com", true),
        ("*.example.com", "example.com", true),
        ("*.example.com", ".example.com", true),
        ("*.example.com", "a.example.com", false),
        ("", "example.com", false),
    ] {
        let (name, value) = (name.as_bytes(), value.as_bytes());
        assert!(is_subtree(false, true, value));
        assert_eq!(is_inside(false, name, value), inside, "{name:?} {value:?}");
    }
    for value in [".", "..", "example.com.", "a..b", "..a", "*.example.com", "a b", "\0"] {
        assert!(!is_subtree(false, true, value.as_bytes()), "{value}");
    }
    for (name, value, inside) in [
        (&[192, 0, 2, 77][..], &[192, 0, 2, 0, 255, 255, 255, 0][..], true),
        (&[192, 0, 2, 77], &[192, 0, 3, 0, 255, 255, 255, 0], false),
        (&[192, 0, 2, 77], &[0; 32], false),
        (&[1; 16], &[0; 32], true),
        (&[1; 16], &[0; 8], false),
        (&[0; 8], &[0; 8], false),
        (&[0; 12], &[0; 32], false),
        (&[], &[0; 8], false),
    ] {
        assert!(is_subtree(true, false, value));
        assert_eq!(is_inside(true, name, value), inside, "{name:?} {value:?}");
    }
    for length in [0, 4, 7, 9, 16, 31, 33] {
        assert!(!is_subtree(true, true, &[0; 33][..length]), "{length}");
    }
    assert!(!is_subtree(false, false, b""));
    let address = Name::new(b"192.0.2.77");
    assert!(address.is_address(&[192, 0, 2, 77]) && !address.is_address(&[]));
    assert!(!Name::new(b"").is_address(&[]));
}
