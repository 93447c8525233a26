//! What a binary network with the gate has to be, seen from inside a training step.

use super::*;
use crate::{
    Reference,
    data::{Images, Mnist},
    freeze::freeze_at,
    model::{FloatModel, Gate},
    train::{
        FineTuneConfig, GateMode, LayerConfig, Residual, WeightScale, export::export,
        predict::Predictor,
    },
};
use spikewright_ir::{Leak, Reset};

const BATCH: usize = 32;
const MODES: [GateMode; 3] = [GateMode::SampleLayer, GateMode::SampleChannel, GateMode::Batch];

fn images() -> Images {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist");
    Mnist::load(path.as_ref()).unwrap().train.first(200)
}

fn config(method: Method, mode: GateMode) -> TrainConfig {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/mnist-agmm.toml");
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap();
    (config.method, config.gate.mode, config.shift_pixels) = (method, mode, 0);
    let layer = LayerConfig {
        weight_scale: WeightScale::Channel,
        reset: Reset::Zero,
        ..LayerConfig::dense(48, Leak::Shift(1))
    };
    config.layers = vec![layer.clone(), layer];
    (config.epochs, config.optimizer.kind) = (5, super::super::OptimizerKind::Sgd);
    config.optimizer.learning_rate = 0.5;
    config
}

/// A trainer after so many steps of `of`.
fn stepped(config: &TrainConfig, images: &Images, steps: usize, of: usize) -> Trainer {
    let encoder = config.encoder().into();
    let mut trainer = Trainer::new(config, &encoder, images.shape(), BATCH, of).unwrap();
    let samples = samples(&trainer, images, config);
    for step in 0..steps {
        let batch: Vec<usize> = (0..BATCH).map(|i| (step * BATCH + i) % images.len()).collect();
        trainer.step(&samples, &images.labels, &batch, |i| i as u64);
    }
    trainer
}

fn samples(trainer: &Trainer, images: &Images, config: &TrainConfig) -> Samples {
    let data = crate::train::TrainingData::images(images.clone(), images.first(0), config);
    Samples::new(&data.train, trainer.input_map())
}

fn pass(trainer: &mut Trainer, images: &Images) {
    let config = trainer.config.clone();
    let samples = samples(trainer, images, &config);
    let batch: Vec<usize> = (0..BATCH).collect();
    trainer.pass(&samples, &images.labels, &batch, |i| i as u64, None);
}

#[test]
fn a_channels_weights_take_two_values() {
    let mut trainer = stepped(&config(Method::Agmm, GateMode::SampleLayer), &images(), 10, 100);
    let layer = &mut trainer.layers[0];
    layer.weights.latent[..48].fill(0.0);
    layer.refresh();
    let model = export(&trainer);
    for (l, layer) in trainer.layers[..2].iter().zip(&model.layers) {
        let units = l.config.units();
        for i in 0..units {
            let fan_in = l.weights.latent[i..].iter().step_by(units);
            let mean = fan_in.clone().map(|w| w.abs()).sum::<f32>() / l.weights.inputs as f32;
            assert!((layer.alpha[i] - f64::from(mean)).abs() < 1e-6, "the scale is mean |w|");
            let signs = (0..l.weights.inputs).map(|j| layer.synapses.value(i, j));
            assert!(signs.clone().all(|s| s == 1.0 || s == -1.0), "two values and no zero");
            assert!(signs.zip(fan_in).all(|(s, w)| (s > 0.0) == (*w >= 0.0)));
        }
    }
}

#[test]
fn a_latent_weight_moves_by_its_gradient_within_1_and_never_beyond() {
    let mut config = config(Method::Agmm, GateMode::SampleLayer);
    config.optimizer.momentum = Some(0.0);
    config.schedule.kind = super::super::ScheduleKind::Constant;
    let images = images();
    let mut trainer = stepped(&config, &images, 0, 100);
    for (j, w) in trainer.layers[0].weights.latent.iter_mut().enumerate() {
        // Every third one at the edge.
        *w = if j % 3 == 0 { w.signum() } else { *w };
    }
    trainer.layers[0].refresh();
    pass(&mut trainer, &images);
    let before = trainer.layers[0].weights.latent.clone();
    let gradient = trainer.gradients[0][0].clone();
    trainer.update();
    let (mut stopped, mut moved) = (0, 0);
    for ((before, after), g) in before.iter().zip(&trainer.layers[0].weights.latent).zip(&gradient)
    {
        assert!(after.abs() <= 1.0);
        if before.abs() == 1.0 && before * g < 0.0 {
            stopped += 1;
            assert_eq!(before, after, "a gradient applied outside of 1");
        } else if *g != 0.0 {
            moved += 1;
            assert_eq!(*after, (before - 0.5 * g).clamp(-1.0, 1.0));
        }
    }
    assert!(stopped > 1_000 && moved > 1_000, "{stopped} {moved}");
}

#[test]
fn evaluation_is_the_same_alone_in_company_and_again() {
    let images = images();
    for mode in MODES {
        let config = config(Method::Agmm, mode);
        let model = export(&stepped(&config, &images, 10, 100));
        assert!(matches!(model.layers[0].gate, Gate::Varying { .. }), "the gate is at work");
        let set = images.encode(&config.encoder());
        let all = model.predict(&set.inputs).unwrap();
        let alone = set.inputs.iter().flat_map(|x| model.predict(std::slice::from_ref(x)).unwrap());
        assert_eq!(all, alone.collect::<Vec<_>>(), "{mode:?}");
        assert_eq!(all, model.predict(&set.inputs).unwrap(), "{mode:?}");
        // Samples permuted: decisions permuted.
        let turned: Vec<_> = set.inputs.iter().rev().cloned().collect();
        let back: Vec<_> = model.predict(&turned).unwrap().into_iter().rev().collect();
        assert_eq!(all, back, "{mode:?}");
    }
}

#[test]
fn only_the_gate_of_a_batch_mixes_samples() {
    let images = images();
    // α of every row of a batch, and the same after its first sample was replaced.
    let alphas = |mode: GateMode, swap: bool| -> Vec<f32> {
        let config = config(Method::Agmm, mode);
        let mut trainer = stepped(&config, &images, 0, 100);
        let mut images = images.clone();
        if swap {
            images.pixels[..784].fill(0);
        }
        pass(&mut trainer, &images);
        if mode == GateMode::Batch {
            return trainer.views[0].table.clone();
        }
        // Batch norm mixes samples as well, so α is taken of sums over a fixed size.
        let l = &trainer.shards[0].layers[0];
        (0..16 * config.ticks)
            .flat_map(|row| {
                let mut x: Vec<f32> = l.z[row * 48..][..48].iter().map(|z| z / 28.0).collect();
                let layer = &trainer.layers[0];
                let mut sums = vec![0.0; layer.fade.c.len()];
                super::super::gate::gate_row(mode, &layer.fade, &[], 48, &mut x, &mut sums);
                sums
            })
            .collect()
    };
    for mode in MODES {
        let (before, after) = (alphas(mode, false), alphas(mode, true));
        if mode == GateMode::Batch {
            assert!(before != after, "the table sees every sample");
            continue;
        }
        let rows = before.len() / 16;
        assert!(before[..rows] != after[..rows], "{mode:?}: its own α follows a sample");
        assert_eq!(before[rows..], after[rows..], "{mode:?}: α of the others");
    }
}

#[test]
fn the_gate_lowers_the_variance_of_the_gradient() {
    let images = images();
    let variance = |method: Method, mode| -> Vec<f64> {
        let mut trainer = stepped(&config(method, mode), &images, 0, 100);
        pass(&mut trainer, &images);
        let of = |g: &Vec<f32>| {
            let n = g.len() as f64;
            let mean = g.iter().map(|g| f64::from(*g)).sum::<f64>() / n;
            g.iter().map(|g| (f64::from(*g) - mean).powi(2)).sum::<f64>() / n
        };
        trainer.gradients[..2].iter().map(|g| of(&g[0])).collect()
    };
    let plain = variance(Method::Plain, MODES[0]);
    for mode in
        [GateMode::SampleLayer, GateMode::SampleChannel, GateMode::Batch, GateMode::Constant]
    {
        let gated = variance(Method::Agmm, mode);
        for (plain, gated) in plain.iter().zip(&gated) {
            assert!(*gated > 0.0 && gated < plain, "{mode:?}: {gated} against {plain}");
        }
    }
}

#[test]
fn the_fade_leaves_constants_and_the_last_layer_has_no_gate() {
    let images = images();
    for mode in MODES {
        let config = config(Method::Agmm, mode);
        let mut trainer = stepped(&config, &images, 79, 100);
        assert!(matches!(export(&trainer).layers[0].gate, Gate::Varying { .. }), "{mode:?}");
        let constants = trainer.layers[0].fade.c.clone();
        assert_eq!(constants.len(), if mode == GateMode::SampleLayer { 1 } else { 48 });
        assert!(constants.iter().all(|c| *c > 0.0 && *c < 1.0 && *c != 0.5), "{constants:?}");
        // r reaches 1 at 80 % and stays; c no longer follows.
        for step in 80..100 {
            pass(&mut trainer, &images);
            trainer.update();
            let r = trainer.layers[0].fade.r;
            assert!(r == 1.0 || step == 80, "{mode:?}: r = {r} in step {step}");
        }
        assert_eq!(trainer.layers[0].fade.c, constants);
        let model = export(&trainer);
        let gate = |k: usize| &model.layers[k].gate;
        assert!(matches!(gate(0), Gate::Constant(_)) == (mode == GateMode::SampleLayer));
        assert!(matches!(gate(0), Gate::Channels(_)) == (mode != GateMode::SampleLayer));
        assert_eq!(*gate(2), Gate::Constant(1.0));
    }
    let counts = TrainConfig {
        readout: spikewright_ir::Readout::SpikeCount,
        ..config(Method::Agmm, GateMode::SampleLayer)
    };
    let mut counts = counts;
    counts.layers[1].neurons = 10;
    let trainer = stepped(&counts, &images, 2, 100);
    assert_eq!(trainer.layers.iter().map(|l| l.gated).collect::<Vec<_>>(), [true, false]);
}

/// Fraction of spikes that the network frozen at F has otherwise than the float model.
fn mismatch(model: &FloatModel, images: &Images, frac_bits: u8) -> f64 {
    let bits = vec![frac_bits; model.layers.len()];
    let network = freeze_at(model, &bits, 24, false, &mut Vec::new()).unwrap();
    let (reference, predictor) =
        (Reference::new(&network).unwrap(), Predictor::new(model).unwrap());
    let (mut state, mut differ, mut all) = (predictor.state(), 0, 0);
    let crate::data::Code::Images(encoder) = &model.encoder else { panic!("images expected") };
    for input in &images.encode(encoder).inputs {
        predictor.classify(&mut state, input);
        let transcript = reference.run(input).unwrap();
        for (l, frozen) in state.layers[..2].iter().zip(&transcript.layers) {
            for (i, raster) in l.raster.iter().enumerate() {
                for t in 0..model.ticks() {
                    differ += usize::from(frozen.spikes.tick(t).get(i) != (raster >> t & 1 == 1));
                    all += 1;
                }
            }
        }
    }
    differ as f64 / all as f64
}

#[test]
fn spikes_of_the_frozen_network_approach_those_of_the_float_model() {
    let images = images();
    for mode in [GateMode::SampleLayer, GateMode::SampleChannel] {
        let mut trainer = stepped(&config(Method::Agmm, mode), &images, 100, 100);
        // Some channels turned over, as the sign of a gain may.
        trainer.layers[0].norm.gain[..5].iter_mut().for_each(|g| *g = -*g);
        let model = export(&trainer);
        let at = [0, 2, 4, 8, 12].map(|f| mismatch(&model, &images, f));
        assert!(at.windows(2).all(|w| w[1] <= w[0]), "{mode:?}: {at:?}");
        assert!(at[0] > 1e-3 && at[3] < 2e-4 && at[4] < 2e-5, "{mode:?}: {at:?}");
    }
}

/// Integer neurons in training are the frozen network, spike by spike.
fn check_integers(config: &TrainConfig) {
    let images = images();
    let mut config = TrainConfig {
        fine_tune: Some(FineTuneConfig { epochs: 1, frac_bits: 1, learning_rate: 0.1 }),
        ..config.clone()
    };
    // Gains stay well away from 0, where biases no longer fit.
    config.optimizer.learning_rate = 0.02;
    config.check().unwrap();
    let mut trainer = stepped(&config, &images, 80, 100);
    for l in &mut trainer.layers {
        // Residuals keep their gains positive; others may turn over.
        let turned = if config.layers.iter().all(|l| l.residual.is_none()) { 3 } else { 0 };
        l.norm.gain.iter_mut().take(turned).for_each(|g| *g = -*g);
    }
    let model = export(&trainer);
    let bits = vec![1; model.layers.len()];
    let network = freeze_at(&model, &bits, 16, false, &mut Vec::new()).unwrap();
    let reference = Reference::new(&network).unwrap();
    pass(&mut trainer, &images);
    let inputs = images.first(BATCH).encode(&config.encoder()).inputs;
    let mut spikes = 0;
    for (b, input) in inputs.iter().enumerate() {
        let transcript = reference.run(input).unwrap();
        let shard = &trainer.shards[b / 16];
        let mut frozen = 0;
        for (layer, l) in trainer.layers.iter().zip(&shard.layers).filter(|(l, _)| !l.is_read()) {
            let map = layer.geometry.to;
            for i in 0..map.len() {
                let raster = l.raster[b % 16 * map.len() + map.index_of(i)];
                for t in 0..config.ticks {
                    let expect = transcript.layers[frozen].spikes.tick(t).get(i);
                    assert_eq!(raster >> t & 1 == 1, expect, "sample {b} layer {frozen} {t} {i}");
                    spikes += usize::from(expect);
                }
            }
            frozen += 1 + usize::from(layer.pool.is_some());
        }
    }
    assert!(spikes > 200, "too quiet to test anything: {spikes} spikes");
    let before = trainer.layers[0].norm.clone();
    pass(&mut trainer, &images);
    trainer.update();
    let after = &trainer.layers[0].norm;
    assert!(before.mean == after.mean && before.var == after.var, "statistics stay");
    assert!(before.beta != after.beta, "parameters go on");
}

#[test]
fn fine_tuning_runs_the_frozen_network() {
    for (method, mode) in
        [(Method::Plain, MODES[0]), (Method::Agmm, MODES[0]), (Method::Agmm, MODES[1])]
    {
        check_integers(&config(method, mode));
    }
    let plain = config(Method::Plain, MODES[0]);
    let dense = plain.layers[0].clone();
    let conv = |channels, kernel| LayerConfig { neurons: 0, channels, kernel, ..dense.clone() };
    let residual = Some(Residual { from: 0, gain_log2: 1 });
    let layers = vec![
        LayerConfig { stride: 2, or_pool: 2, ..conv(6, 5) },
        LayerConfig { padding: 1, residual, planes: 2, ..conv(6, 3) },
        LayerConfig { recurrent: true, neurons: 20, reset: Reset::Subtract, ..dense.clone() },
    ];
    check_integers(&TrainConfig { layers, ..plain.clone() });
    let bare = LayerConfig { batch_norm: false, leak: Leak::None, ..dense };
    check_integers(&TrainConfig { layers: vec![bare], ..plain });
}
