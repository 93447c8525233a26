//! Backward pass of a layer over a run of samples: neurons through time, gate, batch norm, then the
//! gradients of a convolution's weights and of the spikes below.

use super::{
    events::{GROUP, groups},
    forward::{LayerView, affine_row},
    gate::{GateMode, gate_row_back},
    input_gradient::{Rows, input_gradient},
    lanes::LANES,
    neurons_back::{Back, Below, Neurons, PairsBack},
    outer::gather,
    params::LayerParams,
    recurrent::own_back,
    shard::{LayerBuffers, Shard},
};
use crate::simd::told;

/// Adds what later layers pass to layer `k` by residuals: 2^g times the gradients of their sums.
#[inline(always)]
pub fn residual_back(shard: &mut Shard, k: usize, layers: &[LayerParams], ticks: usize) {
    let n = layers[k].out().len();
    let (before, later) = shard.layers.split_at_mut(k + 1);
    let l = &mut before[k];
    for (r, layer) in layers.iter().enumerate().skip(k + 1) {
        let Some(residual) = layer.config.residual.filter(|r| r.from == k) else { continue };
        let from = &later[r - k - 1];
        let gain = (1u32 << residual.gain_log2) as f32;
        let size = shard.here.len() * ticks * n;
        let g = &from.trace[from.first * ticks * n..][..size];
        l.upstream[..size].iter_mut().zip(g).for_each(|(up, g)| *up += gain * g);
    }
}

/// Through reset, leak and spike of every sample of the run, last tick first, then through the gate
/// of the row; sums g and g·x̂. Without batch norm the gradient left is that of Z.
#[inline(always)]
pub fn neurons_back(
    shard: &mut Shard,
    k: usize,
    layer: &LayerParams,
    gate: Option<GateMode>,
    view: &LayerView,
    ticks: usize,
) {
    let count = shard.here.len();
    let l = &mut shard.layers[k];
    if layer.recurrent.is_some() {
        own_back(l, layer, gate, view, count, ticks, &mut shard.tables);
    } else {
        for s in 0..count {
            through_time(l, s, layer, gate, view, ticks);
        }
    }
    if layer.norm.on || layer.recurrent.is_some() {
        for s in 0..count {
            add_up(l, s, layer, view, ticks);
        }
    }
}

/// Leaves the gradient of X of sample `s` in its trace; without batch norm adds it up and leaves that
/// of Z.
#[inline(always)]
fn through_time(
    l: &mut LayerBuffers,
    s: usize,
    layer: &LayerParams,
    gate: Option<GateMode>,
    view: &LayerView,
    ticks: usize,
) {
    let n = layer.geometry.to.len();
    let rows = l.upstream_rows;
    let up = &l.upstream[s * rows * layer.out().len()..];
    let raster = &l.raster[s * n..][..n];
    let trace = &mut l.trace[(l.first + s) * ticks * n..][..ticks * n];
    let below = match layer.norm.on {
        true => Below::Nothing,
        false => Below::Sums { sums: &mut l.sums, a: &view.spread.a },
    };
    let neurons = Neurons { lif: &layer.lif, raster, trace, below };
    match &layer.pool {
        None => told(Back { neurons, up, rows }),
        Some(pool) if pool.is_pairs() && !layer.lif.attached => {
            told(PairsBack { neurons, pool, up })
        }
        Some(pool) => neurons.pooled_back(pool, up, &mut l.unpooled, &mut l.state),
    }
    let Some(mode) = gate else { return };
    let mut x = vec![0f32; n];
    for t in 0..ticks {
        let g = &mut l.trace[((l.first + s) * ticks + t) * n..][..n];
        let z = &l.z[(s * ticks + t) * n..][..n];
        affine_row(&view.spread.a, &view.spread.b, z, &mut x);
        gate_row_back(mode, &layer.fade, layer.config.units(), &x, g);
    }
}

/// Adds the gradients of X of sample `s` to the sums; without batch norm turns them into those of Z.
#[inline(always)]
fn add_up(l: &mut LayerBuffers, s: usize, layer: &LayerParams, view: &LayerView, ticks: usize) {
    let n = layer.geometry.to.len();
    let per_tick = l.sums.len() / n;
    let v = &view.spread;
    for t in 0..ticks {
        let g = &mut l.trace[((l.first + s) * ticks + t) * n..][..n];
        let sums = &mut l.sums[t % per_tick * n..][..n];
        if !layer.norm.on {
            for ((g, sum), a) in g.iter_mut().zip(sums).zip(&v.a) {
                *sum += *g;
                *g *= a;
            }
            continue;
        }
        let products = &mut l.products[t % per_tick * n..][..n];
        let (center, inverse) = (&v.center[..n], &v.inverse[..n]);
        let z = &l.z[(s * ticks + t) * n..][..n];
        for i in 0..n {
            sums[i] += g[i];
            products[i] += g[i] * (z[i] - center[i]) * inverse[i];
        }
        if layer.recurrent.is_some() {
            // x̂ of the whole drive: recurrent sums have the slope, too.
            let own = &l.own_z[(s * ticks + t) * n..][..n];
            for i in 0..n {
                products[i] += g[i] * own[i] * inverse[i];
            }
        }
    }
}

/// dL/dX to dL/dZ in place, for a layer with batch norm.
#[inline(always)]
pub fn norm_back(shard: &mut Shard, k: usize, layer: &LayerParams, view: &LayerView, ticks: usize) {
    let n = layer.geometry.to.len();
    let size = shard.here.len() * ticks * n;
    let l = &mut shard.layers[k];
    let trace = &mut l.trace[l.first * ticks * n..][..size];
    if !view.terms.is_empty() {
        for g in trace.chunks_exact_mut(ticks * n) {
            g.iter_mut().zip(&view.terms).for_each(|(g, (scale, shift))| *g = scale * *g + shift);
        }
    }
    let c = &view.coefficients[..n];
    let (center, inverse) = (&view.spread.center[..n], &view.spread.inverse[..n]);
    for (g, z) in trace.chunks_exact_mut(n).zip(l.z.chunks_exact(n)) {
        for i in 0..n {
            let (k, c0, c1) = c[i];
            g[i] = k * g[i] - c0 - c1 * (z[i] - center[i]) * inverse[i];
        }
    }
}

/// Adds the gradients of a convolution's window rows; those of dense layers are put together
/// block by block later.
#[inline(always)]
pub fn window_gradient(shard: &mut Shard, k: usize, layer: &LayerParams, ticks: usize) {
    let (geometry, n) = (&layer.geometry, layer.geometry.to.len());
    let (units, rows) = (geometry.to.channels, geometry.rows());
    let l = &mut shard.layers[k];
    for s in 0..shard.here.len() {
        let g = &l.trace[(l.first + s) * ticks * n..][..ticks * n];
        for (list, events) in l.events[l.first + s].iter().enumerate() {
            let (plane, group) = (list / groups(ticks), list % groups(ticks));
            let g = &g[group * GROUP * n..];
            let ticks = GROUP.min(ticks - group * GROUP);
            // A block of lanes of the gradient stays in the nearest cache through all windows.
            for (block, dw) in l.dw.chunks_exact_mut(rows).enumerate() {
                let first = block * LANES;
                for at in 0..geometry.to.positions() {
                    let events = events.window(geometry.runs(at), &mut l.window);
                    if !events.is_empty() {
                        let g = &g[at * units + first..];
                        l.half_sums.take(&gather(g, n, ticks, units - first, plane), ticks);
                        l.half_sums.add_to(events, dw);
                    }
                }
            }
        }
    }
}

/// Gradients of the spikes of layer `k − 1` from those of the sums of layer `k`.
#[inline(always)]
pub fn spikes_back(shard: &mut Shard, k: usize, layer: &LayerParams, ticks: usize) {
    let count = shard.here.len();
    let [below, l] = &mut shard.layers[k - 1..=k] else { return };
    let (n, inputs) = (layer.geometry.to.len(), layer.source.len());
    let rows = below.upstream_rows;
    let ds = &mut below.upstream[..count * rows * inputs];
    ds.fill(0.0);
    // When all ticks share the gradient, the first of each sample stands for it.
    let rows = Rows { count: count * rows, g: ticks / rows * n, ds: inputs };
    let g = &l.trace[l.first * ticks * n..];
    input_gradient(&layer.geometry, &layer.weights, rows, g, ds, &mut shard.tables);
}
