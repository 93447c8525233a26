//! The training loop: epochs of shuffled batches, validation after each, a report per epoch.

use super::{
    best::{Best, Kept},
    checkpoint::{Checkpoint, CheckpointError},
    config::{ConfigError, TrainConfig},
    data::TrainingData,
    diagnostics::LayerReport,
    export::export,
    plastic::PlasticReport,
    samples::Samples,
    trainer::Trainer,
};
use crate::{
    data::EncodedSet,
    evolve::{Alone, Team, TeamError},
    freeze::{FreezeError, FreezeOptions, freeze},
    model::{FloatModel, ModelError},
    rng::Stream,
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a training run could not start.
#[derive(Debug, Error)]
pub enum TrainError {
    /// The configuration is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The checkpoint does not continue this run.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// Validation failed.
    #[error("validation: {0}")]
    Validation(#[from] ModelError),
    /// A member of the team is gone.
    #[error("training: {0}")]
    Team(#[from] TeamError),
    /// The network could not be frozen in fine-tuning.
    #[error("fine-tuning: {0}")]
    Freeze(#[from] FreezeError),
    /// The loss or a parameter left the range of numbers.
    #[error(
        "training diverged in epoch {epoch}, step {step}: {what}; lower optimizer.learning_rate or set optimizer.clip_norm, and go on from the last checkpoint, which is from before"
    )]
    Diverged {
        /// Epoch, counted from 1.
        epoch: usize,
        /// Steps done.
        step: usize,
        /// What was seen.
        what: String,
    },
    /// The data does not fit the configuration.
    #[error("training data: {message}; {remedy}")]
    Data {
        /// What is wrong.
        message: String,
        /// What to do.
        remedy: &'static str,
    },
}

/// Most inputs: sums of signs are exact in 16 bits.
const MAX_INPUTS: usize = 32_767;

/// Loss beyond which a run counts as exploded: no softmax of sound logits comes near.
const EXPLODED: f64 = 1e4;

/// How far a run is; handed to the progress callback after every step and every epoch.
#[derive(Clone, Copy, Debug)]
pub enum Progress<'a> {
    /// A step is done.
    Step {
        /// Steps done so far.
        done: usize,
        /// Steps of the run.
        of: usize,
        /// Loss of this step.
        loss: f64,
    },
    /// An epoch is done.
    Epoch {
        /// The epoch in numbers.
        report: &'a EpochReport,
        /// What [`resume`] needs to go on from here.
        checkpoint: &'a Checkpoint,
    },
}

/// One epoch in numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Epoch, counted from 1.
    pub epoch: usize,
    /// Mean training loss.
    pub loss: f64,
    /// Accuracy on the augmented training images while training.
    pub train_accuracy: f64,
    /// Accuracy on the held-out images after the epoch; in fine-tuning that of the frozen network.
    pub validation_accuracy: f64,
    /// Fraction of all weights whose sign differs from the end of the epoch before.
    pub flips_per_epoch: f64,
    /// Sign flips summed over steps, as a fraction of all weights.
    pub flips_per_step_sum: f64,
    /// Plasticity, in epochs that have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plasticity: Option<PlasticReport>,
    /// Layer by layer, with `diagnostics`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub layers: Vec<LayerReport>,
}

/// Trains a model. Same configuration and data give the same bytes at any number of threads.
pub fn train(
    config: &TrainConfig,
    data: &TrainingData,
    progress: impl FnMut(Progress<'_>),
) -> Result<FloatModel, TrainError> {
    resume(config, data, None, progress)
}

/// Goes on from a checkpoint of the same configuration and data, to the same bytes that an
/// unbroken run ends with. Without a checkpoint it starts from the beginning.
pub fn resume(
    config: &TrainConfig,
    data: &TrainingData,
    checkpoint: Option<&Checkpoint>,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<FloatModel, TrainError> {
    run(&Alone, config, data, checkpoint, &mut progress)
}

/// The same in a team, whose members divide the samples of every step: each calls it with the same
/// arguments, is told the same and ends with the same bytes as one alone. Methods with plasticity,
/// which looks at the spikes of all samples, are refused.
pub fn train_in(
    team: &dyn Team,
    config: &TrainConfig,
    data: &TrainingData,
    checkpoint: Option<&Checkpoint>,
    mut progress: impl FnMut(Progress<'_>),
) -> Result<FloatModel, TrainError> {
    run(team, config, data, checkpoint, &mut progress)
}

/// Not generic, so that the whole trainer is compiled once and not for every caller.
fn run(
    team: &dyn Team,
    config: &TrainConfig,
    data: &TrainingData,
    checkpoint: Option<&Checkpoint>,
    progress: &mut dyn FnMut(Progress<'_>),
) -> Result<FloatModel, TrainError> {
    config.check()?;
    let (train, labels) = (&data.train, data.train.labels());
    let batch = config.batch.min(train.len());
    check_data(config, data)?;
    if team.size() > 1 && config.method.rule().is_some() {
        return Err(TrainError::Data {
            message: format!("method {:?} in a team of {}", config.method, team.size()),
            remedy: "plasticity looks at the spikes of all samples: train on one rank",
        });
    }
    let per_epoch = train.len() / batch;
    let steps = per_epoch * config.epochs;
    let held_out: EncodedSet = data.held_out.encode(&data.code);
    let mut trainer = Trainer::new(config, &data.code, data.shape, batch, steps)?;
    let samples = Samples::new(train, trainer.input_map());
    let first = match checkpoint {
        Some(c) => c.restore(&mut trainer, train.len())?,
        None => 0,
    };
    let mut best = checkpoint.map_or(Best::default(), Checkpoint::best);
    let mut kept = match checkpoint {
        Some(c) => c.kept(&export(&trainer))?,
        None => None,
    };
    for epoch in first..config.epochs {
        if config.patience > 0 && best.stale >= config.patience {
            break;
        }
        let signs = trainer.signs();
        let mut order: Vec<usize> = (0..train.len()).collect();
        Stream::named(config.seed, "order").child(epoch as u64).sequence().shuffle(&mut order);
        let (mut loss, mut correct, mut flips) = (0.0, 0, 0);
        for batch in order.chunks_exact(batch) {
            // Every showing of an image in the run draws its own spikes and shift.
            let number = |i: usize| ((epoch as u64 + 1) << 32) + i as u64;
            let report = trainer.step_in(team, &samples, labels, batch, number)?;
            let fault = |what| TrainError::Diverged { epoch: epoch + 1, step: trainer.step, what };
            if !report.loss.is_finite() || report.loss > EXPLODED {
                return Err(fault(format!("loss {}", report.loss)));
            }
            loss += report.loss;
            correct += report.correct;
            flips += report.flips;
            progress(Progress::Step { done: trainer.step, of: steps, loss: report.loss });
        }
        if !trainer.is_finite() {
            let what = "a parameter is infinite or not a number".into();
            return Err(TrainError::Diverged { epoch: epoch + 1, step: trainer.step, what });
        }
        let after = trainer.signs();
        let differ =
            |(a, b): (&Vec<bool>, &Vec<bool>)| a.iter().zip(b).filter(|(a, b)| a != b).count();
        let flipped: Vec<usize> = signs.iter().zip(&after).map(differ).collect();
        let ratio =
            |(flips, signs): (&usize, &Vec<bool>)| *flips as f64 / signs.len().max(1) as f64;
        let ratios: Vec<f64> = flipped.iter().zip(&after).map(ratio).collect();
        let weights: usize = after.iter().map(Vec::len).sum();
        let model = export(&trainer);
        let plasticity = trainer.plastic.as_mut().and_then(|p| p.take(&trainer.layers));
        let report = EpochReport {
            plasticity,
            epoch: epoch + 1,
            loss: loss / per_epoch as f64,
            train_accuracy: correct as f64 / (per_epoch * batch) as f64,
            validation_accuracy: validate(config, epoch, &model, &held_out)?,
            flips_per_epoch: flipped.iter().sum::<usize>() as f64 / weights as f64,
            flips_per_step_sum: flips as f64 / weights as f64,
            layers: trainer.diagnostics.as_mut().map_or(Vec::new(), |d| d.take(&ratios)),
        };
        best.see(report.validation_accuracy);
        if config.keep_best {
            Kept::see(&mut kept, report.validation_accuracy, model);
        }
        let kept = kept.as_ref();
        let checkpoint = Checkpoint::take(&mut trainer, epoch + 1, train.len(), best, kept);
        progress(Progress::Epoch { report: &report, checkpoint: &checkpoint });
    }
    Ok(kept.map_or_else(|| export(&trainer), |k| k.model))
}

/// Accuracy on the held-out samples, of integers in fine-tuning.
fn validate(
    config: &TrainConfig,
    epoch: usize,
    model: &FloatModel,
    held_out: &EncodedSet,
) -> Result<f64, TrainError> {
    match &config.fine_tune {
        Some(f) if epoch >= config.float_epochs() => {
            let options =
                FreezeOptions { frac_bits: Some(f.frac_bits), ..FreezeOptions::default() };
            Ok(freeze(model, held_out, &options)?.1.integer_accuracy)
        }
        _ => Ok(model.accuracy(held_out)?),
    }
}

pub(super) fn check_data(config: &TrainConfig, data: &TrainingData) -> Result<(), TrainError> {
    let fault = |message, remedy| Err(TrainError::Data { message, remedy });
    if data.train.len() < 2 {
        return fault(format!("{} samples", data.train.len()), "train on at least two");
    }
    if data.shape.len() > MAX_INPUTS {
        return fault(format!("{} inputs", data.shape.len()), "at most 32,767 are supported");
    }
    if data.code.ticks() != config.ticks {
        let message =
            format!("{} ticks, the configuration has {}", data.code.ticks(), config.ticks);
        return fault(message, "encode with this configuration");
    }
    match data.train.labels().iter().find(|l| usize::from(**l) >= config.classes) {
        Some(label) => fault(
            format!("label {label} with {} classes", config.classes),
            "set classes to the largest label + 1",
        ),
        None => Ok(()),
    }
}
