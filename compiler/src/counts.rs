//! How many spikes a sample has: all that the cost of an image depends on.

use serde::{Deserialize, Serialize};
use spikewright_ir::{CoreImage, InputTrain, LayerImage, LayerTranscript, SpikeTrain, Transcript};

/// How many spikes there are in each tick of a sample.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct SpikeCounts {
    /// Of the input: tick `t` and plane `q` of `m` planes in place `t · m + q`.
    pub input: Vec<u32>,
    /// Of each layer, one for a tick.
    pub layers: Vec<Vec<u32>>,
}

impl SpikeCounts {
    /// All neurons of all populations in every tick.
    pub fn full(image: &CoreImage) -> Self {
        Self::share(image, 1)
    }

    /// One neuron of `part` in every tick, rounded down.
    pub fn share(image: &CoreImage, part: usize) -> Self {
        let of = |neurons: usize, count: usize| vec![(neurons / part) as u32; count];
        Self {
            input: of(image.inputs, image.ticks * image.input_planes),
            layers: image.layers.iter().map(|l| of(l.neurons, image.ticks)).collect(),
        }
    }

    /// The same in every tick: so many spikes of each plane of the input, and of each layer; no more than
    /// there are neurons.
    pub fn per_tick(image: &CoreImage, plane: u32, layers: &[u32]) -> Self {
        let most = |count: u32, neurons: usize| count.min(neurons as u32);
        let layer = |(&count, l): (&u32, &LayerImage)| vec![most(count, l.neurons); image.ticks];
        Self {
            input: vec![most(plane, image.inputs); image.ticks * image.input_planes],
            layers: layers.iter().zip(&image.layers).map(layer).collect(),
        }
    }

    /// What a level says happened.
    pub fn of(input: &InputTrain, transcript: &Transcript) -> Self {
        let count = |t| move |train: &SpikeTrain| train.tick(t).count_ones() as u32;
        let layer =
            |l: &LayerTranscript| (0..l.spikes.ticks()).map(|t| count(t)(&l.spikes)).collect();
        Self {
            input: (0..input.ticks()).flat_map(|t| input.planes.iter().map(count(t))).collect(),
            layers: transcript.layers.iter().map(layer).collect(),
        }
    }
}
