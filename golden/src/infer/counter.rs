//! Bit-sliced counting: how many of the spiking inputs have weight 1, for 64 targets and eight ticks
//! at once. A word holds one bit of 64 counters; an event's weights are added by full adders made
//! of AND, OR and XOR, so that 16 events cost 15 adders and no byte is touched before the end.

use super::transpose::bytes;
use crate::train::GROUP;
use pulp::Simd;

/// Events counted together; lists of them are padded to a multiple with events without a spike.
pub const STEP: usize = 16;
/// Most events of one call of [`count`]: counters are bytes.
pub const MOST: usize = 15 * STEP;

/// Bit of target `i` (of 64) in a word of weights. In this order [`bytes`] gives counters in order.
pub const fn bit(i: usize) -> usize {
    8 * (i % 8) + i / 8
}

/// All ones in the word of every tick that a pattern has.
static MASKS: [[u64; GROUP]; 256] = {
    let mut out = [[0; GROUP]; 256];
    let mut k = 0;
    while k < 256 * GROUP {
        if (k / GROUP) >> (k % GROUP) & 1 == 1 {
            out[k / GROUP][k % GROUP] = !0;
        }
        k += 1;
    }
    out
};

/// Replaces `out` by the masks of the events' patterns, a word per tick, and returns the number of
/// spikes per tick.
#[inline(always)]
pub fn masks<S: Simd>(simd: S, events: &[u32], out: &mut Vec<[u64; GROUP]>) -> [u64; GROUP] {
    out.resize(events.len(), [0; GROUP]);
    let mut spikes = [0; GROUP];
    let parts = GROUP / S::U64_LANES;
    let (table, _) = S::as_simd_u64s(MASKS.as_flattened());
    for part in 0..parts {
        let (out, _) = S::as_mut_simd_u64s(out.as_flattened_mut());
        let mut sum = simd.splat_u64s(0);
        for (e, out) in events.iter().zip(out.chunks_exact_mut(parts)) {
            let mask = table[(e & 0xff) as usize * parts + part];
            out[part] = mask;
            // All ones are −1.
            sum = simd.sub_u64s(sum, mask);
        }
        S::as_mut_simd_u64s(&mut spikes).0[part] = sum;
    }
    spikes
}

/// Counters of targets `8·k ..` in tick `t`, one per byte of `[k][t]`: how many of the events have
/// the target's bit set in `weights`, a word per index. Ticks from `ticks` on may be left out.
#[inline(always)]
pub fn count<S: Simd>(
    simd: S,
    events: &[u32],
    masks: &[[u64; GROUP]],
    ticks: usize,
    weights: &[u64],
) -> [[u64; GROUP]; 8] {
    let mut out = [[0; GROUP]; 8];
    let parts = GROUP / S::U64_LANES;
    let (masks, _) = S::as_simd_u64s(masks.as_flattened());
    for part in 0..ticks.div_ceil(S::U64_LANES) {
        let mut planes = [simd.splat_u64s(0); 8];
        let steps = events.as_chunks::<STEP>().0.iter().zip(masks.chunks_exact(STEP * parts));
        for (events, masks) in steps {
            let at = |i: usize| {
                let word = simd.splat_u64s(weights[(events[i] >> 8) as usize]);
                simd.and_u64s(word, masks[i * parts + part])
            };
            step(simd, &mut planes, std::array::from_fn(at));
        }
        let (words, _) = S::as_mut_simd_u64s(out.as_flattened_mut());
        for (k, plane) in planes.into_iter().enumerate() {
            words[k * parts + part] = plane;
        }
    }
    bytes(&mut out);
    out
}

/// Adds 16 words to the counters whose bits are `p`.
#[inline(always)]
fn step<S: Simd>(simd: S, p: &mut [S::u64s; 8], x: [S::u64s; STEP]) {
    let a = eight(simd, p, &x[..8]);
    let b = eight(simd, p, &x[8..]);
    let mut carry = full(simd, &mut p[3], a, b);
    for plane in &mut p[4..] {
        let sum = simd.xor_u64s(*plane, carry);
        carry = simd.and_u64s(*plane, carry);
        *plane = sum;
    }
}

/// Adds eight words to the lowest three bits; returns the carries.
#[inline(always)]
fn eight<S: Simd>(simd: S, p: &mut [S::u64s; 8], x: &[S::u64s]) -> S::u64s {
    let a = four(simd, p, &x[..4]);
    let b = four(simd, p, &x[4..]);
    full(simd, &mut p[2], a, b)
}

/// Adds four words to the lowest two bits; returns the carries.
#[inline(always)]
fn four<S: Simd>(simd: S, p: &mut [S::u64s; 8], x: &[S::u64s]) -> S::u64s {
    let a = full(simd, &mut p[0], x[0], x[1]);
    let b = full(simd, &mut p[0], x[2], x[3]);
    full(simd, &mut p[1], a, b)
}

/// `a += b + c` in one bit; returns the carries.
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
    use crate::{rng::Stream, simd::told};
    use pulp::WithSimd;

    #[test]
    fn counters_count() {
        let mut draw = Stream::named(1, "counter").sequence();
        let weights: Vec<u64> = (0..300).map(|_| draw.word()).chain([!0]).collect();
        for (events, all) in [(0, false), (5, false), (MOST, false), (MOST, true)] {
            let one = |_| match all {
                true => 300 << 8 | 0xff,
                false => (draw.below(301) << 8 | draw.below(256)) as u32,
            };
            let list: Vec<u32> = (0..events).map(one).collect();
            let mut padded = list.clone();
            padded.resize(events.next_multiple_of(STEP), 0);
            for ticks in [1, 8] {
                let job = Count { events: &padded, ticks, weights: &weights };
                // Narrower units go through the ticks in parts.
                let mut runs = vec![told(job), job.with_simd(pulp::Scalar)];
                #[cfg(target_arch = "x86_64")]
                runs.extend(
                    pulp::x86::V3::try_new().map(|unit| unit.vectorize(|| job.with_simd(unit))),
                );
                for (t, k) in (0..8).flat_map(|t| (0..runs.len()).map(move |k| (t, k))) {
                    let expect = list.iter().filter(|e| *e >> t & 1 == 1).count();
                    assert_eq!(runs[k].1[t], expect as u64);
                }
                for (i, t) in (0..64).flat_map(|i| (0..ticks).map(move |t| (i, t))) {
                    let hit = |e: &&u32| {
                        weights[(*e >> 8) as usize] >> bit(i) & (*e >> t & 1) as u64 == 1
                    };
                    let expect = list.iter().filter(hit).count();
                    for (counters, _) in &runs {
                        let c = counters[i / 8][t].to_le_bytes()[i % 8];
                        assert_eq!(usize::from(c), expect, "{i} {t}");
                    }
                }
            }
        }
    }

    #[derive(Clone, Copy)]
    struct Count<'a> {
        events: &'a [u32],
        ticks: usize,
        weights: &'a [u64],
    }

    impl WithSimd for Count<'_> {
        type Output = ([[u64; GROUP]; 8], [u64; GROUP]);
        #[inline(always)]
        fn with_simd<S: Simd>(self, simd: S) -> Self::Output {
            let mut out = vec![[7; GROUP]];
            let n = masks(simd, self.events, &mut out);
            (count(simd, self.events, &out, self.ticks, self.weights), n)
        }
    }
}
