//! Fire sequencer: the guard that keeps passes apart, and the fire table's fields.
//!
//! `begins`, `ends` (from F0 on) and `gain` (from F1 on) belong to the pass whose rows shift; the
//! counters behind them move on when its first row starts.
//!
//! The counter behind the guard is loaded a cycle after the token that it belongs to, so it stands one
//! higher than the datasheet's guard: 2 is its last value. After a tile's last tick the next entry is
//! loaded from 5 on, word by word: each when the pipeline needs it no more for the rows of that tick,
//! and before it does for those of the next tile. With R rows, R ≥ 8, and the fire token in cycle t,
//! word k is there from t + R + 6 + k on; the next tile's fire token comes in t + R + 8 at the earliest:
//! its first row is in F0 four cycles later, in F5, where word 5 acts, nine. The last row of the old
//! tile is in F1, where words 3 and 4 act, in t + R + 4, in F7 in t + R + 10, in F8 in t + R + 11.

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
    /// The rows of a pushed pass shift from the next cycle on.
    pub row_starts: Signal<In, Bit>,
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
    /// Field: its top bit, and all others.
    pub leak_r: Signal<Out, Bits<2>>,
    /// What an event of the pass counts, one bit.
    pub gain: Signal<Out, Bits<16>>,
    /// The pass is the first of its tick.
    pub begins: Signal<Out, Bit>,
    /// The pass is the last of its tick.
    pub ends: Signal<Out, Bit>,
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
    plane: DFF<Bits<3>>,
    value_plane: DFF<Bits<3>>,
    planes_past: DFF<Bits<4>>,
    is_last_plane: DFF<Bit>,
    is_last_input: DFF<Bit>,
    is_begin: DFF<Bit>,
    is_end: DFF<Bit>,
    begins_r: DFF<Bit>,
    ends_r: DFF<Bit>,
    last_r: DFF<Bit>,
    gain_log2: DFF<Bits<4>>,
    gain_r: DFF<Bits<16>>,
    tile: DFF<Bits<6>>,
    tick: DFF<Bits<8>>,
    word: DFF<Bits<3>>,
    hot: DFF<Bits<8>>,
    w0: DFF<Bits<16>>,
    w1: DFF<Bits<11>>,
    w2: DFF<Bits<16>>,
    w3: DFF<Bits<16>>,
    w4: DFF<Bits<2>>,
    w5: DFF<Bits<4>>,
    w6: DFF<Bits<16>>,
    w7: DFF<Bits<8>>,
    load_starts: Signal<Local, Bit>,
    settling: Signal<Local, Bit>,
    two8: Constant<Bits<8>>,
    one3: Constant<Bits<3>>,
    zero3: Constant<Bits<3>>,
    one16: Constant<Bits<16>>,
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
            row_starts: Default::default(),
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
            begins: Default::default(),
            ends: Default::default(),
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
            plane: Default::default(),
            value_plane: Default::default(),
            planes_past: Default::default(),
            is_last_plane: Default::default(),
            is_last_input: Default::default(),
            is_begin: Default::default(),
            is_end: Default::default(),
            begins_r: Default::default(),
            ends_r: Default::default(),
            last_r: Default::default(),
            gain_log2: Default::default(),
            gain_r: Default::default(),
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
            zero3: Constant::new(0u64.to_bits()),
            one16: Constant::new(1u64.to_bits()),
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
            plane,
            value_plane,
            planes_past,
            is_last_plane,
            is_last_input,
            is_begin,
            is_end,
            begins_r,
            ends_r,
            last_r,
            gain_log2,
            gain_r,
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
            self.w1.d.next = self.entry.val().get_bits::<11>(0);
        }
        if self.hot.q.val().get_bit(2) {
            self.w2.d.next = self.entry.val();
        }
        if self.hot.q.val().get_bit(3) {
            self.w3.d.next = self.entry.val();
        }
        if self.hot.q.val().get_bit(4) {
            self.w4.d.next = self.entry.val().get_bits::<2>(14);
        }
        if self.hot.q.val().get_bit(5) {
            self.w5.d.next = self.entry.val().get_bits::<4>(0);
        }
        if self.hot.q.val().get_bit(6) {
            self.w6.d.next = self.entry.val();
        }
        if self.hot.q.val().get_bit(7) {
            self.w7.d.next = self.entry.val().get_bits::<8>(8);
            // Not before: with one tick the next fire token comes while words are still read.
            self.tile.d.next = self.tile.q.val() + self.one6.val();
        }
        self.target_load.next = self.hot.q.val().get_bit(7);
        self.target_group.next = self.entry.val().get_bits::<8>(0);
        self.rows_m1.next = self.w0.q.val().get_bits::<8>(0);
        self.above.next = self.w5.q.val().get_bit(0);
        self.zero.next = self.w5.q.val().get_bit(1);
        self.fires.next = self.w5.q.val().get_bit(2);
        self.first_spike.next = self.w5.q.val().get_bit(3);
        self.last.next = self.last_r.q.val();
        self.leak_m.next = self.w3.q.val();
        self.leak_r.next = self.w4.q.val();
        self.gain.next = self.gain_r.q.val();
        self.begins.next = self.begins_r.q.val();
        self.ends.next = self.ends_r.q.val();
        self.param_row.next = self.w2.q.val().get_bits::<8>(0);
        self.target_stride.next = self.w7.q.val();
        self.layer.next = self.w6.q.val().get_bits::<4>(0);
        self.neuron16.next = self.w6.q.val().get_bits::<12>(4);
        // Passes of a tick. Flags and sum lag the counters by a cycle or two, as above.
        self.is_last_plane.d.next = self.plane.q.val() == self.w1.q.val().get_bits::<3>(4);
        self.is_last_input.d.next = self.value_plane.q.val() == self.w1.q.val().get_bits::<3>(7);
        self.is_begin.d.next = !self.plane.q.val().any() & !self.value_plane.q.val().any();
        self.is_end.d.next = self.is_last_plane.q.val() & self.is_last_input.q.val();
        self.planes_past.d.next =
            bit_cast::<4, 3>(self.plane.q.val()) + bit_cast::<4, 3>(self.value_plane.q.val());
        self.gain_r.d.next = self.one16.val() << self.gain_log2.q.val();
        if self.row_starts.val() {
            self.begins_r.d.next = self.is_begin.q.val();
            self.ends_r.d.next = self.is_end.q.val();
            self.last_r.d.next = self.w1.q.val().get_bit(10);
            self.gain_log2.d.next = self.w1.q.val().get_bits::<4>(0) + self.planes_past.q.val();
            self.plane.d.next = self.plane.q.val() + self.one3.val();
            if self.is_last_plane.q.val() {
                self.plane.d.next = self.zero3.val();
                self.value_plane.d.next = self.value_plane.q.val() + self.one3.val();
                if self.is_last_input.q.val() {
                    self.value_plane.d.next = self.zero3.val();
                }
            }
        }
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
            self.guard.d.next = self.w0.q.val().get_bits::<8>(8);
            if self.is_end.q.val() {
                self.tick.d.next = self.tick.q.val() - self.one8.val();
            }
            if self.is_end.q.val() & self.is_last_tick.q.val() {
                self.tick.d.next = self.ticks_m1.val();
                self.guard.d.next = self.w2.q.val().get_bits::<8>(8);
                self.loading.d.next = !self.w1.q.val().get_bit(10);
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
    assert!(fire::SPAN_LAST_M1.lsb == 8 && fire::ABOVE.lsb == 0 && fire::ZERO.lsb == 1);
    assert!(fire::FIRES.lsb == 2 && fire::FIRST_SPIKE.lsb == 3 && fire::LAST.lsb == 10);
    assert!(fire::PARAM_ROW.lsb == 0);
    assert!(fire::TARGET_GROUP.lsb == 0 && fire::TARGET_STRIDE.lsb == 8);
    assert!(fire::LAYER.lsb == 0 && fire::NEURON16.lsb == 4);
    assert!(fire::GAIN_LOG2.lsb == 0 && fire::WEIGHT_PLANES_M1.lsb == 4);
    assert!(fire::INPUT_PLANES_M1.lsb == 7);
};
