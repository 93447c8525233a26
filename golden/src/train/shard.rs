//! The buffers of a shard: a fixed run of samples of the batch. Shards are cut by sample number
//! alone and their sums are combined in order, so results do not depend on the threads that
//! happened to work on them.

use super::events::{PATTERNS, PatternSums, groups};

/// Samples of a shard.
pub const SAMPLES: usize = 16;

/// What a shard keeps of one hidden layer from forward to backward.
pub struct LayerBuffers {
    /// Input events, `[sample][group]`.
    pub events: Vec<Vec<Vec<u32>>>,
    /// Integer sums Z, `[sample][tick][neuron]`.
    pub z: Vec<i16>,
    /// Surrogate slopes after the forward pass, gradients in the backward pass; shaped like `z`.
    pub slope: Vec<f32>,
    /// Output spikes, bit `t` for tick `t`, `[sample][neuron]`.
    pub raster: Vec<u32>,
    /// Gradient of the output spikes, `[sample][tick][neuron]`, or `[sample][neuron]` when all
    /// ticks share it.
    pub upstream: Vec<f32>,
    /// Pattern gradients, `[sample][pattern][neuron]`.
    pub table: Vec<f32>,
    /// Sum of Z per `[tick][neuron]`, then of g = dL/dX' (later dL/dX).
    pub sums: Vec<f32>,
    /// Sum of Z² per neuron, then of g·x̂ per `[tick][neuron]`.
    pub products: Vec<f32>,
    /// Sum of the gate's mean α over rows.
    pub alpha_sum: f32,
    /// Scratch for the event products.
    pub scratch: PatternSums,
}

impl LayerBuffers {
    fn new(samples: usize, ticks: usize, neurons: usize) -> Self {
        Self {
            events: vec![vec![Vec::new(); groups(ticks)]; samples],
            z: vec![0; samples * ticks * neurons],
            slope: vec![0.0; samples * ticks * neurons],
            raster: vec![0; samples * neurons],
            upstream: vec![0.0; samples * ticks * neurons],
            table: vec![0.0; samples * PATTERNS * neurons],
            sums: vec![0.0; ticks * neurons],
            products: vec![0.0; ticks * neurons],
            alpha_sum: 0.0,
            scratch: PatternSums::new(neurons),
        }
    }
}

/// One shard of the batch.
pub struct Shard {
    /// Number of its first sample in the batch.
    pub first: usize,
    /// Number of its samples.
    pub samples: usize,
    /// Hidden layers.
    pub layers: Vec<LayerBuffers>,
    /// Labels of its samples.
    pub labels: Vec<usize>,
    /// Output layer: gradient of the weights, `[inputs][classes]`.
    pub output_gradient: Vec<f32>,
    /// Output layer: gradient of the bias, then of the scale.
    pub bias_gradient: Vec<f32>,
    /// Sum of the loss.
    pub loss: f64,
    /// Samples classified as labelled.
    pub correct: usize,
}

impl Shard {
    /// The shards of a batch for hidden layers of these sizes.
    pub fn cut(batch: usize, ticks: usize, neurons: &[usize]) -> Vec<Self> {
        (0..batch)
            .step_by(SAMPLES)
            .map(|first| {
                let samples = SAMPLES.min(batch - first);
                Self {
                    first,
                    samples,
                    layers: neurons.iter().map(|&n| LayerBuffers::new(samples, ticks, n)).collect(),
                    labels: vec![0; samples],
                    output_gradient: Vec::new(),
                    bias_gradient: Vec::new(),
                    loss: 0.0,
                    correct: 0,
                }
            })
            .collect()
    }
}
