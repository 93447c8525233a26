//! Entries of the scan and fire tables, decoded with the fields of `ir::layout`.

use spikewright_ir::layout::{fire, scan};

/// Scan table entry of a tile.
#[derive(Clone, Copy, Default)]
pub struct ScanEntry {
    pub source_group: u8,
    pub groups_m1: u8,
    pub weight_planes_m1: u8,
    pub input_planes_m1: u8,
    pub weight_group: u8,
    pub gate: bool,
    pub flush: bool,
    pub last: bool,
}

impl ScanEntry {
    /// From the two halves, low half first.
    pub fn decode(halves: &[u16]) -> Self {
        let word = u32::from(halves[0]) | u32::from(halves[1]) << 16;
        Self {
            source_group: scan::SOURCE_GROUP.get(word) as u8,
            groups_m1: scan::GROUPS_M1.get(word) as u8,
            weight_planes_m1: scan::WEIGHT_PLANES_M1.get(word) as u8,
            input_planes_m1: scan::INPUT_PLANES_M1.get(word) as u8,
            weight_group: scan::WEIGHT_GROUP.get(word) as u8,
            gate: scan::GATE.get(word) == 1,
            flush: scan::FLUSH.get(word) == 1,
            last: scan::LAST.get(word) == 1,
        }
    }
}

/// Fire table entry of a tile.
#[derive(Clone, Copy, Default)]
pub struct FireEntry {
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
    pub gain_log2: u8,
    pub weight_planes_m1: u8,
    pub input_planes_m1: u8,
    pub param_row: u16,
    pub target_group: u8,
    pub target_stride: u8,
    pub layer: u8,
    pub neuron16: u16,
}

impl FireEntry {
    /// From the eight words.
    pub fn decode(words: &[u16]) -> Self {
        let get = |k: usize, field: spikewright_ir::layout::Field| field.get(words[k].into());
        Self {
            rows_m1: get(0, fire::ROWS_M1) as u8,
            span_m1: get(0, fire::SPAN_M1) as u8,
            span_last_m1: get(2, fire::SPAN_LAST_M1) as u8,
            above: get(5, fire::ABOVE) == 1,
            zero: get(5, fire::ZERO) == 1,
            fires: get(5, fire::FIRES) == 1,
            first_spike: get(5, fire::FIRST_SPIKE) == 1,
            last: get(1, fire::LAST) == 1,
            leak_m: get(3, fire::LEAK_M) as u16,
            leak_r: get(4, fire::LEAK_R) as u16,
            gain_log2: get(1, fire::GAIN_LOG2) as u8,
            weight_planes_m1: get(1, fire::WEIGHT_PLANES_M1) as u8,
            input_planes_m1: get(1, fire::INPUT_PLANES_M1) as u8,
            param_row: get(2, fire::PARAM_ROW) as u16,
            target_group: get(7, fire::TARGET_GROUP) as u8,
            target_stride: get(7, fire::TARGET_STRIDE) as u8,
            layer: get(6, fire::LAYER) as u8,
            neuron16: get(6, fire::NEURON16) as u16,
        }
    }

    /// Shift rows of the tile.
    pub fn rows(&self) -> usize {
        usize::from(self.rows_m1) + 1
    }

    /// Passes of the tile in a tick.
    pub fn passes(&self) -> usize {
        (usize::from(self.weight_planes_m1) + 1) * (usize::from(self.input_planes_m1) + 1)
    }
}
