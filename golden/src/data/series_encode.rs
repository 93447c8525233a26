//! Encoder for series: segment means of every window, scaled by ranges fitted on training series,
//! then a code.

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
        "{channels} channels of {windows} windows of {neurons} neurons are not 1 to {MAX_INPUTS} \
         inputs; take fewer levels, steps or windows"
    )]
    Inputs {
        /// Channels.
        channels: usize,
        /// Windows per channel.
        windows: usize,
        /// Neurons per window.
        neurons: usize,
    },
    /// Ranges that are not one for each channel and window.
    #[error("{ranges} ranges are not channels of {windows} windows each; fit the encoder anew")]
    Windows {
        /// Ranges found.
        ranges: usize,
        /// Windows per channel.
        windows: usize,
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

/// The interval that a code spreads over in a window of a channel, in the units of the channel.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ChannelRange {
    /// Low end.
    pub low: f32,
    /// High end, not below the low one. If they are equal, the window was constant in training
    /// and never spikes.
    pub high: f32,
}

/// A sound encoder: whatever is made or read back satisfies the limits of [`SeriesEncoder::new`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts")]
pub struct SeriesEncoder {
    code: SeriesCode,
    ticks: usize,
    // Files from before there were windows say nothing of them, and need not.
    #[serde(skip_serializing_if = "is_one")]
    windows: usize,
    ranges: Vec<ChannelRange>,
}

/// What is in a file, before it is checked.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Parts {
    code: SeriesCode,
    ticks: usize,
    #[serde(default = "super::series_code::one")]
    windows: usize,
    ranges: Vec<ChannelRange>,
}

impl TryFrom<Parts> for SeriesEncoder {
    type Error = SeriesEncodeError;
    fn try_from(Parts { code, ticks, windows, ranges }: Parts) -> Result<Self, Self::Error> {
        Self::new(code, ticks, windows, ranges)
    }
}

impl SeriesEncoder {
    /// From its parts: 1 to 32 ticks; 1 or more windows, equal pieces of a series' time that are
    /// shown side by side, each over all ticks; one range per channel and window, in the order
    /// channel, window; at most 65,536 input neurons.
    pub fn new(
        code: SeriesCode,
        ticks: usize,
        windows: usize,
        ranges: Vec<ChannelRange>,
    ) -> Result<Self, SeriesEncodeError> {
        let channels = ranges.len() / windows.max(1);
        check(code, ticks, windows, channels)?;
        if channels * windows != ranges.len() {
            return Err(SeriesEncodeError::Windows { ranges: ranges.len(), windows });
        }
        let unsound =
            |r: &ChannelRange| !(r.low.is_finite() && r.high.is_finite() && r.low <= r.high);
        if let Some(at) = ranges.iter().position(unsound) {
            let ChannelRange { low, high } = ranges[at];
            return Err(SeriesEncodeError::Range { channel: at / windows, low, high });
        }
        Ok(Self { code, ticks, windows, ranges })
    }

    /// Takes the ranges from `series`, which must be training series, never those a network is
    /// tested on. A range reaches from the 1st to the 99th percentile of the segment means in a
    /// window of a channel (nearest rank, all samples together): a minimum would hand the whole
    /// scale to one glitch of a sensor. Only where these are equal, as in a channel that is silent
    /// nearly always, minimum and maximum are taken.
    pub fn fit(
        code: SeriesCode,
        ticks: usize,
        windows: usize,
        series: &Series,
    ) -> Result<Self, SeriesEncodeError> {
        check(code, ticks, windows, series.channels())?;
        if series.is_empty() {
            return Err(SeriesEncodeError::Empty);
        }
        let ranges = |channel: usize| {
            let mut values = vec![Vec::with_capacity(series.len() * ticks); windows];
            for i in 0..series.len() {
                let length = series.length(i);
                let channel = &series.sample(i)[channel * length..][..length];
                let means = segment_means(channel, windows * ticks);
                for (values, means) in values.iter_mut().zip(means.chunks(ticks)) {
                    values.extend(means.iter().map(|v| *v as f32));
                }
            }
            values.into_iter().map(trimmed_range).collect::<Vec<_>>()
        };
        let ranges = (0..series.channels()).into_par_iter().flat_map_iter(ranges).collect();
        Self::new(code, ticks, windows, ranges)
    }

    /// The code.
    pub fn code(&self) -> SeriesCode {
        self.code
    }

    /// Ticks of a sample, 1 to 32.
    pub fn ticks(&self) -> usize {
        self.ticks
    }

    /// Windows of a channel, 1 or more.
    pub fn windows(&self) -> usize {
        self.windows
    }

    /// One range per channel and window, in the order channel, window.
    pub fn ranges(&self) -> &[ChannelRange] {
        &self.ranges
    }

    /// Shape of the network input: flat, the neurons of channel 0, window after window, then those
    /// of channel 1, ….
    pub fn shape(&self) -> Shape {
        Shape::flat(self.ranges.len() * self.code.neurons())
    }

    fn channels(&self) -> usize {
        self.ranges.len() / self.windows
    }

    /// The spikes of a sample, one word per input neuron with bit `t` for tick `t`. `values` are in
    /// the order channel, time; every channel has the same length, any above 0.
    pub fn raster(&self, values: &[f32]) -> Result<Vec<u32>, SeriesEncodeError> {
        let channels = self.channels();
        if values.is_empty() || !values.len().is_multiple_of(channels) {
            return Err(SeriesEncodeError::Length { values: values.len(), channels });
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(SeriesEncodeError::NotFinite { at });
        }
        let mut out = Vec::with_capacity(self.shape().len());
        let of_channels = self.ranges.chunks(self.windows);
        for (channel, ranges) in values.chunks(values.len() / channels).zip(of_channels) {
            let means = segment_means(channel, self.windows * self.ticks);
            for (means, range) in means.chunks(self.ticks).zip(ranges) {
                let low = f64::from(range.low);
                let width = f64::from(range.high) - low;
                let scaled = |mean: &f64| if width > 0.0 { (mean - low) / width } else { 0.0 };
                let x: Vec<f64> = means.iter().map(scaled).collect();
                self.code.raster(&x, &mut out);
            }
        }
        Ok(out)
    }

    /// The same as a network's input.
    pub fn encode(&self, values: &[f32]) -> Result<InputTrain, SeriesEncodeError> {
        Ok(spike_train(&self.raster(values)?, self.ticks).into())
    }

    /// Encodes every sample.
    pub fn encode_all(&self, series: &Series) -> Result<EncodedSet, SeriesEncodeError> {
        let (found, expected) = (series.channels(), self.channels());
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

/// The range of values of which there is at least one.
fn trimmed_range(mut values: Vec<f32>) -> ChannelRange {
    values.sort_unstable_by(f32::total_cmp);
    let last = values.len() - 1;
    let trimmed = last / TRIM;
    let (low, high) = (values[trimmed], values[last - trimmed]);
    if low < high {
        ChannelRange { low, high }
    } else {
        ChannelRange { low: values[0], high: values[last] }
    }
}

fn check(
    code: SeriesCode,
    ticks: usize,
    windows: usize,
    channels: usize,
) -> Result<(), SeriesEncodeError> {
    if !(1..=MAX_TICKS).contains(&ticks) {
        return Err(SeriesEncodeError::Ticks(ticks));
    }
    if let Some((name, value, range)) = code.fault() {
        return Err(SeriesEncodeError::Code { name, value, range });
    }
    if windows == 0 {
        return Err(SeriesEncodeError::Code { name: "windows", value: 0.0, range: "1 or more" });
    }
    let neurons = code.neurons();
    match channels.checked_mul(windows).and_then(|n| n.checked_mul(neurons)) {
        Some(1..=MAX_INPUTS) => Ok(()),
        _ => Err(SeriesEncodeError::Inputs { channels, windows, neurons }),
    }
}

fn is_one(n: &usize) -> bool {
    *n == 1
}
