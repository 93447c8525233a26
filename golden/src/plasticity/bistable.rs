//! Binary synapses without latent weights, flipped at random (Fusi, Annunziato, Badoni, Salamon and
//! Amit, 2000). For every j that fired, one number of the LFSR is drawn per synapse of its row, used or
//! not, and compared with a probability in units of 2^−16:
//! i fired at distance d: the bit is set with probability `p₊ >> shift[d]`; i silent: it is cleared with
//! probability p₋.

use super::{Lfsr, first_spike};
use serde::{Deserialize, Serialize};

/// The rule.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bistable {
    /// p₊, 2^−16.
    pub set: u16,
    /// p₋, 2^−16.
    pub clear: u16,
    /// Right shift of p₊ at distance d ticks; beyond the table, nothing.
    pub shifts: Vec<u32>,
}

impl Bistable {
    /// One sample on bits `[post][pre]`; returns how many flipped.
    pub fn change(
        &self,
        (pre, post): (&[u32], &[u32]),
        ticks: u32,
        bits: &mut [bool],
        lfsr: &mut Lfsr,
    ) -> u64 {
        let mut flips = 0;
        for (row, raster) in bits.chunks_exact_mut(pre.len()).zip(post) {
            let at = first_spike(*raster, ticks);
            if at == ticks {
                continue;
            }
            for (bit, raster) in row.iter_mut().zip(pre) {
                let (r, t) = (lfsr.draw(), first_spike(*raster, ticks));
                let (to, p) = match self.shifts.get(at.abs_diff(t) as usize) {
                    _ if t == ticks => (false, self.clear),
                    Some(&shift) => (true, self.set.checked_shr(shift).unwrap_or(0)),
                    None => continue,
                };
                if r < p && *bit != to {
                    *bit = to;
                    flips += 1;
                }
            }
        }
        flips
    }
}
