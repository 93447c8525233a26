//! The simulator: an image, checked and decoded once, and the core that runs samples on it.

use super::{
    check::{Checked, check},
    core::Core,
    memory::Memory,
    probe::{NoProbe, Probe},
    slot::{SpikeWrite, Start},
    upset::Upset,
};
use crate::{Run, SimError, Stats, TraceRow};
use spikewright_ir::{CoreImage, Half, InputTrain, Preset};
use std::sync::Arc;

const FRESH: Start = Start::Fresh { offset: 0 };

/// What every copy of a simulator shares.
struct Program {
    memory: Memory,
    cycle_limit: u64,
    /// The image, but for what `memory` holds of it.
    image: CoreImage,
}

/// Cycle-accurate simulator of one compiled image. Cloning is cheap, the image is shared: clone
/// one per thread to run samples in parallel. A run does not depend on the runs before it, but for
/// [`Simulator::resume`].
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
        let mut memory = Memory::load(image)?;
        let Checked { reach, cycle_limit } = check(image, &memory)?;
        memory.reach = reach;
        let core = Core::new(&memory);
        let image = CoreImage { memories: Vec::new(), ..image.clone() };
        let program = Program { memory, cycle_limit, image };
        Ok(Self { program: Arc::new(program), core })
    }

    /// The core it simulates.
    pub fn preset(&self) -> Preset {
        self.program.image.preset
    }

    /// More cycles than any sample of this image takes; a run that gets there hangs.
    pub fn cycle_limit(&self) -> u64 {
        self.program.cycle_limit
    }

    /// The decoded image.
    pub(crate) fn memory(&self) -> &Memory {
        &self.program.memory
    }

    /// The image, without its memories.
    pub(crate) fn image(&self) -> &CoreImage {
        &self.program.image
    }

    /// Runs one sample, or the first tick of a stream, and keeps its trace.
    ///
    /// # Errors
    /// [`SimError::Input`] when the sample has another form than the image takes,
    /// [`SimError::CycleLimit`] when the core hangs.
    pub fn run(&mut self, input: &InputTrain) -> Result<Run, SimError> {
        self.run_with_probe(input, &mut NoProbe)
    }

    /// Runs the next tick of a stream: potentials and spikes go on from the tick before.
    ///
    /// # Errors
    /// As [`Simulator::run`], and [`SimError::NoStream`] when the image is for samples or no tick has
    /// been run.
    pub fn resume(&mut self, input: &InputTrain) -> Result<Run, SimError> {
        self.resume_with_probe(input, &mut NoProbe)
    }

    /// Runs the next tick of a stream and shows every cycle to `probe`.
    ///
    /// # Errors
    /// As [`Simulator::resume`].
    pub fn resume_with_probe(
        &mut self,
        input: &InputTrain,
        probe: &mut impl Probe,
    ) -> Result<Run, SimError> {
        if !self.program.image.stream || self.core.readout.result.is_none() {
            return Err(SimError::NoStream);
        }
        self.accept(input)?;
        self.core.spikes.load(input, self.core.scan.offset(), &self.program.image);
        self.traced(Start::On, &[], probe)
    }

    /// Runs one sample with bits that turn over on the way, in the order of their cycles; those after the
    /// result have no effect. The trace is kept.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    ///
    /// # Panics
    /// When an upset names a bit that the memory has not.
    pub fn run_upset(&mut self, input: &InputTrain, upsets: &[Upset]) -> Result<Run, SimError> {
        self.place(input, Half::Lower)?;
        let mut trace = Vec::new();
        let run = self.execute(FRESH, &[], |row| trace.push(*row), &mut NoProbe, upsets)?;
        // What a bit left in the pipeline goes with it.
        self.core = Core::new(&self.program.memory);
        Ok(Run { trace, ..run })
    }

    /// Puts a sample where [`Simulator::run_placed`] finds it; everything else is silent.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    pub fn place(&mut self, input: &InputTrain, half: Half) -> Result<(), SimError> {
        self.accept(input)?;
        self.core.spikes.silence();
        let first = half.group(&self.program.memory.spec) as u8;
        self.core.spikes.load(input, first, &self.program.image);
        Ok(())
    }

    /// Runs the sample that stands in `half` while the host writes spike words, in the order of their
    /// cycles; those that come after the result find an idle core. Whether a word was lost,
    /// [`Simulator::bus_error`] says.
    ///
    /// # Errors
    /// [`SimError::CycleLimit`] when the core hangs.
    pub fn run_placed(&mut self, half: Half, writes: &[SpikeWrite]) -> Result<Run, SimError> {
        let offset = half.group(&self.program.memory.spec) as u8;
        self.traced(Start::Fresh { offset }, writes, &mut NoProbe)
    }

    /// Runs the tick of a stream whose input has been written while the tick before ran.
    ///
    /// # Errors
    /// As [`Simulator::run_placed`].
    pub fn resume_placed(&mut self, writes: &[SpikeWrite]) -> Result<Run, SimError> {
        self.traced(Start::On, writes, &mut NoProbe)
    }

    /// A spike word came before the one before it was written; sticky.
    pub fn bus_error(&self) -> bool {
        self.core.slot.error
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
        self.place(input, Half::Lower)?;
        self.execute(FRESH, &[], sink, &mut NoProbe, &[])
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
        self.place(input, Half::Lower)?;
        self.traced(FRESH, &[], probe)
    }

    fn traced(
        &mut self,
        start: Start,
        writes: &[SpikeWrite],
        probe: &mut impl Probe,
    ) -> Result<Run, SimError> {
        let mut trace = Vec::new();
        let run = self.execute(start, writes, |row| trace.push(*row), probe, &[])?;
        Ok(Run { trace, ..run })
    }

    fn execute<P: Probe>(
        &mut self,
        start: Start,
        writes: &[SpikeWrite],
        mut sink: impl FnMut(&TraceRow),
        probe: &mut P,
        mut upsets: &[Upset],
    ) -> Result<Run, SimError> {
        let program = Arc::clone(&self.program);
        let Program { memory, cycle_limit: limit, image } = &*program;
        let limit = *limit;
        let mut writes = writes.iter().copied().peekable();
        self.core.counters.clear(image.layers.len(), memory);
        for cycle in 0..=limit {
            while let Some((upset, rest)) = upsets.split_first()
                && upset.cycle <= cycle
            {
                self.core.upset(upset);
                upsets = rest;
            }
            if let Some(row) = self.core.trace(memory) {
                sink(&row);
            }
            if P::ACTIVE {
                probe.cycle(&self.core.signals(cycle, memory));
            }
            if let (false, Some(decision)) = (self.core.busy, self.core.readout.result)
                && cycle > 0
            {
                // An idle core takes a word in every cycle.
                for write in writes.map(Some).chain([None]) {
                    self.core.slot.clock(write, false, &mut self.core.spikes);
                }
                return Ok(Run {
                    trace: Vec::new(),
                    decision,
                    output: self.core.writer.last_word(),
                    cycles: self.core.cycles.into(),
                    events: self.core.issue.events.into(),
                    counters: self.core.counters.reported(),
                    stats: Some(self.stats()),
                });
            }
            let write = writes.next_if(|write| write.cycle <= cycle);
            self.core.cycle((cycle == 0).then_some(start), write, memory);
        }
        let scan = &self.core.scan;
        let error = SimError::CycleLimit { limit, state: scan.state.name(), entry: scan.entry() };
        self.core = Core::new(memory);
        Err(error)
    }

    /// Whether a sample fits the image.
    pub(crate) fn accept(&self, input: &InputTrain) -> Result<(), SimError> {
        let expect = |what, found, expected| {
            if found == expected { Ok(()) } else { Err(SimError::Input { what, found, expected }) }
        };
        let image = &self.program.image;
        expect("planes", input.planes.len(), image.input_planes)?;
        expect("ticks", input.ticks(), image.ticks)?;
        expect("neurons", input.neurons(), image.inputs)
    }

    fn stats(&self) -> Stats {
        let counters = &self.core.counters;
        Stats {
            sop: counters.sop.clone(),
            lane_busy: self.core.issue.events.into(),
            guard_stalls: counters.guard_stalls,
            empty_cycles: counters.empty_cycles,
            fire_rows: counters.fire_rows,
            lanes: self.program.memory.spec.lanes,
        }
    }
}
