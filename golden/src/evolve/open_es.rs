//! The evolution strategy of Salimans et al. (arXiv 1703.03864): antithetic pairs, centered ranks,
//! Adam on the estimated gradient, a fixed spread.

use super::rank::{shares, weighted_sum};
use serde::{Deserialize, Serialize};

/// Decays of Adam's moments, and what is added to the root of the second.
const BETA: (f64, f64) = (0.9, 0.999);
const EPSILON: f64 = 1e-8;

/// `x = μ ± σ·z`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OpenEs {
    pub mean: Vec<f64>,
    sigma: f64,
    rate: f64,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl OpenEs {
    pub fn new(start: &[f64], sigma: f64, rate: f64) -> Self {
        let zero = vec![0.0; start.len()];
        Self { mean: start.to_vec(), sigma, rate, first: zero.clone(), second: zero }
    }

    pub fn place(&self, z: &[f64]) -> Vec<f64> {
        self.mean.iter().zip(z).map(|(m, z)| m + self.sigma * z).collect()
    }

    /// `g = 1/(λσ)·Σ F_k z_k` with ranks centered to ±1/2 as F, then a step of Adam upward.
    pub fn learn(&mut self, draws: &[Vec<f64>], fitness: &[f64], generation: u64) {
        let population = draws.len() as f64;
        let centered: Vec<f64> =
            (0..draws.len()).map(|r| 0.5 - r as f64 / (population - 1.0)).collect();
        let g = weighted_sum(&shares(fitness, &centered), draws);
        let t = i32::try_from(generation + 1).unwrap_or(i32::MAX);
        let (a, b) = (1.0 - BETA.0.powi(t), 1.0 - BETA.1.powi(t));
        for (((x, m), v), g) in
            self.mean.iter_mut().zip(&mut self.first).zip(&mut self.second).zip(g)
        {
            let g = g / (population * self.sigma);
            *m = BETA.0 * *m + (1.0 - BETA.0) * g;
            *v = BETA.1 * *v + (1.0 - BETA.1) * g * g;
            *x += self.rate * (*m / a) / ((*v / b).sqrt() + EPSILON);
        }
    }
}
