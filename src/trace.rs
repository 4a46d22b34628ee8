//! What a host gets to see of a connection, step by step, in builds with the feature `trace`: types, sizes and states,
//! never contents and never secrets. `without_trace.rs` stands for this file in other builds, in which nothing of it is
//! left.

/// Code of builds that trace.
macro_rules! trace {
    ($($code:tt)*) => { $($code)* };
}

/// Something that has happened. What comes from the peer is told as it comes: before the tag of its record has been
/// checked anybody may have said it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event {
    /// A record's header has come (RFC 8446 §5.1).
    RecordIn {
        /// What it says: in TLS 1.3 what is protected is called application data.
        content_type: u8,
        /// As on the wire.
        version: u16,
        /// Bytes that follow the header.
        length: u16,
    },
    /// A record has been made and waits for the network.
    RecordOut {
        /// As for [`Event::RecordIn`].
        content_type: u8,
        /// As on the wire.
        version: u16,
        /// Bytes that follow the header.
        length: u16,
    },
    /// A handshake message's header has come (RFC 8446 §4).
    MessageIn {
        /// HandshakeType
        kind: u8,
        /// Bytes of its body.
        length: u32,
        /// What is awaited.
        state: &'static str,
    },
    /// A handshake message has been written.
    MessageOut {
        /// HandshakeType
        kind: u8,
        /// Bytes of its body.
        length: u32,
    },
    /// An alert has come (RFC 8446 §6).
    AlertIn {
        /// 1: warning; 2: fatal
        level: u8,
        /// AlertDescription
        description: u8,
    },
    /// An alert has been made.
    AlertOut {
        /// 1: warning; 2: fatal
        level: u8,
        /// AlertDescription
        description: u8,
    },
    /// A long computation goes on: a slice of it is done.
    Slice,
    /// The server is who it should be: data may follow.
    Open,
    /// The connection has failed.
    Failed {
        /// The error's number.
        number: u8,
    },
}

/// The name of a content type (RFC 8446 §5.1).
pub fn content_type_name(content_type: u8) -> &'static str {
    match content_type {
        20 => "ChangeCipherSpec",
        21 => "Alert",
        22 => "Handshake",
        23 => "ApplicationData",
        _ => "unknown",
    }
}

/// The name of a handshake message (RFC 8446 §4, RFC 5246 §7.4).
pub fn message_name(kind: u8) -> &'static str {
    match kind {
        0 => "HelloRequest",
        1 => "ClientHello",
        2 => "ServerHello",
        4 => "NewSessionTicket",
        8 => "EncryptedExtensions",
        11 => "Certificate",
        12 => "ServerKeyExchange",
        13 => "CertificateRequest",
        14 => "ServerHelloDone",
        15 => "CertificateVerify",
        16 => "ClientKeyExchange",
        20 => "Finished",
        24 => "KeyUpdate",
        _ => "unknown",
    }
}

impl core::fmt::Display for Event {
    /// A line for people: `>` goes out, `<` comes in.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match *self {
            Event::RecordIn { content_type, version, length } => {
                write!(f, "< record {} {version:04x}, {length} bytes", content_type_name(content_type))
            }
            Event::RecordOut { content_type, version, length } => {
                write!(f, "> record {} {version:04x}, {length} bytes", content_type_name(content_type))
            }
            Event::MessageIn { kind, length, state } => {
                write!(f, "< {}, {length} bytes, awaited: {state}", message_name(kind))
            }
            Event::MessageOut { kind, length } => write!(f, "> {}, {length} bytes", message_name(kind)),
            Event::AlertIn { level, description } => write!(f, "< alert {description}, level {level}"),
            Event::AlertOut { level, description } => write!(f, "> alert {description}, level {level}"),
            Event::Slice => f.write_str("  slice of a computation"),
            Event::Open => f.write_str("  open"),
            Event::Failed { number } => write!(f, "  failed: error {number}"),
        }
    }
}
