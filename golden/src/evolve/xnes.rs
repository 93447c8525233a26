//! Exponential natural evolution strategy: the natural gradient for a full covariance.

use super::{
    eigen::{multiply, symmetric_eigen},
    rank::{natural_utilities, shares, weighted_sum},
};
use serde::{Deserialize, Serialize};

/// `x = μ + σ·B·z`, det B = 1; B is `[N][N]` row by row.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Xnes {
    pub mean: Vec<f64>,
    sigma: f64,
    shape: Vec<f64>,
}

impl Xnes {
    pub fn new(start: &[f64], sigma: f64) -> Self {
        let n = start.len();
        let shape = (0..n * n).map(|k| f64::from(u8::from(k % (n + 1) == 0))).collect();
        Self { mean: start.to_vec(), sigma, shape }
    }

    pub fn place(&self, z: &[f64]) -> Vec<f64> {
        let step = multiply(&self.shape, z);
        self.mean.iter().zip(step).map(|(m, y)| m + self.sigma * y).collect()
    }

    /// `G = Σ u_k (z_k z_kᵀ − I)`; σ takes its trace, `B ← B·exp(η/2·(G − tr G/N·I))`, with
    /// `η = (9 + 3 ln N)/(5·N·sqrt N)` for both (Glasmachers et al., GECCO 2010, algorithm 1).
    pub fn learn(&mut self, draws: &[Vec<f64>], fitness: &[f64]) {
        let n = self.mean.len();
        let nf = n as f64;
        let rate = (9.0 + 3.0 * nf.ln()) / (5.0 * nf * nf.sqrt());
        let u = shares(fitness, &natural_utilities(draws.len()));
        let slope = weighted_sum(&u, draws);
        let mut bend = vec![0.0; n * n];
        for (u, z) in u.iter().zip(draws) {
            for (row, a) in bend.chunks_exact_mut(n).zip(z) {
                row.iter_mut().zip(z).for_each(|(g, b)| *g += u * a * b);
            }
        }
        // Utilities sum to 0, so the −I drops out.
        let trace = (0..n).map(|k| bend[k * (n + 1)]).sum::<f64>() / nf;
        (0..n).for_each(|k| bend[k * (n + 1)] -= trace);
        let step = multiply(&self.shape, &slope);
        self.mean.iter_mut().zip(step).for_each(|(m, y)| *m += self.sigma * y);
        self.sigma *= (0.5 * rate * trace).exp();
        // B·V·exp(η/2·Λ)·Vᵀ, one row of B after the other.
        let (values, vectors) = symmetric_eigen(bend);
        let grown: Vec<f64> = values.iter().map(|v| (0.5 * rate * v).exp()).collect();
        for row in self.shape.chunks_exact_mut(n) {
            let mut in_basis = vec![0.0; n];
            for (b, v) in row.iter().zip(vectors.chunks_exact(n)) {
                in_basis.iter_mut().zip(v).for_each(|(o, v)| *o += b * v);
            }
            in_basis.iter_mut().zip(&grown).for_each(|(o, g)| *o *= g);
            row.copy_from_slice(&multiply(&vectors, &in_basis));
        }
    }
}
