//! The way in: from a ciphertext byte of the network to a message, or to readable plaintext.
//!
//! [`Connection::push`] takes a record apart step by step ([`Connection::step_record`]). During the handshake its
//! content flows through in pieces: opened ([`Connection::open_piece`]), told apart by content type
//! ([`Connection::deliver`]), given to the reader of messages ([`Connection::deliver_messages`]). Afterwards it is
//! collected ([`Connection::collect`]) and released when the tag has been checked ([`Connection::end_record`]).

use super::{Connection, PIECE};
use crate::arena::Arena;
use crate::codec::{copy, filled, part, piece, take};
use crate::crypto::wipe;
use crate::error::{Alert, Detail, Error};
use crate::handshake::flight::count_pointless;
use crate::host::Memory;
use crate::record::incoming::Step;
use crate::record::{ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE};
use core::task::Poll;

impl Connection<'_> {
    /// Goes on where a slice is due.
    pub(super) fn advance(&mut self) -> Result<(), Error> {
        if self.handshake.has_begun() && !self.handshake.is_sending() {
            return self.deliver();
        }
        if let Poll::Ready(result) = self.handshake.go_on(&mut self.context) {
            result?;
            // Only what follows our Certificate ends a handshake.
            if cfg!(feature = "client-auth") {
                return self.end_messages();
            }
        }
        Ok(())
    }

    pub(super) fn takes_input(&self) -> bool {
        self.error.is_none()
            && !self.has_work()
            && !self.peer_closed
            && !self.closed
            && self.plain.is_empty()
            && (self.is_open
                || (self.context.arena.is_queue_empty() && !self.handshake.is_sending())
                || self.in_unchecked_record())
    }

    /// Whether a record passes through that has not ended: its tag, if it has one, has not been checked.
    pub(super) fn in_unchecked_record(&self) -> bool {
        !self.is_open && self.context.incoming.in_record()
    }

    pub(super) fn step_record(&mut self, input: &mut &[u8]) -> Result<(), Error> {
        match self.context.incoming.step(input, &mut self.context.detail)? {
            Step::More => Ok(()),
            Step::Begin => self.begin_record(),
            Step::Content => {
                let n = input.len().min(self.context.incoming.remaining());
                if !self.is_open {
                    return self.open_piece(input, n);
                }
                self.collect(take(input, n))
            }
            Step::End => self.end_record(),
        }
    }

    #[inline(never)]
    fn begin_record(&mut self) -> Result<(), Error> {
        trace! { self.context.host.trace(self.context.incoming.header_event()); }
        self.delivered = 0;
        self.begin_content13();
        // In TLS 1.3 it has the content type and may have padding, which only its end shows.
        let tls13 = self.context.incoming.is_tls13();
        let length = self.context.incoming.length();
        let agreed = usize::from(self.handshake.negotiated.fragment);
        if self.context.incoming.is_protected() && agreed != 0 && length > agreed && !tls13 {
            self.context.detail = Detail { a: length as u32, b: agreed as u32 };
            return Err(Error::RecordOverflow);
        }
        if self.is_open {
            let config = self.handshake.config();
            let (buffer, limit) = (usize::from(config.max_fragment), usize::from(config.max_record));
            let (buffer, limit) = (buffer + usize::from(tls13), limit + usize::from(tls13));
            self.context.detail = Detail { a: length as u32, b: limit.max(buffer) as u32 };
            if length > buffer {
                if length > limit {
                    return Err(Error::RecordTooLarge);
                }
                self.context.detail.b = buffer as u32;
                let grown = self.context.host.alloc(length).ok_or(Error::RecordNoMemory)?;
                let usable = grown.len() >= length;
                self.grown_peak = self.grown_peak.max(grown.len());
                self.grown = Some(grown);
                if !usable {
                    return Err(Error::RecordNoMemory);
                }
            }
        }
        Ok(())
    }

    /// Counts a record that brings nothing.
    pub(super) fn count_empty_record(&mut self, content_type: u8) -> Result<(), Error> {
        self.context.detail.a = 256 + u32::from(content_type);
        count_pointless(&mut self.empty_records)
    }

    /// Content during the handshake: it flows through, whatever the record's size.
    #[inline(never)]
    fn open_piece(&mut self, input: &mut &[u8], length: usize) -> Result<(), Error> {
        let piece = take(input, length.min(PIECE));
        let [_, place @ ..] = &mut self.piece;
        let opened = filled(place, piece);
        self.context.incoming.open(opened);
        self.opened = 1..1 + opened.len() as u8;
        self.deliver()
    }

    /// Hands on what has been opened. Its errors wait until the record's tag has been checked, if there is one.
    #[inline(never)]
    pub(super) fn deliver(&mut self) -> Result<(), Error> {
        if self.deferred.is_none() {
            match self.deliver_opened() {
                Poll::Pending => return Ok(()),
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(error)) => {
                    if !self.context.incoming.is_protected() {
                        return Err(error); // there is no tag to wait for
                    }
                    self.cancel_work();
                    self.deferred = Some(error);
                }
            }
        }
        self.opened = 0..0;
        let [_, opened @ ..] = &mut self.piece;
        wipe(opened);
        Ok(())
    }

    fn deliver_opened(&mut self) -> Poll<Result<(), Error>> {
        if self.context.incoming.is_tls13() {
            return self.deliver13();
        }
        self.deliver_content(self.context.incoming.content_type())
    }

    /// What has been opened of a record that is no application data.
    pub(super) fn deliver_content(&mut self, content_type: u8) -> Poll<Result<(), Error>> {
        match content_type {
            HANDSHAKE => self.deliver_messages(self.opened.end),
            ALERT | CHANGE_CIPHER_SPEC => {
                for &byte in piece(&self.piece, self.opened.start.into(), self.opened.len()) {
                    *self.kept.get_mut(self.delivered).ok_or(Error::DecodeError)? = byte;
                    self.delivered += 1;
                }
                Poll::Ready(Ok(()))
            }
            _ => Poll::Ready(self.unexpected(content_type)),
        }
    }

    fn unexpected(&mut self, content_type: u8) -> Result<(), Error> {
        Err(self.unexpected_type(content_type))
    }

    /// The error of a record that may not come now.
    pub(super) fn unexpected_type(&mut self, content_type: u8) -> Error {
        self.context.detail.a = 256 + u32::from(content_type);
        Error::UnexpectedMessage
    }

    /// Hands on bytes of messages: what has been opened, up to that place.
    #[inline(never)]
    pub(super) fn deliver_messages(&mut self, end: u8) -> Poll<Result<(), Error>> {
        let start = self.opened.start;
        let given = piece(&self.piece, start.into(), (end - start).into());
        let mut rest = given;
        let result = self.reader.read(&mut rest, &mut self.handshake, &mut self.context);
        let taken = given.len().saturating_sub(rest.len());
        self.opened.start += taken as u8;
        self.delivered += taken;
        result
    }

    /// A record has ended; its tag was right.
    #[inline(never)]
    fn end_record(&mut self) -> Result<(), Error> {
        if let Some(error) = self.deferred.take() {
            return Err(error);
        }
        let mut content_type = self.context.incoming.content_type();
        let mut length = self.context.incoming.length();
        if self.context.incoming.is_tls13() {
            (content_type, length) = if self.is_open { self.end_collected()? } else { self.end_passed()? };
        }
        if self.is_open {
            self.largest_record = self.largest_record.max(length as u16);
            if content_type == APPLICATION_DATA {
                return self.release_data(length);
            }
            let mut at = 0;
            while at < length {
                let [_, place @ ..] = &mut self.piece;
                let collected = record_buffer(&mut self.grown, &mut self.context.arena);
                let opened = filled(place, collected.get(at..length).unwrap_or_default());
                self.opened = 1..1 + opened.len() as u8;
                // nothing after the handshake takes a slice
                if self.deliver_content(content_type)?.is_pending() {
                    return Err(Error::Internal);
                }
                at += PIECE;
            }
            self.give_back();
        }
        if length == 0 {
            self.count_empty_record(content_type)?;
        }
        match content_type {
            ALERT => self.alert(),
            CHANGE_CIPHER_SPEC => self.change_cipher_spec(),
            // RFC 8446 §5.1: never empty
            HANDSHAKE if length != 0 || !self.context.incoming.is_tls13() => self.end_messages(),
            _ => self.unexpected(content_type), // in TLS 1.2's handshake an empty one
        }
    }

    /// So many bytes of application data have been collected.
    fn release_data(&mut self, length: usize) -> Result<(), Error> {
        if self.reader.in_message() {
            return self.unexpected(APPLICATION_DATA);
        }
        if length == 0 {
            self.give_back();
            return self.count_empty_record(APPLICATION_DATA);
        }
        self.empty_records = 0;
        self.handshake.forget_pointless();
        self.plain = 0..length;
        Ok(())
    }

    /// After a message: perhaps the end of the handshake.
    fn end_messages(&mut self) -> Result<(), Error> {
        self.handshake.next_record();
        if self.handshake.is_complete() && !self.is_open {
            if self.reader.in_message() {
                return self.unexpected(HANDSHAKE); // something follows Finished
            }
            // Nothing but what was awaited tells which keys exist: whatever went wrong there, data never goes in the
            // clear.
            if self.context.incoming.traffic_key.is_none() || !self.context.outgoing.is_protected() {
                return Err(Error::Internal);
            }
            trace! { self.context.host.trace(crate::trace::Event::Open); }
            self.is_open = true;
            self.empty_records = 0;
        }
        Ok(())
    }

    /// In TLS 1.2 new keys. What TLS 1.3 sends for the sake of those on the way (RFC 8446 §D.4) is dropped, but not
    /// without end.
    #[inline(never)]
    fn change_cipher_spec(&mut self) -> Result<(), Error> {
        if !self.is_open && self.delivered == 1 && self.kept.first() == Some(&1) {
            if self.handshake.is_tls13() {
                if !self.context.incoming.is_protected() {
                    return self.count_empty_record(CHANGE_CIPHER_SPEC);
                }
            } else if !self.reader.in_message() && self.handshake.awaits_change_cipher_spec() {
                self.handshake.change_cipher_spec(&mut self.context.incoming.traffic_key);
                return Ok(());
            }
        }
        self.unexpected(CHANGE_CIPHER_SPEC)
    }

    /// Content after the handshake: it is collected and released when the tag has been checked.
    fn collect(&mut self, piece: &[u8]) -> Result<(), Error> {
        let at = self.context.incoming.opened();
        let place =
            part(record_buffer(&mut self.grown, &mut self.context.arena), at, piece.len()).ok_or(Error::Internal)?;
        copy(place, piece);
        self.context.incoming.open(place);
        Ok(())
    }

    /// An alert from the peer (RFC 5246 §7.2).
    #[inline(never)]
    fn alert(&mut self) -> Result<(), Error> {
        let [level, description] = self.kept;
        if self.delivered != 2 {
            return Err(Error::DecodeError);
        }
        trace! { self.context.host.trace(crate::trace::Event::AlertIn { level, description }); }
        if !matches!(level, 1 | 2) {
            return Err(Error::IllegalParameter);
        }
        if description == Alert::CloseNotify as u8 {
            if !self.is_open {
                return Err(Error::ConnectionReset);
            }
            self.peer_closed = true;
            self.send_close_notify();
            return Ok(());
        }
        // RFC 5246 §7.2.2: warnings may be ignored; RFC 8446 §6: but for user_canceled there are none
        if level == 1 && (!self.handshake.is_tls13() || description == Alert::UserCanceled as u8) {
            self.context.detail.a = 256 + u32::from(ALERT);
            return self.handshake.count_pointless();
        }
        self.context.detail.a = description.into();
        Err(Error::AlertReceived)
    }

    /// Moves plaintext into `out`; returns how many bytes, 0 if there is nothing yet or nothing more. Plaintext that
    /// came before an error is given out before the error is.
    pub fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let range = self.plain.clone();
        if range.is_empty() {
            return match self.error {
                Some(error) => Err(error),
                None => Ok(0),
            };
        }
        let ready = record_buffer(&mut self.grown, &mut self.context.arena).get_mut(range).unwrap_or_default();
        let n = copy(out, ready);
        ready.get_mut(..n).unwrap_or_default().fill(0);
        self.plain.start += n;
        if self.plain.is_empty() {
            self.give_back();
        }
        Ok(n)
    }

    /// How many bytes [`Self::read`] would give now.
    pub fn readable(&self) -> usize {
        self.plain.len()
    }

    /// Wipes and returns the memory for an oversized record.
    pub(super) fn give_back(&mut self) {
        if let Some(mut grown) = self.grown.take() {
            wipe(&mut grown);
            self.context.host.free(grown);
        }
    }
}

/// Where a record's content is collected.
#[inline(never)]
pub(super) fn record_buffer<'b>(grown: &'b mut Option<Memory>, arena: &'b mut Arena) -> &'b mut [u8] {
    match grown {
        Some(grown) => grown,
        None => arena.received(),
    }
}
