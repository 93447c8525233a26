//! Where the neurons of a population stand in its spike groups.

use crate::choose::SLOT;
use spikewright_ir::{BitVec, CoreSpec, Shape};

/// A population's place for each of its neurons, in bits from its first group on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Layout {
    /// Neuron j in bit j.
    Flat(usize),
    /// Row by row.
    Map(Map),
}

/// A map row by row, a row in whole groups; a word holds a patch of positions and as many channels as
/// fit. What windows see past the first and last row are blank rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Map {
    pub shape: Shape,
    /// Rows and columns of a patch.
    pub patch: [usize; 2],
    /// Channels of a word.
    pub channels: usize,
    /// Bit of the first of them.
    pub first_bit: usize,
    /// Blank rows of patches before and behind the map.
    pub above: usize,
    pub below: usize,
    /// `G`.
    pub group_words: usize,
}

/// Positions in a word of an input with few channels.
const PATCHES: [[usize; 2]; 5] = [[4, 4], [2, 4], [2, 2], [1, 2], [1, 1]];

impl Map {
    /// Of the spikes of windowed tiles: bit 0 of a word is the slot's counter.
    pub fn of_tiles(shape: Shape, spec: &CoreSpec) -> Self {
        Self::new(shape, [1, 1], SLOT - 1, 1, spec)
    }

    /// Of an input.
    pub fn of_input(shape: Shape, spec: &CoreSpec) -> Self {
        let fits = |[h, w]: &[usize; 2]| h * w * shape.channels <= 16;
        let patch = PATCHES.into_iter().find(fits).unwrap_or([1, 1]);
        Self::new(shape, patch, shape.channels.min(16), 0, spec)
    }

    fn new(
        shape: Shape,
        patch: [usize; 2],
        channels: usize,
        first_bit: usize,
        spec: &CoreSpec,
    ) -> Self {
        let group_words = spec.group_words;
        Self { shape, patch, channels, first_bit, above: 0, below: 0, group_words }
    }

    /// Words of one patch: its channels, `channels` at a time.
    pub fn blocks(&self) -> usize {
        self.shape.channels.div_ceil(self.channels)
    }

    /// Words of a row of patches.
    pub fn row_words(&self) -> usize {
        self.shape.width.div_ceil(self.patch[1]) * self.blocks()
    }

    /// Groups of a row of patches.
    pub fn row_groups(&self) -> usize {
        self.row_words().div_ceil(self.group_words)
    }

    /// Rows of patches, blank ones aside.
    pub fn rows(&self) -> usize {
        self.shape.height.div_ceil(self.patch[0])
    }

    pub fn groups(&self) -> usize {
        (self.above + self.rows() + self.below) * self.row_groups()
    }

    /// First group of a row of patches.
    pub fn row_group(&self, row: usize) -> usize {
        (self.above + row) * self.row_groups()
    }

    /// Channel, row within the patch, and column of what bit `bit` of word `word` of a row shows.
    pub fn shows(&self, word: usize, bit: usize) -> Option<(usize, usize, usize)> {
        let bit = bit.checked_sub(self.first_bit)?;
        let (cell, channel) = (bit / self.channels, bit % self.channels);
        let [height, width] = self.patch;
        let (column, block) = (word / self.blocks(), word % self.blocks());
        let channel = block * self.channels + channel;
        let x = column * width + cell % width;
        let shown = cell < height * width && channel < self.shape.channels && x < self.shape.width;
        shown.then_some((channel, cell / width, x))
    }

    fn place(&self, neuron: usize) -> usize {
        let Shape { height, width, .. } = self.shape;
        let (c, y, x) = (neuron / (height * width), neuron / width % height, neuron % width);
        let [ph, pw] = self.patch;
        let word = x / pw * self.blocks() + c / self.channels;
        let cell = y % ph * pw + x % pw;
        let bit = self.first_bit + cell * self.channels + c % self.channels;
        (self.row_group(y / ph) * self.group_words + word) * 16 + bit
    }
}

impl Layout {
    pub fn neurons(&self) -> usize {
        match self {
            Layout::Flat(neurons) => *neurons,
            Layout::Map(map) => map.shape.len(),
        }
    }

    pub fn groups(&self, spec: &CoreSpec) -> usize {
        match self {
            Layout::Flat(neurons) => neurons.div_ceil(spec.group_neurons()),
            Layout::Map(map) => map.groups(),
        }
    }

    /// Bit of neuron `j`.
    pub fn place(&self, j: usize) -> usize {
        match self {
            Layout::Flat(_) => j,
            Layout::Map(map) => map.place(j),
        }
    }

    /// Parts of whole groups that a pass can count: first group, groups and neurons of each, at most
    /// `most` neurons in at most `groups` groups. A group holds no more than `most`.
    pub fn parts(&self, most: usize, groups: usize, spec: &CoreSpec) -> Vec<(usize, usize, usize)> {
        let mut taken = BitVec::zeros(self.groups(spec) * spec.group_neurons());
        (0..self.neurons()).for_each(|j| taken.set(self.place(j), true));
        let mut out: Vec<(usize, usize, usize)> = Vec::new();
        for group in 0..self.groups(spec) {
            let first = group * spec.group_neurons();
            let here = (first..first + spec.group_neurons()).filter(|&k| taken.get(k)).count();
            match out.last_mut() {
                Some((_, n, sum)) if *sum + here <= most && *n < groups => {
                    *n += 1;
                    *sum += here;
                }
                _ => out.push((group, 1, here)),
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use spikewright_ir::Preset;

    #[test]
    fn what_a_bit_shows_is_what_is_placed_there() {
        let spec = Preset::Up5k.spec();
        for (channels, height, width) in [(1, 7, 9), (2, 5, 5), (3, 4, 6), (17, 3, 3), (40, 2, 5)] {
            let shape = Shape { channels, height, width };
            for mut map in [Map::of_input(shape, &spec), Map::of_tiles(shape, &spec)] {
                (map.above, map.below) = (1, 2);
                let mut seen = BitVec::zeros(map.groups() * spec.group_neurons());
                for neuron in 0..shape.len() {
                    let place = map.place(neuron);
                    assert!(!seen.get(place), "{map:?}: {neuron} stands where another does");
                    seen.set(place, true);
                    let group = place / spec.group_neurons();
                    let row = group / map.row_groups() - map.above;
                    let word = place / 16 - map.row_group(row) * spec.group_words;
                    let (c, dy, x) = map.shows(word, place % 16).expect("a neuron");
                    let y = row * map.patch[0] + dy;
                    assert_eq!((c * height + y) * width + x, neuron, "{map:?}");
                }
            }
        }
    }
}
