//! What a core of theta neurons offers, and what it is told. The datasheet is `docs/theta-core.md`.

use crate::{MemoryImage, SealSum, WeightMemory, image::words_of, layout::bus};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Name of a preset of the core of theta neurons.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum ThetaPreset {
    /// Tables and input weights in the four SPRAM blocks of an iCE40 UP5K.
    ThetaUp5k,
    /// Tables and input weights in the block RAM of a 25k ECP5 die.
    #[serde(rename = "theta_ecp5_25")]
    ThetaEcp5_25,
}

/// All presets, smallest first.
pub const THETA_PRESETS: [ThetaPreset; 2] = [ThetaPreset::ThetaUp5k, ThetaPreset::ThetaEcp5_25];

/// Capacity of a preset. What presets share is a constant of this type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ThetaSpec {
    /// Which preset this is.
    pub preset: ThetaPreset,
    /// Words of a bank of the large memory; a power of two.
    pub bank_words: usize,
    /// Where the large memory lives.
    pub memory: WeightMemory,
}

impl ThetaSpec {
    /// Width of phases; narrower ones are scaled to it.
    pub const PHASE_BITS: usize = 11;
    /// Ticks of a period.
    pub const PERIOD: usize = 1 << Self::PHASE_BITS;
    /// Entries of a drive or transfer table; shorter drive tables are continued at their ends.
    pub const TABLE: usize = 1 << Self::PHASE_BITS;
    /// Neurons of a row: look-ups of a cycle, and banks of the large memory.
    pub const UNITS: usize = 4;
    /// Counting lanes, neurons of a tile of the first layer.
    pub const LANES: usize = 16 * Self::UNITS;
    /// Rows of the large memory that the input weights of a tile take.
    pub const TILE_ROWS: usize = 1024;
    /// Most inputs: what a lane counts.
    pub const INPUTS: usize = 1023;
    /// Most layers.
    pub const LAYERS: usize = 3;
    /// Most neurons of a layer.
    pub const NEURONS: usize = 256;
    /// Words of weights between layers.
    pub const SYNAPSE_WORDS: usize = 2048;
    /// Greatest gain of the drive, as a power of two.
    pub const GAIN_LOG2: u8 = 3;

    /// Neurons that the first layer may have.
    pub const fn first_layer(&self) -> usize {
        let rows = self.bank_words - Self::LAYERS * Self::TABLE;
        let tiles = rows / Self::TILE_ROWS;
        let neurons = tiles * Self::LANES;
        if neurons < Self::NEURONS { neurons } else { Self::NEURONS }
    }

    /// First word of a layer's table in every bank: they lie at the end of the memory, that of layer 0 last.
    pub const fn table_at(&self, layer: usize) -> usize {
        self.bank_words - (layer + 1) * Self::TABLE
    }

    /// More cycles than any sample takes, whatever the memories hold. A neuron that has spiked is a whole period from
    /// the next spike, which is longer than a trial, unless a pulse comes between: so one of the first layer spikes
    /// once at most, and one of the second at most once more than the first layer has neurons.
    pub const fn cycle_bound(&self) -> usize {
        let rows = Self::NEURONS / Self::UNITS;
        let counting = (Self::NEURONS / Self::LANES) * (Self::INPUTS + Self::LANES + 64);
        let events = Self::NEURONS + Self::NEURONS * (Self::NEURONS + 1);
        counting + events * (rows + 16) + 1024
    }
}

const _: () = {
    let mut k = 0;
    while k < THETA_PRESETS.len() {
        assert!(THETA_PRESETS[k].spec().cycle_bound() < bus::WATCHDOG, "it lets a sample end");
        k += 1;
    }
};

impl ThetaPreset {
    /// The preset's capacity.
    pub const fn spec(self) -> ThetaSpec {
        match self {
            Self::ThetaUp5k => {
                ThetaSpec { preset: self, bank_words: 16384, memory: WeightMemory::Spram }
            }
            Self::ThetaEcp5_25 => {
                ThetaSpec { preset: self, bank_words: 8192, memory: WeightMemory::Block }
            }
        }
    }

    /// The number a core answers when asked which preset it is; none of [`crate::Preset`] has it.
    pub const fn id(self) -> u16 {
        match self {
            Self::ThetaUp5k => 64,
            Self::ThetaEcp5_25 => 65,
        }
    }

    /// The name used on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ThetaUp5k => "theta_up5k",
            Self::ThetaEcp5_25 => "theta_ecp5_25",
        }
    }
}

impl fmt::Display for ThetaPreset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ThetaPreset {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        THETA_PRESETS.into_iter().find(|p| p.name() == s).ok_or_else(|| {
            let names = THETA_PRESETS.map(ThetaPreset::name).join(", ");
            format!("unknown preset {s:?}; presets of theta neurons are {names}")
        })
    }
}

/// Layer table: four 16-bit words per layer on the host bus.
pub mod layer_table {
    use crate::layout::Field;
    /// Words of an entry.
    pub const WORDS: usize = 4;
    /// Word 0: rows of the layer, minus 1.
    pub const ROWS_M1: Field = Field { name: "rows_m1", lsb: 0, width: 6 };
    /// Word 0: neurons of the last row, minus 1.
    pub const LAST_M1: Field = Field { name: "last_m1", lsb: 6, width: 2 };
    /// Word 1 of layer 0: gain of the drive, a power of two.
    pub const GAIN_LOG2: Field = Field { name: "gain_log2", lsb: 0, width: 2 };
    /// Word 1 of the others: words of weights of a source neuron, a power of two.
    pub const STRIDE_LOG2: Field = Field { name: "stride_log2", lsb: 0, width: 3 };
    /// Word 2 of the others: first word of the layer's weights.
    pub const BASE: Field = Field { name: "base", lsb: 0, width: 11 };
    /// All fields by word.
    pub const FIELDS: [(usize, Field); 5] =
        [(0, ROWS_M1), (0, LAST_M1), (1, GAIN_LOG2), (1, STRIDE_LOG2), (2, BASE)];
    /// Bit of the readout register that says that there are three layers; below it stand the input words, minus 1.
    pub const THREE_LAYERS: u16 = 1 << 8;
}

/// A compiled theta network.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize, Hash)]
pub struct ThetaImage {
    /// Preset the image is for.
    pub preset: ThetaPreset,
    /// Bits by which phases and ticks of the core are longer than those of the network.
    pub shift: u8,
    /// Inputs.
    pub inputs: usize,
    /// Neurons of each layer.
    pub sizes: Vec<usize>,
    /// Contents, in the order in which they are to be written.
    pub memories: Vec<MemoryImage>,
    /// Sum over these writes that a core of the preset comes to: the last write of all.
    pub seal: u16,
}

impl ThetaImage {
    /// Every write of the image as (host bus address, word), in order; the last one seals the core.
    pub fn writes(&self) -> impl Iterator<Item = (u32, u16)> + '_ {
        words_of(&self.memories).chain([(bus::address(bus::CONTROL, bus::SEAL), self.seal)])
    }

    /// The sum of its contents, which is the seal unless one of them is damaged.
    pub fn sum(&self) -> u16 {
        let mut sum = SealSum::of_core(self.preset.id());
        words_of(&self.memories).for_each(|(address, word)| sum.write(address, word));
        sum.word()
    }

    /// The image with the seal that belongs to its contents.
    pub fn sealed(self) -> Self {
        Self { seal: self.sum(), ..self }
    }
}
