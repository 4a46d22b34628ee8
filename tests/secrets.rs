//! After etls_drop() no secret of the connection is left: not in the lent memory, not on the stack below the calls, not
//! in memory that was given back. Nor is it after an error, after etls_close(), or when the connection was cut, even before
//! etls_drop(). What is looked for: the host's random numbers that did not go over the wire (private
//! keys among them), the premaster and master secret, traffic secrets and keys, GHASH's subkey, the client's private key.
//! The session string has the one secret that it is for, and no other.

mod common;

use std::cell::RefCell;
use std::ffi::c_void;
use std::hint::black_box;
use std::io::{Read, Write};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use common::engine::tcp;
use common::faulty::next;
use common::pki::pki;
use common::{secrets, servers};
use espruino_tls::crypto::AeadAlgorithm;
use espruino_tls::ffi::*;

/// What the host lends and remembers.
struct Lender {
    seed: u64,
    /// Every random number that was handed out.
    randoms: Vec<Vec<u8>>,
    /// Each block as it was when it was given back.
    freed: Vec<Vec<u8>>,
}

unsafe extern "C" fn random(user: *mut c_void, out: *mut u8, length: usize) -> i32 {
    let lender = unsafe { &*user.cast::<RefCell<Lender>>() };
    let mut lender = lender.borrow_mut();
    let out = unsafe { std::slice::from_raw_parts_mut(out, length) };
    for byte in &mut *out {
        *byte = next(&mut lender.seed) as u8;
    }
    // kept in a form that is not found when the stack or the heap is searched
    lender.randoms.push(out.iter().map(|byte| byte ^ 0xa5).collect());
    0
}

unsafe extern "C" fn now(_: *mut c_void) -> i64 {
    common::pki::NOW
}

unsafe extern "C" fn alloc(_: *mut c_void, length: usize) -> *mut c_void {
    Box::leak(vec![0u8; length].into_boxed_slice()).as_mut_ptr().cast()
}

unsafe extern "C" fn free(user: *mut c_void, memory: *mut c_void, length: usize) {
    let lender = unsafe { &*user.cast::<RefCell<Lender>>() };
    let block = unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(memory.cast::<u8>(), length)) };
    lender.borrow_mut().freed.push(block.to_vec());
}

fn bytes(text: &[u8]) -> etls_bytes {
    etls_bytes { data: text.as_ptr(), length: text.len() }
}

/// Bytes of stack that are looked at.
const STACK: usize = 192 * 1024;

/// Fills the stack below with a pattern.
#[inline(never)]
fn paint() {
    let mut stack = MaybeUninit::<[u8; STACK]>::uninit();
    for i in 0..STACK {
        unsafe { stack.as_mut_ptr().cast::<u8>().add(i).write_volatile(0x5a) };
    }
    black_box(&mut stack);
}

/// Copies the stack below.
#[inline(never)]
fn copy_stack(out: &mut [u8]) {
    let mut stack = MaybeUninit::<[u8; STACK]>::uninit();
    black_box(&mut stack);
    for (i, byte) in out.iter_mut().enumerate().take(STACK) {
        *byte = unsafe { stack.as_ptr().cast::<u8>().add(i).read_volatile() };
    }
    black_box(&mut stack);
}

/// How a connection ends.
#[derive(Clone, Copy, Default, Debug, PartialEq)]
enum Ending {
    /// By the server, which has answered.
    #[default]
    Answered,
    /// By etls_close(), as soon as so many bytes have come.
    Closed(usize),
    /// By an error: this byte from the server is another one.
    Damaged(usize),
    /// By etls_eof(), after so many bytes from the server.
    Cut(usize),
}

#[derive(Clone, Default)]
struct Case {
    name: &'static str,
    server: &'static str,
    flags: &'static [&'static str],
    client: Option<&'static str>,
    aead: Option<AeadAlgorithm>,
    /// It computes in slices, and is dropped before the one with this number.
    dropped_at: Option<usize>,
    ending: Ending,
}

/// What is left of a connection.
struct Left {
    /// The lent memory before etls_drop() ...
    before_drop: Vec<u8>,
    /// ... and after it.
    memory: Vec<u8>,
    /// By an error or etls_close().
    ended: bool,
    stack: Vec<u8>,
    freed: Vec<Vec<u8>>,
    randoms: Vec<Vec<u8>>,
    from_client: Vec<u8>,
    from_server: Vec<u8>,
    session: Vec<u8>,
    resumed: bool,
    slices: usize,
}

/// A request by the C ABI; everything that is not a call of it is kept small.
#[inline(never)]
fn connect(
    lender: &RefCell<Lender>,
    memory: &mut [u8],
    config: &etls_config,
    transport: &mut TcpStream,
    (dropped_at, ending): (Option<usize>, Ending),
    left: &mut Left,
) {
    let lent = std::ptr::slice_from_raw_parts(memory.as_ptr(), memory.len());
    let host = etls_host {
        user: std::ptr::from_ref(lender).cast_mut().cast(),
        alloc: Some(alloc),
        free: Some(free),
        random: Some(random),
        now: Some(now),
        aes128: None,
    };
    let (mut tls, mut asked) = (std::ptr::null_mut(), false);
    let (mut buffer, mut plain) = (vec![0; 4096], vec![0; 1024]);
    unsafe {
        let status = etls_init(memory.as_mut_ptr().cast(), memory.len(), config, &host, &mut tls, std::ptr::null_mut());
        assert_eq!(status, 0);
        loop {
            while etls_has_work(tls) != 0 {
                if Some(left.slices) == dropped_at {
                    return etls_drop(tls);
                }
                etls_work(tls);
                left.slices += 1;
            }
            loop {
                let n = etls_pull(tls, buffer.as_mut_ptr(), buffer.len());
                if n <= 0 {
                    break;
                }
                left.from_client.extend(&buffer[..n as usize]);
                transport.write_all(&buffer[..n as usize]).unwrap();
            }
            if etls_has_work(tls) != 0 {
                continue;
            }
            if etls_status(tls) == ETLS_OPEN && !asked {
                let request = b"GET /1024 HTTP/1.0\r\n\r\n";
                asked = etls_write(tls, request.as_ptr(), request.len()) > 0;
                continue;
            }
            if etls_status(tls) != ETLS_OPEN && etls_status(tls) != ETLS_HANDSHAKING {
                break;
            }
            let before = left.from_server.len();
            let most = match ending {
                Ending::Cut(at) | Ending::Closed(at) => (at - before).min(buffer.len()),
                _ => buffer.len(),
            };
            let n = match (transport.read(&mut buffer[..most]), ending) {
                // A length is wrong, and both sides wait.
                (Err(_), Ending::Damaged(_)) => 0,
                (n, _) => n.unwrap(),
            };
            left.from_server.extend(&buffer[..n]);
            if let Ending::Damaged(at) = ending
                && (before..before + n).contains(&at)
            {
                buffer[at - before] ^= 0x10;
            }
            if n == 0 {
                assert!(matches!(ending, Ending::Damaged(_)), "the server went away");
                etls_eof(tls);
                break;
            }
            let mut at = 0;
            while at < n {
                let taken = etls_push(tls, buffer[at..].as_ptr(), n - at);
                if taken < 0 {
                    assert_ne!(ending, Ending::Answered, "{taken}");
                    break;
                }
                at += taken as usize;
                while etls_read(tls, plain.as_mut_ptr(), plain.len()) > 0 {}
                while etls_has_work(tls) != 0 {
                    if Some(left.slices) == dropped_at {
                        return etls_drop(tls);
                    }
                    etls_work(tls);
                    left.slices += 1;
                }
                if taken == 0 {
                    // our flight waits in between
                    let n = etls_pull(tls, plain.as_mut_ptr(), plain.len());
                    left.from_client.extend(&plain[..n as usize]);
                    transport.write_all(&plain[..n as usize]).unwrap();
                }
            }
            match ending {
                Ending::Cut(at) if at == before + n => etls_eof(tls),
                Ending::Closed(at) if at == before + n => etls_close(tls),
                _ => continue,
            };
            break;
        }
        left.ended = match ending {
            Ending::Answered => false,
            // What is damaged may not matter: then the server ends the connection, in order.
            Ending::Damaged(_) => etls_error(tls, std::ptr::null_mut()) != 0,
            Ending::Closed(_) | Ending::Cut(_) => true,
        };
        left.before_drop = (*lent).to_vec();
        let mut peer = MaybeUninit::uninit();
        etls_peer(tls, peer.as_mut_ptr());
        let peer: etls_peer_info = peer.assume_init();
        left.resumed = peer.resumed != 0;
        let mut session = bytes(b"");
        if etls_session(tls, &mut session) != 0 {
            left.session = std::slice::from_raw_parts(session.data, session.length).iter().map(|b| b ^ 0xa5).collect();
        }
        etls_drop(tls);
    }
}

/// A session as it was given out.
fn unveiled(session: &[u8]) -> Vec<u8> {
    session.iter().map(|b| b ^ 0xa5).collect()
}

/// Runs a connection on a stack of its own and looks at what is left. `session` is veiled, as it was given out.
fn run(address: SocketAddr, case: &Case, session: &[u8]) -> Left {
    let client =
        case.client.map(|name| (pki().read(&format!("{name}.chain.pem")), pki().read(&format!("{name}.key.pem"))));
    let (cert, key) = client.unwrap_or_default();
    let (dropped_at, ending) = (case.dropped_at, case.ending);
    let session = unveiled(session);
    let work = move || {
        let lender = RefCell::new(Lender { seed: 99, randoms: Vec::new(), freed: Vec::new() });
        let mut left = Left {
            before_drop: vec![],
            memory: vec![],
            ended: false,
            stack: vec![0; STACK],
            freed: vec![],
            randoms: vec![],
            from_client: vec![],
            from_server: vec![],
            session: vec![],
            resumed: false,
            slices: 0,
        };
        let mut config: etls_config = unsafe { std::mem::zeroed() };
        config.insecure = 1;
        config.servername = bytes(b"localhost");
        config.keep_session = 1;
        config.slices = dropped_at.is_some().into();
        (config.cert, config.key, config.session) = (bytes(&cert), bytes(&key), bytes(&session));
        let mut memory = vec![0; unsafe { etls_size(&config) }];
        let mut transport = tcp(address);
        if matches!(ending, Ending::Damaged(_)) {
            transport.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        }
        paint();
        connect(&lender, &mut memory, &config, &mut transport, (dropped_at, ending), &mut left);
        copy_stack(&mut left.stack);
        left.memory = memory;
        let lender = lender.into_inner();
        (left.freed, left.randoms) = (lender.freed, lender.randoms);
        left
    };
    std::thread::Builder::new().stack_size(4 * STACK).spawn(work).unwrap().join().unwrap()
}

type Secrets = Vec<(String, Vec<u8>)>;

/// The client's key and random numbers that did not go out.
fn own_secrets(case: &Case, left: &Left) -> Secrets {
    let mut secrets = case.client.map(secrets::of_client).unwrap_or_default();
    for (i, random) in left.randoms.iter().enumerate() {
        let random: Vec<u8> = random.iter().map(|byte| byte ^ 0xa5).collect();
        if !left.from_client.windows(random.len()).any(|window| window == random) {
            secrets.push((format!("random number {i}"), random));
        }
    }
    secrets
}

/// Where they are left. Before etls_drop() only a connection that has ended must have nothing.
fn found(secrets: &Secrets, left: &Left) -> Vec<String> {
    let mut places = vec![("the lent memory", &left.memory), ("the stack", &left.stack)];
    if left.ended {
        places.push(("the lent memory before etls_drop()", &left.before_drop));
    }
    places.extend(left.freed.iter().map(|block| ("freed memory", block)));
    let mut found = Vec::new();
    for (place, bytes) in places {
        for (name, secret) in secrets {
            found.extend(secrets::find(bytes, secret).map(|at| format!("{name} is left in {place} at {at}")));
        }
    }
    found
}

/// Dropped in the middle of a computation, wherever that is.
#[test]
fn dropped_between_two_slices() {
    for version in ["-tls1_2", "-tls1_3"] {
        let root = pki().path("root-rsa.pem");
        let flags = [version, "-Verify", "3", "-CAfile", root.to_str().unwrap()];
        let server = servers::openssl_www("p384", &flags);
        let mut case = Case { name: "between slices", client: Some("client-rsa"), ..Case::default() };
        case.dropped_at = Some(usize::MAX);
        let all = run(server.address(), &case, &[]);
        assert!(all.slices > 40, "{version}: {}", all.slices);
        for at in (0..all.slices).step_by(5) {
            case.dropped_at = Some(at);
            let left = run(server.address(), &case, &[]);
            assert_eq!(left.slices, at, "{version}");
            let found = found(&own_secrets(&case, &left), &left);
            assert!(found.is_empty(), "{version}, slice {at}:\n{}", found.join("\n"));
        }
    }
}

fn check(case: &Case) {
    let log = pki().path(&format!("secrets-{}-{}.keys", case.name.replace(' ', "-"), std::process::id()));
    let flags = [case.flags, &["-keylogfile", log.to_str().unwrap()]].concat();
    let server = servers::openssl_www(case.server, &flags);
    let mut session = Vec::new();
    for resumes in [false, true] {
        let _ = std::fs::write(&log, "");
        let left = run(server.address(), case, &session);
        assert_eq!(left.resumed, resumes, "{}", case.name);
        let aead = case.aead.unwrap_or(AeadAlgorithm::Aes128Gcm);
        let mut secrets = secrets::of_connection(&log, &left.from_server, aead);
        secrets.extend(own_secrets(case, &left));
        assert!(secrets.len() >= 3, "{}: {}", case.name, secrets.len());
        let found = found(&secrets, &left);
        let in_session: Vec<&String> = secrets
            .iter()
            .filter(|(name, secret)| {
                name != "CLIENT_RANDOM" && secrets::find(&unveiled(&left.session), secret).is_some()
            })
            .map(|(name, _)| name)
            .collect();
        assert!(in_session.is_empty(), "{}: the session has {in_session:?}", case.name);
        assert!(found.is_empty(), "{} (resumed: {resumes}):\n{}", case.name, found.join("\n"));
        // the search works: the stack was used, and what is on it can be found
        assert!(left.stack.iter().filter(|byte| **byte != 0x5a).count() > 2000);
        if resumes {
            break; // the server may be content with the old ticket
        }
        session = left.session;
        if case.client.is_some() {
            break; // openssl puts the client's certificate into its tickets, which are too long then
        }
        assert!(!session.is_empty(), "{}: no session", case.name);
    }
    std::fs::remove_file(log).unwrap();
}

/// Ended by the caller, by an error or by the network, wherever that is: nothing is left, even before etls_drop().
#[test]
fn ended_at_any_byte() {
    let clients = ["client", "client-rsa"];
    for (version, client) in
        ["-tls1_3", "-tls1_2"].into_iter().flat_map(|version| clients.map(|client| (version, client)))
    {
        let log = pki().path(&format!("secrets-ended{version}-{client}-{}.keys", std::process::id()));
        let flags = [version, "-Verify", "3", "-keylogfile", log.to_str().unwrap()];
        let suites = ["-ciphersuites", "TLS_AES_128_GCM_SHA256", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"];
        let server = servers::openssl_www("self-ec", &[&flags[..], &suites].concat());
        let case = Case { name: "ended", client: Some(client), ..Case::default() };
        let whole = run(server.address(), &case, &[]);
        let records = common::faulty::records(&whole.from_server);
        // From the last one of the handshake, the lengths of whose signatures vary, to the first data.
        let data = whole.from_server.len() - 1100;
        let places = records.iter().map(|(at, _)| at + 12).chain((6..whole.from_server.len()).step_by(307));
        let (mut searched, mut with_log) = (0, 0);
        for at in places.filter(|at| *at < data + 900) {
            for ending in [Ending::Closed(at), Ending::Damaged(at), Ending::Cut(at)] {
                let what = format!("{version}, {client}, {ending:?} of {}", whole.from_server.len());
                std::fs::write(&log, "").unwrap();
                let case = Case { ending, ..case.clone() };
                let left = run(server.address(), &case, &[]);
                if !left.ended {
                    let version = if version == "-tls1_3" { 13 } else { 12 };
                    let ignored = |at| common::faulty::is_ignored(&left.from_server, at, version);
                    assert!(matches!(ending, Ending::Damaged(at) if ignored(at)), "{what}: it did not end");
                }
                let mut secrets = own_secrets(&case, &left);
                if std::fs::read_to_string(&log).unwrap().lines().any(|line| !line.starts_with('#')) {
                    secrets.extend(secrets::of_connection(&log, &left.from_server, AeadAlgorithm::Aes128Gcm));
                    with_log += 1;
                }
                assert!(!secrets.is_empty(), "{what}");
                let found = found(&secrets, &left);
                assert!(found.is_empty(), "{what}:\n{}", found.join("\n"));
                searched += 1;
            }
        }
        println!("{version}, {client}: {searched} endings, {with_log} with traffic keys");
        assert!(searched > 20 && with_log > 10, "{searched} {with_log}");
        std::fs::remove_file(log).unwrap();
    }
}

#[test]
fn aes_128() {
    check(&Case {
        name: "aes128 1.3",
        server: "self-ec",
        flags: &["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"],
        ..Case::default()
    });
    check(&Case {
        name: "aes128 1.2",
        server: "self-ec",
        flags: &["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
        ..Case::default()
    });
}

#[test]
fn aes_256() {
    let aead = Some(AeadAlgorithm::Aes256Gcm);
    check(&Case {
        name: "aes256 1.3",
        server: "self-rsa",
        flags: &["-tls1_3", "-ciphersuites", "TLS_AES_256_GCM_SHA384"],
        aead,
        ..Case::default()
    });
    check(&Case {
        name: "aes256 1.2",
        server: "self-rsa",
        flags: &["-tls1_2", "-cipher", "ECDHE-RSA-AES256-GCM-SHA384"],
        aead,
        ..Case::default()
    });
}

#[test]
fn chacha20() {
    let aead = Some(AeadAlgorithm::ChaCha20Poly1305);
    check(&Case {
        name: "chacha 1.3",
        server: "self-rsa",
        flags: &["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"],
        aead,
        ..Case::default()
    });
    check(&Case {
        name: "chacha 1.2",
        server: "self-rsa",
        flags: &["-tls1_2", "-cipher", "ECDHE-RSA-CHACHA20-POLY1305"],
        aead,
        ..Case::default()
    });
}

#[test]
fn x25519() {
    check(&Case {
        name: "x25519 1.3",
        server: "self-ec",
        flags: &["-tls1_3", "-groups", "X25519", "-ciphersuites", "TLS_AES_128_GCM_SHA256"],
        ..Case::default()
    });
    check(&Case {
        name: "x25519 1.2",
        server: "self-ec",
        flags: &["-tls1_2", "-groups", "X25519:P-256", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
        ..Case::default()
    });
}

#[test]
fn client_keys() {
    for client in [Some("client"), Some("client-rsa")] {
        check(&Case {
            name: "client 1.3",
            server: "self-ec",
            client,
            flags: &["-tls1_3", "-verify", "1", "-ciphersuites", "TLS_AES_128_GCM_SHA256"],
            ..Case::default()
        });
        check(&Case {
            name: "client 1.2",
            server: "self-ec",
            client,
            flags: &["-tls1_2", "-verify", "1", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"],
            ..Case::default()
        });
    }
}
