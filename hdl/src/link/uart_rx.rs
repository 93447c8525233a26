//! Serial receiver: 8 data bits, no parity, one stop bit, sampled in the middle of each bit.

use rust_hdl::prelude::*;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct UartRx {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// The line, idle high.
    pub rx: Signal<In, Bit>,
    /// A byte stands at `data`, for one cycle.
    pub valid: Signal<Out, Bit>,
    /// The byte.
    pub data: Signal<Out, Bits<8>>,
    /// A byte had no stop bit, for one cycle.
    pub broken: Signal<Out, Bit>,
    sync0: DFF<Bit>,
    sync1: DFF<Bit>,
    running: DFF<Bit>,
    count: DFF<Bits<12>>,
    left: DFF<Bits<4>>,
    shift: DFF<Bits<8>>,
    valid_r: DFF<Bit>,
    broken_r: DFF<Bit>,
    line: Signal<Local, Bit>,
    bit_cycles_m1: Constant<Bits<12>>,
    reach: Constant<Bits<12>>,
    first_cycles: Constant<Bits<12>>,
    nine: Constant<Bits<4>>,
    one4: Constant<Bits<4>>,
    one12: Constant<Bits<12>>,
}

impl UartRx {
    /// A receiver for bits of `bit_cycles` clock cycles, 4..=4095.
    pub fn new(bit_cycles: u16) -> Self {
        assert!((4..4096).contains(&bit_cycles), "a bit is 4..=4095 cycles");
        Self {
            clock: Default::default(),
            rx: Default::default(),
            valid: Default::default(),
            data: Default::default(),
            broken: Default::default(),
            sync0: Default::default(),
            sync1: Default::default(),
            running: Default::default(),
            count: Default::default(),
            left: Default::default(),
            shift: Default::default(),
            valid_r: Default::default(),
            broken_r: Default::default(),
            line: Default::default(),
            bit_cycles_m1: Constant::new(u64::from(bit_cycles - 1).to_bits()),
            reach: Constant::new(u64::from(bit_cycles.next_power_of_two() - 1).to_bits()),
            first_cycles: Constant::new(u64::from(bit_cycles / 2).to_bits()),
            nine: Constant::new(9u64.to_bits()),
            one4: Constant::new(1u64.to_bits()),
            one12: Constant::new(1u64.to_bits()),
        }
    }
}

impl Logic for UartRx {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, sync0, sync1, running, count, left, shift, valid_r, broken_r);
        // The flip-flops power up low, so the line is kept inverted: idle is low inside.
        self.sync0.d.next = !self.rx.val();
        self.sync1.d.next = self.sync0.q.val();
        self.line.next = !self.sync1.q.val();
        self.valid.next = self.valid_r.q.val();
        self.data.next = self.shift.q.val();
        self.broken.next = self.broken_r.q.val();
        self.valid_r.d.next = false;
        self.broken_r.d.next = false;
        if !self.running.q.val() {
            self.count.d.next = self.first_cycles.val();
            self.left.d.next = self.nine.val();
            self.running.d.next = !self.line.val();
        } else {
            // The bits above stay 0, and are no cells then.
            self.count.d.next = (self.count.q.val() - self.one12.val()) & self.reach.val();
            if !self.count.q.val().any() {
                self.count.d.next = self.bit_cycles_m1.val();
                self.left.d.next = self.left.q.val() - self.one4.val();
                if !self.left.q.val().any() {
                    // Stop bit: a low line here is a framing error, and the byte is dropped.
                    self.running.d.next = false;
                    self.valid_r.d.next = self.line.val();
                    self.broken_r.d.next = !self.line.val();
                } else {
                    if self.left.q.val() == self.nine.val() {
                        // Start bit: a glitch ends here.
                        self.running.d.next = !self.line.val();
                    } else {
                        self.shift.d.next =
                            (self.shift.q.val() >> 1).replace_bit(7, self.line.val());
                    }
                }
            }
        }
    }
}
