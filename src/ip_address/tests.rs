use super::*;
use crate::host_name::{is_address, looks_like_address};
extern crate std;

#[test]
fn addresses() {
    for (text, bytes) in [
        (&b"192.0.2.1"[..], &[192, 0, 2, 1][..]),
        (b"0.0.0.0", &[0; 4]),
        (b"::", &[0; 16]),
        (b"[::1]", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]),
        (b"2001:db8::1:0:0:1", &[0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 1]),
        (b"1:2:3:4:5:6:7:8", &[0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 8]),
        (b"1:2:3:4:5:6:7::", &[0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7, 0, 0]),
        (b"::FFFF:192.0.2.1", &[0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 192, 0, 2, 1]),
        (b"1:2:3:4:5:6:1.2.3.4", &[0, 1, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 1, 2, 3, 4]),
    ] {
        assert_eq!(parse_ip(text).unwrap().as_bytes(), bytes, "{text:?}");
        assert!(looks_like_address(text) && is_address(text), "{text:?}");
    }
    for text in [
        &b""[..],
        b"1.2.3",
        b"1.2.3.4.5",
        b"1.2.3.256",
        b"01.2.3.4",
        b"1.2.3.4 ",
        b"1..2.3",
        b":",
        b":::",
        b"1::2::3",
        b"1:2:3:4:5:6:7",
        b"1:2:3:4:5:6:7:8:9",
        b"1:2:3:4:5:6:7:8::",
        b"::1:2:3:4:5:6:7:8",
        b"12345::",
        b"::g",
        b"fe80::1%eth0",
        b"[::1",
        b"::1]",
        b"[1.2.3.4]",
        b"1:2:3:4:5:6:7:1.2.3.4",
        b"::1.2.3.4:5",
        b"1:",
        b"::1:",
    ] {
        assert_eq!(parse_ip(text), None, "{text:?}");
    }
}

#[test]
fn addresses_are_what_the_standard_library_takes_for_them() {
    let parts = ["1", "ab", "f00d", ":", "::", "1.2.3.4", ".", "0"];
    let mut texts = std::vec![std::string::String::new()];
    let mut of_length = texts.clone();
    for _ in 0..6 {
        of_length = of_length.iter().flat_map(|text| parts.map(|part| std::format!("{text}{part}"))).collect();
        texts.extend(of_length.clone());
    }
    // Eight groups and what is nearly that.
    for before in 0..=9 {
        for after in 0..=9 - before {
            for middle in ["::", ":", ":1.2.3.4", "1.2.3.4:", ":::"] {
                let groups = |n| std::vec!["1f"; n].join(":");
                texts.push(std::format!("{}{middle}{}", groups(before), groups(after)));
            }
        }
    }
    for text in texts {
        let expected = text.parse().ok().map(|address| match address {
            std::net::IpAddr::V4(address) => address.octets().to_vec(),
            std::net::IpAddr::V6(address) => address.octets().to_vec(),
        });
        assert_eq!(parse_ip(text.as_bytes()).map(|ip| ip.as_bytes().to_vec()), expected, "{text}");
        let v6 = expected.filter(|address| address.len() == 16);
        let bracketed = parse_ip(std::format!("[{text}]").as_bytes());
        assert_eq!(bracketed.map(|ip| ip.as_bytes().to_vec()), v6, "[{text}]");
    }
}

#[test]
fn what_looks_like_an_address() {
    for text in [
        "",
        "a",
        "1",
        "1.2.3",
        "1.2.3.4.5",
        "a.2.3.4",
        "1.2.3.4a",
        "[1.2.3.4]",
        "beef.de:443",
        "example.com:443",
        "1.2.3.4:443",
        "::g",
        "fe80::1%eth0",
        "x::y",
        "dead.beef.cafe.de",
    ] {
        assert!(!looks_like_address(text.as_bytes()) && !is_address(text.as_bytes()), "{text}");
    }
    // Every form of every gap.
    for groups in 0..8 {
        for before in 0..=groups {
            let part = |n| std::vec!["fA0"; n].join(":");
            let text = std::format!("{}::{}", part(before), part(groups - before));
            assert_eq!(parse_ip(text.as_bytes()).is_some(), looks_like_address(text.as_bytes()), "{text}");
            let text = std::format!("[{text}]");
            assert_eq!(parse_ip(text.as_bytes()).is_some(), looks_like_address(text.as_bytes()), "{text}");
        }
    }
    for number in 0..256 {
        let text = std::format!("{number}.{}.{number}.0", 255 - number);
        assert!(parse_ip(text.as_bytes()).is_some() && looks_like_address(text.as_bytes()), "{text}");
    }
}
