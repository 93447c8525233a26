//! Stages R, A and B: turn bitmap words into events, one per cycle.
//!
//! R waits for the bitmap memory, A holds a word and which of its nibbles are not empty, B holds a
//! nibble and emits its bits. No priority encoder is wider than four.

use super::group_extract::WORD_ENTRY;
use rust_hdl::prelude::*;

/// Width of an event FIFO entry: weight group 8, word 2, bit 4, parity, null, flush.
pub const EVENT_ENTRY: usize = 17;

/// See the module's documentation.
#[derive(LogicBlock, Default)]
pub struct WordExtract {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The word FIFO has an entry.
    pub head_valid: Signal<In, Bit>,
    /// Its head.
    pub head: Signal<In, Bits<WORD_ENTRY>>,
    /// The head is popped, and its bitmap word read.
    pub pop: Signal<Out, Bit>,
    /// Bitmap word of the entry popped last.
    pub word: Signal<In, Bits<16>>,
    /// The event FIFO is full.
    pub full: Signal<In, Bit>,
    /// `entry` is pushed.
    pub push: Signal<Out, Bit>,
    /// What is pushed: weight group, word, bit, parity, null, flush from bit 0 up.
    pub entry: Signal<Out, Bits<EVENT_ENTRY>>,
    r_valid: DFF<Bit>,
    r_meta: DFF<Bits<13>>,
    a_valid: DFF<Bit>,
    a_word: DFF<Bits<16>>,
    a_flags: DFF<Bits<4>>,
    a_single: DFF<Bit>,
    a_meta: DFF<Bits<13>>,
    b_valid: DFF<Bit>,
    b_nibble: DFF<Bits<4>>,
    b_single: DFF<Bit>,
    b_index: DFF<Bits<2>>,
    b_meta: DFF<Bits<13>>,
    a_takes: Signal<Local, Bit>,
    b_takes: Signal<Local, Bit>,
    r_goes: Signal<Local, Bit>,
    a_rest: Signal<Local, Bits<4>>,
    a_index: Signal<Local, Bits<2>>,
    a_nibble: Signal<Local, Bits<4>>,
    b_rest: Signal<Local, Bits<4>>,
    b_lowest: Signal<Local, Bits<2>>,
    flags: Signal<Local, Bits<4>>,
    flags_single: Signal<Local, Bit>,
    a_rest_single: Signal<Local, Bit>,
    a_nibble_single: Signal<Local, Bit>,
    b_rest_single: Signal<Local, Bit>,
}

impl Logic for WordExtract {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, r_valid, r_meta, a_valid, a_word, a_flags, a_single, a_meta, b_valid,
            b_nibble, b_single, b_index, b_meta
        );
        // Lowest flagged nibble of A.
        self.a_index.next = 0.into();
        self.a_nibble.next = self.a_word.q.val().get_bits::<4>(0);
        self.a_rest.next = 0.into();
        if self.a_flags.q.val().get_bit(0) {
            self.a_rest.next = self.a_flags.q.val().replace_bit(0, false);
        } else {
            if self.a_flags.q.val().get_bit(1) {
                self.a_index.next = 1.into();
                self.a_nibble.next = self.a_word.q.val().get_bits::<4>(4);
                self.a_rest.next = self.a_flags.q.val().replace_bit(1, false);
            } else {
                if self.a_flags.q.val().get_bit(2) {
                    self.a_index.next = 2.into();
                    self.a_nibble.next = self.a_word.q.val().get_bits::<4>(8);
                    self.a_rest.next = self.a_flags.q.val().replace_bit(2, false);
                } else {
                    if self.a_flags.q.val().get_bit(3) {
                        self.a_index.next = 3.into();
                        self.a_nibble.next = self.a_word.q.val().get_bits::<4>(12);
                    }
                }
            }
        }
        // Lowest bit of B.
        self.b_lowest.next = 0.into();
        self.b_rest.next = 0.into();
        if self.b_nibble.q.val().get_bit(0) {
            self.b_rest.next = self.b_nibble.q.val().replace_bit(0, false);
        } else {
            if self.b_nibble.q.val().get_bit(1) {
                self.b_lowest.next = 1.into();
                self.b_rest.next = self.b_nibble.q.val().replace_bit(1, false);
            } else {
                if self.b_nibble.q.val().get_bit(2) {
                    self.b_lowest.next = 2.into();
                    self.b_rest.next = self.b_nibble.q.val().replace_bit(2, false);
                } else {
                    if self.b_nibble.q.val().get_bit(3) {
                        self.b_lowest.next = 3.into();
                    }
                }
            }
        }
        self.b_takes.next = !self.b_valid.q.val() | (self.b_single.q.val() & !self.full.val());
        self.a_takes.next = !self.a_valid.q.val() | (self.a_single.q.val() & self.b_takes.val());
        self.r_goes.next = !self.r_valid.q.val() | self.a_takes.val();
        self.pop.next = self.r_goes.val() & self.head_valid.val();
        self.push.next = self.b_valid.q.val() & !self.full.val();
        self.entry.next = bit_cast::<EVENT_ENTRY, 10>(self.b_meta.q.val().get_bits::<10>(0))
            | (bit_cast::<EVENT_ENTRY, 2>(self.b_lowest.val()) << 10)
            | (bit_cast::<EVENT_ENTRY, 2>(self.b_index.q.val()) << 12)
            | (bit_cast::<EVENT_ENTRY, 3>(self.b_meta.q.val().get_bits::<3>(10)) << 14);
        // R: metadata of the word being read, without the spike group.
        if self.r_goes.val() {
            self.r_valid.d.next = self.head_valid.val();
            self.r_meta.d.next = self.head.val().get_bits::<13>(8);
        }
        // A
        self.flags.next = 0.into();
        if !self.r_meta.q.val().get_bit(11) {
            self.flags.next = self
                .flags
                .val()
                .replace_bit(0, self.word.val().get_bits::<4>(0).any())
                .replace_bit(1, self.word.val().get_bits::<4>(4).any())
                .replace_bit(2, self.word.val().get_bits::<4>(8).any())
                .replace_bit(3, self.word.val().get_bits::<4>(12).any());
        }
        // `single`: at most one is left. Registered, so that the handshakes stay short.
        self.flags_single.next = !((self.flags.val().get_bit(0)
            & (self.flags.val().get_bit(1)
                | self.flags.val().get_bit(2)
                | self.flags.val().get_bit(3)))
            | (self.flags.val().get_bit(1)
                & (self.flags.val().get_bit(2) | self.flags.val().get_bit(3)))
            | (self.flags.val().get_bit(2) & self.flags.val().get_bit(3)));
        self.a_rest_single.next = !((self.a_rest.val().get_bit(0)
            & (self.a_rest.val().get_bit(1)
                | self.a_rest.val().get_bit(2)
                | self.a_rest.val().get_bit(3)))
            | (self.a_rest.val().get_bit(1)
                & (self.a_rest.val().get_bit(2) | self.a_rest.val().get_bit(3)))
            | (self.a_rest.val().get_bit(2) & self.a_rest.val().get_bit(3)));
        self.a_nibble_single.next = !((self.a_nibble.val().get_bit(0)
            & (self.a_nibble.val().get_bit(1)
                | self.a_nibble.val().get_bit(2)
                | self.a_nibble.val().get_bit(3)))
            | (self.a_nibble.val().get_bit(1)
                & (self.a_nibble.val().get_bit(2) | self.a_nibble.val().get_bit(3)))
            | (self.a_nibble.val().get_bit(2) & self.a_nibble.val().get_bit(3)));
        self.b_rest_single.next = !((self.b_rest.val().get_bit(0)
            & (self.b_rest.val().get_bit(1)
                | self.b_rest.val().get_bit(2)
                | self.b_rest.val().get_bit(3)))
            | (self.b_rest.val().get_bit(1)
                & (self.b_rest.val().get_bit(2) | self.b_rest.val().get_bit(3)))
            | (self.b_rest.val().get_bit(2) & self.b_rest.val().get_bit(3)));
        if self.a_takes.val() {
            self.a_valid.d.next = self.r_valid.q.val();
            self.a_word.d.next = self.word.val();
            self.a_flags.d.next = self.flags.val();
            self.a_single.d.next = self.flags_single.val();
            self.a_meta.d.next = self.r_meta.q.val();
        } else {
            if self.b_takes.val() {
                self.a_flags.d.next = self.a_rest.val();
                self.a_single.d.next = self.a_rest_single.val();
            }
        }
        // B
        if self.b_takes.val() {
            self.b_valid.d.next = self.a_valid.q.val();
            self.b_nibble.d.next = self.a_nibble.val();
            self.b_single.d.next = self.a_nibble_single.val();
            self.b_index.d.next = self.a_index.val();
            self.b_meta.d.next = self.a_meta.q.val();
            if !self.a_flags.q.val().any() {
                self.b_nibble.d.next = 0.into();
                self.b_single.d.next = true;
            }
        } else {
            if !self.full.val() {
                self.b_nibble.d.next = self.b_rest.val();
                self.b_single.d.next = self.b_rest_single.val();
            }
        }
    }
}
