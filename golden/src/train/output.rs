//! The output side of a training step: logits, loss and gradients down to the spikes of the last
//! hidden layer. `Potential` has a binary layer of its own,
//! `logits = A·Σ_t s_t·sign(W) + T·bias`; `SpikeCount` reads the last hidden layer's counts.

use super::{
    loss::{argmax, cross_entropy},
    params::OutputParams,
    shard::Shard,
};
use ndarray::{Array2, ArrayViewMut2, linalg::general_mat_mul};
use rayon::prelude::*;

/// Gradients of the output layer.
#[derive(Clone, Debug, Default)]
pub struct OutputGradient {
    /// Of the latent weights, `[inputs][classes]`.
    pub latent: Vec<f32>,
    /// Of the scale.
    pub scale: f32,
    /// Of the bias.
    pub bias: Vec<f32>,
}

/// Loss and gradients of a batch; leaves the gradient of the last hidden layer's spike counts in
/// its `upstream` (`[sample][neuron]`, shared by all ticks).
pub fn output_step(
    shards: &mut [Shard],
    output: Option<&OutputParams>,
    ticks: usize,
    out: &mut OutputGradient,
) {
    let samples: usize = shards.iter().map(|s| s.samples).sum();
    let weight = 1.0 / samples as f32;
    let Some(output) = output else {
        shards.par_iter_mut().for_each(|s| count_step(s, weight));
        return;
    };
    let signs = output.weights.matrix();
    shards.par_iter_mut().for_each(|s| potential_step(s, output, &signs, ticks, weight));
    let classes = output.bias.len();
    out.latent = vec![0.0; output.weights.latent.len()];
    out.bias = vec![0.0; classes];
    out.scale = 0.0;
    for s in shards.iter() {
        out.latent.iter_mut().zip(&s.output_gradient).for_each(|(a, g)| *a += g);
        out.bias.iter_mut().zip(&s.bias_gradient).for_each(|(a, g)| *a += g);
        out.scale += s.bias_gradient[classes];
    }
}

fn potential_step(
    shard: &mut Shard,
    output: &OutputParams,
    signs: &Array2<f32>,
    ticks: usize,
    weight: f32,
) {
    let (inputs, classes) = signs.dim();
    let Some(last) = shard.layers.last_mut() else { return };
    let raster = &last.raster;
    let counts = Array2::from_shape_fn((shard.samples, inputs), |(s, i)| {
        raster[s * inputs + i].count_ones() as f32
    });
    let sums = counts.dot(signs);
    let mut gradient = Array2::<f32>::zeros((shard.samples, classes));
    let mut bias_gradient = vec![0.0; classes + 1];
    let mut logits = vec![0.0; classes];
    (shard.loss, shard.correct) = (0.0, 0);
    for (s, &label) in shard.labels.iter().enumerate() {
        for (c, logit) in logits.iter_mut().enumerate() {
            *logit = output.scale * sums[(s, c)] + ticks as f32 * output.bias[c];
        }
        let mut row = gradient.row_mut(s);
        let row = row.as_slice_mut().expect("row-major");
        shard.loss += f64::from(cross_entropy(&logits, label, weight, row));
        shard.correct += usize::from(argmax(&logits) == label);
        for (c, g) in row.iter().enumerate() {
            bias_gradient[c] += ticks as f32 * g;
            bias_gradient[classes] += g * sums[(s, c)];
        }
    }
    shard.output_gradient.resize(inputs * classes, 0.0);
    let dw = ArrayViewMut2::from_shape((inputs, classes), &mut shard.output_gradient);
    general_mat_mul(output.scale, &counts.t(), &gradient, 0.0, &mut dw.expect("[inputs][classes]"));
    let ds = ArrayViewMut2::from_shape((shard.samples, inputs), &mut last.upstream);
    general_mat_mul(output.scale, &gradient, &signs.t(), 0.0, &mut ds.expect("[samples][inputs]"));
    shard.bias_gradient = bias_gradient;
}

/// The counts themselves are the logits.
fn count_step(shard: &mut Shard, weight: f32) {
    let Some(last) = shard.layers.last_mut() else { return };
    let classes = last.raster.len() / shard.samples;
    (shard.loss, shard.correct) = (0.0, 0);
    let rows = last.raster.chunks_exact(classes).zip(last.upstream.chunks_exact_mut(classes));
    for ((raster, gradient), &label) in rows.zip(&shard.labels) {
        let logits: Vec<f32> = raster.iter().map(|r| r.count_ones() as f32).collect();
        shard.loss += f64::from(cross_entropy(&logits, label, weight, gradient));
        shard.correct += usize::from(argmax(&logits) == label);
    }
}
