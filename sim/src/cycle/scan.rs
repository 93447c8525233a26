//! Scan control and the slot S1 behind it: walks the program's entries and their groups, and reads the
//! summary.

use super::{
    memory::{Control, Memory},
    program::{Turn, Walk},
    slot::Start,
    spikes::Spikes,
    tables::{Read, ScanEntry},
};

/// State of the scan control.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum State {
    #[default]
    Idle,
    Turn,
    Scan,
    Flush,
    Pause,
}

impl State {
    /// The datasheet's name.
    pub fn name(self) -> &'static str {
        ["idle", "turn", "scan", "flush", "pause"][self as usize]
    }
}

/// A group on its way to the first extractor, with its summary word at the memory's output.
#[derive(Clone, Copy, Default)]
pub struct Slot {
    pub group: u8,
    pub weight_group: u8,
    /// Bit w: word w of the group is read.
    pub words: u8,
    pub last: bool,
    pub parity: bool,
    pub flush: bool,
    pub summary: u8,
}

/// Registers of the scan control.
#[derive(Clone, Default)]
pub struct Scan {
    pub state: State,
    walk: Walk,
    /// Spike groups from tick 0 to this one.
    offset: u8,
    g: u8,
    words: u8,
    /// The entry that starts next goes on with the same pass.
    more: bool,
    group: u8,
    weight_group: u8,
    flush_after: bool,
    finished: bool,
    parity: bool,
    /// Tiles and ticks that may still be begun before those before must be written, minus 1.
    slack: i32,
    pub s1: Option<Slot>,
}

impl Scan {
    /// The entry of the program that is read next.
    pub fn entry(&self) -> u8 {
        self.walk.index
    }

    /// Round of its loop.
    pub fn round(&self) -> u8 {
        self.walk.round
    }

    /// Spike groups from tick 0 to the tick that is scanned next.
    pub fn offset(&self) -> u8 {
        self.offset
    }

    /// S1 advances when it is empty or B1 takes it.
    pub fn s1_advances(&self, b1_takes: bool) -> bool {
        self.s1.is_none() || b1_takes
    }

    /// End of the cycle. Where the summary and the program share a memory, an entry is read only behind a
    /// scan.
    pub fn clock(
        &mut self,
        go: Option<Start>,
        s1_advances: bool,
        pass_done: bool,
        control: &Control,
        memory: &Memory,
        spikes: &Spikes,
    ) {
        if s1_advances {
            self.s1 = None;
        }
        let slack = self.slack;
        self.slack += i32::from(pass_done);
        match self.state {
            State::Idle => {
                if let Some(start) = go {
                    self.walk = Walk::start(control.ticks_m1);
                    self.parity = false;
                    self.more = false;
                    self.slack = if control.tick_order { 0 } else { control.ticks_m1.into() };
                    if let Start::Fresh { offset } = start {
                        self.offset = offset;
                    }
                    self.state = State::Turn;
                }
            }
            State::Turn => match &memory.scan[usize::from(self.walk.index)] {
                ScanEntry::Again(again) => {
                    self.offset = self.offset.wrapping_add(again.step);
                    self.walk.index = self.walk.index.wrapping_add(1);
                    self.walk.end_round(again.rounds_m1);
                    self.state = State::Pause;
                }
                // the slack register as it stood within the cycle
                ScanEntry::Read(read) if !read.gate || self.walk.round != 0 || slack >= 0 => {
                    self.start(read, control);
                }
                ScanEntry::Read(_) => {}
            },
            State::Pause => self.state = State::Turn,
            State::Scan if s1_advances => self.scan(spikes, memory.spec.shares_memory),
            State::Flush if s1_advances => {
                self.parity = !self.parity;
                self.s1 =
                    Some(Slot { last: true, flush: true, parity: self.parity, ..Slot::default() });
                self.state = if self.finished { State::Idle } else { State::Turn };
            }
            State::Scan | State::Flush => {}
        }
    }

    fn start(&mut self, entry: &Read, control: &Control) {
        self.parity ^= !self.more;
        self.more = entry.more;
        self.words = entry.words;
        self.group = entry.source_group.wrapping_add(self.offset);
        self.weight_group = entry.weight_group;
        self.g = entry.groups_m1;
        self.flush_after = entry.flush || entry.flush_last && self.walk.last_tick();
        self.finished = entry.last && self.walk.last_tick();
        self.slack -= i32::from(entry.ends);
        let turn = self.walk.turn(entry.turns);
        if turn != Turn::None {
            self.offset = self.offset.wrapping_add(control.stride);
        }
        self.walk.advance(entry.turns, control.ticks_m1);
        if turn == Turn::Done && !entry.rounds {
            self.walk.end_round(0);
        }
        self.state = State::Scan;
    }

    fn scan(&mut self, spikes: &Spikes, pauses: bool) {
        let last = self.g == 0;
        self.s1 = Some(Slot {
            group: self.group,
            weight_group: self.weight_group,
            words: self.words,
            last: last && !self.more,
            parity: self.parity,
            flush: false,
            summary: spikes.summary(self.group),
        });
        self.group = self.group.wrapping_add(1);
        self.weight_group = self.weight_group.wrapping_add(1);
        self.g = self.g.wrapping_sub(1);
        if last {
            self.state = match (self.flush_after, self.finished) {
                (true, _) => State::Flush,
                (false, true) => State::Idle,
                (false, false) if pauses => State::Pause,
                (false, false) => State::Turn,
            };
        }
    }
}
