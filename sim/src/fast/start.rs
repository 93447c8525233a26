//! A start, pass after pass: a pass is scanned and counted, and fires when the first token of the one
//! behind it is taken.

use super::{
    columns::Columns,
    fired::Fired,
    machine::{Machine, Place, SLOT},
    neurons::{Minus, Rule, Tile},
    pipeline::{Pipeline, write_back},
    schedule::{Schedule, Step},
};
use crate::{
    cycle::{Memory, TileEntry},
    run::{Run, Stats},
};
use pulp::{Arch, Simd, WithSimd};
use spikewright_ir::{CoreImage, Counters, Decision, InputTrain};

/// From the sample's last row in F7 to the result, besides a cycle for each class.
const READOUT: u32 = 3;

/// What the starts of an image share.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    pub image: &'a CoreImage,
    pub memory: &'a Memory,
    pub schedule: &'a Schedule,
    pub columns: &'a [Columns],
}

/// A start that runs.
pub struct Start<'a, F> {
    context: Context<'a>,
    machine: &'a mut Machine,
    /// It goes on from the one before.
    resumes: bool,
    pipeline: Pipeline,
    events: u64,
    fire_rows: u64,
    operations: u64,
    saturated: u64,
    /// The last row fired is in F7.
    y: u32,
    decision: Decision,
    sink: F,
}

impl<'a, F: FnMut(&Fired<'_>)> Start<'a, F> {
    /// Cycle 0.
    pub fn new(context: Context<'a>, machine: &'a mut Machine, resumes: bool, sink: F) -> Self {
        Self {
            context,
            machine,
            resumes,
            pipeline: Pipeline::start(&context.memory.spec),
            events: 0,
            fire_rows: 0,
            operations: 0,
            saturated: 0,
            y: 0,
            decision: Decision::default(),
            sink,
        }
    }

    /// Runs it to the result.
    pub fn run(self, input: &InputTrain) -> Run {
        Arch::new().dispatch(Running { start: self, input })
    }

    // All that runs in here is inlined, so that it is compiled for the processor at hand: counting bits and
    // finding them is most of it.
    #[inline(always)]
    fn run_with<S: Simd>(mut self, simd: S, input: &InputTrain) -> Run {
        let Context { image, schedule, .. } = self.context;
        let machine = &mut *self.machine;
        if !self.resumes {
            machine.spikes.silence();
            (machine.read_from, machine.write_from) = (0, 0);
        }
        machine.spikes.load(input, machine.read_from, image);
        machine.written.clear();
        machine.sop.clear();
        machine.sop.resize(image.layers.len(), 0);
        let mut before = None;
        for step in &schedule.steps {
            let taken = self.scan(simd, step);
            if let Some(before) = before {
                self.fire(before, taken);
            }
            self.count(step);
            before = Some(step);
            if step.flush {
                let taken = self.pipeline.flush();
                self.fire(step, taken);
                before = None;
            }
        }
        self.machine.read_from = self.machine.read_from.wrapping_add(schedule.scanned);
        self.machine.write_from = self.machine.write_from.wrapping_add(schedule.written);
        self.result()
    }

    /// Takes the events of a pass out of the spike memory and through the pipeline; when the first is taken.
    #[inline(always)]
    fn scan<S: Simd>(&mut self, simd: S, step: &Step) -> u32 {
        let Context { memory, schedule, columns, .. } = self.context;
        let machine = &mut *self.machine;
        let Place { scan, went, sums } = &mut machine.places[step.place as usize];
        if step.reads {
            let from = step.offset.wrapping_add(machine.read_from);
            let bits = memory.spec.group_neurons() as u32;
            scan.read(schedule.entries(step), from, &machine.spikes, bits);
            columns[step.columns as usize].add(simd, scan.rows(), sums);
            went.forget();
        }
        self.pipeline.pause(step.pause);
        if step.gate > 0 {
            self.pipeline.wait(machine.written[step.gate as usize - 1]);
        }
        self.pipeline.pass(scan, went)
    }

    /// Counts the events that were taken.
    #[inline(always)]
    fn count(&mut self, step: &Step) {
        let Context { memory, columns, .. } = self.context;
        let (pass, tile) = pass_and_tile(step, memory);
        let counts = &mut self.machine.counts;
        let Place { scan, sums, .. } = &self.machine.places[step.place as usize];
        let (width, word) = (columns[step.columns as usize].width(), step.word as usize);
        counts.take(scan.rows().len(), sums, width, word, tile.gangs() * lanes(tile, memory));
        self.events += u64::from(counts.events);
        if !pass.identity {
            let reach = &memory.reach[usize::from(pass.tile)];
            let reached = match reach.windows(step.round) {
                Some(windows) => windows.iter().enumerate().map(|(k, n)| n * counts.slot(k)).sum(),
                None => reach.of(step.round, 0, memory) * u64::from(counts.events),
            };
            self.machine.sop[usize::from(tile.layer)] += reached;
        }
        counts.wrap(memory.spec.max_fan_in());
    }

    /// The token taken in cycle `taken` moves the counts of `step` to the fire bank.
    #[inline(always)]
    fn fire(&mut self, step: &Step, taken: u32) {
        let Context { memory, .. } = self.context;
        let (pass, tile) = pass_and_tile(step, memory);
        let machine = &mut *self.machine;
        let (lanes, rows) = (lanes(tile, memory), tile.rows() as u32);
        let first_tick = step.first_tick && !self.resumes;
        let params = usize::from(tile.param_row) * memory.spec.fire_units;
        let place = Machine::place(tile, memory);
        let minus = match (pass.identity, tile.windowed) {
            (true, _) => Minus::Shared(0),
            (false, true) => Minus::Slot,
            (false, false) => Minus::Shared(machine.counts.n),
        };
        let rows_of_slot = (SLOT / memory.spec.fire_units) as u64;
        let counts = machine.counts.lanes().chunks_exact(lanes);
        for (gang, counts) in (0..=tile.gangs_m1).zip(counts) {
            let neurons = Tile {
                rule: Rule::new(pass, gang, tile, first_tick, memory.spec.sum_bits),
                counts,
                minus,
                theta: &memory.theta[params..][..lanes],
                bias: &memory.bias[params..][..lanes],
                potentials: &mut machine.potentials[place..][..lanes],
                u: &mut machine.u[..lanes],
                v: &mut machine.v[..lanes],
                s: &mut machine.s[..lanes / SLOT],
                units: memory.spec.fire_units,
            };
            self.saturated += neurons.run();
            self.operations += match minus {
                Minus::Shared(n) => u64::from(rows) * n as u64,
                Minus::Slot => {
                    counts.iter().step_by(SLOT).map(|&n| u64::from(n) * rows_of_slot).sum()
                }
            };
        }
        self.pipeline.guard(taken, step.guard);
        self.fire_rows += tile.gangs() as u64 * u64::from(rows);
        // The last gang's rows end the pass.
        let cycle = taken + write_back(&memory.spec) + u32::from(tile.gangs_m1) * rows;
        self.y = cycle + rows - 1;
        if !pass.ends {
            return;
        }
        // Pass done is seen in F8, and by the gate a cycle later.
        machine.written.push(self.y + 2);
        let slots = lanes / SLOT;
        let target = step.target.wrapping_add(machine.write_from);
        machine.spikes.write(tile, target, &machine.s[..slots], memory);
        if tile.last {
            machine.score(tile, lanes, step.tick, first_tick);
            self.decision = machine.decide(tile, memory);
        }
        (self.sink)(&Fired {
            cycle,
            layer: tile.layer,
            neuron: u32::from(tile.neuron16) * 16 + u32::from(step.round) * lanes as u32,
            tick: step.tick,
            units: memory.spec.fire_units,
            u: &machine.u[..lanes],
            v: &machine.v[..lanes],
            s: &machine.s[..slots],
        });
    }

    fn result(self) -> Run {
        let Context { memory, schedule, .. } = self.context;
        let cycles = u64::from(self.y + READOUT) + u64::from(memory.control.classes_m1) + 1;
        let Pipeline { tokens, held, .. } = self.pipeline;
        let stats = Stats {
            sop: self.machine.sop.clone(),
            lane_busy: self.events,
            guard_stalls: held,
            // Busy from cycle 1 on to the one before the result.
            empty_cycles: cycles - 1 - tokens - held,
            fire_rows: self.fire_rows,
            lanes: memory.spec.lanes,
        };
        let output = schedule.steps.last().map_or(0, |step| {
            let (_, tile) = pass_and_tile(step, memory);
            self.machine.s[lanes(tile, memory) / SLOT - 1] & !u16::from(tile.blank)
        });
        Run {
            trace: Vec::new(),
            decision: self.decision,
            output,
            cycles,
            events: self.events,
            counters: Counters::new(self.fire_rows, held, self.operations, self.saturated),
            stats: Some(stats),
        }
    }
}

/// A start and its input.
struct Running<'a, 'i, F> {
    start: Start<'a, F>,
    input: &'i InputTrain,
}

impl<F: FnMut(&Fired<'_>)> WithSimd for Running<'_, '_, F> {
    type Output = Run;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Run {
        self.start.run_with(simd, self.input)
    }
}

/// The fire half of a step's pass, and its tile.
fn pass_and_tile<'a>(
    step: &Step,
    memory: &'a Memory,
) -> (&'a crate::cycle::PassEntry, &'a TileEntry) {
    let pass = &memory.passes[usize::from(step.pass)];
    (pass, &memory.tiles[usize::from(pass.tile)])
}

/// Lanes of a gang of a tile, whole slots.
fn lanes(tile: &TileEntry, memory: &Memory) -> usize {
    tile.rows() * memory.spec.fire_units
}
