//! X.509 (RFC 5280) as a stream.
