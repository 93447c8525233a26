//! What changes in the core between the passes of a start, and between the starts of a stream.

use super::{counts::Counts, pipeline, scan::Scan, spikes::Spikes};
use crate::cycle::{Memory, TileEntry};
use spikewright_ir::Decision;

/// Neurons of a slot.
pub const SLOT: usize = 16;

/// What passes that read the same have found.
#[derive(Clone, Default)]
pub struct Place {
    pub scan: Scan,
    /// How it went through the pipeline.
    pub went: pipeline::Memory,
    /// What the lanes of all their tiles count: planes of as many words as their columns have.
    pub sums: Vec<u64>,
}

/// Memories, and room for the pass that is being computed.
#[derive(Clone)]
pub struct Machine {
    pub spikes: Spikes,
    /// Lane after lane; see [`Self::place`].
    pub potentials: Vec<i32>,
    /// Of the tile that is read.
    pub scores: Vec<u8>,
    /// Spike groups from the memory's first to where the next start is read and written.
    pub read_from: u8,
    pub write_from: u8,
    pub counts: Counts,
    /// What passes read.
    pub places: Vec<Place>,
    /// `u`, `v` and spikes of the tile fired last.
    pub u: Vec<i16>,
    pub v: Vec<i16>,
    pub s: Vec<u16>,
    /// The gate on a pass behind those that ended a tick opens in this cycle, in their order.
    pub written: Vec<u32>,
    /// Synaptic operations per layer.
    pub sop: Vec<u64>,
}

impl Machine {
    /// Silent, for a core of `memory`'s size, with so many places for what passes read.
    pub fn new(memory: &Memory, places: usize) -> Self {
        let spec = &memory.spec;
        Self {
            spikes: Spikes::new(spec.spike_groups),
            potentials: vec![0; (spec.state_rows * spec.fire_units).max(spec.lanes)],
            scores: vec![0; spec.lanes],
            read_from: 0,
            write_from: 0,
            counts: Counts::new(spec.lanes),
            places: vec![Place::default(); places],
            u: vec![0; spec.lanes],
            v: vec![0; spec.lanes],
            s: vec![0; spec.lanes / SLOT],
            written: Vec::new(),
            sop: Vec::new(),
        }
    }

    /// Place of the potential of a tile's first lane. In tile order only one tile has potentials at a
    /// time, and what is left of another's is not seen.
    pub fn place(tile: &TileEntry, memory: &Memory) -> usize {
        match memory.control.tick_order {
            true => usize::from(tile.param_row) * memory.spec.fire_units,
            false => 0,
        }
    }

    /// Scores after a tick of the tile that is read.
    pub fn score(&mut self, tile: &TileEntry, lanes: usize, tick: u8, first_tick: bool) {
        if first_tick {
            self.scores.fill(0);
        }
        for (lane, score) in self.scores[..lanes].iter_mut().enumerate() {
            let s = self.s[lane / SLOT] >> (lane % SLOT) & 1 == 1;
            *score = match (s, tile.first_spike) {
                (false, _) => *score,
                (true, false) => score.wrapping_add(1),
                (true, true) if *score == 0 => 255 - tick,
                (true, true) => *score,
            };
        }
    }

    /// The class: the greatest score or potential of `tile`, the lowest of equals.
    pub fn decide(&self, tile: &TileEntry, memory: &Memory) -> Decision {
        let potentials = &self.potentials[Self::place(tile, memory)..];
        let value = |class: usize| match memory.control.potentials {
            true => potentials[class],
            false => self.scores[class].into(),
        };
        let mut best = 0;
        for class in 1..=usize::from(memory.control.classes_m1) {
            if value(class) > value(best) {
                best = class;
            }
        }
        let undecided = !memory.control.potentials && value(best) == 0;
        Decision { class: if undecided { 0 } else { best }, undecided }
    }
}
