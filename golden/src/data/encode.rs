//! Encoders: gray images to spikes. `Level` and `Step` are deterministic: tick `t` shows the pixels
//! above the `t`-th threshold. `Rate` draws every pixel of every tick with probability value/255 from a
//! named stream, so that any tick of any sample can be drawn by itself.

use crate::rng::Stream;
use serde::{Deserialize, Serialize};
use spikewright_ir::{BitVec, InputTrain, SpikeTrain};

/// Most ticks an encoder produces: a pixel's spikes are handled as the bits of one `u32`.
pub const MAX_TICKS: usize = 32;

/// How a gray value becomes spikes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Encoding {
    /// Spike in tick `t` when the value is above `(2t + 1)·128/T`: 32, 96, 160, 224 for T = 4.
    Level,
    /// Spike in tick `t` when the value is above `(t + 1)·m/T`, rounded down: 63, 126, 189, 252 for
    /// m = 252 and T = 4. Fewer spikes than `Level`, which has half a step below the first level.
    Above(u8),
    /// Spike in each tick with probability value/255 (Bernoulli).
    Rate,
    /// The upper `m` bits of the value (1 to 8) as an unsigned number, the same in every tick: an
    /// input of `m` planes.
    Value(u8),
}

/// An encoder for samples of `ticks` ticks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Encoder {
    /// The code.
    pub encoding: Encoding,
    /// Ticks `T`, 1 to 32.
    pub ticks: usize,
    /// Seed of the `Rate` code; without effect on `Level`.
    pub seed: u64,
}

impl Encoder {
    /// Planes `m` of the inputs it makes; 1 for binary spikes.
    pub fn planes(&self) -> usize {
        match self.encoding {
            Encoding::Level | Encoding::Above(_) | Encoding::Rate => 1,
            Encoding::Value(planes) => usize::from(planes),
        }
    }

    /// The spikes of one pixel in one plane, bit `t` for tick `t`. `stream` belongs to the sample,
    /// `pixel` is the index in the image.
    #[inline(always)]
    pub fn raster(&self, value: u8, pixel: usize, stream: Stream, plane: usize) -> u32 {
        match self.encoding {
            Encoding::Value(planes) => {
                let bit = u32::from(value) >> (8 - usize::from(planes) + plane) & 1;
                bit * (u32::MAX >> (MAX_TICKS - self.ticks))
            }
            Encoding::Level => self.spikes_above(value, |t| (2 * t + 1) * 128 / self.ticks),
            Encoding::Above(most) => {
                self.spikes_above(value, |t| (t + 1) * usize::from(most) / self.ticks)
            }
            Encoding::Rate => {
                let draw = |group| bernoulli(value, stream, pixel * MAX_TICKS / 8 + group);
                let all = (0..self.ticks.div_ceil(8)).map(|g| draw(g) << (8 * g)).sum::<u32>();
                all & (u32::MAX >> (MAX_TICKS - self.ticks))
            }
        }
    }

    /// A spike in each tick whose level is below the value.
    #[inline(always)]
    fn spikes_above(&self, value: u8, level: impl Fn(usize) -> usize) -> u32 {
        (0..self.ticks).map(|t| u32::from(usize::from(value) > level(t)) << t).sum()
    }

    /// A gray value's spikes depend on nothing else.
    pub fn is_fixed(&self) -> bool {
        matches!(self.encoding, Encoding::Level | Encoding::Above(_))
    }

    /// The stream of one sample. Numbers tell samples apart: the position in the data set, or in
    /// training a number that also depends on the epoch.
    pub fn sample_stream(&self, sample: u64) -> Stream {
        Stream::named(self.seed, "encode").child(sample)
    }

    /// The pixels that spike in tick `t` of a sample, in plane 0.
    pub fn encode_tick(&self, pixels: &[u8], sample: u64, t: usize) -> BitVec {
        let stream = self.sample_stream(sample);
        let spike = |(j, &v): (usize, &u8)| self.raster(v, j, stream, 0) >> t & 1 == 1;
        BitVec::from_bits(pixels.iter().enumerate().map(spike))
    }

    /// A whole sample.
    pub fn encode(&self, pixels: &[u8], sample: u64) -> InputTrain {
        let stream = self.sample_stream(sample);
        let plane = |plane| {
            let raster = |(j, &v): (usize, &u8)| self.raster(v, j, stream, plane);
            let rasters: Vec<u32> = pixels.iter().enumerate().map(raster).collect();
            spike_train(&rasters, self.ticks)
        };
        InputTrain { planes: (0..self.planes()).map(plane).collect() }
    }
}

/// Spikes given as one word per input neuron, bit `t` for tick `t`, as a train of `ticks` ticks.
pub(super) fn spike_train(rasters: &[u32], ticks: usize) -> SpikeTrain {
    let tick = |t| BitVec::from_bits(rasters.iter().map(|r| r >> t & 1 == 1));
    SpikeTrain::from_ticks((0..ticks).map(tick).collect(), rasters.len())
}

/// Draws that may fall on a pixel's value before the last one decides: an error of 2^−64.
const ATTEMPTS: u64 = 8;

/// Eight ticks of one pixel (bit `t` for tick `t`), each a spike with probability value/255.
///
/// In base 256, value/255 is the repeating fraction 0.vvv…: a uniform fraction lies below it when
/// its first digit that differs from v is smaller. One random word gives the first digit of all
/// eight ticks; a further one is drawn only when a digit equals v, in one tick of 256. `number`
/// tells the pixels and groups of ticks of a sample apart.
#[inline(always)]
fn bernoulli(value: u8, stream: Stream, number: usize) -> u32 {
    if value == u8::MAX {
        return 0xff;
    }
    let v = u64::from(value) * LOW;
    let mut digits = stream.word(number as u64 * ATTEMPTS);
    let mut spikes = less(digits, v);
    let mut equal = equal(digits, v);
    let mut attempt = 1;
    while equal != 0 && attempt < ATTEMPTS {
        digits = stream.word(number as u64 * ATTEMPTS + attempt);
        spikes |= less(digits, v) & equal;
        equal &= self::equal(digits, v);
        attempt += 1;
    }
    // The product moves the top bit of byte t to bit 56 + t.
    ((spikes >> 7).wrapping_mul(0x0102_0408_1020_4080) >> 56) as u32
}

/// The lowest bit of every byte.
const LOW: u64 = 0x0101_0101_0101_0101;
/// The highest bit of every byte.
const HIGH: u64 = 0x80 * LOW;

/// The highest bit of every byte of `a` that is below that of `b`, unsigned.
#[inline(always)]
fn less(a: u64, b: u64) -> u64 {
    // Without the top bits no byte borrows from the next; then the top bits decide, or the rest.
    let rest = !((a | HIGH) - (b & !HIGH));
    ((!a & b) | (!(a ^ b) & rest)) & HIGH
}

/// The highest bit of every byte of `a` that equals that of `b`.
#[inline(always)]
fn equal(a: u64, b: u64) -> u64 {
    let x = a ^ b;
    !(((x & !HIGH) + !HIGH) | x) & HIGH
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn level_thresholds_are_even_and_strict() {
        let level = |ticks, value| {
            Encoder { encoding: Encoding::Level, ticks, seed: 0 }.raster(
                value,
                0,
                Stream::named(0, ""),
                0,
            )
        };
        let rasters = [0, 32, 33, 96, 97, 160, 161, 224, 225, 255].map(|v| level(4, v));
        assert_eq!(rasters, [0, 0, 1, 1, 3, 3, 7, 7, 15, 15]);
        assert_eq!([64, 65, 192, 193].map(|v| level(2, v)), [0, 1, 1, 3]);
        assert_eq!(level(1, 129), 1);
    }

    #[test]
    fn levels_above_the_last_are_silent() {
        let encoder = Encoder { encoding: Encoding::Above(252), ticks: 4, seed: 0 };
        assert_eq!((encoder.planes(), encoder.is_fixed()), (1, true));
        let raster = |value| encoder.raster(value, 0, Stream::named(0, ""), 0);
        let rasters = [0, 63, 64, 126, 127, 189, 190, 252, 253, 255].map(raster);
        assert_eq!(rasters, [0, 0, 1, 1, 3, 3, 7, 7, 15, 15]);
    }

    #[test]
    fn values_are_their_upper_bits_in_every_tick() {
        let encoder = Encoder { encoding: Encoding::Value(3), ticks: 2, seed: 0 };
        assert_eq!(encoder.planes(), 3);
        // 0b101xxxxx: planes 0 and 2.
        let train = encoder.encode(&[0b1011_1111, 31], 0);
        let bits = |q: usize| [0, 1].map(|t| train.planes[q].tick(t).get(0));
        assert_eq!([bits(0), bits(1), bits(2)], [[true; 2], [false; 2], [true; 2]]);
        assert_eq!(train.planes.iter().map(|p| p.count()).sum::<usize>(), 4);
    }

    #[test]
    fn rate_has_the_right_mean_and_any_tick_is_drawn_alone() {
        let encoder = Encoder { encoding: Encoding::Rate, ticks: 8, seed: 3 };
        for value in [0u8, 51, 204, 255] {
            let pixels = vec![value; 4096];
            let train = encoder.encode(&pixels, 5);
            let mean = train.planes[0].count() as f64 / (8.0 * 4096.0);
            assert!((mean - f64::from(value) / 255.0).abs() < 0.01, "{value}: {mean}");
            assert_eq!(&encoder.encode_tick(&pixels, 5, 6), train.planes[0].tick(6));
            assert_eq!(value % 255 == 0, train == encoder.encode(&pixels, 6));
            let raster = encoder.raster(value, 17, encoder.sample_stream(5), 0);
            let bits = (0..8).map(|t| u32::from(train.planes[0].tick(t).get(17)) << t);
            assert_eq!(raster, bits.sum::<u32>());
        }
    }

    #[test]
    fn bytes_compare_as_bytes() {
        let bytes = |x: u64| x.to_le_bytes();
        let mut draw = Stream::named(2, "bytes").sequence();
        for _ in 0..2_000 {
            let (a, mut b) = (draw.word(), draw.word());
            // Some bytes equal, some close.
            b = (a & draw.word() & draw.word()) | (b & !draw.word());
            for (t, (x, y)) in bytes(a).into_iter().zip(bytes(b)).enumerate() {
                let bit = |word: u64| word >> (8 * t) & 0xff;
                assert_eq!(bit(less(a, b)), if x < y { 0x80 } else { 0 }, "{x} {y}");
                assert_eq!(bit(equal(a, b)), if x == y { 0x80 } else { 0 }, "{x} {y}");
            }
        }
    }

    /// The chance of every value over all first digits: v of 256 are below, one is drawn again.
    #[test]
    fn bernoulli_decides_by_the_first_digit_that_differs() {
        let stream = Stream::named(4, "draws");
        for number in 0..300 {
            for value in [0u8, 1, 77, 128, 254, 255] {
                let got = bernoulli(value, stream, number);
                for t in 0..8 {
                    let digit = |k: u64| (stream.word(8 * number as u64 + k) >> (8 * t)) as u8;
                    let first = (0..8).map(digit).find(|d| *d != value);
                    let spike = value == 255 || first.is_some_and(|d| d < value);
                    assert_eq!(got >> t & 1 == 1, spike, "{value} {number} {t}");
                }
            }
        }
    }

    #[test]
    fn rate_draws_are_pinned() {
        let encoder = Encoder { encoding: Encoding::Rate, ticks: 4, seed: 1 };
        let rasters: Vec<u32> =
            (0..6).map(|j| encoder.raster(128, j, encoder.sample_stream(9), 0)).collect();
        assert_eq!(rasters, PINNED);
    }

    const PINNED: [u32; 6] = [2, 2, 1, 4, 10, 10];
}
