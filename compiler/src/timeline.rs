//! The cycles of a sample's passes, one after the other: guards, gates, flushes and the scanner
//! (`docs/core.md`, section 4).

use crate::cost::{Pass, PassShape};
use spikewright_ir::{CoreSpec, layout::timing};

/// Guard value after start: the first tile table entry is loaded meanwhile.
const START_GUARD: u64 = timing::START_GUARD as u64 + 1;
/// First cycle of state `scan`: idle and turn come before.
const START_SCAN: u64 = 2;
/// From the scan of a summary word to its first token's take.
const SCAN_TO_TAKE: u64 = 7;
/// From the take of a fire token to pass done, less the tile's rows and the preset's own stages.
const TAKE_TO_DONE: u64 = 11;
/// From pass done to the scan that it lets through the gate.
const DONE_TO_SCAN: u64 = 2;

/// Cycles from a pass's fire token to the next `first` token.
pub(crate) fn span(shape: PassShape, spec: &CoreSpec) -> u64 {
    shape.rows.max(spec.min_span()) as u64
}

/// The last pass issued, whose fire token is the next first one.
#[derive(Clone, Copy)]
struct Open {
    /// Last pass of its tick.
    ends: bool,
    /// Take of its last token.
    last: u64,
    rows: u64,
    span: u64,
}

/// Where the sample stands between passes.
pub(crate) struct Timeline<'a> {
    spec: &'a CoreSpec,
    /// A bound is asked for: a pass may have fewer events and show later.
    late: bool,
    /// Tiles and ticks that may be unwritten at a gate.
    slack: usize,
    /// Tiles and ticks whose passes have all been scanned.
    begun: usize,
    /// Cycle of pass done, per tile and tick that has been fired.
    pub done: Vec<u64>,
    /// Least cycle of the next first token, by the guard.
    guard: u64,
    open: Option<Open>,
    /// Least cycle of the next scan, by scan control.
    scan: u64,
    /// Least cycle of the next scan, by what the extractors and FIFOs hold.
    room: u64,
    /// Take of the last token.
    last: u64,
}

impl<'a> Timeline<'a> {
    pub fn new(slack: usize, spec: &'a CoreSpec, late: bool) -> Self {
        Self {
            spec,
            late,
            slack,
            begun: 0,
            done: Vec::new(),
            guard: START_GUARD,
            open: None,
            scan: START_SCAN,
            room: 0,
            last: 0,
        }
    }

    pub fn pass(&mut self, pass: &Pass) {
        if pass.gate
            && let Some(waits_for) = self.begun.checked_sub(self.slack + 1)
            && let Some(done) = self.done.get(waits_for)
        {
            self.scan = self.scan.max(done + DONE_TO_SCAN);
        }
        self.begun += usize::from(pass.program.ends);
        let (groups, fan_in) = (pass.shape.groups as u64, pass.shape.sources as u64);
        let scan = self.scan.max(self.room);
        let Scan { lead, tail, cycles } = match self.late {
            true => scan_at_most(groups, fan_in),
            false => scan_of(pass.events, groups, fan_in),
        };
        let first = self.guard.max(self.last + 1).max(scan + SCAN_TO_TAKE + lead);
        // Of a bound the first token may be one of the last group.
        let take = if self.late { first.max(scan + SCAN_TO_TAKE + groups - 1) } else { first };
        self.fire(take);
        // Then the last token comes later too. Not so where only all sources together have so many events: a group
        // passed over takes a cycle or two, and would have held at least as many of them.
        let begins = if self.late && pass.events < fan_in { take } else { first };
        self.last = (begins + pass.events.max(1) - 1).max(scan + SCAN_TO_TAKE + tail).max(take);
        let switch = if pass.switch { self.spec.tile_switch() as u64 } else { 0 };
        let (rows, span) = (pass.shape.rows as u64, span(pass.shape, self.spec) + switch);
        self.open = Some(Open { ends: pass.program.ends, last: self.last, rows, span });
        // State `turn` between passes, and `pause` where the program shares its memory.
        self.scan = scan + cycles + 1 + u64::from(self.spec.shares_memory && !pass.flush);
        self.room = self.last.saturating_sub(held(pass.events, groups, fan_in));
        if self.late {
            // One event in each word leaves less in the extractors than full words.
            let words = fan_in.div_ceil(16);
            let last = take + words - 1;
            self.room = self.room.max(last.saturating_sub(held(words, groups, fan_in)));
        }
        if pass.flush {
            self.flush();
        }
        self.scan += if pass.round_ends { 2 } else { 0 };
    }

    /// A null token that pushes the open pass out.
    fn flush(&mut self) {
        // State flush follows the last scan, turn follows it.
        let scan = (self.scan - 1).max(self.room);
        let take = self.guard.max(self.last + 1).max(scan + SCAN_TO_TAKE);
        self.fire(take);
        self.last = take;
        self.scan = scan + 2;
    }

    /// The open pass fires at `take`.
    fn fire(&mut self, take: u64) {
        if let Some(open) = self.open.take() {
            debug_assert!(open.last < take);
            if open.ends {
                let stages = (self.spec.fetch_stages + self.spec.leak_stages()) as u64;
                self.done.push(take + TAKE_TO_DONE + stages + open.rows);
            }
            self.guard = take + open.span;
        }
    }
}

/// Tokens that wait between the summary and the issue stage when the scanner has been stopped: a
/// group in the first extractor, four words (FIFO, R, A), and three tokens behind.
fn held(events: u64, groups: u64, fan_in: u64) -> u64 {
    let words = events.clamp(1, fan_in.div_ceil(16));
    events.max(1).div_ceil(groups) + 4 * (events.max(1) / words) + 3
}

/// The first extractor's work for a pass.
struct Scan {
    /// Cycles before the first event's group.
    lead: u64,
    /// Cycles before the last event's word.
    tail: u64,
    /// One for each word that is not 0, and one for each group that is.
    cycles: u64,
}

/// Expected work when the events lie anywhere with equal chance. A pass without events shows at its
/// last group.
fn scan_of(events: u64, groups: u64, fan_in: u64) -> Scan {
    if events == 0 {
        return Scan { lead: groups - 1, tail: groups - 1, cycles: groups };
    }
    let words = fan_in.div_ceil(16);
    let busy = (words << 16) - missed(words, events) + missed(groups, events);
    let cycles = groups.max((busy + (1 << 15)) >> 16);
    let lead = groups / (events + 1);
    Scan { lead, tail: (cycles - 1).saturating_sub(lead).max(lead), cycles }
}

/// No event is missed: a cycle for each word, and one for each group or turn between entries beside them.
fn scan_at_most(groups: u64, fan_in: u64) -> Scan {
    let cycles = groups + fan_in.div_ceil(16);
    Scan { lead: 0, tail: cycles - 1, cycles }
}

/// How many of `n` places `events` events are expected to miss, `n·(1 − 1/n)^events`, times 2^16.
fn missed(n: u64, events: u64) -> u64 {
    (0..events).fold(n << 16, |left, _| left - left / n)
}
