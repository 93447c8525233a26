//! The FIFO against a queue.

use super::{Dice, high, low};
use crate::block::Fifo2;
use rust_hdl::prelude::*;
use std::collections::VecDeque;

/// Whatever is pushed and popped within the rules: nothing is lost, doubled or reordered, and the
/// flags say how many there are.
#[test]
fn fifo_is_a_queue_of_two() {
    let mut dice = Dice(1);
    let mut fifo = Fifo2::<17>::default();
    fifo.connect_all();
    let mut queue = VecDeque::new();
    let (mut full, mut both) = (0, 0);
    for cycle in 0..20_000 {
        // from mostly filling to mostly draining
        let rate = 10 + cycle / 250;
        low!(fifo);
        assert_eq!(fifo.valid.val(), !queue.is_empty(), "cycle {cycle}");
        assert_eq!(fifo.full.val(), queue.len() == 2, "cycle {cycle}");
        if let Some(&head) = queue.front() {
            assert_eq!(fifo.head.val().index() as u64, head, "cycle {cycle}");
        }
        let push = queue.len() < 2 && dice.chance(100 - rate);
        let pop = !queue.is_empty() && dice.chance(rate);
        let entry = dice.below(1 << 17);
        full += u32::from(queue.len() == 2);
        both += u32::from(push && pop);
        fifo.push.next = push;
        fifo.pop.next = pop;
        fifo.entry.next = entry.to_bits();
        low!(fifo);
        high!(fifo);
        if pop {
            queue.pop_front();
        }
        if push {
            queue.push_back(entry);
        }
    }
    assert!(full > 1_000 && both > 1_000, "{full} {both}");
}
