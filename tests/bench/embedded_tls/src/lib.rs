//! A client made of embedded-tls, as one task that a program in C polls. All its memory is allocated, and so counted.
//!
//! The task comes back to its caller where it waits for the network, and after each call of the library.

#![no_std]

extern crate alloc;

use alloc::boxed::Box;
use alloc::format;
use alloc::vec;
use core::alloc::{GlobalAlloc, Layout};
use core::future::{Future, poll_fn};
use core::pin::Pin;
use core::ptr::addr_of_mut;
use core::task::{Context, Poll, Waker};
use embedded_tls::{
    Aes128GcmSha256, CryptoProvider, MaxFragmentLength, TlsConfig, TlsConnection, TlsContext, TlsError, TlsVerifier,
};
use rand_core::{CryptoRng, CryptoRngCore, RngCore};

unsafe extern "C" {
    fn counted_calloc(n: usize, size: usize) -> *mut u8;
    fn counted_free(memory: *mut u8);
    fn fixed_random(unused: *mut u8, out: *mut u8, length: usize) -> i32;
    fn rival_arrived(data: *mut u8, room: usize) -> usize;
    fn rival_transmit(data: *const u8, length: usize);
    fn rival_now() -> u64;
    fn rival_panics() -> !;
}

struct Heap;

// SAFETY: blocks of a heap in C, aligned to 8 bytes
unsafe impl GlobalAlloc for Heap {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        if layout.align() > 8 {
            return core::ptr::null_mut();
        }
        // SAFETY: C's heap takes any size
        unsafe { counted_calloc(1, layout.size()) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, _: Layout) {
        // SAFETY: from alloc()
        unsafe { counted_free(memory) }
    }
}

#[global_allocator]
static HEAP: Heap = Heap;

#[panic_handler]
fn panics(_: &core::panic::PanicInfo) -> ! {
    // SAFETY: ends the program
    unsafe { rival_panics() }
}

struct Random;

impl RngCore for Random {
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill_bytes(&mut bytes);
        u32::from_le_bytes(bytes)
    }

    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill_bytes(&mut bytes);
        u64::from_le_bytes(bytes)
    }

    fn fill_bytes(&mut self, out: &mut [u8]) {
        // SAFETY: `out` has that many bytes
        unsafe { fixed_random(core::ptr::null_mut(), out.as_mut_ptr(), out.len()) };
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), rand_core::Error> {
        self.fill_bytes(out);
        Ok(())
    }
}

impl CryptoRng for Random {}

struct Socket;

impl embedded_io::ErrorType for Socket {
    type Error = core::convert::Infallible;
}

impl embedded_io_async::Read for Socket {
    async fn read(&mut self, out: &mut [u8]) -> Result<usize, Self::Error> {
        poll_fn(|_| {
            // SAFETY: `out` has that many bytes
            match unsafe { rival_arrived(out.as_mut_ptr(), out.len()) } {
                0 => Poll::Pending,
                n => Poll::Ready(Ok(n)),
            }
        })
        .await
    }
}

impl embedded_io_async::Write for Socket {
    async fn write(&mut self, data: &[u8]) -> Result<usize, Self::Error> {
        // SAFETY: `data` has that many bytes
        unsafe { rival_transmit(data.as_ptr(), data.len()) };
        Ok(data.len())
    }

    async fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

struct Provider<V> {
    random: Random,
    verifier: V,
}

impl<V: TlsVerifier<Aes128GcmSha256>> CryptoProvider for Provider<V> {
    type CipherSuite = Aes128GcmSha256;
    type Signature = &'static [u8];

    fn rng(&mut self) -> impl CryptoRngCore {
        &mut self.random
    }

    fn verifier(&mut self) -> Result<&mut impl TlsVerifier<Aes128GcmSha256>, TlsError> {
        Ok(&mut self.verifier)
    }
}

#[cfg(feature = "paths")]
mod trust {
    use super::*;
    use embedded_tls::{Certificate, TlsClock, pki::CertVerifier};

    pub struct Clock;

    impl TlsClock for Clock {
        fn now() -> Option<u64> {
            // SAFETY: reads a number
            Some(unsafe { rival_now() })
        }
    }

    pub fn verifier(certificate: &'static [u8], _: &'static [u8]) -> impl TlsVerifier<Aes128GcmSha256> {
        CertVerifier::<Aes128GcmSha256, Clock, 4096>::new(Certificate::X509(certificate))
    }
}

/// It has no pins of its own, but lets its user verify.
#[cfg(not(feature = "paths"))]
mod trust {
    use super::*;
    use embedded_tls::{CertificateEntryRef, CertificateRef, CertificateVerifyRef, TlsCipherSuite};
    use p256::ecdsa::{Signature, VerifyingKey, signature::Verifier};
    use sha2::Digest;

    type Hash = <Aes128GcmSha256 as TlsCipherSuite>::Hash;

    struct Pin {
        certificate: &'static [u8],
        key: &'static [u8],
        transcript: Option<Hash>,
    }

    impl TlsVerifier<Aes128GcmSha256> for Pin {
        fn set_hostname_verification(&mut self, _: &str) -> Result<(), TlsError> {
            Ok(())
        }

        fn verify_certificate(&mut self, transcript: &Hash, sent: CertificateRef) -> Result<(), TlsError> {
            let Some(CertificateEntryRef::X509(sent)) = sent.entries.first() else {
                return Err(TlsError::InvalidCertificate);
            };
            if *sent != self.certificate {
                return Err(TlsError::InvalidCertificate);
            }
            self.transcript = Some(transcript.clone());
            Ok(())
        }

        fn verify_signature(&mut self, sent: CertificateVerifyRef) -> Result<(), TlsError> {
            let transcript = self.transcript.take().ok_or(TlsError::InvalidSignature)?.finalize();
            let mut message = [b' '; 64 + 34 + 32];
            message[64..98].copy_from_slice(b"TLS 1.3, server CertificateVerify\0");
            message[98..].copy_from_slice(&transcript);
            let key = VerifyingKey::from_sec1_bytes(self.key).map_err(|_| TlsError::InvalidCertificate)?;
            let signature = Signature::from_der(sent.signature).map_err(|_| TlsError::InvalidSignature)?;
            key.verify(&message, &signature).map_err(|_| TlsError::InvalidSignature)
        }
    }

    pub fn verifier(certificate: &'static [u8], key: &'static [u8]) -> impl TlsVerifier<Aes128GcmSha256> {
        Pin { certificate, key, transcript: None }
    }
}

/// What the program in C asks for, and is told.
#[repr(C)]
pub struct Rival {
    name: *const u8,
    name_length: usize,
    certificate: *const u8,
    certificate_length: usize,
    key: *const u8,
    key_length: usize,
    /// Not 0: maximum fragment length 1024.
    small: i32,
    /// Bytes of body to ask for.
    wanted: usize,
    opened: i32,
    received: usize,
    failed: i32,
}

unsafe fn slice(data: *const u8, length: usize) -> &'static [u8] {
    // SAFETY: as the caller says
    if length == 0 { &[] } else { unsafe { core::slice::from_raw_parts(data, length) } }
}

async fn back_to_caller() {
    let mut been = false;
    poll_fn(|_| if core::mem::replace(&mut been, true) { Poll::Ready(()) } else { Poll::Pending }).await;
}

async fn client(rival: *mut Rival) -> Result<(), TlsError> {
    // SAFETY: the program in C keeps it, and waits while this runs
    let rival = unsafe { &mut *rival };
    let (name, certificate, key) = unsafe {
        (
            core::str::from_utf8_unchecked(slice(rival.name, rival.name_length)),
            slice(rival.certificate, rival.certificate_length),
            slice(rival.key, rival.key_length),
        )
    };
    // A record, which must hold the whole certificate message, and what encryption adds.
    let mut read_buffer = vec![0; 4096 + 256];
    let mut write_buffer = vec![0; 1024];
    let mut config = TlsConfig::new().with_server_name(name);
    if rival.small != 0 {
        config = config.with_max_fragment_length(MaxFragmentLength::Bits10);
    }
    let mut tls = TlsConnection::new(Socket, &mut read_buffer, &mut write_buffer);
    let provider = Provider { random: Random, verifier: trust::verifier(certificate, key) };
    tls.open(TlsContext::new(&config, provider)).await?;
    rival.opened = 1;
    back_to_caller().await;
    if rival.wanted == 0 {
        return Ok(());
    }
    let request = format!("GET /{} HTTP/1.0\r\n\r\n", rival.wanted);
    tls.write(request.as_bytes()).await?;
    tls.flush().await?;
    rival.opened = 2;
    drop(request);
    let mut plain = vec![0; 512];
    back_to_caller().await;
    while rival.received < rival.wanted {
        rival.received += tls.read(&mut plain).await?;
        back_to_caller().await;
    }
    Ok(())
}

type Task = Pin<Box<dyn Future<Output = Result<(), TlsError>>>>;
static mut TASK: Option<Task> = None;

/// Goes on until something must be waited for. Returns 1 when it has come to its end.
///
/// # Safety
/// `rival` is the same each time, and lives as long.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn rival_poll(rival: *mut Rival) -> i32 {
    // SAFETY: only one thread
    let task = unsafe { &mut *addr_of_mut!(TASK) }.get_or_insert_with(|| Box::pin(client(rival)));
    match task.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Pending => 0,
        Poll::Ready(result) => {
            // SAFETY: as promised
            unsafe { (*rival).failed = i32::from(result.is_err()) };
            1
        }
    }
}
