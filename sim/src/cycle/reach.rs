//! How many neurons an event of a tile reaches, which is its number of synaptic operations.

use super::memory::Memory;

/// Of one tile.
pub struct Reach {
    /// Slots that have windows of their own; one slot without a window in a tile of another kind.
    slots: usize,
    windowed: bool,
    /// `round · slots + slot`
    neurons: Vec<u64>,
}

impl Reach {
    /// Every event reaches all `neurons` of the tile.
    pub fn all(neurons: usize) -> Self {
        Self { slots: 1, windowed: false, neurons: vec![neurons as u64] }
    }

    /// Lanes of a windowed tile, round after round, `slots` slots of 16 in each.
    pub fn windowed(lanes: &[Option<u32>], slots: usize) -> Self {
        let neurons = lanes.chunks(16).map(|slot| slot.iter().flatten().count() as u64).collect();
        Self { slots, windowed: true, neurons }
    }

    /// Neurons of each slot in a round; none of a tile whose events reach all.
    pub fn windows(&self, round: u8) -> Option<&[u64]> {
        self.windowed.then(|| &self.neurons[usize::from(round) * self.slots..][..self.slots])
    }

    /// Neurons that an event with weight row `row` reaches in a round.
    pub fn of(&self, round: u8, row: usize, memory: &Memory) -> u64 {
        let neurons = &self.neurons[usize::from(round) * self.slots..][..self.slots];
        let words = memory.weight_row(row);
        let inside = |slot: usize| words[slot / 4] >> (slot % 4 * 16) & 1 == 1;
        let reached =
            neurons.iter().enumerate().filter(|&(slot, _)| !self.windowed || inside(slot));
        reached.map(|(_, n)| n).sum()
    }
}
