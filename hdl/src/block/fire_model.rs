//! Plain-integer simulation model of the fire bank: what its Verilog does, register by register.

use spikewright_ir::CoreSpec;

/// What is taken from the low half of a sum to make it a signed word, and from the last row's biases.
const OFFSET: i64 = 1 << 15;

/// A row on its way through the stages.
#[derive(Clone, Default)]
pub struct Row {
    /// Last row of its pass.
    pub last: bool,
    /// Its pass is the tile's first tick.
    pub first_tick: bool,
    /// Its pass is the first of its tick.
    pub begins: bool,
    /// Its pass is the last of its tick.
    pub ends: bool,
    /// Its pass is the last of its loop.
    pub turns: bool,
    /// It is so in the last tick.
    pub done: bool,
    /// Row of the tile.
    pub index: usize,
    /// 2c − n per unit.
    pub drive: Vec<i64>,
}

/// What stands at the bank's inputs at a rising edge.
pub struct Inputs {
    /// Row in F0; its index is counted by the model.
    pub row: Option<Row>,
    /// The next row in F7 is its tile's first.
    pub tile_load: bool,
    /// Fields of the tile, as in the fire table.
    pub above: bool,
    /// See `above`.
    pub zero: bool,
    /// See `above`.
    pub fires: bool,
    /// See `above`.
    pub first_spike: bool,
    /// See `above`.
    pub leak_m: i64,
    /// See `above`.
    pub leak_r: i64,
    /// Twice what an event of the pass in F1 counts.
    pub gain: i64,
    /// See `above`.
    pub param_row: usize,
    /// Tick of the row in F7.
    pub tick: u8,
    /// Parameter write: address and word.
    pub write: Option<(usize, u16)>,
    /// Readout: row and unit.
    pub read: Option<(usize, usize)>,
    /// Potentials are read, not scores.
    pub potentials: bool,
}

/// A row in some stage; which of the values mean something depends on the stage.
#[derive(Clone, Default)]
struct Item {
    row: Row,
    /// Row of its parameters.
    param: usize,
    v: Vec<i64>,
    high: Vec<i64>,
    bias: Vec<i64>,
    gain: i64,
    x: Vec<i64>,
    sum: Vec<i64>,
    u: Vec<i64>,
    difference: Vec<i64>,
}

/// What leaves in F7.
#[derive(Clone, Default)]
pub struct Output {
    /// Last row of its pass.
    pub last: bool,
    /// Its pass is the last of its loop.
    pub turns: bool,
    /// It is so in the last tick.
    pub done: bool,
    /// Row of the tile, counted over all its rounds.
    pub trace: usize,
    /// Spikes per unit.
    pub s: Vec<bool>,
    /// u per unit.
    pub u: Vec<i64>,
    /// v per unit.
    pub v: Vec<i64>,
    param: usize,
    first_tick: bool,
    ends: bool,
    score: Vec<u8>,
}

/// The bank's registers and memories.
pub struct FireModel {
    theta: Vec<Vec<i64>>,
    bias: Vec<Vec<i64>>,
    v: Vec<Vec<i64>>,
    high: Vec<Vec<i64>>,
    score: Vec<Vec<u8>>,
    sum_bits: u32,
    next_row: usize,
    next_trace: usize,
    round_trace: usize,
    first_param: usize,
    stages: [Option<Item>; 6],
    /// Between F3 and F4, where stages are.
    between: std::collections::VecDeque<Option<Item>>,
    output: Option<Output>,
    clipped: bool,
    fetched: (usize, Vec<i64>, Vec<u8>),
    value: u16,
}

impl FireModel {
    /// A model for a core of `spec`.
    pub fn new(spec: &CoreSpec) -> Self {
        let units = spec.fire_units;
        Self {
            theta: vec![vec![0; units]; spec.param_rows],
            bias: vec![vec![0; units]; spec.param_rows],
            v: vec![vec![0; units]; spec.state_rows],
            high: vec![vec![0; units]; spec.tile_rows()],
            sum_bits: spec.sum_bits as u32,
            score: vec![vec![0; units]; spec.state_rows],
            next_row: 0,
            next_trace: 0,
            round_trace: 0,
            first_param: 0,
            stages: Default::default(),
            between: vec![None; spec.leak_stages()].into(),
            output: None,
            clipped: false,
            fetched: (0, vec![0; units], vec![0; units]),
            value: 0,
        }
    }

    /// The row in F7, if its pass is the last of its tick.
    pub fn out(&self) -> Option<&Output> {
        self.output.as_ref().filter(|out| out.ends)
    }

    /// The row that came to F5 ends its tick with a potential that did not fit.
    pub fn clipped(&self) -> bool {
        self.clipped
    }

    /// The readout's word.
    pub fn value(&self) -> u16 {
        self.value
    }

    /// One rising edge.
    pub fn edge(&mut self, inputs: Inputs) {
        let rows = self.theta.len();
        let (depth, state) = (self.high.len(), self.v.len());
        // F6 → F7, with the score read beside it; F7 itself writes first so that a read of the same
        // cycle, which the sequencer excludes, could not go unnoticed.
        let leaving = self.output.take();
        self.count(leaving.as_ref(), inputs.tile_load);
        let entering = self.stages[5].take().map(|item| self.reset(item, &inputs));
        // F4 → F5: u; θ is read for the comparison in F5.
        const FITS: std::ops::Range<i64> = -(1 << 15)..1 << 15;
        self.clipped = self.stages[3]
            .as_ref()
            .is_some_and(|item| item.row.ends && item.sum.iter().any(|s| !FITS.contains(s)));
        let f5 = self.stages[3].take().map(|mut item| {
            let sum = item.sum.iter();
            item.u = match item.row.ends {
                true => sum.map(|s| (*s).clamp(-(1 << 15), (1 << 15) - 1)).collect(),
                false => sum.map(|&s| (s & 0xffff) - OFFSET).collect(),
            };
            item
        });
        let f6 = self.stages[4].take().map(|mut item| {
            item.difference =
                (0..item.u.len()).map(|k| item.u[k] - self.theta[item.param][k]).collect();
            item
        });
        // F2 → F3 → F4: leak and drive, then their sum.
        let f4 = self.stages[2].take().map(|mut item| {
            let unused = 64 - self.sum_bits;
            let wrap = |sum: i64| (sum << unused) >> unused;
            item.sum = (0..item.x.len()).map(|k| wrap(item.v[k] + item.x[k])).collect();
            item
        });
        let f3 = self.stages[1].take().map(|mut item| {
            let (m, r) = match (item.row.begins, item.row.first_tick) {
                (false, _) => (65535, 32767),
                (true, true) => (0, 0),
                (true, false) => (inputs.leak_m, inputs.leak_r),
            };
            let addend = |k: usize| match item.row.begins {
                true => item.bias[k],
                false => (item.high[k] << 16) + item.bias[k] + 2 * OFFSET,
            };
            item.x = (0..item.row.drive.len())
                .map(|k| ((item.row.drive[k] * item.gain) >> 1) + addend(k))
                .collect();
            item.v.iter_mut().for_each(|v| *v = (*v * m + r) >> 16);
            item
        });
        // The multiplier takes the gain with the row in F1.
        let f2 = self.stages[0].take().map(|item| Item { gain: inputs.gain, ..item });
        let f1 = inputs.row.map(|mut row| {
            row.index = self.next_row;
            self.next_row = if row.last { 0 } else { self.next_row + 1 };
            // The field is told at a pass's first row; it may be the next tile's before the last.
            if row.index == 0 {
                self.first_param = inputs.param_row;
            }
            let param = (self.first_param + row.index) % rows;
            let v = self.v[param % state].clone();
            let high = self.high[param % depth].clone();
            let bias = self.bias[if row.begins { param } else { rows - 1 }].clone();
            Item { row, param, v, high, bias, ..Default::default() }
        });
        self.between.push_back(f3);
        let f3 = self.between.pop_front().flatten();
        self.stages = [f1, f2, f3, f4, f5, f6];
        // What left F4 leaves its upper half, whether a later pass of the tick reads it or none.
        if let Some(item) = &self.stages[4] {
            self.high[item.param % depth] = item.sum.iter().map(|s| s >> 16).collect();
        }
        self.value = if inputs.potentials {
            self.fetched.1[self.fetched.0] as u16
        } else {
            self.fetched.2[self.fetched.0].into()
        };
        if let Some((row, unit)) = inputs.read {
            self.fetched = (
                unit % self.v[0].len(),
                self.v[row % state].clone(),
                self.score[row % state].clone(),
            );
        }
        if let Some(out) = leaving {
            let row = out.param % state;
            for k in 0..out.s.len() {
                let old = if out.first_tick { 0 } else { out.score[k] };
                self.score[row][k] = match (inputs.first_spike, out.s[k]) {
                    (false, s) => old.wrapping_add(s.into()),
                    (true, true) if old == 0 => !inputs.tick,
                    (true, _) => old,
                };
            }
            self.v[row] = out.v;
        }
        self.output = entering;
        if let Some((address, word)) = inputs.write {
            let (row, unit) = (address / 32 % rows, address / 2 % 16);
            let bank = if address % 2 == 0 { &mut self.theta } else { &mut self.bias };
            if let Some(place) = bank[row].get_mut(unit) {
                *place = (word as i16).into();
            }
        }
    }

    /// The trace port's row: a round goes on where the round before it ended, a tick begins anew.
    fn count(&mut self, leaving: Option<&Output>, tile_load: bool) {
        if let Some(out) = leaving {
            self.next_trace += 1;
            match (out.last, out.done) {
                (true, true) => self.round_trace = self.next_trace,
                (true, false) => self.next_trace = self.round_trace,
                (false, _) => {}
            }
        }
        if tile_load {
            (self.next_trace, self.round_trace) = (0, 0);
        }
    }

    /// Spike, and the potential it leaves.
    fn reset(&self, item: Item, inputs: &Inputs) -> Output {
        let s: Vec<bool> = item
            .difference
            .iter()
            .map(|&d| inputs.fires && item.row.ends && d >= i64::from(inputs.above))
            .collect();
        let v = (0..s.len())
            .map(|k| match (s[k], inputs.zero) {
                (false, _) => item.u[k],
                (true, true) => 0,
                (true, false) => item.difference[k],
            })
            .collect();
        Output {
            last: item.row.last,
            turns: item.row.turns,
            done: item.row.done,
            trace: self.next_trace,
            param: item.param,
            s,
            u: item.u,
            v,
            first_tick: item.row.first_tick,
            ends: item.row.ends,
            score: self.score[item.param % self.score.len()].clone(),
        }
    }
}
