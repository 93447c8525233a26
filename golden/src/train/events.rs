//! Products with binary spikes, computed from the spikes that are there. Ticks are handled in
//! groups of four: an input that spikes at all in a group is one event with a 4-bit pattern, its
//! weight row is added once into the sum of its pattern, and each tick adds up the patterns that
//! contain it. With MNIST's activity this is several times less work than a dense product.

/// Ticks of a group.
pub const GROUP: usize = 4;
/// Patterns of a group (pattern 0 is no event).
pub const PATTERNS: usize = 1 << GROUP;

/// Number of groups for `ticks` ticks.
pub fn groups(ticks: usize) -> usize {
    ticks.div_ceil(GROUP)
}

/// An event: input index and pattern in one word, so that events sort by input.
#[inline]
pub fn event(input: usize, pattern: u32) -> u32 {
    (input as u32) << GROUP | pattern
}

/// Input index of an event.
#[inline]
pub fn input(event: u32) -> usize {
    (event >> GROUP) as usize
}

/// Pattern of an event.
#[inline]
pub fn pattern(event: u32) -> usize {
    event as usize % PATTERNS
}

/// Appends the events of group `group` of one sample, given the spikes of every input as a raster
/// (bit `t` for tick `t`), in order of input.
pub fn push_events(raster: impl Iterator<Item = (usize, u32)>, group: usize, out: &mut Vec<u32>) {
    let shift = GROUP * group;
    out.extend(raster.filter_map(|(j, bits)| {
        let pattern = bits >> shift & (PATTERNS as u32 - 1);
        (pattern != 0).then(|| event(j, pattern))
    }));
}

/// Sums of sign rows per pattern; reused from sample to sample.
pub struct PatternSums {
    sums: Vec<i16>,
    neurons: usize,
}

impl PatternSums {
    /// For rows of `neurons` signs.
    pub fn new(neurons: usize) -> Self {
        Self { sums: vec![0; PATTERNS * neurons], neurons }
    }

    /// `z[t][i] = Σ_j s_j[t] · signs[j][i]` for the ticks of one group. `signs` is
    /// `[inputs][neurons]` of ±1, `z` is `[ticks of the group][neurons]`, overwritten. At most
    /// 32,767 inputs, so that `i16` is exact.
    pub fn product(&mut self, events: &[u32], signs: &[i16], z: &mut [i16]) {
        let n = self.neurons;
        let mut used = 0u32;
        for &e in events {
            let (j, p) = (input(e), pattern(e));
            let sum = &mut self.sums[p * n..][..n];
            let row = &signs[j * n..][..n];
            if used >> p & 1 == 0 {
                used |= 1 << p;
                sum.copy_from_slice(row);
            } else {
                sum.iter_mut().zip(row).for_each(|(a, w)| *a += w);
            }
        }
        for (t, z) in z.chunks_exact_mut(n).enumerate() {
            z.fill(0);
            for p in (0..PATTERNS).filter(|p| used >> p & 1 == 1 && p >> t & 1 == 1) {
                z.iter_mut().zip(&self.sums[p * n..][..n]).for_each(|(a, s)| *a += s);
            }
        }
    }
}

/// Row `p` of `table` becomes the sum of `g[t]` over the ticks of pattern `p`, for every pattern
/// that occurs. `g` is `[ticks of the group][neurons]`, `table` is `[PATTERNS][neurons]`.
pub fn pattern_gradients(events: &[u32], g: &[f32], neurons: usize, table: &mut [f32]) {
    let used = events.iter().fold(0u32, |used, &e| used | 1 << pattern(e));
    for p in (0..PATTERNS).filter(|p| used >> p & 1 == 1) {
        let row = &mut table[p * neurons..][..neurons];
        row.fill(0.0);
        for (_, g) in g.chunks_exact(neurons).enumerate().filter(|(t, _)| p >> t & 1 == 1) {
            row.iter_mut().zip(g).for_each(|(a, g)| *a += g);
        }
    }
}

/// Adds one sample's weight gradient: `dw[j][i] += Σ_t s_j[t] · g[t][i]` for the inputs
/// `first .. first + dw.len()/neurons`, from the sample's pattern gradients.
pub fn add_outer(events: &[u32], table: &[f32], first: usize, neurons: usize, dw: &mut [f32]) {
    let rows = dw.len() / neurons;
    let from = events.partition_point(|&e| input(e) < first);
    let to = events.partition_point(|&e| input(e) < first + rows);
    for &e in &events[from..to] {
        let row = &mut dw[(input(e) - first) * neurons..][..neurons];
        let g = &table[pattern(e) * neurons..][..neurons];
        row.iter_mut().zip(g).for_each(|(a, g)| *a += g);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

    #[test]
    fn products_equal_the_dense_ones() {
        let (inputs, n, ticks) = (37, 11, 4);
        let mut s = Stream::named(1, "events").sequence();
        let raster: Vec<u32> = (0..inputs).map(|_| (s.word() & 15) as u32).collect();
        let signs: Vec<i16> = (0..inputs * n).map(|_| 1 - 2 * (s.word() & 1) as i16).collect();
        let g: Vec<f32> = (0..ticks * n).map(|_| s.below(9) as f32).collect();
        let mut events = Vec::new();
        push_events(raster.iter().copied().enumerate(), 0, &mut events);
        let mut z = vec![7; ticks * n];
        let mut sums = PatternSums::new(n);
        sums.product(&events, &signs, &mut z);
        let mut table = vec![9.0; PATTERNS * n];
        pattern_gradients(&events, &g, n, &mut table);
        let mut dw = vec![0.0; inputs * n];
        let (low, high) = dw.split_at_mut(20 * n);
        add_outer(&events, &table, 0, n, low);
        add_outer(&events, &table, 20, n, high);
        for i in 0..n {
            for t in 0..ticks {
                let expect: i16 = (0..inputs)
                    .filter(|&j| raster[j] >> t & 1 == 1)
                    .map(|j| signs[j * n + i])
                    .sum();
                assert_eq!(z[t * n + i], expect);
            }
            for j in 0..inputs {
                let expect: f32 =
                    (0..ticks).filter(|t| raster[j] >> t & 1 == 1).map(|t| g[t * n + i]).sum();
                assert_eq!(dw[j * n + i], expect);
            }
        }
    }
}
