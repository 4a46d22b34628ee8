//! The certificate check as the handshake drives it, slice after slice, for tests that have no handshake.

use espruino_tls::config::Trust;
use espruino_tls::crypto::{Progress, WORK_LEN, Work};
use espruino_tls::error::{Detail, Error};
use espruino_tls::x509::{Leaf, Verifier};
use std::task::Poll;

#[allow(dead_code)] // each test file uses a part of it
pub struct SlicedVerifier<'a> {
    verifier: Verifier<'a>,
    memory: [u8; WORK_LEN],
    progress: Progress,
}

#[allow(dead_code)]
impl<'a> SlicedVerifier<'a> {
    pub fn new(trust: Trust<'a>, name: &'a [u8], now: Option<i64>) -> Self {
        let verifier = Verifier::new(trust, name, now);
        SlicedVerifier { verifier, memory: [0; WORK_LEN], progress: Progress::default() }
    }

    pub fn at(trust: Trust<'a>, name: &'a [u8], now: i64) -> Self {
        let verifier = Verifier::at(trust, name, now);
        SlicedVerifier { verifier, memory: [0; WORK_LEN], progress: Progress::default() }
    }

    pub fn begin(&mut self, length: usize) -> Result<(), Error> {
        self.verifier.begin(length)
    }

    /// No signature takes this many slices.
    fn repeat(
        &mut self,
        mut step: impl FnMut(&mut Verifier<'a>, &mut Work) -> Poll<Result<(), Error>>,
    ) -> Result<(), Error> {
        for _ in 0..10_000 {
            let mut work = Work { memory: &mut self.memory, progress: &mut self.progress };
            if let Poll::Ready(result) = step(&mut self.verifier, &mut work) {
                assert!(
                    !self.progress.is_pending() && self.memory == [0; WORK_LEN],
                    "something is left of an operation"
                );
                return result;
            }
            assert!(self.progress.is_pending());
        }
        panic!("an operation does not end");
    }

    pub fn push(&mut self, mut piece: &[u8], workspace: &mut [u8]) -> Result<(), Error> {
        self.repeat(|verifier, work| verifier.push(&mut piece, workspace, work))
    }

    pub fn end(&mut self, workspace: &mut [u8]) -> Result<(), Error> {
        self.repeat(|verifier, work| verifier.end(workspace, work))
    }

    pub fn finish(&mut self) -> Result<Leaf, Error> {
        self.verifier.finish()
    }

    pub fn detail(&self) -> Detail {
        self.verifier.detail()
    }
}
