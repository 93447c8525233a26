//! Gradients of weights: `dw[row] += Σ_t s_j[t]·g[t]`, one addition per event whatever the number
//! of its spikes, from sums of the gradient over the ticks of every half pattern.

use super::{
    events::{GROUP, HALF, PATTERNS, halves, input},
    lanes::{LANES, Row},
};

/// Sums of one row of lanes of the gradient over the ticks of each half pattern. No row lies across
/// two lines of the cache.
#[repr(align(64))]
pub struct HalfSums {
    low: [Row<f32>; PATTERNS],
    high: [Row<f32>; PATTERNS],
    both: bool,
}

impl HalfSums {
    /// Nothing yet.
    pub fn new() -> Self {
        let zero = [[0.0; LANES]; PATTERNS];
        Self { low: zero, high: zero, both: false }
    }

    /// Takes the gradient of a group: `g[t]` for each of its `ticks` ticks.
    #[inline(always)]
    pub fn take(&mut self, g: &[Row<f32>; GROUP], ticks: usize) {
        fill(&mut self.low, &g[..HALF], ticks.min(HALF));
        self.both = ticks > HALF;
        if self.both {
            fill(&mut self.high, &g[HALF..], ticks - HALF);
        }
    }

    /// Adds what events contribute to their weight rows.
    #[inline(always)]
    pub fn add_to(&self, events: &[u32], dw: &mut [Row<f32>]) {
        if self.both {
            for &e in events {
                let (a, b) = halves(e);
                let row = &mut dw[input(e)];
                let (low, high) = (&self.low[a], &self.high[b]);
                for k in 0..LANES {
                    row[k] += low[k] + high[k];
                }
            }
        } else {
            for &e in events {
                let row = &mut dw[input(e)];
                let sum = &self.low[halves(e).0];
                for k in 0..LANES {
                    row[k] += sum[k];
                }
            }
        }
    }
}

/// Entry `p`: the sum of `g[t]` over the ticks of half pattern `p`.
#[inline(always)]
fn fill(sums: &mut [Row<f32>; PATTERNS], g: &[Row<f32>], ticks: usize) {
    // Constant lengths unroll.
    match ticks {
        1 => fill_patterns::<2>(sums, g),
        2 => fill_patterns::<4>(sums, g),
        3 => fill_patterns::<8>(sums, g),
        _ => fill_patterns::<PATTERNS>(sums, g),
    }
}

#[inline(always)]
fn fill_patterns<const N: usize>(sums: &mut [Row<f32>; PATTERNS], g: &[Row<f32>]) {
    for p in 1..N {
        let (rest, last) = (sums[p & (p - 1)], g[p.trailing_zeros() as usize]);
        sums[p] = std::array::from_fn(|k| rest[k] + last[k]);
    }
}

/// The gradient of one group for up to `LANES` of the `units` units that are left: a row per tick,
/// read from `g`, where the units of tick `t` begin at `t·stride`. Plane `q` of an input counts 2^q.
#[inline(always)]
pub fn gather(
    g: &[f32],
    stride: usize,
    ticks: usize,
    units: usize,
    plane: usize,
) -> [Row<f32>; GROUP] {
    let mut out = [[0.0; LANES]; GROUP];
    let factor = (1u32 << plane) as f32;
    for (t, row) in out.iter_mut().enumerate().take(ticks) {
        let from = &g[t * stride..][..units.min(LANES)];
        // A full row has a constant length.
        if let Ok(full) = <&Row<f32>>::try_from(from) {
            for k in 0..LANES {
                row[k] = factor * full[k];
            }
        } else {
            for (row, g) in row.iter_mut().zip(from) {
                *row = factor * g;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rng::Stream, train::events::push_events};

    #[test]
    fn contributions_equal_the_dense_product() {
        let (inputs, n) = (29, LANES + 5);
        for ticks in 1..=8 {
            let mut s = Stream::named(1, "outer").child(ticks as u64).sequence();
            let raster: Vec<u32> = (0..inputs).map(|_| s.below(1 << ticks) as u32).collect();
            let g: Vec<f32> = (0..ticks * n).map(|_| s.below(9) as f32).collect();
            let mut events = Vec::new();
            push_events(raster.iter().copied().enumerate(), 0, &mut events);
            let mut sums = HalfSums::new();
            for first in [0, LANES] {
                let mut dw = vec![[1.0; LANES]; inputs];
                sums.take(&gather(&g[first..], n, ticks, n - first, 0), ticks);
                sums.add_to(&events, &mut dw);
                for (j, k) in (0..inputs).flat_map(|j| (0..LANES).map(move |k| (j, k))) {
                    let i = first + k;
                    let spikes = (0..ticks).filter(|t| i < n && raster[j] >> t & 1 == 1);
                    let expect = 1.0 + spikes.map(|t| g[t * n + i]).sum::<f32>();
                    assert_eq!(dw[j][k], expect, "{ticks} ticks, {j} {k}");
                }
            }
        }
    }
}
