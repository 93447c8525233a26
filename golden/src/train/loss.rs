//! Softmax cross entropy, and what it is taken of.

use serde::{Deserialize, Serialize};

/// What the cross entropy of a sample is taken of.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Loss {
    /// Logits summed over the ticks.
    #[default]
    Sum,
    /// The mean of the logits over the ticks.
    Mean,
    /// The logits of every tick by themselves; the loss is the mean over ticks.
    EveryTick,
}

/// A loss for samples of a number of ticks.
#[derive(Clone, Copy, Debug)]
pub struct Reading {
    /// Rows of logits of a sample.
    pub rows: usize,
    /// Ticks that a row covers.
    pub ticks: f32,
    /// Factor on the logits of a row.
    pub factor: f32,
    /// Weight of a row in the gradient.
    pub weight: f32,
}

impl Loss {
    /// How to read samples of `ticks` ticks in a batch of `samples`.
    pub fn reading(self, ticks: usize, samples: usize) -> Reading {
        let (t, weight) = (ticks as f32, 1.0 / samples as f32);
        match self {
            Self::Sum => Reading { rows: 1, ticks: t, factor: 1.0, weight },
            Self::Mean => Reading { rows: 1, ticks: t, factor: 1.0 / t, weight },
            Self::EveryTick => Reading { rows: ticks, ticks: 1.0, factor: 1.0, weight: weight / t },
        }
    }
}

impl Reading {
    /// Spikes that row `row` counts of a raster.
    pub fn count(&self, raster: u32, row: usize) -> f32 {
        if self.rows == 1 { raster.count_ones() as f32 } else { (raster >> row & 1) as f32 }
    }
}

/// Loss of one sample, and `gradient[c] = (softmax(logits)[c] − [c = label]) · weight`, where
/// `weight` is 1 over the batch size. The loss is not weighted.
pub fn cross_entropy(logits: &[f32], label: usize, weight: f32, gradient: &mut [f32]) -> f32 {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for (g, l) in gradient.iter_mut().zip(logits) {
        *g = (l - max).exp();
        sum += *g;
    }
    gradient.iter_mut().for_each(|g| *g *= weight / sum);
    gradient[label] -= weight;
    sum.ln() + max - logits[label]
}

/// Index of the largest value, the lowest on ties.
pub fn argmax(values: &[f32]) -> usize {
    (1..values.len()).fold(0, |best, i| if values[i] > values[best] { i } else { best })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gradient_equals_finite_differences() {
        let logits = [0.5f32, -1.0, 2.0, 0.0];
        let mut g = [0.0; 4];
        let loss = cross_entropy(&logits, 1, 0.5, &mut g);
        let exact = (logits.iter().map(|l| f64::from(*l).exp()).sum::<f64>()).ln() + 1.0;
        assert!((f64::from(loss) - exact).abs() < 1e-6);
        for i in 0..4 {
            let at = |d: f32| {
                let mut l = logits;
                l[i] += d;
                f64::from(cross_entropy(&l, 1, 0.5, &mut [0.0; 4]))
            };
            let numeric = 0.5 * (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((numeric - f64::from(g[i])).abs() < 1e-4);
        }
    }

    #[test]
    fn ties_go_to_the_lowest_class() {
        assert_eq!(argmax(&[1.0, 3.0, 3.0]), 1);
    }
}
