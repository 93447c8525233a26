//! What a level says happened: spikes and potentials of every layer and tick, and the decision.

use crate::SpikeTrain;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The class a readout decided on.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Decision {
    /// Winning class; 0 when undecided.
    pub class: usize,
    /// No spike decided (never set under `Potential`).
    pub undecided: bool,
}

/// One layer's part.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LayerTranscript {
    /// Spikes per tick.
    pub spikes: SpikeTrain,
    /// `potentials[tick][neuron]`: `v` after reset. Empty for pooling, or when not recorded.
    pub potentials: Vec<Vec<i32>>,
}

/// A sample's run at one level.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Transcript {
    /// One entry per layer of the network.
    pub layers: Vec<LayerTranscript>,
    /// What was read.
    pub decision: Decision,
}

/// The first place where two transcripts differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Divergence {
    /// What differs: `spike`, `potential`, `decision` or `shape`.
    pub what: &'static str,
    /// Tick, counted from 0.
    pub tick: usize,
    /// Layer, counted from 0.
    pub layer: usize,
    /// Neuron within the layer.
    pub neuron: usize,
    /// Value in the first transcript.
    pub expected: i64,
    /// Value in the second.
    pub got: i64,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, tick, layer, neuron, expected, got } = self;
        write!(
            f,
            "tick {tick}, layer {layer}, neuron {neuron}: {what} expected {expected}, got {got}"
        )
    }
}

/// Finds the first divergence in order of tick, layer, then neuron: spikes and potentials of a
/// neuron together, the decision last. Potentials are compared where both sides recorded them.
pub fn first_divergence(expected: &Transcript, got: &Transcript) -> Option<Divergence> {
    let shape = |e: usize, g: usize, layer| {
        (e != g).then_some(Divergence {
            what: "shape",
            tick: 0,
            layer,
            neuron: 0,
            expected: e as i64,
            got: g as i64,
        })
    };
    if let Some(d) = shape(expected.layers.len(), got.layers.len(), 0) {
        return Some(d);
    }
    for (layer, (e, g)) in expected.layers.iter().zip(&got.layers).enumerate() {
        let d = shape(e.spikes.ticks(), g.spikes.ticks(), layer)
            .or_else(|| shape(e.spikes.neurons(), g.spikes.neurons(), layer));
        if d.is_some() {
            return d;
        }
    }
    let ticks = expected.layers.iter().map(|l| l.spikes.ticks()).max().unwrap_or(0);
    for tick in 0..ticks {
        for (layer, (e, g)) in expected.layers.iter().zip(&got.layers).enumerate() {
            if tick >= e.spikes.ticks() {
                continue;
            }
            for neuron in 0..e.spikes.neurons() {
                let at =
                    |what, expected, got| Divergence { what, tick, layer, neuron, expected, got };
                if let (Some(ev), Some(gv)) = (e.potentials.get(tick), g.potentials.get(tick)) {
                    match (ev.get(neuron), gv.get(neuron)) {
                        (a, b) if a == b => {}
                        (a, b) => {
                            let value = |v: Option<&i32>| v.map_or(i64::MIN, |&v| v.into());
                            return Some(at("potential", value(a), value(b)));
                        }
                    }
                }
                let (es, gs) = (e.spikes.tick(tick).get(neuron), g.spikes.tick(tick).get(neuron));
                if es != gs {
                    return Some(at("spike", es.into(), gs.into()));
                }
            }
        }
    }
    (expected.decision != got.decision).then_some(Divergence {
        what: "decision",
        tick: ticks.saturating_sub(1),
        layer: expected.layers.len().saturating_sub(1),
        neuron: 0,
        expected: decision_code(expected.decision),
        got: decision_code(got.decision),
    })
}

/// The class, or −1 when undecided, so that a divergence can name both in one number.
fn decision_code(d: Decision) -> i64 {
    if d.undecided { -1 } else { d.class as i64 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn transcript(spikes: &[(usize, usize)], v: i32) -> Transcript {
        Transcript {
            layers: vec![LayerTranscript {
                spikes: SpikeTrain::from_events(spikes.iter().copied(), 2, 3).unwrap(),
                potentials: vec![vec![0, 0, 0], vec![0, v, 0]],
            }],
            decision: Decision::default(),
        }
    }

    #[test]
    fn finds_the_first_place() {
        let e = transcript(&[(0, 1), (1, 2)], 7);
        assert_eq!(first_divergence(&e, &e), None);
        let spike = first_divergence(&e, &transcript(&[(0, 1)], 7)).unwrap();
        assert_eq!(spike.to_string(), "tick 1, layer 0, neuron 2: spike expected 1, got 0");
        let potential = first_divergence(&e, &transcript(&[(0, 1)], 6)).unwrap();
        assert_eq!(potential.to_string(), "tick 1, layer 0, neuron 1: potential expected 7, got 6");
        let mut other = e.clone();
        other.decision.undecided = true;
        assert_eq!(first_divergence(&e, &other).unwrap().what, "decision");
    }
}
