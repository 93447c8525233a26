//! Fire bank: the neurons' arithmetic (datasheet section 3) and the seven stages around it.
//!
//! A row's result is fixed by what it reads in F0, so it is computed there and carried to F7; the
//! guard's D = 8 cycles see to it that the same row is not read again before it is written.

use super::{lanes::Heads, memory::Memory, sequencer::Pass, tables::TileEntry};
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
    /// A potential did not fit.
    pub clipped: bool,
    /// What the memory keeps: `v`, or the sum so far when passes of the tick are still to come.
    kept: [i32; MAX_UNITS],
    score: [u8; MAX_UNITS],
}

/// Leak: what remains of `v`, `(v·M + R) >> 16`.
fn leak(v: i32, m: u16, r: u16) -> i32 {
    ((i64::from(v) * i64::from(m) + i64::from(r)) >> 16) as i32
}

/// Integrate: what a pass adds to a sum of `bits` bits that wraps. The gain is doubled, so that half of
/// it is left for an identity, whose `n` is 0.
fn add_pass(start: i32, c: u16, n: u16, gain_log2: u8, bits: usize) -> i32 {
    let d = 2 * i64::from(c) - i64::from(n);
    let sum = i64::from(start) + ((d << gain_log2) >> 1);
    ((sum << (64 - bits)) >> (64 - bits)) as i32
}

/// `sat16`, once all passes are added.
fn saturate(sum: i32) -> i16 {
    sum.clamp(i16::MIN.into(), i16::MAX.into()) as i16
}

/// Fire: `u ≥ θ`, or `u > θ`, in layers that fire.
fn fires(u: i16, theta: i16, entry: &TileEntry) -> bool {
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

/// Score after this tick: spikes so far, or `255 − tick` from the first spike on.
fn score(old: u8, s: bool, first_spike: bool, tick: u8) -> u8 {
    match (s, first_spike) {
        (false, _) => old,
        (true, false) => old.wrapping_add(1),
        (true, true) if old == 0 => 255 - tick,
        (true, true) => old,
    }
}

/// Stages F0 to F7 where no more are between.
const STAGES: usize = 8;

/// Potentials, scores and the pipeline.
#[derive(Clone)]
pub struct Fire {
    /// `row · F_u + unit`, the row that of the parameters modulo `state_rows`. Between the passes of a
    /// tick, sums.
    potentials: Vec<i32>,
    /// Which of them are sums.
    partial: Vec<bool>,
    scores: Vec<u8>,
    /// Stages, as a ring: the row of F0 stays in its slot and the slot becomes F1, F2, …, F7.
    ring: Vec<Option<FireRow>>,
    now: usize,
    units: usize,
}

impl Fire {
    /// Empty, for a core of `memory`'s size.
    pub fn new(memory: &Memory) -> Self {
        Self {
            potentials: vec![0; memory.spec.state_rows * memory.spec.fire_units],
            partial: vec![false; memory.spec.state_rows * memory.spec.fire_units],
            scores: vec![0; memory.spec.state_rows * memory.spec.fire_units],
            ring: vec![None; STAGES + memory.spec.leak_stages()],
            now: 0,
            units: memory.spec.fire_units,
        }
    }

    /// The row in F7, when its pass is the last of its tick: the trace port.
    pub fn f7(&self) -> Option<&FireRow> {
        self.ring[(self.now + 1) % self.ring.len()].as_ref().filter(|row| row.pass.ends)
    }

    /// The row in F7 is the sample's last.
    pub fn finishes(&self, memory: &Memory) -> bool {
        self.f7().is_some_and(|row| {
            memory.tiles[usize::from(row.pass.tile)].last && row.end && row.pass.done
        })
    }

    /// Place of a lane's potential and score.
    fn place(&self, tile: &TileEntry, lane: usize) -> usize {
        (usize::from(tile.param_row) * self.units + lane) % self.potentials.len()
    }

    /// Potential of lane `lane` of a tile.
    pub fn potential(&self, tile: &TileEntry, lane: usize) -> i32 {
        self.potentials[self.place(tile, lane)]
    }

    /// Turns a bit of a potential over. Of a sum between two passes it is one of the lower half.
    pub fn flip_potential(&mut self, place: usize, bit: usize) {
        let kept = &mut self.potentials[place];
        let sum = *kept ^ 1 << bit;
        *kept = if self.partial[place] { sum } else { i32::from(sum as i16) };
    }

    /// Turns a bit of a score over.
    pub fn flip_score(&mut self, place: usize, bit: usize) {
        self.scores[place] ^= 1 << bit;
    }

    /// Score of lane `lane` of a tile.
    pub fn score(&self, tile: &TileEntry, lane: usize) -> u8 {
        self.scores[self.place(tile, lane)]
    }

    /// The row in F0, computed.
    fn f0(&self, heads: &Heads, memory: &Memory) -> FireRow {
        let entry = &memory.tiles[usize::from(heads.pass.tile)];
        let mut out = FireRow {
            pass: heads.pass,
            row: heads.row,
            end: heads.end,
            u: [0; MAX_UNITS],
            v: [0; MAX_UNITS],
            s: 0,
            clipped: false,
            kept: [0; MAX_UNITS],
            score: [0; MAX_UNITS],
        };
        let row = usize::from(heads.row);
        let params = (usize::from(entry.param_row) + row) * self.units;
        for unit in 0..self.units {
            let lane = self.place(entry, row * self.units + unit);
            let (theta, bias) =
                (memory.theta[params + unit], i32::from(memory.bias[params + unit]));
            let before = self.potentials[lane];
            let start = match (heads.pass.begins, heads.pass.first_tick) {
                (false, _) => before,
                (true, true) => bias,
                (true, false) => leak(before, entry.leak_m, entry.leak_r) + bias,
            };
            let bits = memory.spec.sum_bits;
            let sum = add_pass(start, heads.c[unit], heads.n, heads.pass.gain_log2, bits);
            if !heads.pass.ends {
                (out.kept[unit], out.score[unit]) = (sum, self.scores[lane]);
                continue;
            }
            let old = if heads.pass.first_tick { 0 } else { self.scores[lane] };
            let u = saturate(sum);
            out.clipped |= i32::from(u) != sum;
            let s = fires(u, theta, entry);
            out.u[unit] = u;
            out.v[unit] = reset(u, theta, s, entry.zero);
            out.kept[unit] = out.v[unit].into();
            out.s |= u16::from(s) << unit;
            out.score[unit] = score(old, s, entry.first_spike, heads.pass.tick);
        }
        out
    }

    /// End of the cycle: F7 is written, F0 enters, all move on.
    pub fn clock(&mut self, heads: Option<Heads>, memory: &Memory) {
        let f0 = heads.map(|heads| self.f0(&heads, memory));
        let oldest = (self.now + 1) % self.ring.len();
        if let Some(row) = self.ring[oldest].take() {
            let entry = &memory.tiles[usize::from(row.pass.tile)];
            let lane = self.place(entry, usize::from(row.row) * self.units);
            self.potentials[lane..][..self.units].copy_from_slice(&row.kept[..self.units]);
            self.partial[lane..][..self.units].fill(!row.pass.ends);
            self.scores[lane..][..self.units].copy_from_slice(&row.score[..self.units]);
        }
        self.ring[self.now] = f0;
        self.now = oldest;
    }
}
