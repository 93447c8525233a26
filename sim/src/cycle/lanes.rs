//! Lane bank: P counters behind three token registers, their shadow, and the shift out of it.
//!
//! Counters are held as bit planes, bit `i` of plane `p` being bit `p` of lane `i`: a weight row is
//! added to 64 lanes with a carry that ripples through the planes, and overflow past C bits drops
//! out as in hardware.

use super::{issue::Token, memory::Memory, sequencer::Pass, tables::TileEntry};
use crate::run::MAX_UNITS;

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
    windowed: bool,
}

/// A row at the heads of the shadow: the counts of `F_u` neurons.
pub struct Heads {
    pub pass: Pass,
    /// Row of the tile.
    pub row: u8,
    /// Last row of the pass.
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
        let Shift { pass, row, rows_m1, windowed } = self.shift?;
        let lane = usize::from(row) * self.units;
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
        self.shift = match self.shift {
            Some(shift) if shift.row != shift.rows_m1 => {
                Some(Shift { row: shift.row + 1, ..shift })
            }
            _ => None,
        };
        if let Some(token) = self.e3 {
            self.count(&token, memory);
        }
        self.e3 = self.e2;
        self.e2 = self.e1;
        self.e1 = taken;
    }

    fn count(&mut self, token: &Token, memory: &Memory) {
        if token.first {
            std::mem::swap(&mut self.live, &mut self.shadow);
            self.live.planes.fill(0);
            self.live.n = 0;
            if let Some(pass) = token.fire {
                let TileEntry { rows_m1, windowed, .. } = memory.tiles[usize::from(pass.tile)];
                self.shift = Some(Shift { pass, row: 0, rows_m1, windowed });
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
