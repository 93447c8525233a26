//! Seal: a sum over what the host writes, and whether it was the expected one.
//!
//! The sum is held less what it begins with, so that its flip-flops power up and restart at 0.

use rust_hdl::prelude::*;
use spikewright_ir::{SEAL_POLY, layout::bus};

/// See the module's documentation. Strobes exclude each other; what they bring stands one cycle later.
#[derive(LogicBlock)]
pub struct Seal {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A write that counts.
    pub counts: Signal<In, Bit>,
    /// The expected sum stands at `data`.
    pub closes: Signal<In, Bit>,
    /// It goes to the weights.
    pub weights: Signal<In, Bit>,
    /// Word address of the write, and the lower bits of its region's number.
    pub address: Signal<In, Bits<20>>,
    /// Word of the write.
    pub data: Signal<In, Bits<16>>,
    /// The sum.
    pub sum: Signal<Out, Bits<16>>,
    /// It was the expected one, and nothing was written since.
    pub sealed: Signal<Out, Bit>,
    less: DFF<Bits<16>>,
    sealed_r: DFF<Bit>,
    doubled: Signal<Local, Bits<16>>,
    low: Signal<Local, Bits<16>>,
    above: Signal<Local, Bits<16>>,
    place: Signal<Local, Bits<16>>,
    core: Constant<Bits<16>>,
    step: Constant<Bits<16>>,
    lower: Constant<Bits<16>>,
    poly: Constant<Bits<16>>,
    zero16: Constant<Bits<16>>,
}

impl Seal {
    /// A seal for a core whose preset has this number.
    pub fn of_core(number: u16) -> Self {
        let core = bus::core_word(number);
        let feedback = if core >> 15 == 1 { SEAL_POLY } else { 0 };
        let word = |value: u16| Constant::new(u64::from(value).to_bits());
        Self {
            clock: Default::default(),
            counts: Default::default(),
            closes: Default::default(),
            weights: Default::default(),
            address: Default::default(),
            data: Default::default(),
            sum: Default::default(),
            sealed: Default::default(),
            less: Default::default(),
            sealed_r: Default::default(),
            doubled: Default::default(),
            low: Default::default(),
            above: Default::default(),
            place: Default::default(),
            core: word(core),
            // Doubling is linear: what the sum begins with is doubled apart from the rest.
            step: word(core << 1 ^ feedback ^ core),
            lower: word(0x1e0),
            poly: word(SEAL_POLY),
            zero16: word(0),
        }
    }
}

impl Logic for Seal {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, less, sealed_r);
        self.sum.next = self.less.q.val() ^ self.core.val();
        self.sealed.next = self.sealed_r.q.val();
        self.doubled.next = self.less.q.val() << 1;
        if self.less.q.val().get_bit(15) {
            self.doubled.next = (self.less.q.val() << 1) ^ self.poly.val();
        }
        self.low.next = self.address.val().get_bits::<16>(0);
        self.above.next = self.address.val().get_bits::<16>(4);
        self.place.next = (self.low.val() << 8)
            ^ (self.low.val() >> 8)
            ^ ((self.above.val() >> 7) & self.lower.val())
            ^ self.zero16.val().replace_bit(9, self.weights.val());
        if self.counts.val() {
            self.less.d.next =
                self.doubled.val() ^ self.step.val() ^ self.place.val() ^ self.data.val();
            self.sealed_r.d.next = false;
        }
        if self.closes.val() {
            self.less.d.next = self.zero16.val();
            self.sealed_r.d.next = self.data.val() == self.sum.val();
        }
    }
}
