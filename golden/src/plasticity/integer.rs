//! The integer form of event-driven SSDP, bit for bit what a core is to do: the authority for it.
//!
//! State is a latent weight per synapse, a two's complement number of 8 or 16 bits (Q1.7 or Q1.15), and
//! a first-spike register per neuron. At the end of a sample, for every j that fired, in order, its row
//! is walked, i = 0, 1, …; one number r of the LFSR is drawn per synapse of a walked row, used or not:
//!
//! - i fired, d = |t_j − t_i| within the table: `w ← sat(w + ((A₊ >> shift[d]) + r >> 16))`
//! - i fired, d beyond: no change
//! - i silent: `w ← sat(w − (A₋ + r >> 16))`
//!
//! A₊ and A₋ are in units of 2^−16 of the last bit of w, so that r rounds at random without bias. Rows
//! of neurons that did not fire are not walked and draw nothing.

use super::{Lfsr, first_spike};
use serde::{Deserialize, Serialize};

/// Bits of a latent weight: 8 (Q1.7) or 16 (Q1.15).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub enum LatentBits {
    /// Q1.7.
    Eight,
    /// Q1.15.
    Sixteen,
}

impl TryFrom<u32> for LatentBits {
    type Error = String;

    fn try_from(bits: u32) -> Result<Self, String> {
        match bits {
            8 => Ok(Self::Eight),
            16 => Ok(Self::Sixteen),
            _ => Err(format!("a latent weight of {bits} bits; it has 8 or 16")),
        }
    }
}

impl From<LatentBits> for u32 {
    fn from(bits: LatentBits) -> Self {
        match bits {
            LatentBits::Eight => 8,
            LatentBits::Sixteen => 16,
        }
    }
}

/// The rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntegerSsdp {
    /// Bits of a latent weight.
    pub bits: LatentBits,
    /// A₊, 2^−16 last bits.
    pub a_plus: u32,
    /// A₋, 2^−16 last bits.
    pub a_minus: u32,
    /// Right shift of A₊ at distance d ticks; beyond the table, nothing.
    pub shifts: Vec<u32>,
}

/// What a sample costs a core.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Traffic {
    /// Weights read and written.
    pub writes: u64,
    /// Cycles at `lanes` weights per cycle: a row takes ⌈pre/lanes⌉ and one to find it.
    pub cycles: u64,
}

impl IntegerSsdp {
    /// From real constants: weights are worth 2^−(bits − 1) a step.
    pub fn rounded(bits: LatentBits, a_plus: f64, a_minus: f64, shifts: &[u32]) -> Self {
        let unit = f64::from(1u32 << (u32::from(bits) - 1)) * 65536.0;
        let fixed = |a: f64| (a * unit).round().clamp(0.0, f64::from(u32::MAX >> 1)) as u32;
        Self { bits, a_plus: fixed(a_plus), a_minus: fixed(a_minus), shifts: shifts.to_vec() }
    }

    /// Smallest and largest latent weight.
    pub fn bounds(&self) -> (i32, i32) {
        let half = 1 << (u32::from(self.bits) - 1);
        (-half, half - 1)
    }

    /// One sample on weights `[post][pre]`; rasters as everywhere, at most 32 ticks.
    pub fn change(
        &self,
        (pre, post): (&[u32], &[u32]),
        ticks: u32,
        weights: &mut [i32],
        lfsr: &mut Lfsr,
        lanes: u64,
    ) -> Traffic {
        let (low, high) = self.bounds();
        let times: Vec<u32> = pre.iter().map(|r| first_spike(*r, ticks)).collect();
        let mut traffic = Traffic::default();
        for (row, raster) in weights.chunks_exact_mut(pre.len()).zip(post) {
            let at = first_spike(*raster, ticks);
            if at == ticks {
                continue;
            }
            for (w, &t) in row.iter_mut().zip(&times) {
                let r = i64::from(lfsr.draw());
                let rounded = |a: u32| (i64::from(a) + r) >> 16;
                let change = match self.shifts.get(at.abs_diff(t) as usize) {
                    _ if t == ticks => -rounded(self.a_minus),
                    Some(&shift) => rounded(self.a_plus.checked_shr(shift).unwrap_or(0)),
                    None => 0,
                };
                *w = (i64::from(*w) + change).clamp(i64::from(low), i64::from(high)) as i32;
            }
            traffic.writes += pre.len() as u64;
            traffic.cycles += (pre.len() as u64).div_ceil(lanes) + 1;
        }
        traffic
    }
}
