//! A ClientHello made by hand (RFC 5246 §7.4.1.2, RFC 8446 §4.1.2), and what a server answers before anything is
//! encrypted. Nothing is computed, so that any version, suite and group can be offered, also those that the engine does
//! not have.

use std::io::{self, Read};

pub const TLS10: u16 = 0x0301;
pub const TLS11: u16 = 0x0302;
pub const TLS12: u16 = 0x0303;
pub const TLS13: u16 = 0x0304;

pub const MAX_FRAGMENT_LENGTH: u16 = 1;
pub const RECORD_SIZE_LIMIT: u16 = 28;
const SERVER_NAME: u16 = 0;
const SUPPORTED_GROUPS: u16 = 10;
const EC_POINT_FORMATS: u16 = 11;
const SIGNATURE_ALGORITHMS: u16 = 13;
const ALPN: u16 = 16;
const SUPPORTED_VERSIONS: u16 = 43;
const KEY_SHARE: u16 = 51;
const RENEGOTIATION_INFO: u16 = 0xff01;

/// Most bytes of an answer that are read: a chain of many large certificates.
const MAX_ANSWER: usize = 256 * 1024;

/// ServerHello.random of a HelloRetryRequest (RFC 8446 §4.1.3).
const RETRY: [u8; 32] = [
    0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11, 0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91, 0xc2, 0xa2, 0x11,
    0x16, 0x7a, 0xbb, 0x8c, 0x5e, 0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c,
];

/// The engine's signature schemes and some that it does not have, so that a server with such a key answers.
const SCHEMES: &[u16] = &[
    0x0403, 0x0503, 0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0601, 0x0603, 0x0807, 0x0808, 0x0809, 0x080a, 0x080b,
    0x0203, 0x0201,
];

/// What to offer.
#[derive(Clone)]
pub struct Hello<'h> {
    /// This version alone.
    pub version: u16,
    pub suites: &'h [u16],
    pub groups: &'h [u16],
    /// For SNI; empty: none.
    pub name: &'h str,
    /// Application protocols, separated by commas; empty: none.
    pub alpn: &'h str,
    /// Extensions that ask for records of 1024 bytes: [`MAX_FRAGMENT_LENGTH`], [`RECORD_SIZE_LIMIT`].
    pub small: &'h [u16],
}

fn vector(length_bytes: usize, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    [&length[length.len() - length_bytes..], content].concat()
}

fn list(numbers: &[u16]) -> Vec<u8> {
    numbers.iter().flat_map(|n| n.to_be_bytes()).collect()
}

impl Hello<'_> {
    /// One record with the whole message. TLS 1.3 gets no key share: the server has to say which group it wants.
    pub fn write(&self) -> Vec<u8> {
        let mut extensions = Vec::new();
        let mut extension = |number: u16, content: &[u8]| {
            extensions.extend(number.to_be_bytes());
            extensions.extend(vector(2, content));
        };
        if !self.name.is_empty() {
            extension(SERVER_NAME, &vector(2, &[&[0][..], &vector(2, self.name.as_bytes())].concat()));
        }
        extension(SUPPORTED_GROUPS, &vector(2, &list(self.groups)));
        extension(EC_POINT_FORMATS, &[1, 0]);
        if self.version >= TLS12 {
            extension(SIGNATURE_ALGORITHMS, &vector(2, &list(SCHEMES)));
        }
        extension(RENEGOTIATION_INFO, &[0]);
        if self.small.contains(&MAX_FRAGMENT_LENGTH) {
            extension(MAX_FRAGMENT_LENGTH, &[2]); // 1024
        }
        if self.small.contains(&RECORD_SIZE_LIMIT) {
            extension(RECORD_SIZE_LIMIT, &1024u16.to_be_bytes());
        }
        if !self.alpn.is_empty() {
            let names: Vec<u8> = self.alpn.split(',').flat_map(|name| vector(1, name.as_bytes())).collect();
            extension(ALPN, &vector(2, &names));
        }
        if self.version == TLS13 {
            extension(SUPPORTED_VERSIONS, &vector(1, &TLS13.to_be_bytes()));
            extension(KEY_SHARE, &vector(2, &[]));
        }
        let mut body = self.version.min(TLS12).to_be_bytes().to_vec();
        // It is not used for anything: no key follows from it.
        body.extend((0..32u8).map(|i| i.wrapping_mul(37) ^ self.suites.len() as u8));
        body.extend(vector(1, if self.version == TLS13 { &[9; 32] } else { &[] }));
        body.extend(vector(2, &list(self.suites)));
        body.extend([1, 0]); // compression_methods: null
        body.extend(vector(2, &extensions));
        let message = [&[1][..], &vector(3, &body)].concat();
        [&[22, 3, 1][..], &vector(2, &message)].concat()
    }
}

/// What a server said in the clear.
#[derive(Debug, Default, Clone)]
pub struct Answer {
    /// The version that was chosen; 0: none.
    pub version: u16,
    pub suite: u16,
    /// The group of the key exchange; 0 if it was not said, or if there is none.
    pub group: u16,
    /// The extensions' numbers in ServerHello.
    pub extensions: Vec<u16>,
    /// The certificates, as DER, in the order in which they came. Up to TLS 1.2.
    pub certificates: Vec<Vec<u8>>,
    /// CertificateRequest came. Up to TLS 1.2.
    pub wants_certificate: bool,
    /// A fatal alert's description.
    pub alert: Option<u8>,
    /// The first bytes, if they are not TLS.
    pub not_tls: Option<Vec<u8>>,
}

impl Answer {
    pub fn is_refusal(&self) -> bool {
        self.version == 0
    }

    /// Reads what a server sends until its turn is over. An end of the stream is an end; other errors of the transport are
    /// errors only if nothing has come.
    pub fn read(mut stream: impl Read) -> io::Result<Answer> {
        let mut answer = Answer::default();
        let mut messages = Vec::new();
        let mut total = 0;
        loop {
            let mut header = [0; 5];
            match read_all(&mut stream, &mut header) {
                Ok(5) => {}
                Ok(0) => return Ok(answer),
                Ok(n) if total == 0 => {
                    answer.not_tls = Some(header[..n].to_vec());
                    return Ok(answer);
                }
                Err(e) if total == 0 => return Err(e),
                _ => return Ok(answer),
            }
            let [kind, major, _, high, low] = header;
            if !(20..=23).contains(&kind) || major != 3 {
                if total == 0 {
                    let mut more = vec![0; 59];
                    let n = read_all(&mut stream, &mut more).unwrap_or(0);
                    answer.not_tls = Some([&header[..], &more[..n]].concat());
                }
                return Ok(answer);
            }
            let mut content = vec![0; usize::from(u16::from_be_bytes([high, low]))];
            total += 5 + content.len();
            if total > MAX_ANSWER || read_all(&mut stream, &mut content).unwrap_or(0) < content.len() {
                return Ok(answer);
            }
            match kind {
                // A warning, such as unrecognized_name, ends nothing.
                21 if content.first() == Some(&1) => {}
                21 => {
                    answer.alert = content.get(1).copied();
                    return Ok(answer);
                }
                22 => {
                    messages.extend(content);
                    if answer.take(&mut messages) {
                        return Ok(answer);
                    }
                }
                // What follows is encrypted.
                _ => return Ok(answer),
            }
        }
    }

    /// Takes the messages that are complete; whether the server's turn is over.
    fn take(&mut self, messages: &mut Vec<u8>) -> bool {
        loop {
            let [kind, a, b, c, ..] = messages[..] else { return false };
            let end = 4 + usize::from(a) * 65536 + usize::from(b) * 256 + usize::from(c);
            if messages.len() < end {
                return false;
            }
            let message: Vec<u8> = messages.drain(..end).skip(4).collect();
            let mut input = Input(&message);
            match kind {
                2 if self.server_hello(&mut input).is_none() || self.version == TLS13 => return true,
                11 => {
                    let mut list = Input(input.vector(3).unwrap_or_default());
                    while let Some(certificate) = list.vector(3) {
                        self.certificates.push(certificate.to_vec());
                    }
                }
                12 if input.u8() == Some(3) => self.group = input.u16().unwrap_or(0),
                13 => self.wants_certificate = true,
                14 => return true,
                _ => {}
            }
        }
    }

    fn server_hello(&mut self, input: &mut Input) -> Option<()> {
        let legacy = input.u16()?;
        let is_retry = input.bytes(32)? == RETRY;
        input.vector(1)?;
        let suite = input.u16()?;
        input.u8()?;
        (self.version, self.suite) = (legacy, suite);
        let mut extensions = Input(input.vector(2).unwrap_or_default());
        while let (Some(number), Some(content)) = (extensions.u16(), extensions.vector(2)) {
            self.extensions.push(number);
            let mut content = Input(content);
            match number {
                SUPPORTED_VERSIONS => self.version = content.u16()?,
                KEY_SHARE => self.group = content.u16()?,
                _ => {}
            }
        }
        (!is_retry || self.version == TLS13).then_some(())
    }
}

/// The groups in a ClientHello that is the first thing in these bytes.
pub fn groups_offered(sent: &[u8]) -> Vec<u16> {
    let find = || {
        let mut input = Input(sent.get(5 + 4..)?);
        input.bytes(2 + 32)?;
        input.vector(1)?;
        input.vector(2)?;
        input.vector(1)?;
        let mut extensions = Input(input.vector(2)?);
        while let (Some(number), Some(content)) = (extensions.u16(), extensions.vector(2)) {
            if number == SUPPORTED_GROUPS {
                let list = Input(content).vector(2)?;
                return Some(list.chunks_exact(2).map(|g| u16::from_be_bytes([g[0], g[1]])).collect());
            }
        }
        None
    };
    find().unwrap_or_default()
}

/// As much as there is, up to the slice's length.
fn read_all(stream: &mut impl Read, out: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < out.len() {
        match stream.read(&mut out[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) if e.kind() == io::ErrorKind::ConnectionReset => break,
            Err(_) if filled != 0 => break,
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

/// A cursor that never reads past the end.
struct Input<'i>(&'i [u8]);

impl<'i> Input<'i> {
    fn bytes(&mut self, n: usize) -> Option<&'i [u8]> {
        let (head, tail) = self.0.split_at_checked(n)?;
        self.0 = tail;
        Some(head)
    }

    fn u8(&mut self) -> Option<u8> {
        Some(self.bytes(1)?[0])
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_be_bytes(self.bytes(2)?.try_into().ok()?))
    }

    fn vector(&mut self, length_bytes: usize) -> Option<&'i [u8]> {
        let length = self.bytes(length_bytes)?.iter().fold(0, |n, b| n * 256 + usize::from(*b));
        self.bytes(length)
    }
}
