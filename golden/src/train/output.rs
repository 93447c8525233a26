//! The output side of a training step: logits, loss and gradients. `Potential` reads the sums of a
//! layer of its own, `logits = A·Σ_t Z(t) + T·bias`; `SpikeCount` counts the last layer's spikes.

use super::{
    loss::{Reading, argmax, cross_entropy},
    params::LayerParams,
    shard::Shard,
};

/// Loss of a run of samples. Leaves the gradient of Z of the read layer in its trace, or that of
/// the last layer's spikes in its `upstream`, per tick or shared by all ticks as the loss has it.
/// `bias` is that of the read layer.
#[inline(always)]
pub fn output(shard: &mut Shard, last: &LayerParams, bias: &[f32], reading: Reading, ticks: usize) {
    match last.scale.first() {
        Some(&scale) => potential(shard, scale, bias, reading, ticks),
        None => count(shard, reading, ticks),
    }
}

fn potential(shard: &mut Shard, scale: f32, bias: &[f32], reading: Reading, ticks: usize) {
    let (classes, here) = (bias.len(), shard.here.clone());
    let Some(l) = shard.layers.last_mut() else { return };
    let span = ticks / reading.rows;
    let (mut logits, mut total) = (vec![0.0; classes], vec![0.0; classes]);
    let (mut sums, mut gradient) = (vec![0.0; classes], vec![0.0; classes]);
    let outcomes = shard.outcomes[here.clone()].iter_mut();
    for (s, (&label, outcome)) in shard.labels[here].iter().zip(outcomes).enumerate() {
        outcome.loss = 0.0;
        total.fill(0.0);
        let z = &l.z[s * ticks * classes..][..ticks * classes];
        let trace = &mut l.trace[(l.first + s) * ticks * classes..][..ticks * classes];
        for (z, trace) in z.chunks_exact(span * classes).zip(trace.chunks_exact_mut(span * classes))
        {
            sums.fill(0.0);
            for z in z.chunks_exact(classes) {
                sums.iter_mut().zip(z).for_each(|(s, z)| *s += z);
            }
            for (c, logit) in logits.iter_mut().enumerate() {
                *logit = (scale * sums[c] + reading.ticks * bias[c]) * reading.factor;
                total[c] += *logit;
            }
            let loss = cross_entropy(&logits, label, reading.weight, &mut gradient);
            outcome.loss += f64::from(loss) / reading.rows as f64;
            for (c, g) in gradient.iter_mut().enumerate() {
                *g *= reading.factor;
                l.sums[c] += reading.ticks * *g;
                l.scale_gradient += *g * sums[c];
                *g *= scale;
            }
            for trace in trace.chunks_exact_mut(classes) {
                trace.copy_from_slice(&gradient);
            }
        }
        outcome.right = argmax(&total) == label;
        shard.loss += outcome.loss;
        shard.correct += usize::from(outcome.right);
    }
}

/// The counts themselves are the logits.
fn count(shard: &mut Shard, reading: Reading, ticks: usize) {
    let here = shard.here.clone();
    let Some(l) = shard.layers.last_mut() else { return };
    let classes = l.raster.len() / shard.run;
    let mut logits = vec![0.0; classes];
    let span = l.upstream_rows / reading.rows;
    let outcomes = shard.outcomes[here.clone()].iter_mut();
    for (s, (&label, outcome)) in shard.labels[here].iter().zip(outcomes).enumerate() {
        outcome.loss = 0.0;
        let raster = &l.raster[s * classes..][..classes];
        let upstream = &mut l.upstream[s * l.upstream_rows * classes..];
        for r in 0..reading.rows {
            for (logit, raster) in logits.iter_mut().zip(raster) {
                *logit = reading.factor * reading.count(*raster, r);
            }
            let (row, rest) =
                upstream[r * span * classes..][..span * classes].split_at_mut(classes);
            let loss = cross_entropy(&logits, label, reading.weight, row);
            outcome.loss += f64::from(loss) / reading.rows as f64;
            row.iter_mut().for_each(|g| *g *= reading.factor);
            for other in rest.chunks_exact_mut(classes) {
                other.copy_from_slice(row);
            }
        }
        for (logit, raster) in logits.iter_mut().zip(raster) {
            *logit = raster.count_ones() as f32;
        }
        outcome.right = argmax(&logits) == label;
        shard.loss += outcome.loss;
        shard.correct += usize::from(outcome.right);
    }
    debug_assert!(ticks >= reading.rows);
}
