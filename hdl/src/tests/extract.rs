//! The two extractors: every set bit once, in ascending order, and one null entry for nothing.

use super::{Dice, high, low};
use crate::block::{EVENT_ENTRY, GroupExtract, WORD_ENTRY, WordExtract};
use rust_hdl::prelude::*;
use std::collections::VecDeque;

/// Cycles after the last entry, enough for what the block still holds at the slowest rate.
const DRAIN: u32 = 500;

/// What stands in S1 for a cycle or more.
#[derive(Clone, Copy)]
struct Group {
    group: u64,
    weight: u64,
    last: bool,
    flush: bool,
    parity: bool,
    words: u64,
    summary: u64,
}

fn word_entry(g: &Group, word: u64, null: bool) -> u64 {
    g.group
        | g.weight << 8
        | word << 16
        | u64::from(g.parity) << 18
        | u64::from(null) << 19
        | u64::from(g.flush) << 20
}

/// Passes of one to five groups, some of them empty and some masked, each fifth followed by a flush.
fn groups(dice: &mut Dice, passes: u64) -> (Vec<Group>, Vec<u64>) {
    let (mut all, mut expected) = (Vec::new(), Vec::new());
    let mut parity = false;
    for pass in 0..passes {
        parity = !parity;
        let count = 1 + dice.below(5);
        let mut seen = false;
        for k in 0..count {
            let summary = if dice.chance(50) { 0 } else { dice.below(16) };
            let words = if dice.chance(50) { 15 } else { 1 + dice.below(15) };
            let (group, weight, last) = (dice.below(256), dice.below(256), k + 1 == count);
            let g = Group { group, weight, last, flush: false, parity, words, summary };
            let read = summary & words;
            expected
                .extend((0..4).filter(|w| read >> w & 1 == 1).map(|w| word_entry(&g, w, false)));
            seen |= read != 0;
            if g.last && !seen {
                expected.push(word_entry(&g, 0, true));
            }
            all.push(g);
        }
        if pass % 5 == 4 {
            parity = !parity;
            let before = all[all.len() - 1];
            // what the summary memory holds then is of no interest
            let g = Group { last: true, flush: true, parity, summary: dice.below(16), ..before };
            expected.push(word_entry(&g, 0, true));
            all.push(g);
        }
    }
    (all, expected)
}

#[test]
fn group_extract_gives_each_word_once() {
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let (all, expected) = groups(&mut dice, 400);
        let mut waiting: VecDeque<Group> = all.into();
        let mut block = GroupExtract::default();
        block.connect_all();
        let (mut got, mut s1, mut quiet) = (Vec::new(), None::<Group>, 0);
        while quiet < DRAIN {
            let full = dice.chance(20 * (seed - 1));
            block.s1_valid.next = s1.is_some();
            if let Some(g) = s1 {
                block.s1_group.next = g.group.to_bits();
                block.s1_weight.next = g.weight.to_bits();
                block.s1_last.next = g.last;
                block.s1_flush.next = g.flush;
                block.s1_parity.next = g.parity;
                block.s1_words.next = g.words.to_bits();
                block.summary.next = g.summary.to_bits();
            }
            block.full.next = full;
            low!(block);
            if block.push.val() {
                assert!(!full, "pushed into a full FIFO");
                got.push(block.entry.val().index() as u64);
            }
            quiet = if waiting.is_empty() && s1.is_none() { quiet + 1 } else { 0 };
            if s1.is_none() || block.take.val() {
                s1 = if dice.chance(70) { waiting.pop_front() } else { None };
            }
            high!(block);
        }
        assert!(got == expected, "seed {seed}: {} entries for {}", got.len(), expected.len());
    }
}

#[test]
fn word_extract_gives_each_bit_once() {
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        // entries as the word FIFO holds them, each with its bitmap word
        let (mut waiting, mut expected) = (VecDeque::new(), Vec::new());
        for _ in 0..600 {
            let null = dice.chance(10);
            let word = match dice.below(4) {
                0 => 1 << dice.below(16),
                1 => 0xFFFF,
                2 => dice.below(1 << 16) & dice.below(1 << 16),
                _ => dice.below(1 << 16),
            };
            // an empty word is never in the FIFO, but a null entry reads whatever there is
            let word = if word == 0 && !null { 1 } else { word };
            let flags =
                dice.below(2) | u64::from(null) << 1 | (dice.below(2) & u64::from(null)) << 2;
            let (weight, place) = (dice.below(256), dice.below(4));
            let head = dice.below(256) | weight << 8 | place << 16 | flags << 18;
            let event = |bit: u64| weight | place << 8 | bit << 10 | flags << 14;
            match null {
                true => expected.push(event(0)),
                false => expected.extend((0..16).filter(|b| word >> b & 1 == 1).map(event)),
            }
            waiting.push_back((head, word));
        }
        let mut block = WordExtract::default();
        block.connect_all();
        let (mut got, mut quiet, mut head) = (Vec::new(), 0, None);
        assert!(expected.iter().all(|e| e >> EVENT_ENTRY == 0));
        while quiet < DRAIN {
            let full = dice.chance(20 * (seed - 1));
            if head.is_none() && dice.chance(80) {
                head = waiting.pop_front();
            }
            block.head_valid.next = head.is_some();
            if let Some((entry, _)) = head {
                block.head.next = entry.to_bits::<WORD_ENTRY>();
            }
            block.full.next = full;
            low!(block);
            if block.push.val() {
                assert!(!full, "pushed into a full FIFO");
                got.push(block.entry.val().index() as u64);
            }
            quiet = if waiting.is_empty() && head.is_none() { quiet + 1 } else { 0 };
            let popped = if block.pop.val() { head.take() } else { None };
            high!(block);
            // synchronous read: the word stands there after the edge, until the next pop
            if let Some((_, word)) = popped {
                block.word.next = word.to_bits();
            }
        }
        assert!(got == expected, "seed {seed}: {} events for {}", got.len(), expected.len());
    }
}

/// With nothing in the way a full word leaves as 16 events in 16 cycles.
#[test]
fn word_extract_runs_at_full_rate() {
    let mut block = WordExtract::default();
    block.connect_all();
    block.head_valid.next = true;
    block.word.next = 0xFFFFu64.to_bits();
    let pushes = (0..203)
        .filter(|_| {
            low!(block);
            let push = block.push.val();
            high!(block);
            push
        })
        .count();
    assert_eq!(pushes, 200);
}
