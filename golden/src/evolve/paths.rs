//! What CMA-ES and its separable form share: recombination weights, rates, evolution paths and the
//! control of the step size (Hansen, arXiv 1604.00772, table 1 and appendix A; positive weights).

use serde::{Deserialize, Serialize};

/// Constants of a search in `n` dimensions.
#[derive(Clone, Debug)]
pub struct Rates {
    /// Weights by rank: `ln((λ + 1)/2) − ln r` for the better half, normalized to sum 1.
    pub weights: Vec<f64>,
    /// Rate of the rank-one update.
    pub one: f64,
    /// Rate of the rank-μ update.
    pub mu: f64,
    pub(super) cc: f64,
    pub(super) cs: f64,
    pub(super) damping: f64,
    pub(super) mu_eff: f64,
    n: f64,
}

impl Rates {
    /// `boost` multiplies the rates of the covariance: 1, or (N + 2)/3 for a diagonal one.
    pub fn new(n: usize, population: usize, boost: f64) -> Self {
        let (n, lambda) = (n as f64, population as f64);
        let raw = |r: usize| {
            let better = r <= population / 2;
            if better { ((lambda + 1.0) / 2.0).ln() - (r as f64).ln() } else { 0.0 }
        };
        let sum: f64 = (1..=population).map(raw).sum();
        let weights: Vec<f64> = (1..=population).map(|r| raw(r) / sum).collect();
        let mu_eff = weights.iter().map(|w| w * w).sum::<f64>().recip();
        let cs = (mu_eff + 2.0) / (n + mu_eff + 5.0);
        let one = (boost * 2.0 / ((n + 1.3).powi(2) + mu_eff)).min(1.0);
        let mu = 2.0 * (mu_eff - 2.0 + 1.0 / mu_eff) / ((n + 2.0).powi(2) + mu_eff);
        Self {
            weights,
            one,
            mu: (boost * mu).min(1.0 - one),
            cc: (4.0 + mu_eff / n) / (n + 4.0 + 2.0 * mu_eff / n),
            cs,
            damping: 1.0 + 2.0 * (((mu_eff - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + cs,
            mu_eff,
            n,
        }
    }
}

/// The step size and the two evolution paths.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Paths {
    /// Step size σ.
    pub sigma: f64,
    /// Path of the steps in the distribution's own measure.
    whitened: Vec<f64>,
    /// Path of the steps.
    pub covariance: Vec<f64>,
}

impl Paths {
    pub fn new(n: usize, sigma: f64) -> Self {
        Self { sigma, whitened: vec![0.0; n], covariance: vec![0.0; n] }
    }

    /// Takes the generation's mean step `y` and the same step whitened; returns what the covariance
    /// lost if the path had to stall: `(1 − h)·c_c·(2 − c_c)`.
    pub fn advance(&mut self, r: &Rates, y: &[f64], white: &[f64], generation: u64) -> f64 {
        let t = i32::try_from(2 * (generation + 1)).unwrap_or(i32::MAX);
        let grow = (r.cs * (2.0 - r.cs) * r.mu_eff).sqrt();
        let path = self.whitened.iter_mut().zip(white);
        path.for_each(|(p, z)| *p = (1.0 - r.cs) * *p + grow * z);
        let length = self.whitened.iter().map(|p| p * p).sum::<f64>().sqrt();
        // Expected length of a normal vector.
        let chi = r.n.sqrt() * (1.0 - 1.0 / (4.0 * r.n) + 1.0 / (21.0 * r.n * r.n));
        let moves = length / (1.0 - (1.0 - r.cs).powi(t)).sqrt() < (1.4 + 2.0 / (r.n + 1.0)) * chi;
        let grow = if moves { (r.cc * (2.0 - r.cc) * r.mu_eff).sqrt() } else { 0.0 };
        let path = self.covariance.iter_mut().zip(y);
        path.for_each(|(p, y)| *p = (1.0 - r.cc) * *p + grow * y);
        self.sigma *= (r.cs / r.damping * (length / chi - 1.0)).min(1.0).exp();
        if moves { 0.0 } else { r.cc * (2.0 - r.cc) }
    }
}
