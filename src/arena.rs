//! The memory that the caller lends for messages and records, and who may use which part of it.
//!
//! It holds what is received (messages, keys, a record's plaintext) and the queue of records to send. During the
//! handshake they take turns: while a record waits to be sent, nothing can be received. From Finished on each has a
//! part of its own. Both reach memory only through this type, and never each other's part.

use crate::codec::{big_endian, part, piece};
use crate::crypto::{Progress, WORK_LEN, Work};
use crate::error::Error;
use core::ops::Range;

/// The lent block with the queue of records to send in it.
pub struct Arena<'a> {
    memory: &'a mut [u8],
    /// Where the queue begins when it is empty. Once [`Self::divided`], everything before belongs to what is received.
    base: usize,
    /// Bytes from `start` to `end` wait to be sent.
    start: usize,
    end: usize,
    divided: bool,
}

impl<'a> Arena<'a> {
    /// An arena in which nothing is queued.
    #[inline(always)]
    pub fn new(memory: &'a mut [u8]) -> Self {
        Arena { memory, base: 0, start: 0, end: 0, divided: false }
    }

    /// Bytes that were lent.
    pub fn len(&self) -> usize {
        self.memory.len()
    }

    /// Whether no memory was lent.
    pub fn is_empty(&self) -> bool {
        self.memory.is_empty()
    }

    /// In debug builds: neither side has got into the other's part.
    fn check(&self) {
        debug_assert!(self.base <= self.start && self.start <= self.end && self.end <= self.memory.len());
    }

    /// How many bytes at the start are for what is received. Before [`Self::divide`] that is all or nothing.
    #[inline(never)]
    pub fn received_len(&self) -> usize {
        self.check();
        match self.divided {
            true => self.base,
            false if self.is_queue_empty() => self.memory.len(),
            false => 0,
        }
    }

    /// The part for what is received. Empty as long as both take turns and records wait to be sent.
    #[inline(never)]
    pub fn received(&mut self) -> &mut [u8] {
        let len = self.received_len();
        self.memory.get_mut(..len).unwrap_or_default()
    }

    /// The same to be read.
    #[inline(never)]
    pub fn received_bytes(&self) -> &[u8] {
        self.memory.get(..self.received_len()).unwrap_or_default()
    }

    /// What is received but for the last [`WORK_LEN`] bytes, and these, lent to an operation that is done in slices.
    /// They are none while both take turns and records wait to be sent: the operation waits, too.
    #[inline(never)]
    pub fn received_and_work<'w>(&'w mut self, progress: &'w mut Progress) -> (&'w mut [u8], Work<'w>) {
        let received = self.received();
        let at = received.len().saturating_sub(WORK_LEN);
        let (received, memory) = received.split_at_mut(at);
        (received, Work { memory, progress })
    }

    /// Gives what is received the first `len` bytes and the queue the rest, for good. The queue must be empty: nobody
    /// sends while the server's Finished is awaited.
    #[inline(never)]
    pub fn divide(&mut self, len: usize) -> Result<(), Error> {
        if !self.is_queue_empty() || self.divided {
            return Err(Error::Internal);
        }
        self.divided = true;
        self.begin_queue(len);
        Ok(())
    }

    /// As long as both take turns: the next record to send lies at `base`, behind what is still to be read when it is
    /// written. What was queued is forgotten.
    pub fn restart_queue(&mut self, base: usize) {
        if !self.divided {
            self.begin_queue(base);
        }
    }

    /// Forgets the records that are queued, but for the rest of one that has been sent in part: without it the peer
    /// could not read what follows.
    #[inline(never)]
    pub fn forget_queue(&mut self) {
        let mut end = self.base;
        if !self.is_queue_empty() {
            while end < self.start {
                end += 5 + big_endian(piece(self.memory, end + 3, 2));
            }
            if end > self.start {
                self.end = end; // records are queued whole
                return self.check();
            }
        }
        self.begin_queue(if self.divided { self.base } else { 0 });
    }

    fn begin_queue(&mut self, base: usize) {
        let base = base.min(self.memory.len());
        (self.base, self.start, self.end) = (base, base, base);
    }

    /// Whether nothing waits to be sent.
    pub fn is_queue_empty(&self) -> bool {
        self.start == self.end
    }

    /// What waits to be sent.
    pub fn queue(&self) -> &[u8] {
        self.check();
        self.memory.get(self.start..self.end).unwrap_or_default()
    }

    /// Where the queue ends.
    pub fn queue_end(&self) -> usize {
        self.end
    }

    /// The first `n` bytes of the queue have been sent.
    pub fn sent(&mut self, n: usize) {
        self.start += n.min(self.end - self.start);
    }

    /// The free memory behind the queue but for `before` bytes at its start and `behind` at its end.
    pub fn room(&mut self, before: usize, behind: usize) -> Range<usize> {
        if self.is_queue_empty() {
            self.begin_queue(self.base);
        }
        self.check();
        let from = self.end + before;
        from..self.memory.len().saturating_sub(behind).max(from)
    }

    /// The bytes of such a range.
    pub fn room_mut(&mut self, room: Range<usize>) -> &mut [u8] {
        self.memory.get_mut(room).unwrap_or_default()
    }

    /// The bytes of such a range, and what lies before it, to be read.
    pub fn room_and_before(&mut self, room: Range<usize>) -> Option<(&[u8], &mut [u8])> {
        let (before, after) = self.memory.split_at_mut_checked(room.start)?;
        Some((before, after.get_mut(..room.len())?))
    }

    /// The next `n` bytes of the free memory, to be made a record of.
    pub fn next(&mut self, n: usize) -> Option<&mut [u8]> {
        part(self.memory, self.end, n)
    }

    /// Queues the next `n` bytes of the free memory.
    pub fn append(&mut self, n: usize) {
        self.end = (self.end + n).min(self.memory.len()); // a slice ends far below the last address
    }

    /// All of it, to be wiped.
    pub fn all(&mut self) -> &mut [u8] {
        self.memory
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_take_turns_until_each_has_its_own_part() {
        let mut memory = [0; 100];
        let mut arena = Arena::new(&mut memory);
        assert_eq!(arena.received().len(), 100);
        assert_eq!(arena.room(5, 0), 5..100);
        arena.append(20);
        assert!(arena.received().is_empty(), "a record waits to be sent");
        assert_eq!(arena.divide(60), Err(Error::Internal));
        arena.sent(19);
        assert!(arena.received().is_empty());
        arena.sent(7);
        assert_eq!(arena.received().len(), 100);
        assert_eq!(arena.divide(60), Ok(()));
        assert_eq!(arena.room(0, 10), 60..90);
        arena.next(30).unwrap().fill(2);
        arena.append(30);
        assert_eq!((arena.received().len(), arena.queue().len()), (60, 30));
        arena.received().fill(3);
        assert_eq!(arena.queue(), [2; 30]);
        arena.restart_queue(0); // too late
        assert_eq!(arena.queue(), [2; 30]);
        assert!(arena.next(11).is_none());
        arena.forget_queue();
        assert_eq!((arena.room(0, 0), arena.received().len()), (60..100, 60));
    }

    #[test]
    fn a_record_that_is_sent_in_part_is_not_forgotten() {
        for (sent, left) in [(0, 0), (1, 6), (7, 0), (8, 8), (15, 1), (16, 0), (17, 11), (28, 0)] {
            let mut memory = [0xff; 100];
            let mut arena = Arena::new(&mut memory);
            for length in [2, 4, 7] {
                let record = arena.next(5 + length).unwrap();
                record.fill(0);
                record[4] = length as u8;
                arena.append(5 + length);
            }
            arena.sent(sent);
            arena.forget_queue();
            assert_eq!(arena.queue().len(), left, "{sent} bytes were sent");
        }
    }
}
