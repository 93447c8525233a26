//! Integers that potentials are computed in: 32 bits, or 16 where all sums fit and `sat` is the
//! processor's own saturation.

/// Arithmetic on a potential. What is called exact never overflows: the bounds of
/// [`Neurons::new`](super::neurons::Neurons::new) exclude it.
pub trait Cell: Copy + PartialOrd {
    /// The low bits, exact.
    fn of(x: i32) -> Self;
    /// As 32 bits.
    fn wide(self) -> i32;
    /// `self + other`, exact.
    fn add(self, other: Self) -> Self;
    /// `self << by`, exact.
    fn shift_left(self, by: u8) -> Self;
    /// `self − (self >> by)`, exact.
    fn shift_leak(self, by: u8) -> Self;
    /// `(self · m) >> 8` for `m` up to 256, exact.
    fn scale(self, m: u16) -> Self;
    /// `self + other` clamped to `lowest ..= −1 − lowest`.
    fn saturating(self, other: Self, lowest: i32) -> Self;
}

impl Cell for i32 {
    #[inline(always)]
    fn of(x: i32) -> Self {
        x
    }
    #[inline(always)]
    fn wide(self) -> i32 {
        self
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self + other
    }
    #[inline(always)]
    fn shift_left(self, by: u8) -> Self {
        self << by
    }
    #[inline(always)]
    fn shift_leak(self, by: u8) -> Self {
        self - (self >> by)
    }
    #[inline(always)]
    fn scale(self, m: u16) -> Self {
        (self * i32::from(m)) >> 8
    }
    #[inline(always)]
    fn saturating(self, other: Self, lowest: i32) -> Self {
        (self + other).max(lowest).min(-1 - lowest)
    }
}

/// Only for potentials of 16 bits.
impl Cell for i16 {
    #[inline(always)]
    fn of(x: i32) -> Self {
        x as i16
    }
    #[inline(always)]
    fn wide(self) -> i32 {
        self.into()
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.wrapping_add(other)
    }
    #[inline(always)]
    fn shift_left(self, by: u8) -> Self {
        self << by
    }
    #[inline(always)]
    fn shift_leak(self, by: u8) -> Self {
        self.wrapping_sub(self >> by)
    }
    #[inline(always)]
    fn scale(self, m: u16) -> Self {
        // The upper half of a product is one instruction, but takes a signed factor: from 128 on
        // it is m − 256, and v·m / 256 = v + v·(m − 256) / 256, rounded alike.
        let (factor, keep) = ((m << 8) as i16, if m < 128 { 0 } else { -1 });
        let high = (i32::from(self) * i32::from(factor)) >> 16;
        (self & keep).wrapping_add(high as i16)
    }
    #[inline(always)]
    fn saturating(self, other: Self, _: i32) -> Self {
        self.saturating_add(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_bits_leak_like_thirty_two() {
        for v in i16::MIN..=i16::MAX {
            for m in [0, 1, 127, 128, 129, 230, 255, 256] {
                assert_eq!(v.scale(m).wide(), v.wide().scale(m), "{v} * {m}");
            }
            for k in [1, 4, 15] {
                assert_eq!(v.shift_leak(k).wide(), v.wide().shift_leak(k), "{v} >> {k}");
            }
            let sum = v.wide().saturating(20_000, i16::MIN.into());
            assert_eq!(v.saturating(20_000, i16::MIN.into()).wide(), sum);
        }
    }
}
