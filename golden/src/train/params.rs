//! Trained parameters: latent weights with the signs derived from them, batch norm, the gate's
//! running values, and the output layer read by its potential.

use super::{
    batch_norm::BatchNorm,
    config::{LayerConfig, WeightScale},
    gate::Fade,
    lif::Lif,
};
use crate::rng::Stream;
use ndarray::Array2;

/// Standard deviation of fresh latent weights.
const INITIAL_SPREAD: f64 = 0.05;

/// Binary weights behind real latent ones; arrays are `[inputs][neurons]`.
#[derive(Clone, Debug)]
pub struct Weights {
    /// Source neurons.
    pub inputs: usize,
    /// Target neurons.
    pub neurons: usize,
    /// Latent weights, kept within ±1.
    pub latent: Vec<f32>,
    /// `sign(latent)`, with sign(0) = +1.
    pub signs: Vec<i16>,
}

impl Weights {
    /// Latent weights N(0, 0.05²) from the stream.
    pub fn new(inputs: usize, neurons: usize, stream: Stream) -> Self {
        let mut draw = stream.sequence();
        let latent = (0..inputs * neurons)
            .map(|_| (INITIAL_SPREAD * draw.normal()).clamp(-1.0, 1.0) as f32)
            .collect();
        let mut out = Self { inputs, neurons, latent, signs: vec![0; inputs * neurons] };
        out.binarize();
        out
    }

    /// Clamps the latent weights to ±1 and derives the signs; returns how many flipped.
    pub fn binarize(&mut self) -> usize {
        let mut flips = 0;
        for (w, s) in self.latent.iter_mut().zip(&mut self.signs) {
            *w = w.clamp(-1.0, 1.0);
            let sign = if *w >= 0.0 { 1 } else { -1 };
            flips += usize::from(sign != *s);
            *s = sign;
        }
        flips
    }

    /// The signs as floats, `[inputs][neurons]`.
    pub fn sign_matrix(&self) -> Array2<f32> {
        Array2::from_shape_fn((self.inputs, self.neurons), |(j, i)| {
            f32::from(self.signs[j * self.neurons + i])
        })
    }

    /// Scale α per neuron.
    pub fn scale(&self, rule: WeightScale) -> Vec<f32> {
        let n = self.neurons;
        match rule {
            WeightScale::One => vec![1.0; n],
            WeightScale::Channel => {
                let mut sum = vec![0f32; n];
                for row in self.latent.chunks_exact(n) {
                    sum.iter_mut().zip(row).for_each(|(s, w)| *s += w.abs());
                }
                sum.iter().map(|s| s / self.inputs as f32).collect()
            }
            WeightScale::Layer => {
                let sum: f64 = self.latent.iter().map(|w| f64::from(w.abs())).sum();
                vec![(sum / self.latent.len() as f64) as f32; n]
            }
        }
    }
}

/// The clipped straight-through gradient: `dL/dw = α·dL/dw_b` where |w| ≤ 1, else 0. The gradients
/// handed in already carry α.
pub fn clip_straight_through(latent: &[f32], gradient: &mut [f32]) {
    for (g, w) in gradient.iter_mut().zip(latent) {
        if w.abs() > 1.0 {
            *g = 0.0;
        }
    }
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
            weights: Weights::new(inputs, config.neurons, stream),
            norm: BatchNorm::new(config.batch_norm, config.neurons),
            fade: Fade { r: 0.0, c: 0.5 },
            gate_table: vec![0.5; ticks * config.neurons],
            config: config.clone(),
        }
    }
}

/// The binary layer whose potential is read: `logits = A·Σ_t s_t·sign(W) + T·bias`.
#[derive(Clone, Debug)]
pub struct OutputParams {
    /// Its weights.
    pub weights: Weights,
    /// The one scale `A` of all classes; 1/sqrt(inputs) at the start, so that the logits start
    /// with a size that cross entropy can work on.
    pub scale: f32,
    /// Bias per class, added in every tick.
    pub bias: Vec<f32>,
}

impl OutputParams {
    /// A fresh output layer.
    pub fn new(inputs: usize, classes: usize, stream: Stream) -> Self {
        Self {
            weights: Weights::new(inputs, classes, stream),
            scale: (inputs as f32).sqrt().recip(),
            bias: vec![0.0; classes],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_scales_and_clipping() {
        let mut w = Weights::new(3, 2, Stream::named(1, "w"));
        w.latent = vec![0.0, -0.0, -0.5, 1.5, 0.25, -2.0];
        w.binarize();
        assert_eq!(w.signs, [1, 1, -1, 1, 1, -1]);
        assert_eq!(w.latent, [0.0, 0.0, -0.5, 1.0, 0.25, -1.0]);
        assert_eq!(w.binarize(), 0);
        w.latent[2] = 0.5;
        assert_eq!(w.binarize(), 1);
        assert_eq!(w.scale(WeightScale::Channel), [0.25, 2.0 / 3.0]);
        let mean = w.scale(WeightScale::Layer)[0];
        assert!((mean - 2.75 / 6.0).abs() < 1e-6);
        assert_eq!(w.scale(WeightScale::One), [1.0, 1.0]);
        let mut g = [2.0; 4];
        clip_straight_through(&[0.5, 1.0, -1.25, 1.01], &mut g);
        assert_eq!(g, [2.0, 2.0, 0.0, 0.0]);
    }
}
