//! The two extractors: B1 turns summary words into words of the bitmap, R, A and B turn those into
//! event rows. Every stage registers what it hands on.

use super::scan::Slot;

/// A word of the bitmap to be read, or the null token of an empty pass.
#[derive(Clone, Copy, Default)]
pub struct WordEntry {
    pub group: u8,
    pub weight_group: u8,
    pub word: u8,
    pub parity: bool,
    pub null: bool,
    pub flush: bool,
}

/// An event: the weight row of a spiking source, or a null token.
#[derive(Clone, Copy, Default)]
pub struct EventEntry {
    pub row: u16,
    pub parity: bool,
    pub null: bool,
    pub flush: bool,
}

/// At most one bit is set.
fn at_most_one(bits: u8) -> bool {
    bits & bits.wrapping_sub(1) == 0
}

fn clear_lowest(bits: u8) -> u8 {
    bits & bits.wrapping_sub(1)
}

/// Index of the lowest bit, 0 for none.
fn lowest(bits: u8) -> u8 {
    if bits == 0 { 0 } else { bits.trailing_zeros() as u8 }
}

/// First extractor: B1.
#[derive(Clone, Default)]
pub struct First {
    /// Nibble left to push, and what it belongs to (its `word` is not used).
    b1: Option<(u8, WordEntry)>,
    /// The pass has given a word already.
    any: bool,
}

impl First {
    /// B1 takes from S1.
    pub fn takes(&self, fifo_full: bool) -> bool {
        self.b1.is_none_or(|(nibble, _)| at_most_one(nibble) && !fifo_full)
    }

    /// What it pushes into the word FIFO.
    pub fn push(&self, fifo_full: bool) -> Option<WordEntry> {
        match self.b1 {
            Some((nibble, entry)) if !fifo_full => {
                Some(WordEntry { word: lowest(nibble), ..entry })
            }
            _ => None,
        }
    }

    /// End of the cycle.
    pub fn clock(&mut self, fifo_full: bool, s1: Option<Slot>) {
        if self.takes(fifo_full) {
            self.b1 = s1.and_then(|slot| {
                let words = slot.summary & slot.words;
                let nz = words != 0 && !slot.flush;
                let valid = nz || slot.flush || (slot.last && !self.any);
                self.any = !slot.last && (self.any || nz);
                let entry = WordEntry {
                    group: slot.group,
                    weight_group: slot.weight_group,
                    word: 0,
                    parity: slot.parity,
                    null: !nz,
                    flush: slot.flush,
                };
                valid.then_some((if nz { words } else { 0 }, entry))
            });
        } else if let Some((nibble, _)) = &mut self.b1
            && !fifo_full
        {
            *nibble = clear_lowest(*nibble);
        }
    }
}

/// Second extractor: R, A and B.
#[derive(Clone, Default)]
pub struct Second {
    /// Popped entry with the bitmap word that stands at the memory's output.
    r: Option<(u16, WordEntry)>,
    /// Word, flags of its nibbles left, entry.
    a: Option<(u16, u8, WordEntry)>,
    /// Nibble left, its index, entry.
    b: Option<(u8, u8, WordEntry)>,
}

impl Second {
    fn b_takes(&self, fifo_full: bool) -> bool {
        self.b.is_none_or(|(nibble, ..)| at_most_one(nibble) && !fifo_full)
    }

    fn a_takes(&self, fifo_full: bool) -> bool {
        self.a.is_none_or(|(_, flags, _)| at_most_one(flags) && self.b_takes(fifo_full))
    }

    /// R takes the head of the word FIFO, if there is one.
    pub fn r_advances(&self, fifo_full: bool) -> bool {
        self.r.is_none() || self.a_takes(fifo_full)
    }

    /// What it pushes into the event FIFO; `group_words` is `G`.
    pub fn push(&self, fifo_full: bool, group_words: usize) -> Option<EventEntry> {
        let (nibble, n, entry) = self.b?;
        let words = u16::from(entry.weight_group) * group_words as u16 + u16::from(entry.word);
        (!fifo_full).then_some(EventEntry {
            row: words * 16 + u16::from(4 * n + lowest(nibble)),
            parity: entry.parity,
            null: entry.null,
            flush: entry.flush,
        })
    }

    /// End of the cycle; `popped` is the word FIFO's head and its bitmap word, when R takes it.
    pub fn clock(&mut self, fifo_full: bool, popped: Option<(u16, WordEntry)>) {
        let (b_takes, a_takes, r_advances) =
            (self.b_takes(fifo_full), self.a_takes(fifo_full), self.r_advances(fifo_full));
        if b_takes {
            self.b = self.a.map(|(word, flags, entry)| {
                let n = lowest(flags);
                let nibble = if entry.null { 0 } else { (word >> (4 * n) & 15) as u8 };
                (nibble, n, entry)
            });
        } else if let Some((nibble, ..)) = &mut self.b
            && !fifo_full
        {
            *nibble = clear_lowest(*nibble);
        }
        if a_takes {
            self.a = self.r.map(|(word, entry)| {
                let flags = (0..4).map(|n| u8::from(word >> (4 * n) & 15 != 0) << n).sum();
                (word, if entry.null { 0 } else { flags }, entry)
            });
        } else if let Some((_, flags, _)) = &mut self.a
            && b_takes
        {
            *flags = clear_lowest(*flags);
        }
        if r_advances {
            self.r = popped;
        }
    }
}
