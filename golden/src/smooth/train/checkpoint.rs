//! Checkpoints: everything a run needs to go on after an epoch as if it had never stopped.

use super::{config::SmoothConfig, params::LayerParams, trainer::Trainer};
use crate::train::{CheckpointError, read_state, write_state};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Version of the format.
const VERSION: u32 = 1;

/// The state of a run after a whole number of epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SmoothCheckpoint {
    version: u32,
    config: SmoothConfig,
    samples: usize,
    epochs_done: usize,
    step: usize,
    layers: Vec<LayerParams>,
}

impl SmoothCheckpoint {
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

    /// The state of a trainer.
    pub fn take(t: &Trainer, epochs_done: usize, samples: usize) -> Self {
        Self {
            version: VERSION,
            config: t.config.clone(),
            samples,
            epochs_done,
            step: t.step,
            layers: t.params.clone(),
        }
    }

    /// Puts the state into a fresh trainer of the same run; returns the epochs done.
    pub fn restore(&self, t: &mut Trainer, samples: usize) -> Result<usize, CheckpointError> {
        let demand = |same, what| if same { Ok(()) } else { Err(CheckpointError::Other { what }) };
        demand(self.config == t.config, "configurations")?;
        demand(self.samples == samples, "numbers of training samples")?;
        demand(self.epochs_done <= t.config.epochs, "numbers of epochs")?;
        demand(self.step == self.epochs_done * t.per_epoch(), "numbers of steps")?;
        demand(self.layers.len() == t.params.len(), "numbers of layers")?;
        for (a, b) in self.layers.iter().zip(&t.params) {
            demand(a.same_size(b), "sizes of a layer")?;
        }
        t.params.clone_from(&self.layers);
        t.step = self.step;
        t.refresh();
        Ok(self.epochs_done)
    }
}
