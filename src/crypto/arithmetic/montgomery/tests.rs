use super::*;

/// a b mod n the slow way; n below 2^127.
fn product(mut a: u128, mut b: u128, n: u128) -> u128 {
    let mut sum = 0;
    while b != 0 {
        if b & 1 == 1 {
            sum = (sum + a) % n;
        }
        a = a * 2 % n;
        b >>= 1;
    }
    sum
}

fn words(x: u128) -> [u32; 4] {
    [x as u32, (x >> 32) as u32, (x >> 64) as u32, (x >> 96) as u32]
}

fn number(words: &[u32]) -> u128 {
    words.iter().rev().fold(0, |x, word| x << 32 | u128::from(*word))
}

/// Moduli of two and four words, with few and with many bits in the highest one, and residues at the edges.
#[test]
fn against_schoolbook_arithmetic() {
    let mut tried = 0;
    let mut x = 0x0123_4567_89ab_cdef_1357_9bdf_0246_8ace_u128;
    for len in [2, 4] {
        for bits in [3, 17, 31, 32] {
            let bits = (32 * (len - 1) + bits).min(127);
            for _ in 0..16 {
                x = x.wrapping_mul(0xda94_2042_e4dd_58b5).rotate_left(41) ^ 0x9e37_79b9;
                let n = x >> (128 - bits) | 1 << (bits - 1) | 1;
                let n_words = words(n);
                let modulus = Modulus::new(&n_words[..len]);
                let r = (0..32 * len).fold(1, |r, _| r * 2 % n);
                for a in [0, 1, 2, n - 1, n / 2, x % n, (x >> 3) % n] {
                    let mut out = words(a);
                    modulus.enter_vartime(&mut out[..len]);
                    modulus.reduce(&mut out[..len]);
                    assert_eq!(number(&out), product(a, r, n), "{a:x} {n:x}");
                }
                for (a, b) in [(0, 1), (1, n - 1), (n - 1, n - 1), (x % n, (x >> 3) % n)] {
                    let mut out = words(a);
                    modulus.multiply(&mut out, &words(b));
                    assert_eq!(product(number(&out) % n, r, n), product(a, b, n), "{a:x} {b:x} {n:x}");
                    let mut out = words(a);
                    modulus.square(&mut out);
                    assert_eq!(product(number(&out) % n, r, n), product(a, a, n), "{a:x} {n:x}");
                    tried += 1;
                }
            }
        }
    }
    assert_eq!(tried, 2 * 4 * 16 * 4);
}

/// Lengths that are wrong give wrong numbers at worst.
#[test]
fn odd_lengths_do_no_harm() {
    let modulus = Modulus::new(&[5, 7, 9]);
    for len in 0..5 {
        let (mut a, mut b) = ([1; 5], [2; 5]);
        modulus.multiply(&mut a[..len], &b);
        modulus.multiply(&mut b, &a[..len]);
        modulus.square(&mut a[..len]);
        modulus.reduce(&mut a[..len]);
        modulus.run(&mut [[1; 2]; 8], &[0x4a]);
        modulus.add_once(&mut a[..len]);
        modulus.enter_vartime(&mut a[..len]);
        from_bytes(&mut a[..len], &[0xff; 9]);
    }
    let none = Modulus::new(&[]);
    let mut out = [7; 2];
    none.multiply(&mut out, &[1]);
    none.run(&mut [[1; 4]; 8], &[0x4a]);
    none.enter_vartime(&mut out);
    assert_eq!(out, [7, 7]);
}

/// Steps with numbers at the edges, also such as are not below the modulus but below R.
#[test]
fn steps() {
    let n = u128::MAX >> 1; // 2^127 - 1: its double is what the steps need, a modulus above R / 2
    let n = n * 2 - 2; // even, so as a Montgomery modulus no good; odd and prime to 2 is all that counts
    let n = n - 1;
    assert!(n % 2 == 1);
    let n_words = words(n);
    let modulus = Modulus::new(&n_words);
    let minus = |a: u128, b: u128| if a % n >= b % n { a % n - b % n } else { n - (b % n - a % n) };
    for a in [0, 1, 2, n - 1, n, n + 1, u128::MAX, n / 2, 0x1234 << 100] {
        for b in [0, 1, n - 1, n, n + 1, u128::MAX, n / 3] {
            let mut numbers = [[0; 4]; 8];
            let run = |numbers: &mut [[u32; 4]; 8], operator: u8| {
                (numbers[2], numbers[5]) = (words(a), words(b));
                modulus.run(numbers, &[2 | 5 << 3 | operator << 6]);
                assert_eq!(numbers[5], words(b));
                number(&numbers[2])
            };
            assert_eq!(run(&mut numbers, COPY), b);
            assert_eq!(run(&mut numbers, ADD) % n, minus(a, minus(0, b)) % n, "{a:x} {b:x}");
            assert_eq!(run(&mut numbers, SUBTRACT) % n, minus(a, b) % n, "{a:x} {b:x}");
            let mut product = words(a);
            modulus.multiply(&mut product, &words(b));
            assert_eq!(run(&mut numbers, MULTIPLY), number(&product));
        }
    }
}
