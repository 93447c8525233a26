//! Sums of weights over spiking inputs. An event's weight row is added once into the sum of the low
//! half of its pattern and once into that of the high half; each tick then adds up the half patterns
//! that contain it. With MNIST's activity this is several times less work than a dense product.

use super::{
    events::{HALF, PATTERNS, halves, input},
    lanes::{Buffer, LANES, Row, buffer},
};

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

/// Sums of weight rows per half pattern, for one window and one group of ticks at a time.
#[derive(Clone, Debug)]
pub struct PatternSums<W: Weight> {
    /// `[half][pattern][row]`
    sums: Buffer<Row<W::Sum>>,
    /// Rows of lanes that hold one weight row.
    width: usize,
    /// Ticks of the group under way.
    ticks: usize,
}

impl<W: Weight> PatternSums<W> {
    /// For weight rows of `width` rows of lanes.
    pub fn new(width: usize) -> Self {
        Self { sums: buffer([W::Sum::default(); LANES], 2 * PATTERNS * width), width, ticks: 0 }
    }

    /// Begins a window over a group of `ticks` ticks (1 to 8).
    #[inline(always)]
    pub fn clear(&mut self, ticks: usize) {
        self.ticks = ticks;
        let zero = [W::Sum::default(); LANES];
        let (low, high) = self.sums.split_at_mut(PATTERNS * self.width);
        low[..(1 << ticks.min(HALF)) * self.width].fill(zero);
        if ticks > HALF {
            high[..(1 << (ticks - HALF)) * self.width].fill(zero);
        }
    }

    /// Adds the rows of events.
    #[inline(always)]
    pub fn add(&mut self, events: &[u32], weights: &[Row<W>]) {
        let width = self.width;
        let (low, high) = self.sums.split_at_mut(PATTERNS * width);
        for &e in events {
            let (a, b) = halves(e);
            let row = &weights[input(e) * width..][..width];
            // Pattern 0 collects what nobody reads.
            W::add_rows(&mut low[a * width..][..width], row);
            if self.ticks > HALF {
                W::add_rows(&mut high[b * width..][..width], row);
            }
        }
    }

    /// Hands the sums of every tick and row of lanes to `take(tick, row, sums)`.
    #[inline(always)]
    pub fn read(&self, mut take: impl FnMut(usize, usize, &Row<W::Sum>)) {
        for first in (0..self.ticks).step_by(HALF) {
            // Constant lengths unroll.
            match self.ticks - first {
                1 => self.read_half::<1>(first, &mut take),
                2 => self.read_half::<2>(first, &mut take),
                3 => self.read_half::<3>(first, &mut take),
                _ => self.read_half::<HALF>(first, &mut take),
            }
        }
    }

    #[inline(always)]
    fn read_half<const TICKS: usize>(
        &self,
        first: usize,
        take: &mut impl FnMut(usize, usize, &Row<W::Sum>),
    ) {
        let width = self.width;
        let table = &self.sums[first / HALF * PATTERNS * width..][..(1 << TICKS) * width];
        for c in 0..width {
            for t in 0..TICKS {
                let mut sum = [W::Sum::default(); LANES];
                for p in 1..1 << TICKS {
                    if p >> t & 1 == 1 {
                        W::add(&mut sum, &table[p * width + c]);
                    }
                }
                take(first + t, c, &sum);
            }
        }
    }
}

/// Most inputs of a small window: sums of as many signs fit bytes.
pub const SMALL: usize = i8::MAX as usize;

/// Lanes of half a group of ticks.
type HalfGroup = [Row<i8>; HALF];

/// `MASKS[p]`: all ones where half pattern `p` has a spike, `[tick][lane]`.
static MASKS: Masks = Masks::new();

/// No mask lies across two lines of the cache.
#[repr(align(64))]
struct Masks([HalfGroup; PATTERNS]);

impl Masks {
    const fn new() -> Self {
        let mut masks = [[[0; LANES]; HALF]; PATTERNS];
        let mut i = 0;
        while i < PATTERNS * HALF * LANES {
            let (pattern, lane) = (i / (HALF * LANES), i % (HALF * LANES));
            masks[pattern][lane / LANES][lane % LANES] = -((pattern >> (lane / LANES) & 1) as i8);
            i += 1;
        }
        Self(masks)
    }
}

/// Sums of signs over the events of a window of at most [`SMALL`] inputs, `[half][tick][lane]`, for
/// row `row` of the `width` rows of lanes of a weight row. Few events are added to every tick at
/// once sooner than patterns are cleared and read.
#[inline(always)]
pub fn small_window(events: &[u32], signs: &[Row<i8>], width: usize, row: usize) -> [HalfGroup; 2] {
    let mut low = [[0i8; LANES]; HALF];
    let mut high = low;
    for &e in events {
        let (a, b) = halves(e);
        let signs = &signs[input(e) * width + row];
        let (a, b) = (&MASKS.0[a], &MASKS.0[b]);
        for t in 0..HALF {
            for k in 0..LANES {
                low[t][k] = low[t][k].wrapping_add(signs[k] & a[t][k]);
                high[t][k] = high[t][k].wrapping_add(signs[k] & b[t][k]);
            }
        }
    }
    [low, high]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        rng::Stream,
        train::{
            events::{event, push_events},
            lanes::{pad, width},
        },
    };

    #[test]
    fn sums_equal_the_dense_products() {
        let (inputs, n) = (37, 41);
        for ticks in 1..=8 {
            let mut s = Stream::named(1, "events").child(ticks as u64).sequence();
            let raster: Vec<u32> = (0..inputs).map(|_| s.below(1 << ticks) as u32).collect();
            let signs: Vec<i8> = (0..inputs * n).map(|_| 1 - 2 * (s.word() & 1) as i8).collect();
            let float: Vec<f32> = signs.iter().map(|s| 0.5 * f32::from(*s)).collect();
            let mut events = vec![99; 3];
            push_events(raster.iter().copied().enumerate(), 0, &mut events);
            let below: Vec<u32> = events.iter().map(|e| e + event(2, 0)).collect();
            let mut z = vec![0.0; ticks * n];
            // The rows stand two further up, and the sums twice in one buffer.
            let mut signs_below = vec![0i8; 2 * n];
            signs_below.extend(&signs);
            let mut sums = PatternSums::<i8>::new(width(n));
            for _ in 0..2 {
                sums.clear(ticks);
                sums.add(&below, &pad(&signs_below, n));
                sums.read(|t, c, row| {
                    for (z, s) in z[t * n + c * LANES..].iter_mut().zip(row).take(n - c * LANES) {
                        *z = i8::float(*s);
                    }
                });
            }
            let mut half = PatternSums::<f32>::new(width(n));
            half.clear(ticks);
            half.add(&events, &pad(&float, n));
            let mut seen = 0;
            half.read(|t, c, row| {
                seen += 1;
                let small = small_window(&events, &pad(&signs, n), width(n), c);
                let small = small.as_flattened()[t];
                for (k, (i, s)) in (c * LANES..n).zip(row).enumerate() {
                    assert_eq!(f32::from(small[k]), 2.0 * s);
                    let spiking = (0..inputs).filter(|&j| raster[j] >> t & 1 == 1);
                    let expect: i8 = spiking.map(|j| signs[j * n + i]).sum();
                    assert_eq!((z[t * n + i], *s), (f32::from(expect), 0.5 * f32::from(expect)));
                }
            });
            assert_eq!(seen, ticks * width(n));
        }
    }
}
