//! Forward pass of one hidden layer over a batch: sums of weights from events, batch statistics,
//! then batch norm, gate and neurons. Without batch norm there are no statistics to wait for, and
//! every sample goes all the way at once.

use super::{
    batch_norm::Affine,
    events::{GROUP, Weight as _, push_events},
    gate::{GateMode, gate_row, sigmoid},
    params::{LayerParams, WeightRows},
    shard::{LayerBuffers, Scratch, Shard},
};
use crate::simd::vectorized;
use rayon::prelude::*;

/// What the backward pass needs besides the shards' buffers.
#[derive(Clone, Debug, Default)]
pub struct LayerView {
    /// Batch norm of this batch.
    pub affine: Affine,
    /// Gate of this batch per tick and neuron (`Batch` mode).
    pub table: Vec<f32>,
    /// `Σ_b x̂` per tick and neuron, for the gate's gradient (`Batch` mode).
    pub hat_sums: Vec<f32>,
}

/// Runs layer `k` over all shards; its input events are in place. Leaves rasters and slopes.
pub fn layer_forward(
    shards: &mut [Shard],
    k: usize,
    layer: &mut LayerParams,
    gate: Option<GateMode>,
    ticks: usize,
    view: &mut LayerView,
) {
    let n = layer.weights.neurons;
    let alpha = layer.weights.scale(layer.config.weight_scale);
    if !layer.norm.on {
        layer.norm.forward(&alpha, &[], &[], 0, &mut view.affine);
        let (layer, affine) = (&*layer, &view.affine);
        shards.par_iter_mut().for_each(|shard| {
            let l = &mut shard.layers[k];
            vectorized(
                #[inline(always)]
                || whole_samples(l, layer, affine, ticks),
            );
        });
        return;
    }
    let rows = &layer.weights.rows;
    shards.par_iter_mut().for_each(|shard| {
        let l = &mut shard.layers[k];
        vectorized(
            #[inline(always)]
            || all_sums(l, rows, n, ticks),
        );
    });

    let samples: usize = shards.iter().map(|s| s.samples).sum();
    let mut per_tick = vec![0f64; ticks * n];
    let mut squares = vec![0f64; n];
    for shard in shards.iter() {
        let l = &shard.layers[k];
        per_tick.iter_mut().zip(&l.sums).for_each(|(a, s)| *a += f64::from(*s));
        squares.iter_mut().zip(&l.products[..n]).for_each(|(a, s)| *a += f64::from(*s));
    }
    let mut sum = vec![0f64; n];
    for tick in per_tick.chunks_exact(n) {
        sum.iter_mut().zip(tick).for_each(|(a, s)| *a += s);
    }
    layer.norm.forward(&alpha, &sum, &squares, samples * ticks, &mut view.affine);
    if gate == Some(GateMode::Batch) {
        let v = &view.affine;
        let cell = |f: &dyn Fn(usize, f32) -> f32| -> Vec<f32> {
            per_tick.iter().enumerate().map(|(c, s)| f(c % n, *s as f32)).collect()
        };
        let b = samples as f32;
        view.table = cell(&|i, s| sigmoid(v.a[i] * s / b + v.b[i]));
        view.hat_sums = cell(&|i, s| (s - b * v.center[i]) * v.inverse[i]);
        let running = layer.gate_table.iter_mut().zip(&view.table);
        running.for_each(|(r, a)| *r += 0.1 * (a - *r));
    }

    let (shared, affine, table): (&LayerParams, _, _) = (layer, &view.affine, &view.table);
    shards.par_iter_mut().for_each(|shard| {
        let l = &mut shard.layers[k];
        vectorized(
            #[inline(always)]
            || all_neurons(l, shared, gate, affine, table, ticks),
        );
    });
    if gate.is_some() && layer.fade.r == 0.0 {
        let sum: f32 = shards.iter().map(|s| s.layers[k].alpha_sum).sum();
        layer.fade.c += 0.01 * (sum / (samples * ticks) as f32 - layer.fade.c);
    }
}

/// Z of one sample.
#[inline(always)]
fn sums(scratch: &mut Scratch, events: &[Vec<u32>], weights: &WeightRows, n: usize, z: &mut [f32]) {
    for (events, z) in events.iter().zip(z.chunks_mut(GROUP * n)) {
        match (&mut *scratch, weights) {
            (Scratch::Binary(sums), WeightRows::Binary(rows)) => {
                sums.product(events, rows, n, z, i8::float);
            }
            (Scratch::Float(sums), WeightRows::Float(rows)) => {
                sums.product(events, rows, n, z, f32::float);
            }
            _ => unreachable!("buffers are made for the layer's kind of weights"),
        }
    }
}

/// Sums and neurons of every sample of a shard, for a layer without batch norm (hence no gate).
#[inline(always)]
fn whole_samples(l: &mut LayerBuffers, layer: &LayerParams, affine: &Affine, ticks: usize) {
    let n = layer.weights.neurons;
    let (mut x, mut v) = (vec![0f32; n], vec![0f32; n]);
    l.raster.fill(0);
    let samples = l.events.iter().zip(l.slope.chunks_exact_mut(ticks * n));
    for ((events, slope), raster) in samples.zip(l.raster.chunks_exact_mut(n)) {
        sums(&mut l.scratch, events, &layer.weights.rows, n, &mut l.z);
        v.fill(0.0);
        for (t, (z, slope)) in l.z.chunks_exact(n).zip(slope.chunks_exact_mut(n)).enumerate() {
            affine_row(affine, z, &mut x);
            layer.lif.tick(&x, &mut v, slope, raster, t);
        }
    }
}

/// Z of every sample and tick, with its sums per tick and neuron and those of its square.
#[inline(always)]
fn all_sums(l: &mut LayerBuffers, weights: &WeightRows, n: usize, ticks: usize) {
    l.sums.fill(0.0);
    l.products.fill(0.0);
    for (events, z) in l.events.iter().zip(l.z.chunks_exact_mut(ticks * n)) {
        sums(&mut l.scratch, events, weights, n, z);
        for (z, sum) in z.chunks_exact(n).zip(l.sums.chunks_exact_mut(n)) {
            for ((z, sum), square) in z.iter().zip(sum).zip(&mut l.products[..n]) {
                *sum += z;
                *square += z * z;
            }
        }
    }
}

/// Batch norm, gate and neurons of every sample of a shard.
#[inline(always)]
fn all_neurons(
    l: &mut LayerBuffers,
    layer: &LayerParams,
    gate: Option<GateMode>,
    affine: &Affine,
    table: &[f32],
    ticks: usize,
) {
    let n = layer.weights.neurons;
    let (mut x, mut v) = (vec![0f32; n], vec![0f32; n]);
    l.raster.fill(0);
    l.alpha_sum = 0.0;
    let samples = l.z.chunks_exact(ticks * n).zip(l.slope.chunks_exact_mut(ticks * n));
    for ((z, slope), raster) in samples.zip(l.raster.chunks_exact_mut(n)) {
        v.fill(0.0);
        for (t, (z, slope)) in z.chunks_exact(n).zip(slope.chunks_exact_mut(n)).enumerate() {
            affine_row(affine, z, &mut x);
            if let Some(mode) = gate {
                let table = table.get(t * n..(t + 1) * n).unwrap_or(&[]);
                l.alpha_sum += gate_row(mode, layer.fade, table, &mut x);
            }
            layer.lif.tick(&x, &mut v, slope, raster, t);
        }
    }
}

/// `x = a·z + b`
#[inline(always)]
pub fn affine_row(affine: &Affine, z: &[f32], x: &mut [f32]) {
    for (((x, z), a), b) in x.iter_mut().zip(z).zip(&affine.a).zip(&affine.b) {
        *x = a * z + b;
    }
}

/// Turns the spikes of layer `k` into the events of layer `k + 1`.
pub fn pass_spikes(shard: &mut Shard, k: usize) {
    let [from, to] = &mut shard.layers[k..k + 2] else { return };
    let n = from.raster.len() / shard.samples;
    for (raster, events) in from.raster.chunks_exact(n).zip(&mut to.events) {
        for (group, events) in events.iter_mut().enumerate() {
            push_events(raster.iter().copied().enumerate(), group, events);
        }
    }
}
