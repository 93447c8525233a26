//! The output side of a training step: logits, loss and gradients down to the spikes of the last
//! hidden layer. `Potential` has a binary layer of its own,
//! `logits = A·Σ_t s_t·sign(W) + T·bias`; `SpikeCount` reads the last hidden layer's counts.

use super::{
    loss::{Loss, Reading, argmax, cross_entropy},
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

/// Loss and gradients of a batch; leaves the gradient of the last hidden layer's spikes in its
/// `upstream`, per tick or shared by all ticks as the loss has it.
pub fn output_step(
    shards: &mut [Shard],
    output: Option<&OutputParams>,
    loss: Loss,
    ticks: usize,
    out: &mut OutputGradient,
) {
    let samples: usize = shards.iter().map(|s| s.samples).sum();
    let reading = loss.reading(ticks, samples);
    let Some(output) = output else {
        shards.par_iter_mut().for_each(|s| count_step(s, reading));
        return;
    };
    let signs = output.weights.matrix();
    shards.par_iter_mut().for_each(|s| potential_step(s, output, &signs, reading));
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

fn potential_step(shard: &mut Shard, output: &OutputParams, signs: &Array2<f32>, reading: Reading) {
    let (inputs, classes) = signs.dim();
    let Some(last) = shard.layers.last_mut() else { return };
    let (raster, rows) = (&last.raster, shard.samples * reading.rows);
    let counts = Array2::from_shape_fn((rows, inputs), |(r, i)| {
        reading.count(raster[r / reading.rows * inputs + i], r % reading.rows)
    });
    let sums = counts.dot(signs);
    let mut gradient = Array2::<f32>::zeros((rows, classes));
    let mut bias_gradient = vec![0.0; classes + 1];
    let (mut logits, mut total) = (vec![0.0; classes], vec![0.0; classes]);
    (shard.loss, shard.correct) = (0.0, 0);
    for (s, &label) in shard.labels.iter().enumerate() {
        total.fill(0.0);
        for r in s * reading.rows..(s + 1) * reading.rows {
            for (c, logit) in logits.iter_mut().enumerate() {
                *logit =
                    (output.scale * sums[(r, c)] + reading.ticks * output.bias[c]) * reading.factor;
                total[c] += *logit;
            }
            let mut row = gradient.row_mut(r);
            let row = row.as_slice_mut().expect("row-major");
            let loss = cross_entropy(&logits, label, reading.weight, row);
            shard.loss += f64::from(loss) / reading.rows as f64;
            for (c, g) in row.iter_mut().enumerate() {
                *g *= reading.factor;
                bias_gradient[c] += reading.ticks * *g;
                bias_gradient[classes] += *g * sums[(r, c)];
            }
        }
        shard.correct += usize::from(argmax(&total) == label);
    }
    shard.output_gradient.resize(inputs * classes, 0.0);
    let dw = ArrayViewMut2::from_shape((inputs, classes), &mut shard.output_gradient);
    general_mat_mul(output.scale, &counts.t(), &gradient, 0.0, &mut dw.expect("[inputs][classes]"));
    let ds = ArrayViewMut2::from_shape((rows, inputs), &mut last.upstream);
    general_mat_mul(output.scale, &gradient, &signs.t(), 0.0, &mut ds.expect("[rows][inputs]"));
    shard.bias_gradient = bias_gradient;
}

/// The counts themselves are the logits.
fn count_step(shard: &mut Shard, reading: Reading) {
    let Some(last) = shard.layers.last_mut() else { return };
    let classes = last.raster.len() / shard.samples;
    let mut logits = vec![0.0; classes];
    (shard.loss, shard.correct) = (0.0, 0);
    let upstream = last.upstream.chunks_exact_mut(classes * reading.rows);
    for ((raster, gradient), &label) in
        last.raster.chunks_exact(classes).zip(upstream).zip(&shard.labels)
    {
        for (r, gradient) in gradient.chunks_exact_mut(classes).enumerate() {
            for (logit, raster) in logits.iter_mut().zip(raster) {
                *logit = reading.factor * reading.count(*raster, r);
            }
            let loss = cross_entropy(&logits, label, reading.weight, gradient);
            shard.loss += f64::from(loss) / reading.rows as f64;
            gradient.iter_mut().for_each(|g| *g *= reading.factor);
        }
        for (logit, raster) in logits.iter_mut().zip(raster) {
            *logit = raster.count_ones() as f32;
        }
        shard.correct += usize::from(argmax(&logits) == label);
    }
}
