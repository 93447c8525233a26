//! Reads an image from the configuration flash at power-up.
//!
//! The flash holds the serial line itself, bit by bit: at the rate of the link its data output is a line
//! like that of a host, idle high. So nothing behind the line knows where the frames come from.
//!
//! ```text
//!           128 bits         32 bits       as long as frames follow
//! select  ‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾\________________________________________/‾‾‾
//! mosi                     | 03, address  |
//! line    ‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾‾|   miso                 |‾‾‾
//! ```
//!
//! The wait is for the clock generator. The end is a run of 128 ones, which no frame has but an erased
//! flash and the end of an image, a byte that is no request's first where one was expected, or a damaged
//! frame: the seal, which comes last, does not answer for spikes.

use rust_hdl::prelude::*;

/// Command of a read, before the three bytes of the address.
const READ: u64 = 0x03;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct FlashReader {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// From the flash.
    pub miso: Signal<In, Bit>,
    /// What came over the line was no request, or a damaged one.
    pub missed: Signal<In, Bit>,
    /// To the flash: clock, mode 0.
    pub sck: Signal<Out, Bit>,
    /// To the flash: low while it is selected.
    pub select: Signal<Out, Bit>,
    /// To the flash.
    pub mosi: Signal<Out, Bit>,
    /// The serial line, idle high.
    pub line: Signal<Out, Bit>,
    /// The line is the link's: no host is heard.
    pub active: Signal<Out, Bit>,
    count: DFF<Bits<12>>,
    bits: DFF<Bits<7>>,
    selected: DFF<Bit>,
    reading: DFF<Bit>,
    finished: DFF<Bit>,
    high: DFF<Bit>,
    bit_ends: Signal<Local, Bit>,
    shifted: Signal<Local, Bits<32>>,
    command: Constant<Bits<32>>,
    bit_cycles_m1: Constant<Bits<12>>,
    reach: Constant<Bits<12>>,
    half: Constant<Bits<12>>,
    last_wait: Constant<Bits<7>>,
    last_command: Constant<Bits<7>>,
    one7: Constant<Bits<7>>,
    zero7: Constant<Bits<7>>,
    one12: Constant<Bits<12>>,
}

impl FlashReader {
    /// A reader of what begins at byte `offset`, 24 bits, of the flash, at `bit_cycles` clock cycles a bit,
    /// 4..=4095, as the receiver behind it.
    pub fn new(bit_cycles: u16, offset: u32) -> Self {
        assert!((4..4096).contains(&bit_cycles), "a bit is 4..=4095 cycles");
        assert!(offset < 1 << 24, "an address of the flash has 24 bits");
        let command = (READ as u32) << 24 | offset;
        Self {
            clock: Default::default(),
            miso: Default::default(),
            missed: Default::default(),
            sck: Default::default(),
            select: Default::default(),
            mosi: Default::default(),
            line: Default::default(),
            active: Default::default(),
            count: Default::default(),
            bits: Default::default(),
            selected: Default::default(),
            reading: Default::default(),
            finished: Default::default(),
            high: Default::default(),
            bit_ends: Default::default(),
            shifted: Default::default(),
            // the highest bit goes first
            command: Constant::new(u64::from(command.reverse_bits()).to_bits()),
            bit_cycles_m1: Constant::new(u64::from(bit_cycles - 1).to_bits()),
            reach: Constant::new(u64::from(bit_cycles.next_power_of_two() - 1).to_bits()),
            half: Constant::new(u64::from(bit_cycles / 2).to_bits()),
            last_wait: Constant::new(127u64.to_bits()),
            last_command: Constant::new(31u64.to_bits()),
            one7: Constant::new(1u64.to_bits()),
            zero7: Constant::new(0u64.to_bits()),
            one12: Constant::new(1u64.to_bits()),
        }
    }
}

impl Logic for FlashReader {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(self, clock, count, bits, selected, reading, finished, high);
        self.active.next = !self.finished.q.val();
        self.select.next = !self.selected.q.val();
        // The clock runs before the flash is selected, too: some clock pins lose their first cycles.
        self.sck.next = self.high.q.val();
        self.shifted.next = self.command.val() >> self.bits.q.val().get_bits::<5>(0);
        self.mosi.next = self.shifted.val().get_bit(0);
        self.line.next = self.miso.val() | !self.reading.q.val();
        // The bits above stay 0, and are no cells then. The first bit is one cycle long.
        self.count.d.next = (self.count.q.val() - self.one12.val()) & self.reach.val();
        self.bit_ends.next = !self.count.q.val().any();
        if self.bit_ends.val() {
            self.count.d.next = self.bit_cycles_m1.val();
            self.high.d.next = false;
            self.bits.d.next = self.bits.q.val() + self.one7.val();
            if self.reading.q.val() {
                // The flash moves its output at the beginning of a bit: here it stands.
                if !self.miso.val() {
                    self.bits.d.next = self.zero7.val();
                }
            } else {
                if self.selected.q.val() {
                    if self.bits.q.val() == self.last_command.val() {
                        self.reading.d.next = true;
                        self.bits.d.next = self.zero7.val();
                    }
                } else {
                    self.selected.d.next = self.bits.q.val() == self.last_wait.val();
                }
            }
        }
        if self.count.q.val() == self.half.val() {
            self.high.d.next = true;
        }
        if self.reading.q.val() & (self.missed.val() | (self.bits.q.val() == self.last_wait.val()))
        {
            self.finished.d.next = true;
        }
        if self.finished.q.val() {
            self.selected.d.next = false;
            self.reading.d.next = false;
            self.high.d.next = false;
            self.bits.d.next = self.zero7.val();
        }
    }
}
