//! The writer: which words a pass leaves in the spike memory, and when it says so.

use super::{Dice, high, low};
use crate::block::Writer;
use rust_hdl::prelude::*;
use spikewright_ir::{Preset, layout::tile};
use std::collections::VecDeque;

const UNITS: usize = 4;
/// Rows of a slot.
const SLOT: usize = 16 / UNITS;
/// Spike groups from tick to tick.
const STRIDE: u64 = 7;

/// Fields of a tile.
#[derive(Clone, Copy, Debug)]
struct Tile {
    slots: usize,
    blank: bool,
    pool: usize,
    group: u64,
    word: u64,
    step: u64,
}

impl Tile {
    fn random(dice: &mut Dice) -> Self {
        let slots = 1 + dice.below(4) as usize;
        Self {
            slots,
            blank: dice.chance(50),
            pool: if dice.chance(20) { tile::SILENT + 1 } else { 1 + dice.below(4) as usize },
            group: dice.below(256),
            word: dice.below(4),
            step: dice.below(256),
        }
    }

    /// (group, word, bits) of each word that a pass with these spikes writes.
    fn words(&self, offset: u64, spikes: &[u64]) -> Vec<(u64, u64, u64)> {
        let mask = if self.blank { 0xFFFE } else { 0xFFFF };
        let whole = spikes.chunks_exact(self.pool).filter(|_| self.pool <= self.slots);
        whole
            .enumerate()
            .map(|(k, slots)| {
                let place = self.word + k as u64;
                let bits = slots.iter().fold(0, |word, slot| word | slot & mask);
                ((self.group + offset + place / 4) % 256, place % 4, bits)
            })
            .collect()
    }
}

struct Bench {
    block: Writer<UNITS>,
    words: Vec<(u64, u64, u64)>,
    done: usize,
    /// Words of the host, address and bits: the first waits. Those written, and cycles waited.
    host: VecDeque<(u64, u64)>,
    host_words: Vec<(u64, u64, u64)>,
    waited: usize,
}

impl Bench {
    fn new() -> Self {
        let mut block = Writer::new(&Preset::Up5k.spec());
        block.connect_all();
        Self { block, words: vec![], done: 0, host: VecDeque::new(), host_words: vec![], waited: 0 }
    }

    fn cycle(&mut self) {
        let block = &mut self.block;
        block.host_write.next = !self.host.is_empty();
        let (address, word) = self.host.front().copied().unwrap_or((0, 0));
        block.host_address.next = address.to_bits();
        block.host_data.next = word.to_bits();
        low!(*block);
        if block.word_write.val() {
            let own = block.occupied.val();
            let words = if own { &mut self.words } else { &mut self.host_words };
            words.push((
                block.word_group.val().index() as u64,
                block.word_index.val().index() as u64,
                block.word_data.val().index() as u64,
            ));
        }
        if block.occupied.val() {
            self.waited += usize::from(!self.host.is_empty());
        } else {
            self.host.pop_front();
        }
        self.done += usize::from(block.pass_done.val());
        high!(*block);
        block.go.next = false;
        block.row_valid.next = false;
        block.target_load.next = false;
    }

    fn load(&mut self, tile: &Tile) {
        let block = &mut self.block;
        block.blank.next = tile.blank;
        block.pool_m1.next = (tile.pool as u64 - 1).to_bits();
        block.target_word.next = tile.word.to_bits();
        block.target_load.next = true;
        self.cycle();
        self.block.target_group.next = tile.group.to_bits();
        self.block.target_step.next = tile.step.to_bits();
        (0..3).for_each(|_| self.cycle());
    }

    /// Rows of a pass, one in a cycle; what it writes, and whether the pass is done one cycle later.
    fn pass(&mut self, spikes: &[u64], turns: bool, last_tick: bool) -> Vec<(u64, u64, u64)> {
        let rows = spikes.len() * SLOT;
        for row in 0..rows {
            let bits = spikes[row / SLOT] >> (UNITS * (row % SLOT)) & 0xF;
            let block = &mut self.block;
            block.row_valid.next = true;
            block.row_last.next = row + 1 == rows;
            block.row_turns.next = turns;
            block.row_done.next = turns && last_tick;
            block.spikes.next = bits.to_bits();
            self.cycle();
        }
        assert_eq!(self.done, 0, "before the last row is written");
        self.cycle();
        assert_eq!(self.done, 1, "with the last word, and where there is none");
        (0..3).for_each(|_| self.cycle());
        assert_eq!(std::mem::take(&mut self.done), 1);
        std::mem::take(&mut self.words)
    }
}

/// Tiles of all shapes in loops of several ticks and rounds: words, their places and their bits are
/// those of the tile, however long the writer has run.
#[test]
fn passes_write_their_words() {
    let mut dice = Dice(3);
    let mut bench = Bench::new();
    bench.block.stride.next = STRIDE.to_bits();
    bench.block.go.next = true;
    bench.cycle();
    let (mut offset, mut pooled) = (0u64, 0);
    for n in 0..120 {
        let tile = Tile::random(&mut dice);
        bench.load(&tile);
        let (ticks, rounds) = (1 + dice.below(3), 1 + dice.below(3));
        pooled += usize::from(tile.pool > 1 && tile.pool <= tile.slots);
        for (round, tick) in (0..rounds).flat_map(|r| (0..ticks).map(move |t| (r, t))) {
            let spikes: Vec<u64> = (0..tile.slots)
                .map(|_| if dice.chance(30) { 0 } else { dice.below(1 << 16) })
                .collect();
            let got = bench.pass(&spikes, true, tick + 1 == ticks);
            let want = tile.words(offset, &spikes);
            assert_eq!(got, want, "tile {n}, round {round}, tick {tick}: {tile:?}");
            offset += if tick + 1 == ticks { tile.step } else { STRIDE };
        }
    }
    assert!(pooled > 10, "{pooled}");
}

/// The host's words go where they are addressed, in any order, while passes write theirs, and change
/// nothing of those.
#[test]
fn host_words_go_to_their_addresses() {
    let mut dice = Dice(4);
    let mut bench = Bench::new();
    let tile = Tile { slots: 4, blank: false, pool: 1, group: 9, word: 1, step: 0 };
    bench.load(&tile);
    let host: Vec<_> = (0..600).map(|_| (dice.below(1024), dice.below(1 << 16))).collect();
    bench.host = host.iter().copied().collect();
    for _ in 0..40 {
        let spikes: Vec<u64> = (0..tile.slots).map(|_| dice.below(1 << 16)).collect();
        assert_eq!(bench.pass(&spikes, false, false), tile.words(0, &spikes));
        assert_eq!(bench.block.last_word.val().index() as u64, spikes[3]);
    }
    let want: Vec<_> = host.iter().map(|&(a, word)| (a / 4, a % 4, word)).collect();
    assert_eq!(bench.host_words, want);
    assert!(bench.waited > 100, "waited {} cycles", bench.waited);
}
