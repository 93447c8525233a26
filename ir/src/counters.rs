//! What a core counts in a sample, besides its cycles and events.

use crate::{CoreSpec, layout::bus};
use serde::{Deserialize, Serialize};

/// Counts of one sample, or of a tick of a stream, as the status words give them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Counters {
    /// Rows that entered the fire units, one a cycle: their busy cycles, modulo 2^16.
    pub rows: u16,
    /// Cycles in which an event waited until the counts before it were out of the way, modulo 2^16.
    pub stalls: u16,
    /// For each row the events that its lanes counted, modulo 2^24; none of an identity.
    pub operations: u32,
    /// Rows in which a potential did not fit 16 bits, 255 for more. Lanes behind a tile's last neuron
    /// count too: they take every event for one of weight −1.
    pub saturated: u8,
}

impl Counters {
    /// From exact counts.
    pub fn new(rows: u64, stalls: u64, operations: u64, saturated: u64) -> Self {
        Self {
            rows: rows as u16,
            stalls: stalls as u16,
            operations: operations as u32 & ((1 << bus::COUNTER_BITS) - 1),
            saturated: saturated.min(u8::MAX.into()) as u8,
        }
    }

    /// From status words, given by their numbers.
    pub fn read<E>(mut word: impl FnMut(u32) -> Result<u16, E>) -> Result<Self, E> {
        let (rows, stalls) = (word(bus::ROWS)?, word(bus::STALLS)?);
        let (low, high) = (word(bus::OPERATIONS_LOW)?, word(bus::OPERATIONS_HIGH)?);
        let operations = u32::from(low) | (u32::from(high) & 0xff) << 16;
        Ok(Self { rows, stalls, operations, saturated: (high >> 8) as u8 })
    }

    /// Synaptic operations: of all lanes of the rows, those that serve no neuron included.
    pub fn synaptic(&self, spec: &CoreSpec) -> u64 {
        u64::from(self.operations) * spec.fire_units as u64
    }

    /// All of them with their names, to compare and to print.
    pub fn named(&self) -> [(&'static str, i64); 4] {
        [
            ("rows of the fire units", self.rows.into()),
            ("stalls", self.stalls.into()),
            ("operations", self.operations.into()),
            ("saturated rows", self.saturated.into()),
        ]
    }
}
