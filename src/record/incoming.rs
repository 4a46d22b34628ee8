//! Incoming records, opened as they flow (RFC 5246 §6.2, RFC 8446 §5).

use super::traffic_key::TrafficKey;
use super::{
    ALERT, APPLICATION_DATA, CHANGE_CIPHER_SPEC, HANDSHAKE, HEADER_LEN, MAX_EXPANSION, MAX_INNER_PLAINTEXT,
    MAX_PLAINTEXT, TAG_LEN,
};
use crate::codec::{copy, part, take};
use crate::crypto::{Aead, AesHook, equal};
use crate::error::{Detail, Error};
use crate::fuzzing::unchecked;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Position {
    Header,
    ExplicitNonce,
    Content,
    Tag,
}

/// What the next bytes of the stream are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Part of a header, nonce or tag was taken.
    More,
    /// A record begins: [`Incoming::content_type`] and [`Incoming::length`] are known.
    Begin,
    /// Content lies at the input's start, at most [`Incoming::remaining`] bytes; hand it to [`Incoming::open`].
    Content,
    /// The record is complete and, if it is protected, authentic.
    End,
}

/// Takes records apart. Header, explicit nonce and tag are collected here; content only passes through.
///
/// Small and busy fields come first: on a Cortex-M they are reached with instructions of half the size.
#[repr(C)]
pub struct Incoming {
    position: Position,
    /// The current record is protected ...
    protected: bool,
    /// ... in TLS 1.3's way.
    tls13: bool,
    content_type: u8,
    first: bool,
    length: u16,
    remaining: u16,
    /// Bytes of what is being collected that have come, and how many it has.
    have: usize,
    wanted: usize,
    collected: [u8; TAG_LEN],
    /// AES by the device.
    pub hook: AesHook,
    /// Keys for everything from the next record on.
    pub traffic_key: Option<TrafficKey>,
    aead: Option<Aead>,
}

impl Default for Incoming {
    /// For a new connection, without protection.
    fn default() -> Self {
        Incoming {
            hook: AesHook::NONE,
            traffic_key: None,
            aead: None,
            position: Position::Header,
            collected: [0; TAG_LEN],
            have: 0,
            wanted: HEADER_LEN,
            content_type: 0,
            protected: false,
            tls13: false,
            length: 0,
            remaining: 0,
            first: true,
        }
    }
}

impl Incoming {
    /// Whether the current record is protected.
    pub fn is_protected(&self) -> bool {
        self.protected
    }

    /// Whether the current record is protected in TLS 1.3's way: its content type is [`APPLICATION_DATA`], the real one
    /// comes last in the content, and zeros may follow it (RFC 8446 §5.2, §5.4).
    pub fn is_tls13(&self) -> bool {
        cfg!(feature = "tls13") && self.tls13
    }

    /// Wipes the keys: nothing is opened any more.
    pub fn forget_keys(&mut self) {
        (self.traffic_key, self.aead) = (None, None);
    }

    /// Whether a record has begun and not ended.
    pub fn in_record(&self) -> bool {
        self.position != Position::Header
    }

    /// Content type of the current record.
    pub fn content_type(&self) -> u8 {
        self.content_type
    }

    trace! {
        /// Whether a record has come.
        pub fn has_begun(&self) -> bool {
            !self.first
        }

        /// The header of the record that begins, as it came.
        pub fn header_event(&self) -> crate::trace::Event {
            let [content_type, v1, v0, l1, l0, ..] = self.collected;
            let (version, length) = (u16::from_be_bytes([v1, v0]), u16::from_be_bytes([l1, l0]));
            crate::trace::Event::RecordIn { content_type, version, length }
        }
    }

    /// Plaintext bytes of the current record.
    pub fn length(&self) -> usize {
        self.length.into()
    }

    /// How many of them have been opened.
    pub fn opened(&self) -> usize {
        self.length.saturating_sub(self.remaining).into()
    }

    /// Collects bytes until there are as many as are wanted; true when they are.
    #[inline(never)]
    fn collect(&mut self, input: &mut &[u8]) -> bool {
        let place = part(&mut self.collected, self.have, self.wanted - self.have).unwrap_or_default();
        let n = copy(place, input);
        take(input, n);
        self.have += n;
        self.have >= self.wanted
    }

    /// Goes on with a part of so many bytes that are to be collected.
    fn collect_next(&mut self, position: Position, wanted: usize) {
        (self.position, self.have, self.wanted) = (position, 0, wanted);
    }

    /// Takes what can be taken from the input's start and says what comes next.
    pub fn step(&mut self, input: &mut &[u8], detail: &mut Detail) -> Result<Step, Error> {
        if self.position == Position::Content {
            if self.remaining != 0 {
                return Ok(Step::Content);
            }
            if self.aead.is_some() {
                self.collect_next(Position::Tag, TAG_LEN);
                return Ok(Step::More);
            }
        } else if !self.collect(input) {
            return Ok(Step::More);
        }
        match self.position {
            Position::Header => {
                self.header(detail)?;
                return Ok(Step::Begin);
            }
            Position::ExplicitNonce => {
                let [nonce @ .., _, _, _, _, _, _, _, _] = &self.collected;
                if let (Some(key), true) = (&mut self.traffic_key, self.protected && !unchecked()) {
                    key.begin_record(self.content_type, self.length, nonce, self.hook, &mut self.aead)?;
                }
                self.position = Position::Content;
                return Ok(Step::More);
            }
            Position::Content => {}
            Position::Tag => {
                let tag = self.aead.as_mut().ok_or(Error::Internal)?.tag();
                self.aead = None;
                if !equal(&tag, &self.collected) {
                    *detail = Detail::default(); // numbers of a message that nobody has sent
                    return Err(Error::BadRecordMac);
                }
            }
        }
        self.collect_next(Position::Header, HEADER_LEN);
        Ok(Step::End)
    }

    /// How many bytes of content are still to come.
    pub fn remaining(&self) -> usize {
        self.remaining.into()
    }

    /// True where [`Self::step`] can go on without further input: a record's end needs no byte of its own.
    pub fn can_step(&self) -> bool {
        if self.position == Position::Content { self.remaining == 0 } else { self.wanted == 0 }
    }

    fn header(&mut self, detail: &mut Detail) -> Result<(), Error> {
        let [content_type, major, minor, l1, l0, ..] = self.collected;
        let first = core::mem::replace(&mut self.first, false);
        let known = matches!(content_type, CHANGE_CIPHER_SPEC | ALERT | HANDSHAKE | APPLICATION_DATA);
        let tls13 = self.traffic_key.as_ref().is_some_and(TrafficKey::is_tls13);
        // RFC 8446 §5: the one record that comes unprotected between protected ones, and means nothing
        self.protected = self.traffic_key.is_some() && !(tls13 && content_type == CHANGE_CIPHER_SPEC);
        self.tls13 = tls13 && self.protected;
        // Before the version is agreed on, servers differ in the second byte; what is protected says 1.2, and what says
        // otherwise was changed on its way.
        if major != 3 || (first && !known) || (self.traffic_key.is_some() && minor != 3) {
            return Err(Error::WrongVersionNumber);
        }
        if !known || (self.tls13 && content_type != APPLICATION_DATA) {
            detail.a = 256 + u32::from(content_type);
            return Err(Error::UnexpectedMessage);
        }
        let wire = u16::from_be_bytes([l1, l0]);
        let (nonce_len, tag_len) = match &self.traffic_key {
            Some(key) if self.protected && !unchecked() => (key.explicit_nonce_len(), TAG_LEN),
            _ => (0, 0),
        };
        let expansion = nonce_len + tag_len;
        debug_assert!(expansion <= MAX_EXPANSION);
        let limit = if self.tls13 { MAX_INNER_PLAINTEXT } else { MAX_PLAINTEXT };
        let Some(length) = usize::from(wire).checked_sub(expansion) else {
            return Err(Error::BadRecordMac); // too short to hold a tag
        };
        if length > limit {
            *detail = Detail { a: length as u32, b: limit as u32 };
            return Err(Error::RecordOverflow);
        }
        self.content_type = content_type;
        self.length = length as u16; // at most 16640
        self.remaining = self.length;
        self.collect_next(Position::ExplicitNonce, nonce_len);
        Ok(())
    }

    /// Opens a piece of content in place; at most [`Self::remaining`] bytes.
    pub fn open(&mut self, piece: &mut [u8]) {
        if let Some(aead) = &mut self.aead {
            aead.open(piece);
        }
        self.count_content(piece.len());
    }

    /// Counts content that needs no opening.
    pub fn count_content(&mut self, n: usize) {
        self.remaining = self.remaining.saturating_sub(n.min(usize::from(u16::MAX)) as u16);
    }
}
