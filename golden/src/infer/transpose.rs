//! Packed input bits, a vector per tick, into events, a pattern per input.

use crate::train::event;
use spikewright_ir::SpikeTrain;

/// Replaces `out` by one event per input that spikes in ticks `start .. start + ticks` (at most
/// eight), in order of input.
#[inline(always)]
pub fn events_of_bits(train: &SpikeTrain, start: usize, ticks: usize, out: &mut Vec<u32>) {
    out.clear();
    for k in 0..train.neurons().div_ceil(64) {
        let mut words = [0u64; 8];
        for (t, word) in words[..ticks].iter_mut().enumerate() {
            *word = train.tick(start + t).words()[k];
        }
        let any = words.iter().fold(0, |any, word| any | word);
        for byte in 0..8 {
            let mut left = any >> (8 * byte) & 0xff;
            if left == 0 {
                continue;
            }
            let mut rows = 0;
            for (t, word) in words.iter().enumerate() {
                rows |= (word >> (8 * byte) & 0xff) << (8 * t);
            }
            let patterns = transpose(rows);
            while left != 0 {
                let b = left.trailing_zeros() as usize;
                let pattern = (patterns >> (8 * b) & 0xff) as u32;
                out.push(event(64 * k + 8 * byte + b, pattern));
                left &= left - 1;
            }
        }
    }
}

/// Bit `c` of byte `r` becomes bit `r` of byte `c`: blocks of 1, 2 and 4 bits change places across
/// the diagonal (Warren, Hacker's Delight, 7-3).
#[inline(always)]
fn transpose(x: u64) -> u64 {
    let swap = |x: u64, shift: u32, mask: u64| {
        let t = (x ^ (x >> shift)) & mask;
        x ^ t ^ (t << shift)
    };
    let x = swap(x, 7, 0x00aa_00aa_00aa_00aa);
    let x = swap(x, 14, 0x0000_cccc_0000_cccc);
    swap(x, 28, 0x0000_0000_f0f0_f0f0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;
    use spikewright_ir::BitVec;

    #[test]
    fn bits_change_places() {
        let x = Stream::named(1, "transpose").word(0);
        let y = transpose(x);
        for (r, c) in (0..8).flat_map(|r| (0..8).map(move |c| (r, c))) {
            assert_eq!(x >> (8 * r + c) & 1, y >> (8 * c + r) & 1, "{r} {c}");
        }
    }

    #[test]
    fn events_are_the_columns() {
        let mut draw = Stream::named(2, "columns").sequence();
        for neurons in [1, 63, 64, 130] {
            let mut bits =
                || BitVec::from_bits((0..neurons).map(|_| draw.below(4) == 0).collect::<Vec<_>>());
            let train = SpikeTrain::from_ticks((0..11).map(|_| bits()).collect(), neurons);
            let mut out = vec![7];
            for (start, ticks) in [(0, 8), (8, 3)] {
                events_of_bits(&train, start, ticks, &mut out);
                let expect: Vec<u32> = (0..neurons)
                    .map(|j| {
                        let bit = |t| u32::from(train.tick(start + t).get(j)) << t;
                        event(j, (0..ticks).map(bit).sum())
                    })
                    .filter(|e| e & 0xff != 0)
                    .collect();
                assert_eq!(out, expect);
            }
        }
    }
}
