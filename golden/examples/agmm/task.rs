//! What is trained: networks, their images or events, and how these are split.

use spikewright_golden::{
    data::{EncodedSet, Images, Mnist, Npz},
    train::{Labelled, LayerConfig, OptimizerConfig, OptimizerKind, TrainConfig, TrainingData},
};
use spikewright_ir::{BitVec, Leak, Reset, Shape, SpikeTrain};
use std::{error::Error, path::Path};

/// Shape of the events: polarities, rows, columns.
const SENSOR: Shape = Shape { channels: 2, height: 34, width: 34 };
/// Bins of a sample.
const BINS: usize = 10;
/// Folds that events are divided into.
const FOLDS: usize = 5;

/// A network and its samples.
pub enum Task {
    /// 784-256-256-10 on MNIST.
    Dense(Images),
    /// 16c3-p2-32c3-p2-128-10 on MNIST.
    Conv(Images),
    /// 2312-256-256-10 on binned N-MNIST: of seed k, fold k (from 1) is kept out.
    Events(EncodedSet),
}

impl Task {
    /// `dense`, `conv`, or the path of binned events; so many samples at most.
    pub fn new(name: &str, count: usize) -> Result<Self, Box<dyn Error>> {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist");
        let images = || Ok::<_, Box<dyn Error>>(Mnist::load(folder.as_ref())?.train.first(count));
        Ok(match name {
            "dense" => Self::Dense(images()?),
            "conv" => Self::Conv(images()?),
            file => Self::Events(events(file.as_ref())?),
        })
    }

    /// The recipe without a gate: SGD with momentum 0.9 and a cosine, loss of the mean logits, reset
    /// to zero, a float read layer.
    pub fn recipe(
        &self,
        rate: f32,
        seed: u64,
        epochs: usize,
    ) -> Result<TrainConfig, Box<dyn Error>> {
        let mut config = TrainConfig::from_toml(
            "method = \"plain\"\nepochs = 1\nticks = 4\nclasses = 10\ndiagnostics = true
            output_weights = \"float\"\nloss = \"mean\"
            [optimizer]\nkind = \"sgd\"\nlearning_rate = 1.0\n[[layer]]\nneurons = 256\nleak = { shift = 1 }",
        )?;
        let dense = |n| LayerConfig { reset: Reset::Zero, ..LayerConfig::dense(n, Leak::Shift(1)) };
        let conv = |channels| LayerConfig {
            channels,
            kernel: 3,
            padding: 1,
            or_pool: 2,
            neurons: 0,
            ..dense(0)
        };
        config.layers = match self {
            Self::Conv(_) => vec![conv(16), conv(32), dense(128)],
            _ => vec![dense(256), dense(256)],
        };
        match self {
            Self::Dense(images) | Self::Conv(images) => config.validation = images.len() / 6,
            Self::Events(_) => (config.ticks, config.batch) = (BINS, 40),
        }
        let (kind, momentum) = (OptimizerKind::Sgd, Some(0.9));
        config.optimizer =
            OptimizerConfig { kind, momentum, learning_rate: rate, ..config.optimizer };
        (config.seed, config.epochs) = (seed, epochs);
        Ok(config)
    }

    /// Samples to train on and samples kept out.
    pub fn data(&self, config: &TrainConfig) -> TrainingData {
        match self {
            Self::Dense(images) | Self::Conv(images) => TrainingData::split(images, config),
            Self::Events(set) => {
                let pick = |held_out: bool| {
                    let fold = (config.seed as usize + FOLDS - 1) % FOLDS;
                    let here = (0..set.labels.len()).filter(|i| (i % FOLDS == fold) == held_out);
                    let (inputs, labels) =
                        here.map(|i| (set.inputs[i].clone(), set.labels[i])).unzip();
                    Labelled::Encoded(EncodedSet { inputs, labels })
                };
                TrainingData {
                    train: pick(false),
                    held_out: pick(true),
                    code: config.encoder().into(),
                    shape: SENSOR,
                }
            }
        }
    }
}

/// The training and then the test samples of an archive of events in bins: rows of
/// bins·polarities·rows·columns bits, the first bit of a byte its highest.
fn events(path: &Path) -> Result<EncodedSet, Box<dyn Error>> {
    let mut archive = Npz::open(path)?;
    let mut set = EncodedSet { inputs: Vec::new(), labels: Vec::new() };
    for part in ["train", "test"] {
        let bits = archive.integers(&format!("{part}_bits"))?;
        let labels = archive.integers(&format!("{part}_label"))?;
        let n = SENSOR.len();
        for row in bits.rows() {
            let bit = |i: usize| row[i / 8] >> (7 - i % 8) & 1 == 1;
            let tick = |t| BitVec::from_bits((0..n).map(|i| bit(t * n + i)));
            set.inputs.push(SpikeTrain::from_ticks((0..BINS).map(tick).collect(), n).into());
        }
        for label in labels {
            set.labels.push(u8::try_from(label)?);
        }
    }
    if set.inputs.len() != set.labels.len() {
        return Err(format!("{}: not as many labels as samples", path.display()).into());
    }
    Ok(set)
}
