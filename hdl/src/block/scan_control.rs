//! Scan control and stage S1: walks tiles, ticks, planes and spike groups, and reads the summary of
//! each. A plane of the source is scanned once for every weight plane before the next.
//!
//! Runs ahead of the lanes over tick, tile and layer boundaries; only the layer gate holds it.
//! `tile` addresses the scan table, whose word stands at `entry` one cycle later. S1 (`valid`,
//! `group`, …) describes the summary word that stands at the summary memory's output.

use rust_hdl::prelude::*;
use spikewright_ir::layout::scan;

/// States of the scan control, as in the datasheet.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum ScanState {
    /// No sample is running, or all its passes are scanned.
    Idle,
    /// The table is being read.
    Fetch,
    /// The entry is at the table's output.
    Load,
    /// A pass waits for the layer gate.
    Gate,
    /// Groups are read.
    Scan,
    /// A pass is scanned; tick, tile or both move on.
    Turn,
    /// A flush token is entered.
    Flush,
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct ScanControl {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A sample starts.
    pub go: Signal<In, Bit>,
    /// Ticks of a sample, minus 1.
    pub ticks_m1: Signal<In, Bits<8>>,
    /// A pass's spikes are all written.
    pub pass_done: Signal<In, Bit>,
    /// Table entry of the tile addressed in the cycle before.
    pub entry: Signal<In, Bits<32>>,
    /// The extractor takes S1, or has no need of it.
    pub taken: Signal<In, Bit>,
    /// Table address.
    pub tile: Signal<Out, Bits<6>>,
    /// Summary read strobe.
    pub summary_read: Signal<Out, Bit>,
    /// Summary address.
    pub summary_group: Signal<Out, Bits<8>>,
    /// S1 holds something.
    pub valid: Signal<Out, Bit>,
    /// S1's spike group.
    pub group: Signal<Out, Bits<8>>,
    /// S1's weight group.
    pub weight_group: Signal<Out, Bits<8>>,
    /// S1 is the last group of its pass.
    pub last: Signal<Out, Bit>,
    /// S1 is a flush.
    pub flush: Signal<Out, Bit>,
    /// Parity of S1's pass.
    pub parity: Signal<Out, Bit>,
    state: DFF<ScanState>,
    tile_r: DFF<Bits<6>>,
    tick: DFF<Bits<8>>,
    left: DFF<Bits<5>>,
    final_group: DFF<Bit>,
    group_r: DFF<Bits<8>>,
    weight_r: DFF<Bits<8>>,
    weight_base: DFF<Bits<8>>,
    plane_group: DFF<Bits<8>>,
    groups_m1: DFF<Bits<5>>,
    planes_m1: DFF<Bits<3>>,
    inputs_m1: DFF<Bits<3>>,
    plane: DFF<Bits<3>>,
    value_plane: DFF<Bits<3>>,
    first_plane: DFF<Bit>,
    last_plane: DFF<Bit>,
    last_input: DFF<Bit>,
    last_tick: DFF<Bit>,
    begins_tick: DFF<Bit>,
    ends_tick: DFF<Bit>,
    ends_tile: DFF<Bit>,
    gate: DFF<Bit>,
    flush_after: DFF<Bit>,
    last_tile: DFF<Bit>,
    pass_parity: DFF<Bit>,
    slack: DFF<Bits<9>>,
    s1_valid: DFF<Bit>,
    s1_group: DFF<Bits<8>>,
    s1_weight: DFF<Bits<8>>,
    s1_last: DFF<Bit>,
    s1_flush: DFF<Bit>,
    s1_parity: DFF<Bit>,
    advance: Signal<Local, Bit>,
    open: Signal<Local, Bit>,
    flushing: Signal<Local, Bit>,
    tick_starts: Signal<Local, Bit>,
    tile_ends: Signal<Local, Bit>,
    loading: Signal<Local, Bit>,
    entering: Signal<Local, Bit>,
    moves: Signal<Local, Bit>,
    one3: Constant<Bits<3>>,
    one5: Constant<Bits<5>>,
    zero3: Constant<Bits<3>>,
    one6: Constant<Bits<6>>,
    one8: Constant<Bits<8>>,
    one9: Constant<Bits<9>>,
    zero6: Constant<Bits<6>>,
}

impl Default for ScanControl {
    fn default() -> Self {
        Self {
            clock: Default::default(),
            go: Default::default(),
            ticks_m1: Default::default(),
            pass_done: Default::default(),
            entry: Default::default(),
            taken: Default::default(),
            tile: Default::default(),
            summary_read: Default::default(),
            summary_group: Default::default(),
            valid: Default::default(),
            group: Default::default(),
            weight_group: Default::default(),
            last: Default::default(),
            flush: Default::default(),
            parity: Default::default(),
            state: Default::default(),
            tile_r: Default::default(),
            tick: Default::default(),
            left: Default::default(),
            final_group: Default::default(),
            group_r: Default::default(),
            weight_r: Default::default(),
            weight_base: Default::default(),
            plane_group: Default::default(),
            groups_m1: Default::default(),
            planes_m1: Default::default(),
            inputs_m1: Default::default(),
            plane: Default::default(),
            value_plane: Default::default(),
            first_plane: Default::default(),
            last_plane: Default::default(),
            last_input: Default::default(),
            last_tick: Default::default(),
            begins_tick: Default::default(),
            ends_tick: Default::default(),
            ends_tile: Default::default(),
            gate: Default::default(),
            flush_after: Default::default(),
            last_tile: Default::default(),
            pass_parity: Default::default(),
            slack: Default::default(),
            s1_valid: Default::default(),
            s1_group: Default::default(),
            s1_weight: Default::default(),
            s1_last: Default::default(),
            s1_flush: Default::default(),
            s1_parity: Default::default(),
            advance: Default::default(),
            open: Default::default(),
            flushing: Default::default(),
            tick_starts: Default::default(),
            tile_ends: Default::default(),
            loading: Default::default(),
            entering: Default::default(),
            moves: Default::default(),
            one3: Constant::new(1u64.to_bits()),
            one5: Constant::new(1u64.to_bits()),
            zero3: Constant::new(0u64.to_bits()),
            one6: Constant::new(1u64.to_bits()),
            one8: Constant::new(1u64.to_bits()),
            one9: Constant::new(1u64.to_bits()),
            zero6: Constant::new(0u64.to_bits()),
        }
    }
}

impl Logic for ScanControl {
    #[hdl_gen]
    fn update(&mut self) {
        dff_setup!(
            self,
            clock,
            state,
            tile_r,
            tick,
            left,
            final_group,
            group_r,
            weight_r,
            weight_base,
            plane_group,
            groups_m1,
            planes_m1,
            inputs_m1,
            plane,
            value_plane,
            first_plane,
            last_plane,
            last_input,
            last_tick,
            begins_tick,
            ends_tick,
            ends_tile,
            gate,
            flush_after,
            last_tile,
            pass_parity,
            slack,
            s1_valid,
            s1_group,
            s1_weight,
            s1_last,
            s1_flush,
            s1_parity
        );
        self.tile.next = self.tile_r.q.val();
        self.summary_group.next = self.group_r.q.val();
        self.valid.next = self.s1_valid.q.val();
        self.group.next = self.s1_group.q.val();
        self.weight_group.next = self.s1_weight.q.val();
        self.last.next = self.s1_last.q.val();
        self.flush.next = self.s1_flush.q.val();
        self.parity.next = self.s1_parity.q.val();
        self.advance.next = !self.s1_valid.q.val() | self.taken.val();
        // Two registers deep: the counters change in state turn, gate and scan come before the next.
        self.last_plane.d.next = self.plane.q.val() == self.planes_m1.q.val();
        self.last_input.d.next = self.value_plane.q.val() == self.inputs_m1.q.val();
        self.last_tick.d.next = !self.tick.q.val().any();
        self.ends_tick.d.next = self.last_plane.q.val() & self.last_input.q.val();
        self.ends_tile.d.next =
            self.last_plane.q.val() & self.last_input.q.val() & self.last_tick.q.val();
        self.open.next =
            !self.gate.q.val() | !self.slack.q.val().get_bit(8) | !self.begins_tick.q.val();
        self.tick_starts.next = false;
        self.tile_ends.next = false;
        self.loading.next = false;
        self.entering.next = self.state.q.val() == ScanState::Scan;
        self.flushing.next = self.state.q.val() == ScanState::Flush;
        self.summary_read.next = self.advance.val() & self.entering.val();
        if self.advance.val() {
            self.s1_valid.d.next = self.entering.val() | self.flushing.val();
            self.s1_group.d.next = self.group_r.q.val();
            self.s1_weight.d.next = self.weight_r.q.val();
            self.s1_last.d.next = self.final_group.q.val() | self.flushing.val();
            self.s1_flush.d.next = self.flushing.val();
            self.s1_parity.d.next = self.pass_parity.q.val() ^ self.flushing.val();
        }
        // Where S1 has to advance, nothing moves until it does: one gate before every clock enable. The
        // state is told also where it stays, or its waiting would become part of that gate.
        self.moves.next = self.advance.val() | !(self.entering.val() | self.flushing.val());
        if self.moves.val() {
            match self.state.q.val() {
                ScanState::Idle => {
                    // The first entry stands at the table's output all the time.
                    self.tile_r.d.next = self.zero6.val();
                    self.pass_parity.d.next = false;
                    self.loading.next = true;
                    self.state.d.next = ScanState::Idle;
                    if self.go.val() {
                        self.state.d.next = ScanState::Gate;
                    }
                }
                ScanState::Fetch => {
                    self.state.d.next = ScanState::Load;
                }
                ScanState::Load => {
                    self.loading.next = true;
                    self.state.d.next = ScanState::Gate;
                }
                ScanState::Gate => {
                    if self.first_plane.q.val() {
                        self.weight_r.d.next = self.weight_base.q.val();
                        self.plane_group.d.next = self.group_r.q.val();
                    } else {
                        self.group_r.d.next = self.plane_group.q.val();
                    }
                    self.left.d.next = self.groups_m1.q.val();
                    self.final_group.d.next = !self.groups_m1.q.val().any();
                    self.state.d.next = ScanState::Gate;
                    if self.open.val() {
                        self.tick_starts.next = self.begins_tick.q.val();
                        self.pass_parity.d.next = !self.pass_parity.q.val();
                        self.state.d.next = ScanState::Scan;
                    }
                }
                ScanState::Scan => {
                    self.group_r.d.next = self.group_r.q.val() + self.one8.val();
                    self.weight_r.d.next = self.weight_r.q.val() + self.one8.val();
                    self.left.d.next = self.left.q.val() - self.one5.val();
                    self.final_group.d.next = self.left.q.val() == self.one5.val();
                    self.state.d.next = ScanState::Scan;
                    if self.final_group.q.val() {
                        self.state.d.next = ScanState::Turn;
                    }
                }
                ScanState::Turn => {
                    self.first_plane.d.next = self.last_plane.q.val();
                    self.begins_tick.d.next = self.ends_tick.q.val();
                    self.plane.d.next = self.plane.q.val() + self.one3.val();
                    if self.last_plane.q.val() {
                        self.plane.d.next = self.zero3.val();
                        self.value_plane.d.next = self.value_plane.q.val() + self.one3.val();
                    }
                    if self.ends_tick.q.val() {
                        self.value_plane.d.next = self.zero3.val();
                        self.tick.d.next = self.tick.q.val() - self.one8.val();
                    }
                    self.state.d.next = ScanState::Gate;
                    if self.ends_tile.q.val() {
                        if self.flush_after.q.val() {
                            self.state.d.next = ScanState::Flush;
                        } else {
                            self.tile_ends.next = true;
                        }
                    }
                }
                ScanState::Flush => {
                    self.pass_parity.d.next = !self.pass_parity.q.val();
                    self.tile_ends.next = true;
                }
                _ => {
                    self.state.d.next = ScanState::Idle;
                }
            }
            if self.loading.val() {
                self.group_r.d.next = self.entry.val().get_bits::<8>(0);
                self.groups_m1.d.next = self.entry.val().get_bits::<5>(8);
                self.planes_m1.d.next = self.entry.val().get_bits::<3>(13);
                self.inputs_m1.d.next = self.entry.val().get_bits::<3>(27);
                self.weight_base.d.next = self.entry.val().get_bits::<8>(16);
                self.gate.d.next = self.entry.val().get_bit(24);
                self.flush_after.d.next = self.entry.val().get_bit(25);
                self.last_tile.d.next = self.entry.val().get_bit(26);
                self.tick.d.next = self.ticks_m1.val();
                self.first_plane.d.next = true;
                self.begins_tick.d.next = true;
            }
            if self.tile_ends.val() {
                self.tile_r.d.next = self.tile_r.q.val() + self.one6.val();
                if self.last_tile.q.val() {
                    self.state.d.next = ScanState::Idle;
                } else {
                    self.state.d.next = ScanState::Fetch;
                }
            }
        }
        if self.tick_starts.val() & !self.pass_done.val() {
            self.slack.d.next = self.slack.q.val() - self.one9.val();
        }
        if !self.tick_starts.val() & self.pass_done.val() {
            self.slack.d.next = self.slack.q.val() + self.one9.val();
        }
        if self.go.val() {
            self.slack.d.next = bit_cast::<9, 8>(self.ticks_m1.val());
        }
    }
}

// The kernel above names bit positions as literals; they are those of the layout table.
const _: () = {
    assert!(scan::SOURCE_GROUP.lsb == 0 && scan::GROUPS_M1.lsb == 8);
    assert!(scan::WEIGHT_GROUP.lsb == 16 && scan::GATE.lsb == 24);
    assert!(scan::FLUSH.lsb == 25 && scan::LAST.lsb == 26);
    assert!(scan::GROUPS_M1.width == 5 && scan::WEIGHT_PLANES_M1.lsb == 13);
    assert!(scan::INPUT_PLANES_M1.lsb == 27);
};
