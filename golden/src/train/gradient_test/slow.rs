//! The second implementation: plain loops in f64 over dense matrices, batch norm and gate
//! differentiated numerically. Maps have their channels innermost, as in training.

use super::super::*;
use crate::train::{gate::GateMode, layer_config::WeightKind, weights::Weights};
use spikewright_ir::Reset;

/// `[sample][tick][neuron]`
pub type Tensor = Vec<Vec<Vec<f64>>>;

pub fn tensor(like: &Tensor, n: usize, mut f: impl FnMut(usize, usize, usize) -> f64) -> Tensor {
    let mut cell = |b, t| (0..n).map(|i| f(b, t, i)).collect();
    (0..like.len()).map(|b| (0..like[0].len()).map(|t| cell(b, t)).collect()).collect()
}

/// What a latent weight counts.
pub fn value(kind: WeightKind, planes: u8, w: f32) -> f64 {
    let (w, n) = (f64::from(w), i32::from(planes));
    match kind {
        WeightKind::Float => w,
        WeightKind::Binary => {
            let levels = (0..1 << planes).map(|k| 2.0 * f64::from(k) + 1.0 - 2f64.powi(n));
            // The cell of equal size that w in ±1 falls into.
            let cell = ((w + 1.0) / 2.0 * 2f64.powi(n)).floor().min(2f64.powi(n) - 1.0);
            levels.clone().nth(cell as usize).unwrap()
        }
    }
}

/// Entries of a layer's dense matrix: (input, neuron, latent weight, factor).
pub fn entries(layer: &LayerParams) -> Vec<(usize, usize, usize, f64)> {
    let (from, to, c) = (layer.source, layer.geometry.to, &layer.config);
    let units = c.units();
    let mut out = Vec::new();
    if !c.is_conv() {
        for (j, i) in (0..from.len()).flat_map(|j| (0..units).map(move |i| (j, i))) {
            out.push((j, i, j * units + i, 1.0));
        }
        return out;
    }
    let (k, average) = (c.kernel, c.average_pool);
    let share = 1.0 / (average * average) as f64;
    let square = |n: usize| (0..n).flat_map(move |y| (0..n).map(move |x| (y, x)));
    for (oy, ox) in (0..to.height).flat_map(|y| (0..to.width).map(move |x| (y, x))) {
        for ((ay, ax), (ky, kx)) in square(average).flat_map(|a| square(k).map(move |k| (a, k))) {
            let at = |o: usize, a: usize, k: usize| {
                ((o * average + a) * c.stride + k).checked_sub(c.padding)
            };
            let (Some(y), Some(x)) = (at(oy, ay, ky), at(ox, ax, kx)) else { continue };
            if y >= from.height || x >= from.width {
                continue;
            }
            for (ci, co) in (0..from.channels).flat_map(|ci| (0..units).map(move |co| (ci, co))) {
                let input = (y * from.width + x) * from.channels + ci;
                let latent = ((ky * k + kx) * from.channels + ci) * units + co;
                out.push((input, (oy * to.width + ox) * units + co, latent, share));
            }
        }
    }
    out
}

/// The matrix of entries `[input][neuron]`.
pub fn matrix(
    entries: &[(usize, usize, usize, f64)],
    w: &Weights,
    inputs: usize,
    n: usize,
) -> Vec<Vec<f64>> {
    let kind = if w.planes().is_some() { WeightKind::Binary } else { WeightKind::Float };
    let mut out = vec![vec![0.0; n]; inputs];
    for &(j, i, latent, factor) in entries {
        out[j][i] += factor * value(kind, w.planes().unwrap_or(1), w.latent[latent]);
    }
    out
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// `X = gain·((α·Z − μ) + α·own)/σ + β` with the statistics of α·Z; without batch norm `α·(Z + own) + β`.
pub fn drive(z: &Tensor, own: &Tensor, layer: &LayerParams, gain: &[f64], beta: &[f64]) -> Tensor {
    let (n, units) = (z[0][0].len(), gain.len());
    let alpha: Vec<f64> = layer.alpha().iter().map(|a| f64::from(*a)).collect();
    if !layer.norm.on {
        return tensor(z, n, |b, t, i| {
            alpha[i % units] * (z[b][t][i] + own[b][t][i]) + beta[i % units]
        });
    }
    let all = |f: &dyn Fn(f64) -> f64, c: usize| -> f64 {
        let cells = || z.iter().flatten().flat_map(|row| row.iter().skip(c).step_by(units));
        cells().map(|z| f(alpha[c] * z)).sum::<f64>() / cells().count() as f64
    };
    let mean: Vec<f64> = (0..units).map(|c| all(&|z| z, c)).collect();
    let var: Vec<f64> = (0..units).map(|c| all(&|z| (z - mean[c]).powi(2), c)).collect();
    tensor(z, n, |b, t, i| {
        let c = i % units;
        let x = alpha[c] * (z[b][t][i] + own[b][t][i]) - mean[c];
        gain[c] * x / (var[c] + 1e-5).sqrt() + beta[c]
    })
}

/// Gates sample `b` and tick `t` of x.
pub fn gate_row(x: &Tensor, b: usize, t: usize, layer: &LayerParams, mode: GateMode) -> Vec<f64> {
    let (n, units) = (x[0][0].len(), layer.config.units());
    let r = f64::from(layer.fade.r);
    let c = |i: usize| f64::from(layer.fade.c[i % units % layer.fade.c.len()]);
    let row = &x[b][t];
    let of_unit = |row: &[f64], i: usize| -> f64 {
        row.iter().skip(i % units).step_by(units).sum::<f64>() / (n / units) as f64
    };
    (0..n)
        .map(|i| {
            let e = match mode {
                GateMode::SampleChannel => of_unit(row, i),
                GateMode::SampleLayer => row.iter().sum::<f64>() / n as f64,
                GateMode::Constant => unreachable!("tested by itself"),
                GateMode::Batch => {
                    x.iter().map(|s| of_unit(&s[t], i)).sum::<f64>() / x.len() as f64
                }
            };
            ((1.0 - r) * sigmoid(e) + r * c(i)) * row[i]
        })
        .collect()
}

/// What a layer does in the forward pass.
pub struct Forward {
    pub z: Tensor,
    pub own: Tensor,
    pub x: Tensor,
    pub spikes: Tensor,
    pub slopes: Tensor,
    pub potentials: Tensor,
    pub out: Tensor,
}

/// Forward pass of a layer, tick by tick.
pub fn forward(
    layer: &LayerParams,
    z: Tensor,
    own_matrix: Option<&Vec<Vec<f64>>>,
    gain: &[f64],
    beta: &[f64],
    gate: Option<GateMode>,
) -> Forward {
    let (n, ticks) = (z[0][0].len(), z[0].len());
    let mut own = tensor(&z, n, |_, _, _| 0.0);
    let (mut x, mut spikes) = (own.clone(), own.clone());
    let (mut slopes, mut potentials) = (own.clone(), own.clone());
    let mut v = vec![vec![0.0; n]; z.len()];
    for t in 0..ticks {
        if let (Some(m), true) = (own_matrix, t > 0) {
            for b in 0..z.len() {
                for i in 0..n {
                    own[b][t][i] = (0..n).map(|k| spikes[b][t - 1][k] * m[k][i]).sum();
                }
            }
        }
        x = drive(&z, &own, layer, gain, beta);
        for b in 0..z.len() {
            let row = gate.map_or(x[b][t].clone(), |mode| gate_row(&x, b, t, layer, mode));
            for i in 0..n {
                let u = f64::from(layer.lif.lambda) * v[b][i] + row[i];
                let fired = u >= 1.0;
                potentials[b][t][i] = u;
                spikes[b][t][i] = f64::from(u8::from(fired));
                slopes[b][t][i] = (1.0 - (u - 1.0).abs()).max(0.0);
                v[b][i] = match (fired, layer.config.reset) {
                    (false, _) => u,
                    (true, Reset::Zero) => 0.0,
                    (true, _) => u - 1.0,
                };
            }
        }
    }
    let out = pool(layer, &spikes);
    Forward { z, own, x, spikes, slopes, potentials, out }
}

/// Neurons of every pooled window.
fn members(layer: &LayerParams) -> Option<Vec<Vec<usize>>> {
    let (c, map) = (&layer.config, layer.geometry.to);
    let step = c.or_pool_stride.unwrap_or(c.or_pool);
    (c.or_pool > 1).then(|| {
        let to = layer.out();
        (0..to.len())
            .map(|o| {
                let (p, channel) = (o / to.channels, o % to.channels);
                let (top, left) = (p / to.width * step, p % to.width * step);
                (0..c.or_pool)
                    .flat_map(|y| (0..c.or_pool).map(move |x| (top + y, left + x)))
                    .map(|(y, x)| (y * map.width + x) * map.channels + channel)
                    .collect()
            })
            .collect()
    })
}

fn pool(layer: &LayerParams, spikes: &Tensor) -> Tensor {
    let Some(windows) = members(layer) else { return spikes.clone() };
    tensor(spikes, windows.len(), |b, t, w| {
        windows[w].iter().map(|&i| spikes[b][t][i]).fold(0.0, f64::max)
    })
}

/// The gradient of spikes from that of pooled spikes: it goes to the highest potential of a window,
/// the first of equals.
pub fn pool_back(layer: &LayerParams, f: &Forward, up: &Tensor) -> Tensor {
    let Some(windows) = members(layer) else { return up.clone() };
    let mut out = tensor(up, f.z[0][0].len(), |_, _, _| 0.0);
    for (b, t) in (0..up.len()).flat_map(|b| (0..up[0].len()).map(move |t| (b, t))) {
        for (w, window) in windows.iter().enumerate() {
            let u = &f.potentials[b][t];
            // Potentials beyond the surrogate's reach are as good as each other: it is flat there.
            let highest = window.iter().copied().reduce(|a, i| if u[i] > u[a] { i } else { a });
            out[b][t][highest.unwrap()] += up[b][t][w];
        }
    }
    out
}

/// Derivative of `f` at 0.
pub fn slope(f: &mut dyn FnMut(f64) -> f64) -> f64 {
    (f(1e-4) - f(-1e-4)) / 2e-4
}

/// dL/dX before the gate and dL/d own, reset detached.
pub fn neurons_back(
    layer: &LayerParams,
    f: &Forward,
    up: &Tensor,
    own_matrix: Option<&Vec<Vec<f64>>>,
    gate: Option<GateMode>,
    gain: &[f64],
) -> (Tensor, Tensor) {
    let (n, ticks, units) = (f.z[0][0].len(), f.z[0].len(), gain.len());
    let (mut dx, mut down) = (tensor(&f.z, n, |_, _, _| 0.0), tensor(&f.z, n, |_, _, _| 0.0));
    let mut d_own = dx.clone();
    let mut carry = vec![vec![0.0; n]; f.z.len()];
    let beta = vec![0.0; units];
    for t in (0..ticks).rev() {
        for b in 0..f.z.len() {
            for i in 0..n {
                let later = match own_matrix {
                    Some(m) if t + 1 < ticks => (0..n).map(|k| m[i][k] * d_own[b][t + 1][k]).sum(),
                    _ => 0.0,
                };
                let (zero, h) = (layer.config.reset == Reset::Zero, f.slopes[b][t][i]);
                let cut = if zero { f.spikes[b][t][i] } else { 0.0 };
                let attached = match (layer.config.detach_reset, zero) {
                    (true, _) => 0.0,
                    (false, true) => f.potentials[b][t][i] * h,
                    (false, false) => h,
                };
                let through = (1.0 - cut - attached) * carry[b][i];
                down[b][t][i] = (up[b][t][i] + later) * f.slopes[b][t][i] + through;
                carry[b][i] = f64::from(layer.lif.lambda) * down[b][t][i];
            }
        }
        for (b, i) in (0..f.z.len()).flat_map(|b| (0..n).map(move |i| (b, i))) {
            let mut x = f.x.clone();
            dx[b][t][i] = match gate {
                None => down[b][t][i],
                Some(mode) => slope(&mut |d| {
                    x[b][t][i] = f.x[b][t][i] + d;
                    // The gate of a batch looks at every sample.
                    let touched = if mode == GateMode::Batch { 0..f.z.len() } else { b..b + 1 };
                    let dot = |s: usize| -> f64 {
                        let row = gate_row(&x, s, t, layer, mode);
                        row.iter().zip(&down[s][t]).map(|(x, d)| x * d).sum()
                    };
                    touched.map(dot).sum()
                }),
            };
        }
        // X is linear in own: its slope is that of the drive.
        let one = |v: f64| tensor(&f.z, n, |_, _, _| v);
        let (with, without) = (
            drive(&f.z, &one(1.0), layer, gain, &beta),
            drive(&f.z, &one(0.0), layer, gain, &beta),
        );
        for (b, i) in (0..f.z.len()).flat_map(|b| (0..n).map(move |i| (b, i))) {
            d_own[b][t][i] = (with[b][t][i] - without[b][t][i]) * dx[b][t][i];
        }
    }
    (dx, d_own)
}
