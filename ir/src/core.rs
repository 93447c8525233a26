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
    /// `up5k` with two fire units.
    Up5kF2,
    /// 96 lanes, weights in 24 of the 32 block RAMs of an iCE40 HX8K, which has no multiplier.
    Hx8k,
    /// 256 lanes, weights in the block RAM of a 25k ECP5 die.
    #[serde(rename = "ecp5_25")]
    Ecp5_25,
    /// `ecp5_25` with four fire units.
    #[serde(rename = "ecp5_25_f4")]
    Ecp5_25F4,
    /// 1,024 lanes, weights in the block RAM of an 85k ECP5 die.
    #[serde(rename = "ecp5_85")]
    Ecp5_85,
}

/// All presets, by lanes; one with fewer fire units stands behind the one it is otherwise like.
pub const PRESETS: [Preset; 7] = [
    Preset::Tiny,
    Preset::Up5k,
    Preset::Up5kF2,
    Preset::Hx8k,
    Preset::Ecp5_25,
    Preset::Ecp5_25F4,
    Preset::Ecp5_85,
];

/// How multiplications are built.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum MacStyle {
    /// `SB_MAC16` cells with their internal registers.
    Mac16,
    /// Registered `*`, left to inference.
    Inferred,
    /// Gates: the leak as a sum of partial products, the drive as a shift, in two stages more.
    Gates,
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
    /// Most gangs of a tile: weight planes that stand side by side in its lanes. 1 where there are none.
    pub gangs: usize,
    /// How multiplications are built.
    pub mac: MacStyle,
    /// Where weight rows live.
    pub weights: WeightMemory,
    /// Block RAM is scarce: the summary shares one with the program, the tile table with its fire half,
    /// scores with the sums' upper parts.
    pub shares_memory: bool,
    /// Registers around the weight memory, for cores whose lanes lie far apart: 0, or 2, one in front and one
    /// behind.
    pub fetch_stages: usize,
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
        let span = if rows > self.min_span() { rows } else { self.min_span() };
        let pass = self.group_neurons() + 1 + span + self.tile_switch() + timing::PASS_BOUND;
        self.passes * self.spike_groups * pass + timing::SAMPLE_BOUND + self.lanes
    }

    /// `D`: least distance of two passes of one tile, in cycles: a potential or partial sum is written
    /// before it is read.
    pub const fn min_span(&self) -> usize {
        timing::MIN_SPAN + self.leak_stages()
    }

    /// `E`: stages of the fire bank besides those of a multiplier with registers inside.
    pub const fn leak_stages(&self) -> usize {
        match self.mac {
            MacStyle::Mac16 | MacStyle::Inferred => 0,
            MacStyle::Gates => 2,
        }
    }

    /// Block RAM is slow beside logic: 5.8 ns from clock to output on an ECP5, of 11 in a cycle at 90 MHz. What
    /// a cycle computes with is kept out of it, or read a cycle sooner.
    pub const fn slow_memory(&self) -> bool {
        matches!(self.mac, MacStyle::Inferred)
    }

    /// Added to a tile's rows for the distance to a pass of another tile, in cycles: the pipeline needs
    /// the fields of the last row until the next entry is loaded.
    pub const fn tile_switch(&self) -> usize {
        timing::TILE_SWITCH + self.fetch_stages + self.leak_stages()
    }

    /// 16-bit words from one weight row to the next on the host bus: those of the lanes, up to a power of
    /// two.
    pub const fn row_words(&self) -> usize {
        (self.lanes / 16).next_power_of_two()
    }

    /// Whether a busy core has room for the host's spikes: its writer has words in no two cycles in a row.
    pub const fn takes_spikes_while_busy(&self) -> bool {
        self.fire_units < 16
    }

    /// Shift rows of a full tile.
    pub const fn tile_rows(&self) -> usize {
        self.lanes / self.fire_units
    }
}

const _: () = {
    let mut k = 0;
    while k < PRESETS.len() {
        assert!(PRESETS[k].spec().cycle_bound() < bus::WATCHDOG, "the watchdog lets a sample end");
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
                gangs: 2,
                mac: MacStyle::Inferred,
                weights: WeightMemory::Block,
                shares_memory: false,
                fetch_stages: 0,
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
                gangs: 1,
                mac: MacStyle::Mac16,
                weights: WeightMemory::Spram,
                shares_memory: false,
                fetch_stages: 0,
            },
            Preset::Up5kF2 => CoreSpec { preset: self, fire_units: 2, ..Preset::Up5k.spec() },
            Preset::Hx8k => CoreSpec {
                preset: self,
                lanes: 96,
                count_bits: 10,
                fire_units: 1,
                width_bits: 16,
                sum_bits: 24,
                group_words: 2,
                weight_groups: 32,
                spike_groups: 128,
                param_rows: 256,
                state_rows: 256,
                tiles: 16,
                passes: 128,
                gangs: 1,
                mac: MacStyle::Gates,
                weights: WeightMemory::Block,
                shares_memory: true,
                fetch_stages: 0,
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
                gangs: 1,
                mac: MacStyle::Inferred,
                weights: WeightMemory::Block,
                shares_memory: false,
                fetch_stages: 0,
            },
            Preset::Ecp5_25F4 => {
                CoreSpec { preset: self, fire_units: 4, state_rows: 128, ..Preset::Ecp5_25.spec() }
            }
            Preset::Ecp5_85 => CoreSpec {
                preset: self,
                lanes: 1024,
                count_bits: 11,
                fire_units: 16,
                width_bits: 16,
                sum_bits: 24,
                group_words: 4,
                weight_groups: 32,
                spike_groups: 256,
                param_rows: 256,
                state_rows: 128,
                tiles: 64,
                passes: 256,
                gangs: 8,
                mac: MacStyle::Inferred,
                weights: WeightMemory::Block,
                shares_memory: false,
                fetch_stages: 2,
            },
        }
    }

    /// The number a core answers when asked which preset it is.
    pub const fn id(self) -> u16 {
        match self {
            Preset::Tiny => 1,
            Preset::Up5k => 2,
            Preset::Ecp5_25 => 3,
            Preset::Ecp5_85 => 4,
            Preset::Hx8k => 5,
            Preset::Up5kF2 => 6,
            Preset::Ecp5_25F4 => 7,
        }
    }

    /// The name used on the command line and in files.
    pub const fn name(self) -> &'static str {
        match self {
            Preset::Tiny => "tiny",
            Preset::Up5k => "up5k",
            Preset::Up5kF2 => "up5k_f2",
            Preset::Hx8k => "hx8k",
            Preset::Ecp5_25 => "ecp5_25",
            Preset::Ecp5_25F4 => "ecp5_25_f4",
            Preset::Ecp5_85 => "ecp5_85",
        }
    }
}

impl Preset {
    /// The preset that differs from this one in its fire units alone.
    ///
    /// # Errors
    /// There is no such preset; the text lists the counts there are, each with its preset.
    pub fn with_fire_units(self, units: usize) -> Result<Self, String> {
        let own = self.spec();
        let alike = |p: &Preset| {
            let spec = p.spec();
            (spec.lanes, spec.weights, spec.mac) == (own.lanes, own.weights, own.mac)
        };
        let known: Vec<Preset> = PRESETS.into_iter().filter(alike).collect();
        known.iter().copied().find(|p| p.spec().fire_units == units).ok_or_else(|| {
            let there: Vec<_> =
                known.iter().map(|p| format!("{} ({p})", p.spec().fire_units)).collect();
            there.join(" or ")
        })
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
