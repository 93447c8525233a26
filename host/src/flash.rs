//! An image as the configuration flash holds it: the serial line of its frames, bit by bit, which the
//! board plays to itself at power-up (`docs/link.md`).

use crate::encode_write;
use spikewright_ir::{CoreImage, MemoryImage, layout::bus, link::MAX_WORDS};

/// Idle bits behind a frame: more than its answer takes, fewer than end the reading.
const GAP: usize = 64;
/// Idle bits behind the last one: more than end the reading, whatever stands behind them.
const END: usize = 192;

/// Bits of a line, the first in the highest bit of the first byte.
#[derive(Default)]
struct Line {
    bytes: Vec<u8>,
    bits: usize,
}

impl Line {
    fn bit(&mut self, high: bool) {
        if self.bits.is_multiple_of(8) {
            self.bytes.push(0);
        }
        if let Some(last) = self.bytes.last_mut() {
            *last |= u8::from(high) << (7 - self.bits % 8);
        }
        self.bits += 1;
    }

    fn idle(&mut self, bits: usize) {
        (0..bits).for_each(|_| self.bit(true));
    }

    /// Start bit, eight data bits from the lowest, stop bit.
    fn byte(&mut self, byte: u8) {
        self.bit(false);
        (0..8).for_each(|k| self.bit(byte >> k & 1 == 1));
        self.bit(true);
    }

    fn frame(&mut self, address: u32, words: &[u16]) {
        encode_write(address, words).into_iter().for_each(|byte| self.byte(byte));
        self.idle(GAP);
    }
}

/// The bytes to be written to the flash from the board's offset on.
pub fn flash_image(image: &CoreImage) -> Vec<u8> {
    flash_words(&image.memories, image.seal)
}

/// The same for memories of any core and the seal behind them.
pub fn flash_words(memories: &[MemoryImage], seal: u16) -> Vec<u8> {
    let mut line = Line::default();
    line.idle(GAP);
    for memory in memories {
        let first = bus::address(memory.region.number(), memory.start);
        for (words, address) in memory.words.chunks(MAX_WORDS).zip((first..).step_by(MAX_WORDS)) {
            line.frame(address, words);
        }
    }
    line.frame(bus::address(bus::CONTROL, bus::SEAL), &[seal]);
    line.idle(END);
    while !line.bits.is_multiple_of(8) {
        line.bit(true);
    }
    line.bytes
}
