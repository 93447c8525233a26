//! Gradients of weights over the whole batch. Those of dense layers are put together in blocks of
//! units: every block adds up all samples in order, so no sum is split between threads, and it stays
//! in the cache meanwhile. Those of convolutions are small; every shard has its own.

use super::{
    events::{EventList, GROUP, groups},
    lanes::{Buffer, LANES, Row, width},
    outer::{HalfSums, gather},
    params::LayerParams,
    shard::{LayerBuffers, Shard},
    weights::Weights,
};
use crate::simd::vectorized;
use rayon::prelude::*;

/// Input rows of one parallel piece when a gradient is put together.
const ROWS: usize = 56;

/// Gradient of the latent weights of layer `k`. `blocks` is reused from step to step.
pub fn feed_forward(
    shards: &[Shard],
    k: usize,
    layer: &LayerParams,
    ticks: usize,
    blocks: &mut Buffer<Row<f32>>,
) -> Vec<f32> {
    let (units, rows) = (layer.config.units(), layer.geometry.rows());
    if layer.geometry.is_dense() {
        dense(shards, k, units, rows, ticks, |l| (&l.events[..], &l.trace[..]), blocks);
    } else {
        blocks.clear();
        blocks.resize(width(units) * rows, [0.0; LANES]);
        for shard in shards {
            let pairs = blocks.as_flattened_mut().iter_mut();
            pairs.zip(shard.layers[k].dw.as_flattened()).for_each(|(a, d)| *a += d);
        }
    }
    finish(&layer.weights, blocks, units, rows)
}

/// Gradient of the recurrent latent weights of layer `k`, if it has any.
pub fn recurrent(
    shards: &[Shard],
    k: usize,
    layer: &LayerParams,
    ticks: usize,
    blocks: &mut Buffer<Row<f32>>,
) -> Vec<f32> {
    let Some(weights) = &layer.recurrent else { return Vec::new() };
    let n = weights.units;
    dense(shards, k, n, n, ticks, |l| (&l.own_events[..], &l.own_gradient[..]), blocks);
    finish(weights, blocks, n, n)
}

/// `dw[j][i] = Σ s_j·g_i` over samples and ticks, a block of all inputs per row of lanes.
fn dense(
    shards: &[Shard],
    k: usize,
    n: usize,
    inputs: usize,
    ticks: usize,
    of: impl Fn(&LayerBuffers) -> (&[Vec<EventList>], &[f32]) + Sync,
    blocks: &mut Buffer<Row<f32>>,
) {
    blocks.resize(width(n) * inputs, [0.0; LANES]);
    blocks.par_chunks_mut(inputs).enumerate().for_each(|(block, dw)| {
        vectorized(
            #[inline(always)]
            || {
                dw.fill([0.0; LANES]);
                let mut sums = HalfSums::new();
                for (events, g) in shards.iter().map(|s| of(&s.layers[k])) {
                    for (events, g) in events.iter().zip(g.chunks_exact(ticks * n)) {
                        sample(&mut sums, events, g, block * LANES, n, ticks, dw);
                    }
                }
            },
        );
    });
}

/// Adds one sample's gradient of the weights into the units `first .. first + LANES`.
#[inline(always)]
fn sample(
    sums: &mut HalfSums,
    events: &[EventList],
    g: &[f32],
    first: usize,
    n: usize,
    ticks: usize,
    dw: &mut [Row<f32>],
) {
    for (list, events) in events.iter().enumerate() {
        let (plane, group) = (list / groups(ticks), list % groups(ticks));
        let g = &g[group * GROUP * n + first..];
        let ticks = GROUP.min(ticks - group * GROUP);
        sums.take(&gather(g, n, ticks, n - first, plane), ticks);
        sums.add_to(events.all(), dw);
    }
}

/// From blocks of window rows to latent weights.
fn finish(weights: &Weights, blocks: &[Row<f32>], units: usize, rows: usize) -> Vec<f32> {
    let mut out = vec![0.0; rows * units];
    out.par_chunks_mut(ROWS * units).enumerate().for_each(|(piece, dw)| {
        for (j, row) in dw.chunks_exact_mut(units).enumerate() {
            for (block, to) in row.chunks_mut(LANES).enumerate() {
                let from = &blocks[block * rows + piece * ROWS + j];
                // A full row has a constant length.
                match <&mut Row<f32>>::try_from(&mut *to) {
                    Ok(full) => *full = *from,
                    Err(_) => to.copy_from_slice(&from[..to.len()]),
                }
            }
        }
    });
    weights.latent_gradient(out)
}
