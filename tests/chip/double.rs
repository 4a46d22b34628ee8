//! The results of double.c, by the arithmetic of the computer that runs the tests. The same numbers in the same order.

const SPECIAL: [u64; 34] = [
    0,
    1,
    2,
    3,
    0x000F_FFFF_FFFF_FFFF,
    0x0010_0000_0000_0000,
    0x0010_0000_0000_0001,
    0x001F_FFFF_FFFF_FFFF,
    0x0020_0000_0000_0000,
    0x3CA0_0000_0000_0000,
    0x3CB0_0000_0000_0000,
    0x3FDF_FFFF_FFFF_FFFF,
    0x3FE0_0000_0000_0000,
    0x3FE0_0000_0000_0001,
    0x3FEF_FFFF_FFFF_FFFF,
    0x3FF0_0000_0000_0000,
    0x3FF0_0000_0000_0001,
    0x3FF8_0000_0000_0000,
    0x4000_0000_0000_0000,
    0x4330_0000_0000_0000,
    0x433F_FFFF_FFFF_FFFF,
    0x4340_0000_0000_0000,
    0x7FDF_FFFF_FFFF_FFFF,
    0x7FE0_0000_0000_0000,
    0x7FEF_FFFF_FFFF_FFFF,
    0x7FF0_0000_0000_0000,
    0x7FF0_0000_0000_0001,
    0x7FF8_0000_0000_0000,
    0x0000_0000_7FFF_FFFF,
    0x0000_0000_8000_0000,
    0x0000_0000_FFFF_FFFF,
    0x0000_0001_0000_0000,
    0x0008_0000_0000_0000,
    0x3FF0_0000_FFFF_FFFF,
];

struct Results {
    state: u64,
    hashes: [u64; 8],
}

impl Results {
    fn random(&mut self) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state
    }

    fn number(&mut self, near: u64) -> u64 {
        let (mut n, how) = (self.random(), self.random());
        let part = how / 8;
        if how % 8 == 1 || how % 8 == 2 {
            n &= u64::MAX << (part % 52);
        }
        match how % 8 {
            0 => SPECIAL[(part % SPECIAL.len() as u64) as usize] | (n & (1 << 63)),
            2 | 3 => (n & !(0x7FF << 52)) | ((near >> 52).wrapping_add(n % 120).wrapping_sub(60) & 0x7FF) << 52,
            4 => n & !(0x7FE << 52),
            5 => (near ^ (n & (1 << 63))).wrapping_add(part % 5).wrapping_sub(2),
            _ => n,
        }
    }

    fn add(&mut self, operation: usize, n: u64) {
        self.hashes[operation] = (self.hashes[operation] ^ n).wrapping_mul(0x0100_0000_01B3);
    }

    fn result(&mut self, operation: usize, x: f64) {
        self.add(operation, if x.is_nan() { 0x7FF8_0000_0000_0000 } else { x.to_bits() });
    }

    /// Rust's conversions go to the nearest that there is, and make zero of NaN. 64 bits with a sign are what 64 without
    /// are, negated.
    fn narrow(&mut self, x: f64) {
        self.add(6, u64::from(x as i32 as u32));
        self.add(6, if x < 0.0 { (-x as u64).wrapping_neg() } else { x as u64 });
        if x.is_nan() || x >= 0.0 {
            self.add(6, u64::from(x as u32));
            self.add(6, x as u64);
        }
        self.add(6, if x.is_nan() { 0x7FC0_0000 } else { u64::from((x as f32).to_bits()) });
    }

    fn calculate(&mut self, x: u64, y: u64) {
        let (a, b) = (f64::from_bits(x), f64::from_bits(y));
        for (operation, x) in [a + b, a - b, b - a, a * b, a / b].into_iter().enumerate() {
            self.result(operation, x);
        }
        let answers = [a < b, a == b, a <= b, a > b, a >= b, a.is_nan() || b.is_nan()];
        self.add(7, answers.iter().enumerate().map(|(i, answer)| u64::from(*answer) << i).sum());
        self.narrow(a);
    }

    fn convert(&mut self, n: u64) {
        let how = self.random();
        let mut n = n >> (how % 64);
        if how & 64 != 0 {
            n = n.wrapping_neg();
        }
        let mut single = (how >> 32) as u32;
        if single.is_multiple_of(16) {
            single &= 0x807F_FFFF;
        }
        if single % 16 == 1 {
            single = (single & 0x8000_0000) | 0x7F80_0000 | (single & 0x100);
        }
        for x in
            [f64::from(n as i32), f64::from(n as u32), n as i64 as f64, n as f64, f64::from(f32::from_bits(single))]
        {
            self.result(5, x);
        }
        self.narrow(f64::from(f32::from_bits(single)));
        self.narrow(f64::from_bits((n as i64 as f64).to_bits().wrapping_add((how >> 7) % 3).wrapping_sub(1)));
    }
}

/// What double.c prints, line by line.
pub fn expected() -> Vec<String> {
    let mut results = Results { state: 88_172_645_463_325_252, hashes: [0; 8] };
    let signed = |i: usize| SPECIAL[i / 2] | (i as u64 & 1) << 63;
    for i in 0..2 * SPECIAL.len() {
        for j in 0..2 * SPECIAL.len() {
            results.calculate(signed(i), signed(j));
        }
    }
    for _ in 0..400_000 {
        let near = results.random();
        let x = results.number(near);
        let y = results.number(x);
        results.calculate(x, y);
        results.convert(x);
    }
    for i in 0..16 {
        results.convert(if i < 8 { 0 } else { 1 << 63 });
    }
    [
        "sums",
        "differences",
        "differences the other way",
        "products",
        "quotients",
        "conversions to doubles",
        "conversions from doubles",
        "comparisons",
    ]
    .iter()
    .zip(results.hashes)
    .map(|(name, hash)| format!("{name} {}", (hash >> 32) as i32))
    .collect()
}
