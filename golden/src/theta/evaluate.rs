//! A frozen theta network on samples, and beside the net it was frozen from.

use super::reference::ThetaReference;
use crate::{
    data::Images,
    smooth::{
        theta::{Net, Pass, TooLarge},
        train::{BRIGHT, Samples, hardware_class},
    },
};
use rayon::prelude::*;
use serde::Serialize;
use spikewright_ir::BitVec;

/// Images as inputs of a theta network: a pixel is an input pulse from gray value [`BRIGHT`] on.
pub fn encode(images: &Images) -> Vec<BitVec> {
    let bits = |i: usize| BitVec::from_bits(images.image(i).iter().map(|v| *v >= BRIGHT));
    (0..images.len()).map(bits).collect()
}

/// What a frozen network does on samples.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct ThetaEvaluation {
    /// Samples.
    pub samples: usize,
    /// Classified as labelled.
    pub correct: usize,
    /// Decided by an output spike.
    pub decided: usize,
    /// Input pulses.
    pub input_pulses: usize,
    /// Spikes of hidden neurons up to the decision.
    pub hidden_spikes: usize,
}

impl ThetaEvaluation {
    /// Fraction of samples classified as labelled.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.samples.max(1) as f64
    }

    /// Input pulses and spikes of a sample, mean.
    pub fn events_per_sample(&self) -> f64 {
        (self.input_pulses + self.hidden_spikes) as f64 / self.samples.max(1) as f64
    }

    fn add(self, other: Self) -> Self {
        Self {
            samples: self.samples + other.samples,
            correct: self.correct + other.correct,
            decided: self.decided + other.decided,
            input_pulses: self.input_pulses + other.input_pulses,
            hidden_spikes: self.hidden_spikes + other.hidden_spikes,
        }
    }
}

impl ThetaReference {
    /// Runs samples on all threads.
    pub fn evaluate(&self, inputs: &[BitVec], labels: &[u8]) -> ThetaEvaluation {
        let pairs = inputs.par_iter().zip(labels);
        let one = |(input, &label): (&BitVec, &u8)| {
            let trial = self.run(input);
            ThetaEvaluation {
                samples: 1,
                correct: usize::from(trial.decision.class == usize::from(label)),
                decided: usize::from(!trial.decision.undecided),
                input_pulses: input.count_ones(),
                // The first event is that of the inputs.
                hidden_spikes: trial.events.len() - 1,
            }
        };
        pairs.map(one).reduce(ThetaEvaluation::default, ThetaEvaluation::add)
    }
}

/// In how many images the frozen network and the net in double precision take the same class: that of the first
/// output spike, or without one that of the highest phase at the end.
pub fn compare(
    reference: &ThetaReference,
    net: &Net<f64>,
    images: &Images,
    trial: f64,
) -> Result<usize, TooLarge> {
    let samples = Samples::images(images, trial);
    let inputs = encode(images);
    let same = |i: usize| -> Result<usize, TooLarge> {
        let mut pass = Pass::new(net, 1.0);
        pass.forward(net, samples.show(i, None, &mut Vec::new()))?;
        let class = reference.run(&inputs[i]).decision.class;
        Ok(usize::from(class == hardware_class(net, &pass)))
    };
    (0..inputs.len()).into_par_iter().map(same).sum()
}
