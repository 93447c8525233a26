//! The random numbers of the integer rules: a Galois LFSR of 32 bits over
//! x³² + x³⁰ + x²⁶ + x²⁵ + 1, period 2³² − 1, sixteen steps to a draw. A machine makes the sixteen steps
//! in one cycle.

/// Taps 32, 30, 26, 25 as a mask of the register that shifts right.
const TAPS: u32 = 0xa300_0000;

/// The register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lfsr(u32);

impl Lfsr {
    /// From a seed; 0, from which nothing would ever come, stands for 1.
    pub fn new(seed: u32) -> Self {
        Self(seed.max(1))
    }

    /// The next draw, 0 to 65,535: the sixteen bits that left the register, the first of them lowest.
    pub fn draw(&mut self) -> u16 {
        let mut out = 0;
        for k in 0..16 {
            let bit = self.0 & 1;
            out |= bit << k;
            self.0 = (self.0 >> 1) ^ (TAPS * bit);
        }
        out as u16
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_are_pinned_and_uniform() {
        let mut lfsr = Lfsr::new(1);
        assert_eq!([0; 3].map(|_| lfsr.draw()), PINNED);
        assert_eq!(Lfsr::new(0), Lfsr::new(1));
        // Mean of 2^16 draws, and of products with the draw before: 1/2 and 1/4 within four deviations.
        let (mut sum, mut product, mut before) = (0.0, 0.0, 0.0);
        for _ in 0..1 << 16 {
            let x = f64::from(lfsr.draw()) / 65536.0;
            sum += x;
            product += x * before;
            before = x;
        }
        let (mean, product) = (sum / 65536.0, product / 65536.0);
        assert!((mean - 0.5).abs() < 4.0 * 0.2887 / 256.0, "{mean}");
        assert!((product - 0.25).abs() < 4.0 * 0.2205 / 256.0, "{product}");
    }

    #[test]
    fn the_period_is_the_longest() {
        // The order of the step divides 2^32 − 1 = 3·5·17·257·65537 and no part of it: the register
        // comes back after 2^32 − 1 steps and after none of the largest parts.
        let step = |columns: &[u32; 32], v: u32| {
            (0..32).filter(|k| v >> k & 1 == 1).fold(0, |sum, k| sum ^ columns[k])
        };
        let one: [u32; 32] = std::array::from_fn(|k| {
            let v = 1u32 << k;
            (v >> 1) ^ (TAPS * (v & 1))
        });
        let power = |mut n: u64| {
            let mut out: [u32; 32] = std::array::from_fn(|k| 1 << k);
            let mut base = one;
            while n > 0 {
                if n & 1 == 1 {
                    out = out.map(|v| step(&base, v));
                }
                base = base.map(|v| step(&base, v));
                n >>= 1;
            }
            out
        };
        let identity = power(0);
        let whole = (1u64 << 32) - 1;
        assert_eq!(power(whole), identity);
        for part in [3, 5, 17, 257, 65_537] {
            assert_ne!(power(whole / part), identity, "{part}");
        }
    }

    // From a second implementation, in Python.
    const PINNED: [u16; 3] = [1, 17_920, 1];
}
