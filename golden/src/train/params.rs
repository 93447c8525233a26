//! Trained parameters: latent weights with the signs derived from them, batch norm, the gate's
//! running values, and the output layer read by its potential.

use super::{
    batch_norm::BatchNorm,
    config::{LayerConfig, WeightKind, WeightScale},
    gate::Fade,
    lanes::{LANES, Row, width},
    lif::Lif,
};
use crate::{rng::Stream, simd::vectorized};
use ndarray::Array2;
use rayon::prelude::*;

/// Standard deviation of fresh latent weights behind binary ones.
const INITIAL_SPREAD: f64 = 0.05;

/// Trained weights: real latent ones, and what the layer computes with. Arrays are
/// `[inputs][neurons]`.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Source neurons.
    pub inputs: usize,
    /// Target neurons.
    pub neurons: usize,
    /// Latent weights; behind binary weights kept within ±1, which also clips the
    /// straight-through gradient: it is never applied outside.
    pub latent: Vec<f32>,
    /// What spikes add up.
    pub rows: WeightRows,
}

/// Weights as rows of lanes, `[inputs][width(neurons)]`, padded with zeros.
#[derive(Clone, Debug)]
pub enum WeightRows {
    /// `sign(latent)`, with sign(0) = +1.
    Binary(Vec<Row<i8>>),
    /// The latent weights themselves.
    Float(Vec<Row<f32>>),
}

impl Weights {
    /// Fresh weights from the stream: N(0, 0.05²) behind binary ones, N(0, 1/inputs) for floats.
    pub fn new(inputs: usize, neurons: usize, kind: WeightKind, stream: Stream) -> Self {
        let mut draw = stream.sequence();
        let spread = match kind {
            WeightKind::Binary => INITIAL_SPREAD,
            WeightKind::Float => (inputs as f64).sqrt().recip(),
        };
        let latent = (0..inputs * neurons)
            .map(|_| (spread * draw.normal()).clamp(-1.0, 1.0) as f32)
            .collect();
        let rows = inputs * width(neurons);
        let rows = match kind {
            WeightKind::Binary => WeightRows::Binary(vec![[0; LANES]; rows]),
            WeightKind::Float => WeightRows::Float(vec![[0.0; LANES]; rows]),
        };
        let mut out = Self { inputs, neurons, latent, rows };
        out.refresh();
        out
    }

    /// Derives the rows from the latent weights, after clamping those behind binary weights to
    /// ±1; returns how many signs flipped.
    pub fn refresh(&mut self) -> usize {
        let n = self.neurons;
        let rows = width(n);
        match &mut self.rows {
            WeightRows::Binary(signs) => {
                let pieces = self.latent.par_chunks_mut(PIECE * n);
                pieces
                    .zip(signs.par_chunks_mut(PIECE * rows))
                    .map(|(latent, signs)| {
                        vectorized(
                            #[inline(always)]
                            || binarize(latent, signs, n),
                        )
                    })
                    .sum()
            }
            WeightRows::Float(padded) => {
                for (w, row) in self.latent.chunks_exact(n).zip(padded.chunks_exact_mut(rows)) {
                    row.as_flattened_mut()[..n].copy_from_slice(w);
                }
                0
            }
        }
    }

    /// The weights as floats, `[inputs][neurons]`: signs for binary weights.
    pub fn matrix(&self) -> Array2<f32> {
        let of = |j: usize, i: usize| match &self.rows {
            WeightRows::Binary(_) => sign(self.latent[j * self.neurons + i]),
            WeightRows::Float(_) => self.latent[j * self.neurons + i],
        };
        Array2::from_shape_fn((self.inputs, self.neurons), |(j, i)| of(j, i))
    }

    /// Scale α per neuron.
    pub fn scale(&self, rule: WeightScale) -> Vec<f32> {
        let n = self.neurons;
        match rule {
            WeightScale::One => vec![1.0; n],
            WeightScale::Channel => {
                let mut sum = vec![0f32; n];
                vectorized(
                    #[inline(always)]
                    || {
                        for row in self.latent.chunks_exact(n) {
                            sum.iter_mut().zip(row).for_each(|(s, w)| *s += w.abs());
                        }
                    },
                );
                sum.iter().map(|s| s / self.inputs as f32).collect()
            }
            WeightScale::Layer => {
                let sum: f64 = self.latent.iter().map(|w| f64::from(w.abs())).sum();
                vec![(sum / self.latent.len() as f64) as f32; n]
            }
        }
    }
}

/// Weight rows of a parallel piece.
const PIECE: usize = 64;

/// +1 from 0 on, −1 below.
pub fn sign(w: f32) -> f32 {
    if w >= 0.0 { 1.0 } else { -1.0 }
}

#[inline(always)]
fn binarize(latent: &mut [f32], signs: &mut [Row<i8>], n: usize) -> usize {
    let mut flips = 0;
    for (w, row) in latent.chunks_exact_mut(n).zip(signs.chunks_exact_mut(width(n))) {
        for (w, s) in w.chunks_mut(LANES).zip(row) {
            let mut changed = 0u8;
            for (w, s) in w.iter_mut().zip(s) {
                *w = w.clamp(-1.0, 1.0);
                let sign = if *w >= 0.0 { 1 } else { -1 };
                changed += u8::from(sign != *s);
                *s = sign;
            }
            flips += usize::from(changed);
        }
    }
    flips
}

/// A hidden layer.
#[derive(Clone, Debug)]
pub struct LayerParams {
    /// What the configuration says of it.
    pub config: LayerConfig,
    /// Its neurons' rules.
    pub lif: Lif,
    /// Its weights.
    pub weights: Weights,
    /// Its batch norm.
    pub norm: BatchNorm,
    /// The gate's fade; `c` follows the mean α until the fade starts.
    pub fade: Fade,
    /// Running mean of α per tick and neuron (`Batch` mode only).
    pub gate_table: Vec<f32>,
}

impl LayerParams {
    /// A fresh layer.
    pub fn new(config: &LayerConfig, inputs: usize, ticks: usize, stream: Stream) -> Self {
        Self {
            lif: Lif::new(config),
            weights: Weights::new(inputs, config.neurons, config.weights, stream),
            norm: BatchNorm::new(config.batch_norm, config.neurons),
            fade: Fade { r: 0.0, c: 0.5 },
            gate_table: vec![0.5; ticks * config.neurons],
            config: config.clone(),
        }
    }
}

/// The layer whose potential is read: `logits = A·Σ_t s_t·W + T·bias`, with sign(W) in place of W
/// when binary.
#[derive(Clone, Debug)]
pub struct OutputParams {
    /// Its weights.
    pub weights: Weights,
    /// The one scale `A` of all classes; 1/sqrt(inputs) at the start with binary weights (floats
    /// start small already), so that the logits have a size that cross entropy can work on.
    pub scale: f32,
    /// Bias per class, added in every tick.
    pub bias: Vec<f32>,
}

impl OutputParams {
    /// A fresh output layer.
    pub fn new(inputs: usize, classes: usize, kind: WeightKind, stream: Stream) -> Self {
        let scale = match kind {
            WeightKind::Binary => (inputs as f32).sqrt().recip(),
            WeightKind::Float => 1.0,
        };
        Self {
            weights: Weights::new(inputs, classes, kind, stream),
            scale,
            bias: vec![0.0; classes],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_scales() {
        let mut w = Weights::new(3, 2, WeightKind::Binary, Stream::named(1, "w"));
        w.latent = vec![0.0, -0.0, -0.5, 1.5, 0.25, -2.0];
        w.refresh();
        let signs = |w: &Weights| w.matrix().into_raw_vec_and_offset().0;
        assert_eq!(signs(&w), [1.0, 1.0, -1.0, 1.0, 1.0, -1.0]);
        let WeightRows::Binary(rows) = &w.rows else { panic!("binary expected") };
        assert_eq!(rows[1][..3], [-1, 1, 0]);
        assert_eq!(w.latent, [0.0, 0.0, -0.5, 1.0, 0.25, -1.0]);
        assert_eq!(w.refresh(), 0);
        w.latent[2] = 0.5;
        assert_eq!(w.refresh(), 1);
        assert_eq!(w.scale(WeightScale::Channel), [0.25, 2.0 / 3.0]);
        let mean = w.scale(WeightScale::Layer)[0];
        assert!((mean - 2.75 / 6.0).abs() < 1e-6);
        assert_eq!(w.scale(WeightScale::One), [1.0, 1.0]);
    }

    #[test]
    fn float_weights_are_the_latent_ones() {
        let mut w = Weights::new(2, 33, WeightKind::Float, Stream::named(1, "w"));
        w.latent[65] = -3.5;
        assert_eq!(w.refresh(), 0);
        assert_eq!(w.matrix()[(1, 32)], -3.5);
        let WeightRows::Float(rows) = &w.rows else { panic!("float expected") };
        assert_eq!(rows[3][..2], [-3.5, 0.0]);
    }
}
