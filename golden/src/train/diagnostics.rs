//! What a run shows of its layers besides loss and accuracy: sign flips, measured and predicted,
//! firing rates, and the gradient at the latent weights. Nothing here feeds back into training.

use super::{estimator::rms, params::LayerParams, shard::Shard, trainer::LayerGradient};
use serde::{Deserialize, Serialize};

/// One layer in one epoch. Fractions of flips are of the layer's weights, recurrent ones included.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    /// Latent weights, recurrent ones included.
    pub weights: usize,
    /// Fraction of weights whose sign differs from the end of the epoch before (0..1).
    pub flips_per_epoch: f64,
    /// Fraction of binary weights that change in a step, summed over steps.
    pub flips_per_step_sum: f64,
    /// The largest such fraction of one step.
    pub flips_per_step_max: f64,
    /// What `p_w(0)·E|Δw|` predicts for the sum: p_w is the density of latent weights at 0, Δw the
    /// step of the optimizer, for plain SGD the rate times the gradient.
    pub predicted_flips: f64,
    /// Spikes per neuron and tick (0..1), before pooling; 0 for a layer that is read.
    pub firing_rate: f64,
    /// Mean of the gradient at the latent weights, over weights and steps.
    pub gradient_mean: f64,
    /// Variance over weights, averaged over steps.
    pub gradient_variance: f64,
}

/// Half the width around 0 in which weights are counted for their density, in root mean squares.
const WINDOW: f32 = 0.25;

/// Density of values at 0, 1 per unit: those within ±h, over 2h and their number.
pub(super) fn density_at_zero(values: &[f32]) -> f64 {
    let h = WINDOW * rms(values);
    let near = values.iter().filter(|w| w.abs() < h).count();
    if h > 0.0 { near as f64 / (2.0 * f64::from(h) * values.len() as f64) } else { 0.0 }
}

/// Sums of one layer over the steps of an epoch.
#[derive(Clone, Debug, Default)]
struct Sums {
    weights: usize,
    flips: usize,
    most: usize,
    predicted: f64,
    spikes: u64,
    chances: u64,
    mean: f64,
    variance: f64,
}

/// Diagnostics of the epoch under way.
#[derive(Debug, Default)]
pub(super) struct Diagnostics {
    layers: Vec<Sums>,
    latents: Vec<Vec<f32>>,
    steps: usize,
}

impl Diagnostics {
    /// Takes note of a pass: spikes and gradients.
    pub fn passed(
        &mut self,
        layers: &[LayerParams],
        shards: &[Shard],
        gradients: &[LayerGradient],
        ticks: usize,
    ) {
        self.layers.resize_with(layers.len(), Sums::default);
        self.steps += 1;
        let samples: usize = shards.iter().map(|s| s.samples).sum();
        for (k, (layer, sums)) in layers.iter().zip(&mut self.layers).enumerate() {
            let g = || gradients[k][..2].iter().flatten().map(|g| f64::from(*g));
            sums.weights = gradients[k][..2].iter().map(Vec::len).sum();
            let n = sums.weights.max(1) as f64;
            let mean = g().sum::<f64>() / n;
            sums.mean += mean;
            sums.variance += g().map(|g| (g - mean).powi(2)).sum::<f64>() / n;
            sums.spikes += shards.iter().map(|s| s.layers[k].spikes).sum::<u64>();
            sums.chances += (samples * ticks * layer.geometry.to.len()) as u64;
        }
        self.latents = layers.iter().map(|l| l.latents().collect()).collect();
    }

    /// Takes note of the optimizer's step on layer `k`, before weights are clamped.
    pub fn moved(&mut self, k: usize, layer: &LayerParams) {
        let before = &self.latents[k];
        let moves = layer.latents().zip(before).map(|(a, b)| f64::from((a - b).abs()));
        let mean = moves.sum::<f64>() / before.len().max(1) as f64;
        self.layers[k].predicted += density_at_zero(before) * mean;
    }

    /// Takes note of the binary weights of layer `k` that the step changed.
    pub fn flipped(&mut self, k: usize, flips: usize) {
        let sums = &mut self.layers[k];
        sums.flips += flips;
        sums.most = sums.most.max(flips);
    }

    /// The reports of the epoch, with the flips from its beginning to its end; starts the next one.
    pub fn take(&mut self, per_epoch: &[f64]) -> Vec<LayerReport> {
        let steps = self.steps.max(1) as f64;
        let layers = std::mem::take(&mut self.layers);
        self.steps = 0;
        let report = |(s, flips_per_epoch): (Sums, &f64)| {
            let of = |flips: usize| flips as f64 / s.weights.max(1) as f64;
            LayerReport {
                weights: s.weights,
                flips_per_epoch: *flips_per_epoch,
                flips_per_step_sum: of(s.flips),
                flips_per_step_max: of(s.most),
                predicted_flips: s.predicted,
                firing_rate: s.spikes as f64 / s.chances.max(1) as f64,
                gradient_mean: s.mean / steps,
                gradient_variance: s.variance / steps,
            }
        };
        layers.into_iter().zip(per_epoch).map(report).collect()
    }
}

#[cfg(test)]
#[path = "flips_test.rs"]
mod flips_test;
