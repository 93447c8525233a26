//! The control in plain integers, register by register, as the datasheet has it.

use spikewright_ir::{
    ThetaSpec,
    layer_table::{BASE, GAIN_LOG2, LAST_M1, ROWS_M1, STRIDE_LOG2, WORDS},
};

const UNITS: usize = ThetaSpec::UNITS;

/// What the control waits for, or does.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub enum State {
    #[default]
    Idle,
    Count,
    Wait,
    Drive,
    Gap,
    Settle,
    Choose0,
    Choose1,
    Choose2,
    Pulse,
}

/// Its inputs in a cycle.
#[derive(Clone, Copy, Default)]
pub struct Inputs {
    pub go: bool,
    pub counted: bool,
    /// Words of the next spikers of the three layers.
    pub best: [u32; 3],
    pub known: [bool; 2],
    pub ticks: u32,
    pub three: bool,
    pub table: Option<(usize, u32)>,
    pub synapses: u32,
}

/// A row on its way.
#[derive(Clone, Copy, Default)]
pub struct Row {
    pub valid: bool,
    pub row: usize,
    pub first: bool,
    pub plus: u32,
}

/// A row that no table is asked for.
#[derive(Clone, Copy, Default)]
pub struct Direct {
    pub valid: bool,
    pub starts: bool,
    pub layer: usize,
    pub row: usize,
    pub first: bool,
    pub short: bool,
}

/// Registers.
#[derive(Clone, Default)]
pub struct Model {
    pub state: State,
    pub load: bool,
    pub tile: usize,
    count: u32,
    pub row: usize,
    shift: u32,
    starting: bool,
    start_layer: usize,
    start_row: usize,
    rows_m1: [usize; 3],
    last_m1: [usize; 3],
    pub gain: u32,
    stride: [u32; 3],
    base: [usize; 3],
    pub tick: u32,
    pub source: usize,
    pub target: usize,
    weights: usize,
    pass_m1: usize,
    word: u32,
    layer: usize,
    sure: bool,
    pub v: [Row; 3],
    pub p: [Row; 5],
    pub ahead: [Direct; 3],
    pub direct: Direct,
    pub done: bool,
    pub valid: bool,
    pub undecided: bool,
    pub label: usize,
    pub end: u32,
}

impl Model {
    /// Whether counts shift.
    pub fn shifts(&self) -> bool {
        self.shift > 0
    }

    /// Address of the constants.
    pub fn constant(&self) -> usize {
        let rows = ThetaSpec::NEURONS / UNITS;
        match self.starting {
            true => self.start_layer * rows + self.start_row,
            false => self.v[0].row,
        }
    }

    /// Address of the synapses.
    pub fn synapse(&self) -> usize {
        (self.weights + self.row / 4) % ThetaSpec::SYNAPSE_WORDS
    }

    /// Row that each bank reads.
    pub fn reads(&self) -> [usize; 2] {
        let pulsed = 64 * (self.target / 2) + self.row;
        let searched = self.ahead[2].row;
        if self.target.is_multiple_of(2) { [pulsed, searched] } else { [searched, pulsed] }
    }

    /// Units of the row in P1 that a pulse of weight −1 reaches.
    pub fn minus(&self, synapses: u32) -> u32 {
        if self.p[0].valid { !synapses >> (4 * (self.p[0].row % 4)) & 0xf } else { 0 }
    }

    /// Units of a row that are neurons.
    pub fn neurons(&self, layer: usize, row: usize) -> u32 {
        if row == self.rows_m1[layer] { (2 << self.last_m1[layer]) - 1 } else { 0xf }
    }

    /// Units of the row that was read that have spiked.
    pub fn spiked(&self) -> u32 {
        let d = &self.direct;
        if !d.starts && d.row == self.source / UNITS { 1 << (self.source % UNITS) } else { 0 }
    }

    /// The spike chosen last is one: neither too late nor of the last layer.
    pub fn pulses(&self, inputs: &Inputs) -> bool {
        self.state == State::Choose2 && self.in_time(inputs) && self.layer != last(inputs)
    }

    fn in_time(&self, inputs: &Inputs) -> bool {
        (self.word >> 8) + inputs.ticks > 4096
    }

    /// A rising edge of the clock.
    pub fn edge(&mut self, inputs: &Inputs) {
        let now = self.clone();
        (self.load, self.done) = (false, false);
        if let Some((address, word)) = inputs.table {
            self.write(address, word);
        }
        self.rows(&now, inputs);
        self.starts(&now, inputs);
        self.shift = now.shift.saturating_sub(1);
        let end = |at: &mut Self, count| (at.row, at.count, at.state) = (0, count, State::Settle);
        match now.state {
            State::Idle if inputs.go => {
                (self.state, self.load, self.tile, self.row) = (State::Count, true, 0, 0);
                (self.tick, self.source, self.target, self.valid) = (0, 0, 0, false);
                (self.starting, self.start_layer, self.start_row) = (true, 1, 0);
            }
            State::Idle => {}
            State::Count if inputs.counted => (self.state, self.count) = (State::Wait, 1),
            State::Count => {}
            State::Wait if now.count > 0 => self.count -= 1,
            State::Wait if !now.starting => (self.state, self.shift) = (State::Drive, 16),
            State::Wait => {}
            State::Drive if now.row == now.rows_m1[0] => end(self, 8),
            State::Drive => {
                self.row += 1;
                if now.row % 16 == 15 {
                    (self.state, self.count) = (State::Gap, 1);
                }
            }
            State::Gap if now.count > 0 => self.count -= 1,
            State::Gap => (self.state, self.load, self.tile) = (State::Count, true, now.tile + 1),
            State::Settle if now.count > 0 => self.count -= 1,
            State::Settle => self.state = State::Choose0,
            State::Choose0 => {
                let [a, b, _] = inputs.best;
                self.layer = usize::from(b >> 8 >= a >> 8);
                self.word = if self.layer == 1 { b } else { a };
                self.state = State::Choose1;
            }
            State::Choose1 => {
                self.sure = inputs.known[now.layer];
                // A spike of layer 2 is read as one of the others, and not taken.
                let (neuron, behind) = (!now.word as usize & 0xff, now.layer + 1);
                (self.source, self.target) = (neuron, behind);
                self.weights = now.base[behind] + (neuron << now.stride[behind]);
                if inputs.three && inputs.best[2] >> 8 >= now.word >> 8 {
                    (self.layer, self.word) = (2, inputs.best[2]);
                }
                self.state = State::Choose2;
            }
            State::Choose2 => self.choose(&now, inputs),
            State::Pulse if now.row == now.pass_m1 => end(self, 6),
            State::Pulse => self.row += 1,
        }
    }

    fn choose(&mut self, now: &Self, inputs: &Inputs) {
        let tick = 4096 - (now.word >> 8);
        if !now.pulses(inputs) {
            let in_time = now.in_time(inputs);
            (self.state, self.done, self.valid) = (State::Idle, true, true);
            self.undecided = !in_time;
            self.label = !inputs.best[last(inputs)] as usize & 0xff;
            self.end = if in_time { tick } else { inputs.ticks };
            return;
        }
        // Row 0 is in P0 already, and one more follows it.
        (self.state, self.row, self.tick) = (State::Pulse, 1, tick);
        self.pass_m1 = now.rows_m1[now.target].max(now.searched_m1()).max(1);
    }

    /// The layer before that which pulses reach.
    fn searches(&self) -> usize {
        self.target / 2
    }

    /// Rows of it that are read, minus 1.
    fn searched_m1(&self) -> usize {
        if self.sure { 0 } else { self.rows_m1[self.searches()] }
    }

    /// Rows of counts and of pulses, and those read ahead of them.
    fn rows(&mut self, now: &Self, inputs: &Inputs) {
        let (pulse, drive) = (now.state == State::Pulse, now.state == State::Drive);
        let decided = now.pulses(inputs);
        let first = now.row == 0;
        let v0 = Row { valid: drive, row: now.row, first, plus: 0xf };
        self.v = [v0, now.v[0], now.v[1]];
        let valid = decided || pulse && now.row <= now.rows_m1[now.target];
        let p0 = Row { valid, row: now.row, first, plus: 0 };
        let p1 = match now.v[2].valid {
            true => now.v[2],
            false => Row { plus: !now.minus(inputs.synapses) & 0xf, ..now.p[0] },
        };
        self.p = [p0, p1, now.p[1], now.p[2], now.p[3]];
        let p0 = Direct {
            valid: decided || pulse && now.row <= now.searched_m1(),
            starts: false,
            layer: now.searches(),
            row: if now.sure { now.source / UNITS } else { now.row },
            first,
            short: now.sure,
        };
        self.ahead = [p0, now.ahead[0], now.ahead[1]];
        self.direct = match now.starting {
            true => Direct {
                valid: true,
                starts: true,
                layer: now.start_layer,
                row: now.start_row,
                first: now.start_row == 0,
                short: false,
            },
            false => now.ahead[2],
        };
    }

    fn starts(&mut self, now: &Self, inputs: &Inputs) {
        if !now.starting {
            return;
        }
        self.start_row = now.start_row + 1;
        if now.start_row == now.rows_m1[now.start_layer] {
            self.start_row = 0;
            self.start_layer = 2;
            self.starting = inputs.three && now.start_layer == 1;
        }
    }

    fn write(&mut self, address: usize, word: u32) {
        let (layer, k) = (address / WORDS % 4, address % WORDS);
        if layer > 2 {
            return;
        }
        match k {
            0 => {
                self.rows_m1[layer] = ROWS_M1.get(word) as usize;
                self.last_m1[layer] = LAST_M1.get(word) as usize;
            }
            1 if layer == 0 => self.gain = GAIN_LOG2.get(word),
            1 => self.stride[layer] = STRIDE_LOG2.get(word),
            2 if layer > 0 => self.base[layer] = BASE.get(word) as usize,
            _ => {}
        }
    }
}

fn last(inputs: &Inputs) -> usize {
    if inputs.three { 2 } else { 1 }
}
