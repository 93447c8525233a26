//! What can be seen of the core in each cycle. Runs without a probe pay nothing for it.

use crate::cosim::TraceSample;

/// Signals within one cycle.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Signals {
    /// Cycle, counted from the core's cycle 0.
    pub cycle: u64,
    /// The core runs a sample.
    pub busy: bool,
    /// Scan control: 0 idle, 1 turn, 2 scan, 3 flush, 4 pause.
    pub scan_state: u8,
    /// Entry of the program that the scan control reads next.
    pub scan_entry: u8,
    /// Round of its loop.
    pub scan_round: u8,
    /// Cycles until a `first` event may be taken.
    pub guard: u8,
    /// The event FIFO has an entry.
    pub event_valid: bool,
    /// A token stands in E1.
    pub e1_valid: bool,
    /// It is the first of its pass.
    pub e1_first: bool,
    /// It adds nothing.
    pub e1_null: bool,
    /// It makes the pass before it fire.
    pub e1_fire: bool,
    /// Its weight row.
    pub e1_row: u16,
    /// A row stands at the heads of the shadow.
    pub head_valid: bool,
    /// Which.
    pub head_row: u8,
    /// The trace port, when it is valid (F7).
    pub trace: Option<TraceSample>,
    /// A pass is written (F8).
    pub pass_done: bool,
}

/// Something that looks at every cycle.
pub trait Probe {
    /// Whether it looks at all.
    const ACTIVE: bool = true;

    /// One cycle.
    fn cycle(&mut self, signals: &Signals);
}

/// Looks at nothing.
pub struct NoProbe;

impl Probe for NoProbe {
    const ACTIVE: bool = false;

    fn cycle(&mut self, _: &Signals) {}
}
