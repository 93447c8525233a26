//! Surrogate derivatives of the spike with respect to the potential. The forward pass is a step;
//! the backward pass uses one of these in its place, as a function of the distance `x = u − V_th`.

use num_traits::{Float, FloatConst};
use pulp::Simd;
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// Shape of the surrogate derivative.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Surrogate {
    /// `max(0, g − |x|)/g²`, zero beyond the half width `g`; area 1 (Bellec et al., 2018).
    Triangle(f32),
    /// `1/(1 + k·|x|)²` with slope `k` (Zenke and Ganguli, 2018).
    FastSigmoid(f32),
    /// `(a/2)/(1 + (π/2·a·x)²)` with slope `a` (Fang et al., 2021).
    Arctan(f32),
    /// `1/(2g)` where `|x| < g`, else 0; area 1 (Wu et al., 2018).
    Rectangle(f32),
    /// `k·σ(kx)·(1 − σ(kx))` with slope `k` (Neftci et al., 2019).
    Sigmoid(f32),
    /// `exp(−x²/2s²)/(s·√2π)` with spread `s` (Yin et al., 2021).
    Gaussian(f32),
    /// The constant `c`: straight through (Bengio et al., 2013).
    StraightThrough(f32),
}

impl Surrogate {
    /// The derivative at distance `x` from the threshold.
    #[inline(always)]
    pub fn derivative<T: Float + FloatConst>(self, x: T) -> T {
        let (p, one) = (number::<T>(self.parameter()), T::one());
        match self {
            Surrogate::Triangle(_) => (p - x.abs()).max(T::zero()) / (p * p),
            Surrogate::FastSigmoid(_) => (one + p * x.abs()).powi(2).recip(),
            Surrogate::Arctan(_) => half(p) / (one + (half::<T>(T::PI()) * p * x).powi(2)),
            Surrogate::Rectangle(_) => {
                if x.abs() < p {
                    half(one) / p
                } else {
                    T::zero()
                }
            }
            Surrogate::Sigmoid(_) => {
                let e = (-p * x.abs()).exp();
                p * e / (one + e).powi(2)
            }
            Surrogate::Gaussian(_) => {
                (-half(one) * (x / p).powi(2)).exp() / (p * (T::PI() + T::PI()).sqrt())
            }
            Surrogate::StraightThrough(_) => p,
        }
    }

    /// The derivative of the derivative, 0 at a kink; nothing for shapes whose slope is 0 wherever
    /// it exists (rectangle, straight through).
    #[inline(always)]
    pub fn second_derivative<T: Float + FloatConst>(self, x: T) -> Option<T> {
        let (p, one) = (number::<T>(self.parameter()), T::one());
        let (zero, two) = (T::zero(), one + one);
        let side = if x == zero { zero } else { x.signum() };
        match self {
            Surrogate::Triangle(_) => Some(if x.abs() < p { -side / (p * p) } else { zero }),
            Surrogate::FastSigmoid(_) => Some(-two * p * side / (one + p * x.abs()).powi(3)),
            Surrogate::Arctan(_) => {
                let c = (half::<T>(T::PI()) * p).powi(2);
                Some(-p * c * x / (one + c * x * x).powi(2))
            }
            Surrogate::Sigmoid(_) => {
                let e = (-p * x.abs()).exp();
                Some(-side * p * p * e * (one - e) / (one + e).powi(3))
            }
            Surrogate::Gaussian(_) => Some(-x / (p * p) * self.derivative(x)),
            Surrogate::Rectangle(_) | Surrogate::StraightThrough(_) => None,
        }
    }

    /// `[slope, curvature]`: both derivatives in f64, the second 0 for shapes that have none.
    #[inline(always)]
    pub fn bends(self, x: f64) -> [f64; 2] {
        [self.derivative(x), self.second_derivative(x).unwrap_or(0.0)]
    }

    /// The smooth step each is the derivative of, 1/2 at the threshold.
    pub fn step(self, x: f64) -> f64 {
        let p = f64::from(self.parameter());
        0.5 + match self {
            Surrogate::FastSigmoid(_) => x / (1.0 + p * x.abs()),
            Surrogate::Triangle(_) => {
                let y = x.clamp(-p, p);
                y / p - y * y.abs() / (2.0 * p * p)
            }
            Surrogate::Arctan(_) => (FRAC_PI_2 * p * x).atan() / PI,
            Surrogate::Rectangle(_) => x.clamp(-p, p) / (2.0 * p),
            Surrogate::Sigmoid(_) => (0.5 * p * x).tanh() / 2.0,
            Surrogate::Gaussian(_) => {
                // The error function by Simpson's rule: exact to 1e-12 within ten spreads.
                let end = (x / p).clamp(-10.0, 10.0);
                let h = end / 256.0;
                let at = |k: i32| (-0.5 * (h * f64::from(k)).powi(2)).exp();
                let sum: f64 =
                    (0..128).map(|k| at(2 * k) + 4.0 * at(2 * k + 1) + at(2 * k + 2)).sum();
                sum * h / 3.0 / TAU.sqrt()
            }
            Surrogate::StraightThrough(_) => p * x,
        }
    }

    /// The derivatives at a vector of distances.
    #[inline(always)]
    pub fn derivatives<S: Simd>(self, simd: S, x: S::f32s) -> S::f32s {
        let all = |v| simd.splat_f32s(v);
        let size = simd.abs_f32s(x);
        match self {
            Surrogate::Triangle(g) => {
                let height = simd.sub_f32s(all(g), size);
                let inside = simd.greater_than_f32s(height, all(0.0));
                let height = simd.select_f32s(inside, height, all(0.0));
                simd.div_f32s(height, all(g * g))
            }
            Surrogate::FastSigmoid(k) => {
                let y = simd.add_f32s(all(1.0), simd.mul_f32s(all(k), size));
                simd.div_f32s(all(1.0), simd.mul_f32s(y, y))
            }
            Surrogate::Arctan(a) => {
                let y = simd.mul_f32s(all(0.5 * std::f32::consts::PI * a), x);
                let below = simd.add_f32s(all(1.0), simd.mul_f32s(y, y));
                simd.div_f32s(all(0.5 * a), below)
            }
            Surrogate::Rectangle(g) => {
                simd.select_f32s(simd.less_than_f32s(size, all(g)), all(0.5 / g), all(0.0))
            }
            Surrogate::StraightThrough(c) => all(c),
            // Exponential functions exist for single values only.
            Surrogate::Sigmoid(_) | Surrogate::Gaussian(_) => {
                let mut out = x;
                for x in
                    pulp::bytemuck::cast_slice_mut::<S::f32s, f32>(std::slice::from_mut(&mut out))
                {
                    *x = self.derivative(*x);
                }
                out
            }
        }
    }

    /// The parameter: half width, slope, spread or constant.
    pub fn parameter(self) -> f32 {
        match self {
            Surrogate::Triangle(p)
            | Surrogate::FastSigmoid(p)
            | Surrogate::Arctan(p)
            | Surrogate::Rectangle(p)
            | Surrogate::Sigmoid(p)
            | Surrogate::Gaussian(p)
            | Surrogate::StraightThrough(p) => p,
        }
    }
}

/// A parameter in the precision of the distance.
#[inline(always)]
fn number<T: Float>(p: f32) -> T {
    T::from(p).unwrap_or_else(T::nan)
}

#[inline(always)]
fn half<T: Float>(x: T) -> T {
    x / (T::one() + T::one())
}

#[cfg(test)]
impl Surrogate {
    /// One of every shape.
    pub(crate) const ALL: [Self; 7] = [
        Surrogate::Triangle(1.5),
        Surrogate::FastSigmoid(3.0),
        Surrogate::Arctan(2.0),
        Surrogate::Rectangle(0.75),
        Surrogate::Sigmoid(4.0),
        Surrogate::Gaussian(0.5),
        Surrogate::StraightThrough(0.3),
    ];
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        simd::told,
        train::vector::{lanes, load, store},
    };
    use pulp::WithSimd;

    #[test]
    fn values_by_hand() {
        let t = Surrogate::Triangle(2.0);
        assert_eq!([0.0, 1.0, -1.0, 2.0, 3.0].map(|x| t.derivative(x)), [0.5, 0.25, 0.25, 0., 0.]);
        let f = Surrogate::FastSigmoid(25.0);
        assert_eq!([0.0, 0.04, -0.04].map(|x| f.derivative(x)), [1.0, 0.25, 0.25]);
        let a = Surrogate::Arctan(2.0);
        assert_eq!(a.derivative(0.0), 1.0);
        assert!((a.derivative(1.0 / std::f32::consts::PI) - 0.5).abs() < 1e-6);
        let r = Surrogate::Rectangle(0.5);
        assert_eq!([0.0, 0.4, -0.4, 0.5].map(|x| r.derivative(x)), [1.0, 1.0, 1.0, 0.0]);
        assert_eq!(Surrogate::Sigmoid(4.0).derivative(0.0), 1.0);
        assert_eq!(Surrogate::Sigmoid(4.0).derivative(-100.0f32), 0.0);
        assert!((Surrogate::Gaussian(1.0).derivative(0.0) - 0.398_942_3).abs() < 1e-6);
        assert_eq!(Surrogate::StraightThrough(0.3).derivative(7.0), 0.3);
        assert_eq!(Surrogate::ALL.map(Surrogate::parameter), [1.5, 3.0, 2.0, 0.75, 4.0, 0.5, 0.3]);
    }

    struct Row(Surrogate, [f32; 3]);

    impl WithSimd for Row {
        type Output = [f32; 3];

        #[inline(always)]
        fn with_simd<S: Simd>(mut self, simd: S) -> [f32; 3] {
            for x in self.1.chunks_mut(lanes::<S>()) {
                store(simd, x, self.0.derivatives(simd, load(simd, x)));
            }
            self.1
        }
    }

    #[test]
    fn derivatives_are_those_of_the_smooth_steps() {
        for s in Surrogate::ALL {
            for x in [-1.9, -0.6, -0.31, 0.07, 0.4, 1.3, 2.5f64] {
                let [slope, curvature] = s.bends(x);
                let single = x as f32;
                assert_eq!(told(Row(s, [single; 3])), [s.derivative(single); 3]);
                assert!((slope - f64::from(s.derivative(single))).abs() < 1e-6, "{s:?} {x}");
                let second = s.second_derivative(single).map_or(0.0, f64::from);
                assert!((curvature - second).abs() < 2e-5, "{s:?} {x}: {curvature} {second}");
                let h = 1e-5;
                let numeric = (s.step(x + h) - s.step(x - h)) / (2.0 * h);
                assert!((numeric - slope).abs() < 1e-8, "{s:?} {x}: {numeric} {slope}");
                let numeric = (s.bends(x + h)[0] - s.bends(x - h)[0]) / (2.0 * h);
                assert!((numeric - curvature).abs() < 1e-8, "{s:?} {x}: {numeric} {curvature}");
            }
        }
        let flat = Surrogate::ALL.map(|s| s.second_derivative(0.1f32).is_none());
        assert_eq!(flat, [false, false, false, true, false, false, true]);
    }
}
