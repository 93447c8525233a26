//! What one sample leaves behind, at any level that runs the core: trace, decision and counts.

use serde::Serialize;
use spikewright_ir::{Counters, Decision};

/// Most fire units of a core, and so most neurons of a trace row.
pub const MAX_UNITS: usize = 16;

/// One entry of the trace port: the neurons of a row at their write-back, padding included.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct TraceRow {
    /// Cycle of the entry, counted from the core's cycle 0.
    pub cycle: u32,
    /// Layer, counted from 0.
    pub layer: u8,
    /// First neuron of the row within its layer, in windowed tiles first lane; unit `i` holds number
    /// `neuron + i`.
    pub neuron: u32,
    /// Tick, counted from 0.
    pub tick: u8,
    /// Potential before reset per fire unit; 0 past the core's units.
    pub u: [i16; MAX_UNITS],
    /// Potential after reset per fire unit; 0 past the core's units.
    pub v: [i16; MAX_UNITS],
    /// Spikes, bit `i` of unit `i`.
    pub s: u16,
}

/// How well the core was used; only the simulator can see this.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct Stats {
    /// Synaptic operations per layer: events times neurons of the tile they reach, in windowed tiles of
    /// the slots whose windows they are in; none in passes without a sign.
    pub sop: Vec<u64>,
    /// Cycles in which the lanes took a weight row.
    pub lane_busy: u64,
    /// Cycles in which the issue stage held a `first` event back for the guard.
    pub guard_stalls: u64,
    /// Cycles in which the issue stage had no event to take.
    pub empty_cycles: u64,
    /// Rows that entered the fire bank, one per cycle, in all passes.
    pub fire_rows: u64,
    /// `P`: lanes of the core.
    pub lanes: usize,
}

/// One sample's run. Two runs are equal when the core did the same in the same cycles; [`Stats`]
/// are left out of that, for hardware does not report them.
#[derive(Clone, Debug, Serialize)]
pub struct Run {
    /// Trace entries in order; empty when they were streamed.
    pub trace: Vec<TraceRow>,
    /// The class.
    pub decision: Decision,
    /// Spikes of the last 16 neurons of the last tile in the last tick.
    pub output: u16,
    /// Cycles from start to result, as the core counts them.
    pub cycles: u64,
    /// Events issued, input and hidden.
    pub events: u64,
    /// What else the core counts.
    pub counters: Counters,
    /// The simulator's statistics; none from hardware.
    pub stats: Option<Stats>,
}

impl PartialEq for Run {
    fn eq(&self, other: &Self) -> bool {
        let Self { trace, decision, output, cycles, events, counters, stats: _ } = self;
        (trace, decision, output) == (&other.trace, &other.decision, &other.output)
            && (cycles, events, counters) == (&other.cycles, &other.events, &other.counters)
    }
}

impl Eq for Run {}

impl Run {
    /// Synaptic operations of all layers.
    pub fn sop(&self) -> u64 {
        self.stats.as_ref().map_or(0, |s| s.sop.iter().sum())
    }

    /// Share of the lanes' capacity that did synaptic operations: `SOP / (cycles · P)`, 0..=1;
    /// 0 when the run has no statistics.
    pub fn lane_utilization(&self) -> f64 {
        let capacity = self.stats.as_ref().map_or(0, |s| self.cycles * s.lanes as u64);
        if capacity == 0 { 0.0 } else { self.sop() as f64 / capacity as f64 }
    }
}
