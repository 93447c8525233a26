//! Phase bank: ψ of the neurons of a layer, or of two, a row a cycle: P0 a row is addressed, P1 it stands at the
//! output, S5 what becomes of it stands in a register, is written, and goes on to [`super::reduce`].
//!
//! ψ = phase − tick is kept in 12 bits, two's complement: −1,023 to 2,047.

use super::reduce::{Reducer, verilog as reducer};
use rust_hdl::prelude::*;
use spikewright_ir::ThetaSpec;

const UNITS: usize = ThetaSpec::UNITS;
const BITS: usize = ThetaSpec::PHASE_BITS;
/// Width of ψ.
const PSI: usize = BITS + 1;
/// Rows, of both layers.
const ROWS: usize = 2 * ThetaSpec::NEURONS / UNITS;

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct PhaseBank {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// P0: row to be read, the second layer's from 64 on.
    pub read_row: Signal<In, Bits<7>>,
    /// Tick of the event.
    pub tick: Signal<In, Bits<11>>,
    /// P1: phases of the row, unit 0 lowest.
    pub phases: Signal<Out, Bits<44>>,
    /// P4: what was looked up comes next.
    pub looked: Signal<In, Bit>,
    /// P4: phases behind the pulse.
    pub found: Signal<In, Bits<44>>,
    /// P1: the row that was read comes next, or a row of starts.
    pub direct: Signal<In, Bit>,
    /// It is starts.
    pub starts: Signal<In, Bit>,
    /// The starts, 16 bits a unit.
    pub constants: Signal<In, Bits<64>>,
    /// Units of the row that was read that have spiked in this tick.
    pub spiked: Signal<In, Bits<4>>,
    /// Row that comes next.
    pub row: Signal<In, Bits<7>>,
    /// It is its pass's first.
    pub first: Signal<In, Bit>,
    /// That pass is of one row alone.
    pub short: Signal<In, Bit>,
    /// Its units that are neurons.
    pub neurons: Signal<In, Bits<4>>,
    /// S5: phases that are written.
    pub written: Signal<Out, Bits<44>>,
    /// Next spiker of each layer: ψ + 2,048 above the inverted neuron.
    pub best: Signal<Out, Bits<40>>,
    /// Of each layer: the spiker behind it is known.
    pub known: Signal<Out, Bits<2>>,
    _psi: Vec<[i16; UNITS]>,
    _read: [i16; UNITS],
    _row: Option<usize>,
    _next: [i16; UNITS],
    _reducer: Reducer,
}

impl Default for PhaseBank {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            read_row: Default::default(),
            tick: Default::default(),
            phases: Default::default(),
            looked: Default::default(),
            found: Default::default(),
            direct: Default::default(),
            starts: Default::default(),
            constants: Default::default(),
            spiked: Default::default(),
            row: Default::default(),
            first: Default::default(),
            short: Default::default(),
            neurons: Default::default(),
            written: Default::default(),
            best: Default::default(),
            known: Default::default(),
            _psi: vec![[0; UNITS]; ROWS],
            _read: [0; UNITS],
            _row: None,
            _next: [0; UNITS],
            _reducer: Reducer::default(),
        }
    }
}

impl PhaseBank {
    fn edge(&mut self) {
        self._reducer.edge();
        if let Some(row) = self._row {
            self._psi[row] = self._next;
        }
        let tick = self.tick.val().index() as i16;
        let slice = |value: u64, bits: usize, unit: usize| {
            (value >> (bits * unit) & ((1 << BITS) - 1)) as i16
        };
        let (found, constants) = (self.found.val().to_u64(), self.constants.val().to_u64());
        let spiked = self.spiked.val().index();
        let starts = self.starts.val();
        let next = |unit: usize| match (self.looked.val(), starts) {
            (true, _) => slice(found, BITS, unit) - tick,
            (_, true) => slice(constants, 16, unit),
            _ if spiked >> unit & 1 == 1 => -tick,
            _ => self._read[unit],
        };
        let comes = self.looked.val() || self.direct.val();
        let next: [i16; UNITS] = std::array::from_fn(next);
        let row = self.row.val().index();
        self._row = comes.then_some(row);
        if comes {
            let (first, short) = (self.first.val(), self.short.val());
            let neurons = self.neurons.val().index();
            let psi = next.map(|psi| (i32::from(psi) + 2048) as u32);
            self._reducer.take(row, psi, neurons, first, short);
        }
        self._next = next;
        self._read = self._psi[self.read_row.val().index()];
    }

    fn packed(values: [i16; UNITS], tick: i16) -> u64 {
        let mask = (1 << BITS) - 1;
        values.iter().rev().fold(0, |all, &psi| all << BITS | u64::from((psi + tick) as u16 & mask))
    }
}

impl Logic for PhaseBank {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.edge();
        }
        let tick = self.tick.val().index() as i16;
        self.phases.next = Self::packed(self._read, tick).to_bits();
        self.written.next = Self::packed(self._next, tick).to_bits();
        let [a, b] = self._reducer.best();
        self.best.next = (u64::from(b) << 20 | u64::from(a)).to_bits();
        let [a, b] = self._reducer.known();
        self.known.next = (u64::from(b) << 1 | u64::from(a)).to_bits();
    }

    fn connect(&mut self) {
        self.phases.connect();
        self.written.connect();
        self.best.connect();
        self.known.connect();
    }

    fn hdl(&self) -> Verilog {
        let bank = format!(
            "\
reg [{PSI}*{UNITS}-1:0] psi [0:{ROWS}-1];
reg [{PSI}*{UNITS}-1:0] read;
reg [{PSI}*{UNITS}-1:0] next;
reg [6:0] next_row;
reg next_valid;
initial next_valid = 1'b0;
wire [{PSI}-1:0] now = {{1'b0, tick}};
genvar u;
generate for (u = 0; u < {UNITS}; u = u + 1) begin : unit
  wire [{PSI}-1:0] old = read[{PSI}*u +: {PSI}];
  wire [{PSI}-1:0] sum = old + now;
  wire [{PSI}-1:0] seen = next[{PSI}*u +: {PSI}] + now;
  wire [{PSI}-1:0] behind = {{1'b0, looked ? found[{BITS}*u +: {BITS}] : {BITS}'d0}} - now;
  wire [{PSI}-1:0] start = {{1'b0, constants[16*u +: {BITS}]}};
  always @(*) begin
    phases[{BITS}*u +: {BITS}] = sum[{BITS}-1:0];
    written[{BITS}*u +: {BITS}] = seen[{BITS}-1:0];
  end
  always @(posedge clock)
    next[{PSI}*u +: {PSI}] <= (looked | (~starts & spiked[u])) ? behind : starts ? start : old;
end endgenerate
always @(posedge clock) begin
  read <= psi[read_row];
  next_valid <= looked | direct;
  next_row <= row;
  if (next_valid) psi[next_row] <= next;
end
"
        );
        Verilog::Custom(bank + &reducer())
    }
}
