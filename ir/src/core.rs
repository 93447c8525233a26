//! What a core offers: the closed set of presets, stated once. `hdl` takes its const generics from
//! here, `compiler` its limits, `sim` its sizes. The datasheet is `docs/core.md`.

use crate::layout::{bus, timing};
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// Name of a preset.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize, Hash, PartialOrd, Ord)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// 32 lanes; small enough for rust-hdl's own simulation. For tests.
    Tiny,
    /// 64 lanes, weights in the four SPRAM blocks of an iCE40 UP5K.
    Up5k,
    /// 256 lanes, weights in the block RAM of a 25k ECP5 die.
    #[serde(rename = "ecp5_25")]
    Ecp5_25,
}

/// All presets, smallest first.
pub const PRESETS: [Preset; 3] = [Preset::Tiny, Preset::Up5k, Preset::Ecp5_25];

/// How multiplications are built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MacStyle {
    /// `SB_MAC16` cells with their internal registers.
    Mac16,
    /// Registered `*`, left to inference.
    Inferred,
}

/// Where weight rows live.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WeightMemory {
    /// Single-port RAM of 16 k words, no initial contents (SPRAM).
    Spram,
    /// Block RAM.
    Block,
}

/// Capacity of a preset. Sizes that are powers of two are said to be so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CoreSpec {
    /// Which preset this is.
    pub preset: Preset,
    /// `P`: counting lanes, neurons of a tile; a multiple of `16 · group_words`.
    pub lanes: usize,
    /// `C`: width of a lane's counter; a layer's fan-in is at most 2^C − 1.
    pub count_bits: usize,
    /// `F_u`: fire units; a power of two, at most 16.
    pub fire_units: usize,
    /// `B`: width of potentials, thresholds and biases.
    pub width_bits: u8,
    /// `W`: width of the sum of leak, drive and bias before saturation.
    pub sum_bits: usize,
    /// `G`: 16-bit words of a spike group (2 or 4); a group is `16·G` neurons.
    pub group_words: usize,
    /// Weight memory in groups of `16·G` rows of `P` bits; a power of two.
    pub weight_groups: usize,
    /// Spike memory in groups, for all layers and ticks together; a power of two.
    pub spike_groups: usize,
    /// Neuron parameters: rows of `F_u` neurons; a power of two.
    pub param_rows: usize,
    /// Potentials: rows of `F_u` neurons, at most `param_rows`; a power of two. The neurons of parameter
    /// row r have theirs in row r modulo this.
    pub state_rows: usize,
    /// Entries of the tile table; a power of two.
    pub tiles: usize,
    /// Entries of the program; a power of two.
    pub passes: usize,
    /// How multiplications are built.
    pub mac: MacStyle,
    /// Where weight rows live.
    pub weights: WeightMemory,
}

impl CoreSpec {
    /// Weight rows of `P` bits.
    pub const fn weight_rows(&self) -> usize {
        self.weight_groups * self.group_neurons()
    }

    /// Neurons of a spike group, and weight rows of a weight group.
    pub const fn group_neurons(&self) -> usize {
        16 * self.group_words
    }

    /// Largest fan-in of a neuron.
    pub const fn max_fan_in(&self) -> usize {
        (1 << self.count_bits) - 1
    }

    /// More cycles than any sample of a compiled image takes, and so more than its events: one is
    /// taken a cycle. The ticks of a source stand in the spike memory, and so do its rows, of which each
    /// round of a loop begins with another. So entries of all ticks and rounds, and groups read in
    /// them, are at most `passes · spike_groups`.
    pub const fn cycle_bound(&self) -> usize {
        let rows = self.tile_rows();
        let span = if rows > timing::MIN_SPAN { rows } else { timing::MIN_SPAN };
        let pass = self.group_neurons() + 1 + span + timing::TILE_SWITCH + timing::PASS_BOUND;
        self.passes * self.spike_groups * pass + timing::SAMPLE_BOUND + self.lanes
    }

    /// Shift rows of a full tile.
    pub const fn tile_rows(&self) -> usize {
        self.lanes / self.fire_units
    }
}

const _: () = {
    let mut k = 0;
    while k < PRESETS.len() {
        assert!(PRESETS[k].spec().cycle_bound() < 1 << bus::COUNTER_BITS, "counters hold a sample");
        k += 1;
    }
};

impl Preset {
    /// The preset's capacity.
    pub const fn spec(self) -> CoreSpec {
        match self {
            Preset::Tiny => CoreSpec {
                preset: self,
                lanes: 32,
                count_bits: 8,
                fire_units: 2,
                width_bits: 16,
                sum_bits: 24,
                group_words: 2,
                weight_groups: 32,
                spike_groups: 128,
                param_rows: 128,
                state_rows: 128,
                tiles: 32,
                passes: 256,
                mac: MacStyle::Inferred,
                weights: WeightMemory::Block,
            },
            Preset::Up5k => CoreSpec {
                preset: self,
                lanes: 64,
                count_bits: 10,
                fire_units: 4,
                width_bits: 16,
                sum_bits: 24,
                group_words: 4,
                weight_groups: 256,
                spike_groups: 256,
                param_rows: 256,
                state_rows: 256,
                tiles: 64,
                passes: 256,
                mac: MacStyle::Mac16,
                weights: WeightMemory::Spram,
            },
            Preset::Ecp5_25 => CoreSpec {
                preset: self,
                lanes: 256,
                count_bits: 10,
                fire_units: 8,
                width_bits: 16,
                sum_bits: 24,
                group_words: 4,
                weight_groups: 32,
                spike_groups: 256,
                param_rows: 256,
                state_rows: 64,
                tiles: 64,
                passes: 256,
                mac: MacStyle::Inferred,
                weights: WeightMemory::Block,
            },
        }
    }

    /// The number a core answers when asked which preset it is.
    pub const fn id(self) -> u16 {
        match self {
            Preset::Tiny => 1,
            Preset::Up5k => 2,
            Preset::Ecp5_25 => 3,
        }
    }

    /// The name used on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Preset::Tiny => "tiny",
            Preset::Up5k => "up5k",
            Preset::Ecp5_25 => "ecp5_25",
        }
    }
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Preset {
    type Err = String;
    fn from_str(s: &str) -> Result<Self, String> {
        PRESETS.into_iter().find(|p| p.name() == s).ok_or_else(|| {
            format!("unknown preset {s:?}; presets are {}", PRESETS.map(Preset::name).join(", "))
        })
    }
}
