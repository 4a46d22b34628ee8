use super::*;
use crate::crypto::AeadAlgorithm;
use crate::record::traffic_key::TrafficKey;
use crate::record::{ALERT, APPLICATION_DATA, HANDSHAKE};
use std::vec::Vec;

/// Lends memory and counts what has not come back.
#[derive(Default)]
struct Lender {
    lent: usize,
    /// Bytes less than it is asked for.
    missing: usize,
}

impl Host for Lender {
    fn random(&mut self, out: &mut [u8]) -> bool {
        out.fill(7);
        true
    }

    fn now(&mut self) -> Option<i64> {
        None
    }

    fn alloc(&mut self, len: usize) -> Option<Memory> {
        let len = len - self.missing;
        self.lent += len;
        Some(std::vec![0; len].into())
    }

    fn free(&mut self, memory: Memory) {
        assert!(memory.iter().all(|byte| *byte == 0), "it is wiped");
        self.lent -= memory.len();
    }

    #[cfg(feature = "aes-hook")]
    fn aes128(&mut self) -> Option<crate::crypto::AesHook> {
        Some(crate::crypto::AesHook::NONE)
    }
}

fn insecure() -> Config<'static> {
    let mut config = Config::default();
    config.trust.insecure = true;
    config
}

/// After a handshake, but for the keys.
fn opened<'a>(host: &'a mut Lender, memory: &'a mut [u8]) -> Connection<'a> {
    let mut connection = Connection::unstarted(insecure(), host, memory);
    connection.is_open = true;
    connection.context.arena.divide(1024).unwrap();
    connection
}

/// What may not come after the handshake is an error there, too: in a record that was collected first.
#[test]
fn what_may_not_follow_the_handshake_ends_the_connection() {
    for (content_type, content) in [(HANDSHAKE, &[2, 0, 0, 0][..]), (ALERT, &[2, 40, 0])] {
        let mut memory = std::vec![0; Connection::memory_needed(&insecure())];
        let mut host = Lender::default();
        let mut connection = opened(&mut host, &mut memory);
        let mut record = std::vec![content_type, 3, 3, 0, content.len() as u8];
        record.extend_from_slice(content);
        let expected = if content_type == HANDSHAKE { Error::UnexpectedMessage } else { Error::DecodeError };
        assert_eq!(connection.push(&record), Err(expected));
    }
}

/// Wherever the network has got to in the ClientHello, its end is sent before the alerts: records all the way.
#[test]
fn a_record_that_is_sent_in_part_is_sent_to_its_end() {
    let garbage = b"HTTP/1.1 400 Bad Request\r\n\r\n";
    for fails in [false, true] {
        for sent in 0.. {
            let mut memory = std::vec![0; Connection::memory_needed(&insecure())];
            let mut host = Lender::default();
            let mut connection = Connection::new(insecure(), &mut host, &mut memory).unwrap();
            let mut stream = std::vec![0; sent];
            let pulled = connection.pull(&mut stream);
            if pulled < sent {
                break;
            }
            match fails && sent != 0 {
                true => drop(connection.push(garbage)),
                false => connection.close(),
            }
            let mut rest = std::vec![0; 1000];
            let n = connection.pull(&mut rest);
            stream.extend_from_slice(&rest[..n]);
            let (mut kinds, mut at) = (Vec::new(), 0);
            while at < stream.len() {
                kinds.push(stream[at]);
                at += 5 + usize::from(stream[at + 3]) * 256 + usize::from(stream[at + 4]);
            }
            assert_eq!(at, stream.len(), "{sent} bytes of the ClientHello were sent");
            let hello = kinds.first() == Some(&HANDSHAKE);
            assert_eq!(hello, sent != 0, "{kinds:?}");
            assert!(kinds[usize::from(hello)..].iter().all(|kind| *kind == ALERT), "{kinds:?}");
        }
    }
}

/// A write can fail while a record larger than the arena waits to be read: the record stays.
#[test]
fn a_failed_write_loses_nothing_that_has_come() {
    let mut memory = std::vec![0; Connection::memory_needed(&insecure())];
    let mut host = Lender::default();
    // open, with all records sent that one key may protect, and 5000 bytes to be read
    let mut connection = opened(&mut host, &mut memory);
    TrafficKey::blank(AeadAlgorithm::Aes128Gcm, false, &mut connection.context.outgoing.traffic_key).exhaust();
    connection.handshake.negotiated.send_limit = 100;
    let mut grown = connection.context.host.alloc(5000).unwrap();
    grown.fill(9);
    (connection.grown, connection.plain) = (Some(grown), 0..5000);
    assert_eq!(connection.write(b"more"), Err(Error::TooManyRecords));
    assert_eq!(connection.status(), Status::Failed);
    let mut got = Vec::new();
    while connection.readable() != 0 {
        let mut piece = [0; 700];
        let n = connection.read(&mut piece).unwrap();
        got.extend_from_slice(&piece[..n]);
    }
    assert!(got == [9; 5000]);
    assert!(connection.read(&mut [0]).is_err() && connection.grown.is_none());
    drop(connection);
    assert_eq!(host.lent, 0);
}

/// A block that is shorter than the record is as good as none, and comes back.
#[test]
fn a_block_too_short_for_the_record_comes_back() {
    for missing in [0, 1] {
        let mut memory = std::vec![0; Connection::memory_needed(&insecure())];
        let mut host = Lender { missing, ..Lender::default() };
        let mut connection = opened(&mut host, &mut memory);
        let header = [APPLICATION_DATA, 3, 3, 5000u16.to_be_bytes()[0], 5000u16.to_be_bytes()[1]];
        let pushed = connection.push(&header);
        assert_eq!(pushed, if missing == 0 { Ok(5) } else { Err(Error::RecordNoMemory) });
        assert_eq!(connection.grown.is_some(), missing == 0);
        drop(connection);
        assert_eq!(host.lent, 0);
    }
}
