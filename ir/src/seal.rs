//! The sum that a core keeps over what it is told, and by which an image is sealed (`docs/core.md`,
//! section 5).

use crate::{Preset, layout::bus};

/// Feedback of the sum, as it stands in the datasheet.
pub const SEAL_POLY: u16 = 0x1021;

/// The sum over a core's writes since its last seal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealSum(u16);

impl SealSum {
    /// What a core of this preset begins with.
    pub fn new(preset: Preset) -> Self {
        Self::of_core(preset.id())
    }

    /// What a core begins with whose preset, of whatever kind, has this number.
    pub fn of_core(number: u16) -> Self {
        Self::from_word(bus::core_word(number))
    }

    /// A sum read from a core.
    pub fn from_word(word: u16) -> Self {
        Self(word)
    }

    /// The sum as a word; to seal an image is to write it.
    pub fn word(self) -> u16 {
        self.0
    }

    /// Takes a write to a full address of the host bus. Spikes, starts and seals change nothing.
    pub fn write(&mut self, address: u32, word: u16) {
        let (region, low) = (address >> bus::REGION_LSB, address as u16);
        let counts = match region {
            bus::WEIGHTS.. | bus::PARAMS | bus::PROGRAM | bus::TILES => true,
            bus::CONTROL => (bus::TICKS..=bus::READOUT).contains(&u32::from(low)),
            _ => false,
        };
        if !counts {
            return;
        }
        let feedback = if self.0 >> 15 == 1 { SEAL_POLY } else { 0 };
        self.0 = self.0 << 1 ^ feedback ^ word ^ low.rotate_left(8) ^ (region as u16) << 5;
    }
}
