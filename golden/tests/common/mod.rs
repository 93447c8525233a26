//! Small pieces the training tests share: real digits and a small configuration.
#![allow(dead_code, reason = "every test file takes what it needs")]

use spikewright_golden::{
    data::{Images, Mnist},
    model::FloatModel,
    train::{EpochReport, Progress, TrainConfig, TrainingData, train},
};
use std::path::Path;

/// The repository's MNIST.
pub fn mnist() -> Mnist {
    Mnist::load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../data/mnist")).unwrap()
}

/// A configuration of the repository, cut down to `epochs` epochs.
pub fn config(file: &str, epochs: usize) -> TrainConfig {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../configs").join(file);
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap();
    config.epochs = epochs;
    config
}

/// The first `n` training images, split as the configuration says.
pub fn subset(images: &Images, n: usize, config: &TrainConfig) -> TrainingData {
    TrainingData::split(&images.first(n), config)
}

/// Trains a model; also gives the report of every epoch.
pub fn run(config: &TrainConfig, data: &TrainingData) -> (FloatModel, Vec<EpochReport>) {
    let mut reports = Vec::new();
    let model = train(config, data, |p| {
        if let Progress::Epoch { report, .. } = p {
            reports.push(report.clone());
        }
    })
    .unwrap();
    (model, reports)
}
