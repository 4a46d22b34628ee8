use super::*;
extern crate std;
use std::{vec, vec::Vec};

/// Opens everything constructed; returns tags, contents (tag 0) and closings (0xff); `None` if it is malformed.
fn run(der: &mut Der, mut input: &[u8]) -> Option<Vec<(u8, Vec<u8>)>> {
    let mut seen = vec![];
    loop {
        match der.next(&mut input) {
            Token::Open => {
                let tag = der.tag();
                if tag & 0x20 == 0 {
                    der.content();
                }
                let (header, len) = der.header();
                seen.push((tag, header[..len].to_vec()));
            }
            Token::Prefix => seen.push((1, der.take(&mut input).to_vec())),
            Token::Data => seen.push((0, der.take(&mut input).to_vec())),
            Token::Close => seen.push((0xff, vec![])),
            Token::Wait => return Some(seen),
            Token::Malformed => return None,
        }
    }
}

#[test]
fn contents_come_out_in_pieces_and_long_lengths_are_read() {
    let mut text = vec![0x30, 0x81, 0x85, 0x04, 0x81, 0x80];
    text.extend([7; 0x80]);
    text.extend([0x05, 0x00]);
    for cut in 0..text.len() {
        let mut der = Der::NEW;
        let mut seen = run(&mut der, &text[..cut]).unwrap();
        assert!(!der.is_complete());
        seen.extend(run(&mut der, &text[cut..]).unwrap());
        assert!(der.is_complete() && der.offset() == text.len() as u32);
        let content: Vec<u8> = seen.iter().filter(|s| s.0 == 0).flat_map(|s| s.1.clone()).collect();
        assert_eq!(content, [7; 0x80]);
        let tags: Vec<u8> = seen.iter().map(|s| s.0).filter(|&t| t != 0).collect();
        assert_eq!(tags, [0x30, 4, 0xff, 5, 0xff, 0xff]);
    }
}

#[test]
fn nesting_closes_in_order() {
    let text = [0x30, 0x07, 0x30, 0x02, 0x05, 0x00, 0x02, 0x01, 0x09];
    let mut der = Der::NEW;
    let mut seen = vec![];
    for byte in text {
        seen.extend(run(&mut der, &[byte]).unwrap());
    }
    let tags: Vec<u8> = seen.iter().map(|s| s.0).collect();
    assert_eq!(tags, [0x30, 0x30, 5, 0xff, 0xff, 2, 0, 0xff, 0xff]);
    assert!(der.is_complete());
    assert_eq!(run(&mut { Der::NEW }, &text).unwrap(), seen);
}

#[test]
fn lengths_are_minimal_and_stay_inside() {
    for bad in [
        &[0x30, 0x80][..],
        &[0x30, 0x81, 0x7f],
        &[0x30, 0x82, 0x00],
        &[0x30, 0x83],
        &[0x1f],
        &[0x30, 0x02, 0x04, 0x01],
        &[0x30, 0x01, 0x04, 0x00],
        &[0x30, 0x04, 0x30, 0x01, 0x04, 0x00],
        &[0x30, 0x82, 0xff, 0xfc],
    ] {
        assert_eq!(run(&mut { Der::NEW }, bad), None, "{bad:x?}");
        // However it comes.
        let mut der = Der::NEW;
        assert!(bad.iter().any(|&byte| run(&mut der, &[byte]).is_none()), "{bad:x?}");
    }
    let long = [0x30, 0x82, 0xff, 0xfb];
    assert_eq!(run(&mut { Der::NEW }, &long), Some(vec![(0x30, long.to_vec())]));
}

#[test]
fn nothing_is_read_after_the_end() {
    let mut der = Der::NEW;
    assert_eq!(run(&mut der, &[0x05, 0x00, 0x30]).unwrap().len(), 2);
    assert!(der.is_complete() && der.offset() == 2);
}

#[test]
fn nesting_is_bounded() {
    let mut text = vec![];
    for i in (0..=DEPTH as u8).rev() {
        text.extend([0x30, 2 * i]);
    }
    assert_eq!(run(&mut { Der::NEW }, &text), None);
    assert!(run(&mut { Der::NEW }, &text[2..]).is_some());
}
