//! Backward pass of one hidden layer over a batch: neurons through time, gate, batch norm, then
//! the gradients of the weights and, for all layers but the first, of the input spikes.

use super::{
    batch_norm::Affine,
    events::{GROUP, add_outer},
    forward::{LayerView, affine_row},
    gate::{GateMode, batch_terms, gate_row_back},
    lanes::{LANES, Row, width},
    params::LayerParams,
    shard::{LayerBuffers, Shard},
};
use crate::simd::vectorized;
use ndarray::{ArrayView2, ArrayViewMut2, linalg::general_mat_mul};
use rayon::prelude::*;

/// Input rows of one parallel piece when the weight gradient is put together.
const ROWS: usize = 56;

/// Gradients of a hidden layer.
#[derive(Clone, Debug, Default)]
pub struct LayerGradient {
    /// Of the latent weights, `[inputs][neurons]`.
    pub latent: Vec<f32>,
    /// Of the gain.
    pub gain: Vec<f32>,
    /// Of β.
    pub beta: Vec<f32>,
    /// Of the weights, a block of all inputs per row of lanes: `[width(neurons)][inputs]`.
    blocks: Vec<Row<f32>>,
}

/// Runs layer `k` backward; its `upstream` is in place, per tick or shared by all ticks.
pub fn layer_backward(
    shards: &mut [Shard],
    k: usize,
    layer: &LayerParams,
    gate: Option<GateMode>,
    ticks: usize,
    view: &LayerView,
    out: &mut LayerGradient,
) {
    let n = layer.weights.neurons;
    let samples: usize = shards.iter().map(|s| s.samples).sum();
    shards.par_iter_mut().for_each(|s| {
        let l = &mut s.layers[k];
        vectorized(
            #[inline(always)]
            || neurons_back(l, layer, gate, ticks, view),
        );
    });

    let mut sum_g = vec![0f64; ticks * n];
    let mut sum_gx = vec![0f64; ticks * n];
    for shard in shards.iter() {
        let l = &shard.layers[k];
        sum_g.iter_mut().zip(&l.sums).for_each(|(a, s)| *a += f64::from(*s));
        sum_gx.iter_mut().zip(&l.products).for_each(|(a, s)| *a += f64::from(*s));
    }
    let terms = (gate == Some(GateMode::Batch))
        .then(|| gate_terms(layer, view, samples, &mut sum_g, &mut sum_gx));
    let fold = |per_tick: &[f64]| {
        let mut sum = vec![0f64; n];
        for tick in per_tick.chunks_exact(n) {
            sum.iter_mut().zip(tick).for_each(|(a, s)| *a += s);
        }
        sum
    };
    let (sum_g, sum_gx) = (fold(&sum_g), fold(&sum_gx));
    let coefficients = layer.norm.backward(&view.affine, &sum_g, &sum_gx, samples * ticks);
    out.beta = sum_g.iter().map(|g| *g as f32).collect();
    out.gain = sum_gx.iter().map(|g| if layer.norm.on { *g as f32 } else { 0.0 }).collect();

    if layer.norm.on {
        shards.par_iter_mut().for_each(|s| {
            let l = &mut s.layers[k];
            vectorized(
                #[inline(always)]
                || norm_back(l, &view.affine, &coefficients, terms.as_deref()),
            );
        });
    }
    weight_gradient(shards, k, layer, ticks, out);
    if k > 0 {
        let signs = layer.weights.matrix();
        shards.par_iter_mut().for_each(|shard| {
            let [before, here] = &mut shard.layers[k - 1..=k] else { return };
            let rows = here.slope.len() / n;
            let inputs = layer.weights.inputs;
            let g = ArrayView2::from_shape((rows, n), &here.slope).expect("[rows][neurons]");
            let size = rows * inputs;
            let ds = ArrayViewMut2::from_shape((rows, inputs), &mut before.upstream[..size]);
            let mut ds = ds.expect("[rows][inputs]");
            general_mat_mul(1.0, &g, &signs.t(), 0.0, &mut ds);
        });
    }
}

/// Through reset, leak and spike of every sample, last tick first, then through the gate of the
/// row; sums g and g·x̂ per tick and neuron. Without batch norm the gradient left is that of Z.
#[inline(always)]
fn neurons_back(
    l: &mut LayerBuffers,
    layer: &LayerParams,
    gate: Option<GateMode>,
    ticks: usize,
    view: &LayerView,
) {
    let n = layer.weights.neurons;
    let affine = &view.affine;
    let (mut carry, mut x) = (vec![0f32; n], vec![0f32; n]);
    l.sums.fill(0.0);
    l.products.fill(0.0);
    let samples = l.raster.len() / n;
    let shared = l.upstream.len() == samples * n;
    for s in 0..samples {
        carry.fill(0.0);
        let raster = &l.raster[s * n..][..n];
        for t in (0..ticks).rev() {
            let row = s * ticks + t;
            let ds = &l.upstream[if shared { s } else { row } * n..][..n];
            let g = &mut l.slope[row * n..][..n];
            layer.lif.tick_back(ds, &mut carry, g, raster, t);
            let sums = &mut l.sums[t * n..][..n];
            if !layer.norm.on {
                for ((g, sum), a) in g.iter_mut().zip(sums).zip(&affine.a) {
                    *sum += *g;
                    *g *= a;
                }
                continue;
            }
            let z = &l.z[row * n..][..n];
            if let Some(mode) = gate {
                affine_row(affine, z, &mut x);
                gate_row_back(mode, layer.fade, &x, g);
            }
            let products = &mut l.products[t * n..][..n];
            let (center, inverse) = (&affine.center[..n], &affine.inverse[..n]);
            for i in 0..n {
                sums[i] += g[i];
                products[i] += g[i] * (z[i] - center[i]) * inverse[i];
            }
        }
    }
}

/// `Batch` gate: (scale, shift) per tick and neuron, and the sums of g and g·x̂ behind the gate.
fn gate_terms(
    layer: &LayerParams,
    view: &LayerView,
    samples: usize,
    sum_g: &mut [f64],
    sum_gx: &mut [f64],
) -> Vec<(f32, f32)> {
    let n = layer.weights.neurons;
    (0..sum_g.len())
        .map(|cell| {
            let (gain, beta) = (layer.norm.gain[cell % n], layer.norm.beta[cell % n]);
            let dot = f64::from(gain) * sum_gx[cell] + f64::from(beta) * sum_g[cell];
            let (scale, shift) = batch_terms(layer.fade, view.table[cell], dot as f32, samples);
            let (s, h) = (f64::from(scale), f64::from(shift));
            sum_g[cell] = s * sum_g[cell] + h * samples as f64;
            sum_gx[cell] = s * sum_gx[cell] + h * f64::from(view.hat_sums[cell]);
            (scale, shift)
        })
        .collect()
}

/// dL/dX to dL/dZ in place.
#[inline(always)]
fn norm_back(
    l: &mut LayerBuffers,
    affine: &Affine,
    coefficients: &[(f32, f32, f32)],
    terms: Option<&[(f32, f32)]>,
) {
    let n = coefficients.len();
    let (center, inverse) = (&affine.center[..n], &affine.inverse[..n]);
    if let Some(terms) = terms {
        for g in l.slope.chunks_exact_mut(terms.len()) {
            g.iter_mut().zip(terms).for_each(|(g, (scale, shift))| *g = scale * *g + shift);
        }
    }
    for (g, z) in l.slope.chunks_exact_mut(n).zip(l.z.chunks_exact(n)) {
        for i in 0..n {
            let (k, c0, c1) = coefficients[i];
            g[i] = k * g[i] - c0 - c1 * (z[i] - center[i]) * inverse[i];
        }
    }
}

/// `dw[j][i] = Σ s_j·g_i` over samples and ticks, in blocks of neurons: every block adds up all
/// samples in order, so no sum is split between threads, and it stays in the cache meanwhile.
fn weight_gradient(
    shards: &[Shard],
    k: usize,
    layer: &LayerParams,
    ticks: usize,
    out: &mut LayerGradient,
) {
    let (n, inputs) = (layer.weights.neurons, layer.weights.inputs);
    out.blocks.resize(width(n) * inputs, [0.0; LANES]);
    out.blocks.par_chunks_mut(inputs).enumerate().for_each(|(block, dw)| {
        vectorized(
            #[inline(always)]
            || {
                dw.fill([0.0; LANES]);
                for l in shards.iter().map(|s| &s.layers[k]) {
                    for (events, g) in l.events.iter().zip(l.slope.chunks_exact(ticks * n)) {
                        sample_gradient(events, g, block * LANES, n, dw);
                    }
                }
            },
        );
    });
    out.latent.resize(inputs * n, 0.0);
    let blocks = &out.blocks;
    out.latent.par_chunks_mut(ROWS * n).enumerate().for_each(|(piece, dw)| {
        for (j, row) in dw.chunks_exact_mut(n).enumerate() {
            for (block, to) in row.chunks_mut(LANES).enumerate() {
                let from = &blocks[block * inputs + piece * ROWS + j];
                to.copy_from_slice(&from[..to.len()]);
            }
        }
    });
}

/// Adds one sample's gradient of the weights into the neurons `first .. first + LANES`.
#[inline(always)]
fn sample_gradient(events: &[Vec<u32>], g: &[f32], first: usize, n: usize, dw: &mut [Row<f32>]) {
    let here = first..(first + LANES).min(n);
    for (events, g) in events.iter().zip(g.chunks(GROUP * n)) {
        let mut block = [[0.0; LANES]; GROUP];
        for (to, from) in block.iter_mut().zip(g.chunks_exact(n)) {
            let from = &from[here.clone()];
            // A full row has a constant length.
            match from.try_into() {
                Ok(row) => *to = row,
                Err(_) => to[..from.len()].copy_from_slice(from),
            }
        }
        add_outer(events, &block, dw);
    }
}
