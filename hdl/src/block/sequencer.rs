//! Fire sequencer: the guard that keeps passes apart, the program's fire half, and the tile table's
//! fields.
//!
//! The program is walked as by the scan control. Its word, at `pass_entry`, is that of the pass that
//! fires next: it moves on when that pass's first row starts. `begins`, `ends`, `turns`, `done` (from F0
//! on) and `gain` (from F1 on) belong to the pass whose rows shift. A loop of several rounds has one tile,
//! so the rounds that are left are counted down from the tile's word, which is loaded once.
//!
//! The counter behind the guard is loaded a cycle after the token that it belongs to, so it stands one
//! higher than the datasheet's guard: 2 is its last value. Where another tile follows, its entry is
//! loaded from 3 on, word by word: each when the pipeline needs it no more for the rows before, and
//! before it does for those of the tile. With R rows, R ≥ 8, and the fire token in cycle t, word k is
//! there from t + R + 6 + k on; the next tile's fire token comes in t + R + 6 at the earliest, sets the
//! guard from words 0 and 1 a cycle later, and its first row is in F0 after three more, where words 3
//! and 4 are taken over. The last row of the old tile is in F0 in t + R + 3, in F7, the last stage that
//! word 5 acts in, in t + R + 10, in F8, where the writer takes up its target, in t + R + 11. Each stage
//! that a preset has besides delays both by one.

use rust_hdl::prelude::*;
use spikewright_ir::{
    CoreSpec,
    layout::{pass, tile, timing},
};

/// See the module's documentation. The fields are named as in the tables.
#[derive(LogicBlock)]
pub struct Sequencer {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A sample, or a tick of a stream, starts.
    pub go: Signal<In, Bit>,
    /// It goes on from the tick before.
    pub resumes: Signal<In, Bit>,
    /// Ticks of a sample, minus 1.
    pub ticks_m1: Signal<In, Bits<8>>,
    /// A token that pushes a pass is taken.
    pub fire_taken: Signal<In, Bit>,
    /// The rows of a pushed pass shift from the next cycle on.
    pub row_starts: Signal<In, Bit>,
    /// Those of its next gang do.
    pub gang_starts: Signal<In, Bit>,
    /// And it is the last.
    pub gang_last: Signal<In, Bit>,
    /// Program word of the pass addressed in the cycle before.
    pub pass_entry: Signal<In, Bits<16>>,
    /// Tile table word addressed in the cycle before.
    pub entry: Signal<In, Bits<16>>,
    /// Program address.
    pub pass: Signal<Out, Bits<8>>,
    /// Tile table address: tile and word.
    pub address: Signal<Out, Bits<9>>,
    /// That word is taken up.
    pub reads: Signal<Out, Bit>,
    /// No `first` token may be taken.
    pub guarded: Signal<Out, Bit>,
    /// A fire token taken now belongs to the first tick.
    pub first_tick: Signal<Out, Bit>,
    /// The pass that fires next does not count events.
    pub identity: Signal<Out, Bit>,
    /// Lane 0 of each slot of the tile counts the slot's events.
    pub windowed: Signal<Out, Bit>,
    /// The target changes at the end of this cycle.
    pub target_load: Signal<Out, Bit>,
    /// Field.
    pub rows_m1: Signal<Out, Bits<8>>,
    /// Field.
    pub gangs_m1: Signal<Out, Bits<3>>,
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
    pub blank: Signal<Out, Bit>,
    /// Field.
    pub pool_m1: Signal<Out, Bits<4>>,
    /// Field.
    pub target_word: Signal<Out, Bits<2>>,
    /// Field.
    pub leak_m: Signal<Out, Bits<16>>,
    /// Field: its top bit, and all others.
    pub leak_r: Signal<Out, Bits<2>>,
    /// Twice what an event of the pass counts, one bit.
    pub gain: Signal<Out, Bits<16>>,
    /// The pass is its tile's first in the tick.
    pub begins: Signal<Out, Bit>,
    /// The pass is its tile's last in the tick.
    pub ends: Signal<Out, Bit>,
    /// The pass is its loop's last.
    pub turns: Signal<Out, Bit>,
    /// It is so in the last tick.
    pub done: Signal<Out, Bit>,
    /// Field.
    pub param_row: Signal<Out, Bits<8>>,
    /// Field.
    pub target_group: Signal<Out, Bits<8>>,
    /// Field.
    pub target_step: Signal<Out, Bits<8>>,
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
    begins_r: DFF<Bit>,
    ends_r: DFF<Bit>,
    turns_r: DFF<Bit>,
    done_r: DFF<Bit>,
    ends_later: DFF<Bit>,
    turns_later: DFF<Bit>,
    done_later: DFF<Bit>,
    gain_log2: DFF<Bits<4>>,
    gain_r: DFF<Bits<16>>,
    index: DFF<Bits<8>>,
    loop_start: DFF<Bits<8>>,
    tick: DFF<Bits<8>>,
    tile: DFF<Bits<6>>,
    word: DFF<Bits<3>>,
    hot: DFF<Bits<8>>,
    w0: DFF<Bits<16>>,
    w1: DFF<Bits<8>>,
    windowed_r: DFF<Bit>,
    rounds_left: DFF<Bits<6>>,
    w2: DFF<Bits<8>>,
    gangs_r: DFF<Bits<3>>,
    w3: DFF<Bits<16>>,
    w4: DFF<Bits<2>>,
    w5: DFF<Bits<14>>,
    w6: DFF<Bits<16>>,
    w7: DFF<Bits<16>>,
    load_starts: Signal<Local, Bit>,
    settling: Signal<Local, Bit>,
    opens: Signal<Local, Bit>,
    switches: Signal<Local, Bit>,
    turning: Signal<Local, Bit>,
    ending: Signal<Local, Bit>,
    leaving: Signal<Local, Bit>,
    alone: Signal<Local, Bit>,
    following: Signal<Local, Bits<8>>,
    two8: Constant<Bits<8>>,
    one3: Constant<Bits<3>>,
    one4: Constant<Bits<4>>,
    gang_mask: Constant<Bits<3>>,
    one6: Constant<Bits<6>>,
    one16: Constant<Bits<16>>,
    one8: Constant<Bits<8>>,
    zero8: Constant<Bits<8>>,
    span_mask: Constant<Bits<8>>,
    word0_mask: Constant<Bits<16>>,
    load_at: Constant<Bits<8>>,
    start_guard: Constant<Bits<8>>,
}

impl Sequencer {
    /// A sequencer for a core of `spec`.
    pub fn new(spec: &CoreSpec) -> Self {
        // Bits that no tile of the preset sets stay 0, and are no cells then.
        let rows = spec.tile_rows();
        let span_last = rows.max(spec.min_span()) + spec.tile_switch();
        let reach = |most: usize| most.next_power_of_two() as u64 - 1;
        let word0 = reach(rows) | reach(rows.max(spec.min_span())) << 8;
        Self {
            clock: Default::default(),
            go: Default::default(),
            resumes: Default::default(),
            ticks_m1: Default::default(),
            fire_taken: Default::default(),
            row_starts: Default::default(),
            gang_starts: Default::default(),
            gang_last: Default::default(),
            pass_entry: Default::default(),
            entry: Default::default(),
            pass: Default::default(),
            address: Default::default(),
            reads: Default::default(),
            guarded: Default::default(),
            first_tick: Default::default(),
            identity: Default::default(),
            windowed: Default::default(),
            target_load: Default::default(),
            rows_m1: Default::default(),
            gangs_m1: Default::default(),
            above: Default::default(),
            zero: Default::default(),
            fires: Default::default(),
            first_spike: Default::default(),
            last: Default::default(),
            blank: Default::default(),
            pool_m1: Default::default(),
            target_word: Default::default(),
            leak_m: Default::default(),
            leak_r: Default::default(),
            gain: Default::default(),
            begins: Default::default(),
            ends: Default::default(),
            turns: Default::default(),
            done: Default::default(),
            param_row: Default::default(),
            target_group: Default::default(),
            target_step: Default::default(),
            layer: Default::default(),
            neuron16: Default::default(),
            guard: Default::default(),
            held: Default::default(),
            fired: Default::default(),
            started: Default::default(),
            is_first_tick: Default::default(),
            is_last_tick: Default::default(),
            loading: Default::default(),
            begins_r: Default::default(),
            ends_r: Default::default(),
            turns_r: Default::default(),
            done_r: Default::default(),
            ends_later: Default::default(),
            turns_later: Default::default(),
            done_later: Default::default(),
            gain_log2: Default::default(),
            gain_r: Default::default(),
            index: Default::default(),
            loop_start: Default::default(),
            tick: Default::default(),
            tile: Default::default(),
            word: Default::default(),
            hot: Default::default(),
            w0: Default::default(),
            w1: Default::default(),
            windowed_r: Default::default(),
            rounds_left: Default::default(),
            w2: Default::default(),
            gangs_r: Default::default(),
            w3: Default::default(),
            w4: Default::default(),
            w5: Default::default(),
            w6: Default::default(),
            w7: Default::default(),
            load_starts: Default::default(),
            settling: Default::default(),
            opens: Default::default(),
            switches: Default::default(),
            turning: Default::default(),
            ending: Default::default(),
            leaving: Default::default(),
            alone: Default::default(),
            following: Default::default(),
            two8: Constant::new(2u64.to_bits()),
            one3: Constant::new(1u64.to_bits()),
            one4: Constant::new(1u64.to_bits()),
            gang_mask: Constant::new(reach(spec.gangs).to_bits()),
            one6: Constant::new(1u64.to_bits()),
            one16: Constant::new(1u64.to_bits()),
            one8: Constant::new(1u64.to_bits()),
            zero8: Constant::new(0u64.to_bits()),
            span_mask: Constant::new(reach(span_last).to_bits()),
            word0_mask: Constant::new(word0.to_bits()),
            load_at: Constant::new((timing::TABLE_LOAD as u64).to_bits()),
            start_guard: Constant::new((timing::START_GUARD as u64).to_bits()),
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
            begins_r,
            ends_r,
            turns_r,
            done_r,
            ends_later,
            turns_later,
            done_later,
            gain_log2,
            gain_r,
            index,
            loop_start,
            tick,
            tile,
            word,
            hot,
            w0,
            w1,
            windowed_r,
            rounds_left,
            w2,
            gangs_r,
            w3,
            w4,
            w5,
            w6,
            w7
        );
        self.pass.next = self.index.q.val();
        self.address.next =
            (bit_cast::<9, 6>(self.tile.q.val()) << 3) | bit_cast::<9, 3>(self.word.q.val());
        self.guarded.next = self.held.q.val();
        self.first_tick.next = self.is_first_tick.q.val();
        self.identity.next = self.pass_entry.val().get_bit(7);
        // A cycle late: fire tokens are at least eight cycles apart.
        self.is_last_tick.d.next = self.tick.q.val() == self.ticks_m1.val();
        // Word k is addressed when the counter is load_at − k, and stored one cycle later.
        self.load_starts.next = self.loading.q.val() & (self.guard.q.val() == self.load_at.val());
        self.reads.next = self.load_starts.val() | self.word.q.val().any();
        self.hot.d.next = self.hot.q.val() << 1;
        if self.load_starts.val() {
            self.hot.d.next = 1.into();
            self.word.d.next = self.one3.val();
        } else {
            if self.word.q.val().any() {
                self.word.d.next = self.word.q.val() + self.one3.val();
            } else {
                // Between loads: the next fire token may come while words are still read.
                self.tile.d.next = self.pass_entry.val().get_bits::<6>(10);
            }
        }
        if self.hot.q.val().get_bit(0) {
            self.w0.d.next = self.entry.val() & self.word0_mask.val();
        }
        if self.hot.q.val().get_bit(1) {
            self.w1.d.next = self.entry.val().get_bits::<8>(0) & self.span_mask.val();
            self.rounds_left.d.next = self.entry.val().get_bits::<6>(8);
            self.windowed_r.d.next = self.entry.val().get_bit(14);
        }
        if self.hot.q.val().get_bit(2) {
            self.w2.d.next = self.entry.val().get_bits::<8>(0);
            self.gangs_r.d.next = self.entry.val().get_bits::<3>(8) & self.gang_mask.val();
        }
        if self.hot.q.val().get_bit(3) {
            self.w3.d.next = self.entry.val();
        }
        if self.hot.q.val().get_bit(4) {
            self.w4.d.next = self.entry.val().get_bits::<2>(14);
        }
        if self.hot.q.val().get_bit(5) {
            self.w5.d.next = self.entry.val().get_bits::<14>(0);
        }
        if self.hot.q.val().get_bit(6) {
            self.w6.d.next = self.entry.val();
        }
        if self.hot.q.val().get_bit(7) {
            self.w7.d.next = self.entry.val();
        }
        self.target_load.next = self.hot.q.val().get_bit(7);
        self.rows_m1.next = self.w0.q.val().get_bits::<8>(0);
        self.gangs_m1.next = self.gangs_r.q.val();
        self.above.next = self.w5.q.val().get_bit(0);
        self.zero.next = self.w5.q.val().get_bit(1);
        self.fires.next = self.w5.q.val().get_bit(2);
        self.first_spike.next = self.w5.q.val().get_bit(3);
        self.last.next = self.w5.q.val().get_bit(4);
        self.blank.next = self.w5.q.val().get_bit(5);
        self.pool_m1.next = self.w5.q.val().get_bits::<4>(8);
        self.target_word.next = self.w5.q.val().get_bits::<2>(12);
        self.windowed.next = self.windowed_r.q.val();
        self.leak_m.next = self.w3.q.val();
        self.leak_r.next = self.w4.q.val();
        self.gain.next = self.gain_r.q.val();
        self.begins.next = self.begins_r.q.val();
        self.ends.next = self.ends_r.q.val();
        self.turns.next = self.turns_r.q.val();
        self.done.next = self.done_r.q.val();
        self.param_row.next = self.w2.q.val();
        self.target_group.next = self.w7.q.val().get_bits::<8>(0);
        self.target_step.next = self.w7.q.val().get_bits::<8>(8);
        self.layer.next = self.w6.q.val().get_bits::<4>(0);
        self.neuron16.next = self.w6.q.val().get_bits::<12>(4);
        // The pass that fires next: all but the guard moves on when its rows do.
        self.turning.next = self.pass_entry.val().get_bit(6);
        self.ending.next = self.turning.val() & self.is_last_tick.q.val();
        // The last turn of the last round leaves the loop.
        self.leaving.next = self.is_last_tick.q.val() & !self.rounds_left.q.val().any();
        self.switches.next = self.pass_entry.val().get_bit(8);
        if self.turning.val() & !self.leaving.val() {
            self.switches.next = self.pass_entry.val().get_bit(9);
        }
        self.following.next = self.index.q.val() + self.one8.val();
        self.gain_r.d.next = self.one16.val() << self.gain_log2.q.val();
        // A pass begins its tick with its first gang and ends it with its last. A plane counts twice what
        // the one before does.
        self.alone.next = !self.gangs_r.q.val().any();
        if self.gang_starts.val() {
            self.begins_r.d.next = false;
            self.gain_log2.d.next = self.gain_log2.q.val() + self.one4.val();
        }
        if self.gang_last.val() {
            self.ends_r.d.next = self.ends_later.q.val();
            self.turns_r.d.next = self.turns_later.q.val();
            self.done_r.d.next = self.done_later.q.val();
        }
        if self.row_starts.val() {
            self.begins_r.d.next = self.pass_entry.val().get_bit(4);
            self.ends_later.d.next = self.pass_entry.val().get_bit(5);
            self.turns_later.d.next = self.turning.val();
            self.done_later.d.next = self.ending.val();
            self.ends_r.d.next = self.pass_entry.val().get_bit(5) & self.alone.val();
            self.turns_r.d.next = self.turning.val() & self.alone.val();
            self.done_r.d.next = self.ending.val() & self.alone.val();
            self.gain_log2.d.next = self.pass_entry.val().get_bits::<4>(0);
            self.index.d.next = self.following.val();
            if self.turning.val() {
                self.is_first_tick.d.next = self.is_last_tick.q.val();
                if self.is_last_tick.q.val() {
                    self.tick.d.next = self.zero8.val();
                    self.rounds_left.d.next = self.rounds_left.q.val() - self.one6.val();
                } else {
                    self.tick.d.next = self.tick.q.val() + self.one8.val();
                }
                if self.leaving.val() {
                    self.loop_start.d.next = self.following.val();
                } else {
                    self.index.d.next = self.loop_start.q.val();
                }
            }
        }
        // A fire token shuts the gate at once; all else follows a cycle later, to keep the path short.
        // The counter runs freely, `held` says whether it means anything.
        self.fired.d.next = self.fire_taken.val();
        self.started.d.next = self.go.val();
        self.settling.next = self.fired.q.val() | self.started.q.val();
        self.opens.next = (self.guard.q.val() == self.two8.val()) & !self.settling.val();
        self.held.d.next =
            self.fire_taken.val() | self.go.val() | (self.held.q.val() & !self.opens.val());
        self.guard.d.next = (self.guard.q.val() - self.one8.val()) & self.span_mask.val();
        if self.load_starts.val() {
            self.loading.d.next = false;
        }
        if self.fired.q.val() {
            self.guard.d.next = self.w0.q.val().get_bits::<8>(8);
            if self.switches.val() {
                self.guard.d.next = self.w1.q.val();
            }
            self.loading.d.next = self.switches.val();
        }
        if self.go.val() {
            self.index.d.next = self.zero8.val();
            self.loop_start.d.next = self.zero8.val();
            self.tick.d.next = self.zero8.val();
            self.is_first_tick.d.next = !self.resumes.val();
        }
        if self.started.q.val() {
            self.guard.d.next = self.start_guard.val();
            self.loading.d.next = true;
        }
    }
}

// The kernel above names bit positions as literals; they are those of the layout table.
const _: () = {
    assert!(tile::WORDS == 8 && tile::ROWS_M1.lsb == 0 && tile::SPAN_M1.lsb == 8);
    assert!(tile::SPAN_LAST_M1.lsb == 0 && tile::PARAM_ROW.lsb == 0);
    assert!(tile::GANGS_M1.lsb == 8 && tile::GANGS_M1.width == 3);
    assert!(tile::ROUNDS_M1.lsb == 8 && tile::ROUNDS_M1.width == 6 && tile::WINDOWED.lsb == 14);
    assert!(tile::BLANK.lsb == 5 && tile::POOL_M1.lsb == 8 && tile::POOL_M1.width == 4);
    assert!(tile::TARGET_WORD.lsb == 12 && tile::TARGET_STEP.lsb == 8);
    assert!(tile::ABOVE.lsb == 0 && tile::ZERO.lsb == 1 && tile::FIRES.lsb == 2);
    assert!(tile::FIRST_SPIKE.lsb == 3 && tile::LAST.lsb == 4 && tile::TARGET_GROUP.lsb == 0);
    assert!(tile::LAYER.lsb == 0 && tile::NEURON16.lsb == 4);
    assert!(pass::GAIN_LOG2.lsb == 0 && pass::BEGINS.lsb == 4 && pass::ENDS.lsb == 5);
    assert!(pass::TURNS.lsb == 6 && pass::IDENTITY.lsb == 7 && pass::SWITCH_ON.lsb == 8);
    assert!(pass::SWITCH_BACK.lsb == 9 && pass::TILE.lsb == 10);
};
