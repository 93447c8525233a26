//! Lane bank: P counters behind three token registers, their shadow, and the shift out of it.
//!
//! Counters are held as bit planes, bit `i` of plane `p` being bit `p` of lane `i`: a weight row is
//! added to 64 lanes with a carry that ripples through the planes, and overflow past C bits drops
//! out as in hardware.

use super::{issue::Token, memory::Memory, sequencer::Pass, tables::TileEntry};
use crate::run::MAX_UNITS;
use std::collections::VecDeque;

/// Counters of all lanes and the event counter beside them.
#[derive(Clone, Default)]
struct Counts {
    /// `word · C + plane`.
    planes: Vec<u64>,
    n: u16,
}

/// A pass that shifts out of the shadow.
#[derive(Clone, Copy)]
struct Shift {
    pass: Pass,
    row: u8,
    rows_m1: u8,
    gang: u8,
    gangs_m1: u8,
    windowed: bool,
}

impl Shift {
    /// The pass as the fire bank sees it: one of a single gang's plane.
    fn gang_pass(&self) -> Pass {
        let (pass, last) = (self.pass, self.gang == self.gangs_m1);
        Pass {
            gain_log2: pass.gain_log2 + self.gang,
            begins: pass.begins && self.gang == 0,
            ends: pass.ends && last,
            turns: pass.turns && last,
            done: pass.done && last,
            ..pass
        }
    }

    /// Row and gang of the next cycle.
    fn next(self) -> Option<Self> {
        match (self.row == self.rows_m1, self.gang == self.gangs_m1) {
            (false, _) => Some(Self { row: self.row + 1, ..self }),
            (true, false) => Some(Self { row: 0, gang: self.gang + 1, ..self }),
            (true, true) => None,
        }
    }
}

/// A row at the heads of the shadow: the counts of `F_u` neurons.
pub struct Heads {
    pub pass: Pass,
    /// Row of the tile, or of a gang of it.
    pub row: u8,
    /// Last row of the pass, or of a gang of it.
    pub end: bool,
    /// Counts per fire unit.
    pub c: [u16; MAX_UNITS],
    /// Events of the pass; in a windowed tile those of the row's slot.
    pub n: u16,
}

/// Registers of the lane bank.
#[derive(Clone)]
pub struct Lanes {
    e1: Option<Token>,
    /// Between E1 and E2, where stages are.
    fetch: VecDeque<Option<Token>>,
    e2: Option<Token>,
    e3: Option<Token>,
    live: Counts,
    shadow: Counts,
    shift: Option<Shift>,
    count_bits: usize,
    units: usize,
}

impl Lanes {
    /// Empty, for a core of `memory`'s size.
    pub fn new(memory: &Memory) -> Self {
        let count_bits = memory.spec.count_bits;
        let counts = Counts { planes: vec![0; memory.row_words * count_bits], n: 0 };
        Self {
            e1: None,
            fetch: [None].repeat(memory.spec.fetch_stages).into(),
            e2: None,
            e3: None,
            live: counts.clone(),
            shadow: counts,
            shift: None,
            count_bits,
            units: memory.spec.fire_units,
        }
    }

    /// The token in E1.
    pub fn e1(&self) -> Option<&Token> {
        self.e1.as_ref()
    }

    /// The row at the heads of the shadow.
    pub fn heads(&self) -> Option<Heads> {
        let shift = self.shift?;
        let Shift { row, rows_m1, gang, windowed, .. } = shift;
        let pass = shift.gang_pass();
        let before = usize::from(gang) * (usize::from(rows_m1) + 1);
        let lane = (before + usize::from(row)) * self.units;
        let (slot, bit) = (lane / 16 * 16, lane % 64);
        let planes = &self.shadow.planes[lane / 64 * self.count_bits..][..self.count_bits];
        let (mut c, mut inside) = ([0; MAX_UNITS], 0);
        for (p, plane) in planes.iter().enumerate() {
            let bits = plane >> bit;
            for (unit, c) in c[..self.units].iter_mut().enumerate() {
                *c |= ((bits >> unit & 1) as u16) << p;
            }
            inside |= ((plane >> (slot % 64) & 1) as u16) << p;
        }
        let n = match (pass.identity, windowed) {
            (true, _) => 0,
            (false, true) => inside,
            (false, false) => self.shadow.n,
        };
        Some(Heads { pass, row, end: row == rows_m1, c, n })
    }

    /// End of the cycle.
    pub fn clock(&mut self, taken: Option<Token>, memory: &Memory) {
        self.shift = self.shift.and_then(Shift::next);
        if let Some(token) = self.e3 {
            self.count(&token, memory);
        }
        self.e3 = self.e2;
        self.fetch.push_back(self.e1);
        self.e2 = self.fetch.pop_front().flatten();
        self.e1 = taken;
    }

    fn count(&mut self, token: &Token, memory: &Memory) {
        if token.first {
            std::mem::swap(&mut self.live, &mut self.shadow);
            self.live.planes.fill(0);
            self.live.n = 0;
            if let Some(pass) = token.fire {
                let TileEntry { rows_m1, gangs_m1, windowed, .. } =
                    memory.tiles[usize::from(pass.tile)];
                self.shift = Some(Shift { pass, row: 0, rows_m1, gang: 0, gangs_m1, windowed });
            }
            if token.null {
                return;
            }
        }
        for (k, &bits) in memory.weight_row(token.row.into()).iter().enumerate() {
            let mut carry = bits;
            for plane in &mut self.live.planes[k * self.count_bits..][..self.count_bits] {
                let sum = *plane ^ carry;
                carry &= *plane;
                *plane = sum;
            }
        }
        self.live.n = (self.live.n + 1) & memory.spec.max_fan_in() as u16;
    }
}
