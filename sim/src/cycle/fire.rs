//! Fire bank: the neurons' arithmetic (datasheet section 3) and the seven stages around it.
//!
//! A row's result is fixed by what it reads in F0, so it is computed there and carried to F7; the
//! guard's D = 8 cycles see to it that the same row is not read again before it is written.

use super::{lanes::Heads, memory::Memory, sequencer::Pass, tables::FireEntry};
use crate::run::MAX_UNITS;

/// A row's results, on the way from F0 to F7.
#[derive(Clone, Copy)]
pub struct FireRow {
    pub pass: Pass,
    pub row: u8,
    pub end: bool,
    pub u: [i16; MAX_UNITS],
    pub v: [i16; MAX_UNITS],
    pub s: u16,
    /// What the memory keeps: `v`, or the sum so far when passes of the tick are still to come.
    kept: [i32; MAX_UNITS],
    score: [u8; MAX_UNITS],
}

/// Leak: what remains of `v`, `(v·M + R) >> 16`.
fn leak(v: i32, m: u16, r: u16) -> i32 {
    ((i64::from(v) * i64::from(m) + i64::from(r)) >> 16) as i32
}

/// Integrate: what a pass adds to a sum of `bits` bits that wraps.
fn add_pass(start: i32, c: u16, n: u16, gain_log2: u8, bits: usize) -> i32 {
    let d = 2 * i64::from(c) - i64::from(n);
    let sum = i64::from(start) + (d << gain_log2);
    ((sum << (64 - bits)) >> (64 - bits)) as i32
}

/// `sat16`, once all passes are added.
fn saturate(sum: i32) -> i16 {
    sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// Fire: `u ≥ θ`, or `u > θ`, in layers that fire.
fn fires(u: i16, theta: i16, entry: &FireEntry) -> bool {
    entry.fires && if entry.above { u > theta } else { u >= theta }
}

/// Reset: what a spike leaves, `0` or `u − θ`.
fn reset(u: i16, theta: i16, s: bool, zero: bool) -> i16 {
    match (s, zero) {
        (false, _) => u,
        (true, true) => 0,
        (true, false) => u.wrapping_sub(theta),
    }
}

/// Score after this tick: spikes so far, or `T − tick` from the first spike on.
fn score(old: u8, s: bool, first_spike: bool, ticks_left: u8) -> u8 {
    match (s, first_spike) {
        (false, _) => old,
        (true, false) => old.wrapping_add(1),
        (true, true) if old == 0 => ticks_left,
        (true, true) => old,
    }
}

/// Stages, as a ring: the row of F0 stays in its slot and the slot becomes F1, F2, …, F7.
const STAGES: usize = 8;

/// Potentials, scores and the pipeline.
#[derive(Clone)]
pub struct Fire {
    /// `row · F_u + unit`. Between the passes of a tick, sums.
    potentials: Vec<i32>,
    scores: Vec<u8>,
    ring: [Option<FireRow>; STAGES],
    now: usize,
    units: usize,
}

impl Fire {
    /// Empty, for a core of `memory`'s size.
    pub fn new(memory: &Memory) -> Self {
        Self {
            potentials: vec![0; memory.spec.lanes],
            scores: vec![0; memory.spec.lanes],
            ring: [None; STAGES],
            now: 0,
            units: memory.spec.fire_units,
        }
    }

    /// The row in F7, when its pass is the last of its tick: the trace port.
    pub fn f7(&self) -> Option<&FireRow> {
        self.ring[(self.now + 1) % STAGES].as_ref().filter(|row| row.pass.ends)
    }

    /// The row in F7 is the sample's last.
    pub fn finishes(&self, memory: &Memory) -> bool {
        self.f7().is_some_and(|row| {
            let last = memory.fire[usize::from(row.pass.tile)].last;
            last && row.end && row.pass.tick == memory.ticks_m1
        })
    }

    /// Potential of lane `lane` of the last tile.
    pub fn potential(&self, lane: usize) -> i32 {
        self.potentials[lane]
    }

    /// Score of lane `lane` of the last tile.
    pub fn score(&self, lane: usize) -> u8 {
        self.scores[lane]
    }

    /// The row in F0, computed.
    fn f0(&self, heads: &Heads, memory: &Memory) -> FireRow {
        let entry = &memory.fire[usize::from(heads.pass.tile)];
        let mut out = FireRow {
            pass: heads.pass,
            row: heads.row,
            end: heads.end,
            u: [0; MAX_UNITS],
            v: [0; MAX_UNITS],
            s: 0,
            kept: [0; MAX_UNITS],
            score: [0; MAX_UNITS],
        };
        let row = usize::from(heads.row);
        let params = (usize::from(entry.param_row) + row) * self.units;
        // T − tick in 8 bits, as the score has
        let ticks_left = memory.ticks_m1.wrapping_sub(heads.pass.tick).wrapping_add(1);
        for unit in 0..self.units {
            let lane = row * self.units + unit;
            let (theta, bias) =
                (memory.theta[params + unit], i32::from(memory.bias[params + unit]));
            let before = self.potentials[lane];
            let start = match (heads.pass.begins, heads.pass.tick) {
                (false, _) => before,
                (true, 0) => bias,
                (true, _) => leak(before, entry.leak_m, entry.leak_r) + bias,
            };
            let bits = memory.spec.sum_bits;
            let sum = add_pass(start, heads.c[unit], heads.n, heads.pass.gain_log2, bits);
            if !heads.pass.ends {
                (out.kept[unit], out.score[unit]) = (sum, self.scores[lane]);
                continue;
            }
            let old = if heads.pass.tick == 0 { 0 } else { self.scores[lane] };
            let u = saturate(sum);
            let s = fires(u, theta, entry);
            out.u[unit] = u;
            out.v[unit] = reset(u, theta, s, entry.zero);
            out.kept[unit] = out.v[unit].into();
            out.s |= u16::from(s) << unit;
            out.score[unit] = score(old, s, entry.first_spike, ticks_left);
        }
        out
    }

    /// End of the cycle: F7 is written, F0 enters, all move on.
    pub fn clock(&mut self, heads: Option<Heads>, memory: &Memory) {
        let f0 = heads.map(|heads| self.f0(&heads, memory));
        let oldest = (self.now + 1) % STAGES;
        if let Some(row) = self.ring[oldest].take() {
            let lane = usize::from(row.row) * self.units;
            self.potentials[lane..][..self.units].copy_from_slice(&row.kept[..self.units]);
            self.scores[lane..][..self.units].copy_from_slice(&row.score[..self.units]);
        }
        self.ring[self.now] = f0;
        self.now = oldest;
    }
}
