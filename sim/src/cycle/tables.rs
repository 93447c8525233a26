//! Entries of the program and of the tile table, decoded with the fields of `ir::layout`.

use spikewright_ir::layout::{Field, pass, scan, tile};

/// Scan half of a pass.
#[derive(Clone, Copy, Default)]
pub struct ScanEntry {
    pub source_group: u8,
    pub groups_m1: u8,
    pub gate: bool,
    pub flush: bool,
    pub flush_last: bool,
    pub weight_group: u8,
    pub ends: bool,
    pub turns: bool,
    pub last: bool,
}

impl ScanEntry {
    /// From the first two words of a pass, low half first.
    pub fn decode(words: &[u16]) -> Self {
        let word = u32::from(words[0]) | u32::from(words[1]) << 16;
        let flag = |field: Field| field.get(word) == 1;
        Self {
            source_group: scan::SOURCE_GROUP.get(word) as u8,
            groups_m1: scan::GROUPS_M1.get(word) as u8,
            gate: flag(scan::GATE),
            flush: flag(scan::FLUSH),
            flush_last: flag(scan::FLUSH_LAST),
            weight_group: scan::WEIGHT_GROUP.get(word) as u8,
            ends: flag(scan::ENDS),
            turns: flag(scan::TURNS),
            last: flag(scan::LAST),
        }
    }
}

/// Fire half of a pass.
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
    /// From the third word of a pass.
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
    pub above: bool,
    pub zero: bool,
    pub fires: bool,
    pub first_spike: bool,
    pub last: bool,
    pub leak_m: u16,
    pub leak_r: u16,
    pub param_row: u16,
    pub target_group: u8,
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
            above: get(5, tile::ABOVE) == 1,
            zero: get(5, tile::ZERO) == 1,
            fires: get(5, tile::FIRES) == 1,
            first_spike: get(5, tile::FIRST_SPIKE) == 1,
            last: get(5, tile::LAST) == 1,
            leak_m: get(3, tile::LEAK_M) as u16,
            leak_r: get(4, tile::LEAK_R) as u16,
            param_row: get(2, tile::PARAM_ROW) as u16,
            target_group: get(7, tile::TARGET_GROUP) as u8,
            layer: get(6, tile::LAYER) as u8,
            neuron16: get(6, tile::NEURON16) as u16,
        }
    }

    /// Shift rows of the tile.
    pub fn rows(&self) -> usize {
        usize::from(self.rows_m1) + 1
    }
}
