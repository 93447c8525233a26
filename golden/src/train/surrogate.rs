//! Surrogate derivatives of the spike with respect to the potential. The forward pass is a step;
//! the backward pass uses one of these in its place, as a function of the distance `x = u − V_th`.

use serde::{Deserialize, Serialize};
use std::f32::consts::PI;

/// Shape of the surrogate derivative.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Surrogate {
    /// `max(0, g − |x|)/g²`, zero beyond the half width `g`; area 1.
    Triangle(f32),
    /// `1/(1 + k·|x|)²` with slope `k` (Zenke and Ganguli, 2018).
    FastSigmoid(f32),
    /// `(a/2)/(1 + (π/2·a·x)²)` with slope `a` (Fang et al., 2021).
    Arctan(f32),
}

impl Surrogate {
    /// The derivative at distance `x` from the threshold.
    #[inline(always)]
    pub fn derivative(self, x: f32) -> f32 {
        match self {
            Surrogate::Triangle(g) => (g - x.abs()).max(0.0) / (g * g),
            Surrogate::FastSigmoid(k) => (1.0 + k * x.abs()).powi(2).recip(),
            Surrogate::Arctan(a) => 0.5 * a / (1.0 + (0.5 * PI * a * x).powi(2)),
        }
    }

    /// Replaces every distance by its derivative.
    #[inline(always)]
    pub fn derivatives(self, x: &mut [f32]) {
        // One monomorphic loop per surrogate: the match must not sit inside the loop.
        match self {
            Surrogate::Triangle(g) => map(x, |x| Surrogate::Triangle(g).derivative(x)),
            Surrogate::FastSigmoid(k) => map(x, |x| Surrogate::FastSigmoid(k).derivative(x)),
            Surrogate::Arctan(a) => map(x, |x| Surrogate::Arctan(a).derivative(x)),
        }
    }

    /// The parameter: half width or slope.
    pub fn parameter(self) -> f32 {
        match self {
            Surrogate::Triangle(p) | Surrogate::FastSigmoid(p) | Surrogate::Arctan(p) => p,
        }
    }
}

#[inline(always)]
fn map(values: &mut [f32], f: impl Fn(f32) -> f32) {
    values.iter_mut().for_each(|x| *x = f(*x));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_by_hand() {
        let t = Surrogate::Triangle(2.0);
        assert_eq!([0.0, 1.0, -1.0, 2.0, 3.0].map(|x| t.derivative(x)), [0.5, 0.25, 0.25, 0., 0.]);
        let f = Surrogate::FastSigmoid(25.0);
        assert_eq!([0.0, 0.04, -0.04].map(|x| f.derivative(x)), [1.0, 0.25, 0.25]);
        let a = Surrogate::Arctan(2.0);
        assert_eq!(a.derivative(0.0), 1.0);
        assert!((a.derivative(1.0 / PI) - 0.5).abs() < 1e-6);
    }
}
