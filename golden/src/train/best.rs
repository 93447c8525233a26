//! The best epoch of a run so far: how long ago it was, and its model where that is kept.

use crate::model::{FloatModel, Gate};
use serde::{Deserialize, Serialize};

/// Best validation accuracy so far, and the epochs since.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Best {
    accuracy: f64,
    /// Epochs since.
    pub stale: usize,
}

impl Best {
    /// Takes note of one more epoch.
    pub fn see(&mut self, accuracy: f64) {
        if accuracy > self.accuracy {
            *self = Self { accuracy, stale: 0 };
        } else {
            self.stale += 1;
        }
    }
}

/// The model of the best epoch, the earliest on ties.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Kept {
    accuracy: f64,
    /// The model.
    pub model: FloatModel,
}

impl Kept {
    /// Keeps `model` if it is better than what is kept. One whose gate still varies cannot be
    /// frozen, so it is never kept.
    pub fn see(kept: &mut Option<Self>, accuracy: f64, model: FloatModel) {
        let constant = model.layers.iter().all(|l| !matches!(l.gate, Gate::Varying { .. }));
        if constant && kept.as_ref().is_none_or(|k| accuracy > k.accuracy) {
            *kept = Some(Self { accuracy, model });
        }
    }

    /// Whether the model is sound and of the same make as `other`.
    pub fn fits(&self, other: &FloatModel) -> bool {
        let m = &self.model;
        m.check().is_ok()
            && (&m.encoder, m.input, m.readout) == (&other.encoder, other.input, other.readout)
            && m.layers.len() == other.layers.len()
            && m.layers.iter().zip(&other.layers).all(|(a, b)| {
                let (a, b) = (&a.synapses, &b.synapses);
                (a.units(), a.inputs()) == (b.units(), b.inputs())
            })
    }
}
