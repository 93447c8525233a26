//! First extractor, B1: turns the summary of a spike group into the words that are not empty.
//!
//! One word per cycle; an empty group costs one cycle here and none downstream as long as the word
//! FIFO holds something. A pass without any spike yields one null entry, a flush one flush entry.

use rust_hdl::prelude::*;

/// Width of a word FIFO entry: group 8, weight group 8, word 2, parity, null, flush.
pub const WORD_ENTRY: usize = 21;

/// See the module's documentation.
#[derive(LogicBlock, Default)]
pub struct GroupExtract {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// S1 holds something.
    pub s1_valid: Signal<In, Bit>,
    /// S1's spike group.
    pub s1_group: Signal<In, Bits<8>>,
    /// S1's weight group.
    pub s1_weight: Signal<In, Bits<8>>,
    /// S1 is the last group of its pass.
    pub s1_last: Signal<In, Bit>,
    /// S1 is a flush.
    pub s1_flush: Signal<In, Bit>,
    /// Parity of S1's pass.
    pub s1_parity: Signal<In, Bit>,
    /// Words of S1's group that its pass reads.
    pub s1_words: Signal<In, Bits<4>>,
    /// S1's summary.
    pub summary: Signal<In, Bits<4>>,
    /// S1 is taken in this cycle, or would be.
    pub take: Signal<Out, Bit>,
    /// The word FIFO is full.
    pub full: Signal<In, Bit>,
    /// `entry` is pushed.
    pub push: Signal<Out, Bit>,
    /// What is pushed: group, weight group, word, parity, null, flush from bit 0 up.
    pub entry: Signal<Out, Bits<WORD_ENTRY>>,
    valid: DFF<Bit>,
    nibble: DFF<Bits<4>>,
    single: DFF<Bit>,
    group: DFF<Bits<8>>,
    weight: DFF<Bits<8>>,
    parity: DFF<Bit>,
    no_event: DFF<Bit>,
    flush: DFF<Bit>,
    seen: DFF<Bit>,
    masked: Signal<Local, Bits<4>>,
    nonzero: Signal<Local, Bit>,
    rest_single: Signal<Local, Bit>,
    new_single: Signal<Local, Bit>,
    takes: Signal<Local, Bit>,
    lowest: Signal<Local, Bits<2>>,
    rest: Signal<Local, Bits<4>>,
    parity_bit: Signal<Local, Bits<1>>,
    null_bit: Signal<Local, Bits<1>>,
    flush_bit: Signal<Local, Bits<1>>,
}

impl Logic for GroupExtract {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, valid, nibble, single, group, weight, parity, no_event, flush, seen
        );
        // Lowest bit and what remains without it; `single`: at most one bit is left.
        self.lowest.next = 0.into();
        self.rest.next = 0.into();
        if self.nibble.q.val().get_bit(0) {
            self.rest.next = self.nibble.q.val().replace_bit(0, false);
        } else {
            if self.nibble.q.val().get_bit(1) {
                self.lowest.next = 1.into();
                self.rest.next = self.nibble.q.val().replace_bit(1, false);
            } else {
                if self.nibble.q.val().get_bit(2) {
                    self.lowest.next = 2.into();
                    self.rest.next = self.nibble.q.val().replace_bit(2, false);
                } else {
                    if self.nibble.q.val().get_bit(3) {
                        self.lowest.next = 3.into();
                    }
                }
            }
        }
        self.rest_single.next = !((self.rest.val().get_bit(0)
            & (self.rest.val().get_bit(1)
                | self.rest.val().get_bit(2)
                | self.rest.val().get_bit(3)))
            | (self.rest.val().get_bit(1)
                & (self.rest.val().get_bit(2) | self.rest.val().get_bit(3)))
            | (self.rest.val().get_bit(2) & self.rest.val().get_bit(3)));
        // A flush has no words, whatever stands at the summary memory's output.
        self.masked.next = 0.into();
        if !self.s1_flush.val() {
            self.masked.next = self.summary.val() & self.s1_words.val();
        }
        self.new_single.next = !((self.masked.val().get_bit(0)
            & (self.masked.val().get_bit(1)
                | self.masked.val().get_bit(2)
                | self.masked.val().get_bit(3)))
            | (self.masked.val().get_bit(1)
                & (self.masked.val().get_bit(2) | self.masked.val().get_bit(3)))
            | (self.masked.val().get_bit(2) & self.masked.val().get_bit(3)));
        self.takes.next = !self.valid.q.val() | (self.single.q.val() & !self.full.val());
        self.take.next = self.takes.val();
        self.push.next = self.valid.q.val() & !self.full.val();
        self.parity_bit.next = 0.into();
        self.null_bit.next = 0.into();
        self.flush_bit.next = 0.into();
        if self.parity.q.val() {
            self.parity_bit.next = 1.into();
        }
        if self.no_event.q.val() {
            self.null_bit.next = 1.into();
        }
        if self.flush.q.val() {
            self.flush_bit.next = 1.into();
        }
        self.entry.next = bit_cast::<WORD_ENTRY, 8>(self.group.q.val())
            | (bit_cast::<WORD_ENTRY, 8>(self.weight.q.val()) << 8)
            | (bit_cast::<WORD_ENTRY, 2>(self.lowest.val()) << 16)
            | (bit_cast::<WORD_ENTRY, 1>(self.parity_bit.val()) << 18)
            | (bit_cast::<WORD_ENTRY, 1>(self.null_bit.val()) << 19)
            | (bit_cast::<WORD_ENTRY, 1>(self.flush_bit.val()) << 20);
        self.nonzero.next = self.masked.val().any();
        if self.takes.val() {
            self.valid.d.next = self.s1_valid.val()
                & (self.nonzero.val()
                    | self.s1_flush.val()
                    | (self.s1_last.val() & !self.seen.q.val()));
            self.group.d.next = self.s1_group.val();
            self.weight.d.next = self.s1_weight.val();
            self.parity.d.next = self.s1_parity.val();
            self.flush.d.next = self.s1_flush.val();
            self.no_event.d.next = !self.nonzero.val();
            self.nibble.d.next = self.masked.val();
            self.single.d.next = self.new_single.val();
            if self.s1_valid.val() {
                self.seen.d.next = !self.s1_last.val() & (self.seen.q.val() | self.nonzero.val());
            }
        } else {
            if !self.full.val() {
                self.nibble.d.next = self.rest.val();
                self.single.d.next = self.rest_single.val();
            }
        }
    }
}
