//! Trains a configuration on MNIST and prints accuracy and time.
//!
//! `cargo run --release -p spikewright-golden --example train_mnist -- CONFIG SEED [DATA]`

use spikewright_golden::{
    Reference,
    data::Mnist,
    freeze::{FreezeOptions, freeze},
    train::{Progress, TrainConfig, TrainingData, train},
};
use std::{error::Error, path::Path, time::Instant};

fn main() -> Result<(), Box<dyn Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [path, seed, rest @ ..] = &args[..] else {
        return Err("usage: train_mnist CONFIG SEED [DATA]".into());
    };
    let mut config = TrainConfig::from_toml(&std::fs::read_to_string(path)?)?;
    config.seed = seed.parse()?;
    let mnist = Mnist::load(Path::new(rest.first().map_or("data/mnist", String::as_str)))?;
    let data = TrainingData::split(&mnist.train, &config);
    let start = Instant::now();
    let model = train(&config, &data, |p| {
        if let Progress::Epoch { report: e, .. } = p {
            println!(
                "epoch {:2}  loss {:.4}  train {:.2} %  validation {:.2} %  flips {:.4}  {:.1} s",
                e.epoch,
                e.loss,
                100.0 * e.train_accuracy,
                100.0 * e.validation_accuracy,
                e.flips_per_epoch,
                start.elapsed().as_secs_f64()
            );
        }
    })?;
    println!("trained in {:.1} s", start.elapsed().as_secs_f64());
    let start = Instant::now();
    let held_out = data.held_out.encode(&model.encoder);
    let (network, report) = freeze(&model, &held_out, &FreezeOptions::default())?;
    println!("frozen in {:.1} s: {report:?}", start.elapsed().as_secs_f64());
    let test = mnist.test.encode(&config.encoder());
    let start = Instant::now();
    let run = Reference::new(&network)?.evaluate(&test.inputs, &test.labels)?;
    let seconds = start.elapsed().as_secs_f64();
    let classes = model.predict(&test.inputs)?;
    let differ = run.decisions.iter().zip(&classes).filter(|(d, c)| d.class != **c).count();
    println!(
        "test: float {:.2} %, integer {:.2} %, {differ} predictions differ; evaluated in {seconds:.2} s",
        100.0 * model.accuracy(&test)?,
        100.0 * run.accuracy(),
    );
    println!("{:?}", run.activity);
    Ok(())
}
