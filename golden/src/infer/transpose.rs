//! Transposition of bits: packed input, a vector per tick, into events, a pattern per input; and
//! planes of counters into bytes.

use crate::train::{GROUP, event};
use spikewright_ir::SpikeTrain;

/// Words handled together.
const LANES: usize = 4;

/// Writes one event per input that spikes in ticks `start .. start + ticks` (at most eight) to
/// `out`, in order of input, and returns how many. There is room for every input.
#[inline(always)]
pub fn events_of_bits(train: &SpikeTrain, start: usize, ticks: usize, out: &mut [u32]) -> usize {
    let mut count = 0;
    for k in (0..train.neurons().div_ceil(64)).step_by(LANES) {
        let mut planes = [[0; LANES]; GROUP];
        for (t, plane) in planes[..ticks].iter_mut().enumerate() {
            let words = &train.tick(start + t).words()[k..];
            match words.first_chunk() {
                Some(words) => *plane = *words,
                None => plane[..words.len()].copy_from_slice(words),
            }
        }
        let mut any = [0; LANES];
        for plane in &planes {
            any = std::array::from_fn(|l| any[l] | plane[l]);
        }
        bytes(&mut planes);
        for (l, mut left) in any.into_iter().enumerate() {
            let patterns: [[u8; 8]; 8] = std::array::from_fn(|p| planes[p][l].to_le_bytes());
            while left != 0 {
                let b = left.trailing_zeros() as usize;
                let pattern = patterns[b % 8][b / 8 % 8];
                out[count] = event(64 * (k + l) + b, pattern.into());
                count += 1;
                left &= left - 1;
            }
        }
    }
    count
}

/// Bit `8·y + x` of plane `p` becomes bit `8·y + p` of plane `x`: byte `y` of plane `x` then has a
/// bit of every plane. Blocks of 4, 2 and 1 bits change places across the diagonal (Warren,
/// Hacker's Delight, 7-3).
#[inline(always)]
pub fn bytes<const N: usize>(planes: &mut [[u64; N]; 8]) {
    swap(planes, 4, 0x0f0f_0f0f_0f0f_0f0f);
    swap(planes, 2, 0x3333_3333_3333_3333);
    swap(planes, 1, 0x5555_5555_5555_5555);
}

#[inline(always)]
fn swap<const N: usize>(planes: &mut [[u64; N]; 8], distance: usize, mask: u64) {
    for pair in planes.chunks_exact_mut(2 * distance) {
        let (a, b) = pair.split_at_mut(distance);
        for (a, b) in a.as_flattened_mut().iter_mut().zip(b.as_flattened_mut()) {
            let differ = (*a >> distance ^ *b) & mask;
            *a ^= differ << distance;
            *b ^= differ;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use spikewright_ir::BitVec;

    #[test]
    fn bits_change_places() {
        let stream = Stream::named(1, "transpose");
        let before: [[u64; LANES]; 8] =
            std::array::from_fn(|p| std::array::from_fn(|l| stream.word((8 * p + l) as u64)));
        let mut after = before;
        bytes(&mut after);
        for (p, l, i) in
            (0..8).flat_map(|p| (0..LANES).flat_map(move |l| (0..64).map(move |i| (p, l, i))))
        {
            assert_eq!(
                before[p][l] >> i & 1,
                after[i % 8][l] >> (i - i % 8 + p) & 1,
                "{p} {l} {i}"
            );
        }
    }

    #[test]
    fn events_are_the_columns() {
        let mut draw = Stream::named(2, "columns").sequence();
        for neurons in [1, 63, 64, 130, 600] {
            let mut bits =
                || BitVec::from_bits((0..neurons).map(|_| draw.below(4) == 0).collect::<Vec<_>>());
            let train = SpikeTrain::from_ticks((0..11).map(|_| bits()).collect(), neurons);
            let mut out = vec![7; neurons];
            for (start, ticks) in [(0, 8), (8, 3)] {
                let count = events_of_bits(&train, start, ticks, &mut out);
                let expect: Vec<u32> = (0..neurons)
                    .map(|j| {
                        let bit = |t| u32::from(train.tick(start + t).get(j)) << t;
                        event(j, (0..ticks).map(bit).sum())
                    })
                    .filter(|e| e & 0xff != 0)
                    .collect();
                assert_eq!(out[..count], expect);
            }
        }
    }
}
