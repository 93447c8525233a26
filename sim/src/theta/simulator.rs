//! The core of theta neurons, event by event, with the cycle of everything it does.

use super::{
    layer::Layer,
    memory::Memory,
    run::{ThetaRow, ThetaRun, ThetaStats},
};
use crate::SimError;
use spikewright_ir::{BitVec, Decision, ThetaImage, ThetaSpec};

const UNITS: usize = ThetaSpec::UNITS;
const PERIOD: i32 = ThetaSpec::PERIOD as i32;
/// Counters of the core.
const COUNTER: u64 = 1 << 24;
/// From the read of the last start to the first row of counts.
const STARTED: u64 = 2;
/// From a tile's last word to its first row.
const COUNTED: u64 = 4;
/// From a row of counts to its trace entry, and to the choice of the next spike.
const DRIVEN: u64 = 7;
const CHOSEN: u64 = 3;
/// From the choice of a spike to the trace entry of its first row.
const PULSED: u64 = 7;
/// Fewest rows that an event takes the time of.
const SHORTEST: usize = 2;
/// From a tile's last row to the load of the next one's first word.
const NEXT_TILE: u64 = 3;
/// From the choice that ends a sample to the number of its cycles.
const ENDED: u64 = 4;

/// An image in a core.
#[derive(Clone, Debug)]
pub struct ThetaSimulator {
    memory: Memory,
    inputs: usize,
    sizes: Vec<usize>,
}

/// A sample under way.
struct Sample<'a> {
    memory: &'a Memory,
    layers: Vec<Layer>,
    trace: Vec<ThetaRow>,
    stats: ThetaStats,
}

impl ThetaSimulator {
    /// Loads an image.
    ///
    /// # Errors
    /// [`SimError::Image`] for one that contradicts itself.
    pub fn new(image: &ThetaImage) -> Result<Self, SimError> {
        let memory = Memory::new(image)?;
        Ok(Self { memory, inputs: image.inputs, sizes: image.sizes.clone() })
    }

    /// Runs a sample.
    ///
    /// # Errors
    /// [`SimError::Input`] when it has another number of inputs.
    pub fn run(&self, input: &BitVec) -> Result<ThetaRun, SimError> {
        if input.len() != self.inputs {
            let (found, expected) = (input.len(), self.inputs);
            return Err(SimError::Input { what: "inputs", found, expected });
        }
        let layers = self.sizes.iter().map(|&n| Layer::new(n)).collect();
        let memory = &self.memory;
        let mut sample = Sample { memory, layers, trace: Vec::new(), stats: ThetaStats::default() };
        let starts = sample.start();
        let mut choice = sample.drive(input, starts);
        let mut events = input.count_ones() as u64;
        let last = self.sizes.len() - 1;
        loop {
            // The later layer of equals.
            let (layer, next) = (sample.layers.iter().map(|l| l.best).enumerate())
                .max_by_key(|(layer, best)| (best.psi, *layer))
                .unwrap_or((last, sample.layers[last].best));
            let tick = PERIOD - next.psi;
            let in_time = tick < memory.ticks;
            if !in_time || layer == last {
                let class = sample.layers[last].best.neuron;
                return Ok(ThetaRun {
                    trace: sample.trace,
                    decision: Decision { class, undecided: !in_time },
                    end: if in_time { tick } else { memory.ticks } as u16,
                    cycles: (choice + ENDED) % COUNTER,
                    events: events % COUNTER,
                    stats: Some(sample.stats),
                });
            }
            events += 1;
            choice = sample.spike(layer, next.neuron, tick, choice);
        }
    }
}

impl Sample<'_> {
    /// Starts of the layers behind the first; rows that are read for them.
    fn start(&mut self) -> u64 {
        let mut rows = 0;
        for (n, layer) in self.layers.iter_mut().enumerate().skip(1) {
            let first = n * ThetaSpec::NEURONS / UNITS;
            for (i, psi) in layer.psi.iter_mut().enumerate() {
                *psi = (self.memory.constants[first + i / UNITS][i % UNITS] % PERIOD as u16).into();
            }
            layer.begin();
            (0..self.memory.layers[n].rows).for_each(|row| layer.see(row));
            rows += self.memory.layers[n].rows as u64;
        }
        rows
    }

    /// The first layer behind the inputs; the cycle of the first choice.
    fn drive(&mut self, input: &BitVec, starts: u64) -> u64 {
        let rows = self.memory.layers[0].rows;
        let words = 0..self.memory.words;
        let counting: u64 = words.map(|w| u64::from(input.word16(w).count_ones().max(1))).sum();
        let n = input.count_ones() as i32;
        self.layers[0].begin();
        let (mut load, mut choice) = (1, 0);
        for tile in 0..rows.div_ceil(16) {
            let mut first = load + counting + COUNTED;
            if tile == 0 {
                first = first.max(starts + STARTED);
            }
            let mine = 16 * tile..rows.min(16 * tile + 16);
            for (k, row) in mine.clone().enumerate() {
                let phases = std::array::from_fn(|unit| self.driven(row, unit, input, n));
                self.write(0, row, 0, &phases);
                let cycle = (first + k as u64 + DRIVEN) as u32;
                let (neuron, plus) = ((row * UNITS) as u16, (1 << UNITS) - 1);
                self.trace.push(ThetaRow {
                    cycle,
                    layer: 0,
                    neuron,
                    tick: 0,
                    source: 0,
                    phases,
                    plus,
                });
            }
            let behind = first + mine.len() as u64 - 1;
            (load, choice) = (behind + NEXT_TILE, behind + DRIVEN + CHOSEN);
        }
        choice
    }

    /// A lane's count, on the axis, through the table.
    fn driven(&self, row: usize, unit: usize, input: &BitVec, n: i32) -> u16 {
        let (tile, lane) = (row / 16, row % 16 * UNITS + unit);
        let counted = |j: &usize| {
            let word = self.memory.banks[tile * ThetaSpec::TILE_ROWS + j][lane / 16];
            word >> (lane % 16) & 1 == 1
        };
        let c = input.ones().filter(counted).count() as i32;
        let offset = i32::from(self.memory.constants[row][unit] as i16);
        let x = offset + ((2 * c - n) << self.memory.layers[0].gain_log2);
        let half = ThetaSpec::TABLE as i32 / 2;
        let index = (x.clamp(-half, half - 1) + half) as usize;
        self.memory.look_up(0, index, unit) % PERIOD as u16
    }

    /// A spike of a layer that is not the last, chosen in a cycle; the cycle of the next choice.
    fn spike(&mut self, layer: usize, neuron: usize, tick: i32, choice: u64) -> u64 {
        let behind = layer + 1;
        let rows = self.memory.layers[behind].rows;
        self.layers[behind].begin();
        for row in 0..rows {
            let mut plus = 0;
            let mut phases = [0; UNITS];
            for (unit, phase) in phases.iter_mut().enumerate() {
                let target = row * UNITS + unit;
                let bit = self.memory.weight(behind, neuron, target);
                plus |= u8::from(bit) << unit;
                *phase = self.pulsed(behind, self.layers[behind].psi[target] + tick, bit, unit);
            }
            self.write(behind, row, tick, &phases);
            self.trace.push(ThetaRow {
                cycle: (choice + PULSED + row as u64) as u32,
                layer: behind as u8,
                neuron: (row * UNITS) as u16,
                tick: tick as u16,
                source: neuron as u16,
                phases,
                plus,
            });
        }
        let read = self.layers[layer].spiked(tick);
        self.stats.searched += (read * UNITS) as u64;
        choice + PULSED + rows.max(read).max(SHORTEST) as u64 - 1 + CHOSEN
    }

    fn pulsed(&self, layer: usize, phase: i32, plus: bool, bank: usize) -> u16 {
        let top = PERIOD as u16 - 1;
        let phase = phase as u16 & top;
        match plus {
            true => self.memory.look_up(layer, phase.into(), bank) & top,
            false => top - (self.memory.look_up(layer, (top - phase).into(), bank) & top),
        }
    }

    fn write(&mut self, layer: usize, row: usize, tick: i32, phases: &[u16; UNITS]) {
        let layer = &mut self.layers[layer];
        let neurons = layer.psi.iter_mut().skip(row * UNITS).zip(phases);
        neurons.for_each(|(psi, &phase)| *psi = i32::from(phase) - tick);
        layer.see(row);
        self.stats.lookups += UNITS as u64;
    }
}
