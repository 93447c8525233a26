//! All blocks wired together: one call is one cycle.

use super::{
    extract::{EventEntry, First, Second, WordEntry},
    fifo::Fifo,
    fire::{Fire, FireRow},
    issue::{Action, Issue},
    lanes::{Heads, Lanes},
    memory::Memory,
    probe::Signals,
    program::Walk,
    readout::Readout,
    scan::Scan,
    sequencer::Sequencer,
    slot::{Slot, SpikeWrite, Start},
    spikes::Spikes,
    tables::PassEntry,
    writer::Writer,
};
use crate::{cosim::TraceSample, run::TraceRow};

/// Counts that hardware does not keep.
#[derive(Clone, Default)]
pub struct Counters {
    /// Synaptic operations of each layer.
    pub sop: Vec<u64>,
    /// The pass whose first token was taken last, its round, and where the one behind it stands.
    pass: PassEntry,
    round: u8,
    walk: Walk,
    pub guard_stalls: u64,
    pub empty_cycles: u64,
    pub fire_rows: u64,
    /// Events counted by the lanes of each row.
    pub operations: u64,
    /// Rows with a potential that did not fit.
    pub saturated: u64,
}

/// Every register and changing memory of the core.
#[derive(Clone)]
pub struct Core {
    pub busy: bool,
    pub cycles: u32,
    pub scan: Scan,
    first: First,
    words: Fifo<WordEntry>,
    second: Second,
    events: Fifo<EventEntry>,
    pub issue: Issue,
    sequencer: Sequencer,
    lanes: Lanes,
    pub fire: Fire,
    pub writer: Writer,
    pub slot: Slot,
    pub readout: Readout,
    pub spikes: Spikes,
    pub counters: Counters,
}

impl Core {
    /// After configuration: all registers 0, memories silent.
    pub fn new(memory: &Memory) -> Self {
        Self {
            busy: false,
            cycles: 0,
            scan: Scan::default(),
            first: First::default(),
            words: Fifo::default(),
            second: Second::default(),
            events: Fifo::default(),
            issue: Issue::default(),
            sequencer: Sequencer::default(),
            lanes: Lanes::new(memory),
            fire: Fire::new(memory),
            writer: Writer::default(),
            slot: Slot::default(),
            readout: Readout::default(),
            spikes: Spikes::new(&memory.spec),
            counters: Counters::default(),
        }
    }

    /// The trace port within this cycle.
    pub fn trace(&self, memory: &Memory) -> Option<TraceRow> {
        self.fire.f7().map(|row| trace_row(row, self.cycles, memory))
    }

    /// One cycle; `go` is the start as the core sees it, `host` a spike word on the bus.
    pub fn cycle(&mut self, go: Option<Start>, host: Option<SpikeWrite>, memory: &Memory) {
        // What is seen within the cycle, from registers alone.
        let (words_full, events_full) = (self.words.full(), self.events.full());
        let s1_advances = self.scan.s1_advances(self.first.takes(words_full));
        let s1 = self.scan.s1;
        let word_push = self.first.push(words_full);
        let popped = match self.words.head() {
            Some(e) if self.second.r_advances(events_full) => {
                Some((self.spikes.word(e.group, e.word), e))
            }
            _ => None,
        };
        let event_push = self.second.push(events_full, memory.spec.group_words);
        let action = self.issue.action(self.events.head(), &self.sequencer, memory);
        let pass_done = self.writer.pass_done();
        let heads = self.lanes.heads();
        let finishes = self.readout.finishes(memory);
        self.counters.row(heads.as_ref(), self.fire.f7());
        self.counters.count(&action, self.busy, memory);
        let taken = match action {
            Action::Take(token) => Some(token),
            Action::Empty | Action::Held => None,
        };

        // What changes at its end. Blocks that read a memory clock before the one that writes it.
        self.readout.clock(go.is_some(), &self.fire, memory);
        let control = &memory.control;
        self.scan.clock(go, s1_advances, pass_done, control, memory, &self.spikes);
        self.first.clock(words_full, s1);
        self.words.clock(word_push, popped.is_some());
        self.second.clock(events_full, popped);
        self.events.clock(event_push, taken.is_some());
        self.issue.clock(go.is_some(), taken.as_ref());
        let fire_taken = taken.is_some_and(|t| t.fire.is_some());
        self.sequencer.clock(go, fire_taken, control, memory);
        self.lanes.clock(taken, memory);
        self.slot.clock(host, self.writer.occupied(), &mut self.spikes);
        self.writer.clock(go, self.fire.f7(), memory, &mut self.spikes);
        self.fire.clock(heads, memory);
        if go.is_some() {
            self.busy = true;
            self.cycles = 1;
        } else if self.busy {
            self.busy = !finishes;
            self.cycles = self.cycles.wrapping_add(1);
        }
    }

    /// What a probe sees within this cycle.
    pub fn signals(&self, cycle: u64, memory: &Memory) -> Signals {
        let e1 = self.lanes.e1();
        let head = self.lanes.heads();
        let trace = self.trace(memory).map(|t| TraceSample {
            layer: t.layer,
            neuron: t.neuron as u16,
            tick: t.tick.into(),
            u: t.u,
            v: t.v,
            s: t.s,
        });
        Signals {
            cycle,
            busy: self.busy,
            scan_state: self.scan.state as u8,
            scan_entry: self.scan.entry(),
            scan_round: self.scan.round(),
            guard: self.sequencer.guard,
            event_valid: self.events.head().is_some(),
            e1_valid: e1.is_some(),
            e1_first: e1.is_some_and(|t| t.first),
            e1_null: e1.is_some_and(|t| t.null),
            e1_fire: e1.is_some_and(|t| t.fire.is_some()),
            e1_row: e1.map_or(0, |t| t.row),
            head_valid: head.is_some(),
            head_row: head.map_or(0, |h| h.row),
            trace,
            pass_done: self.writer.pass_done(),
        }
    }
}

impl Counters {
    /// Starts a sample of an image with `layers` layers.
    pub fn clear(&mut self, layers: usize, memory: &Memory) {
        let walk = Walk::start(memory.control.ticks_m1);
        *self = Self { sop: vec![0; layers], walk, ..Self::default() };
    }

    /// As the hardware gives them.
    pub fn reported(&self) -> spikewright_ir::Counters {
        let Self { fire_rows, guard_stalls, operations, saturated, .. } = *self;
        spikewright_ir::Counters::new(fire_rows, guard_stalls, operations, saturated)
    }

    /// A row that enters the fire bank, and one that leaves it.
    fn row(&mut self, heads: Option<&Heads>, leaves: Option<&FireRow>) {
        if let Some(heads) = heads {
            self.fire_rows += 1;
            self.operations += u64::from(heads.n);
        }
        self.saturated += u64::from(leaves.is_some_and(|row| row.clipped));
    }

    fn count(&mut self, action: &Action, busy: bool, memory: &Memory) {
        match action {
            Action::Empty => self.empty_cycles += u64::from(busy),
            Action::Held => self.guard_stalls += 1,
            Action::Take(token) => {
                if token.first && !token.flush {
                    self.pass = memory.passes[usize::from(self.walk.index)];
                    self.round = self.walk.round;
                    let rounds_m1 = memory.tiles[usize::from(self.pass.tile)].rounds_m1;
                    self.walk.pass(self.pass.turns, memory.control.ticks_m1, rounds_m1);
                }
                if !token.null && !self.pass.identity {
                    let tile = usize::from(self.pass.tile);
                    let reached = memory.reach[tile].of(self.round, token.row.into(), memory);
                    self.sop[usize::from(memory.tiles[tile].layer)] += reached;
                }
            }
        }
    }
}

fn trace_row(row: &FireRow, cycle: u32, memory: &Memory) -> TraceRow {
    let entry = &memory.tiles[usize::from(row.pass.tile)];
    let rows = usize::from(row.pass.round) * entry.rows() + usize::from(row.row);
    TraceRow {
        cycle,
        layer: entry.layer,
        neuron: u32::from(entry.neuron16) * 16 + (rows * memory.spec.fire_units) as u32,
        tick: row.pass.tick,
        u: row.u,
        v: row.v,
        s: row.s,
    }
}
