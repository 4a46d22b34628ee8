//! The way out: from the caller's plaintext to records for the network.

use super::Connection;
use crate::codec::copy;
use crate::error::{Alert, Error};
use crate::record::{ALERT_RECORD_LEN, APPLICATION_DATA};

impl Connection<'_> {
    /// Moves bytes for the network into `out`; returns how many. Also after an error: the alert.
    pub fn pull(&mut self, out: &mut [u8]) -> usize {
        let n = copy(out, self.queued());
        self.sent(n);
        n
    }

    /// What waits for the network, where it lies: [`Self::pull`] without a copy, for transports that may take only a
    /// part of it or nothing. [`Self::sent`] then says how much they took.
    pub fn queued(&self) -> &[u8] {
        // Without protection, too: what follows in the record may still be wrong.
        if self.error.is_none() && self.in_unchecked_record() {
            return &[];
        }
        self.context.arena.queue()
    }

    /// The first `n` bytes of [`Self::queued`] have been taken by the transport. More than it showed is not believed.
    pub fn sent(&mut self, n: usize) {
        self.context.arena.sent(n.min(self.queued().len()));
        if self.error.is_none()
            && !self.closed
            && !self.has_work()
            && self.context.arena.is_queue_empty()
            && self.handshake.is_sending()
        {
            self.run(&mut &[][..], true);
        }
    }

    /// Takes plaintext to send; returns how many bytes, 0 while the handshake runs or earlier bytes wait to be pulled.
    pub fn write(&mut self, plain: &[u8]) -> Result<usize, Error> {
        if let Some(error) = self.error {
            return Err(error);
        }
        if self.closed || self.peer_closed {
            return Err(Error::WriteAfterClose);
        }
        if !self.is_open {
            return Ok(0);
        }
        let mut taken = 0;
        match self.send_data(plain, &mut taken) {
            Ok(()) => Ok(taken),
            Err(error) => Err(self.fail(error)),
        }
    }

    /// Makes records of as much of it as there is room for.
    fn send_data(&mut self, plain: &[u8], taken: &mut usize) -> Result<(), Error> {
        if !self.handshake.answer_key_update(&mut self.context)? {
            return Ok(());
        }
        let limit = usize::from(self.handshake.negotiated.send_limit);
        let mut is_first = self.context.arena.is_queue_empty();
        while *taken < plain.len() {
            let room = self.context.room();
            // the alert that ends the connection must always fit
            let free = room.len().saturating_sub(ALERT_RECORD_LEN);
            let rest = plain.get(*taken..).unwrap_or_default();
            let n = rest.len().min(free).min(limit);
            // one record now beats two small ones
            if n == 0 || (n < rest.len().min(limit) && !is_first) {
                break;
            }
            let (Some(place), Some(piece)) = (room.get_mut(..n), rest.get(..n)) else { break };
            copy(place, piece);
            self.context.seal(APPLICATION_DATA, n)?;
            *taken += n;
            is_first = false;
        }
        Ok(())
    }

    pub(super) fn send_close_notify(&mut self) {
        if !self.closed && self.error.is_none() {
            self.closed = true;
            let _ = self.context.alert(1, Alert::CloseNotify as u8);
        }
    }
}
