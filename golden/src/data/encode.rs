//! Encoders: gray images to spikes. `Level` is deterministic: tick `t` shows the pixels above the
//! `t`-th threshold. `Rate` draws every pixel of every tick with probability value/255 from a
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
    /// Spike in each tick with probability value/255 (Bernoulli).
    Rate,
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
    /// The spikes of one pixel, bit `t` for tick `t`. `stream` belongs to the sample, `pixel` is
    /// the index in the image.
    #[inline]
    pub fn raster(&self, value: u8, pixel: usize, stream: Stream) -> u32 {
        (0..self.ticks).map(|t| u32::from(self.spike(value, pixel, t, stream)) << t).sum()
    }

    /// Whether one pixel spikes in tick `t`.
    #[inline]
    fn spike(&self, value: u8, pixel: usize, t: usize, stream: Stream) -> bool {
        match self.encoding {
            Encoding::Level => usize::from(value) > (2 * t + 1) * 128 / self.ticks,
            Encoding::Rate => {
                // Uniform in 0..255 by multiplication: exact to 2^-56.
                let word = stream.word((pixel * MAX_TICKS + t) as u64);
                ((u128::from(word) * 255) >> 64) < u128::from(value)
            }
        }
    }

    /// The stream of one sample. Numbers tell samples apart: the position in the data set, or in
    /// training a number that also depends on the epoch.
    pub fn sample_stream(&self, sample: u64) -> Stream {
        Stream::named(self.seed, "encode").child(sample)
    }

    /// The pixels that spike in tick `t` of a sample.
    pub fn encode_tick(&self, pixels: &[u8], sample: u64, t: usize) -> BitVec {
        let stream = self.sample_stream(sample);
        BitVec::from_bits(pixels.iter().enumerate().map(|(j, &v)| self.spike(v, j, t, stream)))
    }

    /// A whole sample.
    pub fn encode(&self, pixels: &[u8], sample: u64) -> InputTrain {
        let ticks = (0..self.ticks).map(|t| self.encode_tick(pixels, sample, t)).collect();
        SpikeTrain::from_ticks(ticks, pixels.len()).into()
    }
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
            )
        };
        let rasters = [0, 32, 33, 96, 97, 160, 161, 224, 225, 255].map(|v| level(4, v));
        assert_eq!(rasters, [0, 0, 1, 1, 3, 3, 7, 7, 15, 15]);
        assert_eq!([64, 65, 192, 193].map(|v| level(2, v)), [0, 1, 1, 3]);
        assert_eq!(level(1, 129), 1);
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
            let raster = encoder.raster(value, 17, encoder.sample_stream(5));
            let bits = (0..8).map(|t| u32::from(train.planes[0].tick(t).get(17)) << t);
            assert_eq!(raster, bits.sum::<u32>());
        }
    }

    #[test]
    fn rate_draws_are_pinned() {
        let encoder = Encoder { encoding: Encoding::Rate, ticks: 4, seed: 1 };
        let rasters: Vec<u32> =
            (0..6).map(|j| encoder.raster(128, j, encoder.sample_stream(9))).collect();
        assert_eq!(rasters, PINNED);
    }

    const PINNED: [u32; 6] = [15, 2, 8, 12, 9, 15];
}
