//! Fire sequencer: which pass fires next, and how long the next `first` event has to wait.

use super::tables::FireEntry;
use spikewright_ir::layout::timing;

/// A pass on its way through the fire bank.
#[derive(Clone, Copy, Debug)]
pub struct Pass {
    /// Tile, an index of the fire table.
    pub tile: u16,
    /// Tick, counted from 0.
    pub tick: u8,
    /// log2 of what an event counts.
    pub gain_log2: u8,
    /// First of the tile's passes in the tick: leak and bias act.
    pub begins: bool,
    /// Last of them: fire and reset act.
    pub ends: bool,
}

/// Registers of the fire sequencer.
#[derive(Clone, Default)]
pub struct Sequencer {
    tile: u16,
    /// Ticks left of the tile.
    tick: u8,
    /// Weight plane p and input plane q of the pass that fires next.
    plane: (u8, u8),
    /// Cycles until a `first` event may be taken.
    pub guard: u8,
    entry: FireEntry,
    /// Ticks − 1.
    ticks_m1: u8,
}

impl Sequencer {
    /// The pass a fire token taken now belongs to.
    pub fn pass(&self) -> Pass {
        let (p, q) = self.plane;
        Pass {
            tile: self.tile,
            tick: self.ticks_m1 - self.tick,
            gain_log2: self.entry.gain_log2 + p + q,
            begins: self.plane == (0, 0),
            ends: self.last_plane(),
        }
    }

    fn last_plane(&self) -> bool {
        self.plane == (self.entry.weight_planes_m1, self.entry.input_planes_m1)
    }

    /// End of the cycle.
    pub fn clock(&mut self, go: bool, fire_taken: bool, ticks_m1: u8, table: &[FireEntry]) {
        if go {
            *self = Self {
                guard: timing::TABLE_LOAD as u8,
                tick: ticks_m1,
                ticks_m1,
                ..Self::default()
            };
        } else if fire_taken {
            let ends = self.last_plane();
            self.plane = match self.plane {
                _ if ends => (0, 0),
                (p, q) if p == self.entry.weight_planes_m1 => (0, q + 1),
                (p, q) => (p + 1, q),
            };
            if !ends {
                self.guard = self.entry.span_m1;
            } else if self.tick == 0 {
                self.guard = self.entry.span_last_m1;
                self.tile = (self.tile + 1) % table.len() as u16;
                self.tick = self.ticks_m1;
            } else {
                self.guard = self.entry.span_m1;
                self.tick -= 1;
            }
        } else {
            // The core addresses the eight words one a cycle, from guard 4 on. Here they arrive at
            // once: nothing looks at them before the guard is 0, and what the last rows of the old
            // tile need came with their pass. Within a tile the same entry is loaded again.
            if self.guard == 1 {
                self.entry = table[usize::from(self.tile)];
            }
            self.guard = self.guard.saturating_sub(1);
        }
    }
}
