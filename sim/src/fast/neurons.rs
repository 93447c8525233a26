//! Neurons of a pass, 16 lanes at a time (datasheet section 3). A tile's potentials are computed all at
//! once: the guard sees to it that no row is read before it is written.

use super::machine::SLOT;
use crate::cycle::{PassEntry, TileEntry};

/// What is the same for all lanes of a pass.
#[derive(Clone, Copy)]
pub struct Rule {
    /// Leak, `(v·m + r) >> 16`; 0 in the first tick.
    m: i32,
    r: i32,
    /// Leak and bias act.
    begins: bool,
    /// Fire and reset act.
    ends: bool,
    gain_log2: u32,
    /// Bits by which the sum is narrower than 32.
    unused: u32,
    /// Added to the threshold: 1 to make `u ≥ θ` of `u > θ`.
    above: i32,
    fires: bool,
    zero: bool,
}

/// All lanes of a gang of a tile, whole slots.
pub struct Tile<'a> {
    pub rule: Rule,
    pub counts: &'a [u16],
    /// Events that the minus terms count.
    pub minus: Minus,
    pub theta: &'a [i16],
    pub bias: &'a [i16],
    /// Potentials, or sums between passes of a tick.
    pub potentials: &'a mut [i32],
    /// Where `u`, `v` and the spikes of each slot go when the pass ends its tick.
    pub u: &'a mut [i16],
    pub v: &'a mut [i16],
    pub s: &'a mut [u16],
    /// Lanes of a row.
    pub units: usize,
}

/// `n`: what is taken from twice the count of each lane.
#[derive(Clone, Copy)]
pub enum Minus {
    /// The same for all; nothing in an identity.
    Shared(i32),
    /// What the slot's first lane has counted.
    Slot,
}

impl Rule {
    /// Of gang `gang` of a pass that goes to `tile`, with sums of `sum_bits` bits.
    pub fn new(
        pass: &PassEntry,
        gang: u8,
        tile: &TileEntry,
        first_tick: bool,
        sum_bits: usize,
    ) -> Self {
        let (m, r) = if first_tick { (0, 0) } else { (tile.leak_m.into(), tile.leak_r.into()) };
        Self {
            m,
            r,
            begins: pass.begins && gang == 0,
            ends: pass.ends && gang == tile.gangs_m1,
            gain_log2: u32::from(pass.gain_log2) + u32::from(gang),
            unused: 32 - sum_bits as u32,
            above: tile.above.into(),
            fires: tile.fires,
            zero: tile.zero,
        }
    }
}

impl Tile<'_> {
    /// The pass acts on the neurons; in how many rows a potential does not fit. Plain loops over 16 lanes: the compiler makes vectors of them.
    #[inline(always)]
    pub fn run(self) -> u64 {
        let mut clipped = 0;
        let rule = self.rule;
        let (counts, theta) = (self.counts.as_chunks().0, self.theta.as_chunks().0);
        let bias = self.bias.as_chunks().0;
        let (u, v) = (self.u.as_chunks_mut::<SLOT>().0, self.v.as_chunks_mut::<SLOT>().0);
        for (k, potentials) in self.potentials.as_chunks_mut::<SLOT>().0.iter_mut().enumerate() {
            let n = match self.minus {
                Minus::Shared(n) => n,
                Minus::Slot => counts[k][0].into(),
            };
            let sum = rule.sum(&counts[k], n, &bias[k], potentials);
            if rule.ends {
                self.s[k] = rule.fire(&sum, &theta[k], potentials, &mut u[k], &mut v[k]);
                clipped += clipped_rows(&sum, self.units);
            } else {
                *potentials = sum;
            }
        }
        clipped
    }
}

/// Rows of `units` lanes in which a sum does not fit 16 bits.
#[inline(always)]
fn clipped_rows(sum: &[i32; SLOT], units: usize) -> u64 {
    // The sign and what a narrower word would lose: 0 or -1 where it fits.
    let spoiled = sum.iter().fold(0, |all, &sum| all | (sum >> 15) ^ (sum >> 31));
    if spoiled == 0 {
        return 0;
    }
    let fits = |&sum: &i32| i16::try_from(sum).is_ok();
    sum.chunks_exact(units).filter(|row| !row.iter().all(fits)).count() as u64
}

impl Rule {
    /// Integrate: the sum after the pass. No product leaves 32 bits: |v| and m have 15 and 16 bits, and
    /// the counts of an admitted gain fewer than the sum.
    #[inline(always)]
    #[allow(clippy::needless_range_loop)] // one index for all
    fn sum(
        &self,
        counts: &[u16; SLOT],
        n: i32,
        bias: &[i16; SLOT],
        potentials: &[i32; SLOT],
    ) -> [i32; SLOT] {
        let mut out = [0; SLOT];
        for k in 0..SLOT {
            let v = potentials[k];
            let begun = leak(v, self.m, self.r) + i32::from(bias[k]);
            let start = if self.begins { begun } else { v };
            let d = 2 * i32::from(counts[k]) - n;
            let sum = start.wrapping_add((d << self.gain_log2) >> 1);
            out[k] = (sum << self.unused) >> self.unused;
        }
        out
    }

    /// Fire and reset of a pass that ends its tick; the spikes.
    #[inline(always)]
    #[allow(clippy::needless_range_loop)] // one index for all
    fn fire(
        &self,
        sum: &[i32; SLOT],
        theta: &[i16; SLOT],
        potentials: &mut [i32; SLOT],
        u_out: &mut [i16; SLOT],
        v_out: &mut [i16; SLOT],
    ) -> u16 {
        let mut spikes = 0;
        for k in 0..SLOT {
            let u = sum[k].clamp(i16::MIN.into(), i16::MAX.into());
            let theta = i32::from(theta[k]);
            let s = self.fires & (u >= theta + self.above);
            let left = if self.zero { 0 } else { u - theta };
            // 16 bits: what the compiler admits stays within them.
            let v = i32::from((if s { left } else { u }) as i16);
            (u_out[k], v_out[k], potentials[k]) = (u as i16, v as i16, v);
            spikes |= if s { 1i32 << k } else { 0 };
        }
        spikes as u16
    }
}

/// What remains of a potential: `(v·m + r) >> 16`.
#[inline(always)]
fn leak(v: i32, m: i32, r: i32) -> i32 {
    v.wrapping_mul(m).wrapping_add(r) >> 16
}

#[cfg(test)]
mod tests {
    use super::leak;

    /// For every potential, at the ends of multiplier and addend.
    #[test]
    fn the_leak_fits_32_bits() {
        for v in i16::MIN..=i16::MAX {
            for (m, r) in [(65535, 32767), (65535, 65535), (32768, 65535), (0, 0)] {
                let exact = (i64::from(v) * m + r) >> 16;
                assert_eq!(i64::from(leak(v.into(), m as i32, r as i32)), exact, "{v}, {m}, {r}");
            }
        }
    }
}
