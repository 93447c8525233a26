//! Surrogate derivatives of the spike with respect to the potential. The forward pass is a step;
//! the backward pass uses one of these in its place, as a function of the distance `x = u − V_th`.

use pulp::Simd;
use serde::{Deserialize, Serialize};
use std::f32::consts::PI;

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
    pub fn derivative(self, x: f32) -> f32 {
        match self {
            Surrogate::Triangle(g) => (g - x.abs()).max(0.0) / (g * g),
            Surrogate::FastSigmoid(k) => (1.0 + k * x.abs()).powi(2).recip(),
            Surrogate::Arctan(a) => 0.5 * a / (1.0 + (0.5 * PI * a * x).powi(2)),
            Surrogate::Rectangle(g) => {
                if x.abs() < g {
                    0.5 / g
                } else {
                    0.0
                }
            }
            Surrogate::Sigmoid(k) => {
                let e = (-k * x.abs()).exp();
                k * e / (1.0 + e).powi(2)
            }
            Surrogate::Gaussian(s) => (-0.5 * (x / s).powi(2)).exp() / (s * (2.0 * PI).sqrt()),
            Surrogate::StraightThrough(c) => c,
        }
    }

    /// The derivative of the derivative, 0 at a kink; nothing for shapes whose slope is 0 wherever
    /// it exists (rectangle, straight through).
    pub fn second_derivative(self, x: f32) -> Option<f32> {
        let side = if x == 0.0 { 0.0 } else { x.signum() };
        match self {
            Surrogate::Triangle(g) => Some(if x.abs() < g { -side / (g * g) } else { 0.0 }),
            Surrogate::FastSigmoid(k) => Some(-2.0 * k * side / (1.0 + k * x.abs()).powi(3)),
            Surrogate::Arctan(a) => {
                let c = (0.5 * PI * a).powi(2);
                Some(-a * c * x / (1.0 + c * x * x).powi(2))
            }
            Surrogate::Sigmoid(k) => {
                let e = (-k * x.abs()).exp();
                Some(-side * k * k * e * (1.0 - e) / (1.0 + e).powi(3))
            }
            Surrogate::Gaussian(s) => Some(-x / (s * s) * self.derivative(x)),
            Surrogate::Rectangle(_) | Surrogate::StraightThrough(_) => None,
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
                let y = simd.mul_f32s(all(0.5 * PI * a), x);
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
        assert!((a.derivative(1.0 / PI) - 0.5).abs() < 1e-6);
        let r = Surrogate::Rectangle(0.5);
        assert_eq!([0.0, 0.4, -0.4, 0.5].map(|x| r.derivative(x)), [1.0, 1.0, 1.0, 0.0]);
        assert_eq!(Surrogate::Sigmoid(4.0).derivative(0.0), 1.0);
        assert_eq!(Surrogate::Sigmoid(4.0).derivative(-100.0), 0.0);
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

    /// The smooth step each is the derivative of, in f64.
    fn step(s: Surrogate, x: f64) -> f64 {
        let p = f64::from(s.parameter());
        match s {
            Surrogate::Triangle(_) => {
                let y = x.clamp(-p, p);
                y / p - y * y.abs() / (2.0 * p * p)
            }
            Surrogate::FastSigmoid(_) => x / (1.0 + p * x.abs()),
            Surrogate::Arctan(_) => {
                (std::f64::consts::FRAC_PI_2 * p * x).atan() / std::f64::consts::PI
            }
            Surrogate::Rectangle(_) => x.clamp(-p, p) / (2.0 * p),
            Surrogate::Sigmoid(_) => 1.0 / (1.0 + (-p * x).exp()),
            // The error function as an integral, by Simpson's rule.
            Surrogate::Gaussian(_) => {
                let f =
                    |y: f64| (-0.5 * (y / p).powi(2)).exp() / (p * std::f64::consts::TAU.sqrt());
                let h = x / 64.0;
                let sum = |k: i32| {
                    f(h * f64::from(2 * k))
                        + 4.0 * f(h * f64::from(2 * k + 1))
                        + f(h * f64::from(2 * k + 2))
                };
                (0..32).map(sum).sum::<f64>() * h / 3.0
            }
            Surrogate::StraightThrough(_) => p * x,
        }
    }

    #[test]
    fn derivatives_are_those_of_the_smooth_steps() {
        for s in Surrogate::ALL {
            for x in [-1.9, -1.0, -0.31, 0.07, 0.4, 1.3, 2.5f64] {
                let numeric = (step(s, x + 1e-5) - step(s, x - 1e-5)) / 2e-5;
                let got = f64::from(s.derivative(x as f32));
                assert!((numeric - got).abs() < 1e-4, "{s:?} at {x}: {numeric} {got}");
                assert_eq!(told(Row(s, [x as f32; 3])), [s.derivative(x as f32); 3]);
                let Some(second) = s.second_derivative(x as f32) else { continue };
                let up = f64::from(s.derivative(x as f32 + 2e-3));
                let numeric = (up - f64::from(s.derivative(x as f32 - 2e-3))) / 4e-3;
                assert!(
                    (numeric - f64::from(second)).abs() < 5e-3,
                    "{s:?}'' at {x}: {numeric} {second}"
                );
            }
        }
        let flat = Surrogate::ALL.map(|s| s.second_derivative(0.1).is_none());
        assert_eq!(flat, [false, false, false, true, false, false, true]);
    }
}
