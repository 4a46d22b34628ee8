//! Time and memory on a Pixl.js: from what the benchmark measured on an emulated Cortex-M4 (tests/bench/figures.json),
//! put together for this server's chain. What is computed from measured figures reproduces them where they were measured.

use serde_json::Value;

use super::chain::Key;
use super::hello::TLS13;

const FIGURES: &str = include_str!("../../tests/bench/figures.json");
/// The build that the figures are of: TLS 1.2 and 1.3, sessions, certificate paths, fast P-256, what a firmware has by itself.
const BUILD: &str = "fast P-256, in slices";
/// Cycles of a Pixl.js in a millisecond.
const CYCLES: f64 = 64_000.0;
/// Bytes in a millisecond that a WiFi module at a serial port of 115200 baud brings.
const SERIAL: f64 = 11.52;

/// What one connection costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Milliseconds of computing in the handshake.
    pub handshake: f64,
    /// Milliseconds that its bytes take over a serial port.
    pub serial: f64,
    /// Bytes lent to the engine, with 512 for what comes from the network.
    pub memory: u64,
    /// Deepest stack in bytes.
    pub stack: u64,
}

/// The benchmark's figures.
pub struct Figures(Value);

impl Figures {
    pub fn new() -> Result<Figures, String> {
        serde_json::from_str(FIGURES).map(Figures).map_err(|e| format!("tests/bench/figures.json: {e}"))
    }

    fn handshake(&self, what: &str, version: u16, figure: &str) -> f64 {
        let what = format!("{what}, TLS 1.{}", version - 0x0301);
        self.0["handshake"][&what]["ours"][BUILD][figure].as_f64().unwrap_or(0.0)
    }

    fn operation(&self, name: &str) -> f64 {
        self.0["operations"][name]["cycles"].as_f64().unwrap_or(0.0)
    }

    /// Cycles that one more byte of a handshake takes: the slope between the smallest and the largest chain measured.
    fn per_byte(&self) -> f64 {
        let entries = self.0["certificate message"].as_object();
        let points = entries.into_iter().flat_map(|map| map.values());
        let mut points: Vec<(f64, f64)> =
            points.filter_map(|p| Some((p["bytes"].as_f64()?, p["cycles"].as_f64()?))).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        match points[..] {
            [(x0, y0), .., (x1, y1)] if x1 > x0 => (y1 - y0) / (x1 - x0),
            _ => 0.0,
        }
    }

    /// Cycles of one verification inside a handshake. P-384 and RSA-2048 follow from the handshakes that have them.
    fn verify(&self, key: &Key, version: u16) -> Option<f64> {
        let p256 = self.operation("P-256-verify");
        let more = |what: &str| {
            let bytes = self.handshake(what, version, "bytes") - self.handshake("pin", version, "bytes");
            self.handshake(what, version, "cycles") - self.handshake("pin", version, "cycles") - bytes * self.per_byte()
        };
        // The RSA handshake has two signatures in its chain, and the server's own instead of P-256's.
        let rsa2048 = (more("RSA-2048") + p256) / 3.0;
        match key {
            Key::P256 => Some(p256),
            // One signature in its chain.
            Key::P384 => Some(more("P-384")),
            Key::Rsa(bits @ 2048..=4096) => {
                let ratio = self.operation("RSA-4096-verify") / self.operation("RSA-2048-verify");
                // Quadratic in the length.
                Some(rsa2048 * (*bits as f64 / 2048.0).powf(ratio.log2()))
            }
            _ => None,
        }
    }

    /// A handshake with so many bytes from the server; `path`: the keys that verify its certificates, none with a pin.
    /// `None`: a key that the engine does not have.
    pub fn full(&self, version: u16, own: &Key, path: &[Key], bytes: usize) -> Option<Cost> {
        let base = self.handshake("pin", version, "cycles") - self.verify(&Key::P256, version)?;
        let more = (bytes as f64 - self.handshake("pin", version, "bytes")) * self.per_byte();
        let mut cycles = base + more + self.verify(own, version)?;
        for key in path {
            cycles += self.verify(key, version)?;
        }
        let row = if path.contains(&Key::P384) || *own == Key::P384 {
            "P-384"
        } else if path.is_empty() {
            "pin"
        } else {
            "RSA-2048"
        };
        let mut cost = self.cost(row, version, cycles, bytes);
        // The rows have keys of 2048 bits.
        if path.iter().chain([own]).any(|key| matches!(key, Key::Rsa(2049..))) {
            let stack = |name: &str| self.0["operations"][name]["stack"].as_u64().unwrap_or(0);
            cost.stack += stack("RSA-4096-verify").saturating_sub(stack("RSA-2048-verify"));
        }
        Some(cost)
    }

    /// A resumed handshake.
    pub fn resumed(&self, version: u16) -> Cost {
        let bytes = self.handshake("resumed", version, "bytes");
        self.cost("resumed", version, self.handshake("resumed", version, "cycles"), bytes as usize)
    }

    fn cost(&self, row: &str, version: u16, cycles: f64, bytes: usize) -> Cost {
        Cost {
            handshake: cycles / CYCLES,
            serial: bytes as f64 / SERIAL,
            memory: self.handshake(row, version, "heap") as u64,
            stack: self.handshake(row, version, "stack") as u64,
        }
    }

    /// Milliseconds of computing for a signature of a client's own key, "P-256" or "RSA-2048".
    pub fn client_signature(&self, key: &str, version: u16) -> f64 {
        let what = format!("{key}, TLS 1.{}", version - 0x0301);
        self.0["client signature"][&what]["cycles"].as_f64().unwrap_or(0.0) / CYCLES
    }

    /// Milliseconds of computing for a KB that is received.
    pub fn receive(&self, version: u16) -> f64 {
        let what = if version == TLS13 { "AES-128-GCM, 1 KB, TLS 1.3" } else { "AES-128-GCM, 1 KB" };
        let figures = &self.0["receive"][what]["ours"]["fast P-256"];
        let of = |name: &str| figures[name].as_f64();
        // Of a body of so many bytes.
        of("cycles").zip(of("bytes")).map_or(0.0, |(cycles, bytes)| cycles / (bytes / 1024.0) / CYCLES)
    }

    /// What was measured for a handshake, and what [`Self::full`] says of it; for the tests.
    pub fn check(&self, what: &str, version: u16) -> (f64, f64) {
        let bytes = self.handshake(what, version, "bytes") as usize;
        let rsa = Key::Rsa(2048);
        let cost = match what {
            "pin" => self.full(version, &Key::P256, &[], bytes),
            "P-384" => self.full(version, &Key::P256, &[Key::P384], bytes),
            _ => self.full(version, &rsa, &[rsa.clone(), rsa.clone()], bytes),
        };
        (self.handshake(what, version, "cycles") / CYCLES, cost.map_or(0.0, |c| c.handshake))
    }
}
