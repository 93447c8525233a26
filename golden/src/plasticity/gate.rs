//! The gate of DA-SSDP (arXiv 2512.07194): how synchrony went with the loss during a warm-up decides
//! how far a sample's synchrony opens the plasticity afterwards.

use super::Sample;
use serde::{Deserialize, Serialize};

/// What the warm-up saw: means of synchrony and loss over its samples, and sums of the products of
/// their distances from the means (Welford's recurrences, so that nothing has to be kept per sample).
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    samples: u64,
    synchrony: f64,
    loss: f64,
    synchrony_squares: f64,
    loss_squares: f64,
    products: f64,
}

/// `g = clip₀²(1 + k·(S − μ)/sd)`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gate {
    /// `k = −corr(S, L)` of the warm-up, −1 to 1; 0 where either did not vary.
    pub k: f64,
    /// Mean of S.
    pub mean: f64,
    /// Standard deviation of S.
    pub deviation: f64,
}

/// Deviations below this are none.
const LEAST: f64 = 1e-12;

impl Record {
    /// `S = mean_ji s_j·s_i`, the fraction of pairs in which both fire: that of the neurons that send
    /// times that of those that receive.
    pub fn synchrony(sample: Sample<'_>) -> f64 {
        let active = |rasters: &[u32]| {
            rasters.iter().filter(|r| **r != 0).count() as f64 / rasters.len().max(1) as f64
        };
        active(sample.pre) * active(sample.post)
    }

    /// Takes note of a sample's synchrony and loss.
    pub fn add(&mut self, synchrony: f64, loss: f64) {
        self.samples += 1;
        let n = self.samples as f64;
        let (s, l) = (synchrony - self.synchrony, loss - self.loss);
        self.synchrony += s / n;
        self.loss += l / n;
        self.synchrony_squares += s * (synchrony - self.synchrony);
        self.loss_squares += l * (loss - self.loss);
        self.products += s * (loss - self.loss);
    }

    /// The gate that follows from the record.
    pub fn gate(&self) -> Gate {
        let n = self.samples.max(1) as f64;
        let deviation = (self.synchrony_squares / n).sqrt();
        let spread = (self.loss_squares / n).sqrt();
        let k = if deviation > LEAST && spread > LEAST {
            -self.products / n / (deviation * spread)
        } else {
            0.0
        };
        Gate { k, mean: self.synchrony, deviation }
    }
}

impl Gate {
    /// Factor of a sample's change, 0 to 2.
    pub fn factor(&self, synchrony: f64) -> f64 {
        if self.deviation <= LEAST {
            return 1.0;
        }
        (1.0 + self.k * (synchrony - self.mean) / self.deviation).clamp(0.0, 2.0)
    }
}
