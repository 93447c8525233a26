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
    /// Spike groups from tick 0 to that of the row in F7.
    offset: u8,
}

impl Writer {
    /// The word that was gathered last.
    pub fn last_word(&self) -> u16 {
        self.gather
    }

    /// Pass done, high in F9.
    pub fn pass_done(&self) -> bool {
        self.f9.is_some_and(|group| group.end)
    }

    /// End of the cycle; `go` says whether the start resumes a stream.
    pub fn clock(
        &mut self,
        go: Option<bool>,
        f7: Option<&FireRow>,
        memory: &Memory,
        spikes: &mut Spikes,
    ) {
        if go == Some(false) {
            self.offset = 0;
        }
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
            let entry = &memory.tiles[usize::from(row.pass.tile)];
            let word = lane / 16;
            let within = (word / memory.spec.group_words) as u8;
            self.f8 = Some(Word {
                group: entry.target_group.wrapping_add(self.offset).wrapping_add(within),
                word: (word % memory.spec.group_words) as u8,
                bits: self.gather,
                end: row.end,
            });
        }
        if row.end && row.pass.turns {
            self.offset = self.offset.wrapping_add(memory.control.stride);
        }
    }
}
