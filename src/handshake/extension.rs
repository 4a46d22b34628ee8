//! Extension numbers (IANA "TLS ExtensionType Values") of what this client sends or looks at.

/// RFC 6066 §3
pub const SERVER_NAME: u16 = 0;
/// RFC 6066 §4
pub const MAX_FRAGMENT_LENGTH: u16 = 1;
/// RFC 8422 §5.1.1
pub const SUPPORTED_GROUPS: u16 = 10;
/// RFC 8422 §5.1.2
pub const EC_POINT_FORMATS: u16 = 11;
/// RFC 5246 §7.4.1.4.1
pub const SIGNATURE_ALGORITHMS: u16 = 13;
/// RFC 7301 §3.1
pub const APPLICATION_LAYER_PROTOCOL_NEGOTIATION: u16 = 16;
/// RFC 7627 §5.1
pub const EXTENDED_MASTER_SECRET: u16 = 23;
/// RFC 8449 §4
pub const RECORD_SIZE_LIMIT: u16 = 28;
/// RFC 5077 §3.2
pub const SESSION_TICKET: u16 = 35;
/// RFC 8446 §4.2.11
pub const PRE_SHARED_KEY: u16 = 41;
/// RFC 8446 §4.2.9
pub const PSK_KEY_EXCHANGE_MODES: u16 = 45;
/// RFC 8446 §4.2.1
pub const SUPPORTED_VERSIONS: u16 = 43;
/// RFC 8446 §4.2.2
pub const COOKIE: u16 = 44;
/// RFC 8446 §4.2.4: a server's only
pub const CERTIFICATE_AUTHORITIES: u16 = 47;
/// RFC 8446 §4.2.8
pub const KEY_SHARE: u16 = 51;
/// RFC 5746 §3.2
pub const RENEGOTIATION_INFO: u16 = 0xff01;

/// The code of a max_fragment_length (RFC 6066 §4): 512 is 1, 1024 is 2, 2048 is 3, 4096 is 4.
pub fn max_fragment_code(length: u16) -> u8 {
    (23 - u32::from(length).leading_zeros()) as u8 // its highest bit, less 8
}
