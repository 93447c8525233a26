//! The spike memory: the bitmap and its summary, one bit per word of a group that is not 0.

use spikewright_ir::{CoreImage, CoreSpec, InputTrain};

/// Bitmap and summary.
#[derive(Clone)]
pub struct Spikes {
    bitmap: Vec<u16>,
    summary: Vec<u8>,
    group_words: usize,
}

impl Spikes {
    /// All silent.
    pub fn new(spec: &CoreSpec) -> Self {
        Self {
            bitmap: vec![0; spec.spike_groups * spec.group_words],
            summary: vec![0; spec.spike_groups],
            group_words: spec.group_words,
        }
    }

    /// No spikes anywhere, so that a run does not depend on the one before.
    pub fn silence(&mut self) {
        self.bitmap.fill(0);
        self.summary.fill(0);
    }

    /// The input as the host loads it: tick t from group `first` + t · stride on, in each the words of
    /// all planes.
    pub fn load(&mut self, input: &InputTrain, first: u8, image: &CoreImage) {
        for (tick, plane) in
            (0..input.ticks()).flat_map(|t| (0..input.planes.len()).map(move |q| (t, q)))
        {
            let bits = image.placed_input(input.planes[plane].tick(tick));
            let base = usize::from(first) + tick * image.stride + plane * image.input_groups;
            for k in 0..image.input_groups * self.group_words {
                let group = (base + k / self.group_words) as u8;
                self.write_word(group, (k % self.group_words) as u8, bits.word16(k));
            }
        }
    }

    fn index(&self, group: u8) -> usize {
        usize::from(group) & (self.summary.len() - 1)
    }

    /// Summary word of a group.
    pub fn summary(&self, group: u8) -> u8 {
        self.summary[self.index(group)]
    }

    /// Bitmap word `word` of a group.
    pub fn word(&self, group: u8, word: u8) -> u16 {
        self.bitmap[self.index(group) * self.group_words + usize::from(word)]
    }

    /// Turns a bit of a word over, and not its summary bit.
    pub fn flip_word(&mut self, word: usize, bit: usize) {
        self.bitmap[word] ^= 1 << bit;
    }

    /// Turns the summary bit of a word over.
    pub fn flip_summary(&mut self, word: usize) {
        self.summary[word / self.group_words] ^= 1 << (word % self.group_words);
    }

    /// Writes the word at an address of the host bus.
    pub fn write_address(&mut self, address: u32, bits: u16) {
        let group = address as usize / self.group_words;
        self.write_word(group as u8, (address as usize % self.group_words) as u8, bits);
    }

    /// Writes a bitmap word and its bit of the summary.
    pub fn write_word(&mut self, group: u8, word: u8, bits: u16) {
        let index = self.index(group);
        self.bitmap[index * self.group_words + usize::from(word)] = bits;
        let others = self.summary[index] & !(1 << word);
        self.summary[index] = others | u8::from(bits != 0) << word;
    }
}
