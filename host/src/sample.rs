//! A sample as the core takes it, and its result as the core gives it.

use crate::HostError;
use serde::{Deserialize, Serialize};
use spikewright_ir::{CoreImage, Decision, InputTrain};

/// What a run gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SampleResult {
    /// The class.
    pub decision: Decision,
    /// Cycles from the accepted start to the result.
    pub cycles: u32,
    /// Events issued, of the input and of all layers.
    pub events: u32,
}

/// The words of the spike memory for a sample, from group 0 on: tick after tick, plane after plane,
/// each `input_groups · G` words, neuron j in bit `j mod 16` of word `j / 16`.
pub fn bitmap(image: &CoreImage, input: &InputTrain) -> Result<Vec<u16>, HostError> {
    let (planes, ticks, neurons) = (input.planes.len(), input.ticks(), input.neurons());
    if planes != image.input_planes || ticks != image.ticks || neurons != image.inputs {
        return Err(HostError::Sample {
            planes,
            expected_planes: image.input_planes,
            ticks,
            neurons,
            expected_ticks: image.ticks,
            expected_neurons: image.inputs,
        });
    }
    let words = image.input_groups * image.preset.spec().group_words;
    let plane = |t, q: usize| (0..words).map(move |k| input.planes[q].tick(t).word16(k));
    let tick = |t| (0..planes).flat_map(move |q| plane(t, q));
    Ok((0..ticks).flat_map(tick).collect())
}
