//! Fire sequencer: the guard that keeps passes apart, and the fire table's fields.
//!
//! The counter behind the guard is loaded a cycle after the token that it belongs to, so it stands one
//! higher than the datasheet's guard: 2 is its last value. The next entry is loaded from 10 on after a
//! tile's last tick; nothing in the pipeline needs a field any more when it changes.

use rust_hdl::prelude::*;
use spikewright_ir::layout::{fire, timing};

/// See the module's documentation. The fields are named as in the fire table.
#[derive(LogicBlock)]
pub struct Sequencer {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A sample starts.
    pub go: Signal<In, Bit>,
    /// Ticks of a sample, minus 1.
    pub ticks_m1: Signal<In, Bits<8>>,
    /// A token that pushes a pass is taken.
    pub fire_taken: Signal<In, Bit>,
    /// Table word addressed in the cycle before.
    pub entry: Signal<In, Bits<16>>,
    /// Table address: tile and word.
    pub address: Signal<Out, Bits<9>>,
    /// No `first` token may be taken.
    pub guarded: Signal<Out, Bit>,
    /// A fire token taken now belongs to its tile's first tick.
    pub first_tick: Signal<Out, Bit>,
    /// Target fields change at the end of this cycle.
    pub target_load: Signal<Out, Bit>,
    /// Field.
    pub rows_m1: Signal<Out, Bits<8>>,
    /// Field.
    pub above: Signal<Out, Bit>,
    /// Field.
    pub zero: Signal<Out, Bit>,
    /// Field.
    pub fires: Signal<Out, Bit>,
    /// Field.
    pub first_spike: Signal<Out, Bit>,
    /// Field.
    pub last: Signal<Out, Bit>,
    /// Field.
    pub leak_m: Signal<Out, Bits<16>>,
    /// Field.
    pub leak_r: Signal<Out, Bits<16>>,
    /// Field.
    pub gain: Signal<Out, Bits<16>>,
    /// Field.
    pub param_row: Signal<Out, Bits<8>>,
    /// Field, valid with `target_load`.
    pub target_group: Signal<Out, Bits<8>>,
    /// Field.
    pub target_stride: Signal<Out, Bits<8>>,
    /// Field.
    pub layer: Signal<Out, Bits<4>>,
    /// Field.
    pub neuron16: Signal<Out, Bits<12>>,
    guard: DFF<Bits<8>>,
    held: DFF<Bit>,
    fired: DFF<Bit>,
    started: DFF<Bit>,
    is_first_tick: DFF<Bit>,
    is_last_tick: DFF<Bit>,
    loading: DFF<Bit>,
    tile: DFF<Bits<6>>,
    tick: DFF<Bits<8>>,
    word: DFF<Bits<3>>,
    hot: DFF<Bits<8>>,
    w0: DFF<Bits<16>>,
    w1: DFF<Bits<16>>,
    w2: DFF<Bits<16>>,
    w3: DFF<Bits<16>>,
    w4: DFF<Bits<16>>,
    w5: DFF<Bits<8>>,
    w6: DFF<Bits<8>>,
    w7: DFF<Bits<16>>,
    load_starts: Signal<Local, Bit>,
    settling: Signal<Local, Bit>,
    two8: Constant<Bits<8>>,
    one3: Constant<Bits<3>>,
    one6: Constant<Bits<6>>,
    one8: Constant<Bits<8>>,
    load_at: Constant<Bits<8>>,
    zero6: Constant<Bits<6>>,
}

impl Default for Sequencer {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            go: Default::default(),
            ticks_m1: Default::default(),
            fire_taken: Default::default(),
            entry: Default::default(),
            address: Default::default(),
            guarded: Default::default(),
            first_tick: Default::default(),
            target_load: Default::default(),
            rows_m1: Default::default(),
            above: Default::default(),
            zero: Default::default(),
            fires: Default::default(),
            first_spike: Default::default(),
            last: Default::default(),
            leak_m: Default::default(),
            leak_r: Default::default(),
            gain: Default::default(),
            param_row: Default::default(),
            target_group: Default::default(),
            target_stride: Default::default(),
            layer: Default::default(),
            neuron16: Default::default(),
            guard: Default::default(),
            held: Default::default(),
            fired: Default::default(),
            started: Default::default(),
            settling: Default::default(),
            two8: Constant::new(2u64.to_bits()),
            is_first_tick: Default::default(),
            is_last_tick: Default::default(),
            loading: Default::default(),
            tile: Default::default(),
            tick: Default::default(),
            word: Default::default(),
            hot: Default::default(),
            w0: Default::default(),
            w1: Default::default(),
            w2: Default::default(),
            w3: Default::default(),
            w4: Default::default(),
            w5: Default::default(),
            w6: Default::default(),
            w7: Default::default(),
            load_starts: Default::default(),
            one3: Constant::new(1u64.to_bits()),
            one6: Constant::new(1u64.to_bits()),
            one8: Constant::new(1u64.to_bits()),
            load_at: Constant::new((timing::TABLE_LOAD as u64).to_bits()),
            zero6: Constant::new(0u64.to_bits()),
        }
    }
}

impl Logic for Sequencer {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            guard,
            held,
            fired,
            started,
            is_first_tick,
            is_last_tick,
            loading,
            tile,
            tick,
            word,
            hot,
            w0,
            w1,
            w2,
            w3,
            w4,
            w5,
            w6,
            w7
        );
        self.address.next =
            (bit_cast::<9, 6>(self.tile.q.val()) << 3) | bit_cast::<9, 3>(self.word.q.val());
        // Flags of the counters, one cycle late: fire tokens are at least eight cycles apart.
        self.guarded.next = self.held.q.val();
        self.first_tick.next = self.is_first_tick.q.val();
        self.is_first_tick.d.next = self.tick.q.val() == self.ticks_m1.val();
        self.is_last_tick.d.next = !self.tick.q.val().any();
        // Word k is addressed when the counter is load_at − k, and stored one cycle later.
        self.load_starts.next = self.loading.q.val() & (self.guard.q.val() == self.load_at.val());
        self.hot.d.next = self.hot.q.val() << 1;
        if self.load_starts.val() {
            self.hot.d.next = 1.into();
            self.word.d.next = self.one3.val();
        } else {
            if self.word.q.val().any() {
                self.word.d.next = self.word.q.val() + self.one3.val();
            }
        }
        if self.hot.q.val().get_bit(0) {
            self.w0.d.next = self.entry.val();
        }
        if self.hot.q.val().get_bit(1) {
            self.w1.d.next = self.entry.val();
        }
        if self.hot.q.val().get_bit(2) {
            self.w2.d.next = self.entry.val();
        }
        if self.hot.q.val().get_bit(3) {
            self.w3.d.next = self.entry.val();
        }
        if self.hot.q.val().get_bit(4) {
            self.w4.d.next = self.entry.val();
        }
        if self.hot.q.val().get_bit(5) {
            self.w5.d.next = self.entry.val().get_bits::<8>(0);
        }
        if self.hot.q.val().get_bit(6) {
            self.w6.d.next = self.entry.val().get_bits::<8>(8);
        }
        if self.hot.q.val().get_bit(7) {
            self.w7.d.next = self.entry.val();
        }
        self.target_load.next = self.hot.q.val().get_bit(6);
        self.target_group.next = self.entry.val().get_bits::<8>(0);
        self.rows_m1.next = self.w0.q.val().get_bits::<8>(0);
        self.above.next = self.w1.q.val().get_bit(8);
        self.zero.next = self.w1.q.val().get_bit(9);
        self.fires.next = self.w1.q.val().get_bit(10);
        self.first_spike.next = self.w1.q.val().get_bit(11);
        self.last.next = self.w1.q.val().get_bit(12);
        self.leak_m.next = self.w2.q.val();
        self.leak_r.next = self.w3.q.val();
        self.gain.next = self.w4.q.val();
        self.param_row.next = self.w5.q.val();
        self.target_stride.next = self.w6.q.val();
        self.layer.next = self.w7.q.val().get_bits::<4>(0);
        self.neuron16.next = self.w7.q.val().get_bits::<12>(4);
        // A fire token shuts the gate at once; all else follows a cycle later, to keep the path short.
        // The counter runs freely, `held` says whether it means anything.
        self.fired.d.next = self.fire_taken.val();
        self.started.d.next = self.go.val();
        self.settling.next = self.fired.q.val() | self.started.q.val();
        if (self.guard.q.val() == self.two8.val()) & !self.settling.val() {
            self.held.d.next = false;
        }
        if self.fire_taken.val() | self.go.val() {
            self.held.d.next = true;
        }
        self.guard.d.next = self.guard.q.val() - self.one8.val();
        if self.load_starts.val() {
            self.loading.d.next = false;
        }
        if self.fired.q.val() {
            self.tick.d.next = self.tick.q.val() - self.one8.val();
            self.guard.d.next = self.w0.q.val().get_bits::<8>(8);
            if self.is_last_tick.q.val() {
                self.tick.d.next = self.ticks_m1.val();
                self.guard.d.next = self.w1.q.val().get_bits::<8>(0);
                self.loading.d.next = true;
                self.tile.d.next = self.tile.q.val() + self.one6.val();
            }
        }
        if self.started.q.val() {
            self.tile.d.next = self.zero6.val();
            self.tick.d.next = self.ticks_m1.val();
            self.guard.d.next = self.load_at.val();
            self.loading.d.next = true;
        }
    }
}

// The kernel above names bit positions as literals; they are those of the layout table.
const _: () = {
    assert!(fire::WORDS == 8 && fire::ROWS_M1.lsb == 0 && fire::SPAN_M1.lsb == 8);
    assert!(fire::SPAN_LAST_M1.lsb == 0 && fire::ABOVE.lsb == 8 && fire::ZERO.lsb == 9);
    assert!(fire::FIRES.lsb == 10 && fire::FIRST_SPIKE.lsb == 11 && fire::LAST.lsb == 12);
    assert!(fire::TARGET_GROUP.lsb == 0 && fire::TARGET_STRIDE.lsb == 8);
    assert!(fire::LAYER.lsb == 0 && fire::NEURON16.lsb == 4);
};
