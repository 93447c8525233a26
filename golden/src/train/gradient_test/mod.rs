//! The whole backward pass against a slow second one (`slow`), for every kind of layer, weight, gate,
//! reset, loss and readout.

mod slow;

use super::*;
use crate::{
    data::{Encoding, Images},
    rng::Stream,
    train::{GateMode, LayerConfig, Residual, WeightKind, WeightScale, augment::SparseImages},
};
use slow::{
    Forward, Tensor, drive, entries, forward, matrix, neurons_back, pool_back, slope, tensor,
};
use spikewright_ir::{Leak, Readout, Reset};

const BATCH: usize = 18;
const CLASSES: usize = 3;

fn close(what: &str, got: &[f32], expect: &[f64]) {
    assert_eq!(got.len(), expect.len(), "{what}");
    let size = expect.iter().fold(1e-6f64, |m, e| m.max(e.abs()));
    for (i, (g, e)) in got.iter().zip(expect).enumerate() {
        assert!((f64::from(*g) - e).abs() < 2e-4 * size, "{what} {i}: {g} instead of {e} ({size})");
    }
}

fn config(layers: Vec<LayerConfig>) -> TrainConfig {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/mnist.toml");
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap();
    (config.ticks, config.shift_pixels, config.classes) = (5, 0, CLASSES);
    config.layers = layers;
    config
}

fn dense(neurons: usize) -> LayerConfig {
    LayerConfig::dense(neurons, Leak::Shift(1))
}

fn conv(channels: usize, kernel: usize) -> LayerConfig {
    // A leak under which different histories hardly ever lead to the same potential: rounding would
    // decide which is the highest of a window.
    LayerConfig { channels, kernel, ..LayerConfig::dense(0, Leak::Scale(230)) }
}

/// Logit gradients per tick and the gradients of the read layer's scale and bias (from sums `z`, or
/// from spikes with A = 1 and no bias).
fn output_back(config: &TrainConfig, z: &Tensor, a: f64, bias: &[f64], labels: &[u8]) -> Tensor {
    let ticks = config.ticks as f64;
    tensor(z, CLASSES, |b, t, c| {
        let at = |t: usize, c: usize| a * z[b][t][c] + bias[c];
        let all = |c: usize| (0..config.ticks).map(|t| at(t, c)).sum::<f64>();
        let (share, logit): (f64, Vec<f64>) = match config.loss {
            Loss::Sum => (1.0, (0..CLASSES).map(all).collect()),
            Loss::Mean => (1.0 / ticks, (0..CLASSES).map(|c| all(c) / ticks).collect()),
            Loss::EveryTick => (1.0 / ticks, (0..CLASSES).map(|c| at(t, c)).collect()),
        };
        let total: f64 = logit.iter().map(|l| l.exp()).sum();
        let hit = f64::from(u8::from(usize::from(labels[b]) == c));
        share * (logit[c].exp() / total - hit) / BATCH as f64
    })
}

#[track_caller]
fn check(config: &TrainConfig) {
    config.check().unwrap();
    let (height, width) = (5, 6);
    let mut draw = Stream::named(5, "gradient").sequence();
    let pixels = (0..BATCH * height * width).map(|_| draw.word() as u8).collect();
    let labels: Vec<u8> = (0..BATCH).map(|_| draw.below(CLASSES as u64) as u8).collect();
    let images = Images { height, width, pixels, labels };
    let mut trainer =
        Trainer::new(config, &config.encoder().into(), images.shape(), BATCH, 100).unwrap();
    trainer.step = 62;
    for l in &mut trainer.layers {
        l.norm.gain.iter_mut().for_each(|g| *g += 0.3 * draw.normal() as f32);
        l.norm.beta.iter_mut().for_each(|b| *b += 0.3 + 0.3 * draw.normal() as f32);
        // Large enough for layers without batch norm to spike.
        l.weights.latent.iter_mut().for_each(|w| *w *= 4.0);
        l.refresh();
    }
    let samples = Samples::Images(SparseImages::new(&images));
    let batch: Vec<usize> = (0..BATCH).collect();
    // Twice: what an earlier step left must not matter.
    for _ in 0..2 {
        trainer.layers.iter_mut().for_each(|l| l.fade.c.fill(0.5));
        trainer.pass(&samples, &images.labels, &batch, |i| i as u64, None);
    }

    let encoder = config.encoder();
    let trains: Vec<_> = (0..BATCH).map(|b| encoder.encode(images.image(b), b as u64)).collect();
    let shape: Tensor = vec![vec![Vec::new(); config.ticks]; BATCH];
    let mut s = tensor(&shape, height * width, |b, t, j| {
        let bit = |(q, p): (usize, &spikewright_ir::SpikeTrain)| {
            f64::from(u8::from(p.tick(t).get(j))) * f64::from(1 << q)
        };
        trains[b].planes.iter().enumerate().map(bit).sum()
    });
    let gate = (config.method == Method::Agmm).then_some(config.gate.mode);
    let double = |v: &[f32]| v.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    let mut kept: Vec<(Tensor, Forward)> = Vec::new();
    for l in &trainer.layers {
        let (n, inputs) = (l.geometry.to.len(), l.source.len());
        let m = matrix(&entries(l), &l.weights, inputs, n);
        let z = tensor(&shape, n, |b, t, i| {
            let sum: f64 = (0..inputs).map(|j| s[b][t][j] * m[j][i]).sum();
            let residual = l
                .config
                .residual
                .map_or(0.0, |r| f64::from(1 << r.gain_log2) * kept[r.from].1.out[b][t][i]);
            sum + residual
        });
        let own = own_matrix(l);
        let gate = gate.filter(|_| l.norm.on);
        let f = forward(l, z, own.as_ref(), &double(&l.norm.gain), &double(&l.norm.beta), gate);
        let out = f.out.clone();
        kept.push((s, f));
        s = out;
    }
    let spiking = kept.iter().zip(&trainer.layers).filter(|(_, l)| !l.is_read());
    for ((_, f), l) in spiking {
        let count = f.spikes.iter().flatten().flatten().sum::<f64>();
        assert!(count > 20.0, "too quiet to test anything: {count} spikes of {:?}", l.config);
    }

    // dL/d(what each layer passes on), filled from the last layer down.
    let mut up: Vec<Tensor> =
        trainer.layers.iter().map(|l| tensor(&shape, l.out().len(), |_, _, _| 0.0)).collect();
    for (k, l) in trainer.layers.iter().enumerate().rev() {
        let (s, f) = &kept[k];
        let g = &trainer.gradients[k];
        let n = l.geometry.to.len();
        let (gain, beta) = (double(&l.norm.gain), double(&l.norm.beta));
        let sum = |f: &dyn Fn(usize, usize) -> f64| -> f64 {
            (0..BATCH).map(|b| (0..config.ticks).map(|t| f(b, t)).sum::<f64>()).sum()
        };
        let dz = if let Some(&a) = l.scale.first() {
            let a = f64::from(a);
            let d = output_back(config, &f.z, a, &beta, &images.labels);
            let bias: Vec<f64> = (0..n).map(|c| sum(&|b, t| d[b][t][c])).collect();
            close("bias", &g[3], &bias);
            let scale = sum(&|b, t| (0..n).map(|c| d[b][t][c] * f.z[b][t][c]).sum());
            close("scale", &g[4], &[scale]);
            tensor(&shape, n, |b, t, c| a * d[b][t][c])
        } else {
            if k + 1 == trainer.layers.len() {
                up[k] = output_back(config, &f.out, 1.0, &[0.0; CLASSES], &images.labels);
            }
            let own = own_matrix(l);
            let ds = pool_back(l, f, &up[k]);
            let (dx, d_own) = neurons_back(l, f, &ds, own.as_ref(), gate, &gain);
            let loss = |z: &Tensor, gain: &[f64], beta: &[f64]| -> f64 {
                let x = drive(z, &f.own, l, gain, beta);
                let pairs = x.iter().flatten().flatten().zip(dx.iter().flatten().flatten());
                pairs.map(|(x, d)| x * d).sum()
            };
            let mut z = f.z.clone();
            let dz = tensor(&shape, n, |b, t, i| {
                let d = slope(&mut |d| {
                    z[b][t][i] = f.z[b][t][i] + d;
                    loss(&z, &gain, &beta)
                });
                z[b][t][i] = f.z[b][t][i];
                d
            });
            let shifted = |v: &[f64], i: usize, d: f64| {
                let mut v = v.to_vec();
                v[i] += d;
                v
            };
            let units = gain.len();
            let dgain: Vec<f64> = (0..units)
                .map(|i| slope(&mut |d| loss(&z, &shifted(&gain, i, d), &beta)))
                .collect();
            let dbeta: Vec<f64> = (0..units)
                .map(|i| slope(&mut |d| loss(&z, &gain, &shifted(&beta, i, d))))
                .collect();
            close("gain", &g[2], &dgain);
            close("beta", &g[3], &dbeta);
            if let Some(w) = &l.recurrent {
                let cell = |k: usize, i: usize| {
                    sum(&|b, t| if t == 0 { 0.0 } else { f.spikes[b][t - 1][k] * d_own[b][t][i] })
                };
                let factor = f64::from(w.slope());
                let latent: Vec<f64> = (0..n * n).map(|c| factor * cell(c / n, c % n)).collect();
                close("recurrent weights", &g[1], &latent);
            }
            dz
        };
        let mut latent = vec![0.0; l.weights.latent.len()];
        let factor = f64::from(l.weights.slope());
        for (j, i, w, share) in entries(l) {
            latent[w] += factor * share * sum(&|b, t| s[b][t][j] * dz[b][t][i]);
        }
        close("weights", &g[0], &latent);
        if k > 0 {
            let m = matrix(&entries(l), &l.weights, l.source.len(), n);
            let below = tensor(&shape, l.source.len(), |b, t, j| {
                up[k - 1][b][t][j] + (0..n).map(|i| m[j][i] * dz[b][t][i]).sum::<f64>()
            });
            up[k - 1] = below;
        }
        if let Some(r) = l.config.residual {
            let gain = f64::from(1 << r.gain_log2);
            let below = tensor(&shape, n, |b, t, i| up[r.from][b][t][i] + gain * dz[b][t][i]);
            up[r.from] = below;
        }
    }
}

fn own_matrix(l: &LayerParams) -> Option<Vec<Vec<f64>>> {
    let w = l.recurrent.as_ref()?;
    let n = w.units;
    let entries: Vec<_> = (0..n * n).map(|latent| (latent / n, latent % n, latent, 1.0)).collect();
    Some(matrix(&entries, w, n, n))
}

/// Two dense layers.
fn two(reset: Reset, scale: WeightScale, loss: Loss, kind: WeightKind) -> TrainConfig {
    let layer = |n| LayerConfig { reset, weight_scale: scale, weights: kind, ..dense(n) };
    TrainConfig { loss, ..config(vec![layer(7), layer(6)]) }
}

fn gated(mut config: TrainConfig, mode: GateMode) -> TrainConfig {
    config.method = Method::Agmm;
    config.gate.mode = mode;
    config
}

#[test]
fn dense_layers() {
    check(&two(Reset::Subtract, WeightScale::One, Loss::Sum, WeightKind::Binary));
    check(&two(Reset::Zero, WeightScale::Channel, Loss::EveryTick, WeightKind::Binary));
    check(&two(Reset::Subtract, WeightScale::One, Loss::Mean, WeightKind::Float));
    // Two groups of ticks.
    let two = two(Reset::Zero, WeightScale::One, Loss::EveryTick, WeightKind::Float);
    check(&TrainConfig { ticks: 11, encoding: Encoding::Rate, ..two });
}

#[test]
fn resets_that_are_not_detached() {
    for reset in [Reset::Subtract, Reset::Zero] {
        let attached = LayerConfig { reset, detach_reset: false, ..dense(7) };
        let own = LayerConfig { recurrent: true, ..attached.clone() };
        check(&config(vec![attached.clone(), own]));
        let bare = LayerConfig { batch_norm: false, ..attached.clone() };
        let map = LayerConfig { or_pool: 2, neurons: 0, ..attached.clone() };
        let map = LayerConfig { channels: 2, kernel: 2, leak: Leak::Scale(230), ..map };
        check(&gated(config(vec![map, attached]), GateMode::SampleLayer));
        check(&TrainConfig { loss: Loss::EveryTick, ..config(vec![bare]) });
    }
}

#[test]
fn gates() {
    for mode in [GateMode::SampleLayer, GateMode::SampleChannel, GateMode::Batch] {
        let plain = two(Reset::Subtract, WeightScale::One, Loss::Sum, WeightKind::Binary);
        check(&gated(plain, mode));
        let other = two(Reset::Zero, WeightScale::Layer, Loss::Mean, WeightKind::Binary);
        check(&gated(other, mode));
        let map = LayerConfig { or_pool: 2, ..conv(2, 2) };
        check(&gated(config(vec![map, dense(4)]), mode));
    }
}

#[test]
fn layers_without_batch_norm_read_by_spike_count() {
    let keeps = LayerConfig { batch_norm: false, leak: Leak::None, ..dense(0) };
    let layer = |neurons, weight_scale| LayerConfig { neurons, weight_scale, ..keeps.clone() };
    let layers = || vec![layer(20, WeightScale::Channel), layer(CLASSES, WeightScale::One)];
    for loss in [Loss::Sum, Loss::EveryTick] {
        check(&TrainConfig { readout: Readout::SpikeCount, loss, ..config(layers()) });
    }
}

#[test]
fn convolutions_with_padding_stride_and_or_pooling() {
    let first = LayerConfig { padding: 1, or_pool: 2, reset: Reset::Zero, ..conv(3, 3) };
    let second = LayerConfig { stride: 2, padding: 1, ..conv(4, 2) };
    check(&config(vec![first.clone(), second.clone()]));
    let overlapping = LayerConfig { or_pool_stride: Some(1), ..first.clone() };
    let plain = LayerConfig { batch_norm: false, weight_scale: WeightScale::Channel, ..second };
    let loss = Loss::EveryTick;
    check(&TrainConfig { loss, ..config(vec![overlapping, plain]) });
    // The last spiking layer is pooled.
    check(&config(vec![first]));
}

#[test]
fn average_pooling_before_the_neurons() {
    let float = |c, k| LayerConfig { weights: WeightKind::Float, average_pool: 2, ..conv(c, k) };
    check(&config(vec![float(3, 2), dense(5)]));
    let without = LayerConfig { batch_norm: false, padding: 2, ..float(4, 3) };
    check(&config(vec![float(3, 2), without]));
}

#[test]
fn recurrent_layers() {
    let own = |batch_norm, reset| LayerConfig { recurrent: true, batch_norm, reset, ..dense(6) };
    check(&config(vec![own(true, Reset::Subtract), dense(5)]));
    let scaled = LayerConfig { weight_scale: WeightScale::Channel, ..own(false, Reset::Zero) };
    check(&config(vec![scaled, own(true, Reset::Zero)]));
    let float = LayerConfig { weights: WeightKind::Float, ..own(true, Reset::Subtract) };
    check(&TrainConfig { ticks: 9, encoding: Encoding::Rate, ..config(vec![float]) });
    check(&gated(config(vec![own(true, Reset::Subtract)]), GateMode::SampleLayer));
    let last = LayerConfig { neurons: CLASSES, ..own(true, Reset::Subtract) };
    check(&TrainConfig { readout: Readout::SpikeCount, ..config(vec![dense(7), last]) });
}

#[test]
fn residuals() {
    let add = |from, gain_log2, layer| LayerConfig {
        residual: Some(Residual { from, gain_log2 }),
        ..layer
    };
    check(&config(vec![dense(6), dense(8), add(0, 2, dense(6)), add(2, 0, dense(6))]));
    let same = LayerConfig { padding: 1, ..conv(2, 3) };
    check(&config(vec![same.clone(), add(0, 1, same.clone()), add(0, 0, same)]));
}

#[test]
fn planes_of_weights_and_inputs() {
    for (weights, inputs) in [(2, 1), (3, 3), (8, 8)] {
        let encoding = if inputs > 1 { Encoding::Value(inputs) } else { Encoding::Level };
        let planes = |l| LayerConfig { planes: weights, weight_scale: WeightScale::Channel, ..l };
        check(&TrainConfig { encoding, ..config(vec![planes(dense(7)), planes(dense(5))]) });
        check(&TrainConfig { encoding, ..config(vec![conv(3, 3), planes(conv(2, 2))]) });
    }
}
