//! Separable natural evolution strategy: a normal distribution with a standard deviation per
//! dimension, moved along the natural gradient of expected utility.

use super::rank::{natural_utilities, shares, weighted_sum};
use serde::{Deserialize, Serialize};

/// `x = μ + s∘z`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Snes {
    pub mean: Vec<f64>,
    spread: Vec<f64>,
}

impl Snes {
    pub fn new(start: &[f64], sigma: f64) -> Self {
        Self { mean: start.to_vec(), spread: vec![sigma; start.len()] }
    }

    pub fn place(&self, z: &[f64]) -> Vec<f64> {
        let at = self.mean.iter().zip(&self.spread).zip(z);
        at.map(|((m, s), z)| m + s * z).collect()
    }

    /// `μ += s∘Σ u_k z_k`, `s *= exp(η/2·Σ u_k (z_k² − 1))`, `η = (3 + ln N)/(5·sqrt N)` (Schaul,
    /// Glasmachers and Schmidhuber, GECCO 2011, algorithm 1).
    pub fn learn(&mut self, draws: &[Vec<f64>], fitness: &[f64]) {
        let n = self.mean.len() as f64;
        let rate = (3.0 + n.ln()) / (5.0 * n.sqrt());
        let u = shares(fitness, &natural_utilities(draws.len()));
        let squares: Vec<Vec<f64>> =
            draws.iter().map(|z| z.iter().map(|z| z * z - 1.0).collect()).collect();
        let (slope, bend) = (weighted_sum(&u, draws), weighted_sum(&u, &squares));
        for (((m, s), slope), bend) in
            self.mean.iter_mut().zip(&mut self.spread).zip(slope).zip(bend)
        {
            *m += *s * slope;
            *s *= (0.5 * rate * bend).exp();
        }
    }
}
