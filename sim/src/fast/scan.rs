//! What a pass reads: its events, and the words and groups they come in.

use super::{machine::SLOT, schedule::Entry, spikes::Spikes};
use std::hint::select_unpredictable as select;

/// A word of the spike memory that is not 0, as the extractors see it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Word {
    /// Its events.
    pub count: u8,
    /// Those that are not in its last nibble with any.
    pub before: u8,
    /// Groups from that of the word before to its own; from the entry's first, its own included, of the
    /// first word.
    pub groups: u8,
}

/// What passes that read the same groups find there.
#[derive(Clone, Default)]
pub struct Scan {
    /// Weight rows of the events, counted from the first row of the pass; and room behind them.
    rows: Vec<u32>,
    events: usize,
    /// Words that are not 0, and room behind them.
    words: Vec<Word>,
    count: usize,
    /// Groups behind that of the last word.
    pub rest: u8,
    /// Words of each group, entry after entry.
    pub groups: Vec<u8>,
    /// Groups of each entry.
    pub entries: Vec<u16>,
}

/// Words of a group, those that a core does not have included.
const WORDS: usize = u64::BITS as usize / SLOT;
/// Rows that are written at once, of a group with fewer events some for nothing: that is faster than to guess
/// how many there are.
const STEP: usize = 8;

impl Scan {
    /// Weight rows of the events, counted from the first row of the pass.
    pub fn rows(&self) -> &[u32] {
        &self.rows[..self.events]
    }

    /// Words that are not 0, in all groups.
    pub fn words(&self) -> &[Word] {
        &self.words[..self.count]
    }

    /// Reads the groups of a pass, `from` further on than its entries say; a group has `bits` bits.
    #[inline(always)]
    pub fn read(&mut self, entries: &[Entry], from: u8, spikes: &Spikes, bits: u32) {
        (self.events, self.count, self.rest) = (0, 0, 0);
        self.groups.clear();
        self.entries.clear();
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

    #[inline(always)]
    fn group(&mut self, spikes: u64, row: u32) {
        self.rest = self.rest.wrapping_add(1);
        if spikes == 0 {
            self.groups.push(0);
            return;
        }
        let before = self.count;
        if self.words.len() < before + WORDS {
            self.words.resize(2 * before + WORDS, Word::default());
        }
        for k in 0..WORDS {
            let word = (spikes >> (SLOT * k)) as u16;
            // All but the highest nibble with a spike; of no word, anything.
            let highest = (SLOT as u32 - 1).wrapping_sub(word.leading_zeros()) & !3 & 15;
            let last = (word >> highest).count_ones();
            let count = word.count_ones();
            let before = count.wrapping_sub(last) as u8;
            self.words[self.count] = Word { count: count as u8, before, groups: self.rest };
            self.count += usize::from(word != 0);
            self.rest = select(word != 0, 0, self.rest);
        }
        self.groups.push((self.count - before) as u8);
        self.push_rows(row, spikes);
    }

    #[inline(always)]
    fn push_rows(&mut self, row: u32, spikes: u64) {
        let (first, count) = (self.events, spikes.count_ones() as usize);
        self.events += count;
        if self.rows.len() < self.events + STEP {
            self.rows.resize(2 * self.events + STEP, 0);
        }
        let mut left = spikes;
        for block in self.rows[first..].chunks_exact_mut(STEP).take(count.div_ceil(STEP)) {
            for slot in block {
                *slot = row + left.trailing_zeros();
                left &= left.wrapping_sub(1);
            }
        }
    }
}
