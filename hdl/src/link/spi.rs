//! SPI device, mode 0, highest bit first: a byte comes in while one goes out. In place of the serial
//! receiver and sender in front of the frame engine.
//!
//! `sck` is sampled like any input, so a period of it is at least four clock cycles. The output moves as soon
//! as a rising edge is seen, two to three cycles behind it: a bit is gone when the host has taken it, and the next
//! one stands a cycle before the host takes that.
//!
//! What goes out while there is nothing to say is 00, which starts no answer: all bits that were there have
//! gone.

use rust_hdl::prelude::*;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct SpiDevice {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// Clock of the bits, idle low.
    pub sck: Signal<In, Bit>,
    /// Low while bytes are exchanged; high sets the count of bits back.
    pub cs: Signal<In, Bit>,
    /// From the host.
    pub mosi: Signal<In, Bit>,
    /// To the host.
    pub miso: Signal<Out, Bit>,
    /// A byte stands at `data`, for one cycle.
    pub valid: Signal<Out, Bit>,
    /// The byte.
    pub data: Signal<Out, Bits<8>>,
    /// Takes `answer`, to go out as the next byte; must be low while busy.
    pub send: Signal<In, Bit>,
    /// The byte to be sent.
    pub answer: Signal<In, Bits<8>>,
    /// A byte waits to go out.
    pub busy: Signal<Out, Bit>,
    sck0: DFF<Bit>,
    sck1: DFF<Bit>,
    sck2: DFF<Bit>,
    selected0: DFF<Bit>,
    selected1: DFF<Bit>,
    mosi0: DFF<Bit>,
    mosi1: DFF<Bit>,
    left: DFF<Bits<3>>,
    arriving: DFF<Bits<8>>,
    leaving: DFF<Bits<8>>,
    waiting: DFF<Bits<8>>,
    waits: DFF<Bit>,
    valid_r: DFF<Bit>,
    rises: Signal<Local, Bit>,
    one3: Constant<Bits<3>>,
    seven: Constant<Bits<3>>,
    zero3: Constant<Bits<3>>,
}

impl Default for SpiDevice {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            sck: Default::default(),
            cs: Default::default(),
            mosi: Default::default(),
            miso: Default::default(),
            valid: Default::default(),
            data: Default::default(),
            send: Default::default(),
            answer: Default::default(),
            busy: Default::default(),
            sck0: Default::default(),
            sck1: Default::default(),
            sck2: Default::default(),
            selected0: Default::default(),
            selected1: Default::default(),
            mosi0: Default::default(),
            mosi1: Default::default(),
            left: Default::default(),
            arriving: Default::default(),
            leaving: Default::default(),
            waiting: Default::default(),
            waits: Default::default(),
            valid_r: Default::default(),
            rises: Default::default(),
            one3: Constant::new(1u64.to_bits()),
            seven: Constant::new(7u64.to_bits()),
            zero3: Constant::new(0u64.to_bits()),
        }
    }
}

impl Logic for SpiDevice {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self, clock, sck0, sck1, sck2, selected0, selected1, mosi0, mosi1, left, arriving,
            leaving, waiting, waits, valid_r
        );
        self.sck0.d.next = self.sck.val();
        self.sck1.d.next = self.sck0.q.val();
        self.sck2.d.next = self.sck1.q.val();
        self.selected0.d.next = !self.cs.val();
        self.selected1.d.next = self.selected0.q.val();
        self.mosi0.d.next = self.mosi.val();
        self.mosi1.d.next = self.mosi0.q.val();
        self.miso.next = self.leaving.q.val().get_bit(7);
        self.valid.next = self.valid_r.q.val();
        self.data.next = self.arriving.q.val();
        self.busy.next = self.waits.q.val();
        self.valid_r.d.next = false;
        self.rises.next = self.sck1.q.val() & !self.sck2.q.val() & self.selected1.q.val();
        if self.rises.val() {
            self.arriving.d.next = (self.arriving.q.val() << 1).replace_bit(0, self.mosi1.q.val());
            self.leaving.d.next = self.leaving.q.val() << 1;
            self.left.d.next = self.left.q.val() + self.one3.val();
            if self.left.q.val() == self.seven.val() {
                self.valid_r.d.next = true;
                if self.waits.q.val() {
                    self.leaving.d.next = self.waiting.q.val();
                }
                self.waits.d.next = false;
            }
        }
        if self.send.val() {
            self.waiting.d.next = self.answer.val();
            self.waits.d.next = true;
        }
        if !self.selected1.q.val() {
            self.left.d.next = self.zero3.val();
        }
    }
}
