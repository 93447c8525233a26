//! The small tasks of smooth gradients: `sweep FILE.svg`, `single`, `recurrent` or `yinyang`, the last three
//! over ten seeds; and `epoch CONFIG.toml FOLDER`, how long an epoch takes on the MNIST files in a folder.

use spikewright_golden::{
    data::Mnist,
    smooth::{
        tasks::{figure, recurrent, single, sweep, yinyang},
        train::{SmoothConfig, SmoothData, SmoothProgress, evaluate, train},
    },
};
use std::time::Instant;

/// Epochs that are timed.
const EPOCHS: usize = 5;

const SEEDS: std::ops::RangeInclusive<u64> = 1..=10;

const YIN_YANG: &str = r#"
method = "smooth"
epochs = 300
batch = 50
hidden = [30]
classes = 3
flip = 0.0
trial = 2.5
gamma = 0.15
decay_epochs = 100.0
optimizer = { kind = "adabelief", learning_rate = 1e-2 }
"#;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["sweep", file] => {
            let svg = figure(&sweep(1_000)?);
            spikewright_ir::write_atomic(file.as_ref(), svg.as_bytes())?;
        }
        ["single"] => {
            let mut successes = 0;
            for seed in SEEDS {
                let r = single::run(seed, 3_000)?;
                successes += usize::from(r.succeeded());
                println!(
                    "seed {seed}: {} to {} spikes, {:.3?}",
                    r.spikes_before, r.spikes_after, r.times
                );
            }
            println!("both targets met: {successes} of 10");
        }
        ["recurrent"] => {
            let mut successes = 0;
            for seed in SEEDS {
                let r = recurrent::run(seed, 10_000)?;
                let loss = r.losses.last().copied().unwrap_or(f64::NAN);
                successes += usize::from(loss < 1e-3 && r.complete);
                println!(
                    "seed {seed}: {} targets, loss {:.2e} to {loss:.2e}, worst {:.3}, complete {}, {} spikes added, {} removed",
                    r.targets, r.losses[0], r.worst, r.complete, r.added, r.removed
                );
            }
            println!("loss below 1e-3 and all spikes there: {successes} of 10");
        }
        ["yinyang"] => {
            let (mut successes, mut sum) = (0, 0.0);
            for seed in SEEDS {
                let config = SmoothConfig { seed, ..SmoothConfig::from_toml(YIN_YANG)? };
                let watched = yinyang::samples(1_000, 1_000 + seed);
                let data = SmoothData { train: yinyang::samples(5_000, seed), watched };
                let (mut added, mut removed) = (0.0, 0.0);
                let model = train(&config, &data, None, &mut |p| {
                    if let SmoothProgress::Epoch { report, .. } = p {
                        added += report.added;
                        removed += report.removed;
                    }
                })?;
                let test = yinyang::samples(1_000, 2_000 + seed);
                let e = evaluate(&model.net()?, &test, config.gamma)?;
                let accuracy = e.share(e.correct_by_spike);
                sum += accuracy;
                successes += usize::from(accuracy >= 0.9);
                println!(
                    "seed {seed}: test {:.1} % with pseudospikes, {:.1} % by spikes alone; {added:.1} spikes added and {removed:.1} removed per neuron and trial",
                    100.0 * e.share(e.correct),
                    100.0 * accuracy
                );
            }
            println!("90 % by spikes alone: {successes} of 10, mean {:.2} %", 10.0 * sum);
        }
        ["epoch", config, folder] => {
            let config = SmoothConfig::from_toml(&std::fs::read_to_string(config)?)?;
            let config = SmoothConfig { epochs: EPOCHS, ..config };
            let data = SmoothData::images(&Mnist::load(folder.as_ref())?.train, &config);
            let (mut start, mut seconds) = (Instant::now(), Vec::new());
            train(&config, &data, None, &mut |p| {
                if let SmoothProgress::Epoch { report, .. } = p {
                    let took = start.elapsed().as_secs_f64();
                    start = Instant::now();
                    if report.epoch > 0 {
                        let spikes = report.hidden_spikes;
                        println!("epoch {}: {took:.2} s, {spikes:.3} spikes", report.epoch);
                        seconds.push(took);
                    }
                }
            })?;
            seconds.sort_by(f64::total_cmp);
            let (images, threads) = (data.train.len(), rayon::current_num_threads());
            println!("median {:.2} s, {images} images, {threads} threads", seconds[EPOCHS / 2]);
        }
        _ => {
            return Err(
                "one of: sweep FILE.svg, single, recurrent, yinyang, epoch CONFIG.toml FOLDER"
                    .into(),
            );
        }
    }
    Ok(())
}
