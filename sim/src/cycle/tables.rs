//! Entries of the program and of the tile table, decoded with the fields of `ir::layout`.

use spikewright_ir::layout::{Field, pass, scan, tile};

/// Entry of the program's scan half.
#[derive(Clone, Copy)]
pub enum ScanEntry {
    /// A pass, or a part of one.
    Read(Read),
    /// What is behind a loop of several rounds.
    Again(Again),
}

/// Groups that a pass reads.
#[derive(Clone, Copy, Default)]
pub struct Read {
    pub source_group: u8,
    pub groups_m1: u8,
    /// Bit w: word w of a group is read.
    pub words: u8,
    pub masked: bool,
    pub gate: bool,
    pub flush: bool,
    pub flush_last: bool,
    pub weight_group: u8,
    pub ends: bool,
    pub turns: bool,
    pub last: bool,
    pub more: bool,
    pub rounds: bool,
}

/// The loop before it is run again for other places.
#[derive(Clone, Copy)]
pub struct Again {
    /// What the offset grows by.
    pub step: u8,
    pub rounds_m1: u8,
    /// Bits that belong to no field.
    pub rest: u32,
}

impl ScanEntry {
    /// From the first two words of an entry, low half first.
    pub fn decode(words: &[u16]) -> Self {
        let word = u32::from(words[0]) | u32::from(words[1]) << 16;
        let flag = |field: Field| field.get(word) == 1;
        if flag(scan::AGAIN) {
            let fields = [scan::STEP, scan::ROUNDS_M1, scan::AGAIN];
            return Self::Again(Again {
                step: scan::STEP.get(word) as u8,
                rounds_m1: scan::ROUNDS_M1.get(word) as u8,
                rest: fields.iter().fold(word, |rest, field| rest & !(field.max() << field.lsb)),
            });
        }
        let masked = flag(scan::MASKED);
        let (groups_m1, words) = match masked {
            true => (0, scan::WORDS.get(word)),
            false => (scan::GROUPS_M1.get(word), scan::WORDS.max()),
        };
        Self::Read(Read {
            source_group: scan::SOURCE_GROUP.get(word) as u8,
            groups_m1: groups_m1 as u8,
            words: words as u8,
            masked,
            gate: flag(scan::GATE),
            flush: flag(scan::FLUSH),
            flush_last: flag(scan::FLUSH_LAST),
            weight_group: scan::WEIGHT_GROUP.get(word) as u8,
            ends: flag(scan::ENDS),
            turns: flag(scan::TURNS),
            last: flag(scan::LAST),
            more: flag(scan::MORE),
            rounds: flag(scan::ROUNDS),
        })
    }

    /// The entry of the image's last pass.
    pub fn last(&self) -> bool {
        matches!(self, Self::Read(Read { last: true, .. }))
    }
}

impl Read {
    /// Groups it reads.
    pub fn groups(&self) -> usize {
        usize::from(self.groups_m1) + 1
    }
}

/// Word of the program's fire half.
#[derive(Clone, Copy, Default)]
pub struct PassEntry {
    pub gain_log2: u8,
    pub begins: bool,
    pub ends: bool,
    pub turns: bool,
    pub identity: bool,
    pub switch_on: bool,
    pub switch_back: bool,
    pub tile: u8,
}

impl PassEntry {
    /// From the third word of an address of the program.
    pub fn decode(word: u16) -> Self {
        let word = word.into();
        let flag = |field: Field| field.get(word) == 1;
        Self {
            gain_log2: pass::GAIN_LOG2.get(word) as u8,
            begins: flag(pass::BEGINS),
            ends: flag(pass::ENDS),
            turns: flag(pass::TURNS),
            identity: flag(pass::IDENTITY),
            switch_on: flag(pass::SWITCH_ON),
            switch_back: flag(pass::SWITCH_BACK),
            tile: pass::TILE.get(word) as u8,
        }
    }
}

/// Entry of the tile table.
#[derive(Clone, Copy, Default)]
pub struct TileEntry {
    pub rows_m1: u8,
    pub span_m1: u8,
    pub span_last_m1: u8,
    pub rounds_m1: u8,
    pub windowed: bool,
    pub above: bool,
    pub zero: bool,
    pub fires: bool,
    pub first_spike: bool,
    pub last: bool,
    pub blank: bool,
    pub pool_m1: u8,
    pub target_word: u8,
    pub leak_m: u16,
    pub leak_r: u16,
    pub param_row: u16,
    pub gangs_m1: u8,
    pub target_group: u8,
    pub target_step: u8,
    pub layer: u8,
    pub neuron16: u16,
}

impl TileEntry {
    /// From the eight words.
    pub fn decode(words: &[u16]) -> Self {
        let get = |k: usize, field: Field| field.get(words[k].into());
        Self {
            rows_m1: get(0, tile::ROWS_M1) as u8,
            span_m1: get(0, tile::SPAN_M1) as u8,
            span_last_m1: get(1, tile::SPAN_LAST_M1) as u8,
            rounds_m1: get(1, tile::ROUNDS_M1) as u8,
            windowed: get(1, tile::WINDOWED) == 1,
            above: get(5, tile::ABOVE) == 1,
            zero: get(5, tile::ZERO) == 1,
            fires: get(5, tile::FIRES) == 1,
            first_spike: get(5, tile::FIRST_SPIKE) == 1,
            last: get(5, tile::LAST) == 1,
            blank: get(5, tile::BLANK) == 1,
            pool_m1: get(5, tile::POOL_M1) as u8,
            target_word: get(5, tile::TARGET_WORD) as u8,
            leak_m: get(3, tile::LEAK_M) as u16,
            leak_r: get(4, tile::LEAK_R) as u16,
            param_row: get(2, tile::PARAM_ROW) as u16,
            gangs_m1: get(2, tile::GANGS_M1) as u8,
            target_group: get(7, tile::TARGET_GROUP) as u8,
            target_step: get(7, tile::TARGET_STEP) as u8,
            layer: get(6, tile::LAYER) as u8,
            neuron16: get(6, tile::NEURON16) as u16,
        }
    }

    /// Shift rows of the tile, or of each of its gangs.
    pub fn rows(&self) -> usize {
        usize::from(self.rows_m1) + 1
    }

    /// Weight planes of a neuron side by side.
    pub fn gangs(&self) -> usize {
        usize::from(self.gangs_m1) + 1
    }

    /// Rounds of its loop.
    pub fn rounds(&self) -> usize {
        usize::from(self.rounds_m1) + 1
    }

    /// Slots that are OR-ed into a word; none of a tile whose spikes are not written.
    pub fn pool(&self) -> Option<usize> {
        let pool_m1 = usize::from(self.pool_m1);
        (pool_m1 != tile::SILENT).then_some(pool_m1 + 1)
    }
}
