//! Forward pass of a layer over a run of samples: sums of weights from events, then batch norm, gate
//! and neurons.

use super::{
    batch_norm::Affine,
    events::{EventList, GROUP, groups},
    gate::{GateMode, gate_row},
    geometry::Geometry,
    lanes::{LANES, Row, width},
    lif::{Lif, Tick},
    params::LayerParams,
    pattern_sums::{PatternSums, SMALL, Weight, small_window},
    recurrent::own_sums,
    shard::{LayerBuffers, Scratch, Shard},
    vector::{lanes, load, store, store_words},
    weights::WeightRows,
};
use crate::simd::told;
use pulp::{Simd, WithSimd};
use std::ops::Range;

/// Neurons that go through all ticks together: their state stays in the nearest cache.
const BLOCK: usize = 512;

/// Positions of a map that go through all ticks together, at least one.
pub fn block(layer: &LayerParams) -> usize {
    (BLOCK / layer.geometry.to.channels).max(1)
}

/// What one batch knows of a layer.
#[derive(Clone, Debug, Default)]
pub struct LayerView {
    /// Batch norm of this batch per unit.
    pub affine: Affine,
    /// The same per neuron.
    pub spread: Affine,
    /// Gate of this batch per tick and neuron (`Batch` mode).
    pub table: Vec<f32>,
    /// `Σ_b x̂` per tick and unit, for the gate's gradient (`Batch` mode).
    pub hat_sums: Vec<f32>,
    /// (scale, shift) of the gate's gradient per tick and neuron (`Batch` mode).
    pub terms: Vec<(f32, f32)>,
    /// Coefficients of batch norm's gradient per neuron.
    pub coefficients: Vec<(f32, f32, f32)>,
}

impl LayerView {
    /// Repeats the affine values of every unit for the positions of its map.
    pub fn spread(&mut self, positions: usize) {
        let v = &self.affine;
        self.spread = Affine {
            a: v.a.repeat(positions),
            b: v.b.repeat(positions),
            center: v.center.repeat(positions),
            inverse: v.inverse.repeat(positions),
        };
    }
}

/// Z of a run of samples of layer `k`, with its sums when a batch norm wants them.
#[inline(always)]
pub fn layer_sums(shard: &mut Shard, k: usize, layer: &LayerParams, ticks: usize) {
    let (count, n) = (shard.here.len(), layer.geometry.to.len());
    let (before, from) = shard.layers.split_at_mut(k);
    let l = &mut from[0];
    if l.streams {
        return;
    }
    for s in 0..count {
        let z = &mut l.z[s * ticks * n..][..ticks * n];
        let events = &l.events[l.first + s];
        let all = 0..layer.geometry.to.positions();
        let scratch = (&mut l.scratch, &mut l.window);
        sums(scratch, events, layer, all, ticks, z);
        if let Some(r) = layer.config.residual {
            let raster = &before[r.from].out()[s * n..][..n];
            add_residual(raster, r.gain_log2, z);
        }
    }
    if layer.norm.on {
        collect(l, n, count, ticks);
    }
}

/// Z of one sample at some positions of the map, `[tick][position and unit]`.
#[inline(always)]
fn sums(
    (scratch, room): (&mut Scratch, &mut Vec<u32>),
    events: &[EventList],
    layer: &LayerParams,
    positions: Range<usize>,
    ticks: usize,
    z: &mut [f32],
) {
    let n = positions.len() * layer.geometry.to.channels;
    for (list, events) in events.iter().enumerate() {
        let (plane, group) = (list / groups(ticks), list % groups(ticks));
        let first = group * GROUP;
        let z = &mut z[first * n..][..GROUP.min(ticks - first) * n];
        let positions = positions.clone();
        match (&mut *scratch, &layer.weights.rows) {
            (_, WeightRows::Binary(rows)) if layer.geometry.rows() <= SMALL => {
                small_windows(room, events, &layer.geometry, positions, rows, plane, z);
            }
            (Scratch::Binary(sums), WeightRows::Binary(rows)) => {
                windows((sums, room), events, &layer.geometry, positions, rows, plane, z);
            }
            (Scratch::Float(sums), WeightRows::Float(rows)) => {
                windows((sums, room), events, &layer.geometry, positions, rows, plane, z);
            }
            _ => unreachable!("buffers are made for the layer's kind of weights"),
        }
    }
}

/// `z[t][i] = Σ_j s_j[t]·w[j][i]` over the ticks of one group, for every window; plane `q` of an
/// input counts 2^q and adds to the planes before it.
#[inline(always)]
fn windows<W: Weight>(
    (sums, room): (&mut PatternSums<W>, &mut Vec<u32>),
    events: &EventList,
    geometry: &Geometry,
    positions: Range<usize>,
    rows: &[Row<W>],
    plane: usize,
    z: &mut [f32],
) {
    let units = geometry.to.channels;
    let n = positions.len() * units;
    let ticks = z.len() / n;
    let factor = (1u32 << plane) as f32;
    for (here, at) in positions.enumerate() {
        let events = events.window(geometry.runs(at), room);
        if events.is_empty() && plane == 0 {
            for z in z.chunks_exact_mut(n) {
                z[here * units..][..units].fill(0.0);
            }
        }
        if events.is_empty() {
            continue;
        }
        sums.clear(ticks);
        sums.add(events, rows);
        sums.read(
            #[inline(always)]
            |t, c, sum| {
                let first = c * LANES;
                let z = &mut z[t * n + here * units + first..][..LANES.min(units - first)];
                // A full row has a constant length; values are converted in each branch, or the
                // branches become one copy of unknown length.
                if plane > 0 {
                    for (z, s) in z.iter_mut().zip(sum) {
                        *z += factor * W::float(*s);
                    }
                } else if let Ok(z) = <&mut Row<f32>>::try_from(&mut *z) {
                    for k in 0..LANES {
                        z[k] = W::float(sum[k]);
                    }
                } else {
                    for (z, s) in z.iter_mut().zip(sum) {
                        *z = W::float(*s);
                    }
                }
            },
        );
    }
}

/// The same for windows of at most [`SMALL`] inputs.
#[inline(always)]
fn small_windows(
    room: &mut Vec<u32>,
    events: &EventList,
    geometry: &Geometry,
    positions: Range<usize>,
    signs: &[Row<i8>],
    plane: usize,
    z: &mut [f32],
) {
    let units = geometry.to.channels;
    let n = positions.len() * units;
    let ticks = z.len() / n;
    let factor = (1u32 << plane) as f32;
    for (here, at) in positions.enumerate() {
        let events = events.window(geometry.runs(at), room);
        for row in 0..width(units) {
            let sums = small_window(events, signs, width(units), row);
            let first = row * LANES;
            let len = LANES.min(units - first);
            for (t, sums) in sums.as_flattened().iter().enumerate().take(ticks) {
                let z = &mut z[t * n + here * units + first..][..len];
                if plane > 0 {
                    for (z, s) in z.iter_mut().zip(sums) {
                        *z += factor * f32::from(*s);
                    }
                } else if let Ok(z) = <&mut Row<f32>>::try_from(&mut *z) {
                    // A full row has a constant length.
                    for k in 0..LANES {
                        z[k] = f32::from(sums[k]);
                    }
                } else {
                    for (z, s) in z.iter_mut().zip(sums) {
                        *z = f32::from(*s);
                    }
                }
            }
        }
    }
}

/// Adds 2^g for every spike of a layer of the same shape.
#[inline(always)]
fn add_residual(raster: &[u32], gain_log2: u8, z: &mut [f32]) {
    let gain = (1u32 << gain_log2) as f32;
    for (t, z) in z.chunks_exact_mut(raster.len()).enumerate() {
        for (z, r) in z.iter_mut().zip(raster) {
            *z += if r >> t & 1 == 1 { gain } else { 0.0 };
        }
    }
}

/// Adds a run's Z and Z² to the sums per neuron (`Batch` gate: Z per tick and neuron).
#[inline(always)]
fn collect(l: &mut LayerBuffers, n: usize, count: usize, ticks: usize) {
    let per_tick = l.sums.len() / n;
    for (row, z) in l.z[..count * ticks * n].chunks_exact(n).enumerate() {
        let sums = &mut l.sums[row % ticks % per_tick * n..][..n];
        for ((z, sum), square) in z.iter().zip(sums).zip(&mut l.products[..n]) {
            *sum += z;
            *square += z * z;
        }
    }
}

/// Batch norm, gate and neurons of a run of samples; leaves rasters, distances and pooled rasters.
#[inline(always)]
pub fn neurons(
    shard: &mut Shard,
    k: usize,
    layer: &LayerParams,
    gate: Option<GateMode>,
    view: &LayerView,
    ticks: usize,
) {
    let (count, n) = (shard.here.len(), layer.geometry.to.len());
    let (before, from) = shard.layers.split_at_mut(k);
    let l = &mut from[0];
    l.raster[..count * n].fill(0);
    for s in 0..count {
        let residual = layer.config.residual.map(|r| {
            let raster = &before[r.from].out()[s * n..][..n];
            (raster, r.gain_log2)
        });
        if gate.is_some() || layer.recurrent.is_some() {
            whole_rows(l, s, layer, gate, view, ticks);
        } else {
            blocks(l, s, layer, residual, view, ticks);
        }
        if let Some(pool) = &layer.pool {
            let m = pool.to.len();
            pool.forward(&l.raster[s * n..][..n], &mut l.pooled[s * m..][..m]);
        }
    }
}

/// One sample, block by block through all ticks. Where nobody else wants Z, it is added up here.
#[inline(always)]
fn blocks(
    l: &mut LayerBuffers,
    s: usize,
    layer: &LayerParams,
    residual: Option<(&[u32], u8)>,
    view: &LayerView,
    ticks: usize,
) {
    let (units, n) = (layer.geometry.to.channels, layer.geometry.to.len());
    let positions = layer.geometry.to.positions();
    let block = block(layer);
    for first in (0..positions).step_by(block) {
        let here = first..positions.min(first + block);
        let (at, size) = (first * units, here.len() * units);
        // Z lies in rows of the block, or in those of the map.
        let (offset, stride) = if l.streams {
            let z = &mut l.z[..ticks * size];
            let scratch = (&mut l.scratch, &mut l.window);
            sums(scratch, &l.events[l.first + s], layer, here, ticks, z);
            if let Some((raster, gain_log2)) = residual {
                add_residual(&raster[at..][..size], gain_log2, z);
            }
            (0, size)
        } else {
            (s * ticks * n + at, n)
        };
        told(NeuronBlock {
            lif: &layer.lif,
            a: &view.spread.a[at..][..size],
            b: &view.spread.b[at..][..size],
            z: &l.z[offset..],
            stride,
            trace: &mut l.trace[(l.first + s) * ticks * n + at..],
            n,
            raster: &mut l.raster[s * n + at..][..size],
            ticks,
        });
    }
}

/// Neurons that go through all ticks, a vector at a time so that potentials stay in registers.
struct NeuronBlock<'a> {
    lif: &'a Lif,
    /// Drive `a·Z + b`, `[neuron]`.
    a: &'a [f32],
    b: &'a [f32],
    /// `[tick][neuron]`, `stride` apart.
    z: &'a [f32],
    stride: usize,
    /// Becomes the distances from the threshold, `[tick][neuron]`, `n` apart.
    trace: &'a mut [f32],
    n: usize,
    /// Becomes the spikes, `[neuron]`.
    raster: &'a mut [u32],
    ticks: usize,
}

impl WithSimd for NeuronBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let w = lanes::<S>();
        for (i, raster) in self.raster.chunks_mut(w).enumerate() {
            let (i, len) = (i * w, raster.len());
            let (a, b) = (load(simd, &self.a[i..][..len]), load(simd, &self.b[i..][..len]));
            let (mut v, mut spikes) = (simd.splat_f32s(0.0), simd.splat_u32s(0));
            for t in 0..self.ticks {
                let z = load(simd, &self.z[t * self.stride + i..][..len]);
                let x = simd.add_f32s(simd.mul_f32s(a, z), b);
                let distance = self.lif.step(simd, x, &mut v, &mut spikes, t);
                store(simd, &mut self.trace[t * self.n + i..][..len], distance);
            }
            store_words(simd, raster, spikes);
        }
    }
}

/// One sample, tick by tick: gate and recurrent weights look at whole rows.
#[inline(always)]
fn whole_rows(
    l: &mut LayerBuffers,
    s: usize,
    layer: &LayerParams,
    gate: Option<GateMode>,
    view: &LayerView,
    ticks: usize,
) {
    let n = layer.geometry.to.len();
    let (mut x, mut v) = (vec![0f32; n], vec![0f32; n]);
    for t in 0..ticks {
        let z = &l.z[(s * ticks + t) * n..][..n];
        affine_row(&view.spread.a, &view.spread.b, z, &mut x);
        let raster = &mut l.raster[s * n..][..n];
        if let Some(weights) = &layer.recurrent {
            let own = &mut l.own_z[(s * ticks + t) * n..][..n];
            own_sums(&mut l.own_scratch, raster, t, weights, own);
            for ((x, own), a) in x.iter_mut().zip(&*own).zip(&view.spread.a) {
                *x += a * own;
            }
        }
        if let Some(mode) = gate {
            let table = view.table.get(t * n..(t + 1) * n).unwrap_or(&[]);
            l.alpha_sum += gate_row(mode, layer.fade, table, layer.config.units(), &mut x);
        }
        let distance = &mut l.trace[((l.first + s) * ticks + t) * n..][..n];
        told(Tick { lif: &layer.lif, x: &x, v: &mut v, distance, raster, t });
    }
    if layer.recurrent.is_some() {
        let raster = &l.raster[s * n..][..n];
        for (group, events) in l.own_events[l.first + s].iter_mut().enumerate() {
            // A spike acts one tick later; what comes after the last tick acts on nothing.
            let later = raster.iter().map(|r| r << 1 & (u32::MAX >> (32 - ticks)));
            events.fill(later.enumerate(), group, layer.geometry.to);
        }
    }
}

/// `x = a·z + b`
#[inline(always)]
pub fn affine_row(a: &[f32], b: &[f32], z: &[f32], x: &mut [f32]) {
    let n = x.len();
    let (a, b, z) = (&a[..n], &b[..n], &z[..n]);
    for i in 0..n {
        x[i] = a[i] * z[i] + b[i];
    }
}

/// Turns the spikes of layer `k − 1` into the input events of layer `k`.
#[inline(always)]
pub fn pass_spikes(shard: &mut Shard, k: usize, layer: &LayerParams) {
    let count = shard.here.len();
    let [from, to] = &mut shard.layers[k - 1..=k] else { return };
    let n = layer.source.len();
    for s in 0..count {
        let raster = &from.out()[s * n..][..n];
        for (group, events) in to.events[to.first + s].iter_mut().enumerate() {
            events.fill(raster.iter().copied().enumerate(), group, layer.geometry.from);
        }
    }
}
