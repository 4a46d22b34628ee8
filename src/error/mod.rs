//! One error type for the whole crate: what went wrong, whose fault it is, the name Node gives it, the alert that
//! tells the peer (RFC 5246 §7.2, RFC 8446 §6), and what a person can do about it.
//!
//! An [`Error`] is one byte so that every `Result` in the engine stays in a register. The one or two numbers that make
//! a message useful (a record's size, an alert's number, a position in a PEM text) travel beside it as a [`Detail`].

use core::fmt;

/// Whose fault an error is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The caller's configuration: nothing was sent.
    Caller,
    /// The peer broke the protocol.
    Peer,
    /// The peer is a good citizen, but the two sides have no protocol, suite or size in common.
    Incompatible,
    /// The peer could not be trusted.
    Trust,
    /// The device: no memory, no random numbers, no clock.
    Host,
    /// The transport or the peer ended the connection.
    Connection,
}

/// TLS alert descriptions that this client sends (RFC 5246 §7.2.2, RFC 8446 §6.2, RFC 6066 §9).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)] // the names are the RFCs'
pub enum Alert {
    CloseNotify = 0,
    UnexpectedMessage = 10,
    BadRecordMac = 20,
    RecordOverflow = 22,
    HandshakeFailure = 40,
    BadCertificate = 42,
    UnsupportedCertificate = 43,
    CertificateExpired = 45,
    CertificateUnknown = 46,
    IllegalParameter = 47,
    UnknownCa = 48,
    DecodeError = 50,
    DecryptError = 51,
    ProtocolVersion = 70,
    InternalError = 80,
    UserCanceled = 90,
    NoRenegotiation = 100,
    MissingExtension = 109,
    UnsupportedExtension = 110,
    /// Not an alert: nothing is sent.
    None = 255,
}

/// Up to two numbers that make an error's text precise. What they mean is said at each [`Error`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Detail {
    /// First number, `{a}` in the texts.
    pub a: u32,
    /// Second number, `{b}` in the texts.
    pub b: u32,
}

macro_rules! errors {
    ($( $(#[$doc:meta])* $name:ident = $number:literal, $fault:ident, $alert:ident, $code:literal, $text:literal, $hint:literal; )*) => {
        /// Everything that can go wrong. The numbers are part of the C ABI and never change their meaning.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub enum Error { $( $(#[$doc])* $name = Place::$name as u8, )* }

        /// An error is its place among all of them, counted from 1: zero is left to `Ok(())`, for which every caller looks.
        enum Place { _Ok, $($name),* }

        impl Error {
            /// Every error, in the order of the numbers.
            pub const ALL: &'static [Error] = &[$(Error::$name),*];

            /// Whose fault it is.
            pub fn fault(self) -> Fault { FAULTS.get(self.index()).copied().unwrap_or(Fault::Host) }

            /// The alert that tells the peer; [`Alert::None`] where there is nobody to tell.
            #[inline(never)]
            pub fn alert(self) -> Alert { ALERTS.get(self.index()).copied().unwrap_or(Alert::InternalError) }

            /// What happened; may contain `{a}` and `{b}` for the [`Detail`], and `{c}` for the certificate that is meant.
            #[cfg(feature = "error-text")]
            pub const fn text(self) -> &'static str { match self { $(Error::$name => $text,)* } }

            /// What to do about it.
            #[cfg(feature = "error-text")]
            pub const fn hint(self) -> &'static str { match self { $(Error::$name => $hint,)* } }
        }

        // Tables in the order of `ALL`: half the size of what a compiler makes of a match.
        const NUMBERS: &[u8] = &[$($number),*];
        const FAULTS: &[Fault] = &[$(Fault::$fault),*];
        const ALERTS: &[Alert] = &[$(Alert::$alert),*];
        const CODES: &[&str] = &[$($code),*];
    };
}

errors! {
    // 1..: the caller's configuration; nothing has been sent.
    /// None of ca, fingerprint256, pinnedPubKey or rejectUnauthorized:false was given.
    NoTrust = 1, Caller, None, "ERR_TLS_NO_TRUST", "nothing says whom to trust, so no connection was made",
        "give `fingerprint256`, `pinnedPubKey` or `ca`; or `rejectUnauthorized: false` to encrypt without knowing to whom";
    /// A CA text has no `-----BEGIN CERTIFICATE-----` line and is neither DER nor base64. a: line, b: column (from 1).
    PemNoStartLine = 2, Caller, None, "ERR_OSSL_PEM_NO_START_LINE", "`ca` line {a}, column {b}: what stands here is not the beginning of a certificate, nor base64",
        "a certificate begins with -----BEGIN CERTIFICATE-----, five dashes on each side; DER and bare base64 are fine too";
    /// A BEGIN line without its END line. a, b: line and column of the place where it was missed.
    PemBadEndLine = 3, Caller, None, "ERR_OSSL_PEM_BAD_END_LINE", "`ca` line {a}, column {b}: -----END CERTIFICATE----- is missing or misspelt",
        "was the text cut off? five dashes on each side of END CERTIFICATE";
    /// A character that is not base64 inside a certificate. a, b: line and column.
    PemBadBase64 = 4, Caller, None, "ERR_OSSL_PEM_BAD_BASE64_DECODE", "`ca` line {a}, column {b}: this is not base64, or some of it is missing before this place",
        "copy the certificate again, without changing it";
    /// A CA certificate whose DER can't be parsed. a: which certificate (from 1), b: byte offset in it.
    CaUnreadable = 5, Caller, None, "ERR_OSSL_ASN1_DECODE", "`ca` certificate {a} is damaged at byte {b}",
        "compare with `openssl x509 -text`; a certificate is needed here, not a key or a request";
    /// No PEM block is a certificate: they are keys or requests. a, b: line and column of the first one's label.
    PemNotCertificate = 6, Caller, None, "ERR_OSSL_PEM_NOT_CERTIFICATE", "`ca` line {a}, column {b}: this is not a certificate, nor is any block after it",
        "give the block that begins with -----BEGIN CERTIFICATE-----; nobody else needs the private key";
    /// fingerprint256 can't be read. a: position (from 1).
    InvalidFingerprint = 7, Caller, None, "ERR_INVALID_ARG_VALUE", "`fingerprint256`, character {a}: 32 bytes in hex are needed, colons optional",
        "`openssl x509 -noout -fingerprint -sha256 -in cert.pem` prints it (SHA-1 fingerprints are too short)";
    /// pinnedPubKey can't be read. a: position (from 1).
    InvalidPin = 8, Caller, None, "ERR_INVALID_ARG_VALUE", "`pinnedPubKey`, character {a}: sha256// and 44 base64 characters are needed",
        "the form is that of curl's --pinnedpubkey";
    /// servername is empty, too long or not a host name.
    InvalidServername = 9, Caller, None, "ERR_INVALID_ARG_VALUE", "`servername` is neither a host name nor an IP address",
        "give the name in the certificate, as in the URL, in punycode, at most 253 characters";
    /// ALPN list malformed.
    InvalidAlpn = 10, Caller, None, "ERR_INVALID_ARG_VALUE", "`ALPNProtocols` is too long or has an empty name",
        "names such as http/1.1, separated by commas, 255 characters in all";
    /// max fragment is none of 512, 1024, 2048, 4096. a: what was given.
    InvalidMaxFragment = 11, Caller, None, "ERR_OUT_OF_RANGE", "`maxFragmentLength` is {a}",
        "use 512, 1024, 2048 or 4096";
    /// The version range is empty or not in this build.
    InvalidVersionRange = 12, Caller, None, "ERR_TLS_INVALID_PROTOCOL_VERSION", "no TLS version of this build lies between `minVersion` and `maxVersion`",
        "this build speaks TLSv1.2, and TLSv1.3 unless it was left out";
    /// The memory lent is too small. a: given, b: needed.
    MemoryTooSmall = 13, Caller, None, "ERR_OUT_OF_RANGE", "{a} bytes of memory were lent, {b} are needed",
        "ask etls_size() how much";
    /// `ca` was given but this build has no chain check.
    NoChainSupport = 14, Caller, None, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "this build checks pins only, not certificate chains",
        "use `fingerprint256` or `pinnedPubKey`, or build with the profile full";
    /// A pointer, a length or a limit makes no sense.
    InvalidArgument = 15, Caller, None, "ERR_INVALID_ARG_TYPE", "a pointer is null, or a value has the wrong form or is too large",
        "see the header's description of the call";
    /// `ca` was given, no name to check.
    NoServername = 16, Caller, None, "ERR_MISSING_ARGS", "`ca` needs a name to check the certificate against",
        "give `servername` (or `host`)";
    /// write after close.
    WriteAfterClose = 17, Caller, None, "ERR_STREAM_WRITE_AFTER_END", "data was written after close",
        "write first, then close";

    /// `cert` has no certificate that can be read. a, b: line and column.
    OwnCertUnreadable = 19, Caller, None, "ERR_OSSL_PEM_NO_START_LINE", "`cert` line {a}, column {b}: no certificate, PEM or DER, can be read here",
        "give the client's certificate, and after it those of its issuers; without a password";
    /// `key` can't be read, or is of a kind that can't sign here.
    KeyUnreadable = 20, Caller, None, "ERR_OSSL_UNSUPPORTED", "`key` is not a private key that this build can use",
        "it must be an EC key on P-256 or (unless the build left it out) an RSA key of 2048 bits, undamaged, PEM or DER, without a password: openssl pkey -in key.pem";
    /// Only one of `cert` and `key` was given.
    CertWithoutKey = 21, Caller, None, "ERR_MISSING_ARGS", "a client certificate needs both `cert` and `key`",
        "give both, or neither";
    /// `key` does not belong to the first certificate in `cert`.
    KeyMismatch = 22, Caller, None, "ERR_OSSL_X509_KEY_VALUES_MISMATCH", "`key` does not belong to the first certificate in `cert`",
        "give the client's own certificate first, and its key";
    /// A client certificate was given but this build can't use one.
    NoClientAuth = 23, Caller, None, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "this build has no client certificates",
        "build with the feature client-auth";
    /// This build leaves AES to the device, and the device has none to offer.
    NoAes = 29, Caller, None, "ERR_MISSING_ARGS", "this build leaves AES to the device, but etls_host.aes128 is null",
        "set it, or build without the feature aes-hook";

    // 30..: the device.
    /// The host's random callback failed: nothing may be done without it.
    RandomFailed = 30, Host, InternalError, "ERR_TLS_RANDOM", "the device could not supply random numbers",
        "try again; without them no connection is safe";
    /// A buffer could not be had. a: bytes asked for.
    OutOfMemory = 31, Host, InternalError, "ERR_OUT_OF_MEMORY", "{a} bytes of memory were needed and could not be had",
        "free memory, or use a smaller `maxFragmentLength`";
    /// A protected record larger than the buffer, and no memory for it. a: record, b: limit or what could be had.
    RecordTooLarge = 32, Host, RecordOverflow, "ERR_SSL_DATA_LENGTH_TOO_LONG", "the server sent a record of {a} bytes and ignores max_fragment_length; at most {b} are allowed by `maxRecord`",
        "raise `maxRecord`, or make the server send smaller records (nginx: ssl_buffer_size)";
    /// As RecordTooLarge, but the memory was missing. a: record, b: the buffer there is.
    RecordNoMemory = 33, Host, InternalError, "ERR_OUT_OF_MEMORY", "the server sent a record of {a} bytes; the buffer holds {b} and there is no memory for more",
        "free memory, or make the server send smaller records (nginx: ssl_buffer_size)";

    // 40..: the connection.
    /// The transport closed in the middle of the handshake, or without close_notify.
    ConnectionReset = 40, Connection, None, "ECONNRESET", "the connection was closed in the middle of the handshake",
        "is this a TLS port, and does the server accept this client?";
    /// The transport closed without close_notify after the handshake.
    Truncated = 41, Connection, None, "ECONNRESET", "the connection was cut off without close_notify: data may be missing",
        "use it only if its length is known to be complete";
    /// A fatal alert came. a: its description (RFC 8446 §6).
    AlertReceived = 42, Connection, None, "ERR_SSL_ALERT", "the server refused with alert {a}",
        "the server's log says why";

    // 60..: the peer broke the protocol.
    /// What came is not TLS.
    WrongVersionNumber = 60, Peer, ProtocolVersion, "ERR_SSL_WRONG_VERSION_NUMBER", "what came from the server is not TLS",
        "is it plain HTTP? then use http:// or the right port; in the middle of a connection bytes were lost or changed on their way";
    /// The server chose a version that was not offered. a: version on the wire.
    UnsupportedProtocol = 61, Incompatible, ProtocolVersion, "ERR_SSL_UNSUPPORTED_PROTOCOL", "the server chose TLS version {a} (wire number), which was not offered",
        "769 and 770 are TLS 1.0 and 1.1, which are not safe: update the server; 771 is TLS 1.2: see `minVersion`";
    /// A message that may not come here. a: handshake type or 256 + content type.
    UnexpectedMessage = 62, Peer, UnexpectedMessage, "ERR_SSL_UNEXPECTED_MESSAGE", "the server sent message {a} out of turn",
        "if it happens again, the server has a bug";
    /// A message whose lengths do not add up. a: handshake type.
    DecodeError = 63, Peer, DecodeError, "ERR_SSL_LENGTH_MISMATCH", "the server's message {a} can't be parsed",
        "if it happens again, the server has a bug";
    /// A message longer than any honest one. a: handshake type, b: length.
    MessageTooLong = 64, Peer, IllegalParameter, "ERR_SSL_EXCESSIVE_MESSAGE_SIZE", "the server's message {a} is {b} bytes long, more than this client takes",
        "if it happens again, the server has a bug";
    /// A value that was not offered or is forbidden.
    IllegalParameter = 65, Peer, IllegalParameter, "ERR_SSL_BAD_EXTENSION", "the server sent a value that was not offered or is not allowed",
        "if it happens again, the server has a bug";
    /// Cipher suite not offered. a: suite.
    WrongCipherReturned = 66, Peer, IllegalParameter, "ERR_SSL_WRONG_CIPHER_RETURNED", "the server chose cipher suite {a}, which was not offered",
        "if it happens again, the server has a bug";
    /// An extension that was not asked for, or only for another version. a: extension number.
    UnsolicitedExtension = 67, Peer, UnsupportedExtension, "ERR_SSL_UNSOLICITED_EXTENSION", "the server answered extension {a}, which was not sent, or not for this version",
        "if it happens again, the server has a bug";
    /// Curve not offered, or without a share. a: group number.
    WrongCurve = 68, Peer, IllegalParameter, "ERR_SSL_WRONG_CURVE", "the server chose group {a}, which was not offered, or for which no share was sent",
        "if it happens again, the server has a bug";
    /// A key share that is not a point of its curve.
    BadKeyShare = 69, Peer, IllegalParameter, "ERR_SSL_BAD_ECPOINT", "the server's key share is not valid",
        "someone may be interfering with the connection";
    /// Signature scheme not offered, or not for such a key. a: scheme.
    WrongSignatureType = 70, Peer, IllegalParameter, "ERR_SSL_WRONG_SIGNATURE_TYPE", "the server signed with scheme {a}, which was not offered or does not go with its key",
        "if it happens again, the server has a bug";
    /// The handshake's own signature is wrong: the server does not hold the certificate's key.
    BadHandshakeSignature = 71, Trust, DecryptError, "ERR_SSL_BAD_SIGNATURE", "the server could not prove that it holds the certificate's key",
        "someone may be interfering with the connection";
    /// Finished is wrong.
    BadFinished = 72, Peer, DecryptError, "ERR_SSL_DIGEST_CHECK_FAILED", "the two sides saw different handshakes",
        "someone may be interfering with the connection";
    /// A record's tag is wrong.
    BadRecordMac = 73, Peer, BadRecordMac, "ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC", "a record was changed on its way",
        "connect again; if it happens again, bytes may be lost (is a serial port too fast?), or someone may be interfering with the connection";
    /// A record larger than the protocol allows or than was negotiated. a: its size, b: the limit.
    RecordOverflow = 74, Peer, RecordOverflow, "ERR_SSL_ENCRYPTED_LENGTH_TOO_LONG", "the server sent a record of {a} bytes where {b} are allowed",
        "if it happens again, the server has a bug";
    /// The downgrade sentinel (RFC 8446 §4.1.3) says that somebody pushed the version down.
    Downgrade = 75, Peer, IllegalParameter, "ERR_SSL_INAPPROPRIATE_FALLBACK", "someone pushed the connection down to an older TLS version",
        "someone may be interfering with the connection";
    /// renegotiation_info is wrong (RFC 5746 §3.4).
    RenegotiationMismatch = 76, Peer, HandshakeFailure, "ERR_SSL_RENEGOTIATION_MISMATCH", "the server's renegotiation_info is wrong",
        "someone may be interfering with the connection";
    /// A part that TLS 1.3 can't do without is missing.
    MissingExtension = 77, Peer, MissingExtension, "ERR_SSL_NO_SUITABLE_KEY_SHARE", "the server left out a part of its answer that TLS 1.3 needs",
        "if it happens again, the server has a bug";
    /// Endless warnings, empty records, or pointless messages. a: handshake type or 256 + content type.
    TooMuchNoise = 78, Peer, UnexpectedMessage, "ERR_SSL_TOO_MANY_WARN_ALERTS", "the server sends no data, but again and again message {a} (0: HelloRequest, 24: KeyUpdate, 276: ChangeCipherSpec, 277: a warning, 278 and 279: empty records)",
        "if it happens again, the server has a bug";
    /// No sequence numbers are left. Never in practice.
    TooManyRecords = 79, Peer, InternalError, "ERR_SSL_TOO_MANY_RECORDS", "this connection has carried all that one key may",
        "connect again";
    /// Bytes after the certificate's end or none at all.
    NoCertificate = 80, Peer, DecodeError, "ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE", "the server sent no certificate",
        "give the server a certificate";
    /// The certificate's key does not go with the cipher suite.
    WrongCertificateType = 81, Peer, IllegalParameter, "ERR_SSL_WRONG_CERTIFICATE_TYPE", "the certificate's key does not go with the cipher suite",
        "if it happens again, the server has a bug";
    /// ALPN answer that was not offered.
    WrongAlpn = 82, Peer, IllegalParameter, "ERR_SSL_BAD_EXTENSION", "the server chose an application protocol that was not offered",
        "if it happens again, the server has a bug";

    // 100..: trust. Node's names, which are OpenSSL's X509_V_ERR_*.
    /// The leaf is not the pinned certificate.
    FingerprintMismatch = 100, Trust, BadCertificate, "ERR_TLS_CERT_FINGERPRINT_MISMATCH", "the server's certificate is not the pinned one",
        "was it renewed? compare the printed fingerprint with the server's own; otherwise someone may be interfering";
    /// The leaf's key is not the pinned key.
    PinMismatch = 101, Trust, BadCertificate, "ERR_TLS_PINNED_KEY_MISMATCH", "the server's key is not the pinned one",
        "was it changed? compare with the server's own; otherwise someone may be interfering";
    /// Self-signed leaf that is not an anchor.
    DepthZeroSelfSigned = 102, Trust, UnknownCa, "DEPTH_ZERO_SELF_SIGNED_CERT", "the server's certificate is self-signed and not among `ca`",
        "pin it with `fingerprint256`, or give it as `ca`; if it was renewed, the new one";
    /// Self-signed certificate in the chain that is not an anchor.
    SelfSignedInChain = 103, Trust, UnknownCa, "SELF_SIGNED_CERT_IN_CHAIN", "the chain ends in a root that is not among `ca`",
        "give the chain's root as `ca`, if you trust it";
    /// Only the leaf was sent and its issuer is not among the anchors.
    UnableToVerifyLeaf = 104, Trust, UnknownCa, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "the server's certificate was issued by a CA that is not among `ca`",
        "give the certificate of the issuer as `ca`, with its name byte for byte as in the server's certificate, or make the server send its intermediate certificates";
    /// The chain does not lead to an anchor. a: how many of the server's certificates fitted nowhere.
    UnableToGetIssuer = 105, Trust, UnknownCa, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "the chain does not lead to any certificate in `ca`",
        "give the chain's root as `ca`";
    /// `ca` holds the server's own certificate although another CA issued it.
    CaIsTheLeaf = 106, Trust, UnknownCa, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "`ca` is the server's own certificate, not its issuer's",
        "give the issuer's certificate, or pin this one with `fingerprint256`";
    /// notAfter has passed. a: the certificate, here and below: its depth in the chain (0 is the server's own), and 256
    /// times its place in `ca` (from 1) if it is there.
    CertHasExpired = 107, Trust, CertificateExpired, "CERT_HAS_EXPIRED", "{c} has expired",
        "renew it; or is the device's clock wrong? see setTime()";
    /// notBefore has not come. a: the certificate.
    CertNotYetValid = 108, Trust, CertificateExpired, "CERT_NOT_YET_VALID", "{c} is not valid yet",
        "is the device's clock wrong? see setTime()";
    /// The device's clock is not set. a: what it says, seconds since 1970.
    ClockNotSet = 109, Trust, InternalError, "ERR_TLS_CLOCK_NOT_SET", "the device's clock is not set, so the certificate's dates can't be checked",
        "call setTime() first, for instance from an NTP server; or `checkValidity: false`";
    /// The name is not in the certificate.
    AltnameInvalid = 110, Trust, BadCertificate, "ERR_TLS_CERT_ALTNAME_INVALID", "the certificate is for another host name",
        "use a name that is in the certificate's subjectAltName, or set `servername`";
    /// The IP address is not in the certificate.
    IpAltnameInvalid = 111, Trust, BadCertificate, "ERR_TLS_CERT_ALTNAME_INVALID", "the certificate does not name this IP address",
        "an address must be in subjectAltName as iPAddress; or set `servername`, or pin with `fingerprint256`";
    /// A certificate's signature is wrong. a: the certificate whose key should have made it.
    CertSignatureFailure = 112, Trust, BadCertificate, "CERT_SIGNATURE_FAILURE", "the key of {c} did not make the signature of the certificate below it, although it has the issuer's name",
        "is it an older or a newer one of that name? otherwise the chain is damaged, or someone may be interfering";
    /// SHA-1, MD5, or an algorithm or parameters that are not known here. a: the certificate.
    WeakSignature = 113, Trust, UnsupportedCertificate, "CA_MD_TOO_WEAK", "{c} is signed with an algorithm that is not safe (SHA-1, MD5) or not known here",
        "have it signed by ECDSA, RSA or RSA-PSS (with the same hash in MGF1 and, without the feature rsa-pss, a salt as long as the hash), with SHA-256, SHA-384 or SHA-512";
    /// RSA below 2048 bits or above 4096, or a key that is not written as it should be. a: the certificate.
    WeakKey = 114, Trust, UnsupportedCertificate, "EE_KEY_TOO_SMALL", "{c} has an RSA key that is too small or too large, or a key in a form that is not taken",
        "RSA needs 2048 to 4096 bits; points of a curve are not compressed";
    /// basicConstraints missing or CA:FALSE. a: the certificate.
    InvalidCa = 115, Trust, BadCertificate, "INVALID_CA", "{c} has the name of an issuer but is not a CA",
        "give the issuer's own certificate, with basicConstraints CA:TRUE; if the server's self-signed certificate was renewed, give the new one as `ca`";
    /// pathLenConstraint. a: the certificate.
    PathLengthExceeded = 116, Trust, BadCertificate, "PATH_LENGTH_EXCEEDED", "the chain is longer than {c} allows",
        "have the server's certificate issued with fewer CAs between, or raise that one's pathLenConstraint";
    /// keyUsage or extKeyUsage forbids this use. a: the certificate.
    InvalidPurpose = 117, Trust, UnsupportedCertificate, "INVALID_PURPOSE", "{c} may not be used for this",
        "keyUsage needs digitalSignature (leaf) or keyCertSign (CA); extKeyUsage needs serverAuth; or pin the server with `fingerprint256` or `pinnedPubKey`";
    /// A critical extension this client does not know. a: the certificate.
    UnhandledCriticalExtension = 118, Trust, UnsupportedCertificate, "UNHANDLED_CRITICAL_EXTENSION", "{c} has a critical extension that is not known here",
        "have it issued without, or not critical; or pin the server with `fingerprint256` or `pinnedPubKey`";
    /// Name constraints forbid a name of the server's certificate. a: the certificate.
    PermittedViolation = 119, Trust, BadCertificate, "PERMITTED_VIOLATION", "a name in the server's certificate is outside the name constraints of {c}",
        "use a CA that may issue for all names in subjectAltName";
    /// A certificate that can't be parsed. a: depth, b: byte offset.
    CertUnreadable = 120, Peer, BadCertificate, "ERR_OSSL_ASN1_DECODE", "certificate {a} of the chain is malformed at byte {b}",
        "issue it again with another tool";
    /// More signatures or certificates than an honest chain has. a: the certificate at which the work ended.
    ChainTooLong = 121, Trust, BadCertificate, "CERT_CHAIN_TOO_LONG", "the server sent more certificates than a chain needs",
        "give the right chain to the server";
    /// Keys and signatures larger than the workspace. a: bytes needed.
    CertTooLarge = 122, Trust, UnsupportedCertificate, "ERR_OUT_OF_MEMORY", "the chain's keys need {a} bytes of memory",
        "a larger `maxFragmentLength` brings it; or use smaller keys";
    /// A key that is neither RSA nor on a curve of this build. a: the certificate.
    UnknownKey = 123, Trust, UnsupportedCertificate, "ERR_SSL_UNKNOWN_CERTIFICATE_TYPE", "{c} has a key of a kind that is not known here",
        "RSA, and EC on the named curves P-256 and P-384, are known; Ed25519 and P-521, for instance, are not";
    /// The server's certificate has no subjectAltName, whose names alone count (RFC 9525).
    NoAltname = 130, Trust, BadCertificate, "ERR_TLS_CERT_ALTNAME_INVALID", "the certificate has no subjectAltName, so it names no host",
        "pin it with `fingerprint256` or `pinnedPubKey` instead of `ca`, or issue it again with a subjectAltName";
    /// Name constraints that can't be understood, on forms of names that are not compared here, or of what is no CA.
    /// a: the certificate.
    UnsupportedConstraint = 131, Trust, BadCertificate, "PERMITTED_VIOLATION", "{c} has name constraints that can't be held against the certificates below it",
        "only a CA's on DNS names and IP addresses can be; or pin the server with `fingerprint256` or `pinnedPubKey`";
    /// policyConstraints with requireExplicitPolicy. a: the certificate.
    NoExplicitPolicy = 132, Trust, UnsupportedCertificate, "UNHANDLED_CRITICAL_EXTENSION", "{c} requires certificate policies, which are not evaluated here",
        "use a CA without requireExplicitPolicy, or pin the server with `fingerprint256` or `pinnedPubKey`";

    // 250..
    /// A bug of ours, caught where it can do no harm.
    Internal = 250, Host, InternalError, "ERR_INTERNAL_ASSERTION", "internal error",
        "please report it";
}

impl Error {
    /// Its place in [`Error::ALL`].
    fn index(self) -> usize {
        self as usize - 1
    }

    /// Node's code name, or one in Node's style where Node has none. For [`Error::AlertReceived`] see
    /// [`Report::code`].
    pub fn code(self) -> Code {
        code_at(self.index())
    }

    /// The error's number in the C ABI.
    #[inline(never)]
    pub fn number(self) -> u8 {
        NUMBERS.get(self.index()).copied().unwrap_or_default()
    }
}

/// A code name; dereferences to a `str`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Code {
    bytes: [u8; CODE_LEN],
    len: usize,
}

/// More bytes than any code name has.
pub const CODE_LEN: usize = 48;

impl Code {
    /// Its bytes and zeros up to [`CODE_LEN`].
    pub fn zero_padded(&self) -> &[u8; CODE_LEN] {
        &self.bytes
    }

    /// Its bytes, which are ASCII.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Appends one of [`TEXTS`].
    fn append(&mut self, index: usize) {
        let mut before = index;
        for byte in &TEXTS {
            let (symbol, last) = (byte & 0x7f, byte & 0x80 != 0);
            if before == 0 {
                if let Some(word) = symbol.checked_sub(FIRST_WORD) {
                    self.append(word.into());
                } else if let Some(place) = self.bytes.get_mut(self.len) {
                    *place = symbol + FIRST_CHAR;
                    self.len += 1;
                }
                if last {
                    return;
                }
            }
            before -= usize::from(last);
        }
    }
}

impl core::ops::Deref for Code {
    type Target = str;
    fn deref(&self) -> &str {
        core::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl PartialEq<&str> for Code {
    fn eq(&self, other: &&str) -> bool {
        **self == **other
    }
}

impl PartialEq<str> for Code {
    fn eq(&self, other: &str) -> bool {
        **self == *other
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self)
    }
}

/// Alerts that OpenSSL, and so Node, has a name for; the names follow in the same order, and last the one for others.
/// RFC 8446 §6, RFC 6066 §9, RFC 7301 §3.2.
const NAMED_ALERTS: &[u8] =
    &[10, 20, 22, 40, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 70, 71, 80, 86, 90, 109, 112, 116, 120];
const ALERT_CODES: &[&str; NAMED_ALERTS.len() + 1] = &[
    "ERR_SSL_SSLV3_ALERT_UNEXPECTED_MESSAGE",
    "ERR_SSL_SSLV3_ALERT_BAD_RECORD_MAC",
    "ERR_SSL_TLSV1_ALERT_RECORD_OVERFLOW",
    "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    "ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE",
    "ERR_SSL_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE",
    "ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED",
    "ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED",
    "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    "ERR_SSL_SSLV3_ALERT_ILLEGAL_PARAMETER",
    "ERR_SSL_TLSV1_ALERT_UNKNOWN_CA",
    "ERR_SSL_TLSV1_ALERT_ACCESS_DENIED",
    "ERR_SSL_TLSV1_ALERT_DECODE_ERROR",
    "ERR_SSL_TLSV1_ALERT_DECRYPT_ERROR",
    "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION",
    "ERR_SSL_TLSV1_ALERT_INSUFFICIENT_SECURITY",
    "ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR",
    "ERR_SSL_TLSV1_ALERT_INAPPROPRIATE_FALLBACK",
    "ERR_SSL_TLSV1_ALERT_USER_CANCELLED",
    "ERR_SSL_TLSV13_ALERT_MISSING_EXTENSION",
    "ERR_SSL_TLSV1_UNRECOGNIZED_NAME",
    "ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED",
    "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL",
    "ERR_SSL_ALERT",
];

/// What many names contain, longest first; chosen by trying. In the image each is one byte, in names and in longer words.
#[rustfmt::skip]
const WORDS: &[&str] = &[
    "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "ERR_SSL_SSLV3_ALERT_CERTIFICATE_", "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
    "ERR_TLS_CERT_ALTNAME_INVALID", "ERR_OSSL_PEM_NO_START_LINE", "ERR_INVALID_ARG_VALUE", "APPROPRIATE_FALLBACK",
    "ERR_SSL_SSLV3_ALERT_", "ERR_SSL_TLSV1_ALERT_", "UNEXPECTED_MESSAGE", "ERR_OUT_OF_MEMORY", "ERR_SSL_TOO_MANY_",
    "ERR_MISSING_ARGS", "PROTOCOL_VERSION", "BAD_RECORD_MAC", "ERR_SSL_WRONG_", "ERR_OSSL_PEM_", "ERR_SSL_TLSV1",
    "SELF_SIGNED_", "ASN1_DECODE", "CERTIFICATE", "ERR_OUT_OF_", "ECONNRESET", "UNABLE_TO_", "ERR_OSSL_", "EXTENSION",
    "SIGNATURE", "UNSUPPORT", "ERR_SSL_", "ERR_TLS_", "INTERNAL", "INVALID_", "MISMATCH", "MISSING_", "PROTOCOL",
    "TOO_LONG", "EXPIRED", "LENGTH_", "UNKNOWN", "_ALERT_", "DECODE", "RECORD", "RETURN", "_ERROR", "ABLE_", "CERT_",
    "CRYPT", "VALID", "_FAIL", "_TYPE", "BAD_", "ERR_", "KEY_", "NOT_", "TOO_", "ED_", "ERT", "ER_", "ION", "RAN", "AL",
    "AR", "AT", "DE", "EC", "ED", "EN", "ER", "GE", "HA", "IC", "IN", "IT", "ME", "OR", "O_", "RE", "SS", "T_", "UN",
];

/// Names have characters from `0` to `_`. In the image that is 0 to 47; a word's number follows from 48 on.
const FIRST_CHAR: u8 = b'0';
const FIRST_WORD: u8 = b'_' - FIRST_CHAR + 1;

/// All words, then all names, errors' and alerts'. The compiler packs them; this saves two of three kilobytes on the chip.
static TEXTS: [u8; PACKED.len] = cut(&PACKED);
const PACKED: Row = pack(ALERT_CODES, pack(CODES, pack(WORDS, Row { bytes: [0; 2048], len: 0 })));

/// A row of texts, the last byte of each with its highest bit set.
struct Row {
    bytes: [u8; 2048],
    len: usize,
}

/// Appends texts to a row, put together from words and characters. The words come first, and have only shorter ones in
/// them.
#[allow(clippy::indexing_slicing, long_running_const_eval)] // only the compiler runs this
const fn pack(texts: &[&str], mut row: Row) -> Row {
    // A word is not made of itself.
    let margin = if row.len == 0 { 1 } else { 0 };
    let mut i = 0;
    while i < texts.len() {
        let text = texts[i].as_bytes();
        assert!(text.len() < CODE_LEN);
        let mut at = 0;
        while at < text.len() {
            let mut word = 0;
            while word < WORDS.len()
                && (WORDS[word].len() + margin > text.len() || !has_at(text, at, WORDS[word].as_bytes()))
            {
                word += 1;
            }
            if word < WORDS.len() {
                row.bytes[row.len] = FIRST_WORD + word as u8;
                at += WORDS[word].len();
            } else {
                assert!(text[at] >= FIRST_CHAR && text[at] - FIRST_CHAR < FIRST_WORD);
                row.bytes[row.len] = text[at] - FIRST_CHAR;
                at += 1;
            }
            assert!(row.bytes[row.len] < 0x80);
            row.len += 1;
        }
        row.bytes[row.len - 1] |= 0x80;
        i += 1;
    }
    row
}

#[allow(clippy::indexing_slicing)] // only the compiler runs this
const fn has_at(text: &[u8], at: usize, word: &[u8]) -> bool {
    let mut same = 0;
    while same < word.len() && at + same < text.len() && text[at + same] == word[same] {
        same += 1;
    }
    same == word.len()
}

#[allow(clippy::indexing_slicing)] // only the compiler runs this
const fn cut<const N: usize>(row: &Row) -> [u8; N] {
    let mut out = [0; N];
    let mut i = 0;
    while i < N {
        out[i] = row.bytes[i];
        i += 1;
    }
    out
}

/// The name at this place, counted without the words.
fn code_at(index: usize) -> Code {
    let mut code = Code { bytes: [0; CODE_LEN], len: 0 };
    code.append(WORDS.len() + index);
    code
}

/// What the peer most likely means by an alert, and what to do.
#[cfg(feature = "error-text")]
pub const fn alert_hint(description: u32) -> &'static str {
    match description {
        40 => "the server found no version, cipher suite, curve or signature in common, or wants a client certificate",
        70 => "the server does not speak the TLS versions of this build",
        42..=46 | 48 | 116 => "the server did not accept the client's certificate, or wants one",
        112 => "the server does not know this `servername`",
        120 => "the server has none of the `ALPNProtocols`",
        _ => "the server's log says why",
    }
}

/// Where the code is the same, but what happened and what to do depends on the numbers.
#[cfg(feature = "error-text")]
const fn variant(error: Error, detail: Detail) -> (&'static str, &'static str) {
    match error {
        Error::AlertReceived => (error.text(), alert_hint(detail.a)),
        Error::UnableToGetIssuer if detail.a != 0 => (
            "the chain does not lead to any certificate in `ca`; {a} of the certificates that the server sent fitted nowhere",
            "the server sends its chain in the wrong order, or something else with it: give the intermediate certificate \
             that is missing, or the root, as `ca`",
        ),
        // The first bytes say what it is and how long.
        Error::CertUnreadable if detail.b <= 4 => (
            "certificate {a} of the chain does not begin as certificates do, or has 64 KB or more (byte {b})",
            "give the server another certificate",
        ),
        Error::CaUnreadable if detail.b <= 4 => {
            ("`ca` certificate {a} does not begin as certificates do, or has 64 KB or more (byte {b})", error.hint())
        }
        Error::MessageTooLong if detail.a == 11 => (
            "the server's certificates take {b} bytes, more than this client reads",
            "64 KB are the limit: give the server a certificate with fewer names, and no others but those that lead to `ca`",
        ),
        Error::ChainTooLong if detail.a >= 256 => (
            "too many certificates in `ca` have the name of an issuer and not its key",
            "give only the one that issued the server's certificate, or the next one above it",
        ),
        _ => (error.text(), error.hint()),
    }
}

/// An error together with its numbers: what a person gets to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Report {
    /// What went wrong.
    pub error: Error,
    /// The numbers that belong to it.
    pub detail: Detail,
}

impl Report {
    /// Node's code name, taking alerts from the peer into account.
    pub fn code(&self) -> Code {
        match self.error {
            Error::AlertReceived => {
                let known = NAMED_ALERTS.iter().position(|a| u32::from(*a) == self.detail.a);
                code_at(CODES.len() + known.unwrap_or(NAMED_ALERTS.len()))
            }
            other => other.code(),
        }
    }
}

impl Report {
    /// Gives the text piece by piece: `CODE: what happened. What to do.` (without the feature `error-text` the code
    /// alone). Not through `core::fmt`, which would cost two kilobytes on the chip.
    pub fn pieces(&self, put: &mut dyn FnMut(&[u8])) {
        put(self.code().as_bytes());
        #[cfg(feature = "error-text")]
        {
            let (text, hint) = variant(self.error, self.detail);
            put(b": ");
            let mut rest = text;
            while let Some((before, after)) = rest.split_once('{') {
                put(before.as_bytes());
                let (name, tail) = after.split_once('}').unwrap_or((after, ""));
                match name {
                    "a" => put_decimal(self.detail.a, put),
                    "b" => put_decimal(self.detail.b, put),
                    _ => put_certificate(self.detail.a, put),
                }
                rest = tail;
            }
            put(rest.as_bytes());
            put(b". ");
            put(hint.as_bytes());
        }
    }
}

/// Which certificate it is; see [`Error::CertHasExpired`].
#[cfg(feature = "error-text")]
fn put_certificate(which: u32, put: &mut dyn FnMut(&[u8])) {
    put(b"certificate ");
    match (which >> 8, which) {
        (0, 0) => put(b"0 of the chain, the server's own,"),
        (0, depth) => {
            put_decimal(depth, put);
            put(b" of the chain");
        }
        (number, _) => {
            put_decimal(number, put);
            put(b" in `ca`");
        }
    }
}

#[cfg(feature = "error-text")]
fn put_decimal(value: u32, put: &mut dyn FnMut(&[u8])) {
    let mut digits = [b'0'; 10];
    let mut left = value;
    let mut used = 0;
    for digit in digits.iter_mut().rev() {
        *digit += (left % 10) as u8;
        left /= 10;
        used += 1;
        if left == 0 {
            break;
        }
    }
    put(digits.get(10 - used..).unwrap_or_default());
}

impl fmt::Display for Report {
    /// See [`Report::pieces`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut result = Ok(());
        self.pieces(&mut |piece| {
            // every piece is cut from a str at a character's boundary
            result = result.and_then(|()| f.write_str(core::str::from_utf8(piece).unwrap_or_default()));
        });
        result
    }
}

impl core::error::Error for Report {}

#[cfg(test)]
mod tests {
    use super::*;
    extern crate std;
    use std::string::ToString;

    #[test]
    fn every_error_has_a_number_of_its_own_and_a_text() {
        for (i, e) in Error::ALL.iter().enumerate() {
            assert!(Error::ALL[i + 1..].iter().all(|o| o.number() != e.number()));
            assert_eq!(&*e.code(), CODES[i]);
            let text = Report { error: *e, detail: Detail { a: 7, b: 9 } }.to_string();
            assert!(
                !text.contains('{')
                    && text.starts_with(Report { error: *e, detail: Detail { a: 7, b: 9 } }.code().trim())
            );
        }
    }

    #[test]
    fn numbers_are_put_into_the_text() {
        let r = Report { error: Error::RecordTooLarge, detail: Detail { a: 16384, b: 4096 } };
        let s = r.to_string();
        assert!(s.contains("16384") && s.contains("4096"), "{s}");
        for n in [0, 9, 10, 4_294_967_295] {
            let r = Report { error: Error::UnexpectedMessage, detail: Detail { a: n, b: 0 } };
            assert!(r.to_string().contains(&std::format!("message {n} out")), "{r}");
        }
    }

    #[test]
    fn certificates_are_named() {
        let text = |error, a| Report { error, detail: Detail { a, b: 0 } }.to_string();
        assert!(text(Error::CertHasExpired, 0).contains("certificate 0 of the chain, the server's own, has expired. "));
        assert!(text(Error::CertHasExpired, 2).contains("certificate 2 of the chain has expired. "));
        assert!(text(Error::UnknownKey, 12 * 256 + 1).contains("certificate 12 in `ca` has a key"));
        let (order, anchors) = (text(Error::UnableToGetIssuer, 1), text(Error::ChainTooLong, 256));
        assert!(order.contains("in the wrong order") && order.contains("; 1 of the cert"), "{order}");
        assert!(!text(Error::UnableToGetIssuer, 0).contains("wrong order"));
        assert!(text(Error::MessageTooLong, 11).contains("the server's certificates take 0 bytes"));
        assert!(text(Error::MessageTooLong, 22).contains("the server's message 22 is 0 bytes long"));
        assert!(anchors.contains("in `ca`") && !text(Error::ChainTooLong, 1).contains("`ca`"), "{anchors}");
    }

    #[test]
    fn alerts_get_nodes_names() {
        let r = Report { error: Error::AlertReceived, detail: Detail { a: 70, b: 0 } };
        assert_eq!(r.code(), "ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION");
        for (description, name) in NAMED_ALERTS.iter().chain(&[121]).zip(ALERT_CODES) {
            let detail = Detail { a: (*description).into(), b: 0 };
            assert_eq!(Report { error: Error::AlertReceived, detail }.code(), *name);
        }
    }
}
