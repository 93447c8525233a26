//! Gradient estimators of binary weights: what stands in for the derivative of the sign, behind the
//! factor α that every estimator keeps. A weight is measured in root mean squares (RMS) of its layer's
//! latent weights where a scale is needed.

use super::{config::Range, params::LayerParams, trainer::LayerGradient};
use crate::simd::vectorized;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Elements of a parallel piece.
const PIECE: usize = 1 << 14;
/// Sizes below this, in RMS, count as this: the derivative of a root is infinite at 0.
const LEAST: f32 = 0.1;
/// Sizes from which a rectified gradient is 0, in RMS.
const MOST: f32 = 1.5;

/// How the gradient of a sign reaches its latent weight.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Estimator {
    /// Unchanged (Hubara et al., 2016); latent weights are kept within ±1.
    #[default]
    StraightThrough,
    /// The derivative of sign(w)·|w|^(1/o), `|w|^(1/o − 1)/o`, in RMS, cut off above 1.5 and constant
    /// below 0.1 (after ReSTE: Wu et al., ICCV 2023). o rises from 1 to this value, 1 to 8, over the run.
    Reste(f32),
    /// Unchanged up to this many RMS, 0.1 to 10, and 0 beyond: the width of the window follows the
    /// spread of the layer's weights.
    Adaptive(f32),
}

impl Estimator {
    /// Checks the parameter.
    pub(super) fn check(&self, range: &Range<'_>) -> Result<(), super::ConfigError> {
        let (ok, remedy) = match self {
            Self::StraightThrough => (true, ""),
            Self::Reste(o) => ((1.0..=8.0).contains(o), "reste is 1 to 8"),
            Self::Adaptive(k) => ((0.1..=10.0).contains(k), "adaptive is 0.1 to 10"),
        };
        range(ok, "estimator", self, remedy)
    }

    /// The derivative at a weight of this size in RMS, `done` (0..1) into the run.
    #[inline(always)]
    pub(super) fn derivative(self, size: f32, done: f32) -> f32 {
        match self {
            Self::StraightThrough => 1.0,
            Self::Reste(o) => {
                let root = (1.0 + (o - 1.0) * done).recip();
                if size > MOST { 0.0 } else { root * size.max(LEAST).powf(root - 1.0) }
            }
            Self::Adaptive(width) => {
                if size > width {
                    0.0
                } else {
                    1.0
                }
            }
        }
    }

    /// Multiplies gradients of a layer's weights, `done` (0..1) into the run, by the derivative.
    pub(super) fn apply(self, layer: &LayerParams, gradient: &mut LayerGradient, done: f64) {
        // The clamp to ±1 behind every step is all that the straight-through estimator takes away.
        if self == Self::StraightThrough || layer.weights.planes().is_none() {
            return;
        }
        let own = layer.recurrent.as_ref().map_or(&[][..], |w| &w.latent);
        for (latent, g) in [&layer.weights.latent[..], own].into_iter().zip(gradient) {
            let unit = 1.0 / rms(latent).max(f32::MIN_POSITIVE);
            let pieces = g.par_chunks_mut(PIECE).zip(latent.par_chunks(PIECE));
            pieces.for_each(|(g, latent)| {
                vectorized(
                    #[inline(always)]
                    || {
                        for (g, w) in g.iter_mut().zip(latent) {
                            *g *= self.derivative(w.abs() * unit, done as f32);
                        }
                    },
                );
            });
        }
    }
}

/// Root mean square.
pub(super) fn rms(values: &[f32]) -> f32 {
    let mean = super::optim::squares(values) / values.len().max(1) as f64;
    mean.sqrt() as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn derivatives_by_hand() {
        assert_eq!(Estimator::StraightThrough.derivative(7.0, 0.5), 1.0);
        let adaptive = Estimator::Adaptive(2.0);
        assert_eq!([1.9, 2.1].map(|s| adaptive.derivative(s, 0.0)), [1.0, 0.0]);
        // o is 1 at the start: the straight line. At the end o = 2: 1/(2·√s).
        let reste = Estimator::Reste(2.0);
        assert_eq!([0.05, 1.4, 1.6].map(|s| reste.derivative(s, 0.0)), [1.0, 1.0, 0.0]);
        let close = |a: f32, b: f32| assert!((a - b).abs() < 1e-5, "{a} {b}");
        close(reste.derivative(0.25, 1.0), 1.0);
        close(reste.derivative(0.01, 1.0), 0.5 / 0.1f32.sqrt());
    }

    #[test]
    fn spreads() {
        assert_eq!(rms(&[3.0, -4.0, 0.0, 0.0]), 2.5);
        assert_eq!(rms(&[]), 0.0);
    }
}
