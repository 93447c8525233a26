//! Scan control and the slot S1 behind it: walks tiles, ticks and groups, and reads the summary.

use super::{spikes::Spikes, tables::ScanEntry};

/// State of the scan control.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum State {
    #[default]
    Idle,
    Fetch,
    Load,
    Gate,
    Scan,
    Turn,
    Flush,
}

impl State {
    /// The datasheet's name.
    pub fn name(self) -> &'static str {
        ["idle", "fetch", "load", "gate", "scan", "turn", "flush"][self as usize]
    }
}

/// A group on its way to the first extractor, with its summary word at the memory's output.
#[derive(Clone, Copy, Default)]
pub struct Slot {
    pub group: u8,
    pub weight_group: u8,
    pub last: bool,
    pub parity: bool,
    pub flush: bool,
    pub summary: u8,
}

/// Registers of the scan control.
#[derive(Clone, Default)]
pub struct Scan {
    pub state: State,
    pub tile: usize,
    tick: u8,
    g: u8,
    group: u8,
    /// Where the plane being scanned begins.
    plane_group: u8,
    weight_group: u8,
    /// Weight plane p and input plane q of the pass.
    plane: (u8, u8),
    parity: bool,
    entry: ScanEntry,
    /// Ticks of tiles that may still start before the source's must be done, minus 1.
    slack: i32,
    pub s1: Option<Slot>,
}

impl Scan {
    /// S1 advances when it is empty or B1 takes it.
    pub fn s1_advances(&self, b1_takes: bool) -> bool {
        self.s1.is_none() || b1_takes
    }

    /// End of the cycle.
    pub fn clock(
        &mut self,
        go: bool,
        s1_advances: bool,
        pass_done: bool,
        ticks_m1: u8,
        table: &[ScanEntry],
        spikes: &Spikes,
    ) {
        if s1_advances {
            self.s1 = None;
        }
        self.slack += i32::from(pass_done);
        match self.state {
            State::Idle if go => {
                self.tile = 0;
                self.parity = false;
                self.slack = ticks_m1.into();
                self.entry = table[0];
                self.load(ticks_m1);
            }
            State::Idle => {}
            State::Fetch => {
                self.entry = table[self.tile];
                self.state = State::Load;
            }
            State::Load => self.load(ticks_m1),
            State::Gate => {
                // the slack register as it stood within the cycle
                let begins = self.plane == (0, 0);
                if !self.entry.gate || !begins || self.slack - i32::from(pass_done) >= 0 {
                    self.parity = !self.parity;
                    if self.plane.0 == 0 {
                        self.weight_group = self.entry.weight_group;
                        self.plane_group = self.group;
                    } else {
                        self.group = self.plane_group;
                    }
                    self.g = self.entry.groups_m1;
                    self.slack -= i32::from(begins);
                    self.state = State::Scan;
                }
            }
            State::Scan if s1_advances => self.scan(spikes),
            State::Turn => self.turn(table.len()),
            State::Flush if s1_advances => {
                self.parity = !self.parity;
                self.s1 =
                    Some(Slot { last: true, flush: true, parity: self.parity, ..Slot::default() });
                self.next(table.len());
            }
            State::Scan | State::Flush => {}
        }
    }

    fn load(&mut self, ticks_m1: u8) {
        self.group = self.entry.source_group;
        self.tick = ticks_m1;
        self.plane = (0, 0);
        self.state = State::Gate;
    }

    fn scan(&mut self, spikes: &Spikes) {
        let last = self.g == 0;
        self.s1 = Some(Slot {
            group: self.group,
            weight_group: self.weight_group,
            last,
            parity: self.parity,
            flush: false,
            summary: spikes.summary(self.group),
        });
        self.group = self.group.wrapping_add(1);
        self.weight_group = self.weight_group.wrapping_add(1);
        self.g = self.g.wrapping_sub(1);
        if last {
            self.state = State::Turn;
        }
    }

    fn turn(&mut self, tiles: usize) {
        let (p, q) = self.plane;
        if p != self.entry.weight_planes_m1 {
            self.plane = (p + 1, q);
            self.state = State::Gate;
            return;
        }
        if q != self.entry.input_planes_m1 {
            self.plane = (0, q + 1);
            self.state = State::Gate;
            return;
        }
        self.plane = (0, 0);
        if self.tick != 0 {
            self.tick -= 1;
            self.state = State::Gate;
        } else if self.entry.flush {
            self.state = State::Flush;
        } else {
            self.next(tiles);
        }
    }

    fn next(&mut self, tiles: usize) {
        if self.entry.last {
            self.state = State::Idle;
        } else {
            self.tile = (self.tile + 1) % tiles;
            self.state = State::Fetch;
        }
    }
}
