//! Writer: gathers spike bits to words (F7), writes the bitmap (F8), then the summary (F9).

use super::{fire::FireRow, memory::Memory, spikes::Spikes};

/// A complete word in F8.
#[derive(Clone, Copy)]
struct Word {
    group: u8,
    word: u8,
    bits: u16,
    /// Last of the pass.
    end: bool,
}

/// A complete group in F9.
#[derive(Clone, Copy)]
struct Group {
    group: u8,
    summary: u8,
    end: bool,
}

/// Registers of the writer.
#[derive(Clone, Default)]
pub struct Writer {
    gather: u16,
    f8: Option<Word>,
    /// Words of the group so far that are not 0.
    summary: u8,
    f9: Option<Group>,
}

impl Writer {
    /// Pass done, high in F9.
    pub fn pass_done(&self) -> bool {
        self.f9.is_some_and(|group| group.end)
    }

    /// End of the cycle.
    pub fn clock(&mut self, f7: Option<&FireRow>, memory: &Memory, spikes: &mut Spikes) {
        if let Some(group) = self.f9.take() {
            spikes.write_summary(group.group, group.summary);
        }
        if let Some(word) = self.f8.take() {
            spikes.write_word(word.group, word.word, word.bits);
            self.summary |= u8::from(word.bits != 0) << word.word;
            if word.end || usize::from(word.word) + 1 == memory.spec.group_words {
                let Word { group, end, .. } = word;
                self.f9 = Some(Group { group, summary: self.summary, end });
                self.summary = 0;
            }
        }
        if let Some(row) = f7 {
            self.gather(row, memory);
        }
    }

    fn gather(&mut self, row: &FireRow, memory: &Memory) {
        let lane = usize::from(row.row) * memory.spec.fire_units;
        let bits = if lane.is_multiple_of(16) { 0 } else { self.gather };
        self.gather = bits | row.s << (lane % 16);
        if lane % 16 + memory.spec.fire_units == 16 {
            let entry = &memory.fire[usize::from(row.pass.tile)];
            let word = lane / 16;
            let group = usize::from(entry.target_group)
                + usize::from(entry.target_stride) * usize::from(row.pass.tick)
                + word / memory.spec.group_words;
            self.f8 = Some(Word {
                group: group as u8,
                word: (word % memory.spec.group_words) as u8,
                bits: self.gather,
                end: row.end,
            });
        }
    }
}
