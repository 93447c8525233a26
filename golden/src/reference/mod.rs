//! The integer reference model: the authority (level L1) that every other level must equal.
//!
//! [`Reference`] runs one sample to a [`Transcript`], or straight to a [`Decision`]; the batch
//! evaluation spreads samples over threads and counts activity. Section by section it follows
//! `docs/semantics.md` and shares no code with the simulator.

mod current;
mod evaluate;
mod neuron;
mod tick;
mod validate;

pub use evaluate::{Activity, Evaluation};
pub use neuron::{Rules, fire, integrate, leak, reset, sat};

use spikewright_ir::{
    Decision, Diagnostics, InputTrain, LayerTranscript, Network, Readout, SpikeTrain, Transcript,
};
use thiserror::Error;
use tick::State;

/// An input that does not fit the network.
#[derive(Debug, Error, PartialEq, Eq)]
#[error(
    "the input has {got} {what}, the network takes {expected}; encode it for this network's shape and ticks"
)]
pub struct InputMismatch {
    /// What differs: `ticks`, `neurons` or `planes`.
    pub what: &'static str,
    /// What the network takes.
    pub expected: usize,
    /// What the input has.
    pub got: usize,
}

/// A validated network, ready to run.
#[derive(Clone, Debug)]
pub struct Reference {
    network: Network,
}

impl Reference {
    /// Validates the network; the diagnostics say everything that is wrong with it.
    pub fn new(network: &Network) -> Result<Self, Diagnostics> {
        validate::validate(network)?;
        Ok(Self { network: network.clone() })
    }

    /// The network that runs.
    pub fn network(&self) -> &Network {
        &self.network
    }

    /// Runs one sample and records every spike and potential.
    pub fn run(&self, input: &InputTrain) -> Result<Transcript, InputMismatch> {
        self.check(input)?;
        let n = &self.network;
        let mut layers: Vec<_> = n
            .layers
            .iter()
            .map(|l| LayerTranscript {
                spikes: SpikeTrain::silent(n.ticks, l.shape().len()),
                potentials: Vec::new(),
            })
            .collect();
        let mut state = State::new(n);
        for t in 0..n.ticks {
            state.tick(n, input, t);
            for (k, layer) in layers.iter_mut().enumerate() {
                *layer.spikes.tick_mut(t) = state.spikes[k].clone();
                if n.layers[k].params().is_some() {
                    layer.potentials.push(state.potentials[k].clone());
                }
            }
        }
        Ok(Transcript { layers, decision: state.decide(n.readout) })
    }

    /// Runs one sample and returns only what was read.
    pub fn classify(&self, input: &InputTrain) -> Result<Decision, InputMismatch> {
        Ok(self.classify_counting(input)?.0)
    }

    /// As [`Reference::classify`], with the activity of this sample.
    pub(crate) fn classify_counting(
        &self,
        input: &InputTrain,
    ) -> Result<(Decision, Counts), InputMismatch> {
        self.check(input)?;
        let n = &self.network;
        let mut state = State::new(n);
        let mut layer_spikes = vec![0; n.layers.len()];
        for t in 0..n.ticks {
            state.tick(n, input, t);
            for (sum, spikes) in layer_spikes.iter_mut().zip(&state.spikes) {
                *sum += spikes.count_ones() as u64;
            }
        }
        let input_spikes = input.planes.iter().map(|p| p.count() as u64).sum();
        let counts = Counts { input_spikes, layer_spikes, operations: state.operations };
        Ok((state.decide(n.readout), counts))
    }

    fn check(&self, input: &InputTrain) -> Result<(), InputMismatch> {
        let n = &self.network;
        let same = |what, expected, got| {
            if expected == got { Ok(()) } else { Err(InputMismatch { what, expected, got }) }
        };
        same("planes", usize::from(n.input_planes), input.planes.len())?;
        for plane in &input.planes {
            same("ticks", n.ticks, plane.ticks())?;
            same("neurons", n.input.len(), plane.neurons())?;
            for t in 0..n.ticks {
                same("neurons", n.input.len(), plane.tick(t).len())?;
            }
        }
        Ok(())
    }
}

/// Spikes and synaptic operations of one sample.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Counts {
    pub input_spikes: u64,
    pub layer_spikes: Vec<u64>,
    pub operations: u64,
}

impl State {
    /// Reads the class after the last tick; ties go to the lowest class.
    fn decide(&self, readout: Readout) -> Decision {
        match readout {
            Readout::SpikeCount => {
                let class = lowest_maximum(&self.output_counts);
                Decision { class, undecided: self.output_counts.iter().all(|&c| c == 0) }
            }
            Readout::Potential => {
                let v = self.potentials.last().map_or(&[][..], Vec::as_slice);
                Decision { class: lowest_maximum(v), undecided: false }
            }
            Readout::FirstSpike => Decision {
                class: self.first_spike.unwrap_or(0),
                undecided: self.first_spike.is_none(),
            },
        }
    }
}

pub(crate) fn lowest_maximum<T: Copy + Ord>(values: &[T]) -> usize {
    let max = values.iter().copied().max();
    values.iter().position(|&v| Some(v) == max).unwrap_or(0)
}
