//! Single-event upsets: bits of the core's state that turn over while a sample runs.

use super::core::Core;
use serde::Serialize;
use spikewright_ir::CoreSpec;

/// A memory that changes while the core runs.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StateMemory {
    /// Potentials, 16 bits each: row after row, in each unit after unit.
    Potentials,
    /// Scores, 8 bits each, in the order of the potentials.
    Scores,
    /// Words of the spike memory, 16 bits each.
    Bitmap,
    /// A bit per word of the spike memory.
    Summary,
}

impl StateMemory {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Potentials, Self::Scores, Self::Bitmap, Self::Summary];

    /// Bits that a core of `spec` has of it.
    pub fn bits(self, spec: &CoreSpec) -> usize {
        let (neurons, words) =
            (spec.state_rows * spec.fire_units, spec.spike_groups * spec.group_words);
        match self {
            Self::Potentials => 16 * neurons,
            Self::Scores => 8 * neurons,
            Self::Bitmap => 16 * words,
            Self::Summary => words,
        }
    }
}

/// One bit, turned over once.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Upset {
    /// Before what this cycle does; counted from the core's cycle 0.
    pub cycle: u64,
    /// The memory.
    pub memory: StateMemory,
    /// Bit of the memory, below [`StateMemory::bits`]; word after word, the lowest bit of a word first.
    pub bit: usize,
}

impl Core {
    /// Turns a bit over.
    pub fn upset(&mut self, upset: &Upset) {
        match upset.memory {
            StateMemory::Potentials => self.fire.flip_potential(upset.bit / 16, upset.bit % 16),
            StateMemory::Scores => self.fire.flip_score(upset.bit / 8, upset.bit % 8),
            StateMemory::Bitmap => self.spikes.flip_word(upset.bit / 16, upset.bit % 16),
            StateMemory::Summary => self.spikes.flip_summary(upset.bit),
        }
    }
}
