//! The control of the core of theta neurons, halted: it comes to rest wherever it was, and the next sample goes as
//! the first one of a core does.

use super::{high, low};
use crate::theta::Control;
use rust_hdl::prelude::*;

/// Cycles from the start to the end of the input.
const COUNTING: usize = 9;
/// Cycles that are looked at: inputs, drive, and several events.
const CYCLES: usize = 90;
/// More than a row takes to its bank.
const DRAIN: usize = 24;
/// A neuron that spikes soon, whatever was written: the trial has no end.
const SPIKER: u64 = 3500 << 8 | 0xfe;

/// What it tells the other blocks in a cycle; rows only where they are meant.
type Told = ([bool; 10], [u64; 3]);

struct Bench(Control);

impl Bench {
    /// Three layers, of 5, 3 and 1 rows.
    fn new() -> Self {
        let mut block = Control::default();
        block.connect_all();
        block.ticks.next = 1000u64.to_bits();
        block.three.next = true;
        block.best_even.next = SPIKER.to_bits();
        block.best_odd.next = (2500u64 << 8).to_bits();
        block.known_even.next = 1u64.to_bits();
        let mut bench = Self(block);
        for (address, word) in [(0, 4), (4, 2), (8, 0)] {
            bench.0.table_write.next = true;
            bench.0.table_address.next = (address as u64).to_bits();
            bench.0.table_data.next = (word as u64).to_bits();
            bench.cycle();
        }
        bench.0.table_write.next = false;
        bench
    }

    fn cycle(&mut self) -> Told {
        let block = &mut self.0;
        low!(*block);
        let strobes = [
            block.load.val(),
            block.shift.val(),
            block.drives.val(),
            block.looked_even.val(),
            block.looked_odd.val(),
            block.direct_even.val(),
            block.direct_odd.val(),
            block.event_taken.val(),
            block.complete.val(),
            block.trace_valid.val(),
        ];
        let even = strobes[3] || strobes[5];
        let odd = strobes[4] || strobes[6];
        let meant = |valid: bool, row: u64| if valid { row } else { 0 };
        let rows = [
            meant(even, block.row_even.val().to_u64()),
            meant(odd, block.row_odd.val().to_u64()),
            meant(strobes[9], block.trace_row.val().to_u64()),
        ];
        high!(*block);
        (strobes, rows)
    }

    /// So many cycles from a start on.
    fn sample(&mut self, cycles: usize) -> Vec<Told> {
        let told = |n: usize| {
            self.0.go.next = n == 0;
            self.0.counted.next = n == COUNTING;
            self.cycle()
        };
        (0..cycles).map(told).collect()
    }

    /// The watchdog's end: what is told while it halts, and the last cycles of that.
    fn halt(&mut self) -> Vec<Told> {
        self.0.go.next = false;
        self.0.counted.next = false;
        self.0.halt.next = true;
        let told = (0..2 * DRAIN).map(|_| self.cycle()).collect();
        self.0.halt.next = false;
        told
    }
}

#[test]
fn a_halted_control_rests_and_starts_anew() {
    let first = Bench::new().sample(CYCLES);
    let events = first.iter().filter(|(strobes, _)| strobes[7]).count();
    assert!(events > 3 && !first.iter().any(|(strobes, _)| strobes[8]), "it goes on for good");
    for cycles in 1..CYCLES {
        let mut bench = Bench::new();
        assert_eq!(bench.sample(cycles), first[..cycles]);
        let halted = bench.halt();
        assert!(halted[DRAIN..].iter().all(|told| *told == Told::default()), "from cycle {cycles}");
        assert_eq!(bench.sample(CYCLES), first, "behind a halt in cycle {cycles}");
    }
}
