//! The content of TLS 1.3's records (RFC 8446 §5.2, §5.4). Its type and zeros follow it, so only the end of a record
//! shows what the content is and where it ends. `without_tls13.rs` replaces this file in builds without TLS 1.3.

use super::Connection;
use super::receive::record_buffer;
use crate::codec::piece;
use crate::error::{Detail, Error};
use crate::record::{ALERT, MAX_PLAINTEXT};
use core::task::{Poll, ready};

impl Connection<'_> {
    /// A record begins.
    pub(super) fn begin_content13(&mut self) {
        let [last, ..] = &mut self.piece;
        (*last, self.waiting) = (0, 0);
    }

    /// Content of TLS 1.3's handshake. Only the record's end shows what it is and where it ends (RFC 8446 §5.2), so the
    /// last byte that is not zero and the zeros after it wait for the next piece. The rest is handed on as what it
    /// should be, handshake messages. An alert is found out at the end: its two bytes are no message yet.
    #[inline(never)]
    pub(super) fn deliver13(&mut self) -> Poll<Result<(), Error>> {
        if self.has_work() {
            ready!(self.deliver_messages(self.opened.start))?;
        }
        let opened = piece(&self.piece, self.opened.start.into(), self.opened.len());
        let Some(at) = opened.iter().rposition(|byte| *byte != 0) else {
            self.waiting += opened.len() as u16; // no more than a record has
            return Poll::Ready(Ok(()));
        };
        let at = self.opened.start + at as u8;
        while self.waiting != 0 {
            self.waiting -= 1;
            self.opened.start = 0;
            let result = self.deliver_messages(1); // which takes it, also when a slice is due
            let [last, ..] = &mut self.piece;
            *last = 0;
            ready!(result)?;
        }
        ready!(self.deliver_messages(at))?;
        self.waiting = self.opened.len() as u16;
        let found = self.piece.get(usize::from(at)).copied().unwrap_or_default();
        let [last, ..] = &mut self.piece;
        *last = found;
        Poll::Ready(Ok(()))
    }

    /// The record has ended: content type and length of what has passed through.
    pub(super) fn end_passed(&mut self) -> Result<(u8, usize), Error> {
        let [last, ..] = self.piece;
        let (content_type, length) = (last, self.delivered);
        if content_type == ALERT && length == self.kept.len() {
            let Some(kept) = self.reader.take_back() else { return Err(self.unexpected_type(ALERT)) };
            self.kept = kept;
        }
        Ok((content_type, length))
    }

    /// The record has ended: content type and length of what was collected (RFC 8446 §5.2, §5.4: content, content type,
    /// zeros).
    pub(super) fn end_collected(&mut self) -> Result<(u8, usize), Error> {
        let length = self.context.incoming.length();
        let content = record_buffer(&mut self.grown, &mut self.context.arena).get(..length).unwrap_or_default();
        let length = content.iter().rposition(|byte| *byte != 0).unwrap_or_default();
        let content_type = content.get(length).copied().unwrap_or_default();
        let agreed = usize::from(self.handshake.negotiated.fragment);
        let limit = if agreed == 0 { MAX_PLAINTEXT } else { agreed };
        if length > limit {
            self.context.detail = Detail { a: length as u32, b: limit as u32 };
            return Err(Error::RecordOverflow);
        }
        Ok((content_type, length))
    }
}
