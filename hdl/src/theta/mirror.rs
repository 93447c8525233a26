//! Mirror: a pulse of weight −1 is the mirror image of one of +1, so index and phase are inverted where the weight bit
//! is 0. The index is inverted at the last gate before its register (`LookUp`), since the weight bit comes late.

use rust_hdl::prelude::*;
use spikewright_ir::ThetaSpec;

const UNITS: usize = ThetaSpec::UNITS;
const BITS: usize = ThetaSpec::PHASE_BITS;

/// See the module's documentation.
#[derive(LogicBlock, Default)]
pub struct Mirror {
    /// P1: phases of the even bank, unit 0 lowest.
    pub even: Signal<In, Bits<44>>,
    /// P1: phases of the odd bank.
    pub odd: Signal<In, Bits<44>>,
    /// The pulse reaches the odd bank.
    pub is_odd: Signal<In, Bit>,
    /// P1: phases of the bank that is reached.
    pub reached: Signal<Out, Bits<44>>,
    /// P4: words of the tables, 16 bits a unit.
    pub words: Signal<In, Bits<64>>,
    /// P4: weight bits.
    pub found_plus: Signal<In, Bits<4>>,
    /// P4: phases behind the pulse.
    pub found: Signal<Out, Bits<44>>,
}

/// `bits` of each slice of a word, inverted where the weight bit is 0.
pub(super) fn mirrored(value: u64, bits: usize, plus: usize) -> u64 {
    let mask = (1u64 << BITS) - 1;
    let unit = |u: usize| {
        let phase = value >> (bits * u) & mask;
        if plus >> u & 1 == 1 { phase } else { mask - phase }
    };
    (0..UNITS).rev().fold(0, |all, u| all << BITS | unit(u))
}

impl Logic for Mirror {
    fn update(&mut self) {
        self.reached.next = if self.is_odd.val() { self.odd.val() } else { self.even.val() };
        let found = mirrored(self.words.val().to_u64(), 16, self.found_plus.val().index());
        self.found.next = found.to_bits();
    }

    fn connect(&mut self) {
        self.reached.connect();
        self.found.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(format!(
            "\
always @(*) reached = is_odd ? odd : even;
genvar u;
generate for (u = 0; u < {UNITS}; u = u + 1) begin : unit
  always @(*)
    found[{BITS}*u +: {BITS}] = words[16*u +: {BITS}] ^ {{{BITS}{{~found_plus[u]}}}};
end endgenerate"
        ))
    }
}
