//! What a genome is worth, next to its controls:
//! `cargo run --release -p spikewright-golden --example genome -- CONFIG KIND GENES SEEDS IMAGES EPOCHS SET`. Lists are
//! separated by commas. `KIND` is `binary` or `float`, `SET` is `held_out` to choose by, or `test`, to be looked at once.

mod table;

use spikewright_golden::{
    data::{EncodedSet, Mnist},
    train::{TrainConfig, TrainingData, WeightKind},
};
use std::{error::Error, str::FromStr};

/// What went wrong.
type Failure = Box<dyn Error + Send + Sync>;

/// MNIST, and how much of it.
struct Task {
    config: TrainConfig,
    mnist: Mnist,
    images: usize,
}

impl Task {
    fn new(file: &str, images: &str, epochs: &str) -> Result<Self, Failure> {
        let mut config = TrainConfig::from_toml(&std::fs::read_to_string(file)?)?;
        config.epochs = epochs.parse()?;
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist");
        Ok(Self { config, mnist: Mnist::load(folder.as_ref())?, images: images.parse()? })
    }

    fn data(&self) -> TrainingData {
        TrainingData::split(&self.mnist.train.first(self.images), &self.config)
    }

    /// The held-out samples, or the test images.
    fn set(&self, which: &str, data: &TrainingData) -> EncodedSet {
        match which {
            "test" => self.mnist.test.encode(&self.config.encoder()),
            _ => data.held_out.encode(&data.code),
        }
    }
}

fn list<T: FromStr>(text: &str) -> Result<Vec<T>, T::Err> {
    text.split(',').map(str::parse).collect()
}

/// Makes all weights of a configuration of one kind.
fn set_kind(config: &mut TrainConfig, kind: &str) {
    let kind = if kind == "float" { WeightKind::Float } else { WeightKind::Binary };
    config.layers.iter_mut().for_each(|l| l.weights = kind);
}

/// Mean and single values in percent.
fn percent(values: &[f64]) -> String {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    let each: Vec<String> = values.iter().map(|v| format!("{:.2}", 100.0 * v)).collect();
    format!("{:.2} ({})", 100.0 * mean, each.join(", "))
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        [file, kind, genes, seeds, images, epochs, set] => {
            table::run(&Task::new(file, images, epochs)?, kind, &list(genes)?, &list(seeds)?, set)
        }
        _ => Err("give the arguments named in the source".into()),
    }
}
