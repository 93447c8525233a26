//! Plasticity by firing rates: Oja (J. Math. Biol. 1982) and Bienenstock, Cooper and Munro (1982). x is
//! the fraction of ticks in which i fires, y that of j.

use super::{Rule, Sample};
use serde::{Deserialize, Serialize};

fn rate(raster: u32, ticks: u32) -> f64 {
    f64::from(raster.count_ones()) / f64::from(ticks)
}

/// `ΔW_ji = η·y_j·(x_i − y_j·W_ji)`: rows turn to the first principal component, of length 1.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Oja {
    /// η.
    pub eta: f64,
}

/// `ΔW_ji = η·x_i·y_j·(y_j − θ_j)`, and θ_j follows the mean of y_j².
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bcm {
    /// η.
    pub eta: f64,
    /// Weight of the newest sample in θ, 0 to 1.
    pub follow: f64,
    /// θ, `[post]`.
    pub theta: Vec<f64>,
}

impl Rule for Oja {
    fn change(&mut self, sample: Sample<'_>, factor: f64, dw: &mut [f64]) -> u64 {
        let Sample { pre, post, ticks, weights } = sample;
        let rows = dw.chunks_exact_mut(pre.len()).zip(weights.chunks_exact(pre.len()));
        let mut writes = 0;
        for ((dw, w), raster) in rows.zip(post).filter(|(_, r)| **r != 0) {
            let y = rate(*raster, ticks);
            for i in 0..pre.len() {
                dw[i] += factor * self.eta * y * (rate(pre[i], ticks) - y * f64::from(w[i]));
            }
            writes += pre.len() as u64;
        }
        writes
    }
}

impl Rule for Bcm {
    fn change(&mut self, sample: Sample<'_>, factor: f64, dw: &mut [f64]) -> u64 {
        let Sample { pre, post, ticks, .. } = sample;
        let mut writes = 0;
        for ((dw, raster), theta) in dw.chunks_exact_mut(pre.len()).zip(post).zip(&mut self.theta) {
            let y = rate(*raster, ticks);
            for (dw, raster) in dw.iter_mut().zip(pre) {
                *dw += factor * self.eta * rate(*raster, ticks) * y * (y - *theta);
            }
            *theta += self.follow * (y * y - *theta);
            writes += if y > 0.0 { pre.len() as u64 } else { 0 };
        }
        writes
    }
}
