//! Encoder for series: segment means, scaled by ranges fitted on training series, then a code.

use super::{
    EncodedSet, Series, SeriesCode,
    encode::{MAX_TICKS, spike_train},
    segment_means,
};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use spikewright_ir::{InputTrain, Shape};
use thiserror::Error;

/// Most input neurons of an encoder.
const MAX_INPUTS: usize = 1 << 16;
/// One of so many values on each side is left out of a range.
const TRIM: usize = 100;

/// Why a series encoder was refused, or cannot encode a sample.
#[derive(Debug, Error, PartialEq)]
pub enum SeriesEncodeError {
    /// A number of ticks that does not fit.
    #[error("ticks {0} is outside of 1 to {MAX_TICKS}; a neuron's spikes are the bits of a word")]
    Ticks(usize),
    /// A number of the code.
    #[error("{name} {value} is outside of its range; give {range}")]
    Code {
        /// Key concerned.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What is accepted.
        range: &'static str,
    },
    /// A range that is no range.
    #[error("range {low} to {high} of channel {channel} is not an interval; fit the encoder anew")]
    Range {
        /// Channel concerned.
        channel: usize,
        /// Low end.
        low: f32,
        /// High end.
        high: f32,
    },
    /// Too many or too few inputs.
    #[error(
        "{channels} channels of {neurons} neurons are not 1 to {MAX_INPUTS} inputs; take fewer \
         levels or steps"
    )]
    Inputs {
        /// Channels.
        channels: usize,
        /// Neurons per channel.
        neurons: usize,
    },
    /// Nothing to take ranges from.
    #[error("there are no series to fit ranges on; give the training series")]
    Empty,
    /// Series with other channels.
    #[error("the series has {found} channels, the encoder was fitted on {expected}; give the same")]
    Channels {
        /// Channels found.
        found: usize,
        /// Channels of the encoder.
        expected: usize,
    },
    /// A sample whose values are not so many for each channel.
    #[error(
        "a sample of {values} values cannot have {channels} channels of the same length above 0"
    )]
    Length {
        /// Values found.
        values: usize,
        /// Channels of the encoder.
        channels: usize,
    },
    /// A value that is not finite.
    #[error("value {at} of the sample is not a finite number; fill gaps first")]
    NotFinite {
        /// Its index.
        at: usize,
    },
}

/// The interval that a code spreads over, in the units of the channel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelRange {
    /// Low end.
    pub low: f32,
    /// High end, not below the low one. If they are equal, the channel was constant in training
    /// and never spikes.
    pub high: f32,
}

/// A sound encoder: whatever is made or read back satisfies the limits of [`SeriesEncoder::new`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct SeriesEncoder {
    code: SeriesCode,
    ticks: usize,
    ranges: Vec<ChannelRange>,
}

/// What is in a file, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    code: SeriesCode,
    ticks: usize,
    ranges: Vec<ChannelRange>,
}

impl TryFrom<Parts> for SeriesEncoder {
    type Error = SeriesEncodeError;
    fn try_from(Parts { code, ticks, ranges }: Parts) -> Result<Self, Self::Error> {
        Self::new(code, ticks, ranges)
    }
}

impl SeriesEncoder {
    /// From its parts: 1 to 32 ticks, one range per channel, at most 65,536 input neurons.
    pub fn new(
        code: SeriesCode,
        ticks: usize,
        ranges: Vec<ChannelRange>,
    ) -> Result<Self, SeriesEncodeError> {
        check(code, ticks, ranges.len())?;
        let unsound =
            |r: &ChannelRange| !(r.low.is_finite() && r.high.is_finite() && r.low <= r.high);
        if let Some(channel) = ranges.iter().position(unsound) {
            let ChannelRange { low, high } = ranges[channel];
            return Err(SeriesEncodeError::Range { channel, low, high });
        }
        Ok(Self { code, ticks, ranges })
    }

    /// Takes the ranges from `series`, which must be training series, never those a network is
    /// tested on. A range reaches from the 1st to the 99th percentile of the channel's segment means
    /// (nearest rank, all samples together): a minimum would hand the whole scale to one glitch of a
    /// sensor. Only where these are equal, as in a channel that is silent nearly always, minimum and
    /// maximum are taken.
    pub fn fit(code: SeriesCode, ticks: usize, series: &Series) -> Result<Self, SeriesEncodeError> {
        check(code, ticks, series.channels())?;
        if series.is_empty() {
            return Err(SeriesEncodeError::Empty);
        }
        let range = |channel: usize| {
            let means = |i: usize| {
                let length = series.length(i);
                segment_means(&series.sample(i)[channel * length..][..length], ticks)
            };
            let mut values: Vec<f32> =
                (0..series.len()).flat_map(means).map(|v| v as f32).collect();
            values.sort_unstable_by(f32::total_cmp);
            let last = values.len() - 1;
            let trimmed = last / TRIM;
            let (low, high) = (values[trimmed], values[last - trimmed]);
            if low < high {
                ChannelRange { low, high }
            } else {
                ChannelRange { low: values[0], high: values[last] }
            }
        };
        let ranges = (0..series.channels()).into_par_iter().map(range).collect();
        Self::new(code, ticks, ranges)
    }

    /// The code.
    pub fn code(&self) -> SeriesCode {
        self.code
    }

    /// Ticks of a sample, 1 to 32.
    pub fn ticks(&self) -> usize {
        self.ticks
    }

    /// One range per channel.
    pub fn ranges(&self) -> &[ChannelRange] {
        &self.ranges
    }

    /// Shape of the network input: flat, the neurons of channel 0, then those of channel 1, ….
    pub fn shape(&self) -> Shape {
        Shape::flat(self.ranges.len() * self.code.neurons())
    }

    /// The spikes of a sample, one word per input neuron with bit `t` for tick `t`. `values` are in
    /// the order channel, time; every channel has the same length, any above 0.
    pub fn raster(&self, values: &[f32]) -> Result<Vec<u32>, SeriesEncodeError> {
        let channels = self.ranges.len();
        if values.is_empty() || !values.len().is_multiple_of(channels) {
            return Err(SeriesEncodeError::Length { values: values.len(), channels });
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(SeriesEncodeError::NotFinite { at });
        }
        let mut out = Vec::with_capacity(self.shape().len());
        for (channel, range) in values.chunks(values.len() / channels).zip(&self.ranges) {
            let low = f64::from(range.low);
            let width = f64::from(range.high) - low;
            let scaled = |mean: f64| if width > 0.0 { (mean - low) / width } else { 0.0 };
            let x: Vec<f64> = segment_means(channel, self.ticks).into_iter().map(scaled).collect();
            self.code.raster(&x, &mut out);
        }
        Ok(out)
    }

    /// The same as a network's input.
    pub fn encode(&self, values: &[f32]) -> Result<InputTrain, SeriesEncodeError> {
        Ok(spike_train(&self.raster(values)?, self.ticks).into())
    }

    /// Encodes every sample.
    pub fn encode_all(&self, series: &Series) -> Result<EncodedSet, SeriesEncodeError> {
        let (found, expected) = (series.channels(), self.ranges.len());
        if found != expected {
            return Err(SeriesEncodeError::Channels { found, expected });
        }
        let inputs = (0..series.len()).into_par_iter().map(|i| self.encode(series.sample(i)));
        Ok(EncodedSet {
            inputs: inputs.collect::<Result<_, _>>()?,
            labels: series.labels().to_vec(),
        })
    }
}

fn check(code: SeriesCode, ticks: usize, channels: usize) -> Result<(), SeriesEncodeError> {
    if !(1..=MAX_TICKS).contains(&ticks) {
        return Err(SeriesEncodeError::Ticks(ticks));
    }
    if let Some((name, value, range)) = code.fault() {
        return Err(SeriesEncodeError::Code { name, value, range });
    }
    let neurons = code.neurons();
    match channels.checked_mul(neurons) {
        Some(1..=MAX_INPUTS) => Ok(()),
        _ => Err(SeriesEncodeError::Inputs { channels, neurons }),
    }
}
