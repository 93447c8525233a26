//! Recurrent weights: a dense layer also sees its own spikes of the tick before. Its batch norm is
//! that of the feed-forward sums; recurrent sums share the slope, so that both freeze to one scale:
//! `X(t) = a·(Z(t) + R·s(t − 1)) + b`.

use super::{
    forward::LayerView,
    gate::{GateMode, gate_row_back},
    geometry::{Geometry, Map},
    input_gradient::{Rows, input_gradient},
    lanes::LANES,
    lif::TickBack,
    params::LayerParams,
    pattern_sums::{PatternSums, Weight},
    shard::{LayerBuffers, Scratch},
    sign_gradient::SignTables,
    weights::{WeightRows, Weights},
};
use crate::simd::told;

/// `R·s(t − 1)` from a raster, zero in the first tick.
#[inline(always)]
pub fn own_sums(
    scratch: &mut Scratch,
    raster: &[u32],
    t: usize,
    weights: &Weights,
    out: &mut [f32],
) {
    out.fill(0.0);
    if t == 0 {
        return;
    }
    let spiking = raster.iter().enumerate().filter(|(_, r)| **r >> (t - 1) & 1 == 1);
    let events = spiking.map(|(j, _)| super::event(j, 1));
    match (scratch, &weights.rows) {
        (Scratch::Binary(sums), WeightRows::Binary(rows)) => add(sums, events, rows, out),
        (Scratch::Float(sums), WeightRows::Float(rows)) => add(sums, events, rows, out),
        _ => unreachable!("buffers are made for the layer's kind of weights"),
    }
}

#[inline(always)]
fn add<W: Weight>(
    sums: &mut PatternSums<W>,
    events: impl Iterator<Item = u32>,
    rows: &[super::Row<W>],
    out: &mut [f32],
) {
    sums.clear(1);
    for event in events {
        sums.add(&[event], rows);
    }
    sums.read(|_, c, sum| {
        for (out, s) in out[c * LANES..].iter_mut().zip(sum) {
            *out = W::float(*s);
        }
    });
}

/// Through reset, leak, spike, gate and recurrent weights of a run of samples, last tick first. The
/// gradient of X is left in `trace`, that of the recurrent sums in `own_gradient`.
#[inline(always)]
pub fn own_back(
    l: &mut LayerBuffers,
    layer: &LayerParams,
    gate: Option<GateMode>,
    view: &LayerView,
    count: usize,
    ticks: usize,
    tables: &mut SignTables,
) {
    let Some(weights) = &layer.recurrent else { return };
    let n = layer.geometry.to.len();
    let flat = Map::flat(n);
    let square = Geometry { from: flat, to: flat, kernel: 1, stride: 1, padding: 0, average: 1 };
    let (mut carry, mut later) = (vec![0f32; count * n], vec![0f32; count * n]);
    let (mut x, mut ds) = (vec![0f32; n], vec![0f32; n]);
    let (a, b) = (&view.spread.a[..n], &view.spread.b[..n]);
    let first = l.first * ticks * n;
    for t in (0..ticks).rev() {
        for s in 0..count {
            let row = s * ticks + t;
            let rows = l.upstream_rows;
            let up = &l.upstream[(s * rows + t % rows) * n..][..n];
            for i in 0..n {
                ds[i] = up[i] + later[s * n + i];
            }
            let g = &mut l.trace[first + row * n..][..n];
            let raster = &l.raster[s * n..][..n];
            let carry = &mut carry[s * n..][..n];
            told(TickBack { lif: &layer.lif, ds: &ds, carry, g, raster, t });
            let (z, own) = (&l.z[row * n..][..n], &l.own_z[row * n..][..n]);
            if let Some(mode) = gate {
                for i in 0..n {
                    x[i] = a[i] * (z[i] + own[i]) + b[i];
                }
                gate_row_back(mode, layer.fade, layer.config.units(), &x, g);
            }
            let own_g = &mut l.own_gradient[first + row * n..][..n];
            for i in 0..n {
                own_g[i] = a[i] * g[i];
            }
        }
        later.fill(0.0);
        let rows = Rows { count, g: ticks * n, ds: n };
        let g = &l.own_gradient[first + t * n..];
        input_gradient(&square, weights, rows, g, &mut later, tables);
    }
}
