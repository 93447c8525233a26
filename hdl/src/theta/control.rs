//! Control: when inputs are counted and driven, which spike is next, which rows go where, and when the trial ends.
//!
//! Rows on the way to a table: P0 addressed, P1 read and their index formed, P4 found, S5 written. A row that no table
//! is asked for is read so that it is written in the same S5. Rows of counts join in P1.

use super::{
    control_model::{Inputs, Model},
    control_verilog::CONTROL,
};
use rust_hdl::prelude::*;

/// See the module's documentation.
#[derive(LogicBlock, Default)]
pub struct Control {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A sample starts.
    pub go: Signal<In, Bit>,
    /// The last word of the input was done in the cycle before.
    pub counted: Signal<In, Bit>,
    /// Next spikers of layers 0 and 2.
    pub best_even: Signal<In, Bits<40>>,
    /// Next spiker of layer 1.
    pub best_odd: Signal<In, Bits<40>>,
    /// Whether those behind them are known.
    pub known_even: Signal<In, Bits<2>>,
    /// The same of layer 1.
    pub known_odd: Signal<In, Bits<2>>,
    /// Ticks of a trial.
    pub ticks: Signal<In, Bits<11>>,
    /// There are three layers.
    pub three: Signal<In, Bit>,
    /// Writes the layer table.
    pub table_write: Signal<In, Bit>,
    /// Word to be written.
    pub table_address: Signal<In, Bits<4>>,
    /// What is written.
    pub table_data: Signal<In, Bits<16>>,
    /// Weights of the row in P1, and of three beside it.
    pub synapses: Signal<In, Bits<16>>,
    /// The input's first word is taken.
    pub load: Signal<Out, Bit>,
    /// Tile that is counted.
    pub tile: Signal<Out, Bits<2>>,
    /// A row of counts is in V0.
    pub shift: Signal<Out, Bit>,
    /// Gain of the drive.
    pub gain: Signal<Out, Bits<2>>,
    /// A row of the drive is in V3, which is P1.
    pub drives: Signal<Out, Bit>,
    /// Row of constants to be read.
    pub constant_row: Signal<Out, Bits<8>>,
    /// Word of weights to be read.
    pub synapse: Signal<Out, Bits<11>>,
    /// The layer that pulses reach is layer 1.
    pub odd: Signal<Out, Bit>,
    /// Layer that pulses reach.
    pub target: Signal<Out, Bits<2>>,
    /// Tick of the event.
    pub tick: Signal<Out, Bits<11>>,
    /// Units of the row in P1 that a pulse of weight −1 reaches.
    pub minus: Signal<Out, Bits<4>>,
    /// Those of the row in P4.
    pub found_plus: Signal<Out, Bits<4>>,
    /// Row that the even bank reads.
    pub read_even: Signal<Out, Bits<7>>,
    /// Row that the odd bank reads.
    pub read_odd: Signal<Out, Bits<7>>,
    /// P4 holds a row of the even bank.
    pub looked_even: Signal<Out, Bit>,
    /// P4 holds a row of the odd bank.
    pub looked_odd: Signal<Out, Bit>,
    /// The row that the even bank has read comes next, or one of starts.
    pub direct_even: Signal<Out, Bit>,
    /// The same of the odd bank.
    pub direct_odd: Signal<Out, Bit>,
    /// It is starts.
    pub starts: Signal<Out, Bit>,
    /// Its units that have spiked.
    pub spiked: Signal<Out, Bits<4>>,
    /// Row that comes next in the even bank.
    pub row_even: Signal<Out, Bits<7>>,
    /// The same of the odd bank.
    pub row_odd: Signal<Out, Bits<7>>,
    /// It is its pass's first.
    pub first_even: Signal<Out, Bit>,
    /// The same of the odd bank.
    pub first_odd: Signal<Out, Bit>,
    /// Its pass has one row.
    pub short_even: Signal<Out, Bit>,
    /// The same of the odd bank.
    pub short_odd: Signal<Out, Bit>,
    /// Its units that are neurons.
    pub neurons_even: Signal<Out, Bits<4>>,
    /// The same of the odd bank.
    pub neurons_odd: Signal<Out, Bits<4>>,
    /// A spike is taken.
    pub event_taken: Signal<Out, Bit>,
    /// The result stands at the end of this cycle.
    pub complete: Signal<Out, Bit>,
    /// A result stands.
    pub result: Signal<Out, Bit>,
    /// No output spiked.
    pub undecided: Signal<Out, Bit>,
    /// The class.
    pub label: Signal<Out, Bits<8>>,
    /// Tick in which the trial ended.
    pub ended: Signal<Out, Bits<16>>,
    /// Trace port: a row is written.
    pub trace_valid: Signal<Out, Bit>,
    /// Trace port: layer.
    pub trace_layer: Signal<Out, Bits<4>>,
    /// Trace port: row.
    pub trace_row: Signal<Out, Bits<6>>,
    /// Trace port: neuron that spiked.
    pub trace_source: Signal<Out, Bits<8>>,
    /// Trace port: weight bits.
    pub trace_plus: Signal<Out, Bits<4>>,
    _model: Model,
}

impl Control {
    fn inputs(&self) -> Inputs {
        let (even, odd) = (self.best_even.val().to_u64(), self.best_odd.val().to_u64());
        let word = |value: u64| (value & 0xf_ffff) as u32;
        Inputs {
            go: self.go.val(),
            counted: self.counted.val(),
            best: [word(even), word(odd), word(even >> 20)],
            known: [self.known_even.val().get_bit(0), self.known_odd.val().get_bit(0)],
            ticks: self.ticks.val().index() as u32,
            three: self.three.val(),
            table: self
                .table_write
                .val()
                .then(|| (self.table_address.val().index(), self.table_data.val().index() as u32)),
            synapses: self.synapses.val().index() as u32,
        }
    }
}

/// What a bank is told of the row that comes next.
struct Next {
    row: usize,
    first: bool,
    short: bool,
    neurons: u32,
}

/// Of one that was looked up, or else of the other kind.
fn next(m: &Model, looked: bool) -> Next {
    let (p4, d) = (&m.p[3], &m.direct);
    let bank_row = |layer: usize, row: usize| 64 * (layer / 2) + row;
    match looked {
        true => Next {
            row: bank_row(m.target, p4.row),
            first: p4.first,
            short: false,
            neurons: m.neurons(m.target, p4.row),
        },
        false => Next {
            row: bank_row(d.layer, d.row),
            first: d.first,
            short: d.short,
            neurons: m.neurons(d.layer, d.row),
        },
    }
}

impl Logic for Control {
    fn update(&mut self) {
        let inputs = self.inputs();
        if self.clock.pos_edge() {
            self._model.edge(&inputs);
        }
        let m = &self._model;
        let (p4, s5, d) = (m.p[3], m.p[4], m.direct);
        let odd = m.target % 2 == 1;
        let (even, other) = (next(m, p4.valid && !odd), next(m, p4.valid && odd));
        self.load.next = m.load;
        self.tile.next = (m.tile as u64).to_bits();
        self.shift.next = m.shifts();
        self.gain.next = (m.gain as u64).to_bits();
        self.drives.next = m.v[2].valid;
        self.constant_row.next = (m.constant() as u64).to_bits();
        self.synapse.next = (m.synapse() as u64).to_bits();
        self.odd.next = m.target % 2 == 1;
        self.target.next = (m.target as u64).to_bits();
        self.tick.next = (m.tick as u64).to_bits();
        self.minus.next = (m.minus(inputs.synapses) as u64).to_bits();
        self.found_plus.next = (p4.plus as u64).to_bits();
        self.read_even.next = (m.reads()[0] as u64).to_bits();
        self.read_odd.next = (m.reads()[1] as u64).to_bits();
        self.looked_even.next = p4.valid && !odd;
        self.looked_odd.next = p4.valid && odd;
        self.direct_even.next = d.valid && d.layer != 1;
        self.direct_odd.next = d.valid && d.layer == 1;
        self.starts.next = d.starts;
        self.spiked.next = (m.spiked() as u64).to_bits();
        self.row_even.next = (even.row as u64).to_bits();
        self.row_odd.next = (other.row as u64).to_bits();
        self.first_even.next = even.first;
        self.first_odd.next = other.first;
        self.short_even.next = even.short;
        self.short_odd.next = other.short;
        self.neurons_even.next = (even.neurons as u64).to_bits();
        self.neurons_odd.next = (other.neurons as u64).to_bits();
        self.event_taken.next = m.pulses(&inputs);
        self.complete.next = m.done;
        self.result.next = m.valid;
        self.undecided.next = m.undecided;
        self.label.next = (m.label as u64).to_bits();
        self.ended.next = (m.end as u64).to_bits();
        self.trace_valid.next = s5.valid;
        self.trace_layer.next = (m.target as u64).to_bits();
        self.trace_row.next = (s5.row as u64).to_bits();
        self.trace_source.next = (m.source as u64).to_bits();
        self.trace_plus.next = (s5.plus as u64).to_bits();
    }

    fn connect(&mut self) {
        self.load.connect();
        self.tile.connect();
        self.shift.connect();
        self.gain.connect();
        self.drives.connect();
        self.constant_row.connect();
        self.synapse.connect();
        self.odd.connect();
        self.target.connect();
        self.tick.connect();
        self.minus.connect();
        self.found_plus.connect();
        self.read_even.connect();
        self.read_odd.connect();
        self.looked_even.connect();
        self.looked_odd.connect();
        self.direct_even.connect();
        self.direct_odd.connect();
        self.starts.connect();
        self.spiked.connect();
        self.row_even.connect();
        self.row_odd.connect();
        self.first_even.connect();
        self.first_odd.connect();
        self.short_even.connect();
        self.short_odd.connect();
        self.neurons_even.connect();
        self.neurons_odd.connect();
        self.event_taken.connect();
        self.complete.connect();
        self.result.connect();
        self.undecided.connect();
        self.label.connect();
        self.ended.connect();
        self.trace_valid.connect();
        self.trace_layer.connect();
        self.trace_row.connect();
        self.trace_source.connect();
        self.trace_plus.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(CONTROL.into())
    }
}
