//! What a pass reads: its events, and the words and groups they come in.

use super::{machine::SLOT, schedule::Entry, spikes::Spikes};

/// A word of the spike memory that is not 0, as the extractors see it.
#[derive(Clone, Copy, Debug)]
pub struct Word {
    /// Its events.
    pub count: u8,
    /// Those that are not in its last nibble with any.
    pub before: u8,
}

/// What passes that read the same groups find there.
#[derive(Clone, Default)]
pub struct Scan {
    /// Weight rows of the events, counted from the first row of the pass.
    pub rows: Vec<u32>,
    /// Words of each group, entry after entry.
    pub groups: Vec<u8>,
    /// Groups of each entry.
    pub entries: Vec<u16>,
    /// Words of all groups.
    pub words: Vec<Word>,
}

impl Scan {
    /// Reads the groups of a pass, `from` further on than its entries say; a group has `bits` bits.
    pub fn read(&mut self, entries: &[Entry], from: u8, spikes: &Spikes, bits: u32) {
        self.rows.clear();
        self.groups.clear();
        self.entries.clear();
        self.words.clear();
        let least = Entry::first_row(entries);
        for entry in entries {
            let first = entry.group.wrapping_add(from);
            self.entries.push(entry.groups);
            let mut row = entry.row - least;
            for k in 0..entry.groups {
                self.group(spikes.group(first.wrapping_add(k as u8)) & entry.mask, row);
                row += bits;
            }
        }
    }

    fn group(&mut self, spikes: u64, row: u32) {
        let before = self.words.len();
        let mut left = spikes;
        while left != 0 {
            let lsb = left.trailing_zeros() & !(SLOT as u32 - 1);
            let word = (left >> lsb) as u16;
            left &= !(0xffff << lsb);
            let last = word >> ((SLOT as u32 - 1 - word.leading_zeros()) & !3);
            let count = word.count_ones();
            let before = count - last.count_ones();
            self.words.push(Word { count: count as u8, before: before as u8 });
        }
        self.groups.push((self.words.len() - before) as u8);
        let mut left = spikes;
        while left != 0 {
            self.rows.push(row + left.trailing_zeros());
            left &= left - 1;
        }
    }
}
