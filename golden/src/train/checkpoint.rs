//! Checkpoints: everything a run needs to go on after an epoch as if it had never stopped.
//! Random streams are addressed by epoch and image, so they need no state of their own.

use super::{
    batch_norm::BatchNorm,
    best::{Best, Kept},
    config::TrainConfig,
    gate::Fade,
    optim::Moments,
    params::ARRAYS,
    trainer::Trainer,
};
use crate::{genome::Genes, model::FloatModel, plasticity::Record};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use spikewright_ir::{FileError, read_bytes, write_atomic};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Version of the checkpoint format.
const VERSION: u32 = 4;

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

/// A parameter array and its moments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct ArrayState {
    #[serde(with = "super::exact")]
    values: Vec<f32>,
    moments: Moments,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct LayerState {
    arrays: [ArrayState; ARRAYS],
    norm: BatchNorm,
    fade: Fade,
    #[serde(with = "super::exact")]
    gate_table: Vec<f32>,
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
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    genes: Vec<ArrayState>,
    /// What the gate of plasticity has seen in its warm-up.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    records: Vec<Record>,
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
        write_state(path, self)
    }

    /// Reads a checkpoint.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        read_state(path, VERSION, |c: &Self| c.version)
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
        t: &mut Trainer,
        epochs_done: usize,
        images: usize,
        best: Best,
        kept: Option<&Kept>,
    ) -> Self {
        let layers = t.layers.iter_mut().zip(&t.moments).map(|(l, moments)| {
            let arrays = l.arrays().map(|(values, _)| values.to_vec());
            let mut states = arrays
                .into_iter()
                .zip(moments)
                .map(|(values, moments)| ArrayState { values, moments: moments.clone() });
            LayerState {
                arrays: std::array::from_fn(|_| states.next().expect("moments for every array")),
                norm: l.norm.clone(),
                fade: l.fade.clone(),
                gate_table: l.gate_table.clone(),
            }
        });
        let layers = layers.collect();
        let genes = t.genes.iter_mut().flat_map(Genes::states);
        Self {
            layers,
            genes: genes
                .map(|(values, moments)| ArrayState {
                    values: values.clone(),
                    moments: moments.clone(),
                })
                .collect(),
            records: t.plastic.as_ref().map_or_else(Vec::new, |p| p.records.clone()),
            version: VERSION,
            config: t.config.clone(),
            images,
            epochs_done,
            step: t.step,
            best,
            kept: kept.cloned(),
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
        demand(self.genes.len() == fresh.genes.len(), "numbers of gene arrays")?;
        for (a, b) in self.genes.iter().zip(&fresh.genes) {
            demand(a.same_size(b), "sizes of a gene array")?;
        }
        demand(self.records.len() == fresh.records.len(), "numbers of plastic layers")?;
        if let Some(plastic) = &mut t.plastic {
            plastic.records.clone_from(&self.records);
        }
        for ((values, moments), s) in t.genes.iter_mut().flat_map(Genes::states).zip(&self.genes) {
            values.clone_from(&s.values);
            moments.clone_from(&s.moments);
        }
        for ((l, moments), s) in t.layers.iter_mut().zip(&mut t.moments).zip(&self.layers) {
            l.norm.clone_from(&s.norm);
            for (((values, _), moments), s) in l.arrays().into_iter().zip(moments).zip(&s.arrays) {
                values.copy_from_slice(&s.values);
                moments.clone_from(&s.moments);
            }
            l.fade.clone_from(&s.fade);
            l.gate_table.clone_from(&s.gate_table);
            l.refresh();
        }
        t.step = self.step;
        Ok(self.epochs_done)
    }
}

/// Writes the state of a run as JSON, atomically.
pub(crate) fn write_state(path: &Path, state: &impl Serialize) -> Result<(), CheckpointError> {
    let bytes = serde_json::to_vec(state).map_err(|e| malformed(path, &e))?;
    Ok(write_atomic(path, &bytes)?)
}

/// Reads the state of a run, of the version `expected`.
pub(crate) fn read_state<T: DeserializeOwned>(
    path: &Path,
    expected: u32,
    version: impl Fn(&T) -> u32,
) -> Result<T, CheckpointError> {
    let out: T = serde_json::from_slice(&read_bytes(path)?).map_err(|e| malformed(path, &e))?;
    match version(&out) {
        found if found == expected => Ok(out),
        found => Err(malformed(path, &format!("version {found}, expected {expected}"))),
    }
}

fn malformed(path: &Path, message: &dyn std::fmt::Display) -> CheckpointError {
    CheckpointError::Malformed { path: path.into(), message: message.to_string() }
}

impl ArrayState {
    fn same_size(&self, other: &Self) -> bool {
        self.values.len() == other.values.len() && self.moments.same_size(&other.moments)
    }
}

impl LayerState {
    fn same_size(&self, other: &Self) -> bool {
        let sizes = |s: &Self| {
            let n = &s.norm;
            let norm = [n.gain.len(), n.beta.len(), n.mean.len(), n.var.len()];
            let gate = (s.gate_table.len(), s.fade.c.len());
            (gate, norm)
        };
        let mut pairs = self.arrays.iter().zip(&other.arrays);
        sizes(self) == sizes(other) && pairs.all(|(a, b)| a.same_size(b))
    }
}
