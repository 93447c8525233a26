//! Evolution strategy with covariance matrix adaptation (Hansen, arXiv 1604.00772).

use super::{
    eigen::{multiply, symmetric_eigen},
    paths::{Paths, Rates},
    rank::{shares, weighted_sum},
};
use serde::{Deserialize, Serialize};

/// `x = m + σ·B·D·z` with `C = B·D²·Bᵀ`; matrices are `[N][N]` row by row.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Cma {
    pub mean: Vec<f64>,
    paths: Paths,
    covariance: Vec<f64>,
    /// B: eigenvectors in columns.
    basis: Vec<f64>,
    /// D: roots of the eigenvalues.
    lengths: Vec<f64>,
}

impl Cma {
    pub fn new(start: &[f64], sigma: f64) -> Self {
        let n = start.len();
        let unit: Vec<f64> = (0..n * n).map(|k| f64::from(u8::from(k % (n + 1) == 0))).collect();
        Self {
            mean: start.to_vec(),
            paths: Paths::new(n, sigma),
            covariance: unit.clone(),
            basis: unit,
            lengths: vec![1.0; n],
        }
    }

    /// `B·D·z`.
    fn step(&self, z: &[f64]) -> Vec<f64> {
        let stretched: Vec<f64> = z.iter().zip(&self.lengths).map(|(z, d)| z * d).collect();
        multiply(&self.basis, &stretched)
    }

    pub fn place(&self, z: &[f64]) -> Vec<f64> {
        self.mean.iter().zip(self.step(z)).map(|(m, y)| m + self.paths.sigma * y).collect()
    }

    /// `C ← (1 − c1 − cμ)·C + c1·p_c·p_cᵀ + cμ·Σ w_k y_k y_kᵀ`.
    pub fn learn(&mut self, draws: &[Vec<f64>], fitness: &[f64], generation: u64) {
        let n = self.mean.len();
        let rates = Rates::new(n, draws.len(), 1.0);
        let w = shares(fitness, &rates.weights);
        let steps: Vec<Vec<f64>> = draws.iter().map(|z| self.step(z)).collect();
        let y = weighted_sum(&w, &steps);
        // C^(−1/2)·y = B·z.
        let white = multiply(&self.basis, &weighted_sum(&w, draws));
        self.mean.iter_mut().zip(&y).for_each(|(m, y)| *m += self.paths.sigma * y);
        let stalled = self.paths.advance(&rates, &y, &white, generation);
        let keep = 1.0 - rates.one - rates.mu + rates.one * stalled;
        self.covariance.iter_mut().for_each(|c| *c *= keep);
        let mut add = |share: f64, y: &[f64]| {
            for (row, a) in self.covariance.chunks_exact_mut(n).zip(y) {
                row.iter_mut().zip(y).for_each(|(c, b)| *c += share * (a * b));
            }
        };
        add(rates.one, &self.paths.covariance);
        for (w, y) in w.iter().zip(&steps).filter(|(w, _)| **w != 0.0) {
            add(rates.mu * w, y);
        }
        let (values, basis) = symmetric_eigen(self.covariance.clone());
        // Rounding may push the smallest eigenvalue of a stretched matrix below zero.
        let floor = values.iter().copied().fold(0.0, f64::max) * 1e-14;
        self.lengths = values.iter().map(|v| v.max(floor).sqrt()).collect();
        self.basis = basis;
    }
}

#[cfg(test)]
#[path = "cma_test.rs"]
mod tests;
