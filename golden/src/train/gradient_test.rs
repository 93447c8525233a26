//! The whole backward pass against a slow second one: plain loops in f64, with batch norm and gate
//! differentiated numerically, for two hidden layers, every gate mode and both resets.

use super::*;
use crate::{data::Images, train::WeightScale};
use spikewright_ir::Reset;

const BATCH: usize = 18;
const TICKS: usize = 5;

/// `[sample][tick][neuron]`
type Tensor = Vec<Vec<Vec<f64>>>;

fn tensor(n: usize, mut f: impl FnMut(usize, usize, usize) -> f64) -> Tensor {
    let mut cell = |b, t| (0..n).map(|i| f(b, t, i)).collect();
    (0..BATCH).map(|b| (0..TICKS).map(|t| cell(b, t)).collect()).collect()
}

/// What a latent weight counts.
fn value(kind: WeightKind, w: f32) -> f64 {
    match kind {
        WeightKind::Binary if w >= 0.0 => 1.0,
        WeightKind::Binary => -1.0,
        WeightKind::Float => f64::from(w),
    }
}

fn sigmoid(x: f64) -> f64 {
    1.0 / (1.0 + (-x).exp())
}

/// Batch norm and gate of a whole layer.
fn norm_and_gate(
    z: &Tensor,
    layer: &LayerParams,
    gain: &[f64],
    beta: &[f64],
    g: Option<GateMode>,
) -> Tensor {
    let n = gain.len();
    let rows = (BATCH * TICKS) as f64;
    let alpha = layer.weights.scale(layer.config.weight_scale);
    let sum = |f: &dyn Fn(f64) -> f64, i: usize| -> f64 {
        z.iter().flatten().map(|row| f(row[i] * f64::from(alpha[i]))).sum::<f64>() / rows
    };
    let mean: Vec<f64> = (0..n).map(|i| sum(&|z| z, i)).collect();
    let var: Vec<f64> = (0..n).map(|i| sum(&|z| (z - mean[i]).powi(2), i)).collect();
    let x = tensor(n, |b, t, i| {
        let z = z[b][t][i] * f64::from(alpha[i]);
        gain[i] * (z - mean[i]) / (var[i] + 1e-5).sqrt() + beta[i]
    });
    let Some(mode) = g else { return x };
    let (r, c) = (f64::from(layer.fade.r), f64::from(layer.fade.c));
    tensor(n, |b, t, i| {
        let e = match mode {
            GateMode::SampleChannel => x[b][t][i],
            GateMode::SampleLayer => x[b][t].iter().sum::<f64>() / n as f64,
            GateMode::Batch => x.iter().map(|s| s[t][i]).sum::<f64>() / BATCH as f64,
        };
        ((1.0 - r) * sigmoid(e) + r * c) * x[b][t][i]
    })
}

/// Spikes and surrogate slopes of driven neurons (triangle of half width 1).
fn lif(x: &Tensor, layer: &LayerParams) -> (Tensor, Tensor) {
    let n = x[0][0].len();
    let (mut s, mut h) = (tensor(n, |_, _, _| 0.0), tensor(n, |_, _, _| 0.0));
    for b in 0..BATCH {
        let mut v = vec![0.0; n];
        for t in 0..TICKS {
            for i in 0..n {
                let u = f64::from(layer.lif.lambda) * v[i] + x[b][t][i];
                let fired = u >= 1.0;
                s[b][t][i] = f64::from(u8::from(fired));
                h[b][t][i] = (1.0 - (u - 1.0).abs()).max(0.0);
                v[i] = match (fired, layer.config.reset) {
                    (false, _) => u,
                    (true, Reset::Zero) => 0.0,
                    (true, _) => u - 1.0,
                };
            }
        }
    }
    (s, h)
}

/// dL/dx of the neurons, reset detached.
fn lif_back(ds: &Tensor, s: &Tensor, h: &Tensor, layer: &LayerParams) -> Tensor {
    let n = ds[0][0].len();
    let mut out = tensor(n, |_, _, _| 0.0);
    for b in 0..BATCH {
        for i in 0..n {
            let mut next = 0.0;
            for t in (0..TICKS).rev() {
                let cut = layer.config.reset == Reset::Zero && s[b][t][i] == 1.0;
                let dv = f64::from(layer.lif.lambda) * next;
                next = ds[b][t][i] * h[b][t][i] + if cut { 0.0 } else { dv };
                out[b][t][i] = next;
            }
        }
    }
    out
}

fn close(what: &str, got: &[f32], expect: &[f64]) {
    assert_eq!(got.len(), expect.len(), "{what}");
    let size = expect.iter().fold(1e-6f64, |m, e| m.max(e.abs()));
    for (i, (g, e)) in got.iter().zip(expect).enumerate() {
        assert!((f64::from(*g) - e).abs() < 2e-4 * size, "{what} {i}: {g} instead of {e} ({size})");
    }
}

fn check(gate: Option<GateMode>, reset: Reset, scale: WeightScale, loss: Loss) {
    check_kind(gate, reset, scale, loss, WeightKind::Binary);
}

fn check_kind(
    gate: Option<GateMode>,
    reset: Reset,
    scale: WeightScale,
    loss: Loss,
    kind: WeightKind,
) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/mnist.toml");
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap();
    (config.ticks, config.shift_pixels, config.classes) = (TICKS, 0, 3);
    config.loss = loss;
    config.layers[0].neurons = 7;
    config.layers[0].reset = reset;
    config.layers[0].weight_scale = scale;
    config.layers[0].weights = kind;
    config.layers.push(config.layers[0].clone());
    config.layers[1].neurons = 6;
    if let Some(mode) = gate {
        config.method = Method::Agmm;
        config.gate.mode = mode;
    }
    let mut draw = Stream::named(5, "gradient").sequence();
    let pixels = (0..BATCH * 12).map(|_| draw.word() as u8).collect();
    let labels: Vec<u8> = (0..BATCH).map(|_| draw.below(3) as u8).collect();
    let images = Images { height: 3, width: 4, pixels, labels };
    let mut trainer = Trainer::new(&config, 12, BATCH, 100);
    trainer.step = 62;
    for l in &mut trainer.layers {
        l.norm.gain.iter_mut().for_each(|g| *g += 0.3 * draw.normal() as f32);
        l.norm.beta.iter_mut().for_each(|b| *b += 0.3 * draw.normal() as f32);
    }
    let batch: Vec<usize> = (0..BATCH).collect();
    trainer.pass(&SparseImages::new(&images), &images.labels, &batch, |i| i as u64);

    let encoder = config.encoder();
    let mut s = tensor(12, |b, t, j| {
        f64::from(u8::from(encoder.encode_tick(images.image(b), b as u64, t).get(j)))
    });
    let double = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    let mut kept = Vec::new();
    for l in &trainer.layers {
        let (n, w) = (l.weights.neurons, &l.weights.latent);
        let z = tensor(n, |b, t, i| {
            s[b][t].iter().enumerate().map(|(j, s)| s * value(kind, w[j * n + i])).sum()
        });
        let x = norm_and_gate(&z, l, &double(&l.norm.gain), &double(&l.norm.beta), gate);
        let (out, h) = lif(&x, l);
        kept.push((s, z, out.clone(), h));
        s = out;
    }
    assert!(s.iter().flatten().flatten().sum::<f64>() > 20.0, "too quiet to test anything");

    // Output layer: logits, cross entropy, gradients with respect to each tick's part of them.
    let o = trainer.output.as_ref().unwrap();
    let (inputs, w) = (o.weights.inputs, &o.weights.latent);
    let a = f64::from(o.scale);
    let sum = |b: usize, t: usize, c: usize| -> f64 {
        (0..inputs).map(|i| s[b][t][i] * value(kind, w[i * 3 + c])).sum()
    };
    let ticks = TICKS as f64;
    let dlogit = tensor(3, |b, t, c| {
        let all = |c: usize| (0..TICKS).map(|t| a * sum(b, t, c)).sum::<f64>();
        let (share, logit): (f64, Vec<f64>) = match loss {
            Loss::Sum => (1.0, (0..3).map(all).collect()),
            Loss::Mean => (1.0 / ticks, (0..3).map(|c| all(c) / ticks).collect()),
            Loss::EveryTick => (1.0 / ticks, (0..3).map(|c| a * sum(b, t, c)).collect()),
        };
        let total: f64 = logit.iter().map(|l| l.exp()).sum();
        let hit = f64::from(u8::from(usize::from(images.labels[b]) == c));
        share * (logit[c].exp() / total - hit) / BATCH as f64
    });
    let over = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
        (0..BATCH).map(|b| (0..TICKS).map(|t| f(b, t)).sum::<f64>()).sum()
    };
    let g = &trainer.output_gradient;
    let scale = over(&|b, t| (0..3).map(|c| dlogit[b][t][c] * sum(b, t, c)).sum());
    close("scale", &[g.scale], &[scale]);
    let bias: Vec<f64> = (0..3).map(|c| over(&|b, t| dlogit[b][t][c])).collect();
    close("bias", &g.bias, &bias);
    let latent: Vec<f64> =
        (0..inputs * 3).map(|k| a * over(&|b, t| dlogit[b][t][k % 3] * s[b][t][k / 3])).collect();
    close("output weights", &g.latent, &latent);
    let mut ds = tensor(inputs, |b, t, i| {
        (0..3).map(|c| a * dlogit[b][t][c] * value(kind, w[i * 3 + c])).sum()
    });

    for (k, l) in trainer.layers.iter().enumerate().rev() {
        let (s, z, out, h) = &kept[k];
        let (gain, beta) = (double(&l.norm.gain), double(&l.norm.beta));
        let dx = lif_back(&ds, out, h, l);
        let loss = |z: &Tensor, gain: &[f64], beta: &[f64]| -> f64 {
            let x = norm_and_gate(z, l, gain, beta, gate);
            let pairs = x.iter().flatten().flatten().zip(dx.iter().flatten().flatten());
            pairs.map(|(x, d)| x * d).sum()
        };
        let d = 1e-4;
        let n = gain.len();
        let mut z = z.clone();
        let dz = tensor(n, |b, t, i| {
            z[b][t][i] += d;
            let up = loss(&z, &gain, &beta);
            z[b][t][i] -= 2.0 * d;
            let down = loss(&z, &gain, &beta);
            z[b][t][i] += d;
            (up - down) / (2.0 * d)
        });
        let shifted = |v: &[f64], i: usize, d: f64| {
            let mut v = v.to_vec();
            v[i] += d;
            v
        };
        let slope = |f: &dyn Fn(f64) -> f64| (f(d) - f(-d)) / (2.0 * d);
        let dgain: Vec<f64> =
            (0..n).map(|i| slope(&|d| loss(&z, &shifted(&gain, i, d), &beta))).collect();
        let dbeta: Vec<f64> =
            (0..n).map(|i| slope(&|d| loss(&z, &gain, &shifted(&beta, i, d)))).collect();
        let cell = |j: usize, i: usize| -> f64 {
            (0..BATCH).map(|b| (0..TICKS).map(|t| s[b][t][j] * dz[b][t][i]).sum::<f64>()).sum()
        };
        let latent: Vec<f64> = (0..l.weights.latent.len()).map(|c| cell(c / n, c % n)).collect();
        let g = &trainer.gradients[k];
        close("weights", &g.latent, &latent);
        close("gain", &g.gain, &dgain);
        close("beta", &g.beta, &dbeta);
        let w = &l.weights.latent;
        ds = tensor(l.weights.inputs, |b, t, j| {
            (0..n).map(|i| dz[b][t][i] * value(kind, w[j * n + i])).sum()
        });
    }
}

#[test]
fn plain_gradients() {
    check(None, Reset::Subtract, WeightScale::One, Loss::Sum);
    check(None, Reset::Zero, WeightScale::Channel, Loss::EveryTick);
}

#[test]
fn gated_gradients() {
    for mode in [GateMode::SampleLayer, GateMode::SampleChannel, GateMode::Batch] {
        check(Some(mode), Reset::Subtract, WeightScale::One, Loss::Sum);
        check(Some(mode), Reset::Zero, WeightScale::Layer, Loss::Mean);
    }
}

#[test]
fn gradients_of_float_weights() {
    let float = |gate, reset, loss| {
        check_kind(gate, reset, WeightScale::One, loss, WeightKind::Float);
    };
    float(None, Reset::Subtract, Loss::Sum);
    float(Some(GateMode::SampleLayer), Reset::Zero, Loss::EveryTick);
}
