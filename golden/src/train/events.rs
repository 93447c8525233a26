//! Products with binary spikes, computed from the spikes that are there. Ticks are handled in
//! groups of eight: an input that spikes at all in a group is one event with an 8-bit pattern. Its
//! weight row is added into the sum of the pattern's low half and into that of its high half, and
//! each tick adds up the halves that contain it. Gradients go the same way back: one row per event,
//! whatever the number of its spikes. With MNIST's activity this is several times less work than a
//! dense product.

use super::lanes::{LANES, Row};

/// Ticks of a group.
pub const GROUP: usize = 8;
/// Ticks of half a group.
const HALF: usize = GROUP / 2;
/// Patterns of half a group (0 is no spike).
const PATTERNS: usize = 1 << HALF;

/// Number of groups for `ticks` ticks.
pub fn groups(ticks: usize) -> usize {
    ticks.div_ceil(GROUP)
}

/// An event: input index and pattern in one word.
#[inline(always)]
pub fn event(input: usize, pattern: u32) -> u32 {
    (input as u32) << GROUP | pattern
}

/// Input index of an event.
#[inline(always)]
pub fn input(event: u32) -> usize {
    (event >> GROUP) as usize
}

/// Pattern of an event in two halves: ticks 0 to 3 and ticks 4 to 7 of the group.
#[inline(always)]
pub fn halves(event: u32) -> (usize, usize) {
    (event as usize % PATTERNS, (event as usize >> HALF) % PATTERNS)
}

/// Replaces `out` by the events of group `group` of one sample, given the spikes of every input as
/// a raster (bit `t` for tick `t`). Neither order nor count of `raster` matters.
#[inline(always)]
pub fn push_events(
    raster: impl ExactSizeIterator<Item = (usize, u32)>,
    group: usize,
    out: &mut Vec<u32>,
) {
    let shift = GROUP * group;
    out.resize(raster.len(), 0);
    let mut count = 0;
    // Without a branch: whether an input spikes is hard to predict.
    for (j, bits) in raster {
        let pattern = bits >> shift & ((1 << GROUP) - 1);
        out[count] = event(j, pattern);
        count += usize::from(pattern != 0);
    }
    out.truncate(count);
}

/// One weight of a row, and what rows add up in.
pub trait Weight: Copy + Send + Sync {
    /// Type of a sum.
    type Sum: Copy + Default + Send + Sync;
    /// `sums += rows`
    fn add_rows(sums: &mut [Row<Self::Sum>], rows: &[Row<Self>]);
    /// `a += b`
    fn add(a: &mut Row<Self::Sum>, b: &Row<Self::Sum>);
    /// The sum as a float.
    fn float(sum: Self::Sum) -> f32;
}

/// Signs: ±1, or 0 where a row is padded. `i16` sums are exact up to 32,767 inputs.
impl Weight for i8 {
    type Sum = i16;
    #[inline(always)]
    fn add_rows(sums: &mut [Row<i16>], rows: &[Row<i8>]) {
        for (sums, row) in sums.iter_mut().zip(rows) {
            // By way of values: the compiler finds the vector instructions then.
            let (a, w) = (*sums, *row);
            *sums = std::array::from_fn(|k| a[k] + i16::from(w[k]));
        }
    }
    #[inline(always)]
    fn add(a: &mut Row<i16>, b: &Row<i16>) {
        for k in 0..LANES {
            a[k] += b[k];
        }
    }
    #[inline(always)]
    fn float(sum: i16) -> f32 {
        f32::from(sum)
    }
}

impl Weight for f32 {
    type Sum = f32;
    #[inline(always)]
    fn add_rows(sums: &mut [Row<f32>], rows: &[Row<f32>]) {
        // As one run of values: the compiler finds the vector instructions then.
        for (s, w) in sums.as_flattened_mut().iter_mut().zip(rows.as_flattened()) {
            *s += w;
        }
    }
    #[inline(always)]
    fn add(a: &mut Row<f32>, b: &Row<f32>) {
        for k in 0..LANES {
            a[k] += b[k];
        }
    }
    #[inline(always)]
    fn float(sum: f32) -> f32 {
        sum
    }
}

/// Sums of weight rows per half pattern; reused from sample to sample.
pub struct PatternSums<W: Weight> {
    /// `[half][pattern][row]`
    sums: Vec<Row<W::Sum>>,
    /// Rows of lanes that hold one weight row.
    width: usize,
}

impl<W: Weight> PatternSums<W> {
    /// For weight rows of `width` rows of lanes.
    pub fn new(width: usize) -> Self {
        Self { sums: vec![[W::Sum::default(); LANES]; 2 * PATTERNS * width], width }
    }

    /// `z[t][i] = Σ_j s_j[t] · weights[j][i]` for the ticks of one group. `weights` is
    /// `[inputs][width]` rows of lanes, `z` is `[ticks of the group][neurons]`, overwritten by
    /// sums as `convert` gives them.
    #[inline(always)]
    pub fn product<T: Copy>(
        &mut self,
        events: &[u32],
        weights: &[Row<W>],
        neurons: usize,
        z: &mut [T],
        convert: impl Fn(W::Sum) -> T,
    ) {
        let width = self.width;
        let both = z.len() > HALF * neurons;
        let used = if both { 2 * PATTERNS } else { PATTERNS } * width;
        self.sums[..used].fill([W::Sum::default(); LANES]);
        let (low, high) = self.sums.split_at_mut(PATTERNS * width);
        for &e in events {
            let (a, b) = halves(e);
            let row = &weights[input(e) * width..][..width];
            // Pattern 0 collects what nobody reads.
            W::add_rows(&mut low[a * width..][..width], row);
            if both {
                W::add_rows(&mut high[b * width..][..width], row);
            }
        }
        for (t, z) in z.chunks_exact_mut(neurons).enumerate() {
            let half = if t < HALF { &*low } else { &*high };
            for (c, z) in z.chunks_mut(LANES).enumerate() {
                let mut sum = [W::Sum::default(); LANES];
                for p in 1..PATTERNS {
                    if p >> (t % HALF) & 1 == 1 {
                        W::add(&mut sum, &half[p * width + c]);
                    }
                }
                let converted: Row<T> = std::array::from_fn(|k| convert(sum[k]));
                z.copy_from_slice(&converted[..z.len()]);
            }
        }
    }
}

/// Adds one sample's weight gradient for one row of lanes: `dw[j][k] += Σ_t s_j[t] · g[t][k]`,
/// with one entry of `g` per tick of the group.
#[inline(always)]
pub fn add_outer(events: &[u32], g: &[Row<f32>; GROUP], dw: &mut [Row<f32>]) {
    let (low, high) = (half_sums(&g[..HALF]), half_sums(&g[HALF..]));
    for &e in events {
        let (a, b) = halves(e);
        let row = &mut dw[input(e)];
        for k in 0..LANES {
            row[k] += low[a][k] + high[b][k];
        }
    }
}

/// Entry `p`: the sum of `g[t]` over the ticks of half pattern `p`.
#[inline(always)]
fn half_sums(g: &[Row<f32>]) -> [Row<f32>; PATTERNS] {
    let mut out = [[0.0; LANES]; PATTERNS];
    for p in 1..PATTERNS {
        let (rest, last) = (out[p & (p - 1)], g[p.trailing_zeros() as usize]);
        for k in 0..LANES {
            out[p][k] = rest[k] + last[k];
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{rng::Stream, train::lanes::pad};

    #[test]
    fn products_equal_the_dense_ones() {
        let (inputs, n) = (37, 41);
        for ticks in [3, 4, 5, 8] {
            let mut s = Stream::named(1, "events").child(ticks as u64).sequence();
            let raster: Vec<u32> = (0..inputs).map(|_| s.below(1 << ticks) as u32).collect();
            let signs: Vec<i8> = (0..inputs * n).map(|_| 1 - 2 * (s.word() & 1) as i8).collect();
            let g: Vec<f32> = (0..ticks * n).map(|_| s.below(9) as f32).collect();
            let mut events = vec![99; 3];
            push_events(raster.iter().copied().enumerate(), 0, &mut events);
            assert_eq!(events.len(), raster.iter().filter(|r| **r > 0).count());
            let rows = pad(&signs, n);
            let float: Vec<f32> = signs.iter().map(|s| 0.5 * f32::from(*s)).collect();
            let (mut z, mut half) = (vec![7.0; ticks * n], vec![7.0; ticks * n]);
            let mut sums = PatternSums::<i8>::new(2);
            sums.product(&events, &rows, n, &mut z, i8::float);
            sums.product(&events, &rows, n, &mut z, i8::float);
            PatternSums::<f32>::new(2).product(&events, &pad(&float, n), n, &mut half, f32::float);
            let mut dw = vec![[[0.0; LANES]; 37]; 2];
            for (c, dw) in dw.iter_mut().enumerate() {
                let mut block = [[0.0; LANES]; GROUP];
                for (t, i) in (0..ticks).flat_map(|t| (0..n).map(move |i| (t, i))) {
                    if i / LANES == c {
                        block[t][i % LANES] = g[t * n + i];
                    }
                }
                add_outer(&events, &block, dw);
            }
            for i in 0..n {
                for t in 0..ticks {
                    let expect: i8 = (0..inputs)
                        .filter(|&j| raster[j] >> t & 1 == 1)
                        .map(|j| signs[j * n + i])
                        .sum();
                    assert_eq!(z[t * n + i], f32::from(expect));
                    assert_eq!(half[t * n + i], 0.5 * f32::from(expect));
                }
                for j in 0..inputs {
                    let expect: f32 =
                        (0..ticks).filter(|t| raster[j] >> t & 1 == 1).map(|t| g[t * n + i]).sum();
                    assert_eq!(dw[i / LANES][j][i % LANES], expect);
                }
            }
        }
    }
}
