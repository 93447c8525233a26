//! Fire sequencer: which pass fires next, and how long the next `first` event has to wait.

use super::{
    memory::{Control, Memory},
    program::{Turn, Walk},
    slot::Start,
    tables::PassEntry,
};
use spikewright_ir::layout::timing;

/// A pass on its way through the fire bank.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Tile, an index of the tile table.
    pub tile: u8,
    /// Tick, counted from 0; 0 in a stream.
    pub tick: u8,
    /// Round of its loop, counted from 0.
    pub round: u8,
    /// The first tick of a sample or a stream: nothing is left of a tick before.
    pub first_tick: bool,
    /// log2 of twice what an event of a dense pass counts.
    pub gain_log2: u8,
    /// Events do not count in `n`.
    pub identity: bool,
    /// First of the tile's passes in the tick: leak and bias act.
    pub begins: bool,
    /// Last of them: fire and reset act.
    pub ends: bool,
    /// Last of its loop.
    pub turns: bool,
    /// Last of its loop in the last tick of a round.
    pub done: bool,
}

/// Registers of the fire sequencer.
#[derive(Clone, Default)]
pub struct Sequencer {
    walk: Walk,
    first_tick: bool,
    /// Cycles until a `first` event may be taken.
    pub guard: u8,
}

impl Sequencer {
    fn entry(&self, memory: &Memory) -> PassEntry {
        memory.passes[usize::from(self.walk.index)]
    }

    /// The pass a fire token taken now belongs to.
    pub fn pass(&self, memory: &Memory) -> Pass {
        let entry = self.entry(memory);
        Pass {
            tile: entry.tile,
            tick: self.walk.tick(memory.control.ticks_m1),
            round: self.walk.round,
            first_tick: self.first_tick,
            gain_log2: entry.gain_log2,
            identity: entry.identity,
            begins: entry.begins,
            ends: entry.ends,
            turns: entry.turns,
            done: self.walk.turn(entry.turns) == Turn::Done,
        }
    }

    /// End of the cycle. The core moves on to the next
    /// pass, and loads the tile's words one a cycle, a few cycles later: nothing looks at them before
    /// the guard is 0, and what the last rows of the old tile need came with their pass.
    pub fn clock(
        &mut self,
        go: Option<Start>,
        fire_taken: bool,
        control: &Control,
        memory: &Memory,
    ) {
        if let Some(start) = go {
            *self = Self {
                walk: Walk::start(control.ticks_m1),
                first_tick: start != Start::On,
                guard: timing::START_GUARD as u8,
            };
        } else if fire_taken {
            let entry = self.entry(memory);
            let turn = self.walk.turn(entry.turns);
            let tile = &memory.tiles[usize::from(entry.tile)];
            let back = match turn {
                Turn::None => false,
                Turn::Again => true,
                Turn::Done => self.walk.round != tile.rounds_m1,
            };
            let switches = if back { entry.switch_back } else { entry.switch_on };
            self.guard = if switches { tile.span_last_m1 } else { tile.span_m1 };
            self.first_tick = match turn {
                Turn::None => self.first_tick,
                Turn::Again => false,
                Turn::Done => true,
            };
            self.walk.pass(entry.turns, control.ticks_m1, tile.rounds_m1);
        } else {
            self.guard = self.guard.saturating_sub(1);
        }
    }
}
