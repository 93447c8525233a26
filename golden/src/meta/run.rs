//! A few-shot training from configuration to model: the body by the engine, then the outer loop, epoch
//! by epoch with reports and checkpoints.

use super::{
    config::FewShotConfig,
    embedding::Body,
    error::FewShotError,
    exchange::freeze_body,
    inner::Inner,
    judge::{Features, Rule},
    maml::MetaMethod,
    net::Net,
    outer::{Outer, OuterState},
    source::FewShotData,
};
use crate::{
    model::{FloatModel, read_envelope, write_envelope},
    rng::Stream,
    train::{Checkpoint, CheckpointError, read_state, write_state},
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Version of checkpoints and models.
const VERSION: u32 = 1;
/// Name of the model's format.
const FORMAT: &str = "spikewright-few-shot";
/// Validation tasks of an epoch.
const VALIDATION_TASKS: usize = 100;

/// What a few-shot training gives.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FewShotModel {
    /// The resolved configuration.
    pub config: FewShotConfig,
    /// The body, as it is frozen before any task.
    pub body: FloatModel,
    /// Where tasks start.
    pub theta: Vec<f64>,
    /// Step sizes of the inner loop.
    pub rates: Vec<f64>,
}

impl FewShotModel {
    /// Writes the model atomically.
    pub fn write(&self, path: &Path) -> Result<(), FewShotError> {
        Ok(write_envelope(path, FORMAT, VERSION, self)?)
    }

    /// Reads a model and checks that its parts fit together.
    pub fn read(path: &Path) -> Result<Self, FewShotError> {
        let model: Self = read_envelope(path, FORMAT, VERSION)?;
        model.config.check()?;
        model.body.check().map_err(FewShotError::Model)?;
        let n = model.net()?.size();
        if [&model.theta, &model.rates].iter().any(|v| v.len() != n) {
            let path = path.display();
            let message = format!("{path}: it does not have {n} parameters; train it again");
            return Err(FewShotError::Source(message));
        }
        Ok(model)
    }

    /// The net that adapts.
    pub fn net(&self) -> Result<Net, FewShotError> {
        let mut net = net(&self.config, &self.body)?;
        net.with_statistics(&self.body)?;
        Ok(net)
    }

    /// The inner loop, `steps` long.
    pub fn inner(&self, steps: usize) -> Inner {
        Inner { rates: self.rates.clone(), steps, grid: self.config.meta.grid }
    }
}

/// Which of its two parts a training is in.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Episodes of prototypes.
    Body,
    /// The outer loop.
    Meta,
}

/// One epoch in numbers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FewShotReport {
    /// Epoch, counted from 1, those of the body first.
    pub epoch: usize,
    /// Part.
    pub phase: Phase,
    /// Mean loss over the query samples.
    pub loss: f64,
    /// Query samples of the outer loop's tasks classified as labelled after adaptation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Query accuracy of class means in integers behind the frozen body, on tasks of validation.
    pub validation: f64,
}

/// The state of a training after a whole number of epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FewShotCheckpoint {
    version: u32,
    config: FewShotConfig,
    epochs_done: usize,
    body: Checkpoint,
    outer: Option<OuterState>,
}

impl FewShotCheckpoint {
    /// Epochs done.
    pub fn epochs_done(&self) -> usize {
        self.epochs_done
    }

    /// Writes the checkpoint atomically: a reader sees the old file or the new one.
    pub fn write(&self, path: &Path) -> Result<(), CheckpointError> {
        write_state(path, self)
    }

    /// Reads a checkpoint.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        read_state(path, VERSION, |c: &Self| c.version)
    }
}

/// How far a training is.
pub enum FewShotProgress<'a> {
    /// An episode or an outer step is done.
    Step {
        /// Steps done so far.
        done: usize,
        /// Steps of the run.
        of: usize,
    },
    /// An epoch is done.
    Epoch {
        /// It in numbers.
        report: &'a FewShotReport,
        /// What [`train_few_shot`] needs to go on from here.
        checkpoint: &'a FewShotCheckpoint,
    },
}

/// Refuses before anything is trained what could only fail later: layers, surrogates, sizes.
pub fn check_few_shot(config: &FewShotConfig, data: &FewShotData) -> Result<(), FewShotError> {
    config.check()?;
    let (layers, m) = (config.meta_layers(), &config.meta);
    let net = Net::new(&layers, data.train.pool.shape, config.ticks, config.tasks.ways, m.scale)?;
    if let Some(method) = config.method.meta() {
        config.options(method).check()?;
        method.check(&net)?;
    }
    Ok(())
}

/// Trains from the beginning, or goes on from a checkpoint of the same configuration and data to the
/// same bytes that an unbroken run ends with.
pub fn train_few_shot(
    config: &FewShotConfig,
    data: &FewShotData,
    start: Option<&FewShotCheckpoint>,
    progress: &mut dyn FnMut(FewShotProgress<'_>),
) -> Result<FewShotModel, FewShotError> {
    check_few_shot(config, data)?;
    if start.is_some_and(|s| s.config != *config) {
        return Err(CheckpointError::Other { what: "configurations" }.into());
    }
    let engine = config.engine();
    let per_epoch = config.body.episodes;
    let method = config.method.meta();
    let (body_epochs, meta_epochs) = (config.body.epochs, method.map_or(0, |_| config.meta.epochs));
    let of = body_epochs * per_epoch + meta_epochs * config.meta.iterations;
    let mut body = Body::new(&engine, &data.body, per_epoch, config.body.sharpness)?;
    let first = match start {
        Some(start) => body.restore(&start.body)?,
        None => 0,
    };
    let mut done = first * per_epoch;
    for epoch in first + 1..=body_epochs {
        let loss = body.epoch(|| {
            done += 1;
            progress(FewShotProgress::Step { done, of });
        })?;
        let validation = validate(config, &body.model(), data)?;
        let report = FewShotReport { epoch, phase: Phase::Body, loss, accuracy: None, validation };
        let checkpoint = FewShotCheckpoint {
            version: VERSION,
            config: config.clone(),
            epochs_done: epoch,
            body: body.checkpoint(),
            outer: None,
        };
        progress(FewShotProgress::Epoch { report: &report, checkpoint: &checkpoint });
    }
    let trained = body.model();
    let mut net = net(config, &trained)?;
    let theta = net.with_body(&trained, &body.latent_weights())?;
    let rates = method.unwrap_or(MetaMethod::Anil).rates(&net, config.meta.inner_rate);
    let mut out = FewShotModel { config: config.clone(), body: trained, theta, rates };
    let Some(method) = method else { return Ok(out) };
    let options = config.options(method);
    let mut outer = Outer::new(&net, out.theta.clone(), &data.train, &options)?;
    if let Some(state) = start.and_then(|s| s.outer.as_ref()) {
        outer.restore(state)?;
    }
    let first = outer.state().done() / config.meta.iterations;
    let kept = body.checkpoint();
    for epoch in first + 1..=meta_epochs {
        let (mut loss, mut accuracy) = (0.0, 0.0);
        for _ in 0..config.meta.iterations {
            let step = outer.step()?;
            loss += step.loss;
            accuracy += step.accuracy;
            let done = body_epochs * per_epoch + step.done;
            progress(FewShotProgress::Step { done, of });
        }
        let mean = |sum: f64| sum / config.meta.iterations as f64;
        let adapted = net.body(&outer.learned().theta, &out.body);
        let report = FewShotReport {
            epoch: body_epochs + epoch,
            phase: Phase::Meta,
            loss: mean(loss),
            accuracy: (method != MetaMethod::Reptile).then(|| mean(accuracy)),
            validation: validate(config, &adapted, data)?,
        };
        let checkpoint = FewShotCheckpoint {
            version: VERSION,
            config: config.clone(),
            epochs_done: body_epochs + epoch,
            body: kept.clone(),
            outer: Some(outer.state().clone()),
        };
        progress(FewShotProgress::Epoch { report: &report, checkpoint: &checkpoint });
    }
    let learned = outer.learned();
    out.body = net.body(&learned.theta, &out.body);
    (out.theta, out.rates) = (learned.theta, learned.inner.rates);
    Ok(out)
}

/// A net over the tasks of a configuration, for a body of its layers.
fn net(config: &FewShotConfig, body: &FloatModel) -> Result<Net, FewShotError> {
    let (layers, m) = (config.meta_layers(), &config.meta);
    Ok(Net::new(&layers, body.input, config.ticks, config.tasks.ways, m.scale)?)
}

fn validate(
    config: &FewShotConfig,
    body: &FloatModel,
    data: &FewShotData,
) -> Result<f64, FewShotError> {
    let (frozen, pool) = (freeze_body(body, config.frac_bits)?, &data.validation.pool);
    let features = Features::moved(&frozen, pool, config.tasks.moved)?;
    let stream = Stream::named(config.seed, "validation tasks");
    let found = features.accuracy(Rule::ClassMean, &data.validation, stream, VALIDATION_TASKS)?;
    Ok(found.mean)
}
