//! The simulator: an image, checked and decoded once, and the core that runs samples on it.

use super::{
    check::{Checked, check},
    core::Core,
    memory::Memory,
    probe::{NoProbe, Probe},
};
use crate::{Run, SimError, Stats, TraceRow};
use spikewright_ir::{CoreImage, InputTrain};
use std::sync::Arc;

/// What every copy of a simulator shares.
struct Program {
    memory: Memory,
    checked: Checked,
    inputs: usize,
    input_planes: usize,
    input_groups: usize,
    /// Tiles of each layer: first and count.
    layers: Vec<(usize, usize)>,
}

/// Cycle-accurate simulator of one compiled image. Cloning is cheap, the image is shared: clone
/// one per thread to run samples in parallel. A run does not depend on the runs before it.
#[derive(Clone)]
pub struct Simulator {
    program: Arc<Program>,
    core: Core,
}

impl Simulator {
    /// Checks and decodes an image.
    ///
    /// # Errors
    /// [`SimError::Image`] when the image contradicts itself, its preset or the datasheet.
    pub fn new(image: &CoreImage) -> Result<Self, SimError> {
        let memory = Memory::load(image)?;
        let checked = check(image, &memory)?;
        let core = Core::new(&memory);
        let program = Program {
            memory,
            checked,
            inputs: image.inputs,
            input_planes: image.input_planes,
            input_groups: image.input_groups,
            layers: image.layers.iter().map(|l| (l.first_tile, l.tiles)).collect(),
        };
        Ok(Self { program: Arc::new(program), core })
    }

    /// More cycles than any sample of this image takes; a run that gets there hangs.
    pub fn cycle_limit(&self) -> u64 {
        self.program.checked.cycle_limit
    }

    /// Runs one sample and keeps its trace.
    ///
    /// # Errors
    /// [`SimError::Input`] when the sample has another form than the image takes,
    /// [`SimError::CycleLimit`] when the core hangs.
    pub fn run(&mut self, input: &InputTrain) -> Result<Run, SimError> {
        self.run_with_probe(input, &mut NoProbe)
    }

    /// Runs one sample and hands each trace entry to `sink`; the run's own trace stays empty.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    pub fn run_streaming(
        &mut self,
        input: &InputTrain,
        sink: impl FnMut(&TraceRow),
    ) -> Result<Run, SimError> {
        self.execute(input, sink, &mut NoProbe)
    }

    /// Runs one sample, keeps its trace, and shows every cycle to `probe`.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    pub fn run_with_probe(
        &mut self,
        input: &InputTrain,
        probe: &mut impl Probe,
    ) -> Result<Run, SimError> {
        let mut trace = Vec::new();
        let run = self.execute(input, |row| trace.push(*row), probe)?;
        Ok(Run { trace, ..run })
    }

    fn execute<P: Probe>(
        &mut self,
        input: &InputTrain,
        mut sink: impl FnMut(&TraceRow),
        probe: &mut P,
    ) -> Result<Run, SimError> {
        let program = Arc::clone(&self.program);
        let (memory, limit) = (&program.memory, program.checked.cycle_limit);
        self.accept(input)?;
        self.core.spikes.load(input, program.input_groups);
        self.core.counters.clear();
        for cycle in 0..=limit {
            if let Some(row) = self.core.trace(memory) {
                sink(&row);
            }
            if P::ACTIVE {
                probe.cycle(&self.core.signals(cycle, memory));
            }
            if let (false, Some(decision)) = (self.core.busy, self.core.readout.result)
                && cycle > 0
            {
                return Ok(Run {
                    trace: Vec::new(),
                    decision,
                    cycles: self.core.cycles.into(),
                    events: self.core.issue.events.into(),
                    stats: Some(self.stats()),
                });
            }
            self.core.cycle(cycle == 0, memory);
        }
        let scan = &self.core.scan;
        let error = SimError::CycleLimit { limit, state: scan.state.name(), tile: scan.tile };
        self.core = Core::new(memory);
        Err(error)
    }

    /// Whether a sample fits the image.
    fn accept(&self, input: &InputTrain) -> Result<(), SimError> {
        let expect = |what, found, expected| {
            if found == expected { Ok(()) } else { Err(SimError::Input { what, found, expected }) }
        };
        expect("planes", input.planes.len(), self.program.input_planes)?;
        expect("ticks", input.ticks(), usize::from(self.program.memory.ticks_m1) + 1)?;
        expect("neurons", input.neurons(), self.program.inputs)
    }

    fn stats(&self) -> Stats {
        let (counters, program) = (&self.core.counters, &self.program);
        let sop = |&(first, tiles): &(usize, usize)| {
            (first..first + tiles)
                .map(|t| counters.tile_events[t] * program.checked.tile_neurons[t] as u64)
                .sum()
        };
        Stats {
            sop: program.layers.iter().map(sop).collect(),
            lane_busy: self.core.issue.events.into(),
            guard_stalls: counters.guard_stalls,
            empty_cycles: counters.empty_cycles,
            fire_rows: counters.fire_rows,
            lanes: program.memory.spec.lanes,
        }
    }
}
