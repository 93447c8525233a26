//! The training loop: epochs of shuffled batches, and a look at the held-out samples after each.

use super::{
    checkpoint::SmoothCheckpoint, config::SmoothConfig, evaluate::evaluate, model::SmoothModel,
    report::SmoothReport, samples::Samples, trainer::Trainer,
};
use crate::{
    data::Images,
    rng::Stream,
    train::{CheckpointError, ConfigError},
};
use thiserror::Error;

/// Why a run could not start or go on.
#[derive(Debug, Error)]
pub enum SmoothError {
    /// The configuration is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The checkpoint does not continue this run.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The data does not fit the configuration.
    #[error("training data: {message}; {remedy}")]
    Data {
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: &'static str,
    },
    /// The loss or a parameter left the range of numbers, or weights are too large.
    #[error(
        "training diverged in epoch {epoch}, step {step}: {what}; lower optimizer.learning_rate and go on from the last checkpoint, which is from before"
    )]
    Diverged {
        /// Epoch, counted from 1.
        epoch: usize,
        /// Steps done.
        step: usize,
        /// What was seen.
        what: String,
    },
}

/// How far a run is.
#[derive(Clone, Copy, Debug)]
pub enum SmoothProgress<'a> {
    /// A step is done.
    Step {
        /// Steps done so far.
        done: usize,
        /// Steps of the run.
        of: usize,
    },
    /// An epoch is done, or training is about to start.
    Epoch {
        /// The epoch in numbers.
        report: &'a SmoothReport,
        /// What [`train`] needs to go on from here.
        checkpoint: &'a SmoothCheckpoint,
    },
}

/// Samples to train on and samples to look at.
#[derive(Clone, Debug)]
pub struct SmoothData {
    /// Seen by the optimizer.
    pub train: Samples,
    /// Looked at after every epoch: kept out of training, unless the configuration keeps none.
    pub watched: Samples,
}

impl SmoothData {
    /// Splits a training set as the configuration says; at most a fifth is kept out.
    pub fn images(images: &Images, config: &SmoothConfig) -> Self {
        let (train, held_out) = images.split(config.validation.min(images.len() / 5));
        let watched =
            if held_out.is_empty() { train.split(WATCHED.min(train.len())).1 } else { held_out };
        let samples = |images: &Images| Samples::images(images, config.trial);
        Self { train: samples(&train), watched: samples(&watched) }
    }
}

/// Training images looked at when none are kept out.
const WATCHED: usize = 5_000;

/// Loss beyond which a run counts as exploded.
const EXPLODED: f64 = 1e4;

/// Trains a net, from the beginning or from a checkpoint of the same configuration and data, to the same
/// bytes either way and at any number of threads.
pub fn train(
    config: &SmoothConfig,
    data: &SmoothData,
    checkpoint: Option<&SmoothCheckpoint>,
    progress: &mut dyn FnMut(SmoothProgress<'_>),
) -> Result<SmoothModel, SmoothError> {
    config.check()?;
    check(config, data)?;
    let (samples, watched) = (&data.train, &data.watched);
    let batch = config.batch.min(samples.len());
    let per_epoch = samples.len() / batch;
    let mut trainer = Trainer::new(config, samples.inputs, batch, per_epoch);
    let first = match checkpoint {
        Some(c) => c.restore(&mut trainer, samples.len())?,
        None => 0,
    };
    let diverged = |epoch, step, what| SmoothError::Diverged { epoch, step, what };
    let look = |trainer: &Trainer, epoch| {
        evaluate(&trainer.net, watched, config.gamma)
            .map_err(|e| diverged(epoch, trainer.step, e.to_string()))
    };
    let mut before = look(&trainer, first)?;
    if first == 0 {
        let report = SmoothReport::new(0, &before, &before);
        let checkpoint = SmoothCheckpoint::take(&trainer, 0, samples.len());
        progress(SmoothProgress::Epoch { report: &report, checkpoint: &checkpoint });
    }
    for epoch in first..config.epochs {
        let stream = |name| Stream::named(config.seed, name).child(epoch as u64);
        let mut order: Vec<usize> = (0..samples.len()).collect();
        stream("order").sequence().shuffle(&mut order);
        let (mut loss, mut correct) = (0.0, 0);
        for batch in order.chunks_exact(batch) {
            let step = trainer.step;
            let report = trainer
                .step(samples, batch, stream("flips"))
                .map_err(|e| diverged(epoch + 1, step, e.to_string()))?;
            if !report.loss.is_finite() || report.loss > EXPLODED {
                return Err(diverged(epoch + 1, trainer.step, format!("loss {}", report.loss)));
            }
            loss += report.loss;
            correct += report.correct;
            progress(SmoothProgress::Step { done: trainer.step, of: per_epoch * config.epochs });
        }
        if !trainer.is_finite() {
            let what = "a parameter is infinite or not a number".into();
            return Err(diverged(epoch + 1, trainer.step, what));
        }
        let now = look(&trainer, epoch + 1)?;
        let report = SmoothReport {
            loss: loss / per_epoch as f64,
            train_accuracy: correct as f64 / (per_epoch * batch) as f64,
            ..SmoothReport::new(epoch + 1, &now, &before)
        };
        before = now;
        let checkpoint = SmoothCheckpoint::take(&trainer, epoch + 1, samples.len());
        progress(SmoothProgress::Epoch { report: &report, checkpoint: &checkpoint });
    }
    let form = trainer.form();
    Ok(SmoothModel::new(&trainer.net, &trainer.params, form, config.gamma))
}

fn check(config: &SmoothConfig, data: &SmoothData) -> Result<(), SmoothError> {
    let fault = |message, remedy| Err(SmoothError::Data { message, remedy });
    if data.train.is_empty() {
        return fault("no samples".into(), "train on at least one");
    }
    if !(1..=1 << 16).contains(&data.train.inputs) || data.watched.inputs != data.train.inputs {
        return fault(format!("{} inputs", data.train.inputs), "1 to 65,536 are supported");
    }
    match [&data.train, &data.watched].iter().find_map(|s| s.beyond(config.classes)) {
        Some(label) => fault(
            format!("label {label} with {} classes", config.classes),
            "set classes to the largest label + 1",
        ),
        None => Ok(()),
    }
}
