//! Fire bank: F_u pipelines that turn counts into potentials and spikes, a row per cycle.
//!
//! `integrate` is F0..F4, `fire` F5..F6, `reset` F6..F7; the row's potentials are written in F7, so the
//! same row may come again eight cycles later. A core without multipliers has two stages more in front of F3,
//! and what is said of F3 to F7 acts two cycles later there. θ and score are read late (F4, F6) instead of being
//! carried along.
//!
//! Where a tick has several passes, the sum so far stands in the potential's place: its low half, its
//! top bit inverted, goes through the leak multiplier unchanged; its upper part (written in F4) comes
//! back as the high half of the drive's addend. Bias and leak carry an offset of 2^15 each, so that
//! neither has a sign to extend: a pass that begins its tick takes 2^16 away, a later one finds the
//! low half without its sign, and a bias of -2^15 in the last row.

use rust_hdl::prelude::*;
use spikewright_ir::CoreSpec;

/// See the module's documentation. `H` = units × counter bits, `S` = units, `T` = units × 16.
#[derive(LogicBlock)]
pub struct FireBank<const H: usize, const S: usize, const T: usize> {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A row is at the heads (F0).
    pub row_valid: Signal<In, Bit>,
    /// It is its pass's last.
    pub row_last: Signal<In, Bit>,
    /// Its pass is the tile's first tick.
    pub row_first_tick: Signal<In, Bit>,
    /// Its pass is the first of its tick: leak and bias act.
    pub row_begins: Signal<In, Bit>,
    /// Its pass is the last of its tick: fire and reset act.
    pub row_ends: Signal<In, Bit>,
    /// Its pass is the last of its loop.
    pub row_turns: Signal<In, Bit>,
    /// It is so in the last tick.
    pub row_done: Signal<In, Bit>,
    /// The next row in F7 is its tile's first.
    pub tile_load: Signal<In, Bit>,
    /// Counts of the row's lanes.
    pub heads: Signal<In, Bits<H>>,
    /// Events of the row's pass, inverted.
    pub inverted_events: Signal<In, Bits<11>>,
    /// Field of the tile.
    pub above: Signal<In, Bit>,
    /// Field of the tile.
    pub zero: Signal<In, Bit>,
    /// Field of the tile.
    pub fires: Signal<In, Bit>,
    /// Field of the tile.
    pub first_spike: Signal<In, Bit>,
    /// Field of the tile.
    pub leak_m: Signal<In, Bits<16>>,
    /// Field of the tile: the top bit of R, and all others.
    pub leak_r: Signal<In, Bits<2>>,
    /// Twice what an event of the pass in F1 counts.
    pub gain: Signal<In, Bits<16>>,
    /// Field of the tile.
    pub param_row: Signal<In, Bits<8>>,
    /// Tick of the row in F7.
    pub tick: Signal<In, Bits<8>>,
    /// Writes a parameter.
    pub write: Signal<In, Bit>,
    /// (row · 16 + unit) · 2 + (0 threshold, 1 bias).
    pub write_address: Signal<In, Bits<16>>,
    /// The parameter.
    pub write_data: Signal<In, Bits<16>>,
    /// The readout addresses a class.
    pub read: Signal<In, Bit>,
    /// Its row.
    pub read_row: Signal<In, Bits<8>>,
    /// Its unit.
    pub read_unit: Signal<In, Bits<4>>,
    /// Potentials are read, not scores.
    pub potentials: Signal<In, Bit>,
    /// What was addressed two cycles before.
    pub value: Signal<Out, Bits<16>>,
    /// A row whose tick ends in it has a potential that did not fit; F5.
    pub clipped: Signal<Out, Bit>,
    /// A row of its tick's last pass is in F7.
    pub out_valid: Signal<Out, Bit>,
    /// It is its pass's last.
    pub out_last: Signal<Out, Bit>,
    /// Its pass is the last of its loop.
    pub out_turns: Signal<Out, Bit>,
    /// It is so in the last tick.
    pub out_done: Signal<Out, Bit>,
    /// Row of the tile, counted over all its rounds.
    pub out_row: Signal<Out, Bits<12>>,
    /// Spikes, unit 0 lowest.
    pub spikes: Signal<Out, Bits<S>>,
    /// u of each unit.
    pub trace_u: Signal<Out, Bits<T>>,
    /// v of each unit.
    pub trace_v: Signal<Out, Bits<T>>,
    _spec: CoreSpec,
    _model: super::fire_model::FireModel,
}

impl<const H: usize, const S: usize, const T: usize> FireBank<H, S, T> {
    /// A bank for a core of `spec`.
    pub fn new(spec: &CoreSpec) -> Self {
        assert!(H == spec.fire_units * spec.count_bits && S == spec.fire_units && T == 16 * S);
        Self {
            clock: Default::default(),
            row_valid: Default::default(),
            row_last: Default::default(),
            row_first_tick: Default::default(),
            row_begins: Default::default(),
            row_ends: Default::default(),
            row_turns: Default::default(),
            row_done: Default::default(),
            tile_load: Default::default(),
            heads: Default::default(),
            inverted_events: Default::default(),
            above: Default::default(),
            zero: Default::default(),
            fires: Default::default(),
            first_spike: Default::default(),
            leak_m: Default::default(),
            leak_r: Default::default(),
            gain: Default::default(),
            param_row: Default::default(),
            tick: Default::default(),
            write: Default::default(),
            write_address: Default::default(),
            write_data: Default::default(),
            read: Default::default(),
            read_row: Default::default(),
            read_unit: Default::default(),
            potentials: Default::default(),
            value: Default::default(),
            clipped: Default::default(),
            out_valid: Default::default(),
            out_last: Default::default(),
            out_turns: Default::default(),
            out_done: Default::default(),
            out_row: Default::default(),
            spikes: Default::default(),
            trace_u: Default::default(),
            trace_v: Default::default(),
            _spec: *spec,
            _model: super::fire_model::FireModel::new(spec),
        }
    }

    fn inputs(&self) -> super::fire_model::Inputs {
        let c = self._spec.count_bits;
        let count = |unit: usize| {
            (0..c).map(|b| i64::from(self.heads.val().get_bit(unit * c + b)) << b).sum::<i64>()
        };
        let events =
            (!self.inverted_events.val().index() & ((1 << self._spec.count_bits) - 1)) as i64;
        super::fire_model::Inputs {
            row: self.row_valid.val().then(|| super::fire_model::Row {
                last: self.row_last.val(),
                first_tick: self.row_first_tick.val(),
                begins: self.row_begins.val(),
                ends: self.row_ends.val(),
                turns: self.row_turns.val(),
                done: self.row_done.val(),
                index: 0,
                drive: (0..S).map(|unit| 2 * count(unit) - events).collect(),
            }),
            tile_load: self.tile_load.val(),
            above: self.above.val(),
            zero: self.zero.val(),
            fires: self.fires.val(),
            first_spike: self.first_spike.val(),
            leak_m: self.leak_m.val().index() as i64,
            leak_r: [0, 32767, 32768, 65535][self.leak_r.val().index()],
            gain: self.gain.val().index() as i64,
            param_row: self.param_row.val().index(),
            tick: self.tick.val().index() as u8,
            write: self
                .write
                .val()
                .then(|| (self.write_address.val().index(), self.write_data.val().index() as u16)),
            read: self
                .read
                .val()
                .then(|| (self.read_row.val().index(), self.read_unit.val().index())),
            potentials: self.potentials.val(),
        }
    }
}

impl<const H: usize, const S: usize, const T: usize> Logic for FireBank<H, S, T> {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            let inputs = self.inputs();
            self._model.edge(inputs);
        }
        let m = &self._model;
        self.value.next = u64::from(m.value()).to_bits();
        self.clipped.next = m.clipped();
        self.out_valid.next = m.out().is_some();
        self.out_last.next = m.out().is_some_and(|o| o.last);
        self.out_turns.next = m.out().is_some_and(|o| o.turns);
        self.out_done.next = m.out().is_some_and(|o| o.done);
        self.out_row.next = (m.out().map_or(0, |o| o.trace) as u64).to_bits();
        let mut spikes = Bits::<S>::default();
        let (mut us, mut vs) = (Bits::<T>::default(), Bits::<T>::default());
        if let Some(out) = m.out() {
            for unit in 0..S {
                spikes = spikes.replace_bit(unit, out.s[unit]);
                for bit in 0..16 {
                    us = us.replace_bit(16 * unit + bit, out.u[unit] >> bit & 1 == 1);
                    vs = vs.replace_bit(16 * unit + bit, out.v[unit] >> bit & 1 == 1);
                }
            }
        }
        self.spikes.next = spikes;
        self.trace_u.next = us;
        self.trace_v.next = vs;
    }

    fn connect(&mut self) {
        self.value.connect();
        self.clipped.connect();
        self.out_valid.connect();
        self.out_last.connect();
        self.out_turns.connect();
        self.out_done.connect();
        self.out_row.connect();
        self.spikes.connect();
        self.trace_u.connect();
        self.trace_v.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(super::fire_verilog::fire_verilog(&self._spec))
    }
}
