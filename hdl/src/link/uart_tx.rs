//! Serial transmitter: 8 data bits, no parity, one stop bit.

use rust_hdl::prelude::*;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct UartTx {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Sends `data`; must be low while busy.
    pub send: Signal<In, Bit>,
    /// The byte.
    pub data: Signal<In, Bits<8>>,
    /// A byte is being sent.
    pub busy: Signal<Out, Bit>,
    /// The line, idle high.
    pub tx: Signal<Out, Bit>,
    running: DFF<Bit>,
    count: DFF<Bits<12>>,
    left: DFF<Bits<4>>,
    shift: DFF<Bits<9>>,
    low: DFF<Bit>,
    bit_cycles_m1: Constant<Bits<12>>,
    reach: Constant<Bits<12>>,
    nine: Constant<Bits<4>>,
    one4: Constant<Bits<4>>,
    one12: Constant<Bits<12>>,
}

impl UartTx {
    /// A transmitter for bits of `bit_cycles` clock cycles, 4..=4095.
    pub fn new(bit_cycles: u16) -> Self {
        assert!((4..4096).contains(&bit_cycles), "a bit is 4..=4095 cycles");
        Self {
            clock: Default::default(),
            send: Default::default(),
            data: Default::default(),
            busy: Default::default(),
            tx: Default::default(),
            running: Default::default(),
            count: Default::default(),
            left: Default::default(),
            shift: Default::default(),
            low: Default::default(),
            bit_cycles_m1: Constant::new(u64::from(bit_cycles - 1).to_bits()),
            reach: Constant::new(u64::from(bit_cycles.next_power_of_two() - 1).to_bits()),
            nine: Constant::new(9u64.to_bits()),
            one4: Constant::new(1u64.to_bits()),
            one12: Constant::new(1u64.to_bits()),
        }
    }
}

impl Logic for UartTx {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, running, count, left, shift, low);
        self.busy.next = self.running.q.val();
        // `low` powers up 0, so that the line is idle from the first cycle on.
        self.tx.next = !self.low.q.val();
        if !self.running.q.val() {
            self.count.d.next = self.bit_cycles_m1.val();
            self.left.d.next = self.nine.val();
            if self.send.val() {
                self.running.d.next = true;
                self.low.d.next = true;
                self.shift.d.next = bit_cast::<9, 8>(self.data.val()).replace_bit(8, true);
            }
        } else {
            // The bits above stay 0, and are no cells then.
            self.count.d.next = (self.count.q.val() - self.one12.val()) & self.reach.val();
            if !self.count.q.val().any() {
                self.count.d.next = self.bit_cycles_m1.val();
                self.left.d.next = self.left.q.val() - self.one4.val();
                self.low.d.next = !self.shift.q.val().get_bit(0);
                self.shift.d.next = (self.shift.q.val() >> 1).replace_bit(8, true);
                if !self.left.q.val().any() {
                    self.running.d.next = false;
                }
            }
        }
    }
}
