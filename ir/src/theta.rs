//! Frozen networks of theta neurons: the second kind of network. `docs/theta.md` is the normative text;
//! each level computes it with code of its own.

use crate::{BitMatrix, Decision, Diagnostics};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Widths of phases, and of the index of a drive table.
pub const PHASE_BITS: std::ops::RangeInclusive<u8> = 4..=12;

/// The first layer: all input pulses come at once, in tick 0, and are summed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct DriveLayer {
    /// Weight bits, a row per neuron, a column per input; 1 is +1 and 0 is −1.
    pub weights: BitMatrix,
    /// `d_i`, where neuron `i` stands on the table's axis without input; 16 bits, signed.
    pub offsets: Vec<i16>,
    /// `g`: an input pulse moves a neuron by 2^g on that axis.
    pub gain_log2: u8,
    /// Phase at each place of the axis, from −2^(D−1) on; 2^D entries.
    pub table: Vec<u16>,
}

/// A layer behind it, whose pulses come one by one.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct TransferLayer {
    /// Weight bits, a row per neuron, a column per neuron of the layer before.
    pub weights: BitMatrix,
    /// Phase of each neuron in tick 0.
    pub starts: Vec<u16>,
    /// Phase behind a pulse of weight +1, by the phase before it; 2^B entries. One of −1 is its mirror image.
    pub table: Vec<u16>,
}

/// A frozen network of theta neurons.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct ThetaNetwork {
    /// Width `B` of phases in bits; a period is 2^B ticks.
    pub phase_bits: u8,
    /// Ticks `T` of a trial, below half a period.
    pub ticks: u16,
    /// The layer that the inputs reach.
    pub drive: DriveLayer,
    /// The layers behind it, at least one; the last one is read.
    pub layers: Vec<TransferLayer>,
}

impl ThetaNetwork {
    /// Inputs.
    pub fn inputs(&self) -> usize {
        self.drive.weights.columns()
    }

    /// Weights of every layer, in order.
    pub fn weights(&self) -> impl DoubleEndedIterator<Item = &BitMatrix> {
        std::iter::once(&self.drive.weights).chain(self.layers.iter().map(|l| &l.weights))
    }

    /// Neurons of every layer, in order.
    pub fn sizes(&self) -> Vec<usize> {
        self.weights().map(BitMatrix::rows).collect()
    }

    /// Classes: neurons of the last layer.
    pub fn classes(&self) -> usize {
        self.layers.last().map_or(0, |l| l.weights.rows())
    }

    /// Checks sizes and ranges; all faults are reported.
    pub fn check(&self) -> Result<(), Diagnostics> {
        let mut found = Diagnostics::default();
        let remedy = "freeze the network again with this version of spikewright";
        let mut fault = |ok: bool, place: String, what: String| {
            if !ok {
                found.push("theta-network", place, what, remedy);
            }
        };
        let bits = self.phase_bits;
        let known = PHASE_BITS.contains(&bits);
        fault(known, "phase_bits".into(), format!("{bits}, known are {PHASE_BITS:?}"));
        let period = 1u32 << bits.min(15);
        let half = period / 2;
        let fits = (1..half).contains(&self.ticks.into());
        fault(fits, "ticks".into(), format!("{}, a trial has 1 to {}", self.ticks, half - 1));
        let phases = |values: &[u16]| values.iter().all(|&p| u32::from(p) < period);
        let d = &self.drive;
        let entries = d.table.len();
        let power = PHASE_BITS.clone().any(|bits| entries == 1 << bits);
        fault(power, "layer 0".into(), format!("a table of {} entries", d.table.len()));
        fault(phases(&d.table), "layer 0".into(), format!("phases beyond {bits} bits"));
        fault(d.gain_log2 <= 8, "layer 0".into(), format!("gain_log2 {}, at most 8", d.gain_log2));
        fault(self.inputs() > 0, "layer 0".into(), "no inputs".into());
        let offsets = d.offsets.len() == d.weights.rows() && !d.offsets.is_empty();
        fault(
            offsets,
            "layer 0".into(),
            format!("{} offsets, {} rows of weights", d.offsets.len(), d.weights.rows()),
        );
        fault(!self.layers.is_empty(), "layers".into(), "none behind the first".into());
        let sizes = self.sizes();
        for (n, l) in self.layers.iter().enumerate() {
            let place = || format!("layer {}", n + 1);
            let (rows, columns) = (l.weights.rows(), l.weights.columns());
            let same = rows > 0 && l.starts.len() == rows && columns == sizes[n];
            let what = format!(
                "{rows} x {columns} weights, {} starts, {} neurons before",
                l.starts.len(),
                sizes[n]
            );
            fault(same, place(), what);
            let entries = l.table.len() == period as usize;
            fault(
                entries,
                place(),
                format!("a table of {} entries, the period has {period}", l.table.len()),
            );
            fault(
                phases(&l.table) && phases(&l.starts),
                place(),
                format!("phases beyond {bits} bits"),
            );
        }
        found.into_result()
    }
}

/// Pulses that reached a layer in a tick, and what they left.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ThetaEvent {
    /// Tick.
    pub tick: u16,
    /// Layer that the pulses reach; 0 for those of the inputs, which are one event.
    pub layer: usize,
    /// Neuron of the layer before that spiked; 0 of the inputs.
    pub source: usize,
    /// Phases of the layer's neurons behind the pulse.
    pub phases: Vec<u16>,
}

/// A trial at one level.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ThetaTranscript {
    /// Events in order.
    pub events: Vec<ThetaEvent>,
    /// Tick in which the trial ended: of the first output spike, or T.
    pub end: u16,
    /// What was read; `undecided` without an output spike, where the class is that of the highest phase.
    pub decision: Decision,
}

/// The first place where two transcripts differ.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ThetaDivergence {
    /// What differs.
    pub what: &'static str,
    /// Event, counted from 0; of what follows them, their number.
    pub event: usize,
    /// Neuron of the event's layer.
    pub neuron: usize,
    /// Value in the first transcript.
    pub expected: i64,
    /// Value in the second.
    pub got: i64,
}

impl fmt::Display for ThetaDivergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, event, neuron, expected, got } = self;
        write!(f, "event {event}, neuron {neuron}: {what} expected {expected}, got {got}")
    }
}

impl ThetaTranscript {
    /// Where `got` first differs: event by event its tick, layer, source and phases, then the end.
    pub fn divergence(&self, got: &Self) -> Option<ThetaDivergence> {
        let differs = |what, event, neuron, e: i64, g: i64| {
            (e != g).then_some(ThetaDivergence { what, event, neuron, expected: e, got: g })
        };
        let pairs = self.events.iter().zip(&got.events).enumerate();
        let in_event = |(n, (e, g)): (usize, (&ThetaEvent, &ThetaEvent))| {
            differs("tick", n, 0, e.tick.into(), g.tick.into())
                .or_else(|| differs("layer", n, 0, e.layer as i64, g.layer as i64))
                .or_else(|| differs("source", n, 0, e.source as i64, g.source as i64))
                .or_else(|| differs("neurons", n, 0, e.phases.len() as i64, g.phases.len() as i64))
                .or_else(|| {
                    let mut phases = e.phases.iter().zip(&g.phases).enumerate();
                    phases.find_map(|(i, (&e, &g))| differs("phase", n, i, e.into(), g.into()))
                })
        };
        let count = self.events.len();
        let class = |t: &Self| t.decision.class as i64;
        { pairs }
            .find_map(in_event)
            .or_else(|| differs("events", count, 0, count as i64, got.events.len() as i64))
            .or_else(|| differs("end", count, 0, self.end.into(), got.end.into()))
            .or_else(|| differs("class", count, 0, class(self), class(got)))
            .or_else(|| {
                let (e, g) = (self.decision.undecided, got.decision.undecided);
                differs("undecided", count, 0, e.into(), g.into())
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::BitVec;

    fn network() -> ThetaNetwork {
        let row = |n| BitVec::from_bits(vec![true; n]);
        ThetaNetwork {
            phase_bits: 4,
            ticks: 5,
            drive: DriveLayer {
                weights: BitMatrix::from_rows(vec![row(3); 2]).unwrap(),
                offsets: vec![0; 2],
                gain_log2: 1,
                table: vec![8; 16],
            },
            layers: vec![TransferLayer {
                weights: BitMatrix::from_rows(vec![row(2); 1]).unwrap(),
                starts: vec![8],
                table: (0..16).collect(),
            }],
        }
    }

    #[test]
    fn faults_are_named() {
        assert!(network().check().is_ok());
        assert_eq!((network().inputs(), network().classes()), (3, 1));
        let fault = |change: fn(&mut ThetaNetwork), place: &str| {
            let mut n = network();
            change(&mut n);
            let said = n.check().unwrap_err().to_string();
            assert!(said.contains(place), "{said}");
        };
        fault(|n| n.phase_bits = 13, "phase_bits");
        fault(|n| n.ticks = 8, "8, a trial has 1 to 7");
        fault(|n| n.ticks = 0, "0, a trial has 1 to 7");
        fault(|n| n.drive.weights = BitMatrix::zeros(2, 0), "no inputs");
        fault(|n| n.drive.table[3] = 16, "layer 0");
        fault(|n| n.drive.table.truncate(15), "a table of 15 entries");
        fault(|n| n.drive.offsets.truncate(1), "1 offsets");
        fault(|n| n.drive.gain_log2 = 9, "at most 8");
        fault(|n| n.layers.clear(), "none behind the first");
        fault(|n| n.layers[0].starts[0] = 16, "layer 1");
        fault(|n| n.layers[0].weights = BitMatrix::zeros(1, 3), "layer 1");
        fault(|n| n.layers[0].table.truncate(8), "layer 1");
        let nobody = |n: &mut ThetaNetwork| {
            n.layers[0].weights = BitMatrix::zeros(0, 2);
            n.layers[0].starts.clear();
        };
        fault(nobody, "0 x 2 weights, 0 starts, 2 neurons before");
    }

    #[test]
    fn the_first_divergence_is_found() {
        let event =
            |tick, phases: &[u16]| ThetaEvent { tick, layer: 1, source: 2, phases: phases.into() };
        let decision = Decision { class: 1, undecided: false };
        let a = ThetaTranscript { events: vec![event(3, &[1, 2])], end: 5, decision };
        assert_eq!(a.divergence(&a), None);
        let mut b = a.clone();
        b.end = 6;
        b.events[0].phases[1] = 9;
        let said = a.divergence(&b).unwrap().to_string();
        assert_eq!(said, "event 0, neuron 1: phase expected 2, got 9");
        b.events = a.events.clone();
        assert_eq!(a.divergence(&b).unwrap().what, "end");
    }
}
