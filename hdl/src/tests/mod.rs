//! Blocks against plain Rust models of what they are for, in rust-hdl's simulation.

mod extract;
mod fifo2;
mod frame;
mod seal;
mod uart;
mod writer;

use rust_hdl::prelude::*;

/// Lets combinational logic come to rest.
fn settle<B: Block>(block: &mut B) {
    for _ in 0..100 {
        block.update_all();
        if !block.has_changed() {
            return;
        }
    }
    panic!("the block does not settle");
}

/// Half a clock cycle: low, so that inputs set before act on the outputs.
macro_rules! low {
    ($block:expr) => {{
        $block.clock.next = false.into();
        $crate::tests::settle(&mut $block);
    }};
}

/// The other half: the rising edge.
macro_rules! high {
    ($block:expr) => {{
        $block.clock.next = true.into();
        $crate::tests::settle(&mut $block);
    }};
}
use {high, low};

/// Reproducible numbers (xorshift64*).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 16
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// True in `percent` of all cases.
    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}
