//! The measured workloads: training of 784-256-10 and of a convolutional network, and frozen inference
//! of the former, whole and repeatable.
//!
//! Training draws fresh Bernoulli spikes for every image, runs forward and backward, and updates
//! every parameter; all of that is inside the timed region. Inference takes packed input bits.

use crate::{
    InputMismatch, Reference,
    data::{EncodedSet, Images},
    freeze::{FreezeError, freeze_at},
    train::{
        self, LayerConfig, Stepper, Surrogate, TrainConfig, TrainError, TrainingData, WeightKind,
        WeightScale,
    },
};
use serde::Serialize;
use spikewright_ir::Leak;
use std::time::{Duration, Instant};
use thiserror::Error;

/// The configuration of the `mlp` training workload, 784-256-10. Binary weights have a scale per
/// neuron, and decay 230/256 stands in for 0.9.
pub fn mlp_config(weights: WeightKind) -> TrainConfig {
    of_layers(vec![layer(weights, 256), layer(weights, 10)])
}

/// The configuration of the `conv` training workload, 16c5-p2-32c5-p2-512-10 without padding. Float
/// weights with averages before the neurons, as frameworks have it, or binary ones with OR-pooling
/// behind them.
pub fn conv_config(weights: WeightKind) -> TrainConfig {
    let conv = |channels| {
        let mut conv = LayerConfig { channels, kernel: 5, ..layer(weights, 0) };
        match weights {
            WeightKind::Float => conv.average_pool = 2,
            WeightKind::Binary => conv.or_pool = 2,
        }
        conv
    };
    of_layers(vec![conv(16), conv(32), layer(weights, 10)])
}

fn layer(weights: WeightKind, neurons: usize) -> LayerConfig {
    LayerConfig {
        surrogate: Surrogate::FastSigmoid(25.0),
        batch_norm: false,
        weights,
        weight_scale: match weights {
            WeightKind::Binary => WeightScale::Channel,
            WeightKind::Float => WeightScale::One,
        },
        ..LayerConfig::dense(neurons, Leak::Scale(230))
    }
}

fn of_layers(layers: Vec<LayerConfig>) -> TrainConfig {
    TrainConfig { layers, ..TrainConfig::from_toml(COMMON).expect("a valid configuration") }
}

/// What the workloads share; the layer is a placeholder.
const COMMON: &str = r#"
method = "plain"
epochs = 1000
batch = 128
ticks = 8
encoding = "rate"
classes = 10
readout = "spike_count"
optimizer = { kind = "adam", learning_rate = 1e-3 }
layer = [{ neurons = 10, leak = { scale = 230 } }]
"#;

/// Why a workload cannot be measured.
#[derive(Debug, Error)]
pub enum BenchError {
    /// The images cannot be trained on.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The network cannot be frozen.
    #[error(transparent)]
    Freeze(#[from] FreezeError),
    /// The images do not fit the network.
    #[error(transparent)]
    Input(#[from] InputMismatch),
}

/// Repeated timings of one workload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement {
    /// Samples per second of processor time of each run, in order: on a machine that does nothing
    /// else and with one thread that is wall time, and a busy machine does not change it much.
    pub runs: Vec<f64>,
}

impl Measurement {
    /// The middle run (the lower of two).
    pub fn median(&self) -> f64 {
        let mut sorted = self.runs.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
    }
}

/// Runs `work`, which returns how many samples it handled, `runs` times for at least `seconds`
/// each.
fn measure(runs: usize, seconds: f64, mut work: impl FnMut() -> usize) -> Measurement {
    let least = Duration::from_secs_f64(seconds);
    let one = |work: &mut dyn FnMut() -> usize| {
        let (start, used, mut samples) = (Instant::now(), processor_seconds(), 0);
        while start.elapsed() < least {
            samples += work();
        }
        let used = processor_seconds().zip(used).map(|(now, then)| now - then);
        samples as f64 / used.filter(|s| *s > 0.0).unwrap_or(start.elapsed().as_secs_f64())
    };
    Measurement { runs: (0..runs).map(|_| one(&mut work)).collect() }
}

/// Training samples per second on `images`, step after step of the configuration.
pub fn train(
    config: &TrainConfig,
    images: &Images,
    runs: usize,
    seconds: f64,
) -> Result<Measurement, BenchError> {
    let mut stepper = Stepper::new(config, images)?;
    stepper.step();
    Ok(measure(runs, seconds, || stepper.step()))
}

/// Classified samples per second of the `mlp` network after one epoch on `images`, frozen, on inputs whose
/// bits are packed already.
pub fn mlp_infer(images: &Images, runs: usize, seconds: f64) -> Result<Measurement, BenchError> {
    let (reference, set) = mlp_frozen(images)?;
    let mut failed = None;
    let measured = measure(runs, seconds, || {
        let run = reference.evaluate(&set.inputs, &set.labels);
        failed = failed.take().or(run.err());
        set.labels.len()
    });
    failed.map_or(Ok(measured), |e| Err(e.into()))
}

/// The frozen network of [`mlp_infer`], and `images` as it sees them.
pub fn mlp_frozen(images: &Images) -> Result<(Reference, EncodedSet), BenchError> {
    let config = TrainConfig { epochs: 1, ..mlp_config(WeightKind::Binary) };
    let data = TrainingData::images(images.clone(), images.first(1), &config);
    let model = train::train(&config, &data, |_| {})?;
    let network = freeze_at(&model, &[4, 4], 16, false, &mut Vec::new())?;
    let reference = Reference::new(&network).map_err(FreezeError::from)?;
    Ok((reference, images.encode(&config.encoder())))
}

/// Name of the processor, where Linux tells.
pub fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = info.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": "));
    name.map_or("unknown", |(_, name)| name).to_owned()
}

/// Processor time this process has used, where Linux tells (in hundredths of a second).
pub fn processor_seconds() -> Option<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    // The second field, the program's name in parentheses, may hold spaces.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_run_and_work_is_counted() {
        assert_eq!(Measurement { runs: vec![3.0, 1.0, 2.0] }.median(), 2.0);
        assert_eq!(Measurement { runs: vec![] }.median(), 0.0);
        let mut calls = 0;
        let m = measure(2, 0.0, || {
            calls += 1;
            1
        });
        assert_eq!((m.runs.len(), calls), (2, 0));
        let m = measure(1, 0.05, || std::hint::black_box(1));
        assert!(m.runs[0] > 1_000.0);
    }
}
