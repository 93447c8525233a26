//! Two target spikes of one quadratic neuron (Klos and Memmesheimer, 2025): 20 fixed random inputs, and two
//! that learn their weights and times, silent at first.

use crate::{
    rng::Stream,
    smooth::current::{InputSpike, Network, Neuron, TooManyEvents},
};

const TRIAL: f64 = 10.0;
const FIXED: usize = 20;
/// When the two spike at first.
const LEARNING: [f64; 2] = [1.0, 9.0];
const TARGETS: [f64; 2] = [2.5, 7.5];
/// Bound of a derivative, and step.
const BOUND: f64 = 0.02;
const RATE: f64 = 0.1;

/// How a run went.
#[derive(Clone, Debug, PartialEq)]
pub struct SingleReport {
    /// Spikes within the trial at first.
    pub spikes_before: usize,
    /// And in the end.
    pub spikes_after: usize,
    /// The first two spikes or pseudospikes in the end.
    pub times: [f64; 2],
}

impl SingleReport {
    /// Whether both targets are met within a hundredth of a time constant, by spikes.
    pub fn succeeded(&self) -> bool {
        let near = self.times.iter().zip(TARGETS).all(|(t, target)| (t - target).abs() < 0.01);
        near && self.spikes_after >= 2
    }
}

/// Trains for so many trials.
pub fn run(seed: u64, trials: usize) -> Result<SingleReport, TooManyEvents> {
    let mut draw = Stream::named(seed, "single neuron").sequence();
    let mut weights: Vec<f64> = (0..FIXED).map(|_| draw.normal()).collect();
    weights.extend([0.0; 2]);
    let mut inputs: Vec<InputSpike> =
        (0..FIXED).map(|input| InputSpike { time: TRIAL * draw.unit(), input }).collect();
    inputs.extend(LEARNING.iter().zip(FIXED..).map(|(t, input)| InputSpike { time: *t, input }));
    let mut network = Network {
        neuron: Neuron::Qif,
        weights: vec![0.0],
        input_weights: weights,
        potentials: vec![0.0],
        currents: vec![0.0],
        trial: TRIAL,
    };
    let mut out = SingleReport { spikes_before: 0, spikes_after: 0, times: [0.0; 2] };
    for number in 0..=trials {
        let trial = network.run(&inputs)?;
        let times = network.times(&trial, &[2]);
        out.spikes_after = times.real[0];
        if number == 0 {
            out.spikes_before = times.real[0];
        }
        out.times = [times.times[0][0], times.times[0][1]];
        let derivatives = out.times.iter().zip(TARGETS).map(|(t, target)| t - target).collect();
        let g = network.gradient(&inputs, &trial, &times, &[derivatives]);
        if number == trials {
            break;
        }
        for k in [FIXED, FIXED + 1] {
            network.input_weights[k] -= RATE * g.input_weights[k].clamp(-BOUND, BOUND);
            let time = inputs[k].time - RATE * g.input_times[k].clamp(-BOUND, BOUND);
            inputs[k].time = time.clamp(0.0, TRIAL);
        }
    }
    Ok(out)
}
