//! What has to wait for the whole batch: the statistics of batch norm and of the gate over the batch,
//! forward and backward. Shards are added up in order.

use super::{
    forward::LayerView,
    gate::{GateMode, batch_terms, sigmoid},
    params::LayerParams,
    shard::Shard,
};

/// Weight of the newest batch in the gate's running table.
const MOMENTUM: f32 = 0.1;

/// Sums of an array of all shards, folded over positions: `[rows][units]`, rows being ticks or 1.
fn fold(shards: &[Shard], units: usize, of: impl Fn(&Shard) -> &[f32], n: usize) -> Vec<f64> {
    let size = shards.first().map_or(0, |s| of(s).len());
    let mut sums = vec![0f64; size / n.max(1) * units];
    for shard in shards {
        for (row, values) in of(shard).chunks_exact(n).enumerate() {
            let sums = &mut sums[row * units..][..units];
            for values in values.chunks_exact(units) {
                sums.iter_mut().zip(values).for_each(|(s, v)| *s += f64::from(*v));
            }
        }
    }
    sums
}

/// Sums over the rows of `[rows][units]`.
fn over_rows(values: &[f64], units: usize) -> Vec<f64> {
    let mut sums = vec![0f64; units];
    for row in values.chunks_exact(units) {
        sums.iter_mut().zip(row).for_each(|(s, v)| *s += v);
    }
    sums
}

/// Repeats every row of `[rows][units]` for the positions of the map.
fn spread<T: Copy>(values: &[T], units: usize, positions: usize) -> Vec<T> {
    values.chunks_exact(units).flat_map(|row| row.repeat(positions)).collect()
}

/// The affine view of layer `k` in this batch; with batch norm its sums are in place.
pub fn forward(
    shards: &[Shard],
    k: usize,
    layer: &mut LayerParams,
    gate: Option<GateMode>,
    ticks: usize,
    view: &mut LayerView,
) {
    let (units, n) = (layer.config.units(), layer.geometry.to.len());
    let positions = n / units;
    let alpha = layer.alpha();
    if !layer.norm.on {
        layer.norm.forward(&alpha, &[], &[], 0, &mut view.affine);
        view.spread(positions);
        return;
    }
    let cells = shards.iter().map(|s| s.samples).sum::<usize>() * positions;
    let per_tick = fold(shards, units, |s| &s.layers[k].sums, n);
    let squares = fold(shards, units, |s| &s.layers[k].products[..n], n);
    let sum = over_rows(&per_tick, units);
    layer.norm.forward(&alpha, &sum, &squares, cells * ticks, &mut view.affine);
    view.spread(positions);
    if gate == Some(GateMode::Batch) {
        let v = &view.affine;
        let cell = |f: &dyn Fn(usize, f32) -> f32| -> Vec<f32> {
            per_tick.iter().enumerate().map(|(c, s)| f(c % units, *s as f32)).collect()
        };
        let b = cells as f32;
        let table = cell(&|i, s| sigmoid::<f32>(v.a[i] * s / b + v.b[i]));
        view.hat_sums = cell(&|i, s| (s - b * v.center[i]) * v.inverse[i]);
        let running = layer.gate_table.iter_mut().zip(&table);
        running.for_each(|(r, a)| *r += MOMENTUM * (a - *r));
        view.table = spread(&table, units, positions);
    }
}

/// Follows the mean α of the gate over ticks and data, per constant of the fade, as long as it has
/// not begun to fade. The mean is that of all batches so far, later that of about the last hundred.
pub fn follow_gate(shards: &[Shard], k: usize, layer: &mut LayerParams, ticks: usize, step: usize) {
    if layer.fade.r > 0.0 {
        return;
    }
    let samples: usize = shards.iter().map(|s| s.samples).sum();
    let newest = (1.0 / (step as f32 + 1.0)).max(0.01);
    for (i, c) in layer.fade.c.iter_mut().enumerate() {
        let sum: f32 = shards.iter().map(|s| s.layers[k].alpha_sums[i]).sum();
        *c += newest * (sum / (samples * ticks) as f32 - *c);
    }
}

/// Gradients of gain and β, from the shards' sums.
#[derive(Clone, Debug, Default)]
pub struct NormGradient {
    /// Of the gain, per unit.
    pub gain: Vec<f32>,
    /// Of β, per unit.
    pub beta: Vec<f32>,
}

/// Takes the sums of g and g·x̂ of the backward pass of layer `k`; leaves what its batch norm and
/// gate still have to do to the gradients.
pub fn backward(
    shards: &[Shard],
    k: usize,
    layer: &LayerParams,
    gate: Option<GateMode>,
    ticks: usize,
    view: &mut LayerView,
) -> NormGradient {
    let (units, n) = (layer.config.units(), layer.geometry.to.len());
    let positions = n / units;
    let cells = shards.iter().map(|s| s.samples).sum::<usize>() * positions;
    let mut sum_g = fold(shards, units, |s| &s.layers[k].sums, n);
    let mut sum_gx = fold(shards, units, |s| &s.layers[k].products, n);
    if gate == Some(GateMode::Batch) && layer.norm.on {
        let terms: Vec<(f32, f32)> = (0..sum_g.len())
            .map(|cell| {
                let i = cell % units;
                let (gain, beta) = (layer.norm.gain[i], layer.norm.beta[i]);
                let dot = f64::from(gain) * sum_gx[cell] + f64::from(beta) * sum_g[cell];
                let alpha = view.table[cell / units * n + i];
                let (scale, shift) = batch_terms(&layer.fade, i, alpha, dot as f32, cells);
                let (s, h) = (f64::from(scale), f64::from(shift));
                sum_g[cell] = s * sum_g[cell] + h * cells as f64;
                sum_gx[cell] = s * sum_gx[cell] + h * f64::from(view.hat_sums[cell]);
                (scale, shift)
            })
            .collect();
        view.terms = spread(&terms, units, positions);
    }
    let (sum_g, sum_gx) = (over_rows(&sum_g, units), over_rows(&sum_gx, units));
    if layer.norm.on {
        let c = layer.norm.backward(&view.affine, &sum_g, &sum_gx, cells * ticks);
        view.coefficients = c.repeat(positions);
    }
    NormGradient {
        gain: sum_gx.iter().map(|g| if layer.norm.on { *g as f32 } else { 0.0 }).collect(),
        beta: sum_g.iter().map(|g| *g as f32).collect(),
    }
}
