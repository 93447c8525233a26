//! The two float types that the layers compute in: `f32` to train, `f64` to test gradients.

use std::ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign};

/// A float. Everything but [`Real::atan2`] is exact or correctly rounded, so vector width changes no
/// bit.
pub trait Real:
    Copy
    + Default
    + PartialOrd
    + std::fmt::Debug
    + Send
    + Sync
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + 'static
{
    /// The nearest value.
    fn of(x: f64) -> Self;
    /// The same value.
    fn to(self) -> f64;
    /// Square root.
    fn sqrt(self) -> Self;
    /// The angle of the point (`x`, `self`), −π to π; 0 at the origin.
    fn atan2(self, x: Self) -> Self;
}

impl Real for f64 {
    #[inline(always)]
    fn of(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn to(self) -> f64 {
        self
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn atan2(self, x: Self) -> Self {
        f64::atan2(self, x)
    }
}

/// `atan(x) = x + x·x²·P(x²)` on 0..=1, highest power first; the polynomial of SLEEF's `atanf`
/// (Shibata and Petrogalli, 2020), good to 4 units in the last place.
const ATAN: [f32; 8] = [
    0.002_823_639,
    -0.015_956_903,
    0.042_504_99,
    -0.074_890_09,
    0.106_347_93,
    -0.142_027_36,
    0.199_926_96,
    -0.333_331_02,
];

impl Real for f32 {
    #[inline(always)]
    fn of(x: f64) -> Self {
        x as f32
    }
    #[inline(always)]
    fn to(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f32::sqrt(self)
    }
    /// Without branches or calls, so that loops of it become vector instructions.
    #[inline(always)]
    fn atan2(self, x: Self) -> Self {
        use std::f32::consts::{FRAC_PI_2, PI};
        let (ax, ay) = (x.abs(), self.abs());
        let (low, high) = if ax < ay { (ax, ay) } else { (ay, ax) };
        let a = low / high.max(f32::MIN_POSITIVE);
        let z = a * a;
        let p = ATAN.iter().fold(0.0, |p, c| p * z + c);
        let mut r = a + a * z * p;
        r = if ax < ay { FRAC_PI_2 - r } else { r };
        r = if x < 0.0 { PI - r } else { r };
        if self < 0.0 { -r } else { r }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_precision_angles_are_those_of_double_precision() {
        for k in 1..10_000 {
            let angle = (f64::from(k) / 5_000.0 - 1.0) * std::f64::consts::PI;
            for radius in [1e-30, 1e-3, 1.0, 40.0, 1e30] {
                let (y, x) = ((radius * angle.sin()) as f32, (radius * angle.cos()) as f32);
                let expect = f64::from(y).atan2(f64::from(x));
                let got = Real::atan2(y, x);
                assert!((f64::from(got) - expect).abs() < 5e-7, "{angle} {radius}: {got}");
            }
        }
        assert_eq!(Real::atan2(0.0f32, 0.0), 0.0);
    }
}
