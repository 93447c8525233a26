//! Scan control and stage S1: walks tiles, ticks and spike groups, and reads the summary of each.
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
    left: DFF<Bits<8>>,
    final_group: DFF<Bit>,
    group_r: DFF<Bits<8>>,
    weight_r: DFF<Bits<8>>,
    weight_base: DFF<Bits<8>>,
    groups_m1: DFF<Bits<8>>,
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
    pass_starts: Signal<Local, Bit>,
    tile_ends: Signal<Local, Bit>,
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
            groups_m1: Default::default(),
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
            pass_starts: Default::default(),
            tile_ends: Default::default(),
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
            groups_m1,
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
        self.open.next = !self.gate.q.val() | !self.slack.q.val().get_bit(8);
        self.summary_read.next = false;
        self.pass_starts.next = false;
        self.tile_ends.next = false;
        if self.advance.val() {
            self.s1_valid.d.next = false;
        }
        match self.state.q.val() {
            ScanState::Idle => {
                self.tile_r.d.next = self.zero6.val();
                self.pass_parity.d.next = false;
                if self.go.val() {
                    self.state.d.next = ScanState::Fetch;
                }
            }
            ScanState::Fetch => {
                self.state.d.next = ScanState::Load;
            }
            ScanState::Load => {
                self.group_r.d.next = self.entry.val().get_bits::<8>(0);
                self.groups_m1.d.next = self.entry.val().get_bits::<8>(8);
                self.weight_base.d.next = self.entry.val().get_bits::<8>(16);
                self.gate.d.next = self.entry.val().get_bit(24);
                self.flush_after.d.next = self.entry.val().get_bit(25);
                self.last_tile.d.next = self.entry.val().get_bit(26);
                self.tick.d.next = self.ticks_m1.val();
                self.state.d.next = ScanState::Gate;
            }
            ScanState::Gate => {
                self.weight_r.d.next = self.weight_base.q.val();
                self.left.d.next = self.groups_m1.q.val();
                self.final_group.d.next = !self.groups_m1.q.val().any();
                if self.open.val() {
                    self.pass_starts.next = true;
                    self.pass_parity.d.next = !self.pass_parity.q.val();
                    self.state.d.next = ScanState::Scan;
                }
            }
            ScanState::Scan => {
                if self.advance.val() {
                    self.summary_read.next = true;
                    self.s1_valid.d.next = true;
                    self.s1_group.d.next = self.group_r.q.val();
                    self.s1_weight.d.next = self.weight_r.q.val();
                    self.s1_last.d.next = self.final_group.q.val();
                    self.s1_flush.d.next = false;
                    self.s1_parity.d.next = self.pass_parity.q.val();
                    self.group_r.d.next = self.group_r.q.val() + self.one8.val();
                    self.weight_r.d.next = self.weight_r.q.val() + self.one8.val();
                    self.left.d.next = self.left.q.val() - self.one8.val();
                    self.final_group.d.next = self.left.q.val() == self.one8.val();
                    if self.final_group.q.val() {
                        self.state.d.next = ScanState::Turn;
                    }
                }
            }
            ScanState::Turn => {
                self.tick.d.next = self.tick.q.val() - self.one8.val();
                if self.tick.q.val().any() {
                    self.state.d.next = ScanState::Gate;
                } else {
                    if self.flush_after.q.val() {
                        self.state.d.next = ScanState::Flush;
                    } else {
                        self.tile_ends.next = true;
                    }
                }
            }
            ScanState::Flush => {
                if self.advance.val() {
                    self.s1_valid.d.next = true;
                    self.s1_last.d.next = true;
                    self.s1_flush.d.next = true;
                    self.s1_parity.d.next = !self.pass_parity.q.val();
                    self.pass_parity.d.next = !self.pass_parity.q.val();
                    self.tile_ends.next = true;
                }
            }
            _ => {
                self.state.d.next = ScanState::Idle;
            }
        }
        if self.tile_ends.val() {
            self.tile_r.d.next = self.tile_r.q.val() + self.one6.val();
            if self.last_tile.q.val() {
                self.state.d.next = ScanState::Idle;
            } else {
                self.state.d.next = ScanState::Fetch;
            }
        }
        if self.pass_starts.val() & !self.pass_done.val() {
            self.slack.d.next = self.slack.q.val() - self.one9.val();
        }
        if !self.pass_starts.val() & self.pass_done.val() {
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
};
