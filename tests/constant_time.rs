//! Constant time, measured: on the emulated Cortex-M4 the sequence of program counters and the sequence of addresses of loads
//! and stores are the same whatever the secret is, and no division takes part, whose time depends on its operands.
//!
//! The table of [`operations`] is the claim: each operation, what of it is secret, and how many random secrets are compared.
//! `make test` takes a few of them, `make constant-time` all. It needs QEMU, like tests/chip.rs.

mod common;

use common::command_with_cargo;
use common::faulty::next;
use common::pki::pki;
use espruino_tls::crypto::signature::ecdsa_sign::{MAX_SIGNATURE, sign_p256};
use espruino_tls::crypto::{
    Aead, AeadAlgorithm, AesHook, EphemeralKey, MAX_PUBLIC, NamedGroup, SharedSecret, complete,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// What runs on the chip: fields of a vector (tests/chip/vectors), and what of it is public besides its lengths. Only within
/// one class must all be the same.
struct Input {
    fields: Vec<Vec<u8>>,
    expected: bool,
    class: String,
}

impl Input {
    fn new(fields: &[&[u8]]) -> Self {
        Input { fields: fields.iter().map(|field| field.to_vec()).collect(), expected: true, class: String::new() }
    }
}

struct Operation {
    name: &'static str,
    /// fast.elf, or small.elf with the small P-256.
    image: &'static str,
    number: u8,
    /// Random secrets for `make constant-time`.
    secrets: usize,
    /// AES looks its S-box up at secret places, GHASH its sixteen multiples: only that a look-up happens counts, not where.
    looks_up: bool,
    make: fn(&mut u64) -> Input,
}

fn random<const N: usize>(seed: &mut u64) -> [u8; N] {
    std::array::from_fn(|_| next(seed) as u8)
}

/// A private number, and its key on the host.
fn key<const N: usize>(group: NamedGroup, seed: &mut u64) -> ([u8; N], EphemeralKey) {
    loop {
        let private = random::<N>(seed);
        if let Ok(key) = EphemeralKey::from_private(group, &private) {
            return (private, key);
        }
    }
}

fn public_key(key: &EphemeralKey) -> Vec<u8> {
    let mut out = [0; MAX_PUBLIC];
    let length = complete(|work| key.public(&mut out, work));
    out[..length].to_vec()
}

fn public<const N: usize>(group: NamedGroup, number: u8, seed: &mut u64) -> Input {
    let (private, key) = key::<N>(group, seed);
    Input::new(&[&[number], &private, &public_key(&key)])
}

/// With the same peer each time, who is public.
fn agreement<const N: usize>(group: NamedGroup, seed: &mut u64) -> Input {
    let peer = public_key(&key::<N>(group, &mut 77).1);
    let (private, key) = key::<N>(group, seed);
    let mut secret = SharedSecret::NONE;
    complete(|work| key.agree(&peer, &mut secret, work)).unwrap();
    Input::new(&[&private, &peer, &secret])
}

/// The signature is public, and so are its lengths.
fn ecdsa(seed: &mut u64) -> Input {
    let (private, _) = key::<32>(NamedGroup::Secp256r1, seed);
    let (digest, extra) = ([0x5a; 32], random::<32>(seed));
    let mut out = [0; MAX_SIGNATURE];
    let mut random = |place: &mut [u8]| {
        place.copy_from_slice(&extra);
        Ok(())
    };
    let length = sign_p256(&private, &digest, &mut random, &mut out).unwrap();
    let r = usize::from(out[3]);
    Input { class: format!("r {r}, s {}", length - r - 6), ..Input::new(&[&private, &digest, &extra]) }
}

fn openssl(arguments: &[&str]) -> Vec<u8> {
    let output = Command::new("openssl").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// A new key. The lengths of its numbers are not hidden.
fn rsa(_: &mut u64) -> Input {
    let file = |name: &str| pki().path(&format!("constant-time-{}.{name}", std::process::id())).display().to_string();
    let (key, message) = (file("key"), file("message"));
    openssl(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", &key]);
    std::fs::write(&message, b"").unwrap();
    let signature = openssl(&["dgst", "-sha256", "-sign", &key, &message]);
    let der = openssl(&["rsa", "-in", &key, "-traditional", "-outform", "DER"]);
    for file in [key, message] {
        std::fs::remove_file(file).unwrap();
    }
    let (mut at, mut lengths) = (4, Vec::new());
    while at < der.len() {
        let (header, length) = match der[at + 1] {
            0x82 => (4, usize::from(der[at + 2]) << 8 | usize::from(der[at + 3])),
            0x81 => (3, usize::from(der[at + 2])),
            short => (2, usize::from(short)),
        };
        lengths.push(length);
        at += header + length;
    }
    Input { class: format!("{lengths:?}"), ..Input::new(&[&der, &[4], b"", &signature]) }
}

fn hmac(seed: &mut u64) -> Input {
    let key = random::<32>(seed);
    let message = [7; 100];
    let mut hmac = espruino_tls::crypto::Hmac::new(espruino_tls::crypto::HashAlgorithm::Sha256, &key);
    hmac.update(&message);
    Input::new(&[&[4], &key, &message, &hmac.finish()])
}

fn secrets(seed: &mut u64) -> Input {
    Input::new(&[&random::<32>(seed), &[7; 32]])
}

/// Key and data are secret.
fn aead(algorithm: AeadAlgorithm, number: u8, key: &[u8], seed: &mut u64) -> Input {
    let (plain, nonce, aad) = (random::<200>(seed), [5; 12], [23, 3, 3, 0, 216]);
    let mut sealed = plain;
    let mut aead = Aead::new(algorithm, key, &nonce, &aad, AesHook);
    aead.seal(&mut sealed);
    Input::new(&[&[number], key, &nonce, &aad, &sealed, &aead.tag(), &plain])
}

/// Equal, or different at a place that is secret.
fn comparison(seed: &mut u64) -> Input {
    let a = random::<32>(seed);
    let mut b = a;
    let differs = next(seed) & 3 != 0;
    if differs {
        b[next(seed) as usize % 32] ^= 1 << (next(seed) % 8);
    }
    Input { expected: !differs, ..Input::new(&[&a, &b]) }
}

fn operations() -> Vec<Operation> {
    use NamedGroup::{Secp256r1, Secp384r1, X25519};
    let operation =
        |name, image, number, secrets, make| Operation { name, image, number, secrets, looks_up: false, make };
    vec![
        operation("fast P-256, key generation", "fast", 6, 1000, |s| public::<32>(Secp256r1, 0, s)),
        operation("fast P-256, agreement", "fast", 3, 1000, |s| agreement::<32>(Secp256r1, s)),
        operation("small P-256, key generation", "small", 6, 1000, |s| public::<32>(Secp256r1, 0, s)),
        operation("small P-256, agreement", "small", 3, 1000, |s| agreement::<32>(Secp256r1, s)),
        operation("P-384, key generation", "fast", 6, 1000, |s| public::<48>(Secp384r1, 2, s)),
        operation("P-384, agreement", "fast", 8, 1000, |s| agreement::<48>(Secp384r1, s)),
        operation("X25519, key generation", "fast", 6, 1000, |s| public::<32>(X25519, 1, s)),
        operation("X25519, agreement", "fast", 4, 1000, |s| agreement::<32>(X25519, s)),
        operation("ECDSA signature, P-256", "fast", 10, 1000, ecdsa),
        operation("RSA-2048 signature, key as DER", "fast", 9, 200, rsa),
        operation("HMAC-SHA-256", "fast", 2, 1000, hmac),
        operation("TLS 1.2's secrets (PRF)", "fast", 12, 1000, secrets),
        operation("TLS 1.3's secrets (HKDF)", "fast", 13, 1000, secrets),
        Operation {
            looks_up: true,
            ..operation("AES-128-GCM with GHASH", "fast", 1, 1000, |s| {
                aead(AeadAlgorithm::Aes128Gcm, 0, &random::<16>(s), s)
            })
        },
        Operation {
            looks_up: true,
            ..operation("AES-256-GCM with GHASH", "fast", 1, 1000, |s| {
                aead(AeadAlgorithm::Aes256Gcm, 1, &random::<32>(s), s)
            })
        },
        operation("ChaCha20-Poly1305", "fast", 1, 1000, |s| {
            aead(AeadAlgorithm::ChaCha20Poly1305, 2, &random::<32>(s), s)
        }),
        operation("comparison (tags, Finished, pins)", "fast", 11, 1000, comparison),
    ]
}

/// What the plugin says of one execution: instructions, accesses, hashes of both sequences, divisions.
type Trace = [String; 5];

fn directory() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/constant_time");
        let output = command_with_cargo("bash").arg("tests/constant_time/build.sh").arg(&directory).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        directory
    })
}

/// Where the S-box and GHASH's function lie. Nothing else has a look-up at a secret place.
fn declared(image: &Path) -> String {
    let output = Command::new("arm-none-eabi-nm").arg("-S").arg(image).output().unwrap();
    let symbols = String::from_utf8(output.stdout).unwrap();
    let range = |name: &str, size: Option<u64>| {
        let line = symbols.lines().find(|line| line.ends_with(name)).unwrap_or_else(|| panic!("no {name}"));
        let numbers: Vec<u64> = line.split(' ').map_while(|text| u64::from_str_radix(text, 16).ok()).collect();
        format!("{:x}-{:x}", numbers[0], numbers[0] + size.unwrap_or_else(|| numbers[1]))
    };
    format!(",table={},function={}", range("4SBOX", Some(256)), range("etls_ghash", None))
}

fn field(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend((bytes.len() as u16).to_le_bytes());
    out.extend(bytes);
}

fn traces(operation: &Operation, inputs: &[Input], looks_up: bool) -> Vec<Trace> {
    let image = directory().join(format!("{}.elf", operation.image));
    let mut list = Vec::new();
    for input in inputs {
        let mut vector = vec![operation.number, input.expected.into(), input.fields.len() as u8];
        input.fields.iter().for_each(|bytes| field(&mut vector, bytes));
        field(&mut list, b"x");
        field(&mut list, &vector);
    }
    let name = |what: &str| format!("{}-{}.{what}", std::process::id(), operation.name.replace([' ', ','], ""));
    let (list_file, report) = (directory().join(name("list")), directory().join(name("report")));
    std::fs::write(&list_file, list).unwrap();
    let declared = if looks_up { declared(&image) } else { String::new() };
    let output = Command::new("qemu-system-arm")
        .current_dir(directory())
        .args(["-M", "mps2-an386", "-cpu", "cortex-m4", "-display", "none", "-monitor", "none", "-serial", "none"])
        .arg("-semihosting-config")
        .arg(format!("enable=on,target=native,arg=chip,arg=in={}", name("list")))
        .arg("-plugin")
        .arg(format!("./trace.so,out={}{declared}", name("report")))
        .arg("-kernel")
        .arg(&image)
        .output()
        .unwrap_or_else(|e| panic!("qemu-system-arm can't be run ({e}); `make deps` installs it"));
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{}: {said}", operation.name);
    let text = std::fs::read_to_string(&report).unwrap();
    for file in [list_file, report] {
        std::fs::remove_file(file).unwrap();
    }
    let traces: Vec<Trace> = text
        .lines()
        .map(|line| line.split(' ').skip(1).map(String::from).collect::<Vec<_>>().try_into().unwrap())
        .collect();
    assert_eq!(traces.len(), inputs.len(), "{}: {said}", operation.name);
    traces
}

/// Every secret makes the same trace as the others of its class. Returns a line for the table.
fn check(operation: &Operation, secrets: usize, seed: u64) -> String {
    let mut seed = seed;
    let inputs: Vec<Input> = (0..secrets).map(|_| (operation.make)(&mut seed)).collect();
    let mut classes: BTreeMap<&str, (usize, Trace)> = BTreeMap::new();
    for (input, trace) in inputs.iter().zip(traces(operation, &inputs, operation.looks_up)) {
        assert_eq!(trace[4], "0", "{}: a division", operation.name);
        let (count, first) = classes.entry(&input.class).or_insert((0, trace.clone()));
        *count += 1;
        assert_eq!(trace, *first, "{}: instructions, accesses, flow, addresses, divisions", operation.name);
    }
    let compared: usize = classes.values().map(|(count, _)| count - 1).sum();
    let trace = &classes.values().next().unwrap().1;
    format!(
        "| {} | {} | {secrets} in {}, {compared} compared | {} | {} |",
        operation.name,
        if operation.looks_up { "flow, and addresses but for look-ups" } else { "flow and addresses" },
        if classes.len() == 1 { "one class".into() } else { format!("{} classes", classes.len()) },
        trace[0],
        trace[1]
    )
}

/// `ETLS_SECRETS`: one in so many of the secrets; `ETLS_OPERATION`: only the operations whose names contain it.
#[test]
#[ignore = "needs QEMU: make constant-time"]
fn every_secret_makes_the_same_trace() {
    let variable = |name: &str| std::env::var(name).ok();
    let part: usize = variable("ETLS_SECRETS").map_or(200, |text| text.parse().expect("ETLS_SECRETS is a number"));
    let only = variable("ETLS_OPERATION").unwrap_or_default();
    println!("| operation | the same | secrets | instructions | loads and stores |\n|---|---|---|---|---|");
    for operation in operations().iter().filter(|operation| operation.name.contains(&only)) {
        println!("{}", check(operation, (operation.secrets / part).max(3), 1));
    }
}

/// What is not claimed is found: the look-ups of AES and GHASH.
#[test]
#[ignore = "needs QEMU: make constant-time"]
fn a_look_up_at_a_secret_place_is_seen() {
    let operations = operations();
    let aes = operations.iter().find(|operation| operation.looks_up).unwrap();
    let inputs: Vec<Input> = {
        let mut seed = 1;
        (0..4).map(|_| (aes.make)(&mut seed)).collect()
    };
    let traces = traces(aes, &inputs, false);
    assert!(traces.iter().all(|trace| trace[2] == traces[0][2]), "the flow is the same");
    assert!(traces.iter().skip(1).all(|trace| trace[3] != traces[0][3]), "the addresses are not");
}
