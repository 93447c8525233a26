//! The measured workloads: training and frozen inference of 784-256-10, whole and repeatable.
//!
//! Training draws fresh Bernoulli spikes for every image, runs forward and backward, and updates
//! every parameter; all of that is inside the timed region. Inference takes packed input bits.

use crate::{
    data::Images,
    train::{Stepper, TrainConfig, TrainError},
};
use serde::Serialize;
use std::time::{Duration, Instant};

/// The configuration of the `mlp` training workload, with weights of the kind `"binary"` or
/// `"float"`.
pub fn mlp_config() -> TrainConfig {
    TrainConfig::from_toml(MLP).expect("a valid configuration")
}

const MLP: &str = r#"
method = "plain"
epochs = 1000
batch = 128
ticks = 8
encoding = "rate"
classes = 10
readout = "spike_count"
[optimizer]
kind = "adam"
learning_rate = 1e-3
[[layer]]
neurons = 256
leak = { scale = 230 }
surrogate = { fast_sigmoid = 25.0 }
batch_norm = false
weight_scale = "channel"
[[layer]]
neurons = 10
leak = { scale = 230 }
surrogate = { fast_sigmoid = 25.0 }
batch_norm = false
weight_scale = "channel"
"#;

/// Repeated timings of one workload.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Measurement {
    /// Samples per second of each run, in order.
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
fn measure(
    runs: usize,
    seconds: f64,
    mut work: impl FnMut() -> usize,
) -> Measurement {
    let least = Duration::from_secs_f64(seconds);
    let one = |work: &mut dyn FnMut() -> usize| {
        let (start, mut samples) = (Instant::now(), 0);
        while start.elapsed() < least {
            samples += work();
        }
        samples as f64 / start.elapsed().as_secs_f64()
    };
    Measurement { runs: (0..runs).map(|_| one(&mut work)).collect() }
}

/// Training samples per second on `images`, step after step of the configuration.
pub fn train(
    config: &TrainConfig,
    images: &Images,
    runs: usize,
    seconds: f64,
) -> Result<Measurement, TrainError> {
    let mut stepper = Stepper::new(config, images)?;
    Ok(measure(runs, seconds, || stepper.step()))
}
