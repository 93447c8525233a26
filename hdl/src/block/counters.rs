//! What the core did in a sample, besides its cycles and events: rows, operations, stalls, saturations.

use rust_hdl::prelude::*;
use spikewright_ir::layout::bus;

/// See the module's documentation. A strobe counts one cycle later, none comes in a sample's last cycle.
#[derive(LogicBlock)]
pub struct Counters {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A sample, or a tick of a stream, starts.
    pub go: Signal<In, Bit>,
    /// A row enters the fire units.
    pub row_valid: Signal<In, Bit>,
    /// Events of its pass, or of its slot, inverted.
    pub inverted_events: Signal<In, Bits<11>>,
    /// An event waits for the shadow.
    pub held: Signal<In, Bit>,
    /// A row ends a tick with a potential that does not fit.
    pub clipped: Signal<In, Bit>,
    /// Status word, its two lower bits: those from 8 on are here.
    pub select: Signal<In, Bits<2>>,
    /// That word.
    pub word: Signal<Out, Bits<16>>,
    held_r: DFF<Bit>,
    clipped_r: DFF<Bit>,
    rows: DFF<Bits<16>>,
    operations: DFF<Bits<24>>,
    stalls: DFF<Bits<16>>,
    saturated: DFF<Bits<8>>,
    count: Signal<Local, Bits<11>>,
    counted: Constant<Bits<11>>,
    zero16: Constant<Bits<16>>,
    one16: Constant<Bits<16>>,
    zero24: Constant<Bits<24>>,
    zero8: Constant<Bits<8>>,
    one8: Constant<Bits<8>>,
    most8: Constant<Bits<8>>,
    lift: Constant<Bits<4>>,
}

impl Counters {
    /// Counters for a core whose lanes count events in `count_bits` bits.
    pub fn new(count_bits: usize) -> Self {
        Self {
            clock: Default::default(),
            go: Default::default(),
            row_valid: Default::default(),
            inverted_events: Default::default(),
            held: Default::default(),
            clipped: Default::default(),
            select: Default::default(),
            word: Default::default(),
            held_r: Default::default(),
            clipped_r: Default::default(),
            rows: Default::default(),
            operations: Default::default(),
            stalls: Default::default(),
            saturated: Default::default(),
            count: Default::default(),
            counted: Constant::new(((1u64 << count_bits) - 1).to_bits()),
            zero16: Constant::new(0u64.to_bits()),
            one16: Constant::new(1u64.to_bits()),
            zero24: Constant::new(0u64.to_bits()),
            zero8: Constant::new(0u64.to_bits()),
            one8: Constant::new(1u64.to_bits()),
            most8: Constant::new(255u64.to_bits()),
            lift: Constant::new(8u64.to_bits()),
        }
    }
}

impl Logic for Counters {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, held_r, clipped_r, rows, operations, stalls, saturated);
        self.held_r.d.next = self.held.val();
        self.clipped_r.d.next = self.clipped.val();
        self.count.next = !self.inverted_events.val() & self.counted.val();
        if self.row_valid.val() {
            self.rows.d.next = self.rows.q.val() + self.one16.val();
            self.operations.d.next = self.operations.q.val() + bit_cast::<24, 11>(self.count.val());
        }
        if self.held_r.q.val() {
            self.stalls.d.next = self.stalls.q.val() + self.one16.val();
        }
        // It stays at its end, so that 0 means none.
        if self.clipped_r.q.val() & (self.saturated.q.val() != self.most8.val()) {
            self.saturated.d.next = self.saturated.q.val() + self.one8.val();
        }
        if self.go.val() {
            self.rows.d.next = self.zero16.val();
            self.operations.d.next = self.zero24.val();
            self.stalls.d.next = self.zero16.val();
            self.saturated.d.next = self.zero8.val();
        }
        // Reads.
        if !self.select.val().get_bit(1) {
            if !self.select.val().get_bit(0) {
                self.word.next = self.rows.q.val();
            } else {
                self.word.next = self.stalls.q.val();
            }
        } else {
            if !self.select.val().get_bit(0) {
                self.word.next = self.operations.q.val().get_bits::<16>(0);
            } else {
                self.word.next = bit_cast::<16, 8>(self.operations.q.val().get_bits::<8>(16))
                    | (bit_cast::<16, 8>(self.saturated.q.val()) << self.lift.val());
            }
        }
    }
}

// The kernel above decodes register numbers bit by bit.
const _: () = {
    assert!(bus::ROWS == 8 && bus::STALLS == 9 && bus::OPERATIONS_LOW == 10);
    assert!(bus::OPERATIONS_HIGH == 11);
};
