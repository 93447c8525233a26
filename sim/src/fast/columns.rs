//! Weight rows of tiles that read the same, side by side: one walk over the events counts for all of them.
//! Counts are bit-sliced: bit `i` of plane `p` is bit `p` of what lane `i` counts. Rows are added eight at
//! a time with carry-save adders, some five vector operations a row, whatever the vector's width.

use crate::cycle::Memory;
use pulp::Simd;

/// Words of a row are a multiple of this, which is one of the words of any vector.
const ALIGN: usize = 8;
/// Rows added at a time.
const BLOCK: usize = 8;
/// Planes of a count.
const PLANES: usize = u16::BITS as usize;
/// Most events of a pass.
pub const MAX_EVENTS: usize = (1 << PLANES) - 1;

/// The rows.
pub struct Columns {
    /// `row · width + word`
    bits: Vec<u64>,
    /// Words of a row that are used, and with those that fill it up.
    used: usize,
    width: usize,
}

impl Columns {
    /// Words that the rows take: `extent` rows for each of `tiles` tiles.
    pub fn size(tiles: usize, extent: usize, memory: &Memory) -> usize {
        extent * (tiles * memory.row_words).next_multiple_of(ALIGN)
    }

    /// `extent` rows from each of `firsts` on, a tile's words behind those of the one before.
    pub fn new(firsts: &[u32], extent: usize, memory: &Memory) -> Self {
        let used = firsts.len() * memory.row_words;
        let width = used.next_multiple_of(ALIGN);
        let mut bits = vec![0; extent * width];
        for (row, words) in bits.chunks_exact_mut(width).enumerate() {
            for (words, &first) in words.chunks_exact_mut(memory.row_words).zip(firsts) {
                words.copy_from_slice(memory.weight_row(first as usize + row));
            }
        }
        Self { bits, used, width }
    }

    /// Adds rows into `sums`: plane after plane, [`Self::width`] words in each. Returns how many planes.
    #[inline(always)]
    #[allow(clippy::needless_range_loop)] // zipped iterators are not always inlined
    pub fn add<S: Simd>(&self, simd: S, rows: &[u32], sums: &mut Vec<u64>) -> usize {
        let Self { bits, used, width } = self;
        let planes = (usize::BITS - rows.len().leading_zeros()) as usize;
        sums.resize(planes * width, 0);
        let (blocks, rest) = rows.as_chunks::<BLOCK>();
        let zero = simd.splat_u64s(0);
        for word in (0..*used).step_by(S::U64_LANES) {
            let load = |row: u32| {
                let at = row as usize * width + word;
                S::as_simd_u64s(&bits[at..at + S::U64_LANES]).0[0]
            };
            let mut sum = [zero; PLANES];
            // Not `map`: a closure in there is not always inlined, and then has no vectors.
            let mut r = [zero; BLOCK];
            for block in blocks {
                for k in 0..BLOCK {
                    r[k] = load(block[k]);
                }
                add_block(simd, &mut sum, planes, &r);
            }
            if !rest.is_empty() {
                r = [zero; BLOCK];
                for k in 0..rest.len() {
                    r[k] = load(rest[k]);
                }
                add_block(simd, &mut sum, planes, &r);
            }
            for (p, &plane) in sum[..planes].iter().enumerate() {
                let at = p * width + word;
                S::as_mut_simd_u64s(&mut sums[at..at + S::U64_LANES]).0[0] = plane;
            }
        }
        planes
    }

    /// Words of a row, and of a plane of sums.
    pub fn width(&self) -> usize {
        self.width
    }
}

/// Adds eight rows to a sum of `planes` planes, which do not overflow.
#[inline(always)]
fn add_block<S: Simd>(simd: S, sum: &mut [S::u64s; PLANES], planes: usize, r: &[S::u64s; BLOCK]) {
    let [ones, twos, fours, ..] = sum;
    let twos_a = full(simd, ones, r[0], r[1]);
    let twos_b = full(simd, ones, r[2], r[3]);
    let fours_a = full(simd, twos, twos_a, twos_b);
    let twos_a = full(simd, ones, r[4], r[5]);
    let twos_b = full(simd, ones, r[6], r[7]);
    let fours_b = full(simd, twos, twos_a, twos_b);
    let mut carry = full(simd, fours, fours_a, fours_b);
    for plane in &mut sum[3..planes.max(3)] {
        let next = simd.and_u64s(*plane, carry);
        *plane = simd.xor_u64s(*plane, carry);
        carry = next;
    }
}

/// Full adder of each lane: the sum stays in `a`, the carry is returned.
#[inline(always)]
fn full<S: Simd>(simd: S, a: &mut S::u64s, b: S::u64s, c: S::u64s) -> S::u64s {
    let either = simd.xor_u64s(*a, b);
    let carry = simd.or_u64s(simd.and_u64s(*a, b), simd.and_u64s(either, c));
    *a = simd.xor_u64s(either, c);
    carry
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulp::{Arch, WithSimd};

    struct Add<'a>(&'a Columns, &'a [u32], &'a mut Vec<u64>);

    impl WithSimd for Add<'_> {
        type Output = usize;

        fn with_simd<S: Simd>(self, simd: S) -> usize {
            self.0.add(simd, self.1, self.2)
        }
    }

    /// Rows drawn with repetitions, from none to more than a counter of eight bits holds.
    #[test]
    fn counts_are_those_of_a_counter_per_lane() {
        let mut dice = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            dice ^= dice << 13;
            dice ^= dice >> 7;
            dice ^= dice << 17;
            dice
        };
        for (used, width) in [(1, 8), (4, 8), (11, 16)] {
            let bits: Vec<u64> = (0..100 * width).map(|_| next()).collect();
            let columns = Columns { bits, used, width };
            for events in [0, 1, 7, 8, 9, 63, 64, 255, 256, 1000] {
                let rows: Vec<u32> = (0..events).map(|_| (next() % 100) as u32).collect();
                let mut sums = Vec::new();
                let planes = Arch::new().dispatch(Add(&columns, &rows, &mut sums));
                for lane in 0..64 * used {
                    let bit = |word: u64| word >> (lane % 64) & 1;
                    let on = |&row: &u32| bit(columns.bits[row as usize * width + lane / 64]);
                    let sum: u64 = (0..planes).map(|p| bit(sums[p * width + lane / 64]) << p).sum();
                    assert_eq!(
                        sum,
                        rows.iter().map(on).sum::<u64>(),
                        "{events} events, lane {lane}"
                    );
                }
            }
        }
    }
}
