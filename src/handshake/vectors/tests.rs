use super::*;

fn begun(is_ticket: bool, tls13: bool) -> VectorsReader {
    let mut reader = VectorsReader::NONE;
    reader.start(is_ticket, tls13);
    reader
}

/// In one piece and byte by byte, which must be the same.
fn read(new: impl Fn() -> VectorsReader, bytes: &[u8]) -> Result<(), Error> {
    let mut whole = new();
    let result = whole.push(bytes).and_then(|()| whole.finish());
    let mut pieces = new();
    assert_eq!(bytes.iter().try_for_each(|b| pieces.push(&[*b])).and_then(|()| pieces.finish()), result);
    result
}

/// The message is right, and no part of it is, nor is it with a byte more.
fn must_fill(new: impl Fn() -> VectorsReader, good: &[u8]) {
    assert_eq!(read(&new, good), Ok(()));
    for n in 0..good.len() {
        assert!(read(&new, &good[..n]).is_err(), "{n}");
    }
    let mut long = [0; 64];
    long[..good.len()].copy_from_slice(good);
    assert_eq!(read(&new, &long[..good.len() + 1]), Err(Error::DecodeError));
}

#[test]
fn vectors_fill_a_certificate_request() {
    let new = || begun(false, false);
    let good = [2, 1, 64, 0, 4, 4, 3, 8, 4, 0, 5, 0, 3, 0x30, 1, 0];
    must_fill(new, &good);
    #[cfg(feature = "client-auth")]
    {
        let mut reader = new();
        reader.push(&good).unwrap();
        assert!(reader.schemes.listed().map(|scheme| scheme.number).eq([0x0403, 0x0804]));
    }
    assert!(read(new, &[1, 64, 0, 2, 4, 3, 0, 0, 9]).is_err());
    assert!(read(new, &[1, 64, 0, 3, 4, 3, 0, 0, 0]).is_err());
}

#[cfg(feature = "tls13")]
#[test]
fn extensions_fill_a_certificate_request() {
    let new = || begun(false, true);
    // an unknown extension without content, signature_algorithms, certificate_authorities
    let good = [0, 0, 19, 0x12, 0x34, 0, 0, 0, 13, 0, 4, 0, 2, 4, 3, 0, 47, 0, 3, 0, 1, 9];
    must_fill(new, &good);
    #[cfg(feature = "client-auth")]
    {
        let mut reader = new();
        reader.push(&good).unwrap();
        assert!(reader.schemes.listed().map(|scheme| scheme.number).eq([0x0403]));
    }
    assert_eq!(read(new, &[1, 7, 0, 0]), Err(Error::DecodeError));
    assert_eq!(read(new, &[0, 0, 0]), Err(Error::MissingExtension));
    assert_eq!(read(new, &[0, 0, 6, 0, 13, 0, 2, 0, 0]), Err(Error::DecodeError)); // no schemes
    // lists that do not fill their extension
    assert_eq!(read(new, &[0, 0, 8, 0, 13, 0, 4, 0, 1, 4, 3]), Err(Error::DecodeError));
    for authorities in [&[0, 47, 0, 2, 0, 0][..], &[0, 47, 0, 3, 0, 0, 9], &[0, 47, 0, 3, 0, 2, 9]] {
        let message = [&[0, 0, 8 + authorities.len() as u8][..], &[0, 13, 0, 4, 0, 2, 4, 3], authorities].concat();
        assert_eq!(read(new, &message), Err(Error::DecodeError), "{authorities:?}");
    }
    // twice: one that is known, one that is not
    let algorithms = [0, 13, 0, 4, 0, 2, 4, 3];
    assert_eq!(read(new, &[&[0, 0, 16][..], &algorithms, &algorithms].concat()), Err(Error::IllegalParameter));
    let twice = [&[0, 0, 16][..], &[7, 7, 0, 0], &algorithms, &[7, 7, 0, 0]].concat();
    assert_eq!(read(new, &twice), Err(Error::IllegalParameter));
    // as many as fit, and one more
    for (count, result) in
        [(extensions::MAX_EXTENSIONS, Ok(())), (extensions::MAX_EXTENSIONS + 1, Err(Error::DecodeError))]
    {
        let mut message = [&[0, 0, 8 + 4 * (count as u8 - 1)][..], &algorithms].concat();
        (1..count).for_each(|i| message.extend([0x55, i as u8, 0, 0]));
        assert_eq!(read(new, &message), result, "{count}");
    }
}

#[test]
fn a_ticket_fills_its_message() {
    must_fill(|| begun(true, false), &[0, 0, 1, 0, 0, 3, 7, 8, 9]);
    must_fill(|| begun(true, false), &[0, 0, 0, 0, 0, 0]);
}

#[cfg(feature = "tls13")]
#[test]
fn extensions_fill_a_ticket() {
    let new = || begun(true, true);
    must_fill(new, &[0, 0, 1, 0, 1, 2, 3, 4, 0, 0, 1, 7, 0, 0]);
    // early_data, signature_algorithms, which means nothing here, and an unknown one
    must_fill(new, &[0, 0, 1, 0, 1, 2, 3, 4, 1, 0, 0, 1, 7, 0, 16, 0, 42, 0, 4, 0, 0, 0, 1, 0, 13, 0, 0, 9, 9, 0, 0]);
    let begin = [0, 0, 1, 0, 1, 2, 3, 4, 1, 0, 0, 1, 7];
    let twice = [&begin[..], &[0, 8, 9, 9, 0, 0, 9, 9, 0, 0]].concat();
    assert_eq!(read(new, &twice), Err(Error::IllegalParameter));
    assert_eq!(read(new, &[&begin[..], &[0, 3, 9, 9, 0]].concat()), Err(Error::DecodeError));
    assert_eq!(read(new, &[0, 0, 1, 0, 1, 2, 3, 4, 0, 0, 0, 0, 0]), Err(Error::DecodeError)); // no ticket
}
