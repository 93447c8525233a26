//! Words of the tile table and the parameters, and the memories of an image.

use super::MiniLayer;
use spikewright_ir::{
    MemoryImage, Region,
    layout::{tile, timing},
};

/// What a tile's entry says besides its layer's rules.
pub struct TileWords {
    pub rows: usize,
    pub rounds: usize,
    pub windowed: bool,
    pub pool_m1: usize,
    pub param_row: usize,
    pub fires: bool,
    pub first_spike: bool,
    pub last: bool,
    /// Number of the layer.
    pub layer: usize,
    /// First neuron, or lane.
    pub first: usize,
    /// Less the writer's offset.
    pub target_group: u32,
    pub target_word: usize,
    pub target_step: u32,
}

impl TileWords {
    pub fn encode(&self, layer: &MiniLayer) -> [u16; tile::WORDS] {
        let span = self.rows.max(8) as u32;
        let (m, r) = match layer.leak_shift {
            0 => (65535, 32767),
            k => (65536 - (1 << (16 - k)), 65535),
        };
        let words = [
            tile::ROWS_M1.put(self.rows as u32 - 1) | tile::SPAN_M1.put(span - 1),
            tile::SPAN_LAST_M1.put(span + timing::TILE_SWITCH as u32 - 1)
                | tile::ROUNDS_M1.put(self.rounds as u32 - 1)
                | tile::WINDOWED.put(self.windowed.into()),
            tile::PARAM_ROW.put(self.param_row as u32),
            m,
            r,
            tile::ABOVE.put(layer.above.into())
                | tile::ZERO.put(layer.zero.into())
                | tile::FIRES.put(self.fires.into())
                | tile::FIRST_SPIKE.put(self.first_spike.into())
                | tile::LAST.put(self.last.into())
                | tile::BLANK.put(self.windowed.into())
                | tile::POOL_M1.put(self.pool_m1 as u32)
                | tile::TARGET_WORD.put(self.target_word as u32),
            tile::LAYER.put(self.layer as u32) | tile::NEURON16.put((self.first / 16) as u32),
            tile::TARGET_GROUP.put(self.target_group) | tile::TARGET_STEP.put(self.target_step),
        ];
        words.map(|w| w as u16)
    }
}

/// Thresholds and biases of a tile's rows, as if there were 16 units; `number` gives the parameters of
/// a lane.
pub fn params(
    layer: &MiniLayer,
    rows: usize,
    units: usize,
    number: impl Fn(usize) -> Option<usize>,
) -> Vec<u16> {
    let words = |slot: usize| {
        let (row, unit) = (slot / 16, slot % 16);
        let n = if unit < units { number(row * units + unit) } else { None };
        n.map_or([i16::MAX, 0], |n| [layer.theta[n], layer.bias[n]])
    };
    (0..rows * 16).flat_map(words).map(|word| word as u16).collect()
}

/// The memories of an image: weights, program, tile table, and control registers from 1 on, then the
/// parameters of the units that the core has.
pub fn memories(contents: [Vec<u16>; 4], params: &[u16], units: usize) -> Vec<MemoryImage> {
    let memory = |region, start, words| MemoryImage { region, start, words };
    let [weights, program, tiles, control] = contents;
    let mut out = vec![
        memory(Region::Weights, 0, weights),
        memory(Region::Program, 0, program),
        memory(Region::Tiles, 0, tiles),
        memory(Region::Control, 1, control),
    ];
    out.extend(
        params.chunks(32).enumerate().map(|(row, words)| {
            memory(Region::Params, row as u32 * 32, words[..units * 2].to_vec())
        }),
    );
    out
}
