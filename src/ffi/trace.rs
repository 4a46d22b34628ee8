//! Tracing for C. `without_trace.rs` stands for this file in builds without the feature `trace`.

use super::types::*;
use crate::host::{Host, Memory};
use crate::trace::Event;

pub use super::init_traced::etls_init_traced;

/// Whom a connection tells what happens.
pub(super) type Tracer = Option<etls_trace>;
/// etls_init() tells nobody.
pub(super) const NO_TRACER: Tracer = None;

/// The host's functions as they lie in the lent memory.
pub(super) struct OwnHost {
    host: etls_host,
    tracer: Tracer,
}

/// Puts the host's functions where they stay.
///
/// SAFETY: `host` is valid; `place` is memory for it, aligned.
pub(super) unsafe fn keep(host: *const etls_host, tracer: Tracer, place: *mut OwnHost) {
    // SAFETY: as promised
    unsafe { place.write(OwnHost { host: *host, tracer }) }
}

impl Host for OwnHost {
    fn random(&mut self, out: &mut [u8]) -> bool {
        self.host.random(out)
    }

    fn now(&mut self) -> Option<i64> {
        Host::now(&mut self.host)
    }

    fn alloc(&mut self, len: usize) -> Option<Memory> {
        Host::alloc(&mut self.host, len)
    }

    fn free(&mut self, memory: Memory) {
        Host::free(&mut self.host, memory);
    }

    #[cfg(feature = "aes-hook")]
    fn aes128(&mut self) -> Option<crate::crypto::AesHook> {
        Host::aes128(&mut self.host)
    }

    fn trace(&mut self, event: Event) {
        let Some(etls_trace { user, event: Some(tell) }) = self.tracer else { return };
        let mut told =
            etls_event { kind: 0, r#type: 0, level: 0, version: 0, length: 0, state: c"".as_ptr(), state_length: 0 };
        match event {
            Event::RecordIn { content_type, version, length } => {
                (told.kind, told.r#type, told.version) = (ETLS_TRACE_RECORD_IN, content_type, version);
                told.length = length.into();
            }
            Event::RecordOut { content_type, version, length } => {
                (told.kind, told.r#type, told.version) = (ETLS_TRACE_RECORD_OUT, content_type, version);
                told.length = length.into();
            }
            Event::MessageIn { kind, length, state } => {
                (told.kind, told.r#type, told.length) = (ETLS_TRACE_MESSAGE_IN, kind, length);
                (told.state, told.state_length) = (state.as_ptr().cast(), state.len());
            }
            Event::MessageOut { kind, length } => {
                (told.kind, told.r#type, told.length) = (ETLS_TRACE_MESSAGE_OUT, kind, length);
            }
            Event::AlertIn { level, description } => {
                (told.kind, told.r#type, told.level) = (ETLS_TRACE_ALERT_IN, description, level);
            }
            Event::AlertOut { level, description } => {
                (told.kind, told.r#type, told.level) = (ETLS_TRACE_ALERT_OUT, description, level);
            }
            Event::Slice => told.kind = ETLS_TRACE_SLICE,
            Event::Open => told.kind = ETLS_TRACE_OPEN,
            Event::Failed { number } => (told.kind, told.r#type) = (ETLS_TRACE_FAILED, number),
        }
        // SAFETY: the function is the caller's.
        unsafe { tell(user, &told) }
    }
}
