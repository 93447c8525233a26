//! Trains with the gate and with what it has to be compared to, and prints a table:
//! `cargo run --release -p spikewright-golden --example agmm -- TASK RATES SEEDS SAMPLES EPOCHS [NAMES]`,
//! lists separated by commas. `TASK` is `dense`, `conv` or a file of binned events. Hidden layers are
//! binary, the read layer float. Accuracy is that of samples that are kept out of training.

mod task;

use spikewright_golden::train::{
    Estimator, GateMode, LayerReport, Method, Progress, TrainConfig, TrainingData, train,
};
use std::error::Error;
use task::Task;

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

fn run(config: &TrainConfig, data: &TrainingData) -> Result<Run, Box<dyn Error>> {
    let mut reports = Vec::new();
    train(config, data, |p| {
        if let Progress::Epoch { report, .. } = p {
            reports.push(report.clone());
        }
    })?;
    // Mean over the weights of the hidden layers.
    let mean = |f: fn(&LayerReport) -> f64| -> Vec<f64> {
        let hidden = |layers: &[LayerReport]| {
            let (_, hidden) = layers.split_last()?;
            let sum = |f: &dyn Fn(&LayerReport) -> f64| hidden.iter().map(f).sum::<f64>();
            Some(sum(&|l| l.weights as f64 * f(l)) / sum(&|l| l.weights as f64))
        };
        reports.iter().filter_map(|r| hidden(&r.layers)).collect()
    };
    let flips = mean(|l| l.flips_per_epoch);
    let sum = |v: Vec<f64>| v.iter().sum::<f64>();
    let last = reports.last().ok_or("no epoch")?;
    let hidden = &last.layers[..last.layers.len() - 1];
    Ok(Run {
        accuracy: last.validation_accuracy,
        first: flips[0],
        sum: sum(flips),
        steps: sum(mean(|l| l.flips_per_step_sum)),
        predicted: sum(mean(|l| l.predicted_flips)),
        rate: hidden.iter().map(|l| l.firing_rate).sum::<f64>() / hidden.len() as f64,
        variance: mean(|l| l.gradient_variance)[0],
    })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [task, rates, seeds, count, epochs, names @ ..] = &arguments[..] else {
        return Err("give TASK RATES SEEDS SAMPLES EPOCHS [NAMES]".into());
    };
    let task = Task::new(task, count.parse()?)?;
    println!(
        "| rate | gate | accuracy % | flips, first epoch % | summed | per step, summed | predicted | firing rate | gradient variance |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    for rate in rates.split(',') {
        for (name, change) in &ROWS {
            if !names.is_empty() && !names[0].split(',').any(|n| n == *name) {
                continue;
            }
            let (mut runs, mut each) = (Vec::new(), Vec::new());
            for seed in seeds.split(',') {
                let mut config = task.recipe(rate.parse()?, seed.parse()?, epochs.parse()?)?;
                change(&mut config);
                match run(&config, &task.data(&config)) {
                    Ok(run) => {
                        each.push(format!("{:.2}", 100.0 * run.accuracy));
                        runs.push(run);
                    }
                    Err(error) => {
                        eprintln!("{rate} {name} seed {seed}: {error}");
                        each.push("diverged".into());
                    }
                }
            }
            let each = each.join(", ");
            if runs.is_empty() {
                println!("| {rate} | {name} | {each} | | | | | | |");
                continue;
            }
            let mean = |f: fn(&Run) -> f64| runs.iter().map(f).sum::<f64>() / runs.len() as f64;
            println!(
                "| {rate} | {name} | {:.2} ({}) | {:.2} | {:.4} | {:.2} | {:.2} | {:.3} | {:.2e} |",
                100.0 * mean(|r| r.accuracy),
                each,
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
