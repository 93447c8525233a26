//! Random search: what every engine has to beat at equal evaluations.

use serde::{Deserialize, Serialize};

/// `x = μ + σ·z`, for ever.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RandomSearch {
    pub mean: Vec<f64>,
    sigma: f64,
}

impl RandomSearch {
    pub fn new(start: &[f64], sigma: f64) -> Self {
        Self { mean: start.to_vec(), sigma }
    }

    pub fn place(&self, z: &[f64]) -> Vec<f64> {
        self.mean.iter().zip(z).map(|(m, z)| m + self.sigma * z).collect()
    }
}
