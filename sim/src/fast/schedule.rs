//! The program unrolled: every pass of a start in the order in which it is scanned, with all that does
//! not depend on spikes. The steps are the same in every sample.

use crate::cycle::{Memory, Read, ScanEntry};

/// Groups that a pass reads one after the other.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// First group, less the step's offset.
    pub group: u8,
    pub groups: u16,
    /// Bits of a group that are read.
    pub mask: u64,
    /// Weight row of bit 0 of the first group.
    pub row: u32,
}

/// One pass in one tick.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// Range of [`Schedule::entries`].
    pub entries: (u32, u32),
    /// What the groups of its entries grow by.
    pub offset: u8,
    /// It waits until this many passes that end a tick are written.
    pub gate: u32,
    /// Cycles the scan control spends between two rounds before it.
    pub pause: u8,
    /// A flush token follows.
    pub flush: bool,
    /// Number of the pass in the program.
    pub pass: u8,
    pub tick: u8,
    pub round: u8,
    /// Nothing is left of a tick before; in the first loop of a start that goes on, something is.
    pub first_tick: bool,
    /// Guard behind the token that fires it.
    pub guard: u8,
    /// First group that is written.
    pub target: u8,
    /// Where what it reads is kept.
    pub place: u32,
    /// It is not there yet.
    pub reads: bool,
    /// Weight rows of all tiles that read the same, and the first word of its own.
    pub columns: u32,
    pub word: u32,
}

/// All passes of a start.
#[derive(Default)]
pub struct Schedule {
    pub steps: Vec<Step>,
    pub entries: Vec<Entry>,
    /// What the offset of the groups read has grown by in the end.
    pub scanned: u8,
    /// What the offset of the groups written has grown by in the end.
    pub written: u8,
    /// Places for what passes read; the first is for what no other pass reads.
    pub places: u32,
    /// Passes that end a tick, so far.
    ended: u32,
    /// Of the step that comes next.
    pause: u8,
}

/// Cycles of the entry behind a round: `turn` and `pause`.
const AGAIN: u8 = 2;

/// A pass of the program.
struct Pass {
    number: usize,
    entries: (u32, u32),
    gate: bool,
    /// Flags of its last entry.
    end: Read,
}

impl Schedule {
    /// Unrolls the program of a checked image.
    pub fn new(memory: &Memory) -> Self {
        let mut schedule = Self::default();
        let (mut number, mut first, mut gate) = (0, 0, None);
        let mut passes = Vec::new();
        for (k, entry) in memory.scan.iter().enumerate() {
            let ScanEntry::Read(read) = entry else { continue };
            schedule.entries.push(Entry::new(read, memory));
            gate = gate.or(Some(read.gate));
            if read.more {
                continue;
            }
            let end = schedule.entries.len() as u32;
            let gate = gate.take() == Some(true);
            passes.push(Pass { number, entries: (first, end), gate, end: *read });
            (number, first) = (number + 1, end);
            if read.turns {
                let rounds = match memory.scan.get(k + 1) {
                    Some(ScanEntry::Again(again)) if read.rounds => {
                        Some((again.rounds_m1, again.step))
                    }
                    _ => None,
                };
                schedule.unroll(&passes, rounds, memory);
                passes.clear();
            }
            if read.last {
                break;
            }
        }
        schedule
    }

    /// What a step reads.
    pub fn entries(&self, step: &Step) -> &[Entry] {
        &self.entries[step.entries.0 as usize..step.entries.1 as usize]
    }

    /// A loop, with its rounds less 1 and their step if it has several.
    fn unroll(&mut self, passes: &[Pass], rounds: Option<(u8, u8)>, memory: &Memory) {
        let (rounds_m1, step) = rounds.unwrap_or_default();
        for round in 0..=rounds_m1 {
            for tick in 0..=memory.control.ticks_m1 {
                for pass in passes {
                    self.step(pass, (round, rounds_m1), tick, memory);
                }
            }
            if rounds.is_some() {
                self.scanned = self.scanned.wrapping_add(step);
                self.pause = AGAIN;
            }
        }
    }

    fn step(&mut self, pass: &Pass, (round, rounds_m1): (u8, u8), tick: u8, memory: &Memory) {
        let control = &memory.control;
        let fire = memory.passes[pass.number];
        let tile = &memory.tiles[usize::from(fire.tile)];
        let last_tick = tick == control.ticks_m1;
        let back = pass.end.turns && !(last_tick && round == rounds_m1);
        let switches = if back { fire.switch_back } else { fire.switch_on };
        // Tiles and ticks that may be begun before those before them are written.
        let ahead = if control.tick_order { 0 } else { control.ticks_m1.into() };
        self.steps.push(Step {
            entries: pass.entries,
            offset: self.scanned,
            gate: if pass.gate && round == 0 { self.ended.saturating_sub(ahead) } else { 0 },
            pause: std::mem::take(&mut self.pause),
            flush: pass.end.flush || pass.end.flush_last && last_tick,
            pass: pass.number as u8,
            tick,
            round,
            first_tick: tick == 0,
            guard: if switches { tile.span_last_m1 } else { tile.span_m1 },
            target: tile.target_group.wrapping_add(self.written),
            place: 0,
            reads: true,
            columns: 0,
            word: 0,
        });
        self.ended += u32::from(fire.ends);
        if pass.end.turns {
            let step = if last_tick { tile.target_step } else { control.stride };
            self.scanned = self.scanned.wrapping_add(control.stride);
            self.written = self.written.wrapping_add(step);
        }
    }
}

impl Entry {
    /// The first weight row of a pass.
    pub fn first_row(entries: &[Self]) -> u32 {
        entries.iter().map(|e| e.row).min().unwrap_or(0)
    }

    fn new(read: &Read, memory: &Memory) -> Self {
        let (words, bits) = (memory.spec.group_words, memory.spec.group_neurons());
        let mask =
            (0..words).filter(|w| read.words >> w & 1 == 1).map(|w| 0xffff << (16 * w)).sum();
        Self {
            group: read.source_group,
            groups: read.groups() as u16,
            mask,
            row: (usize::from(read.weight_group) * bits) as u32,
        }
    }
}
