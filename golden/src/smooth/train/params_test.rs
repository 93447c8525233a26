//! Binary weights: the derivatives of their forms, and runs in which signs are taken.

use super::*;
use crate::{
    smooth::{
        tasks::yinyang,
        train::{
            SmoothCheckpoint, SmoothData, SmoothModel, SmoothProgress, SmoothReport, evaluate,
            train, trainer::Trainer,
        },
    },
    train::LANES,
};

const BINARY: &str = "method = \"smooth\"\nepochs = 5\nbatch = 50\nhidden = [30]\nclasses = 3\n\
    flip = 0.0\noptimizer = { kind = \"adabelief\", learning_rate = 1e-2 }\n\
    [binary]\nbeta_end = 8.0\nharden = 0.5\n";

/// A loss that is linear in weights and in phases, in angles, and its gradient.
struct Linear(Gradient<f32>);

impl Linear {
    fn new(net: &Net<f32>) -> Self {
        let mut gradient = Gradient::new(net);
        let mut draw = Stream::named(3, "linear").sequence();
        for (l, layer) in net.layers.iter().enumerate() {
            let mut fill = |rows: &mut [Row<f32>]| {
                for row in rows.as_flattened_mut().chunks_exact_mut(LANES * layer.width()) {
                    row[..layer.neurons].fill_with(|| (draw.unit() - 0.5) as f32);
                }
            };
            fill(&mut gradient.weights[l]);
            fill(&mut gradient.phases[l]);
        }
        Self(gradient)
    }

    fn loss(&self, net: &Net<f32>) -> f64 {
        let dot = |a: &[Row<f32>], b: &[f64]| -> f64 {
            a.as_flattened().iter().zip(b).map(|(a, b)| f64::from(*a) * b).sum()
        };
        let layer = |(l, layer): (usize, &crate::smooth::theta::Layer<f32>)| {
            let weights: Vec<f64> =
                layer.weights.as_flattened().iter().map(|k| f64::from(*k)).collect();
            let points = layer.sin.as_flattened().iter().zip(layer.cos.as_flattened());
            let angles: Vec<f64> =
                points.map(|(s, c)| f64::from(*s).atan2(f64::from(*c))).collect();
            dot(&self.0.weights[l], &weights) + dot(&self.0.phases[l], &angles)
        };
        net.layers.iter().enumerate().map(layer).sum()
    }
}

#[test]
fn derivatives_of_every_form_are_differences() {
    const H: f32 = 0.02;
    let config = SmoothConfig::from_toml(BINARY).unwrap();
    let mut start = fresh(&config, 5);
    // Phases of their own, and scales that differ.
    for (l, p) in start.iter_mut().enumerate() {
        p.phases.iter_mut().enumerate().for_each(|(i, x)| *x = 1.0 + 0.1 * i as f32);
        p.log_scale[0] = 0.3 * l as f32 - 0.2;
    }
    let fresh_net = || Net::new(&sizes(&config, 5), config.trial, config.period, 0.0);
    let linear = Linear::new(&fresh_net());
    let loss = |params: &[LayerParams], form| {
        let mut net = fresh_net();
        fill(&mut net, params, form);
        linear.loss(&net)
    };
    type Array = fn(&mut LayerParams) -> &mut Vec<f32>;
    let arrays: [Array; 3] = [|p| &mut p.latent, |p| &mut p.phases, |p| &mut p.log_scale];
    for form in [Form::Soft(1.0), Form::Soft(2.5), Form::Sign, Form::Real] {
        if form == Form::Real {
            // Real weights have no scale.
            start.iter_mut().for_each(|p| p.log_scale[0] = 0.0);
        }
        let mut net = fresh_net();
        fill(&mut net, &start, form);
        let gradients = chain(&net, &start, form, &linear.0);
        for (l, LayerGradient(got)) in gradients.iter().enumerate() {
            for (which, (got, array)) in got.iter().zip(arrays).enumerate() {
                for (k, got) in got.iter().enumerate() {
                    if form == Form::Real && which == 2 {
                        assert_eq!(*got, 0.0);
                        continue;
                    }
                    if form == Form::Sign && which == 0 {
                        // Signs are kept.
                        assert_eq!(*got, 0.0);
                        continue;
                    }
                    let shifted = |h: f32| {
                        let mut params = start.clone();
                        let to = &mut array(&mut params[l])[k];
                        let before = *to;
                        *to += h;
                        let step = f64::from(*to) - f64::from(before);
                        (loss(&params, form), step)
                    };
                    let slope = |h: f32| {
                        let (plus, minus) = (shifted(h), shifted(-h));
                        (plus.0 - minus.0) / (plus.1 - minus.1)
                    };
                    let expect = (4.0 * slope(H) - slope(2.0 * H)) / 3.0;
                    let off = (f64::from(*got) - expect).abs();
                    let what = format!("{form:?} layer {l} array {which} {k}: {got} {expect}");
                    assert!(off <= 1e-4 * expect.abs().max(0.1), "{what}");
                }
            }
        }
    }
}

#[test]
fn signs_stay_once_taken_and_a_run_goes_on_across_that() {
    let config = SmoothConfig::from_toml(BINARY).unwrap();
    let data = SmoothData { train: yinyang::samples(600, 1), watched: yinyang::samples(200, 2) };
    let run = |start: Option<&SmoothCheckpoint>| {
        let mut all: Vec<(SmoothReport, SmoothCheckpoint)> = Vec::new();
        let model = train(&config, &data, start, &mut |p| {
            if let SmoothProgress::Epoch { report, checkpoint } = p {
                all.push((report.clone(), checkpoint.clone()));
            }
        });
        (model.unwrap(), all)
    };
    let (model, all) = run(None);
    // Signs are taken in the middle of the third epoch.
    let trainers: Vec<Trainer> = all
        .iter()
        .map(|(_, checkpoint)| {
            let mut trainer = Trainer::new(&config, 5, 50, 12);
            checkpoint.restore(&mut trainer, 600).unwrap();
            trainer
        })
        .collect();
    let forms: Vec<bool> = trainers.iter().map(|t| t.form() == Form::Sign).collect();
    assert_eq!(forms, [false, false, false, true, true, true]);
    for l in 0..2 {
        let latent = |epoch: usize| &trainers[epoch].params[l].latent;
        assert!(latent(0) != latent(1) && latent(2) != latent(3));
        assert!(latent(3) == latent(4) && latent(4) == latent(5));
        let (before, after) = (&trainers[3].params[l], &trainers[5].params[l]);
        assert!(before.log_scale != after.log_scale && before.phases != after.phases);
        let (layer, scale) = (&trainers[5].net.layers[l], after.scale());
        for (k, row) in layer.weights.chunks_exact(layer.width()).enumerate() {
            let row = &row.as_flattened()[..layer.neurons];
            assert!(row.iter().all(|w| w.abs() == scale), "layer {l} input {k}");
        }
    }
    // Written and read, the model is the net that was trained.
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("smooth.json");
    model.write(&path).unwrap();
    let read = SmoothModel::read(&path).unwrap();
    assert!(read == model);
    let net = read.net().unwrap();
    for (a, b) in net.layers.iter().zip(&trainers[5].net.layers) {
        assert!(a.weights[..] == b.weights[..] && a.sin[..] == b.sin[..] && a.cos[..] == b.cos[..]);
    }
    let now = evaluate(&net, &data.watched, config.gamma).unwrap();
    assert_eq!(now.share(now.correct_on_hardware), all[5].0.on_hardware);
    // From before the signs were taken.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
    let (resumed, rest) = pool.install(|| run(Some(&all[2].1)));
    assert!(resumed == model && rest == all[3..]);
}
