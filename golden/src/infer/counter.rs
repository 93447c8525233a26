//! Bit-sliced counting: how many of the spiking inputs have weight 1, for 64 targets and four ticks
//! at once. A word holds one bit of 64 counters; an event's weights are added by full adders made
//! of AND, OR and XOR, so that 16 events cost 15 adders and no byte is touched before the end.

/// Ticks counted together.
pub const LANES: usize = 4;
/// Events counted together; lists of them are padded to a multiple with events without a spike.
pub const STEP: usize = 16;
/// Most events of one call of [`count`]: counters are bytes.
pub const MOST: usize = 15 * STEP;

/// One bit of 64 counters per tick.
type Lanes = [u64; LANES];

/// Bit of target `i` (of 64) in a word of weights. In this order [`bytes`] gives counters in order.
pub const fn bit(i: usize) -> usize {
    8 * (i % 8) + i / 8
}

/// `out[k][t]` gets the counters of targets `8·k ..` of tick `first + t`, one per byte. An event is
/// `index << 8 | pattern`; `weights` has a word per index.
#[inline(always)]
pub fn count(events: &[[u32; STEP]], first: usize, weights: &[u64]) -> [Lanes; 8] {
    let mut planes = [[0; LANES]; 8];
    for events in events {
        let at = |i: usize| {
            let word = weights[(events[i] >> 8) as usize];
            let pattern = events[i] >> first;
            std::array::from_fn(|t| if pattern >> t & 1 == 1 { word } else { 0 })
        };
        let mut eights = [[0; LANES]; 2];
        for (h, eight) in eights.iter_mut().enumerate() {
            let mut fours = [[0; LANES]; 2];
            for (q, four) in fours.iter_mut().enumerate() {
                let i = 8 * h + 4 * q;
                let a = full(&mut planes[0], at(i), at(i + 1));
                let b = full(&mut planes[0], at(i + 2), at(i + 3));
                *four = full(&mut planes[1], a, b);
            }
            *eight = full(&mut planes[2], fours[0], fours[1]);
        }
        let mut carry = full(&mut planes[3], eights[0], eights[1]);
        for plane in &mut planes[4..] {
            carry = half(plane, carry);
        }
    }
    bytes(&mut planes);
    planes
}

/// `a += b + c` in one bit; returns the carries.
#[inline(always)]
fn full(a: &mut Lanes, b: Lanes, c: Lanes) -> Lanes {
    let old = *a;
    let either: Lanes = std::array::from_fn(|t| old[t] ^ b[t]);
    *a = std::array::from_fn(|t| either[t] ^ c[t]);
    std::array::from_fn(|t| (old[t] & b[t]) | (either[t] & c[t]))
}

/// `a += b` in one bit; returns the carries.
#[inline(always)]
fn half(a: &mut Lanes, b: Lanes) -> Lanes {
    let old = *a;
    *a = std::array::from_fn(|t| old[t] ^ b[t]);
    std::array::from_fn(|t| old[t] & b[t])
}

/// Bit `8·y + x` of plane `p` becomes bit `8·y + p` of plane `x`: every byte is then a counter
/// (blocks of 4, 2 and 1 bits change places, as in Warren, Hacker's Delight, 7-3).
#[inline(always)]
fn bytes(planes: &mut [Lanes; 8]) {
    swap(planes, 4, 0x0f0f_0f0f_0f0f_0f0f);
    swap(planes, 2, 0x3333_3333_3333_3333);
    swap(planes, 1, 0x5555_5555_5555_5555);
}

#[inline(always)]
fn swap(planes: &mut [Lanes; 8], distance: usize, mask: u64) {
    for p in 0..8 {
        if p & distance != 0 {
            continue;
        }
        let (a, b) = (planes[p], planes[p + distance]);
        let differ: Lanes = std::array::from_fn(|t| (a[t] >> distance ^ b[t]) & mask);
        planes[p] = std::array::from_fn(|t| a[t] ^ differ[t] << distance);
        planes[p + distance] = std::array::from_fn(|t| b[t] ^ differ[t]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::Stream;

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
            for first in [0, 4] {
                let got = count(padded.as_chunks().0, first, &weights);
                for (i, t) in (0..64).flat_map(|i| (0..LANES).map(move |t| (i, t))) {
                    let hit = |e: &&u32| {
                        weights[(*e >> 8) as usize] >> bit(i) & (*e >> (first + t) & 1) as u64 == 1
                    };
                    let expect = list.iter().filter(hit).count();
                    assert_eq!(got[i / 8][t].to_le_bytes()[i % 8] as usize, expect, "{i} {t}");
                }
            }
        }
    }
}
