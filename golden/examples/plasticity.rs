//! Surrogate training with and without plasticity on the read layer, in pairs of the same seed:
//! `cargo run --release -p spikewright-golden --example plasticity -- TASK SEEDS SAMPLES EPOCHS SCALE`.
//! `TASK` is `dense` (784-256-10 on MNIST, T = 8) or a file of binned events (2312-256-10, of seed k
//! fold k is kept out); seeds are separated by commas; `SCALE` multiplies the published amplitudes.
//! Accuracy is that of samples kept out of training, differences have 95 % intervals (Student's t).

#[path = "agmm/task.rs"]
mod task;

use spikewright_golden::{
    data::EncodedSet,
    plasticity::Variant,
    rng::Stream,
    train::{
        Control, LayerConfig, Method, Modulation, OptimizerConfig, OptimizerKind, PlasticReport,
        Progress, TrainConfig, TrainingData, train,
    },
};
use spikewright_ir::{BitVec, Leak, SpikeTrain};
use std::error::Error;
use task::Task;

/// A change to the recipe without plasticity.
type Change = fn(&mut TrainConfig);

/// Every row of the table.
const ROWS: [(&str, Change); 9] = [
    ("none", |c| c.method = Method::Plain),
    ("ssdp", |_| {}),
    ("ssdp, published", |c| c.plasticity.ssdp.variant = Variant::Published),
    ("stdp", |c| c.method = Method::Stdp),
    ("ssdp, gate", |c| {
        (c.plasticity.modulation, c.plasticity.start_epoch) = (Modulation::Gate, 2);
    }),
    ("stdp, reward", |c| (c.method, c.plasticity.modulation) = (Method::Stdp, Modulation::Reward)),
    ("random signs", |c| c.plasticity.control = Control::RandomSigns),
    ("decay", |c| c.plasticity.control = Control::Decay),
    ("ssdp, 100-fold", |c| {
        c.plasticity.ssdp.a_plus = (100.0 * c.plasticity.ssdp.a_plus).min(1.0);
        c.plasticity.ssdp.a_minus = (100.0 * c.plasticity.ssdp.a_minus).min(1.0);
    }),
];

fn recipe(
    task: &Task,
    seed: u64,
    epochs: usize,
    scale: f64,
) -> Result<TrainConfig, Box<dyn Error>> {
    let mut config = task.recipe(5e-3, seed, epochs)?;
    config.method = Method::Ssdp;
    config.layers = vec![LayerConfig::dense(256, Leak::Shift(1))];
    (config.output_weights, config.diagnostics) = (None, false);
    config.optimizer =
        OptimizerConfig { kind: OptimizerKind::Adam, momentum: None, ..config.optimizer };
    if matches!(task, Task::Dense(_)) {
        config.ticks = 8;
    }
    let p = &mut config.plasticity;
    for a in [&mut p.ssdp.a_plus, &mut p.ssdp.a_minus, &mut p.stdp.a_plus, &mut p.stdp.a_minus] {
        *a *= scale;
    }
    Ok(config)
}

/// The same samples with every spike moved by up to `most` ticks either way, kept within the sample.
fn jittered(set: &EncodedSet, most: u64) -> EncodedSet {
    let inputs = set.inputs.iter().enumerate().map(|(number, input)| {
        let mut draw = Stream::named(most, "jitter").child(number as u64).sequence();
        let train = &input.planes[0];
        let (ticks, n) = (train.ticks(), train.tick(0).len());
        let mut out = vec![BitVec::zeros(n); ticks];
        for t in 0..ticks {
            for i in train.tick(t).ones() {
                let moved = (t as u64 + draw.below(2 * most + 1)).saturating_sub(most) as usize;
                out[moved.min(ticks - 1)].set(i, true);
            }
        }
        SpikeTrain::from_ticks(out, n).into()
    });
    EncodedSet { inputs: inputs.collect(), labels: set.labels.clone() }
}

/// Accuracies in percent: as they are, and with spikes moved by up to 1 and 2 ticks.
struct Run {
    accuracy: [f64; 3],
    loss: f64,
    plasticity: Vec<PlasticReport>,
}

fn run(config: &TrainConfig, data: &TrainingData) -> Result<Run, Box<dyn Error>> {
    let (mut loss, mut plasticity) = (0.0, Vec::new());
    let model = train(config, data, |p| {
        if let Progress::Epoch { report, .. } = p {
            loss = report.loss;
            plasticity.extend(report.plasticity);
        }
    })?;
    let set = data.held_out.encode(&model.encoder);
    let of = |set: &EncodedSet| Ok::<_, Box<dyn Error>>(100.0 * model.accuracy(set)?);
    let accuracy = [of(&set)?, of(&jittered(&set, 1))?, of(&jittered(&set, 2))?];
    Ok(Run { accuracy, loss, plasticity })
}

/// Share of plasticity in all changes over all epochs that have it, of all runs, and the least and most
/// of any epoch, in percent.
fn shares(runs: &[Run]) -> String {
    let epochs = || runs.iter().flat_map(|r| &r.plasticity);
    let own: f64 = epochs().map(|p| p.plastic_change).sum();
    let all = own + epochs().map(|p| p.optimizer_change).sum::<f64>();
    let least = epochs().map(|p| p.share).fold(f64::INFINITY, f64::min);
    let most = epochs().map(|p| p.share).fold(0.0, f64::max);
    match epochs().next() {
        None => String::new(),
        Some(_) => {
            format!("{:.1} ({:.1} to {:.1})", 100.0 * own / all, 100.0 * least, 100.0 * most)
        }
    }
}

/// 97.5th percentiles of Student's t for 1 to 9 degrees of freedom.
const T975: [f64; 9] = [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262];

/// Mean, and half of its 95 % interval.
fn interval(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let t = T975.get(values.len().saturating_sub(2)).copied().unwrap_or(1.96);
    (mean, t * (variance / n).sqrt())
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [name, seeds, samples, epochs, scale] = &arguments[..] else {
        return Err("give TASK SEEDS SAMPLES EPOCHS SCALE".into());
    };
    let task = Task::new(name, samples.parse()?)?;
    println!(
        "| plasticity | accuracy % | difference | moved by 1, by 2 | training loss | share of changes % | at their bound % |"
    );
    println!("|---|---|---|---|---|---|---|");
    let mut plain: Vec<f64> = Vec::new();
    for (name, change) in &ROWS {
        let mut runs = Vec::new();
        for seed in seeds.split(',') {
            let mut config = recipe(&task, seed.parse()?, epochs.parse()?, scale.parse()?)?;
            change(&mut config);
            runs.push(run(&config, &task.data(&config))?);
        }
        let column = |k: usize| runs.iter().map(|r| r.accuracy[k]).collect::<Vec<_>>();
        let mean = |v: Vec<f64>| v.iter().sum::<f64>() / v.len() as f64;
        if plain.is_empty() {
            plain = column(0);
        }
        let pairs: Vec<f64> = column(0).iter().zip(&plain).map(|(a, b)| a - b).collect();
        let (difference, half) = interval(&pairs);
        let at_bound = |r: &Run| r.plasticity.last().map_or(0.0, |p| p.at_bound);
        println!(
            "| {name} | {:.2} | {difference:+.2} ± {half:.2} | {:.2}, {:.2} | {:.4} | {} | {:.0} |",
            mean(column(0)),
            mean(column(1)),
            mean(column(2)),
            mean(runs.iter().map(|r| r.loss).collect()),
            shares(&runs),
            100.0 * mean(runs.iter().map(at_bound).collect()),
        );
    }
    Ok(())
}
