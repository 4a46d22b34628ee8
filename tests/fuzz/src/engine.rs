//! What the targets use of the library: the only file here that names its modules.

pub use espruino_tls::config::{Config, TLS12, TLS13, Trust};
pub use espruino_tls::connection::{Connection, Host, Memory, Status};
pub use espruino_tls::crypto::{Progress, WORK_LEN, Work};
pub use espruino_tls::error::{Error, Report};
pub use espruino_tls::ffi::*;
pub use espruino_tls::x509::{Verifier, client_identity, rsa_key};

/// Has tags, Finished, signatures and the binding of sessions checked, or not. Without `--cfg fuzzing` they always are.
pub fn check(checked: bool) {
    #[cfg(fuzzing)]
    espruino_tls::fuzzing::UNCHECKED.store(!checked, std::sync::atomic::Ordering::Relaxed);
    #[cfg(not(fuzzing))]
    let _ = checked;
}
