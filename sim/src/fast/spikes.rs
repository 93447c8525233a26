//! The spike memory as groups: bit `16w + i` of a group is bit `i` of its word `w`. A word is 0 where its
//! bit of the summary is.

use super::machine::SLOT;
use crate::cycle::{Memory, TileEntry};
use spikewright_ir::{CoreImage, InputTrain};

/// All groups.
#[derive(Clone)]
pub struct Spikes {
    groups: Vec<u64>,
}

impl Spikes {
    /// All silent.
    pub fn new(groups: usize) -> Self {
        Self { groups: vec![0; groups] }
    }

    /// No spikes anywhere.
    pub fn silence(&mut self) {
        self.groups.fill(0);
    }

    /// A group, modulo their number.
    pub fn group(&self, group: u8) -> u64 {
        self.groups[usize::from(group) & (self.groups.len() - 1)]
    }

    /// The input as the host loads it: tick t from group `first` + t · stride on, plane after plane.
    pub fn load(&mut self, input: &InputTrain, first: u8, image: &CoreImage) {
        let bits = image.preset.spec().group_neurons();
        for (q, plane) in input.planes.iter().enumerate() {
            for tick in 0..input.ticks() {
                let base = usize::from(first) + tick * image.stride + q * image.input_groups;
                if image.input_places.is_empty() {
                    self.load_plane(plane.tick(tick).words(), base, image.input_groups, bits);
                } else {
                    let placed = image.placed_input(plane.tick(tick));
                    self.load_plane(placed.words(), base, image.input_groups, bits);
                }
            }
        }
    }

    /// Bits of a plane, 64 to a word, into groups of `bits` bits.
    fn load_plane(&mut self, words: &[u64], base: usize, groups: usize, bits: usize) {
        let (all, mask) = (self.groups.len() - 1, u64::MAX >> (64 - bits));
        for k in 0..groups {
            let word = words.get(k * bits / 64).copied().unwrap_or(0);
            self.groups[(base + k) & all] = word >> (k * bits % 64) & mask;
        }
    }

    /// What the writer makes of a pass of `tile`: the spikes of its slots, pooled, from group `target` on.
    pub fn write(&mut self, tile: &TileEntry, target: u8, slots: &[u16], memory: &Memory) {
        let Some(pool) = tile.pool() else { return };
        let words = memory.spec.group_words;
        let all = self.groups.len() - 1;
        for (k, pooled) in slots.chunks_exact(pool).enumerate() {
            let spikes = pooled.iter().fold(0, |any, s| any | s) & !u16::from(tile.blank);
            let word = usize::from(tile.target_word) + k;
            let group = &mut self.groups[(usize::from(target) + word / words) & all];
            let lsb = word % words * SLOT;
            *group = *group & !(0xffff << lsb) | u64::from(spikes) << lsb;
        }
    }
}
