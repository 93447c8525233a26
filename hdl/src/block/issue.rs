//! Issue: takes events from the FIFO and sends tokens to the lanes, one per cycle.
//!
//! The first token of a pass pushes the pass before it into the shadow registers, so it waits until
//! the guard says that the shadow is free. Every other token goes at once. E1 is this block's output.

use super::word_extract::EVENT_ENTRY;
use rust_hdl::prelude::*;

/// See the module's documentation.
#[derive(LogicBlock, Default)]
pub struct Issue {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A sample starts.
    pub go: Signal<In, Bit>,
    /// The event FIFO has an entry.
    pub head_valid: Signal<In, Bit>,
    /// Its head.
    pub head: Signal<In, Bits<EVENT_ENTRY>>,
    /// The head is taken.
    pub pop: Signal<Out, Bit>,
    /// The shadow is not free yet.
    pub guarded: Signal<In, Bit>,
    /// A fire token taken now belongs to its tile's first tick.
    pub first_tick: Signal<In, Bit>,
    /// A token that pushes a pass is taken in this cycle.
    pub fire_taken: Signal<Out, Bit>,
    /// A token that is an event is taken in this cycle.
    pub event_taken: Signal<Out, Bit>,
    /// An event waits for the shadow in this cycle.
    pub held: Signal<Out, Bit>,
    /// E1 holds a token.
    pub token_valid: Signal<Out, Bit>,
    /// It is the first of its pass.
    pub token_first: Signal<Out, Bit>,
    /// It carries no event.
    pub token_null: Signal<Out, Bit>,
    /// It pushes a pass into the shadow.
    pub token_fire: Signal<Out, Bit>,
    /// The pushed pass is its tile's first tick.
    pub token_first_tick: Signal<Out, Bit>,
    /// Weight group of the event.
    pub row_group: Signal<Out, Bits<8>>,
    /// Word within the group.
    pub row_word: Signal<Out, Bits<2>>,
    /// Bit within the word.
    pub row_bit: Signal<Out, Bits<4>>,
    valid: DFF<Bit>,
    first: DFF<Bit>,
    no_event: DFF<Bit>,
    fire: DFF<Bit>,
    tick0: DFF<Bit>,
    group: DFF<Bits<8>>,
    word: DFF<Bits<2>>,
    bit_index: DFF<Bits<4>>,
    parity: DFF<Bit>,
    loaded: DFF<Bit>,
    is_first: Signal<Local, Bit>,
    takes: Signal<Local, Bit>,
    fires: Signal<Local, Bit>,
}

impl Logic for Issue {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, valid, first, no_event, fire, tick0, group, word, bit_index, parity,
            loaded
        );
        self.token_valid.next = self.valid.q.val();
        self.token_first.next = self.first.q.val();
        self.token_null.next = self.no_event.q.val();
        self.token_fire.next = self.fire.q.val();
        self.token_first_tick.next = self.tick0.q.val();
        self.row_group.next = self.group.q.val();
        self.row_word.next = self.word.q.val();
        self.row_bit.next = self.bit_index.q.val();
        self.is_first.next = self.head.val().get_bit(14) ^ self.parity.q.val();
        self.takes.next = self.head_valid.val() & !(self.is_first.val() & self.guarded.val());
        // Spelled out, and kept without an enable, for the guard that it shuts is the longest way.
        self.fires.next =
            self.head_valid.val() & self.is_first.val() & !self.guarded.val() & self.loaded.q.val();
        self.pop.next = self.takes.val();
        self.held.next = self.head_valid.val() & !self.takes.val();
        self.fire_taken.next = self.fires.val();
        self.event_taken.next = self.takes.val() & !self.head.val().get_bit(15);
        self.valid.d.next = self.takes.val();
        self.first.d.next = self.is_first.val();
        self.no_event.d.next = self.head.val().get_bit(15);
        self.fire.d.next = self.fires.val();
        self.tick0.d.next = self.first_tick.val();
        self.group.d.next = self.head.val().get_bits::<8>(0);
        self.word.d.next = self.head.val().get_bits::<2>(8);
        self.bit_index.d.next = self.head.val().get_bits::<4>(10);
        if self.takes.val() {
            self.parity.d.next = self.head.val().get_bit(14);
            if self.is_first.val() {
                self.loaded.d.next = !self.head.val().get_bit(16);
            }
        }
        if self.go.val() {
            self.parity.d.next = false;
            self.loaded.d.next = false;
        }
    }
}
