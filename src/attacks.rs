//! The famous attacks on TLS, and why each does not work here. Documentation only.
//!
//! - **Somebody in the middle**: nothing is sent before the caller has said whom to trust
//!   ([`crate::error::Error::NoTrust`]). The server proves possession of the certificate's key in ServerKeyExchange, in
//!   the insecure mode too.
//! - **Downgrade to an old version** (POODLE, FREAK, Logjam, DROWN): there is none to fall back to. No CBC, RC4, static
//!   RSA, finite-field DH, export or NULL suite and no version below 1.2 is in the code. The sentinel of RFC 8446
//!   §4.1.3 is checked ([`crate::handshake::messages::server_hello::is_downgrade`]).
//! - **BEAST, Lucky Thirteen, Vaudenay's padding oracle**: AEAD suites only.
//! - **Bleichenbacher, ROBOT**: no RSA decryption. Bleichenbacher's signature forgery with small exponents (2006,
//!   BERserk): the expected PKCS#1 v1.5 block is built and compared, never parsed.
//! - **CRIME, BREACH**: no TLS compression is offered or accepted; what HTTP does is the application's affair.
//! - **Triple handshake**: extended_master_secret (RFC 7627) is offered, a session keeps its kind of master secret, and
//!   there is no renegotiation.
//! - **Resumption under other trust** (virtual host confusion, sessions that outlive a pin): a session is bound to the
//!   name, to whom was trusted and to the client's certificate (`crate::handshake::session`).
//! - **Replay of early data**: there is none (no 0-RTT). **Loss of forward secrecy by resumption**: TLS 1.3 sessions
//!   are resumed with a fresh key agreement only.
//! - **Faults in RSA signatures** (Boneh, DeMillo, Lipton): a client's signature is checked before it leaves
//!   (`crate::crypto::signature::rsa_sign`).
//! - **Bad nonces in ECDSA**: RFC 6979's, hedged with random numbers (`crate::crypto::signature::ecdsa_sign`).
//! - **Renegotiation splicing** (RFC 5746): this client never renegotiates; a renegotiation_info that is not empty is
//!   refused. A server that lacks RFC 5746 is accepted, because the hole is then in the server's own renegotiation and
//!   refusing would lock old devices out without closing it.
//! - **SLOTH**: no MD5 or SHA-1 signature, in handshakes or certificates.
//! - **SMACK, early ChangeCipherSpec (CVE-2014-0224)**: a state names the one message that may come; ChangeCipherSpec
//!   is taken only when keys exist and no message is cut in two by it (`handshake::flight::table`).
//! - **Heartbleed**: no heartbeat; no length from the peer is believed without a check, no slice is indexed unchecked.
//! - **Truncation**: the end of a connection without close_notify is an error ([`crate::error::Error::Truncated`]).
//! - **Nonce reuse in GCM**: the nonce is the record's sequence number, which can't wrap
//!   ([`crate::error::Error::TooManyRecords`]).
//! - **Invalid curve and small subgroup**: points are checked to lie on the curve; an all-zero X25519 result is
//!   refused.
//! - **Raccoon, timing in key agreement**: shared secrets have a fixed length and constant-time code.
//! - **Releasing unauthenticated plaintext** (EFAIL's root): a record's application data can be read only when its tag
//!   has been checked. Handshake records are parsed while they are opened, but nothing of that is seen outside before
//!   the tag ([`crate::connection`]).
//! - **Chain building bombs, recursive DER**: certificates are walked once, in order, with fixed depth, and one is
//!   tried again at most; signature checks are counted ([`crate::error::Error::ChainTooLong`]).
//! - **Floods of empty records, warnings, HelloRequests, tickets, key updates**: counted
//!   ([`crate::error::Error::TooMuchNoise`]).
//! - **Weak random numbers**: a host without random numbers gets no connection ([`crate::error::Error::RandomFailed`]).
