//! Where two runs of the same sample part.

use crate::{MAX_UNITS, Run, TraceRow};
use serde::Serialize;
use std::fmt;

/// The first place where two runs differ.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Difference {
    /// Sample, as the caller counts.
    pub sample: usize,
    /// What differs, such as `cycle of the entry` or `spike`.
    pub what: &'static str,
    /// Tick of the trace entry; for what follows the trace, of the last one.
    pub tick: usize,
    /// Layer of the trace entry.
    pub layer: usize,
    /// Neuron within the layer; of a windowed one the lane, as the trace port numbers them.
    pub neuron: usize,
    /// Cycle of the trace entry.
    pub cycle: u64,
    /// Value in the first run.
    pub expected: i64,
    /// Value in the second.
    pub got: i64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { sample, what, tick, layer, neuron, cycle, expected, got } = self;
        write!(
            f,
            "sample {sample}, tick {tick}, layer {layer}, neuron {neuron}, cycle {cycle}: {what} \
             expected {expected}, got {got}"
        )
    }
}

/// Compares trace entry by trace entry, then what the core reports at the end. Places and cycles
/// named are those of the first run, as long as it has the entry.
pub fn first_difference(sample: usize, expected: &Run, got: &Run) -> Option<Difference> {
    let at = |row: Option<&TraceRow>, what, unit: usize, e: i64, g: i64| Difference {
        sample,
        what,
        tick: row.map_or(0, |r| r.tick.into()),
        layer: row.map_or(0, |r| r.layer.into()),
        neuron: row.map_or(0, |r| r.neuron as usize + unit),
        cycle: row.map_or(0, |r| r.cycle.into()),
        expected: e,
        got: g,
    };
    for (e, g) in expected.trace.iter().zip(&got.trace) {
        if e != g {
            let (what, unit, ev, gv) = row_difference(e, g)?;
            return Some(at(Some(e), what, unit, ev, gv));
        }
    }
    let (ne, ng) = (expected.trace.len(), got.trace.len());
    if ne != ng {
        let row = expected.trace.get(ng).or_else(|| got.trace.get(ne));
        return Some(at(row, "number of trace entries", 0, ne as i64, ng as i64));
    }
    let class = |r: &Run| if r.decision.undecided { -1 } else { r.decision.class as i64 };
    let ends = [
        ("class (-1 is undecided)", class(expected), class(got)),
        ("output spikes", expected.output.into(), got.output.into()),
        ("cycles", expected.cycles as i64, got.cycles as i64),
        ("events", expected.events as i64, got.events as i64),
    ];
    let counters = expected.counters.named().into_iter().zip(got.counters.named());
    let counters = counters.map(|((what, e), (_, g))| (what, e, g));
    let last = expected.trace.last();
    ends.into_iter()
        .chain(counters)
        .find(|(_, e, g)| e != g)
        .map(|(what, e, g)| at(last, what, 0, e, g))
}

/// What differs between two rows, at which unit, and the values.
fn row_difference(e: &TraceRow, g: &TraceRow) -> Option<(&'static str, usize, i64, i64)> {
    let place = [
        ("layer of the entry", i64::from(e.layer), i64::from(g.layer)),
        ("tick of the entry", e.tick.into(), g.tick.into()),
        ("first neuron of the entry", e.neuron.into(), g.neuron.into()),
    ];
    if let Some(&(what, a, b)) = place.iter().find(|(_, a, b)| a != b) {
        return Some((what, 0, a, b));
    }
    for unit in 0..MAX_UNITS {
        let spike = |r: &TraceRow| i64::from(r.s >> unit & 1);
        let values = [
            ("potential before reset", e.u[unit].into(), g.u[unit].into()),
            ("spike", spike(e), spike(g)),
            ("potential after reset", e.v[unit].into(), g.v[unit].into()),
        ];
        if let Some(&(what, a, b)) = values.iter().find(|(_, a, b)| a != b) {
            return Some((what, unit, a, b));
        }
    }
    (e.cycle != g.cycle).then_some(("cycle of the entry", 0, e.cycle.into(), g.cycle.into()))
}
