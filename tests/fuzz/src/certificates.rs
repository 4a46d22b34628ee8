//! The certificate walk: chains, anchors, names, with and without the check of signatures.
//!
//! An input is a byte of modes, one of a name, one that seeds a split, then strings with their lengths in two bytes before
//! them: trusted certificates, as many as the mode says, and the chain. The walk is done in several splits, which must
//! agree; trusted certificates are read as DER and PEM alike.

use crate::engine::{self, Error, Progress, Trust, Verifier, WORK_LEN, Work};
use crate::host::NOW;
use crate::input::Input;
use crate::split::Split;
use std::task::Poll;

/// Bytes of workspace that a verifier needs: two RSA-4096 keys, a digest and a signature.
const WORKSPACE: usize = 3 * 512 + 64;
/// Most slices for one certificate. All of its issuers that the caller gave may have to be tried.
const SLICES: usize = 20_000;

const NAMES: [&[u8]; 8] =
    [b"localhost", b"www.example.com", b"127.0.0.1", b"::1", b"a.wild.test", b"localhost.", b"a", b"example.test"];

#[derive(PartialEq, Debug)]
struct Verdict {
    result: Result<(Vec<u8>, u8), Error>,
    detail: (u32, u32),
    fingerprint: [u8; 32],
}

struct Walk<'a> {
    verifier: Verifier<'a>,
    workspace: [u8; WORKSPACE],
    memory: [u8; WORK_LEN],
    progress: Progress,
}

impl<'a> Walk<'a> {
    fn repeat(
        &mut self,
        mut step: impl FnMut(&mut Verifier<'a>, &mut [u8], &mut Work) -> Poll<Result<(), Error>>,
    ) -> Result<(), Error> {
        for _ in 0..SLICES {
            let mut work = Work { memory: &mut self.memory, progress: &mut self.progress };
            if let Poll::Ready(result) = step(&mut self.verifier, &mut self.workspace, &mut work) {
                return result;
            }
        }
        panic!("an operation does not end");
    }

    fn chain(&mut self, chain: &[&[u8]], mut split: Split) -> Result<(Vec<u8>, u8), Error> {
        for certificate in chain {
            self.verifier.begin(certificate.len())?;
            let mut rest = *certificate;
            while !rest.is_empty() {
                let (mut piece, after) = rest.split_at(split.next(rest.len()));
                self.repeat(|verifier, workspace, work| verifier.push(&mut piece, workspace, work))?;
                assert!(piece.is_empty(), "bytes were left over");
                rest = after;
            }
            self.repeat(|verifier, workspace, work| verifier.end(workspace, work))?;
        }
        let leaf = self.verifier.finish()?;
        Ok((self.workspace[..leaf.key.len()].to_vec(), leaf.trusted_by.bits()))
    }
}

fn verdict(chain: &[&[u8]], trust: Trust, name: &[u8], now: Option<i64>, split: Split) -> Verdict {
    let mut walk = Walk {
        verifier: Verifier::new(trust, name, now),
        workspace: [0; WORKSPACE],
        memory: [0; WORK_LEN],
        progress: Progress::default(),
    };
    let result = walk.chain(chain, split);
    let detail = walk.verifier.detail();
    Verdict { result, detail: (detail.a, detail.b), fingerprint: walk.verifier.fingerprint() }
}

/// See the module.
pub fn run(data: &[u8]) {
    is_accepted(data);
}

/// Whether the chain is trusted.
pub fn is_accepted(data: &[u8]) -> bool {
    let mut input = Input(data);
    let (mode, name, seed) = (input.u8(), input.u8(), input.u8());
    let name = NAMES[usize::from(name) % NAMES.len()];
    let anchors: Vec<&[u8]> = (0..mode >> 6).map(|_| input.vector()).collect();
    let mut chain = Vec::new();
    while !input.is_empty() && chain.len() < 2000 {
        let certificate = input.vector();
        if !certificate.is_empty() {
            chain.push(certificate);
        }
    }
    let insecure = mode & 1 != 0;
    let trust = Trust {
        ca: if insecure { &[] } else { &anchors },
        insecure,
        ignore_validity: mode & 2 != 0,
        ..Trust::default()
    };
    let now = (mode & 4 == 0).then_some(NOW);
    engine::check(mode & 8 == 0);
    let whole = verdict(&chain, trust, name, now, Split::Whole);
    for split in [Split::Every(1), Split::random(seed.into(), 1 + usize::from(seed))] {
        assert_eq!(verdict(&chain, trust, name, now, split), whole);
    }
    engine::check(true);
    if let Ok((key, trusted_by)) = &whole.result {
        assert!(!key.is_empty() && !chain.is_empty());
        assert_eq!(*trusted_by != 0, !insecure);
    }
    whole.result.is_ok()
}
