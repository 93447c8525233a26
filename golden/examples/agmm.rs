//! Trains 784-256-256-10 on MNIST with the gate and with what it has to be compared to, and prints a
//! table: `cargo run --release -p spikewright-golden --example agmm -- RATES SEEDS IMAGES EPOCHS [NAMES]`,
//! lists separated by commas. Hidden layers are binary, the read layer float, reset to zero, SGD with
//! momentum 0.9 and a cosine. Accuracy is that of held-out training images.

use spikewright_golden::{
    data::{Images, Mnist},
    train::{
        Estimator, GateMode, LayerConfig, Method, OptimizerConfig, OptimizerKind, Progress,
        TrainConfig, TrainingData, WeightKind, train,
    },
};
use spikewright_ir::{Leak, Reset};
use std::error::Error;

/// A change to the plain recipe.
type Change = fn(&mut TrainConfig);

/// Every row of the table.
const ROWS: [(&str, Change); 10] = [
    ("off", |_| {}),
    ("sample_layer", |c| gate(c, GateMode::SampleLayer)),
    ("stop_gradient", |c| {
        gate(c, GateMode::SampleLayer);
        c.gate.stop_gradient = true;
    }),
    ("sample_channel", |c| gate(c, GateMode::SampleChannel)),
    ("batch", |c| gate(c, GateMode::Batch)),
    ("constant", |c| gate(c, GateMode::Constant)),
    ("low_rate", |c| c.optimizer.learning_rate *= 0.5),
    ("gain", |c| c.layers.iter_mut().for_each(|l| l.gain = 0.5)),
    ("reste", |c| c.estimator = Estimator::Reste(3.0)),
    ("adaptive", |c| c.estimator = Estimator::Adaptive(2.0)),
];

fn gate(config: &mut TrainConfig, mode: GateMode) {
    config.method = Method::Agmm;
    config.gate.mode = mode;
}

fn recipe(
    rate: f32,
    seed: u64,
    images: usize,
    epochs: usize,
) -> Result<TrainConfig, Box<dyn Error>> {
    let mut config = TrainConfig::from_toml(
        "method = \"plain\"\nepochs = 1\nticks = 4\nclasses = 10\ndiagnostics = true
        output_weights = \"float\"\nloss = \"mean\"
        [optimizer]\nkind = \"sgd\"\nlearning_rate = 1.0\n[[layer]]\nneurons = 256\nleak = { shift = 1 }",
    )?;
    let layer = LayerConfig { reset: Reset::Zero, ..LayerConfig::dense(256, Leak::Shift(1)) };
    config.layers = vec![layer.clone(), layer];
    let (kind, momentum) = (OptimizerKind::Sgd, Some(0.9));
    config.optimizer = OptimizerConfig { kind, momentum, learning_rate: rate, ..config.optimizer };
    (config.seed, config.epochs, config.validation) = (seed, epochs, images / 6);
    debug_assert_eq!(config.output_kind(), WeightKind::Float);
    Ok(config)
}

/// Accuracy, flips of the first epoch and of all, rates of the hidden layers, variance of the gradient.
struct Run {
    accuracy: f64,
    first: f64,
    sum: f64,
    steps: f64,
    predicted: f64,
    rate: f64,
    variance: f64,
}

fn run(config: &TrainConfig, images: &Images) -> Result<Run, Box<dyn Error>> {
    let data = TrainingData::split(images, config);
    let mut reports = Vec::new();
    train(config, &data, |p| {
        if let Progress::Epoch { report, .. } = p {
            reports.push(report.clone());
        }
    })?;
    // Mean over the weights of the two hidden layers, 784-256 and 256-256.
    let share = 784.0 / (784.0 + 256.0);
    let mean = |f: fn(&spikewright_golden::train::LayerReport) -> f64| -> Vec<f64> {
        reports.iter().map(|r| share * f(&r.layers[0]) + (1.0 - share) * f(&r.layers[1])).collect()
    };
    let flips = mean(|l| l.flips_per_epoch);
    let sum = |v: Vec<f64>| v.iter().sum::<f64>();
    let last = reports.last().ok_or("no epoch")?;
    Ok(Run {
        accuracy: last.validation_accuracy,
        first: flips[0],
        sum: sum(flips),
        steps: sum(mean(|l| l.flips_per_step_sum)),
        predicted: sum(mean(|l| l.predicted_flips)),
        rate: (last.layers[0].firing_rate + last.layers[1].firing_rate) / 2.0,
        variance: mean(|l| l.gradient_variance)[0],
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [rates, seeds, count, epochs, names @ ..] = &arguments[..] else {
        return Err("give RATES SEEDS IMAGES EPOCHS [NAMES]".into());
    };
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../data/mnist");
    let images = Mnist::load(folder.as_ref())?.train.first(count.parse()?);
    println!(
        "| rate | gate | accuracy % | flips, first epoch % | summed | per step, summed | predicted | firing rate | gradient variance |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for rate in rates.split(',') {
        for (name, change) in &ROWS {
            if !names.is_empty() && !names[0].split(',').any(|n| n == *name) {
                continue;
            }
            let mut runs = Vec::new();
            for seed in seeds.split(',') {
                let mut config =
                    recipe(rate.parse()?, seed.parse()?, images.len(), epochs.parse()?)?;
                change(&mut config);
                match run(&config, &images) {
                    Ok(run) => runs.push(run),
                    Err(error) => println!("| {rate} | {name} | seed {seed}: {error} |"),
                }
            }
            let mean = |f: fn(&Run) -> f64| runs.iter().map(f).sum::<f64>() / runs.len() as f64;
            let each: Vec<String> =
                runs.iter().map(|r| format!("{:.2}", 100.0 * r.accuracy)).collect();
            println!(
                "| {rate} | {name} | {:.2} ({}) | {:.2} | {:.4} | {:.2} | {:.2} | {:.3} | {:.2e} |",
                100.0 * mean(|r| r.accuracy),
                each.join(", "),
                100.0 * mean(|r| r.first),
                mean(|r| r.sum),
                mean(|r| r.steps),
                mean(|r| r.predicted),
                mean(|r| r.rate),
                mean(|r| r.variance)
            );
        }
    }
    Ok(())
}
