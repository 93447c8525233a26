//! Named random streams. A value depends only on (seed, name, indices), never on how many threads
//! run or in which order: word `k` of a stream is the `k`-th output of SplitMix64 (Steele, Lea and
//! Flood, OOPSLA 2014) started at the stream's key, computed directly from `k`.

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's output function.
#[inline]
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of random words, addressable by index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Stream {
    key: u64,
}

impl Stream {
    /// The stream called `name` under `seed`.
    pub fn named(seed: u64, name: &str) -> Self {
        // FNV-1a of the name, mixed with the seed: distinct names give unrelated keys.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
            (h ^ u64::from(b)).wrapping_mul(0x100_0000_01b3)
        });
        Self { key: mix(mix(seed.wrapping_add(GOLDEN)) ^ hash) }
    }

    /// The sub-stream of one epoch, sample or layer.
    pub fn child(self, index: u64) -> Self {
        Self { key: mix(self.key ^ mix(index.wrapping_add(GOLDEN))) }
    }

    /// Word `k`, uniform over all 64-bit values.
    #[inline]
    pub fn word(self, k: u64) -> u64 {
        mix(self.key.wrapping_add((k.wrapping_add(1)).wrapping_mul(GOLDEN)))
    }

    /// The words one after the other.
    pub fn sequence(self) -> Sequence {
        Sequence { stream: self, next: 0 }
    }
}

/// A cursor over a stream.
#[derive(Clone, Debug)]
pub struct Sequence {
    stream: Stream,
    next: u64,
}

impl Sequence {
    /// The next word.
    pub fn word(&mut self) -> u64 {
        let word = self.stream.word(self.next);
        self.next += 1;
        word
    }

    /// Uniform in 0..`n`, `n` at least 1; the bias is below n/2^64.
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.word()) * u128::from(n)) >> 64) as u64
    }

    /// Uniform in [0, 1), 53 bits.
    pub fn unit(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Standard normal, by Box and Muller's cosine branch.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.unit()).cos()
    }

    /// A random order of `items` (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            items.swap(last, self.below(last as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_splitmix64() {
        // Published first outputs of SplitMix64 with state 0.
        let words = [0, 1, 2].map(|k| Stream { key: 0 }.word(k));
        assert_eq!(words, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
    }

    #[test]
    fn named_streams_are_pinned() {
        let s = Stream::named(7, "encode");
        let got = [s.word(0), s.child(3).word(0), Stream::named(7, "weights").word(0)];
        assert_eq!(got, PINNED);
        let mut items: Vec<u8> = (0..8).collect();
        s.sequence().shuffle(&mut items);
        assert_eq!(items, SHUFFLED);
    }

    // Change these only together with a major version: models name their seed.
    const PINNED: [u64; 3] =
        [702_762_818_501_180_476, 9_157_646_091_442_066_443, 14_030_788_762_941_234_079];
    const SHUFFLED: [u8; 8] = [5, 4, 7, 3, 6, 1, 2, 0];

    #[test]
    fn moments_are_right() {
        let mut s = Stream::named(1, "moments").sequence();
        let draws: Vec<f64> = (0..20_000).map(|_| s.normal()).collect();
        let mean = draws.iter().sum::<f64>() / 20_000.0;
        let var = draws.iter().map(|d| (d - mean).powi(2)).sum::<f64>() / 20_000.0;
        assert!(mean.abs() < 0.03 && (var - 1.0).abs() < 0.05, "{mean} {var}");
        let mut counts = [0; 5];
        (0..10_000).for_each(|_| counts[s.below(5) as usize] += 1);
        assert!(counts.iter().all(|c| (1_800..2_200).contains(c)), "{counts:?}");
    }
}
