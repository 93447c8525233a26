//! Batch evaluation: decisions of many samples over all threads, accuracy and activity.
//! Sums are integers, so the result does not depend on the number of threads.

use super::{InputMismatch, Reference};
use crate::infer::Packed;
use rayon::prelude::*;
use serde::Serialize;
use spikewright_ir::{Decision, InputTrain};

/// Mean activity of an evaluation.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Activity {
    /// Input spikes per tick (set bits of all planes).
    pub input_spikes_per_tick: f64,
    /// Spikes per tick of each layer.
    pub layer_spikes_per_tick: Vec<f64>,
    /// Synaptic operations per sample: one spiking input meeting one weight bit in one pass.
    pub sop_per_sample: f64,
}

/// What the reference decided on a labelled set.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Evaluation {
    /// One decision per sample, in order.
    pub decisions: Vec<Decision>,
    /// Samples whose class equals the label.
    pub correct: usize,
    /// Mean activity.
    pub activity: Activity,
}

impl Evaluation {
    /// Fraction of samples classified as labelled, 0 for an empty set.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.decisions.len().max(1) as f64
    }
}

impl Reference {
    /// Spikes of every neuron of the last layer over the whole sample, `[sample][neuron]`; all 0
    /// where its potential is read.
    pub fn output_counts(&self, inputs: &[InputTrain]) -> Result<Vec<Vec<u32>>, InputMismatch> {
        match Packed::new(&self.network) {
            Some(packed) => inputs
                .par_iter()
                .map_init(
                    || packed.state(),
                    |state, x| {
                        self.check(x).map(|()| packed.classify(state, x))?;
                        Ok(state.output_counts().to_vec())
                    },
                )
                .collect(),
            None => inputs
                .par_iter()
                .map(|x| {
                    let run = self.run(x)?;
                    let Some(last) = run.layers.last() else { return Ok(Vec::new()) };
                    let of = |t: usize, j: usize| u32::from(last.spikes.tick(t).get(j));
                    let count = |j| (0..self.network.ticks).map(|t| of(t, j)).sum();
                    Ok((0..last.spikes.neurons()).map(count).collect())
                })
                .collect(),
        }
    }

    /// Classifies every input and compares with `labels` (as many as there are inputs; samples
    /// beyond the shorter of the two are not run). Networks whose sums fit 32 bits run by a faster
    /// way to the same numbers.
    pub fn evaluate(
        &self,
        inputs: &[InputTrain],
        labels: &[u8],
    ) -> Result<Evaluation, InputMismatch> {
        let inputs = &inputs[..inputs.len().min(labels.len())];
        let runs = match Packed::new(&self.network) {
            Some(packed) => inputs
                .par_iter()
                .map_init(
                    || packed.state(),
                    |state, x| self.check(x).map(|()| packed.classify(state, x)),
                )
                .collect::<Result<Vec<_>, _>>()?,
            None => inputs
                .par_iter()
                .map(|x| self.classify_counting(x))
                .collect::<Result<Vec<_>, _>>()?,
        };
        let correct =
            runs.iter().zip(labels).filter(|((d, _), l)| d.class == usize::from(**l)).count();
        let samples = runs.len().max(1) as f64;
        let ticks = samples * self.network.ticks as f64;
        let layer = |k: usize| runs.iter().map(|(_, c)| c.layer_spikes[k]).sum::<u64>() as f64;
        let activity = Activity {
            input_spikes_per_tick: runs.iter().map(|(_, c)| c.input_spikes).sum::<u64>() as f64
                / ticks,
            layer_spikes_per_tick: (0..self.network.layers.len())
                .map(|k| layer(k) / ticks)
                .collect(),
            sop_per_sample: runs.iter().map(|(_, c)| c.operations).sum::<u64>() as f64 / samples,
        };
        Ok(Evaluation { decisions: runs.into_iter().map(|(d, _)| d).collect(), correct, activity })
    }
}
