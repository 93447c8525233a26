//! The generic gradient against the training engine's, seen from outside: one step of plain descent
//! moves every float weight by rate times gradient.

use super::networks::distance;
use crate::{
    data::Images,
    meta::{Example, Net, Part, Reach, Sample, gradient},
    model::{FloatModel, Synapses},
    rng::Stream,
    train::{
        LayerConfig, OptimizerConfig, OptimizerKind, Surrogate, TrainConfig, TrainingData,
        WeightKind, train,
    },
};
use spikewright_ir::{Leak, Reset};

const BATCH: usize = 12;
const CLASSES: usize = 3;

/// Parameters of a model of the engine in the order of a network's.
fn parameters(net: &Net, model: &FloatModel) -> Vec<f64> {
    let mut theta = vec![0.0; net.size()];
    let last = model.layers.len() - 1;
    for slot in &net.slots {
        let out = &mut theta[slot.range.clone()];
        match slot.part {
            Part::Weights(k) => {
                let layer = &net.layers[k];
                let units = layer.units();
                let Synapses::Real { values, inputs } = &model.layers[k].synapses else {
                    panic!("floats expected")
                };
                for (i, j) in (0..units).flat_map(|i| (0..*inputs).map(move |j| (i, j))) {
                    let row = layer.geometry.weight_row(layer.source, j);
                    out[row * units + i] = f64::from(values[i * inputs + j]);
                }
            }
            Part::Beta(k) => out.copy_from_slice(&model.layers[k].beta),
            Part::Head => {
                let Synapses::Real { values, inputs } = &model.layers[last].synapses else {
                    panic!("floats expected")
                };
                let map = net.layers[net.layers.len() - 1].out;
                for (c, j) in (0..CLASSES).flat_map(|c| (0..*inputs).map(move |j| (c, j))) {
                    out[c * inputs + map.index_of(j)] = f64::from(values[c * inputs + j]);
                }
            }
            Part::Bias => out.copy_from_slice(&model.layers[last].beta),
            Part::Gain(_) => panic!("no batch norm here"),
        }
    }
    theta
}

#[track_caller]
fn check(layers: Vec<LayerConfig>) {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../configs/mnist.toml");
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap();
    (config.ticks, config.shift_pixels, config.classes) = (4, 0, CLASSES);
    (config.epochs, config.batch) = (1, BATCH);
    config.layers = layers;
    let (height, width) = (6, 7);
    let mut draw = Stream::named(8, "engine").sequence();
    let pixels = (0..BATCH * height * width).map(|_| draw.word() as u8).collect();
    let labels: Vec<u8> = (0..BATCH).map(|_| draw.below(CLASSES as u64) as u8).collect();
    let images = Images { height, width, pixels, labels };
    let after = |rate: f32| {
        config.optimizer = OptimizerConfig {
            kind: OptimizerKind::Sgd,
            learning_rate: rate,
            momentum: Some(0.0),
            weight_decay: 0.0,
            clip_norm: None,
        };
        config.clone()
    };
    let models: Vec<FloatModel> = [1e-30, 4.0]
        .map(after)
        .iter()
        .map(|c| {
            let data = TrainingData::images(images.clone(), images.first(1), c);
            train(c, &data, |_| {}).unwrap()
        })
        .collect();
    // Logits summed over ticks: the scale of the head's is the number of ticks.
    let mut net =
        Net::new(&config.layers, images.shape(), config.ticks, CLASSES, config.ticks as f64)
            .unwrap();
    net.layers.iter_mut().for_each(|l| l.rule.through_reset = false);
    let [start, end] = [0, 1].map(|i| parameters(&net, &models[i]));
    let encoder = config.encoder();
    let samples: Vec<Sample> = (0..BATCH)
        .map(|i| {
            let train = encoder.encode(images.image(i), i as u64);
            let ones = |t| train.planes[0].tick(t).ones().map(|j| (j as u32, 1.0)).collect();
            Sample { ticks: (0..config.ticks).map(ones).collect() }
        })
        .collect();
    let batch: Vec<Example<'_>> = samples
        .iter()
        .zip(&images.labels)
        .map(|(sample, &l)| Example { sample, class: usize::from(l) })
        .collect();
    let ours = gradient(&net, &start, &batch, Reach::All).of;
    for slot in &net.slots {
        let theirs: Vec<f64> = slot.range.clone().map(|i| (start[i] - end[i]) / 4.0).collect();
        let size = theirs.iter().map(|g| g * g).sum::<f64>().sqrt();
        assert!(size > 1e-4, "{:?}: nothing to compare", slot.part);
        let error = distance(&theirs, &ours[slot.range.clone()]);
        assert!(error < 1e-4, "{:?}: {error}", slot.part);
    }
}

#[test]
fn gradients_are_those_of_the_engine() {
    for (reset, surrogate) in [
        (Reset::Subtract, Surrogate::FastSigmoid(2.0)),
        (Reset::Zero, Surrogate::Arctan(2.0)),
        (Reset::Subtract, Surrogate::Triangle(1.0)),
    ] {
        let common = LayerConfig {
            reset,
            surrogate,
            weights: WeightKind::Float,
            batch_norm: false,
            ..LayerConfig::dense(0, Leak::Scale(230))
        };
        let dense = LayerConfig { neurons: 9, ..common.clone() };
        let conv = LayerConfig { channels: 4, kernel: 3, padding: 1, ..common };
        let strided = LayerConfig { stride: 2, ..conv.clone() };
        let pooled = LayerConfig { or_pool: 2, ..conv.clone() };
        check(vec![dense.clone(), dense.clone()]);
        check(vec![strided, conv, dense.clone()]);
        check(vec![pooled, dense]);
    }
}
