//! The buffers of a shard: a fixed run of samples of the batch. Shards are cut by sample number
//! alone and their sums are combined in order, so results do not depend on the threads that
//! happened to work on them.

use super::{
    config::{LayerConfig, WeightKind},
    events::{PatternSums, groups},
    lanes::width,
};

/// Samples of a shard.
pub const SAMPLES: usize = 16;

/// What a shard keeps of one hidden layer from forward to backward.
pub struct LayerBuffers {
    /// Input events, `[sample][group]`.
    pub events: Vec<Vec<Vec<u32>>>,
    /// Sums Z, `[sample][tick][neuron]`; without batch norm nobody needs them later and this is
    /// room for one sample.
    pub z: Vec<f32>,
    /// Surrogate slopes after the forward pass, gradients in the backward pass,
    /// `[sample][tick][neuron]`.
    pub slope: Vec<f32>,
    /// Output spikes, bit `t` for tick `t`, `[sample][neuron]`.
    pub raster: Vec<u32>,
    /// Gradient of the output spikes, `[sample][tick][neuron]`, or `[sample][neuron]` when all
    /// ticks share it.
    pub upstream: Vec<f32>,
    /// Sum of Z per `[tick][neuron]`, then of g = dL/dX' (later dL/dX).
    pub sums: Vec<f32>,
    /// Sum of Z² per neuron, then of g·x̂ per `[tick][neuron]`.
    pub products: Vec<f32>,
    /// Sum of the gate's mean α over rows.
    pub alpha_sum: f32,
    /// Scratch for the event products.
    pub scratch: Scratch,
}

/// Pattern sums of one kind of weights.
pub enum Scratch {
    /// Of signs.
    Binary(PatternSums<i8>),
    /// Of floats.
    Float(PatternSums<f32>),
}

impl LayerBuffers {
    fn new(samples: usize, ticks: usize, config: &LayerConfig) -> Self {
        let neurons = config.neurons;
        let kept = if config.batch_norm { samples } else { 1 };
        Self {
            events: vec![vec![Vec::new(); groups(ticks)]; samples],
            z: vec![0.0; kept * ticks * neurons],
            slope: vec![0.0; samples * ticks * neurons],
            raster: vec![0; samples * neurons],
            upstream: vec![0.0; samples * ticks * neurons],
            sums: vec![0.0; ticks * neurons],
            products: vec![0.0; ticks * neurons],
            alpha_sum: 0.0,
            scratch: match config.weights {
                WeightKind::Binary => Scratch::Binary(PatternSums::new(width(neurons))),
                WeightKind::Float => Scratch::Float(PatternSums::new(width(neurons))),
            },
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
    /// Scratch for encoding.
    pub rasters: Vec<(usize, u32)>,
    /// Sum of the loss.
    pub loss: f64,
    /// Samples classified as labelled.
    pub correct: usize,
}

impl Shard {
    /// The shards of a batch for these hidden layers.
    pub fn cut(batch: usize, ticks: usize, layers: &[LayerConfig]) -> Vec<Self> {
        (0..batch)
            .step_by(SAMPLES)
            .map(|first| {
                let samples = SAMPLES.min(batch - first);
                Self {
                    first,
                    samples,
                    layers: layers.iter().map(|l| LayerBuffers::new(samples, ticks, l)).collect(),
                    labels: vec![0; samples],
                    output_gradient: Vec::new(),
                    bias_gradient: Vec::new(),
                    rasters: Vec::new(),
                    loss: 0.0,
                    correct: 0,
                }
            })
            .collect()
    }
}
