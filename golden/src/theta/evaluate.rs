//! A frozen theta network on samples, and beside the net it was frozen from.

use super::reference::ThetaReference;
use crate::{
    data::Images,
    smooth::{
        theta::{Net, Pass, TooLarge},
        train::{BRIGHT, Samples, hardware_class, image_time},
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

/// How a frozen network decides beside the net in double precision.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct ThetaLikeness {
    /// Images.
    pub samples: usize,
    /// The same class: that of the first output spike, or without one that of the highest phase at the end.
    pub same_class: usize,
    /// The same neuron of the last layer spikes first, or none spikes in either. A spike in one of them alone differs.
    pub same_first: usize,
    /// A spike in one of them alone.
    pub one_decided: usize,
    /// Both spike, and the same neuron first.
    pub timed: usize,
    /// Mean time between the two spikes of these, in ticks of the frozen network.
    pub ticks_apart: f64,
    /// The longest.
    pub most_ticks_apart: f64,
}

/// What becomes of an image: the class, and the tick of the output spike if there is one.
type Decided = (usize, Option<f64>);

impl ThetaLikeness {
    fn of(pairs: &[(Decided, Decided)]) -> Self {
        let mut out = Self { samples: pairs.len(), ..Self::default() };
        for &((class, at), (other, then)) in pairs {
            let same = class == other;
            out.same_class += usize::from(same);
            match (at, then) {
                (Some(at), Some(then)) if same => {
                    let apart = (at - then).abs();
                    out.timed += 1;
                    out.ticks_apart += apart;
                    out.most_ticks_apart = out.most_ticks_apart.max(apart);
                }
                (Some(_), Some(_)) => {}
                (None, None) => out.same_first += 1,
                _ => out.one_decided += 1,
            }
        }
        out.same_first += out.timed;
        out.ticks_apart /= out.timed.max(1) as f64;
        out
    }
}

/// Runs images on the frozen network and on the net in double precision.
pub fn compare(
    reference: &ThetaReference,
    net: &Net<f64>,
    images: &Images,
    trial: f64,
) -> Result<ThetaLikeness, TooLarge> {
    let samples = Samples::images(images, trial);
    let inputs = encode(images);
    let per_time = f64::from(1u32 << reference.network().phase_bits) / net.period;
    let pair = |i: usize| -> Result<(Decided, Decided), TooLarge> {
        let mut pass = Pass::new(net, 1.0);
        pass.forward(net, samples.show(i, None, &mut Vec::new()))?;
        let class = hardware_class(net, &pass);
        let at = pass.is_decided().then(|| (pass.outputs[class] - image_time(trial)) * per_time);
        let run = reference.run(&inputs[i]);
        let end = (!run.decision.undecided).then(|| f64::from(run.end));
        Ok(((run.decision.class, end), (class, at)))
    };
    let pairs: Result<Vec<_>, _> = (0..inputs.len()).into_par_iter().map(pair).collect();
    Ok(ThetaLikeness::of(&pairs?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spike_in_one_alone_is_another_first_spiker() {
        let pairs = [
            ((3, Some(10.0)), (3, Some(10.5))),
            ((3, Some(20.0)), (3, Some(18.5))),
            ((3, Some(10.0)), (4, Some(10.0))),
            ((3, None), (3, None)),
            ((3, None), (4, None)),
            ((3, Some(30.0)), (3, None)),
            ((3, None), (4, Some(30.0))),
        ];
        let expected = ThetaLikeness {
            samples: 7,
            same_class: 4,
            same_first: 4,
            one_decided: 2,
            timed: 2,
            ticks_apart: 1.0,
            most_ticks_apart: 1.5,
        };
        assert_eq!(ThetaLikeness::of(&pairs), expected);
    }
}
