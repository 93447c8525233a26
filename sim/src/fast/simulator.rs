//! The simulator that runs samples fast: the same runs as [`Simulator`], without its cycles.

use super::{
    columns::Columns,
    fired::Fired,
    machine::Machine,
    order,
    schedule::Schedule,
    share::share,
    start::{Context, Start},
};
use crate::{Run, SimError, Simulator, TraceRow};
use spikewright_ir::{CoreImage, InputTrain};
use std::sync::Arc;

/// What all copies share.
struct Program {
    schedule: Schedule,
    columns: Vec<Columns>,
}

/// Simulator of one compiled image, pass by pass. Cloning is cheap: clone one per thread. Its runs equal
/// those of [`Simulator`], trace, stamps and statistics included; a run does not depend on the runs before
/// it, but for [`FastSimulator::resume`].
///
/// Images in which the groups that a pass reads depend on cycles, because no gate waits for them to be
/// written, run in the cycle model; so do those whose gates do not open. The compiler makes no such image.
#[derive(Clone)]
pub struct FastSimulator {
    /// The cycle model, and the decoded image.
    detailed: Simulator,
    /// None where only the cycle model will do.
    program: Option<Arc<Program>>,
    machine: Machine,
    /// A stream has begun.
    begun: bool,
}

impl FastSimulator {
    /// Checks, decodes and unrolls an image.
    ///
    /// # Errors
    /// As [`Simulator::new`].
    pub fn new(image: &CoreImage) -> Result<Self, SimError> {
        let detailed = Simulator::new(image)?;
        let memory = detailed.memory();
        let mut schedule = Schedule::new(memory);
        let columns = match order::holds(&schedule, memory) {
            true => share(&mut schedule, memory),
            false => None,
        };
        let machine = Machine::new(memory, schedule.places as usize);
        let program = columns.map(|columns| Arc::new(Program { schedule, columns }));
        Ok(Self { detailed, program, machine, begun: false })
    }

    /// Whether the image runs pass by pass, and not in the cycle model.
    pub fn is_fast(&self) -> bool {
        self.program.is_some()
    }

    /// Runs one sample, or the first tick of a stream, and keeps its trace.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    pub fn run(&mut self, input: &InputTrain) -> Result<Run, SimError> {
        let mut trace = Vec::new();
        let run = self.run_streaming(input, |row| trace.push(*row))?;
        Ok(Run { trace, ..run })
    }

    /// Runs the next tick of a stream: potentials and spikes go on from the tick before.
    ///
    /// # Errors
    /// As [`Simulator::resume`].
    pub fn resume(&mut self, input: &InputTrain) -> Result<Run, SimError> {
        let Some(program) = self.program.clone() else { return self.detailed.resume(input) };
        if !self.detailed.image().stream || !self.begun {
            return Err(SimError::NoStream);
        }
        let mut trace = Vec::new();
        let run = self.start(&program, input, true, |fired| trace.extend(fired.rows()))?;
        Ok(Run { trace, ..run })
    }

    /// Runs one sample and hands each trace entry to `sink`; the run's own trace stays empty.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    pub fn run_streaming(
        &mut self,
        input: &InputTrain,
        mut sink: impl FnMut(&TraceRow),
    ) -> Result<Run, SimError> {
        let Some(program) = self.program.clone() else {
            return self.detailed.run_streaming(input, sink);
        };
        self.start(&program, input, false, |fired| fired.rows().for_each(|row| sink(&row)))
    }

    /// Runs one sample and hands each tile and tick to `sink`, the fastest way to all spikes and
    /// potentials. Of an image that runs in the cycle model, each row.
    ///
    /// # Errors
    /// As [`Simulator::run`].
    pub fn run_passes(
        &mut self,
        input: &InputTrain,
        mut sink: impl FnMut(&Fired<'_>),
    ) -> Result<Run, SimError> {
        let Some(program) = self.program.clone() else {
            let units = self.detailed.memory().spec.fire_units;
            return self.detailed.run_streaming(input, |row| sink(&Fired::of(row, units)));
        };
        self.start(&program, input, false, sink)
    }

    fn start(
        &mut self,
        program: &Program,
        input: &InputTrain,
        resumes: bool,
        sink: impl FnMut(&Fired<'_>),
    ) -> Result<Run, SimError> {
        self.detailed.accept(input)?;
        self.begun = true;
        let context = Context {
            image: self.detailed.image(),
            memory: self.detailed.memory(),
            schedule: &program.schedule,
            columns: &program.columns,
        };
        Ok(Start::new(context, &mut self.machine, resumes, sink).run(input))
    }
}
