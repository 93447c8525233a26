//! A sample as the core takes it, and its result as the core gives it.

use crate::HostError;
use serde::{Deserialize, Serialize};
use spikewright_ir::{CoreImage, Counters, Decision, InputTrain};
use std::collections::VecDeque;

/// What a run gave.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct SampleResult {
    /// The class. Of a stream that counts spikes it is [`crate::Window`] that knows it.
    pub decision: Decision,
    /// Spikes of the last 16 neurons of the last tile in the last tick, the lowest first: in a stream
    /// that counts spikes all of the last layer's.
    pub output: u16,
    /// Cycles from the accepted start to the result.
    pub cycles: u32,
    /// Events issued, of the input and of all layers.
    pub events: u32,
    /// What else the core counts.
    pub counters: Counters,
}

/// Spike counts over the last ticks of a stream, and what they decide.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Window {
    ticks: usize,
    last: VecDeque<u16>,
    counts: Vec<u32>,
}

impl Window {
    /// A window of `ticks` ticks over `classes` classes, empty at the start of a stream. No window is
    /// longer than 2^32 − 1 ticks, none is shorter than 1.
    pub fn new(ticks: usize, classes: usize) -> Self {
        let ticks = ticks.clamp(1, u32::MAX as usize);
        Self { ticks, last: VecDeque::new(), counts: vec![0; classes] }
    }

    /// Takes a tick's output spikes and says which class has most now; ties go to the lowest.
    pub fn push(&mut self, output: u16) -> Decision {
        self.add(output, 1);
        self.last.push_back(output);
        if self.last.len() > self.ticks
            && let Some(oldest) = self.last.pop_front()
        {
            self.add(oldest, u32::MAX);
        }
        let most = self.counts.iter().copied().max().unwrap_or(0);
        let class = self.counts.iter().position(|&c| c == most).unwrap_or(0);
        Decision { class, undecided: most == 0 }
    }

    /// `change` modulo 2^32, so that it can take away.
    fn add(&mut self, output: u16, change: u32) {
        for (class, count) in self.counts.iter_mut().take(16).enumerate() {
            if output >> class & 1 == 1 {
                *count = count.wrapping_add(change);
            }
        }
    }
}

/// The words of the spike memory for a sample, from group 0 on: tick after tick `stride · G` words, of
/// which the first are the planes', each `input_groups · G` words, neuron j in bit `p mod 16` of word
/// `p / 16` for its place p. What is left between ticks is the layers', who write it before they read it.
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
    let stride = image.stride * image.preset.spec().group_words;
    let mut out = vec![0; ticks.saturating_sub(1) * stride + planes * words];
    for (t, q) in (0..ticks).flat_map(|t| (0..planes).map(move |q| (t, q))) {
        let plane = image.placed_input(input.planes[q].tick(t));
        for (k, place) in out[t * stride + q * words..][..words].iter_mut().enumerate() {
            *place = plane.word16(k);
        }
    }
    Ok(out)
}
