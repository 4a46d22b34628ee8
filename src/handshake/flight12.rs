//! The order of messages in a full TLS 1.2 handshake (RFC 5246 §7.3), one state an awaited message.
//!
//! ```text
//! ClientHello            -------->
//!                                          ServerHello
//!                                          Certificate
//!                                    ServerKeyExchange
//!                                 [CertificateRequest]
//!                        <--------     ServerHelloDone
//! [Certificate: empty]
//! ClientKeyExchange
//! [ChangeCipherSpec]
//! Finished               -------->
//!                                   [ChangeCipherSpec]
//!                        <--------            Finished
//! ```
//! A state owns what later states need, so nothing can be used before it exists. While the server's flight comes in,
//! the arena belongs to the handshake: ClientHello and ServerHello lie at its start, later the keys and signatures of
//! the certificate check, then the server's key followed by ServerKeyExchange.

use super::certificate::{self, CertificateReader};
use super::certificate_request::CertificateRequestReader;
use super::cipher_suite::CipherSuite;
use super::server_key_exchange::ServerShare;
use super::{
    CERTIFICATE, CERTIFICATE_REQUEST, FINISHED, HELLO_REQUEST, Io, Negotiated, Randoms, SERVER_HELLO,
    SERVER_HELLO_DONE, SERVER_KEY_EXCHANGE, client_hello, client_key_exchange, finished, server_hello,
    server_key_exchange,
};
use crate::codec::copy;
use crate::config::{Config, TLS12};
use crate::crypto::{EphemeralKey, equal};
use crate::error::{Alert, Error};
use crate::record::protection::Protection;
use crate::record::{CHANGE_CIPHER_SPEC, HANDSHAKE};
use crate::schedule::prf12::MasterSecret;
use crate::schedule::transcript::Transcript;
use crate::x509::{Leaf, StoredKey, Verifier};

/// Longest message that is read as a stream; the largest Certificate seen in the wild has 10 KB (FACTS).
const MAX_STREAMED: u32 = 1 << 16;

/// How many HelloRequests are put up with (RFC 5246 §7.4.1.1 lets a client ignore them).
const MAX_HELLO_REQUESTS: u8 = 8;

/// The awaited message.
enum Expect {
    /// ClientHello has not been written.
    Nothing,
    ServerHello {
        /// Bytes of ClientHello, which stays at the arena's start until the transcript's hash is known.
        client_hello_len: usize,
    },
    /// Its reader is a field of the flight: it has a kilobyte, and a state is moved when it changes.
    Certificate,
    ServerKeyExchange {
        key: StoredKey,
    },
    /// or CertificateRequest
    ServerHelloDone {
        share: ServerShare,
    },
    CertificateRequestEnd {
        share: ServerShare,
        reader: CertificateRequestReader,
    },
    ServerHelloDoneAfterRequest {
        share: ServerShare,
    },
    ChangeCipherSpec {
        read: Protection,
        master: MasterSecret,
    },
    Finished {
        master: MasterSecret,
        verify_data: [u8; finished::VERIFY_DATA_LEN],
    },
    /// The handshake is complete; only HelloRequest may come.
    HelloRequest,
}

/// A TLS 1.2 handshake.
pub struct Flight12<'a> {
    config: Config<'a>,
    expect: Expect,
    certificate: Option<CertificateReader<'a>>,
    transcript: Transcript,
    randoms: Randoms,
    suite: Option<&'static CipherSuite>,
    assembled: usize,
    hello_requests: u8,
    /// The outcome so far.
    pub negotiated: Negotiated,
}

impl<'a> Flight12<'a> {
    /// Nothing has been sent yet.
    pub fn new(config: Config<'a>) -> Self {
        Flight12 {
            config,
            expect: Expect::Nothing,
            certificate: None,
            transcript: Transcript::default(),
            randoms: Randoms::default(),
            suite: None,
            assembled: 0,
            hello_requests: 0,
            negotiated: Negotiated::default(),
        }
    }

    /// What the caller wanted.
    pub fn config(&self) -> &Config<'a> {
        &self.config
    }

    /// Whether the server's Finished was right.
    pub fn is_complete(&self) -> bool {
        matches!(self.expect, Expect::HelloRequest)
    }

    /// Writes ClientHello.
    pub fn start(&mut self, io: &mut Io) -> Result<(), Error> {
        if !io.host.random(&mut self.randoms.client) {
            return Err(Error::RandomFailed);
        }
        let n = client_hello::write(io.outgoing.room(io.arena), &self.config, &self.randoms.client)?;
        io.outgoing.seal(io.arena, HANDSHAKE, n)?;
        // It is needed once more, for the transcript. The record's header stays in front of it: the arena is not
        // written before ServerHello comes, and that is put behind it.
        self.expect = Expect::ServerHello { client_hello_len: n };
        Ok(())
    }

    /// A message's header has come.
    pub fn begin(&mut self, header: &[u8; 4], length: u32, io: &mut Io) -> Result<(), Error> {
        let [kind, ..] = *header;
        self.assembled = 0;
        if kind == HELLO_REQUEST {
            return self.hello_request(length, io);
        }
        let expected = match &self.expect {
            Expect::ServerHello { .. } => kind == SERVER_HELLO,
            Expect::Certificate => kind == CERTIFICATE,
            Expect::ServerKeyExchange { .. } => kind == SERVER_KEY_EXCHANGE,
            Expect::ServerHelloDone { .. } => kind == SERVER_HELLO_DONE || kind == CERTIFICATE_REQUEST,
            Expect::ServerHelloDoneAfterRequest { .. } => kind == SERVER_HELLO_DONE,
            Expect::Finished { .. } => kind == FINISHED,
            _ => false,
        };
        if !expected {
            io.detail.a = kind.into();
            return Err(Error::UnexpectedMessage);
        }
        let limit = match kind {
            CERTIFICATE | CERTIFICATE_REQUEST => MAX_STREAMED,
            SERVER_HELLO_DONE => 0,
            FINISHED => finished::VERIFY_DATA_LEN as u32,
            _ => io.arena.len().saturating_sub(self.base()).min(u16::MAX.into()) as u32,
        };
        if length > limit {
            io.detail.a = kind.into();
            io.detail.b = length;
            return Err(if limit < MAX_PLAUSIBLE { Error::DecodeError } else { Error::MessageTooLong });
        }
        if kind == CERTIFICATE_REQUEST {
            self.expect = match core::mem::replace(&mut self.expect, Expect::Nothing) {
                Expect::ServerHelloDone { share } => {
                    Expect::CertificateRequestEnd { share, reader: CertificateRequestReader::default() }
                }
                other => other,
            };
        }
        if let Expect::Finished { master, verify_data } = &mut self.expect {
            // over everything before this message
            let (Some(suite), Some(digest)) = (&self.suite, self.transcript.digest()) else {
                return Err(Error::Internal);
            };
            *verify_data = master.verify_data(suite.hash, finished::SERVER_LABEL, &digest);
        }
        self.transcript.update(header);
        Ok(())
    }

    /// During a handshake it is ignored, later refused: this client never renegotiates (RFC 5246 §7.4.1.1).
    fn hello_request(&mut self, length: u32, io: &mut Io) -> Result<(), Error> {
        io.detail.a = HELLO_REQUEST.into();
        if length != 0 {
            return Err(Error::DecodeError);
        }
        self.hello_requests += 1;
        if self.hello_requests > MAX_HELLO_REQUESTS {
            return Err(Error::TooMuchNoise);
        }
        if self.is_complete() {
            // no room means that the caller has not pulled the last warning yet: one is enough
            let _ = io.outgoing.alert(io.arena, 1, Alert::NoRenegotiation as u8);
        }
        Ok(())
    }

    /// Where in the arena the current message is put together.
    fn base(&self) -> usize {
        match &self.expect {
            Expect::ServerHello { client_hello_len } => crate::record::HEADER_LEN + *client_hello_len,
            Expect::ServerKeyExchange { key } => key.len(),
            _ => 0,
        }
    }

    /// A piece of the message's body.
    pub fn body(&mut self, piece: &[u8], io: &mut Io) -> Result<(), Error> {
        self.transcript.update(piece);
        match &mut self.expect {
            Expect::Certificate => {
                let reader = self.certificate.as_mut().ok_or(Error::Internal)?;
                let result = reader.push(piece, io.arena);
                if result.is_err() {
                    // a person will want to compare it
                    self.negotiated.fingerprint = reader.fingerprint();
                    *io.detail = reader.detail();
                }
                result
            }
            Expect::CertificateRequestEnd { reader, .. } => reader.push(piece),
            _ => {
                let at = self.base() + self.assembled;
                let place = io.arena.get_mut(at..).and_then(|a| a.get_mut(..piece.len())).ok_or(Error::Internal)?;
                copy(place, piece);
                self.assembled += piece.len();
                Ok(())
            }
        }
    }

    /// The message is complete.
    pub fn end(&mut self, header: &[u8; 4], io: &mut Io) -> Result<(), Error> {
        let [kind, ..] = *header;
        if kind == HELLO_REQUEST {
            return Ok(());
        }
        io.detail.a = kind.into();
        let base = self.base();
        match core::mem::replace(&mut self.expect, Expect::Nothing) {
            Expect::ServerHello { .. } => self.server_hello(header, base, io),
            Expect::Certificate => self.certificate(io),
            Expect::ServerKeyExchange { key } => self.server_key_exchange(key, io),
            Expect::CertificateRequestEnd { share, reader } => {
                reader.finish()?;
                self.expect = Expect::ServerHelloDoneAfterRequest { share };
                Ok(())
            }
            Expect::ServerHelloDone { share } => self.server_hello_done(share, false, io),
            Expect::ServerHelloDoneAfterRequest { share } => self.server_hello_done(share, true, io),
            Expect::Finished { verify_data, .. } => {
                let body = io.arena.get(..self.assembled).unwrap_or_default();
                if body.len() != verify_data.len() {
                    return Err(Error::DecodeError);
                }
                if !equal(body, &verify_data) {
                    return Err(Error::BadFinished);
                }
                self.transcript.end();
                self.expect = Expect::HelloRequest;
                Ok(())
            }
            _ => Err(Error::Internal),
        }
    }

    #[inline(never)] // a state's stack is its own
    fn server_hello(&mut self, header: &[u8; 4], base: usize, io: &mut Io) -> Result<(), Error> {
        let (client, rest) = io.arena.split_at_checked(base).ok_or(Error::Internal)?;
        let body = rest.get(..self.assembled).ok_or(Error::Internal)?;
        let random = &mut self.randoms.server;
        server_hello::parse(body, &self.config, TLS12, random, &mut self.negotiated, io.detail)?;
        self.suite = CipherSuite::find(self.negotiated.suite);
        let hash = self.suite.ok_or(Error::Internal)?.hash;
        self.transcript.begin(hash, client.get(crate::record::HEADER_LEN..).unwrap_or_default());
        self.transcript.update(header);
        self.transcript.update(body);
        let verifier = Verifier::new(self.config.trust, self.config.servername, io.host.now());
        self.certificate = Some(CertificateReader::new(verifier));
        self.expect = Expect::Certificate;
        Ok(())
    }

    #[inline(never)] // a state's stack is its own
    fn certificate(&mut self, io: &mut Io) -> Result<(), Error> {
        let reader = self.certificate.as_mut().ok_or(Error::Internal)?;
        let leaf = reader.finish(io.arena);
        self.negotiated.fingerprint = reader.fingerprint();
        *io.detail = reader.detail();
        self.certificate = None;
        let Leaf { key, trusted_by, .. } = leaf?;
        let is_rsa = matches!(key.public_key(io.arena), Some(crate::crypto::PublicKey::Rsa { .. }));
        if self.suite.is_none_or(|s| s.ecdsa == is_rsa) {
            return Err(Error::WrongCertificateType);
        }
        self.negotiated.trusted_by = Some(trusted_by);
        self.expect = Expect::ServerKeyExchange { key };
        Ok(())
    }

    #[inline(never)] // keeps the verification's stack apart from everything else's
    fn server_key_exchange(&mut self, key: StoredKey, io: &mut Io) -> Result<(), Error> {
        let body = io.arena.get(key.len()..).and_then(|a| a.get(..self.assembled)).ok_or(Error::Internal)?;
        let public_key = key.public_key(io.arena).ok_or(Error::Internal)?;
        let share = server_key_exchange::parse(body, &public_key, &self.randoms, io.detail)?;
        self.expect = Expect::ServerHelloDone { share };
        Ok(())
    }

    /// Puts a message of `n` bytes, written to the outgoing room, into the transcript and a record.
    fn send(&mut self, n: usize, io: &mut Io) -> Result<(), Error> {
        let message = io.outgoing.room(io.arena).get(..n).ok_or(Error::Internal)?;
        self.transcript.update(message);
        io.outgoing.seal(io.arena, HANDSHAKE, n)
    }

    #[inline(never)] // a state's stack is its own
    fn server_hello_done(&mut self, share: ServerShare, certificate_wanted: bool, io: &mut Io) -> Result<(), Error> {
        io.outgoing.reset(0);
        if certificate_wanted {
            let n = certificate::EMPTY.len();
            if copy(io.outgoing.room(io.arena), &certificate::EMPTY) != n {
                return Err(Error::OutOfMemory);
            }
            self.send(n, io)?;
        }
        let master = self.client_key_exchange(&share, io)?;
        let suite = self.suite.ok_or(Error::Internal)?;
        let keys = master.key_block(
            suite.hash,
            &self.randoms.client,
            &self.randoms.server,
            suite.aead.key_len(),
            suite.fixed_iv_len.into(),
        );

        match io.outgoing.room(io.arena) {
            [one, ..] => *one = 1,
            _ => return Err(Error::OutOfMemory),
        }
        io.outgoing.seal(io.arena, CHANGE_CIPHER_SPEC, 1)?;
        let (key, iv) = keys.client();
        io.outgoing.protect(Protection::new(suite.aead, key, iv));

        let digest = self.transcript.digest().ok_or(Error::Internal)?;
        let verify_data = master.verify_data(suite.hash, finished::CLIENT_LABEL, &digest);
        let n = finished::write(io.outgoing.room(io.arena), &verify_data)?;
        self.send(n, io)?;

        let (key, iv) = keys.server();
        self.expect = Expect::ChangeCipherSpec { read: Protection::new(suite.aead, key, iv), master };
        Ok(())
    }

    #[inline(never)] // keeps the key agreement's stack apart from everything else's
    fn client_key_exchange(&mut self, share: &ServerShare, io: &mut Io) -> Result<MasterSecret, Error> {
        let host = &mut *io.host;
        let mut random = |out: &mut [u8]| if host.random(out) { Ok(()) } else { Err(Error::RandomFailed) };
        let ours = EphemeralKey::generate(share.group, &mut random)?;
        let premaster = ours.agree(share.public())?;
        let mut public = [0; 65];
        let n = ours.public(&mut public);
        let n = client_key_exchange::write(io.outgoing.room(io.arena), public.get(..n).unwrap_or_default())?;
        self.send(n, io)?;
        let hash = self.suite.ok_or(Error::Internal)?.hash;
        let session_hash = if self.negotiated.extended_master_secret { self.transcript.digest() } else { None };
        let Randoms { client, server } = &self.randoms;
        Ok(MasterSecret::derive(hash, &premaster, session_hash.as_deref(), client, server))
    }

    /// The server's ChangeCipherSpec (RFC 5246 §7.1): gives out the keys for everything that follows.
    pub fn change_cipher_spec(&mut self, io: &mut Io) -> Result<Protection, Error> {
        match core::mem::replace(&mut self.expect, Expect::Nothing) {
            Expect::ChangeCipherSpec { read, master } => {
                self.expect = Expect::Finished { master, verify_data: [0; finished::VERIFY_DATA_LEN] };
                Ok(read)
            }
            _ => {
                io.detail.a = 256 + u32::from(CHANGE_CIPHER_SPEC);
                Err(Error::UnexpectedMessage)
            }
        }
    }
}

/// A limit below this is a message's exact form rather than a question of memory.
const MAX_PLAUSIBLE: u32 = 64;
