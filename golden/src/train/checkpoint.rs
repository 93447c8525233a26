//! Checkpoints: everything a run needs to go on after an epoch as if it had never stopped.
//! Random streams are addressed by epoch and image, so they need no state of their own.

use super::{
    batch_norm::BatchNorm,
    best::{Best, Kept},
    config::TrainConfig,
    gate::Fade,
    optim::Moments,
    params::{LayerParams, OutputParams},
    trainer::Trainer,
};
use crate::model::FloatModel;
use serde::{Deserialize, Serialize};
use spikewright_ir::{FileError, read_bytes, write_atomic};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Version of the checkpoint format.
const VERSION: u32 = 2;

/// Why a checkpoint cannot be used.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is no checkpoint of this version.
    #[error("{}: not a checkpoint of this version: {message}; start the run again", path.display())]
    Malformed {
        /// File concerned.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The checkpoint belongs to another run.
    #[error("checkpoint: {what} differ; resume with the configuration and data the run began with")]
    Other {
        /// What differs.
        what: &'static str,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct LayerState {
    #[serde(with = "super::exact")]
    latent: Vec<f32>,
    norm: BatchNorm,
    fade: Fade,
    #[serde(with = "super::exact")]
    gate_table: Vec<f32>,
    moments: [Moments; 3],
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct OutputState {
    #[serde(with = "super::exact")]
    latent: Vec<f32>,
    /// Bias per class, then the scale.
    #[serde(with = "super::exact")]
    bias_and_scale: Vec<f32>,
    moments: [Moments; 3],
}

/// The state of a run after a whole number of epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Checkpoint {
    version: u32,
    config: TrainConfig,
    images: usize,
    epochs_done: usize,
    step: usize,
    best: Best,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    kept: Option<Kept>,
    layers: Vec<LayerState>,
    output: Option<OutputState>,
}

impl Checkpoint {
    /// The configuration of the run.
    pub fn config(&self) -> &TrainConfig {
        &self.config
    }

    /// Epochs done.
    pub fn epochs_done(&self) -> usize {
        self.epochs_done
    }

    /// Writes the checkpoint atomically: a reader sees the old file or the new one.
    pub fn write(&self, path: &Path) -> Result<(), CheckpointError> {
        let bytes = serde_json::to_vec(self).map_err(|e| malformed(path, &e))?;
        Ok(write_atomic(path, &bytes)?)
    }

    /// Reads a checkpoint.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let out: Self =
            serde_json::from_slice(&read_bytes(path)?).map_err(|e| malformed(path, &e))?;
        if out.version == VERSION {
            return Ok(out);
        }
        Err(malformed(path, &format!("version {}, expected {VERSION}", out.version)))
    }

    /// Validation so far, for early stopping.
    pub(super) fn best(&self) -> Best {
        self.best
    }

    /// The model of the best epoch so far, if this run keeps it; `like` is one of the same run.
    pub(super) fn kept(&self, like: &FloatModel) -> Result<Option<Kept>, CheckpointError> {
        let fits = self.kept.iter().all(|k| self.config.keep_best && k.fits(like));
        let what = "kept models";
        if fits { Ok(self.kept.clone()) } else { Err(CheckpointError::Other { what }) }
    }

    pub(super) fn take(
        t: &Trainer,
        epochs_done: usize,
        images: usize,
        best: Best,
        kept: Option<&Kept>,
    ) -> Self {
        let layer = |l: &LayerParams, m: &[Moments; 3]| LayerState {
            latent: l.weights.latent.clone(),
            norm: l.norm.clone(),
            fade: l.fade,
            gate_table: l.gate_table.clone(),
            moments: m.clone(),
        };
        let output = |o: &OutputParams| OutputState {
            latent: o.weights.latent.clone(),
            bias_and_scale: [&o.bias[..], &[o.scale]].concat(),
            moments: t.output_moments.clone(),
        };
        Self {
            version: VERSION,
            config: t.config.clone(),
            images,
            epochs_done,
            step: t.step,
            best,
            kept: kept.cloned(),
            layers: t.layers.iter().zip(&t.moments).map(|(l, m)| layer(l, m)).collect(),
            output: t.output.as_ref().map(output),
        }
    }

    /// Puts the state into a fresh trainer of the same run; returns the epochs done.
    pub(super) fn restore(&self, t: &mut Trainer, images: usize) -> Result<usize, CheckpointError> {
        let demand = |same, what| if same { Ok(()) } else { Err(CheckpointError::Other { what }) };
        demand(self.config == t.config, "configurations")?;
        demand(self.images == images, "numbers of training images")?;
        demand(self.epochs_done <= t.config.epochs, "numbers of epochs")?;
        let steps = t.steps / t.config.epochs * self.epochs_done;
        demand(self.step == steps, "numbers of steps")?;
        // A checkpoint may have been tampered with: every size has to be that of a fresh trainer.
        let fresh = Self::take(t, 0, images, Best::default(), None);
        demand(self.layers.len() == fresh.layers.len(), "numbers of layers")?;
        for (a, b) in self.layers.iter().zip(&fresh.layers) {
            demand(a.same_size(b), "sizes of a layer")?;
        }
        match (&self.output, &fresh.output) {
            (Some(a), Some(b)) => demand(a.same_size(b), "sizes of the output layer")?,
            (a, b) => demand(a.is_none() && b.is_none(), "readouts")?,
        }
        for ((l, m), s) in t.layers.iter_mut().zip(&mut t.moments).zip(&self.layers) {
            l.weights.latent.clone_from(&s.latent);
            l.weights.refresh();
            l.norm.clone_from(&s.norm);
            l.fade = s.fade;
            l.gate_table.clone_from(&s.gate_table);
            m.clone_from(&s.moments);
        }
        if let (Some(o), Some(s)) = (&mut t.output, &self.output) {
            let classes = o.bias.len();
            o.weights.latent.clone_from(&s.latent);
            o.weights.refresh();
            o.bias.copy_from_slice(&s.bias_and_scale[..classes]);
            o.scale = s.bias_and_scale[classes];
            t.output_moments.clone_from(&s.moments);
        }
        t.step = self.step;
        Ok(self.epochs_done)
    }
}

fn malformed(path: &Path, message: &dyn std::fmt::Display) -> CheckpointError {
    CheckpointError::Malformed { path: path.into(), message: message.to_string() }
}

fn same_moments(a: &[Moments; 3], b: &[Moments; 3]) -> bool {
    a.iter().zip(b).all(|(a, b)| a.same_size(b))
}

impl LayerState {
    fn same_size(&self, other: &Self) -> bool {
        let sizes = |s: &Self| {
            let n = &s.norm;
            let norm = [n.gain.len(), n.beta.len(), n.mean.len(), n.var.len()];
            (s.latent.len(), s.gate_table.len(), norm)
        };
        sizes(self) == sizes(other) && same_moments(&self.moments, &other.moments)
    }
}

impl OutputState {
    fn same_size(&self, other: &Self) -> bool {
        self.latent.len() == other.latent.len()
            && self.bias_and_scale.len() == other.bias_and_scale.len()
            && same_moments(&self.moments, &other.moments)
    }
}
