//! The spike memory: the bitmap and its summary, one bit per word of a group that is not 0.

use spikewright_ir::{CoreSpec, InputTrain};

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

    /// The input as the host loads it from group 0 on, `groups` a tick and plane; all else silent,
    /// so that a run does not depend on the one before.
    pub fn load(&mut self, input: &InputTrain, groups: usize) {
        self.bitmap.fill(0);
        self.summary.fill(0);
        let planes = input.planes.len();
        for slot in 0..input.ticks() * planes {
            let spikes = input.planes[slot % planes].tick(slot / planes);
            for k in 0..groups * self.group_words {
                let (group, word) = (slot * groups + k / self.group_words, k % self.group_words);
                let bits = spikes.word16(k);
                self.bitmap[group * self.group_words + word] = bits;
                self.summary[group] |= u8::from(bits != 0) << word;
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

    /// Writes a bitmap word.
    pub fn write_word(&mut self, group: u8, word: u8, bits: u16) {
        let index = self.index(group);
        self.bitmap[index * self.group_words + usize::from(word)] = bits;
    }

    /// Writes a summary word.
    pub fn write_summary(&mut self, group: u8, bits: u8) {
        let index = self.index(group);
        self.summary[index] = bits;
    }
}
