/* Streaming TLS for microcontrollers that are too small for TLS: the C ABI.

   Made by cbindgen from src/ffi; do not edit, run `make header`.

   How to use it: fill in an etls_config and lend etls_size() bytes to etls_init(). Then, whenever the network or the
   caller has something,
     - etls_push() what came from the network,
     - etls_pull() what goes to the network,
     - etls_read() and etls_write() plaintext once etls_status() is ETLS_OPEN.
   At the end call etls_close(), pull once more, and call etls_drop().

   No call waits, prints, calls the network, or allocates except through etls_host.alloc. A call may compute for as long
   as a signature takes, unless etls_config.slices is set: then no call takes long, and the host calls etls_work()
   whenever it has time. Errors are sticky: a negative result is minus the error's number, and etls_error() says the
   rest. */

#ifndef ESPRUINO_TLS_H
#define ESPRUINO_TLS_H

#include <stddef.h>
#include <stdint.h>

// Version of this library.
#define ETLS_VERSION "0.1.0"
#define ETLS_VERSION_MAJOR 0
#define ETLS_VERSION_MINOR 1
#define ETLS_VERSION_PATCH 0

// Numbers of errors: etls_error_info.number, and minus that what calls return. They never change.
#define ETLS_E_NO_TRUST 1 // ERR_TLS_NO_TRUST
#define ETLS_E_PEM_NO_START_LINE 2 // ERR_OSSL_PEM_NO_START_LINE
#define ETLS_E_PEM_BAD_END_LINE 3 // ERR_OSSL_PEM_BAD_END_LINE
#define ETLS_E_PEM_BAD_BASE64 4 // ERR_OSSL_PEM_BAD_BASE64_DECODE
#define ETLS_E_CA_UNREADABLE 5 // ERR_OSSL_ASN1_DECODE
#define ETLS_E_PEM_NOT_CERTIFICATE 6 // ERR_OSSL_PEM_NOT_CERTIFICATE
#define ETLS_E_INVALID_FINGERPRINT 7 // ERR_INVALID_ARG_VALUE
#define ETLS_E_INVALID_PIN 8 // ERR_INVALID_ARG_VALUE
#define ETLS_E_INVALID_SERVERNAME 9 // ERR_INVALID_ARG_VALUE
#define ETLS_E_INVALID_ALPN 10 // ERR_INVALID_ARG_VALUE
#define ETLS_E_INVALID_MAX_FRAGMENT 11 // ERR_OUT_OF_RANGE
#define ETLS_E_INVALID_VERSION_RANGE 12 // ERR_TLS_INVALID_PROTOCOL_VERSION
#define ETLS_E_MEMORY_TOO_SMALL 13 // ERR_OUT_OF_RANGE
#define ETLS_E_NO_CHAIN_SUPPORT 14 // ERR_FEATURE_UNAVAILABLE_ON_PLATFORM
#define ETLS_E_INVALID_ARGUMENT 15 // ERR_INVALID_ARG_TYPE
#define ETLS_E_NO_SERVERNAME 16 // ERR_MISSING_ARGS
#define ETLS_E_WRITE_AFTER_CLOSE 17 // ERR_STREAM_WRITE_AFTER_END
#define ETLS_E_OWN_CERT_UNREADABLE 19 // ERR_OSSL_PEM_NO_START_LINE
#define ETLS_E_KEY_UNREADABLE 20 // ERR_OSSL_UNSUPPORTED
#define ETLS_E_CERT_WITHOUT_KEY 21 // ERR_MISSING_ARGS
#define ETLS_E_KEY_MISMATCH 22 // ERR_OSSL_X509_KEY_VALUES_MISMATCH
#define ETLS_E_NO_CLIENT_AUTH 23 // ERR_FEATURE_UNAVAILABLE_ON_PLATFORM
#define ETLS_E_NO_AES 29 // ERR_MISSING_ARGS
#define ETLS_E_RANDOM_FAILED 30 // ERR_TLS_RANDOM
#define ETLS_E_OUT_OF_MEMORY 31 // ERR_OUT_OF_MEMORY
#define ETLS_E_RECORD_TOO_LARGE 32 // ERR_SSL_DATA_LENGTH_TOO_LONG
#define ETLS_E_RECORD_NO_MEMORY 33 // ERR_OUT_OF_MEMORY
#define ETLS_E_CONNECTION_RESET 40 // ECONNRESET
#define ETLS_E_TRUNCATED 41 // ECONNRESET
#define ETLS_E_ALERT_RECEIVED 42 // ERR_SSL_ALERT
#define ETLS_E_WRONG_VERSION_NUMBER 60 // ERR_SSL_WRONG_VERSION_NUMBER
#define ETLS_E_UNSUPPORTED_PROTOCOL 61 // ERR_SSL_UNSUPPORTED_PROTOCOL
#define ETLS_E_UNEXPECTED_MESSAGE 62 // ERR_SSL_UNEXPECTED_MESSAGE
#define ETLS_E_DECODE_ERROR 63 // ERR_SSL_LENGTH_MISMATCH
#define ETLS_E_MESSAGE_TOO_LONG 64 // ERR_SSL_EXCESSIVE_MESSAGE_SIZE
#define ETLS_E_ILLEGAL_PARAMETER 65 // ERR_SSL_BAD_EXTENSION
#define ETLS_E_WRONG_CIPHER_RETURNED 66 // ERR_SSL_WRONG_CIPHER_RETURNED
#define ETLS_E_UNSOLICITED_EXTENSION 67 // ERR_SSL_UNSOLICITED_EXTENSION
#define ETLS_E_WRONG_CURVE 68 // ERR_SSL_WRONG_CURVE
#define ETLS_E_BAD_KEY_SHARE 69 // ERR_SSL_BAD_ECPOINT
#define ETLS_E_WRONG_SIGNATURE_TYPE 70 // ERR_SSL_WRONG_SIGNATURE_TYPE
#define ETLS_E_BAD_HANDSHAKE_SIGNATURE 71 // ERR_SSL_BAD_SIGNATURE
#define ETLS_E_BAD_FINISHED 72 // ERR_SSL_DIGEST_CHECK_FAILED
#define ETLS_E_BAD_RECORD_MAC 73 // ERR_SSL_DECRYPTION_FAILED_OR_BAD_RECORD_MAC
#define ETLS_E_RECORD_OVERFLOW 74 // ERR_SSL_ENCRYPTED_LENGTH_TOO_LONG
#define ETLS_E_DOWNGRADE 75 // ERR_SSL_INAPPROPRIATE_FALLBACK
#define ETLS_E_RENEGOTIATION_MISMATCH 76 // ERR_SSL_RENEGOTIATION_MISMATCH
#define ETLS_E_MISSING_EXTENSION 77 // ERR_SSL_NO_SUITABLE_KEY_SHARE
#define ETLS_E_TOO_MUCH_NOISE 78 // ERR_SSL_TOO_MANY_WARN_ALERTS
#define ETLS_E_TOO_MANY_RECORDS 79 // ERR_SSL_TOO_MANY_RECORDS
#define ETLS_E_NO_CERTIFICATE 80 // ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE
#define ETLS_E_WRONG_CERTIFICATE_TYPE 81 // ERR_SSL_WRONG_CERTIFICATE_TYPE
#define ETLS_E_WRONG_ALPN 82 // ERR_SSL_BAD_EXTENSION
#define ETLS_E_FINGERPRINT_MISMATCH 100 // ERR_TLS_CERT_FINGERPRINT_MISMATCH
#define ETLS_E_PIN_MISMATCH 101 // ERR_TLS_PINNED_KEY_MISMATCH
#define ETLS_E_DEPTH_ZERO_SELF_SIGNED 102 // DEPTH_ZERO_SELF_SIGNED_CERT
#define ETLS_E_SELF_SIGNED_IN_CHAIN 103 // SELF_SIGNED_CERT_IN_CHAIN
#define ETLS_E_UNABLE_TO_VERIFY_LEAF 104 // UNABLE_TO_VERIFY_LEAF_SIGNATURE
#define ETLS_E_UNABLE_TO_GET_ISSUER 105 // UNABLE_TO_GET_ISSUER_CERT_LOCALLY
#define ETLS_E_CA_IS_THE_LEAF 106 // UNABLE_TO_VERIFY_LEAF_SIGNATURE
#define ETLS_E_CERT_HAS_EXPIRED 107 // CERT_HAS_EXPIRED
#define ETLS_E_CERT_NOT_YET_VALID 108 // CERT_NOT_YET_VALID
#define ETLS_E_CLOCK_NOT_SET 109 // ERR_TLS_CLOCK_NOT_SET
#define ETLS_E_ALTNAME_INVALID 110 // ERR_TLS_CERT_ALTNAME_INVALID
#define ETLS_E_IP_ALTNAME_INVALID 111 // ERR_TLS_CERT_ALTNAME_INVALID
#define ETLS_E_CERT_SIGNATURE_FAILURE 112 // CERT_SIGNATURE_FAILURE
#define ETLS_E_WEAK_SIGNATURE 113 // CA_MD_TOO_WEAK
#define ETLS_E_WEAK_KEY 114 // EE_KEY_TOO_SMALL
#define ETLS_E_INVALID_CA 115 // INVALID_CA
#define ETLS_E_PATH_LENGTH_EXCEEDED 116 // PATH_LENGTH_EXCEEDED
#define ETLS_E_INVALID_PURPOSE 117 // INVALID_PURPOSE
#define ETLS_E_UNHANDLED_CRITICAL_EXTENSION 118 // UNHANDLED_CRITICAL_EXTENSION
#define ETLS_E_PERMITTED_VIOLATION 119 // PERMITTED_VIOLATION
#define ETLS_E_CERT_UNREADABLE 120 // ERR_OSSL_ASN1_DECODE
#define ETLS_E_CHAIN_TOO_LONG 121 // CERT_CHAIN_TOO_LONG
#define ETLS_E_CERT_TOO_LARGE 122 // ERR_OUT_OF_MEMORY
#define ETLS_E_UNKNOWN_KEY 123 // ERR_SSL_UNKNOWN_CERTIFICATE_TYPE
#define ETLS_E_NO_ALTNAME 130 // ERR_TLS_CERT_ALTNAME_INVALID
#define ETLS_E_UNSUPPORTED_CONSTRAINT 131 // PERMITTED_VIOLATION
#define ETLS_E_NO_EXPLICIT_POLICY 132 // UNHANDLED_CRITICAL_EXTENSION
#define ETLS_E_INTERNAL 250 // ERR_INTERNAL_ASSERTION

// The handshake runs: push and pull.
#define ETLS_HANDSHAKING 0

// The server is who it should be: read and write.
#define ETLS_OPEN 1

// Closed in an orderly way and everything has been read.
#define ETLS_CLOSED 2

// See etls_error().
#define ETLS_FAILED 3

// The certificate is a pinned one.
#define ETLS_TRUSTED_BY_FINGERPRINT 1

// The key is a pinned one.
#define ETLS_TRUSTED_BY_PUBLIC_KEY 2

// The certificate leads to a trusted one, and the name is right.
#define ETLS_TRUSTED_BY_CA 4

// For whom etls_describe_for() writes.
#define ETLS_JAVASCRIPT 0

// See ETLS_JAVASCRIPT.
#define ETLS_C 1

// See ETLS_JAVASCRIPT.
#define ETLS_RUST 2

// A record's header has come: `type` is its content type, `version` as on the wire, `length` what follows it.
#define ETLS_TRACE_RECORD_IN 1

// A record has been made; as for ETLS_TRACE_RECORD_IN.
#define ETLS_TRACE_RECORD_OUT 2

// A handshake message's header has come: `type`, `length` of its body, and `state`: what is awaited.
#define ETLS_TRACE_MESSAGE_IN 3

// A handshake message has been written: `type`, and `length` of its body.
#define ETLS_TRACE_MESSAGE_OUT 4

// An alert has come: `type` is its description, `level` 1 (warning) or 2 (fatal).
#define ETLS_TRACE_ALERT_IN 5

// An alert has been made; as for ETLS_TRACE_ALERT_IN.
#define ETLS_TRACE_ALERT_OUT 6

// A slice of a long computation is done.
#define ETLS_TRACE_SLICE 7

// The connection is open.
#define ETLS_TRACE_OPEN 8

// The connection has failed: `type` is the error's number.
#define ETLS_TRACE_FAILED 9

// A connection. Lives in the memory that the caller lends.
typedef struct etls etls;

// Bytes that belong to somebody else. {NULL, 0} is the empty string.
typedef struct etls_bytes {
  // First byte.
  const uint8_t *data;
  // Number of bytes.
  size_t length;
} etls_bytes;

// What the caller wants. All zeros is a valid start: 0 means "the default" everywhere. One of `ca`,
// `fingerprint256`, `pinned_pub_key` or `insecure` must be set. The structure itself is only looked at during the
// call; what its pointers point to must stay where it is until etls_drop().
typedef struct etls_config {
  // Trusted certificates: an array of strings, each DER or PEM and with one or more certificates.
  const struct etls_bytes *ca;
  // Number of strings in `ca`.
  size_t ca_count;
  // Text: SHA-256 of the server's certificate in hex, colons optional; several separated by commas.
  struct etls_bytes fingerprint256;
  // Text: "sha256//BASE64" of the server's SubjectPublicKeyInfo; several separated by semicolons.
  struct etls_bytes pinned_pub_key;
  // Text: host name for SNI and for the check of the certificate's name, or an IP address.
  struct etls_bytes servername;
  // Text: application protocols to offer, separated by commas, best first.
  struct etls_bytes alpn;
  // Bytes of plaintext that the server is asked not to exceed per record: 512, 1024 (default), 2048, 4096.
  uint16_t max_fragment;
  // Largest record, in bytes of plaintext, taken from a server that ignores this; default 16384. Memory for it comes
  // from etls_host.alloc while the record lives.
  uint16_t max_record;
  // Largest record to send, in bytes of plaintext; default 536.
  uint16_t max_send;
  // Lowest version to accept, as on the wire (0x0303 is TLS 1.2).
  uint16_t min_version;
  // Highest version to offer, as on the wire.
  uint16_t max_version;
  // Not 0: encrypt, but authenticate nobody. `fingerprint256` and `pinned_pub_key` must hold all the same if they
  // are given, as with curl's -k and --pinnedpubkey; `ca` is not looked at.
  uint8_t insecure;
  // Not 0: do not check certificates' dates, for devices without a clock.
  uint8_t ignore_validity;
  // Not 0: ask the server for a session and keep it for etls_session(). The memory for it, at most 768 bytes, comes
  // from etls_host.alloc; without memory there is no session, and no error.
  uint8_t keep_session;
  // Not 0: compute in slices, for hosts that must stay responsive: no call then takes longer than some 20 ms on a
  // Cortex-M4 with 64 MHz (22 with a client's RSA key), and etls_work() goes on with what is left. 0: each call
  // computes all that there is.
  uint8_t slices;
  // A session to resume, from etls_session() of an earlier connection; empty: none. One that is damaged, too old or
  // made under another name or trust is not used, and the handshake is a full one. Whoever can write where it is
  // stored can put his own server's session there: its checksum finds damage, not forgery.
  struct etls_bytes session;
  // Text: the client's certificate, DER or PEM, then those of its issuers.
  struct etls_bytes cert;
  // Text: its private key, DER or PEM (PKCS #8, SEC 1, PKCS #1), P-256 or RSA-2048, without a password.
  struct etls_bytes key;
} etls_config;

// What the device lends. Copied by etls_init(). These functions are called from inside etls_...() calls and must not
// call etls_...() themselves with the same connection; builds with debug assertions refuse that.
typedef struct etls_host {
  // Handed to each function as it is.
  void *user;
  // Memory for a record larger than the buffer: `length` bytes, or NULL. May be NULL itself: then there is none.
  void *(*alloc)(void *user, size_t length);
  // Takes back what alloc gave.
  void (*free)(void *user, void *memory, size_t length);
  // Fills `out` with `length` unpredictable bytes; returns 0, or anything else if it can't: the connection then
  // fails.
  int (*random)(void *user, uint8_t *out, size_t length);
  // Seconds since 1970-01-01 UTC; negative if unknown. May be NULL: unknown.
  int64_t (*now)(void *user);
  // Only called by builds with the feature `aes-hook`, which leave AES to the device (an nRF52's ECB, say through
  // its SoftDevice), and must not be NULL there: etls_init() fails then. Others may leave it NULL. Encrypts the 16
  // bytes at `block` where they are, with AES-128 under the 16 bytes at `key`. It is called about once for every 16
  // bytes that go over the network and can't fail: if the hardware is busy, it waits.
  void (*aes128)(void *user, const uint8_t *key, uint8_t *block);
} etls_host;

// An error: what went wrong, for programs and for people.
typedef struct etls_error_info {
  // Number; 0: no error.
  int number;
  // The alert sent to the peer (RFC 8446 section 6), or the one received; -1: none.
  int alert;
  // Numbers that belong to the text.
  uint32_t a;
  // See `a`.
  uint32_t b;
  // Node's name for the error, such as "CERT_HAS_EXPIRED", zero-terminated; "" if there is no error.
  char code[48];
} etls_error_info;

// What is known about the connection and its peer.
typedef struct etls_peer_info {
  // "TLSv1.2" or "TLSv1.3"; "" before the server has spoken.
  const char *version;
  // IANA name of the cipher suite; "" before the server has spoken.
  const char *suite;
  // Number of the cipher suite on the wire.
  uint16_t suite_number;
  // Bytes of plaintext per record that the server agreed to; 0: it ignored the request.
  uint16_t fragment;
  // Largest record that came since the handshake, in bytes of plaintext.
  uint16_t largest_record;
  // Why the server is trusted: a sum of ETLS_TRUSTED_BY_..., 0 for nobody (insecure, or not known yet).
  uint8_t trusted_by;
  // Not 0: extended_master_secret (RFC 7627).
  uint8_t extended_master_secret;
  // Not 0: the peer has said close_notify, so nothing is missing at the end.
  uint8_t close_notify;
  // Not 0: a session was resumed; fingerprint and trust are those of the connection in which it was made.
  uint8_t resumed;
  // SHA-256 of the server's certificate; zeros before it came.
  uint8_t fingerprint256[32];
  // The chosen application protocol.
  struct etls_bytes alpn;
  // Bytes of memory in use at the peak: what was lent and the largest record buffer allocated.
  size_t memory_peak;
} etls_peer_info;

// Something that has happened, for etls_init_traced(): types, sizes and states, never contents or secrets. What comes
// from the peer is told before the tag of its record has been checked.
typedef struct etls_event {
  // One of ETLS_TRACE_...: it says which of the rest has a meaning. There may be more of them one day.
  int kind;
  // See ETLS_TRACE_...
  uint8_t type;
  // See ETLS_TRACE_ALERT_IN.
  uint8_t level;
  // See ETLS_TRACE_RECORD_IN.
  uint16_t version;
  // See ETLS_TRACE_...
  uint32_t length;
  // See ETLS_TRACE_MESSAGE_IN: text, `state_length` bytes, not zero-terminated.
  const char *state;
  // Bytes of `state`.
  size_t state_length;
} etls_event;

// What etls_init_traced() calls for every event, from inside etls_...() calls; it must not call etls_...() itself with
// the same connection. The event lives as long as the call.
typedef struct etls_trace {
  // Handed to the function as it is.
  void *user;
  // May be NULL: nothing is told.
  void (*event)(void *user, const struct etls_event *event);
} etls_trace;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

// Bytes of memory that a connection with this configuration needs; 0 if the configuration makes no sense. There is
// no hidden allocation: more is asked for (etls_host.alloc) only for records larger than max_fragment.
//
// # Safety
// `c` points to a configuration.
size_t etls_size(const struct etls_config *c);

// Begins a connection in `memory`, which has `length` bytes (at least etls_size()) of any alignment and stays lent
// until etls_drop(). Returns 0 and the connection in `*out`, with the ClientHello ready to be pulled; or minus an
// error's number, with `*error` (may be NULL) saying what is wrong with the configuration. Nothing is sent then.
//
// # Safety
// The pointers are valid; what the configuration points to stays valid and unchanged until etls_drop().
int etls_init(void *memory,
              size_t length,
              const struct etls_config *c,
              const struct etls_host *host,
              struct etls **out,
              struct etls_error_info *error);

// Gives bytes from the network to the connection. Returns how many were taken, or minus an error's number. Fewer than
// given (possibly 0) are taken while plaintext waits for etls_read() or, during the handshake, bytes wait for
// etls_pull() or there is work for etls_work(); give the rest again afterwards.
//
// # Safety
// `e` comes from etls_init(); `data` has `length` bytes.
ptrdiff_t etls_push(struct etls *e, const uint8_t *data, size_t length);

// With etls_config.slices: does the next slice of a long computation (verifying, signing, agreeing on a key), if there
// is one. Returns 1 if there is more to compute, 0 if not: then there may be something to pull, to read, or an error.
// After etls_init() there is a first one, before the ClientHello can be pulled. A host calls it in a loop while it has
// nothing else to do.
//
// # Safety
// `e` comes from etls_init().
int etls_work(struct etls *e);

// Whether there is work for etls_work(): 1 or 0.
//
// # Safety
// `e` comes from etls_init().
int etls_has_work(const struct etls *e);

// Fetches bytes for the network, also after an error (the alert). Returns how many; 0: none now.
//
// # Safety
// `e` comes from etls_init(); `out` has room for `length` bytes.
ptrdiff_t etls_pull(struct etls *e, uint8_t *out, size_t length);

// etls_pull() without the copy: points `*data` to what waits for the network and returns how many bytes that is; 0:
// none now. They stay there until the next call with this connection, which may be etls_sent().
//
// # Safety
// `e` comes from etls_init(); `data` is a place for the answer.
size_t etls_queued(const struct etls *e, const uint8_t **data);

// Tells the connection that the transport has taken the first `length` bytes of what etls_queued() showed.
//
// # Safety
// `e` comes from etls_init().
void etls_sent(struct etls *e, size_t length);

// Fetches plaintext. Returns how many bytes, 0 if there is nothing yet or, with ETLS_CLOSED, nothing more; or minus an
// error's number. What came before an error is given out before the error is.
//
// # Safety
// `e` comes from etls_init(); `out` has room for `length` bytes.
ptrdiff_t etls_read(struct etls *e, uint8_t *out, size_t length);

// How many bytes of plaintext etls_read() would give now.
//
// # Safety
// `e` comes from etls_init().
size_t etls_readable(const struct etls *e);

// Gives plaintext to be sent. Returns how many bytes were taken, 0 while the handshake runs or until earlier bytes
// have been pulled; or minus an error's number.
//
// # Safety
// `e` comes from etls_init(); `data` has `length` bytes.
ptrdiff_t etls_write(struct etls *e, const uint8_t *data, size_t length);

// Ends the connection. Its close_notify can be pulled then; what still comes in is dropped. Returns 0.
//
// # Safety
// `e` comes from etls_init().
int etls_close(struct etls *e);

// Tells the connection that the transport has ended. Without close_notify before it this is an error (ECONNRESET):
// somebody may have cut the connection. Returns 0.
//
// # Safety
// `e` comes from etls_init().
int etls_eof(struct etls *e);

// Wipes the connection. The lent memory is the caller's again. NULL is allowed.
//
// # Safety
// `e` comes from etls_init() and is not used afterwards.
void etls_drop(struct etls *e);

// What the connection is doing: one of ETLS_HANDSHAKING, ETLS_OPEN, ETLS_CLOSED, ETLS_FAILED.
//
// # Safety
// `e` comes from etls_init().
int etls_status(const struct etls *e);

// Why the connection failed. Returns its number (also in `out->number`), 0 if it did not.
//
// # Safety
// `e` comes from etls_init(); `out` is NULL or a place for the answer.
int etls_error(const struct etls *e, struct etls_error_info *out);

// Writes an error for people, "CODE: what happened. What to do (what that is called in C).", zero-terminated and cut
// off to `length` bytes. Returns how many bytes the whole text has, without the zero. In builds without the feature
// `error-text` it is "CODE" alone; espruino-patch/errors.md has the sentences.
//
// # Safety
// `error` comes from etls_error() or etls_init(); `out` has room for `length` bytes.
size_t etls_describe(const struct etls_error_info *error, char *out, size_t length);

// What is known about the connection and its peer, at any time. Returns 0.
//
// # Safety
// `e` comes from etls_init(); `out` is a place for the answer. `out->alpn` points into the configuration's `alpn`.
int etls_peer(const struct etls *e, struct etls_peer_info *out);

// Points `out` to the session to give to the next connection (etls_config.session), if there is one and
// etls_config.keep_session was set. Returns its length in bytes, 0 if there is none (yet: with TLS 1.3 it comes after
// the handshake, often with the first data). It stays there until the next call with this connection. Store it
// where nobody else can read or write: it is a secret, and it says whom to trust.
//
// # Safety
// `e` comes from etls_init(); `out` is NULL or a place for the answer.
size_t etls_session(const struct etls *e, struct etls_bytes *out);

#if defined(ETLS_ERROR_TEXT)
// Only in builds with the feature `error-text`; define ETLS_ERROR_TEXT to have it declared. As etls_describe(), with
// the names that options and functions have in another language: ETLS_JAVASCRIPT, ETLS_C or ETLS_RUST.
//
// # Safety
// As for etls_describe().
size_t etls_describe_for(const struct etls_error_info *error, int language, char *out, size_t length);
#endif

#if defined(ETLS_TRACE)
// Only in builds with the feature `trace`; define ETLS_TRACE to have it declared. etls_init() that tells what happens.
// The structures of the ABI are the same in all builds; a program that calls this does not link with a library that
// can't trace. `trace` is copied.
//
// # Safety
// As for etls_init(); `trace` is valid.
int etls_init_traced(void *memory,
                     size_t length,
                     const struct etls_config *c,
                     const struct etls_host *host,
                     const struct etls_trace *trace,
                     struct etls **out,
                     struct etls_error_info *error);
#endif

#if defined(ETLS_ECDH)
// Only in builds with the feature `ecdh`; define ETLS_ECDH to have it declared. Writes the public key to a private
// key of P-256: an uncompressed point of 65 bytes, that is 4, x and y. The private key is a random number of 32
// bytes, big-endian as all here. Constant time; some milliseconds on a Cortex-M4, and 1 KB of stack. Returns 1; or 0
// if the number is no private key, since it is zero or not below the curve's order, as one in 2^32 is: take another.
//
// # Safety
// The pointers are valid for 32 and 65 bytes.
int etls_ecdh_public(const uint8_t *private_key, uint8_t *public_key);
#endif

#if defined(ETLS_ECDH)
// Only in builds with the feature `ecdh`. Writes what a private key of P-256 and another's public key have in
// common, the x-coordinate of 32 bytes, as both sides can. Arguments and time as for etls_ecdh_public(). Returns 1; or
// 0 if the private key is none, or the public key no point of the curve.
//
// # Safety
// The pointers are valid for 32, 65 and 32 bytes.
int etls_ecdh_agree(const uint8_t *private_key, const uint8_t *public_key, uint8_t *shared);
#endif

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* ESPRUINO_TLS_H */
