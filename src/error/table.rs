//! All errors, a row each.

use super::{Alert, Fault};

macro_rules! errors {
    ($(
        $(#[$doc:meta])* $name:ident = $number:literal, $fault:ident, $alert:ident, $code:literal, $text:literal, $hint:literal
            $(, js $js:literal, c $c:literal, rust $rust:literal)?;
    )*) => {
        /// Everything that can go wrong. The numbers are part of the C ABI and never change their meaning.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        #[non_exhaustive]
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

        }

        #[cfg(feature = "error-text")]
        impl Error {
            /// What happened; may contain `{a}` and `{b}` for the [`Detail`](super::Detail), and `{c}` for the certificate.
            pub const fn text(self) -> &'static str { match self { $(Error::$name => $text,)* } }

            /// What to do about it, in words that hold in every language.
            pub const fn hint(self) -> &'static str { match self { $(Error::$name => $hint,)* } }

            /// What the things in [`Error::hint`] are called in that language; empty where the hint says all.
            pub fn names(self, language: super::Language) -> &'static str {
                let names: &[[&str; 3]] = match self { $(Error::$name => &[$([$js, $c, $rust])?],)* };
                names.first().and_then(|names| names.get(language as usize)).copied().unwrap_or_default()
            }
        }

        // Tables in the order of `ALL`: half the size of what a compiler makes of a match.
        const NUMBERS: &[u8] = &[$($number),*];
        const FAULTS: &[Fault] = &[$(Fault::$fault),*];
        const ALERTS: &[Alert] = &[$(Alert::$alert),*];
        pub(super) const CODES: &[&str] = &[$($code),*];
    };
}

errors! {
    // 1..: the caller's configuration; nothing has been sent.
    /// Neither a pin nor a CA was given, nor was it said that anybody will do.
    NoTrust = 1, Caller, None, "ERR_TLS_NO_TRUST", "nothing says whom to trust, so no connection was made",
        "give the fingerprint of a certificate, the pin of a key, or a CA; or say that anybody will do, to encrypt \
         without knowing to whom",
        js "`fingerprint256`, `pinnedPubKey`, `ca`; `rejectUnauthorized: false`",
        c "`fingerprint256`, `pinned_pub_key`, `ca`; `insecure`",
        rust "`fingerprint256`, `pinned_pub_key`, `ca` or `insecure` of Trust";
    /// A CA text has no `-----BEGIN CERTIFICATE-----` line and is neither DER nor base64. a: line, b: column (from 1).
    PemNoStartLine = 2, Caller, None, "ERR_OSSL_PEM_NO_START_LINE", "`ca` line {a}, column {b}: what stands here is not the beginning of a certificate, nor base64",
        "a certificate begins with -----BEGIN CERTIFICATE-----, five dashes on each side; DER and bare base64 are fine \
         too";
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
    /// pinned_pub_key can't be read. a: position (from 1).
    InvalidPin = 8, Caller, None, "ERR_INVALID_ARG_VALUE", "the key's pin, character {a}: sha256// and 44 base64 characters are needed",
        "the form is that of curl's --pinnedpubkey",
        js "`pinnedPubKey`",
        c "`pinned_pub_key`",
        rust "`pinned_pub_key`";
    /// servername is empty, too long or not a host name.
    InvalidServername = 9, Caller, None, "ERR_INVALID_ARG_VALUE", "`servername` is neither a host name nor an IP address",
        "give the name in the certificate, as in the URL, in punycode, at most 253 characters";
    /// ALPN list malformed.
    InvalidAlpn = 10, Caller, None, "ERR_INVALID_ARG_VALUE", "the list of application protocols is too long or has an empty name",
        "names such as http/1.1, 255 characters in all",
        js "`ALPNProtocols`, an array",
        c "`alpn`, with commas between the names",
        rust "`alpn`, with commas between the names";
    /// max fragment is none of 512, 1024, 2048, 4096. a: what was given.
    InvalidMaxFragment = 11, Caller, None, "ERR_OUT_OF_RANGE", "the server can't be asked for records of {a} bytes",
        "use 512, 1024, 2048 or 4096",
        js "`maxFragmentLength`",
        c "`max_fragment`",
        rust "`max_fragment`";
    /// The version range is empty or not in this build.
    InvalidVersionRange = 12, Caller, None, "ERR_TLS_INVALID_PROTOCOL_VERSION", "no TLS version of this build lies between the lowest and the highest that are wanted",
        "this build speaks TLS 1.2, and TLS 1.3 unless it was left out",
        js "`minVersion`, `maxVersion`: \"TLSv1.2\", \"TLSv1.3\"",
        c "`min_version`, `max_version`: 0x0303, 0x0304",
        rust "`min_version`, `max_version`: TLS12, TLS13";
    /// The memory lent is too small. a: given, b: needed.
    MemoryTooSmall = 13, Caller, None, "ERR_OUT_OF_RANGE", "{a} bytes of memory were lent, {b} are needed",
        "ask how much is needed, and lend that",
        js "",
        c "etls_size()",
        rust "Connection::memory_needed()";
    /// `ca` was given but this build has no chain check.
    NoChainSupport = 14, Caller, None, "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM", "this build checks pins only, not certificate chains",
        "pin the server's certificate or key, or build with the profile full",
        js "`fingerprint256`, `pinnedPubKey`",
        c "`fingerprint256`, `pinned_pub_key`",
        rust "`fingerprint256`, `pinned_pub_key`";
    /// A pointer, a length or a limit makes no sense.
    InvalidArgument = 15, Caller, None, "ERR_INVALID_ARG_TYPE", "a pointer is null, or a value has the wrong form or is too large",
        "see the description of the call",
        js "",
        c "include/espruino_tls.h",
        rust "cargo doc";
    /// `ca` was given, no name to check.
    NoServername = 16, Caller, None, "ERR_MISSING_ARGS", "`ca` needs a name to check the certificate against",
        "give `servername`",
        js "or `host`",
        c "in etls_config",
        rust "in Config";
    /// write after close.
    WriteAfterClose = 17, Caller, None, "ERR_STREAM_WRITE_AFTER_END", "data was written after close",
        "write first, then close";

    /// `cert` has no certificate that can be read. a, b: line and column.
    OwnCertUnreadable = 19, Caller, None, "ERR_OSSL_PEM_NO_START_LINE", "`cert` line {a}, column {b}: no certificate, PEM or DER, can be read here",
        "give the client's certificate, and after it those of its issuers; without a password";
    /// `key` can't be read, or is of a kind that can't sign here.
    KeyUnreadable = 20, Caller, None, "ERR_OSSL_UNSUPPORTED", "`key` is not a private key that this build can use",
        "it must be an EC key on P-256 or (unless the build left it out) an RSA key of 2048 bits, undamaged, PEM or \
         DER, without a password: openssl pkey -in key.pem";
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
    NoAes = 29, Caller, None, "ERR_MISSING_ARGS", "this build leaves AES to the device, and the device has none to offer",
        "lend it, or build without the feature aes-hook",
        js "",
        c "`aes128` in etls_host",
        rust "`aes128` of the Host";

    // 30..: the device.
    /// The host's random callback failed: nothing may be done without it.
    RandomFailed = 30, Host, InternalError, "ERR_TLS_RANDOM", "the device could not supply random numbers",
        "try again; without them no connection is safe";
    /// A buffer could not be had. a: bytes asked for.
    OutOfMemory = 31, Host, InternalError, "ERR_OUT_OF_MEMORY", "{a} bytes of memory were needed and could not be had",
        "free memory, or ask for smaller records",
        js "`maxFragmentLength`",
        c "`max_fragment`",
        rust "`max_fragment`";
    /// A protected record larger than the buffer, and no memory for it. a: record, b: limit or what could be had.
    RecordTooLarge = 32, Host, RecordOverflow, "ERR_SSL_DATA_LENGTH_TOO_LONG", "the server sent a record of {a} bytes, whatever it was asked for; at most {b} are allowed",
        "allow more, or make the server send smaller records (nginx: ssl_buffer_size)",
        js "`maxRecord`",
        c "`max_record`",
        rust "`max_record`";
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
        "is it plain HTTP? then use http:// or the right port; in the middle of a connection bytes were lost or \
         changed on their way";
    /// The server chose a version that was not offered. a: version on the wire.
    UnsupportedProtocol = 61, Incompatible, ProtocolVersion, "ERR_SSL_UNSUPPORTED_PROTOCOL", "the server chose TLS version {a} (wire number), which was not offered",
        "769 and 770 are TLS 1.0 and 1.1, which are not safe: update the server; 771 is TLS 1.2: was that excluded?",
        js "`minVersion`",
        c "`min_version`",
        rust "`min_version`";
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
        "connect again; if it happens again, bytes may be lost (is a serial port too fast?), or someone may be \
         interfering with the connection";
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
        "give the certificate of the issuer as `ca`, with its name byte for byte as in the server's certificate, or \
         make the server send its intermediate certificates";
    /// The chain does not lead to an anchor. a: how many of the server's certificates fitted nowhere.
    UnableToGetIssuer = 105, Trust, UnknownCa, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "the chain does not lead to any certificate in `ca`",
        "give the chain's root as `ca`";
    /// `ca` holds the server's own certificate although another CA issued it.
    CaIsTheLeaf = 106, Trust, UnknownCa, "UNABLE_TO_VERIFY_LEAF_SIGNATURE", "`ca` is the server's own certificate, not its issuer's",
        "give the issuer's certificate, or pin this one with `fingerprint256`";
    /// notAfter has passed. a: the certificate, here and below: its depth in the chain (0 is the server's own), and 256
    /// times its place in `ca` (from 1) if it is there.
    CertHasExpired = 107, Trust, CertificateExpired, "CERT_HAS_EXPIRED", "{c} has expired",
        "renew it; or is the device's clock wrong?",
        js "setTime(), for instance from an NTP server",
        c "`now` in etls_host",
        rust "`now` of the Host";
    /// notBefore has not come. a: the certificate.
    CertNotYetValid = 108, Trust, CertificateExpired, "CERT_NOT_YET_VALID", "{c} is not valid yet",
        "is the device's clock wrong?",
        js "setTime(), for instance from an NTP server",
        c "`now` in etls_host",
        rust "`now` of the Host";
    /// The device's clock is not set. a: what it says, seconds since 1970.
    ClockNotSet = 109, Trust, InternalError, "ERR_TLS_CLOCK_NOT_SET", "the device's clock is not set, so the certificate's dates can't be checked",
        "set it first; or do without dates",
        js "setTime(), for instance from an NTP server; `checkValidity: false`",
        c "`now` in etls_host; `ignore_validity`",
        rust "`now` of the Host; Trust::without_dates";
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
        "have it signed by ECDSA, RSA or RSA-PSS (with the same hash in MGF1 and, without the feature rsa-pss, a salt \
         as long as the hash), with SHA-256, SHA-384 or SHA-512";
    /// RSA below 2048 bits or above 4096, or a key that is not written as it should be. a: the certificate.
    WeakKey = 114, Trust, UnsupportedCertificate, "EE_KEY_TOO_SMALL", "{c} has an RSA key that is too small or too large, or a key in a form that is not taken",
        "RSA needs 2048 to 4096 bits; points of a curve are not compressed";
    /// basicConstraints missing or CA:FALSE. a: the certificate.
    InvalidCa = 115, Trust, BadCertificate, "INVALID_CA", "{c} has the name of an issuer but is not a CA",
        "give the issuer's own certificate, with basicConstraints CA:TRUE; if the server's self-signed certificate was \
         renewed, give the new one as `ca`";
    /// pathLenConstraint. a: the certificate.
    PathLengthExceeded = 116, Trust, BadCertificate, "PATH_LENGTH_EXCEEDED", "the chain is longer than {c} allows",
        "have the server's certificate issued with fewer CAs between, or raise that one's pathLenConstraint";
    /// keyUsage or extKeyUsage forbids this use. a: the certificate.
    InvalidPurpose = 117, Trust, UnsupportedCertificate, "INVALID_PURPOSE", "{c} may not be used for this",
        "keyUsage needs digitalSignature (leaf) or keyCertSign (CA); extKeyUsage needs serverAuth; or pin the server's \
         certificate or key",
        js "`fingerprint256`, `pinnedPubKey`",
        c "`fingerprint256`, `pinned_pub_key`",
        rust "`fingerprint256`, `pinned_pub_key`";
    /// A critical extension this client does not know. a: the certificate.
    UnhandledCriticalExtension = 118, Trust, UnsupportedCertificate, "UNHANDLED_CRITICAL_EXTENSION", "{c} has a critical extension that is not known here",
        "have it issued without, or not critical; or pin the server's certificate or key",
        js "`fingerprint256`, `pinnedPubKey`",
        c "`fingerprint256`, `pinned_pub_key`",
        rust "`fingerprint256`, `pinned_pub_key`";
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
        "asking for larger records brings it; or use smaller keys",
        js "`maxFragmentLength`",
        c "`max_fragment`",
        rust "`max_fragment`";
    /// A key that is neither RSA nor on a curve of this build. a: the certificate.
    UnknownKey = 123, Trust, UnsupportedCertificate, "ERR_SSL_UNKNOWN_CERTIFICATE_TYPE", "{c} has a key of a kind that is not known here",
        "RSA, and EC on the named curves P-256 and P-384, are known; Ed25519 and P-521, for instance, are not";
    /// The server's certificate has no subjectAltName, whose names alone count (RFC 9525).
    NoAltname = 130, Trust, BadCertificate, "ERR_TLS_CERT_ALTNAME_INVALID", "the certificate has no subjectAltName, so it names no host",
        "pin the certificate or its key instead of trusting a CA, or issue it again with a subjectAltName",
        js "`fingerprint256`, `pinnedPubKey`",
        c "`fingerprint256`, `pinned_pub_key`",
        rust "`fingerprint256`, `pinned_pub_key`";
    /// Name constraints that can't be understood, on forms of names that are not compared here, or of what is no CA.
    /// a: the certificate.
    UnsupportedConstraint = 131, Trust, BadCertificate, "PERMITTED_VIOLATION", "{c} has name constraints that can't be held against the certificates below it",
        "only a CA's on DNS names and IP addresses can be; or pin the server's certificate or key",
        js "`fingerprint256`, `pinnedPubKey`",
        c "`fingerprint256`, `pinned_pub_key`",
        rust "`fingerprint256`, `pinned_pub_key`";
    /// policyConstraints with requireExplicitPolicy. a: the certificate.
    NoExplicitPolicy = 132, Trust, UnsupportedCertificate, "UNHANDLED_CRITICAL_EXTENSION", "{c} requires certificate policies, which are not evaluated here",
        "use a CA without requireExplicitPolicy, or pin the server's certificate or key",
        js "`fingerprint256`, `pinnedPubKey`",
        c "`fingerprint256`, `pinned_pub_key`",
        rust "`fingerprint256`, `pinned_pub_key`";

    // 250..
    /// A bug of ours, caught where it can do no harm.
    Internal = 250, Host, InternalError, "ERR_INTERNAL_ASSERTION", "internal error",
        "please report it";
}

impl Error {
    /// Its place in [`Error::ALL`].
    pub(super) fn index(self) -> usize {
        self as usize - 1
    }

    /// The error's number in the C ABI.
    #[inline(never)]
    pub fn number(self) -> u8 {
        NUMBERS.get(self.index()).copied().unwrap_or_default()
    }
}
