//! Fitness on the integer network: the share of samples that it classifies as labelled, on the
//! reference or on anything else that runs such networks.

use super::{
    express::{Express, coarsen},
    run::{Call, Fitness, FitnessError},
};
use crate::{Reference, data::EncodedSet};
use spikewright_ir::{InputTrain, Network};

/// What runs integer networks: the reference, a simulator, a chip.
pub trait Device: Sync {
    /// How many of the samples the network classifies as labelled. One device that cannot be shared
    /// has a lock of its own.
    fn correct(
        &self,
        network: &Network,
        inputs: &[InputTrain],
        labels: &[u8],
    ) -> Result<usize, FitnessError>;
}

/// The reference, on all threads.
#[derive(Clone, Copy, Debug, Default)]
pub struct ReferenceDevice;

impl Device for ReferenceDevice {
    fn correct(
        &self,
        network: &Network,
        inputs: &[InputTrain],
        labels: &[u8],
    ) -> Result<usize, FitnessError> {
        Ok(Reference::new(network)?.evaluate(inputs, labels)?.correct)
    }
}

/// Accuracy of individuals on labelled samples. Generation t sees batch t, from the beginning again
/// after the last whole one; all its individuals see the same.
pub struct IntegerFitness<'a, E> {
    /// What makes networks.
    pub express: &'a E,
    /// What runs them.
    pub device: &'a dyn Device,
    /// The samples.
    pub set: &'a EncodedSet,
    /// Samples of a generation; all of them when there are not so many.
    pub batch: usize,
}

impl<G: Sync, E: Express<G>> Fitness<G> for IntegerFitness<'_, E> {
    fn fitness(&self, call: Call<'_, G>, genes: &G) -> Result<f64, FitnessError> {
        let all = self.set.labels.len().min(self.set.inputs.len());
        let batch = self.batch.clamp(1, all.max(1));
        let window = call.generation as usize % (all / batch).max(1) * batch;
        let window = window..(window + batch).min(all);
        let network = self.express.network(genes);
        let (inputs, labels) = (&self.set.inputs[window.clone()], &self.set.labels[window]);
        let correct = self.device.correct(&network, inputs, labels)?;
        Ok(correct as f64 / labels.len().max(1) as f64)
    }
}

/// A network at a coarse grid of thresholds and biases.
#[derive(Clone, Debug)]
pub struct Precision {
    /// Step of the grid, a power of two.
    pub q: i32,
    /// The network on it.
    pub network: Network,
    /// Its accuracy.
    pub accuracy: f64,
    /// That of the network it was made from.
    pub before: f64,
}

/// The smallest power of two whose grid of thresholds and biases costs at least `loss` (a fraction)
/// of the accuracy on these samples; nothing where no grid of the potentials' width does.
pub fn coarsest(
    network: &Network,
    set: &EncodedSet,
    loss: f64,
) -> Result<Option<Precision>, FitnessError> {
    let accuracy = |n: &Network| -> Result<f64, FitnessError> {
        Ok(Reference::new(n)?.evaluate(&set.inputs, &set.labels)?.accuracy())
    };
    let before = accuracy(network)?;
    for bits in 1..u32::from(network.width_bits) - 1 {
        let q = 1 << bits;
        let coarse = coarsen(network, q);
        let now = accuracy(&coarse)?;
        if before - now >= loss {
            return Ok(Some(Precision { q, network: coarse, accuracy: now, before }));
        }
    }
    Ok(None)
}
