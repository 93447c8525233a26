//! One epoch in numbers.

use super::evaluate::Evaluation;
use serde::{Deserialize, Serialize};

/// One epoch in numbers, fractions 0 to 1. Unless it says training, they are of the samples that are
/// looked at after every epoch: held out of training, or, where none are, the last that train.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SmoothReport {
    /// Epoch, counted from 1; 0 is the state before training.
    pub epoch: usize,
    /// Mean training loss (before training: of the samples looked at).
    pub loss: f64,
    /// Accuracy on the training samples while training, pseudospikes included; 0 before.
    pub train_accuracy: f64,
    /// Accuracy, pseudospikes included.
    pub accuracy: f64,
    /// Accuracy of first spikes; a sample without is wrong.
    pub by_spike: f64,
    /// Accuracy of the hardware readout.
    pub on_hardware: f64,
    /// Samples in which an output spiked.
    pub decided: f64,
    /// Spikes of a hidden neuron in a trial, mean.
    pub hidden_spikes: f64,
    /// The same up to the first output spike.
    pub hidden_spikes_used: f64,
    /// Hidden neurons that spiked in no sample.
    pub silent: f64,
    /// Spikes that appeared since the epoch before, per neuron and trial.
    pub added: f64,
    /// Spikes that vanished since the epoch before, per neuron and trial.
    pub removed: f64,
}

impl SmoothReport {
    /// From an evaluation, and the one of the epoch before.
    pub fn new(epoch: usize, now: &Evaluation, before: &Evaluation) -> Self {
        let trials = (now.samples * now.hidden_neurons).max(1) as f64;
        let (added, removed) = now.changes(before);
        let all = now.counts.len().max(1) as f64;
        Self {
            epoch,
            loss: now.loss / now.samples.max(1) as f64,
            train_accuracy: 0.0,
            accuracy: now.share(now.correct),
            by_spike: now.share(now.correct_by_spike),
            on_hardware: now.share(now.correct_on_hardware),
            decided: now.share(now.decided),
            hidden_spikes: now.hidden_spikes as f64 / trials,
            hidden_spikes_used: now.hidden_spikes_used as f64 / trials,
            silent: now.silent(),
            added: added as f64 / all,
            removed: removed as f64 / all,
        }
    }

    /// Names and values for plots.
    pub fn scalars(&self) -> Vec<(&'static str, f64)> {
        vec![
            ("loss/train", self.loss),
            ("accuracy/train", self.train_accuracy),
            ("accuracy/with_pseudospikes", self.accuracy),
            ("accuracy/by_spike", self.by_spike),
            ("accuracy/on_hardware", self.on_hardware),
            ("decided", self.decided),
            ("spikes/hidden", self.hidden_spikes),
            ("spikes/hidden_used", self.hidden_spikes_used),
            ("spikes/silent", self.silent),
            ("spikes/added", self.added),
            ("spikes/removed", self.removed),
        ]
    }
}
