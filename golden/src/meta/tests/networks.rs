//! Small random networks and batches.

use crate::{
    meta::{Example, Net, Sample},
    rng::{Sequence, Stream},
    train::{LayerConfig, Surrogate, WeightKind},
};
use spikewright_ir::{Leak, Reset, Shape};

pub const TICKS: usize = 4;
pub const CLASSES: usize = 3;

pub fn draw(seed: u64) -> Sequence {
    Stream::named(seed, "meta tests").sequence()
}

/// What differs between test networks.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    pub binary: bool,
    pub norm: bool,
    pub zero: bool,
    pub through: bool,
    pub surrogate: Surrogate,
}

pub const REAL: Kind = Kind {
    binary: false,
    norm: false,
    zero: false,
    through: true,
    surrogate: Surrogate::FastSigmoid(2.0),
};
pub const BINARY: Kind = Kind { binary: true, norm: true, through: false, ..REAL };

/// A convolution with pooling and a dense layer on maps of two channels.
pub fn network(kind: Kind) -> (Net, Vec<f64>) {
    let common = kind.layer();
    let conv =
        LayerConfig { channels: 3, kernel: 3, padding: 1, stride: 1, or_pool: 2, ..common.clone() };
    let dense = LayerConfig { neurons: 5, ..common };
    kind.network(&[conv, dense], Shape { channels: 2, height: 4, width: 5 })
}

impl Kind {
    /// A layer of this kind, without a size.
    pub fn layer(self) -> LayerConfig {
        LayerConfig {
            reset: if self.zero { Reset::Zero } else { Reset::Subtract },
            surrogate: self.surrogate,
            batch_norm: self.norm,
            weights: if self.binary { WeightKind::Binary } else { WeightKind::Float },
            ..LayerConfig::dense(0, Leak::Scale(205))
        }
    }

    /// A network of such layers; some latent weights lie beyond the signs' slope.
    pub fn network(self, layers: &[LayerConfig], input: Shape) -> (Net, Vec<f64>) {
        let mut net = Net::new(layers, input, TICKS, CLASSES, 2.0).unwrap();
        let mut draw = draw(3);
        for layer in &mut net.layers {
            layer.rule.through_reset = self.through;
            if let Some(norm) = &mut layer.norm {
                norm.mean.iter_mut().for_each(|m| *m = 0.5 * draw.normal());
                norm.inverse.iter_mut().for_each(|i| *i = 0.3 + 0.2 * draw.unit());
            }
        }
        let mut theta = net.fresh(7, 2.5);
        // Biases that make neurons spike now and then, and signs that are sure of themselves.
        for slot in net.slots.clone() {
            for w in &mut theta[slot.range] {
                match slot.part {
                    super::super::Part::Beta(_) => *w += 0.5 + 0.3 * draw.normal(),
                    super::super::Part::Gain(_) => *w += 0.3 * draw.normal(),
                    super::super::Part::Weights(_) if self.binary => *w *= 12.0,
                    _ => {}
                }
            }
        }
        (net, theta)
    }
}

pub fn samples(net: &Net, count: usize, seed: u64) -> Vec<Sample> {
    let mut draw = draw(seed);
    let mut tick = || {
        let spikes = (0..net.input.len() as u32).filter(|_| draw.unit() < 0.3);
        spikes.map(|j| (j, 1.0)).collect()
    };
    (0..count).map(|_| Sample { ticks: (0..net.ticks).map(|_| tick()).collect() }).collect()
}

pub fn batch(samples: &[Sample]) -> Vec<Example<'_>> {
    let example = |(i, sample)| Example { sample, class: i % CLASSES };
    samples.iter().enumerate().map(example).collect()
}

pub fn direction(n: usize, seed: u64) -> Vec<f64> {
    let mut draw = draw(seed);
    (0..n).map(|_| draw.normal()).collect()
}

pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub fn plus(a: &[f64], factor: f64, b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + factor * b).collect()
}

pub fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// ‖a − b‖ over the larger of the two norms.
pub fn distance(a: &[f64], b: &[f64]) -> f64 {
    norm(&plus(a, -1.0, b)) / norm(a).max(norm(b))
}
