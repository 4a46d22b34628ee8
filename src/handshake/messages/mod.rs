//! The messages, each in a file of its own: how it is read and how it is written.

pub mod certificate;
#[cfg_attr(not(feature = "client-auth"), path = "without/certificate_request.rs")]
pub mod certificate_request;
#[cfg(feature = "tls13")]
pub mod certificate_verify;
#[cfg(feature = "client-auth")]
pub mod client_certificate_verify;
pub mod client_hello;
pub mod client_key_exchange;
pub mod finished;
#[cfg(feature = "tls13")]
pub mod key_update;
#[cfg(feature = "resumption")]
pub mod new_session_ticket;
pub mod server_hello;
pub mod server_key_exchange;
