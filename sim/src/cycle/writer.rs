//! Writer: gathers spike bits to words and ORs the words of a pool (F7), then writes the word and its
//! bit of the summary (F8).

use super::{fire::FireRow, memory::Memory, slot::Start, spikes::Spikes};

/// A complete word in F8.
#[derive(Clone, Copy)]
struct Word {
    group: u8,
    word: u8,
    bits: u16,
}

/// Registers of the writer.
#[derive(Clone, Default)]
pub struct Writer {
    /// The slot's spikes.
    gather: u16,
    /// Those of the pool's slots so far.
    pooled: u16,
    f8: Option<Word>,
    /// The pass's last row is in F8.
    pass_done: bool,
    /// Spike groups from tick 0 to that of the row in F7.
    offset: u8,
}

impl Writer {
    /// Spikes of the slot that was gathered last, pooled or not.
    pub fn last_word(&self) -> u16 {
        self.gather
    }

    /// A word is written in this cycle: one of the host waits.
    pub fn occupied(&self) -> bool {
        self.f8.is_some()
    }

    /// Pass done, high in F8.
    pub fn pass_done(&self) -> bool {
        self.pass_done
    }

    /// End of the cycle.
    pub fn clock(
        &mut self,
        go: Option<Start>,
        f7: Option<&FireRow>,
        memory: &Memory,
        spikes: &mut Spikes,
    ) {
        if let Some(Start::Fresh { offset }) = go {
            self.offset = offset;
        }
        if let Some(word) = self.f8.take() {
            spikes.write_word(word.group, word.word, word.bits);
        }
        self.pass_done = f7.is_some_and(|row| row.end);
        if let Some(row) = f7 {
            self.gather(row, memory);
        }
    }

    fn gather(&mut self, row: &FireRow, memory: &Memory) {
        let entry = &memory.tiles[usize::from(row.pass.tile)];
        let lane = usize::from(row.row) * memory.spec.fire_units;
        let (slot, bit) = (lane / 16, lane % 16);
        let before = if bit == 0 { 0 } else { self.gather };
        self.gather = (before | row.s << bit) & !u16::from(entry.blank);
        if bit + memory.spec.fire_units == 16
            && let Some(pool) = entry.pool()
        {
            let first = slot.is_multiple_of(pool);
            self.pooled = self.gather | if first { 0 } else { self.pooled };
            if (slot + 1).is_multiple_of(pool) {
                let word = usize::from(entry.target_word) + slot / pool;
                let within = (word / memory.spec.group_words) as u8;
                self.f8 = Some(Word {
                    group: entry.target_group.wrapping_add(self.offset).wrapping_add(within),
                    word: (word % memory.spec.group_words) as u8,
                    bits: self.pooled,
                });
            }
        }
        if row.end && row.pass.turns {
            let step = if row.pass.done { entry.target_step } else { memory.control.stride };
            self.offset = self.offset.wrapping_add(step);
        }
    }
}
