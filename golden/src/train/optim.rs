//! Optimizers, and the cosine schedule that takes the rate to 0 over the steps of a run.

use crate::simd::vectorized;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Elements of a parallel piece. Updates are element by element, so pieces cannot change results.
const PIECE: usize = 1 << 14;

/// Which optimizer, with its constants.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum OptimizerConfig {
    /// Adam (Kingma and Ba, 2015) with β1 = 0.9, β2 = 0.999, ε = 1e-8.
    Adam {
        /// Rate of the first step.
        learning_rate: f32,
    },
    /// Stochastic gradient descent with momentum: `m = μ·m + g`, `w −= rate·m`.
    Sgd {
        /// Rate of the first step.
        learning_rate: f32,
        /// `μ`, 0 to below 1.
        momentum: f32,
    },
}

impl OptimizerConfig {
    /// Rate of the first step.
    pub fn learning_rate(&self) -> f32 {
        match *self {
            Self::Adam { learning_rate } | Self::Sgd { learning_rate, .. } => learning_rate,
        }
    }
}

/// `rate · (1 + cos(π·step/steps))/2`
pub fn cosine(rate: f32, step: usize, steps: usize) -> f32 {
    let phase = std::f64::consts::PI * step as f64 / steps.max(1) as f64;
    (f64::from(rate) * 0.5 * (1.0 + phase.cos())) as f32
}

/// Moments of one parameter array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    #[serde(with = "super::exact")]
    first: Vec<f32>,
    #[serde(with = "super::exact")]
    second: Vec<f32>,
}

impl Moments {
    /// Zero moments for `n` parameters.
    pub fn new(config: &OptimizerConfig, n: usize) -> Self {
        let second = if matches!(config, OptimizerConfig::Adam { .. }) { n } else { 0 };
        Self { first: vec![0.0; n], second: vec![0.0; second] }
    }

    /// Whether these belong to as many parameters as `other` does.
    pub fn same_size(&self, other: &Self) -> bool {
        self.first.len() == other.first.len() && self.second.len() == other.second.len()
    }

    /// One step; `step` counts from 0, `rate` is this step's.
    pub fn update(
        &mut self,
        config: &OptimizerConfig,
        rate: f32,
        step: usize,
        weights: &mut [f32],
        gradient: &[f32],
    ) {
        match *config {
            OptimizerConfig::Adam { .. } => {
                let (b1, b2) = (0.9f32, 0.999f32);
                let t = i32::try_from(step + 1).unwrap_or(i32::MAX);
                let correct1 = 1.0 - b1.powi(t);
                let scale2 = (1.0 - b2.powi(t)).sqrt().recip();
                let step_size = rate / correct1;
                weights
                    .par_chunks_mut(PIECE)
                    .zip(self.first.par_chunks_mut(PIECE))
                    .zip(self.second.par_chunks_mut(PIECE))
                    .zip(gradient.par_chunks(PIECE))
                    .for_each(|(((w, m), v), g)| {
                        vectorized(
                            #[inline(always)]
                            || {
                                for (((w, m), v), g) in w.iter_mut().zip(m).zip(v).zip(g) {
                                    *m = b1 * *m + (1.0 - b1) * g;
                                    *v = b2 * *v + (1.0 - b2) * g * g;
                                    *w -= step_size * *m / (v.sqrt() * scale2 + 1e-8);
                                }
                            },
                        );
                    });
            }
            OptimizerConfig::Sgd { momentum, .. } => {
                weights
                    .par_chunks_mut(PIECE)
                    .zip(self.first.par_chunks_mut(PIECE))
                    .zip(gradient.par_chunks(PIECE))
                    .for_each(|((w, m), g)| {
                        for ((w, m), g) in w.iter_mut().zip(m).zip(g) {
                            *m = momentum * *m + g;
                            *w -= rate * *m;
                        }
                    });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_by_hand() {
        let adam = OptimizerConfig::Adam { learning_rate: 0.1 };
        let (mut w, mut m) = ([1.0, 1.0, 1.0], Moments::new(&adam, 3));
        // The first step of Adam has the size of the rate, whatever the gradient.
        m.update(&adam, 0.1, 0, &mut w, &[5.0, -0.01, 0.0]);
        for (w, expect) in w.iter().zip([0.9, 1.1, 1.0]) {
            assert!((w - expect).abs() < 1e-5, "{w}");
        }
        let sgd = OptimizerConfig::Sgd { learning_rate: 0.1, momentum: 0.5 };
        let (mut w, mut m) = ([1.0], Moments::new(&sgd, 1));
        m.update(&sgd, 0.5, 0, &mut w, &[1.0]);
        m.update(&sgd, 0.5, 1, &mut w, &[1.0]);
        assert_eq!(w, [1.0 - 0.5 - 0.75]);
    }

    #[test]
    fn cosine_goes_from_the_rate_to_zero() {
        assert_eq!(cosine(2.0, 0, 10), 2.0);
        assert!((cosine(2.0, 5, 10) - 1.0).abs() < 1e-6);
        assert!(cosine(2.0, 10, 10).abs() < 1e-6);
    }
}
