//! CMA-ES with a diagonal covariance: memory and time linear in the dimension (Ros and Hansen,
//! PPSN 2008). It cannot follow valleys that lie across the axes.

use super::{
    paths::{Paths, Rates},
    rank::{shares, weighted_sum},
};
use serde::{Deserialize, Serialize};

/// `x = m + σ·d∘z`, with the variances d².
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct SepCma {
    pub mean: Vec<f64>,
    paths: Paths,
    variances: Vec<f64>,
}

impl SepCma {
    pub fn new(start: &[f64], sigma: f64) -> Self {
        let n = start.len();
        Self { mean: start.to_vec(), paths: Paths::new(n, sigma), variances: vec![1.0; n] }
    }

    /// `d∘z`.
    fn step(&self, z: &[f64]) -> Vec<f64> {
        z.iter().zip(&self.variances).map(|(z, v)| z * v.sqrt()).collect()
    }

    pub fn place(&self, z: &[f64]) -> Vec<f64> {
        self.mean.iter().zip(self.step(z)).map(|(m, y)| m + self.paths.sigma * y).collect()
    }

    /// The diagonal of the full update, with its rates times (N + 2)/3.
    pub fn learn(&mut self, draws: &[Vec<f64>], fitness: &[f64], generation: u64) {
        let n = self.mean.len();
        let rates = Rates::new(n, draws.len(), (n as f64 + 2.0) / 3.0);
        let w = shares(fitness, &rates.weights);
        let white = weighted_sum(&w, draws);
        let y = self.step(&white);
        self.mean.iter_mut().zip(&y).for_each(|(m, y)| *m += self.paths.sigma * y);
        let stalled = self.paths.advance(&rates, &y, &white, generation);
        let keep = 1.0 - rates.one - rates.mu + rates.one * stalled;
        let squares: Vec<Vec<f64>> =
            draws.iter().map(|z| z.iter().map(|z| z * z).collect()).collect();
        let spread = weighted_sum(&w, &squares);
        for ((v, p), z2) in self.variances.iter_mut().zip(&self.paths.covariance).zip(spread) {
            *v = keep * *v + rates.one * p * p + rates.mu * z2 * *v;
        }
    }
}
