//! Look-up: the large memory, `UNITS` banks of 16 bits. It holds the input weights, read by one address for all
//! banks, and a copy of every table in each bank, read by an address of its own.
//!
//! P1 an address is formed, P2 it stands at the memory, P3 the word stands there, P4 in a register.

use super::mirror::mirrored;
use rust_hdl::prelude::*;
use spikewright_ir::{ThetaSpec, WeightMemory};

const UNITS: usize = ThetaSpec::UNITS;
const BITS: usize = ThetaSpec::PHASE_BITS;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct LookUp {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// P1 may hold an input pulse.
    pub scans: Signal<In, Bit>,
    /// Its input.
    pub place: Signal<In, Bits<10>>,
    /// Tile that counts.
    pub tile: Signal<In, Bits<2>>,
    /// P1 holds a row of the drive.
    pub drives: Signal<In, Bit>,
    /// Its indices, unit 0 lowest.
    pub drive_index: Signal<In, Bits<44>>,
    /// Phases that a pulse finds otherwise.
    pub phases: Signal<In, Bits<44>>,
    /// Units whose weight is −1, so that their index is inverted; none unless P1 holds a row of a pulse.
    pub minus: Signal<In, Bits<4>>,
    /// Layer whose table is read.
    pub layer: Signal<In, Bits<2>>,
    /// Writes a word.
    pub write: Signal<In, Bit>,
    /// Word · units + bank.
    pub write_address: Signal<In, Bits<20>>,
    /// What is written.
    pub write_data: Signal<In, Bits<16>>,
    /// Words in P4, bank 0 lowest.
    pub words: Signal<Out, Bits<64>>,
    _spec: ThetaSpec,
    _banks: Vec<[u16; UNITS]>,
    _at: [usize; UNITS],
    _read: [u16; UNITS],
    _words: [u16; UNITS],
}

impl LookUp {
    /// The memory of a preset.
    pub fn new(spec: &ThetaSpec) -> Self {
        Self {
            clock: Default::default(),
            scans: Default::default(),
            place: Default::default(),
            tile: Default::default(),
            drives: Default::default(),
            drive_index: Default::default(),
            phases: Default::default(),
            minus: Default::default(),
            layer: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            words: Default::default(),
            _spec: *spec,
            _banks: vec![[0; UNITS]; spec.bank_words],
            _at: [0; UNITS],
            _read: [0; UNITS],
            _words: [0; UNITS],
        }
    }

    fn edge(&mut self) {
        self._words = self._read;
        if self.write.val() {
            let address = self.write_address.val().index();
            let word = address / UNITS % self._banks.len();
            self._banks[word][address % UNITS] = self.write_data.val().index() as u16;
        } else {
            self._read = std::array::from_fn(|bank| self._banks[self._at[bank]][bank]);
        }
        let indices = match self.drives.val() {
            true => self.drive_index.val(),
            false => self.phases.val(),
        };
        let indices = mirrored(indices.to_u64(), BITS, !self.minus.val().index());
        let table = self._spec.table_at(self.layer.val().index());
        let row = ThetaSpec::TILE_ROWS * self.tile.val().index() + self.place.val().index();
        self._at = std::array::from_fn(|bank| match self.scans.val() {
            true => row % self._banks.len(),
            false => table + (indices >> (BITS * bank)) as usize % ThetaSpec::TABLE,
        });
    }
}

impl Logic for LookUp {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.edge();
        }
        let words = self._words.iter().rev().fold(0, |all, &word| all << 16 | u64::from(word));
        self.words.next = words.to_bits();
    }

    fn connect(&mut self) {
        self.words.connect();
    }

    fn hdl(&self) -> Verilog {
        let address = self._spec.bank_words.ilog2() as usize;
        let style = match self._spec.memory {
            WeightMemory::Spram => "huge",
            WeightMemory::Block => "block",
        };
        Verilog::Custom(format!(
            "\
// The tables lie at the end, that of layer 0 last: the upper bits are the layer's, inverted.
wire [{top}:0] table_at = ~{{{zeros}layer}};
wire [{msb}:0] row = {{{pad}tile, place}};
genvar b;
generate for (b = 0; b < {UNITS}; b = b + 1) begin : bank
  (* ram_style = \"{style}\" *) reg [15:0] mem [0:{last}];
  reg [{msb}:0] at;
  reg [15:0] read;
  wire mine = write & (write_address[1:0] == b);
  wire [{msb}:0] address = write ? write_address[{msb}+2:2] : at;
  wire [{msb}:0] index = scans ? row : {{table_at, drives ? drive_index[{BITS}*b +: {BITS}] : phases[{BITS}*b +: {BITS}]}};
  // Weight bits come latest, out of a memory, and pass one gate.
  always @(posedge clock) at <= {{index[{msb}:{BITS}], index[{BITS}-1:0] ^ {{{BITS}{{minus[b]}}}}}};
  always @(posedge clock)
    if (mine) mem[address] <= write_data;
    else read <= mem[address];
  always @(posedge clock) words[16*b +: 16] <= read;
end endgenerate",
            top = address - BITS - 1,
            zeros = zeros(address - BITS - 2),
            pad = zeros(address - 12),
            msb = address - 1,
            last = self._spec.bank_words - 1,
        ))
    }
}

/// So many zeros in front of other bits.
fn zeros(bits: usize) -> String {
    if bits == 0 { String::new() } else { format!("{bits}'d0, ") }
}
