//! Scan control and stage S1: walks the program's entries and their spike groups, and reads the summary
//! of each.
//!
//! Runs ahead of the lanes over tick, tile and layer boundaries; only the gate holds it.
//! `pass` addresses the program, whose word stands at `entry` one cycle later: it moves on when an entry
//! starts, so that the next one stands there when its groups are read. An entry that turns to the next
//! round reads no groups, and a pause takes their place; one follows each scan where summaries are read
//! from the program's memory. S1 (`valid`, `group`, …) describes the summary
//! word that stands at the summary memory's output.

use rust_hdl::prelude::*;
use spikewright_ir::{CoreSpec, layout::scan};

/// States of the scan control, as in the datasheet.
#[derive(Copy, Clone, PartialEq, Debug, LogicState)]
pub enum ScanState {
    /// No sample is running, or all its passes are scanned.
    Idle,
    /// An entry starts, or waits for the gate.
    Turn,
    /// The entry behind a round's end is on its way out of the program, or behind a scan that read the
    /// summary in its place.
    Pause,
    /// Groups are read.
    Scan,
    /// A flush token is entered.
    Flush,
}

/// See the module's documentation.
#[derive(LogicBlock)]
pub struct ScanControl {
    /// Clock.
    pub clock: Signal<In, Clock>,
    /// A sample, or a tick of a stream, starts.
    pub go: Signal<In, Bit>,
    /// No pass starts any more.
    pub halt: Signal<In, Bit>,
    /// It goes on from the tick before.
    pub resumes: Signal<In, Bit>,
    /// It stands in the upper half of the spike memory.
    pub upper: Signal<In, Bit>,
    /// Ticks of a sample, minus 1.
    pub ticks_m1: Signal<In, Bits<8>>,
    /// Spike groups from one tick to the next.
    pub stride: Signal<In, Bits<8>>,
    /// Gates wait for all tiles before them.
    pub tick_order: Signal<In, Bit>,
    /// A tile's spikes of a tick are all written.
    pub pass_done: Signal<In, Bit>,
    /// Program word of the entry addressed in the cycle before.
    pub entry: Signal<In, Bits<32>>,
    /// The extractor takes S1, or has no need of it.
    pub taken: Signal<In, Bit>,
    /// Program address.
    pub pass: Signal<Out, Bits<8>>,
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
    /// Words of S1's group that its pass reads.
    pub words: Signal<Out, Bits<4>>,
    /// S1 is the last group of its pass.
    pub last: Signal<Out, Bit>,
    /// S1 is a flush.
    pub flush: Signal<Out, Bit>,
    /// Parity of S1's pass.
    pub parity: Signal<Out, Bit>,
    state: DFF<ScanState>,
    at_turn: DFF<Bit>,
    began: DFF<Bit>,
    turned: DFF<Bit>,
    index: DFF<Bits<8>>,
    loop_start: DFF<Bits<8>>,
    rounds_left: DFF<Bits<6>>,
    one_left: DFF<Bit>,
    later_round: DFF<Bit>,
    tick: DFF<Bits<8>>,
    last_tick: DFF<Bit>,
    offset: DFF<Bits<8>>,
    left: DFF<Bits<5>>,
    final_group: DFF<Bit>,
    words_r: DFF<Bits<4>>,
    more: DFF<Bit>,
    group_r: DFF<Bits<8>>,
    weight_r: DFF<Bits<8>>,
    flush_after: DFF<Bit>,
    finished: DFF<Bit>,
    pass_parity: DFF<Bit>,
    slack: DFF<Bits<9>>,
    s1_valid: DFF<Bit>,
    s1_group: DFF<Bits<8>>,
    s1_weight: DFF<Bits<8>>,
    s1_words: DFF<Bits<4>>,
    s1_last: DFF<Bit>,
    s1_flush: DFF<Bit>,
    s1_parity: DFF<Bit>,
    advance: Signal<Local, Bit>,
    entering: Signal<Local, Bit>,
    flushing: Signal<Local, Bit>,
    moves: Signal<Local, Bit>,
    starts: Signal<Local, Bit>,
    repeats: Signal<Local, Bit>,
    rounds_end: Signal<Local, Bit>,
    tile_starts: Signal<Local, Bit>,
    turns: Signal<Local, Bit>,
    closed: Signal<Local, Bit>,
    leaves: Signal<Local, Bit>,
    goes_out: Signal<Local, Bit>,
    goes_back: Signal<Local, Bit>,
    idle: Signal<Local, Bit>,
    change: Signal<Local, Bits<9>>,
    following: Signal<Local, Bits<8>>,
    source: Signal<Local, Bits<8>>,
    pauses: Constant<Bit>,
    all4: Constant<Bits<4>>,
    one6: Constant<Bits<6>>,
    one5: Constant<Bits<5>>,
    one8: Constant<Bits<8>>,
    one9: Constant<Bits<9>>,
    ones9: Constant<Bits<9>>,
    zero8: Constant<Bits<8>>,
    half: Constant<Bits<8>>,
    zero9: Constant<Bits<9>>,
}

impl ScanControl {
    /// A scan control for a core of `spec`.
    pub fn new(spec: &CoreSpec) -> Self {
        Self {
            clock: Default::default(),
            go: Default::default(),
            halt: Default::default(),
            resumes: Default::default(),
            upper: Default::default(),
            ticks_m1: Default::default(),
            stride: Default::default(),
            tick_order: Default::default(),
            pass_done: Default::default(),
            entry: Default::default(),
            taken: Default::default(),
            pass: Default::default(),
            summary_read: Default::default(),
            summary_group: Default::default(),
            valid: Default::default(),
            group: Default::default(),
            weight_group: Default::default(),
            words: Default::default(),
            last: Default::default(),
            flush: Default::default(),
            parity: Default::default(),
            state: Default::default(),
            at_turn: Default::default(),
            began: Default::default(),
            turned: Default::default(),
            index: Default::default(),
            loop_start: Default::default(),
            rounds_left: Default::default(),
            one_left: Default::default(),
            later_round: Default::default(),
            tick: Default::default(),
            last_tick: Default::default(),
            offset: Default::default(),
            left: Default::default(),
            final_group: Default::default(),
            words_r: Default::default(),
            more: Default::default(),
            group_r: Default::default(),
            weight_r: Default::default(),
            flush_after: Default::default(),
            finished: Default::default(),
            pass_parity: Default::default(),
            slack: Default::default(),
            s1_valid: Default::default(),
            s1_group: Default::default(),
            s1_weight: Default::default(),
            s1_words: Default::default(),
            s1_last: Default::default(),
            s1_flush: Default::default(),
            s1_parity: Default::default(),
            advance: Default::default(),
            entering: Default::default(),
            flushing: Default::default(),
            moves: Default::default(),
            starts: Default::default(),
            repeats: Default::default(),
            rounds_end: Default::default(),
            tile_starts: Default::default(),
            turns: Default::default(),
            closed: Default::default(),
            leaves: Default::default(),
            goes_out: Default::default(),
            goes_back: Default::default(),
            idle: Default::default(),
            change: Default::default(),
            following: Default::default(),
            source: Default::default(),
            pauses: Constant::new(spec.shares_memory),
            all4: Constant::new(0xFu64.to_bits()),
            one6: Constant::new(1u64.to_bits()),
            one5: Constant::new(1u64.to_bits()),
            one8: Constant::new(1u64.to_bits()),
            one9: Constant::new(1u64.to_bits()),
            ones9: Constant::new(0x1FFu64.to_bits()),
            zero8: Constant::new(0u64.to_bits()),
            half: Constant::new((spec.spike_groups as u64 / 2).to_bits()),
            zero9: Constant::new(0u64.to_bits()),
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
            at_turn,
            began,
            turned,
            index,
            loop_start,
            rounds_left,
            one_left,
            later_round,
            tick,
            last_tick,
            offset,
            left,
            final_group,
            words_r,
            more,
            group_r,
            weight_r,
            flush_after,
            finished,
            pass_parity,
            slack,
            s1_valid,
            s1_group,
            s1_weight,
            s1_words,
            s1_last,
            s1_flush,
            s1_parity
        );
        self.pass.next = self.index.q.val();
        self.summary_group.next = self.group_r.q.val();
        self.valid.next = self.s1_valid.q.val();
        self.group.next = self.s1_group.q.val();
        self.weight_group.next = self.s1_weight.q.val();
        self.words.next = self.s1_words.q.val();
        self.last.next = self.s1_last.q.val();
        self.flush.next = self.s1_flush.q.val();
        self.parity.next = self.s1_parity.q.val();
        self.advance.next = !self.s1_valid.q.val() | self.taken.val();
        // A cycle late: entries start two cycles apart at least, rounds end further apart.
        self.last_tick.d.next = self.tick.q.val() == self.ticks_m1.val();
        self.one_left.d.next = self.rounds_left.q.val() == self.one6.val();
        self.entering.next = self.state.q.val() == ScanState::Scan;
        self.flushing.next = self.state.q.val() == ScanState::Flush;
        self.summary_read.next = self.advance.val() & self.entering.val();
        if self.advance.val() {
            self.s1_valid.d.next = self.entering.val() | self.flushing.val();
            self.s1_group.d.next = self.group_r.q.val();
            self.s1_weight.d.next = self.weight_r.q.val();
            self.s1_words.d.next = self.words_r.q.val();
            self.s1_last.d.next =
                (self.final_group.q.val() & !self.more.q.val()) | self.flushing.val();
            self.s1_flush.d.next = self.flushing.val();
            self.s1_parity.d.next = self.pass_parity.q.val() ^ self.flushing.val();
        }
        // An entry starts when its gate is open, whatever S1 does. The entry comes from a memory, so that
        // little may follow it: where to go on is chosen beside whether to.
        self.closed.next = self.slack.q.val().get_bit(8) & !self.later_round.q.val();
        self.leaves.next =
            self.at_turn.q.val() & !(self.entry.val().get_bit(13) & self.closed.val());
        self.repeats.next = self.leaves.val() & self.entry.val().get_bit(30);
        self.starts.next = self.leaves.val() & !self.entry.val().get_bit(30);
        self.tile_starts.next = self.starts.val() & self.entry.val().get_bit(24);
        self.turns.next = self.starts.val() & self.entry.val().get_bit(25);
        self.following.next = self.index.q.val() + self.one8.val();
        self.source.next = self.entry.val().get_bits::<8>(0) + self.offset.q.val();
        self.rounds_end.next = self.later_round.q.val() & self.one_left.q.val();
        self.goes_back.next = self.entry.val().get_bit(25) & !self.last_tick.q.val();
        if self.entry.val().get_bit(30) {
            self.goes_back.next = !self.rounds_end.val();
        }
        self.goes_out.next =
            self.entry.val().get_bit(25) & self.last_tick.q.val() & !self.entry.val().get_bit(29);
        if self.entry.val().get_bit(30) {
            self.goes_out.next = self.rounds_end.val();
        }
        self.idle.next = self.state.q.val() == ScanState::Idle;
        if self.leaves.val() {
            self.index.d.next = self.following.val();
            if self.goes_back.val() {
                self.index.d.next = self.loop_start.q.val();
            }
        }
        if self.leaves.val() & self.goes_out.val() {
            self.loop_start.d.next = self.following.val();
        }
        // A cycle late, behind a register: the next entry starts a cycle later at the earliest.
        self.turned.d.next = self.turns.val();
        if self.turned.q.val() {
            self.offset.d.next = self.offset.q.val() + self.stride.val();
        }
        if self.turns.val() {
            self.tick.d.next = self.tick.q.val() + self.one8.val();
            if self.last_tick.q.val() {
                self.tick.d.next = self.zero8.val();
            }
        }
        if self.repeats.val() {
            self.offset.d.next = self.source.val();
            self.later_round.d.next = !self.rounds_end.val();
            // The first round's end tells how many follow.
            self.rounds_left.d.next = self.entry.val().get_bits::<6>(16);
            if self.later_round.q.val() {
                self.rounds_left.d.next = self.rounds_left.q.val() - self.one6.val();
            }
        }
        if self.idle.val() {
            // The first pass stands at the program's output all the time.
            self.index.d.next = self.zero8.val();
            self.loop_start.d.next = self.zero8.val();
            self.tick.d.next = self.zero8.val();
            self.later_round.d.next = false;
        }
        // Where S1 has to advance, nothing moves until it does: one gate before every clock enable. The
        // state is told also where it stays, or its waiting would become part of that gate.
        self.moves.next = self.advance.val() | !(self.entering.val() | self.flushing.val());
        if self.moves.val() {
            match self.state.q.val() {
                ScanState::Idle => {
                    self.pass_parity.d.next = false;
                    self.more.d.next = false;
                    self.state.d.next = ScanState::Idle;
                    self.at_turn.d.next = self.go.val();
                    if self.go.val() {
                        self.state.d.next = ScanState::Turn;
                    }
                }
                ScanState::Turn => {
                    self.group_r.d.next = self.source.val();
                    self.weight_r.d.next = self.entry.val().get_bits::<8>(16);
                    self.left.d.next = self.entry.val().get_bits::<5>(8);
                    self.final_group.d.next = !self.entry.val().get_bits::<5>(8).any();
                    self.words_r.d.next = self.all4.val();
                    if self.entry.val().get_bit(28) {
                        self.final_group.d.next = true;
                        self.words_r.d.next = self.entry.val().get_bits::<4>(8);
                    }
                    self.flush_after.d.next = self.entry.val().get_bit(14)
                        | (self.entry.val().get_bit(15) & self.last_tick.q.val());
                    self.finished.d.next = self.entry.val().get_bit(26) & self.last_tick.q.val();
                    self.state.d.next = ScanState::Turn;
                    self.at_turn.d.next = !self.leaves.val();
                    if self.starts.val() {
                        self.pass_parity.d.next = !(self.pass_parity.q.val() ^ self.more.q.val());
                        self.more.d.next = self.entry.val().get_bit(27);
                        self.state.d.next = ScanState::Scan;
                    }
                    if self.repeats.val() {
                        self.state.d.next = ScanState::Pause;
                    }
                }
                ScanState::Pause => {
                    self.state.d.next = ScanState::Turn;
                    self.at_turn.d.next = true;
                }
                ScanState::Scan => {
                    self.group_r.d.next = self.group_r.q.val() + self.one8.val();
                    self.weight_r.d.next = self.weight_r.q.val() + self.one8.val();
                    self.left.d.next = self.left.q.val() - self.one5.val();
                    self.final_group.d.next = self.left.q.val() == self.one5.val();
                    self.state.d.next = ScanState::Scan;
                    if self.final_group.q.val() {
                        self.state.d.next = ScanState::Turn;
                        self.at_turn.d.next = !self.finished.q.val() & !self.flush_after.q.val();
                        if self.pauses.val() {
                            self.state.d.next = ScanState::Pause;
                            self.at_turn.d.next = false;
                        }
                        if self.finished.q.val() {
                            self.state.d.next = ScanState::Idle;
                        }
                        if self.flush_after.q.val() {
                            self.state.d.next = ScanState::Flush;
                        }
                    }
                }
                ScanState::Flush => {
                    self.pass_parity.d.next = !self.pass_parity.q.val();
                    self.state.d.next = ScanState::Turn;
                    self.at_turn.d.next = !self.finished.q.val();
                    if self.finished.q.val() {
                        self.state.d.next = ScanState::Idle;
                    }
                }
                _ => {
                    self.state.d.next = ScanState::Idle;
                }
            }
        }
        if self.halt.val() {
            self.state.d.next = ScanState::Idle;
            self.at_turn.d.next = false;
        }
        self.change.next = self.one9.val();
        // A cycle late, behind a register: entries start two cycles apart at least.
        self.began.d.next = self.tile_starts.val();
        if self.began.q.val() {
            self.change.next = self.ones9.val();
        }
        if self.began.q.val() ^ self.pass_done.val() {
            self.slack.d.next = self.slack.q.val() + self.change.val();
        }
        if self.go.val() {
            self.slack.d.next = bit_cast::<9, 8>(self.ticks_m1.val());
            if self.tick_order.val() {
                self.slack.d.next = self.zero9.val();
            }
            if !self.resumes.val() {
                self.offset.d.next = self.zero8.val();
                if self.upper.val() {
                    self.offset.d.next = self.half.val();
                }
            }
        }
    }
}

// The kernel above names bit positions as literals; they are those of the layout table.
const _: () = {
    assert!(scan::SOURCE_GROUP.lsb == 0 && scan::GROUPS_M1.lsb == 8 && scan::GROUPS_M1.width == 5);
    assert!(scan::GATE.lsb == 13 && scan::FLUSH.lsb == 14 && scan::FLUSH_LAST.lsb == 15);
    assert!(scan::WEIGHT_GROUP.lsb == 16 && scan::ENDS.lsb == 24);
    assert!(scan::TURNS.lsb == 25 && scan::LAST.lsb == 26 && scan::MORE.lsb == 27);
    assert!(scan::MASKED.lsb == 28 && scan::WORDS.lsb == 8 && scan::WORDS.width == 4);
    assert!(scan::ROUNDS.lsb == 29 && scan::AGAIN.lsb == 30);
    assert!(scan::STEP.lsb == 0 && scan::ROUNDS_M1.lsb == 16 && scan::ROUNDS_M1.width == 6);
};
