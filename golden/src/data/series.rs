//! Labelled time series of one or more channels; samples may differ in length.

use std::fmt;
use thiserror::Error;

/// Labelled samples of the same channels, at least one of each; every value is finite.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    channels: usize,
    /// Where each sample begins in `values`, and the end.
    starts: Vec<usize>,
    values: Vec<f32>,
    labels: Vec<u8>,
}

/// The part of a series a fault lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SeriesField {
    /// Number of channels.
    Channels,
    /// Time steps of the samples.
    Lengths,
    /// Values.
    Values,
    /// Labels.
    Labels,
}

impl fmt::Display for SeriesField {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Channels => "channels",
            Self::Lengths => "lengths",
            Self::Values => "values",
            Self::Labels => "labels",
        })
    }
}

/// Why values and lengths are no series.
#[derive(Debug, Error)]
#[error("{field}: {message}; {remedy}")]
pub struct SeriesFault {
    /// Part concerned.
    pub field: SeriesField,
    /// What is wrong, with its place.
    pub message: String,
    /// What to do.
    pub remedy: &'static str,
}

impl Series {
    /// From values in the order sample, channel, time. `lengths` are the time steps of the samples;
    /// there is a label for each. Refused: no samples or channels, a sample without values, sizes
    /// that do not add up, values that are not finite.
    pub fn new(
        channels: usize,
        lengths: &[usize],
        values: Vec<f32>,
        labels: Vec<u8>,
    ) -> Result<Self, SeriesFault> {
        use SeriesField::*;
        let fault = |field, message, remedy| Err(SeriesFault { field, message, remedy });
        if channels == 0 {
            return fault(Channels, "there are none".into(), "give at least 1");
        }
        if lengths.is_empty() {
            return fault(Lengths, "there are no samples".into(), "give at least 1");
        }
        if labels.len() != lengths.len() {
            let message = format!("{} labels for {} samples", labels.len(), lengths.len());
            return fault(Labels, message, "give every sample one label");
        }
        if let Some(i) = lengths.iter().position(|&n| n == 0) {
            return fault(Lengths, format!("sample {i} has no time steps"), "leave it out");
        }
        let end = |start: usize, length: &usize| length.checked_mul(channels)?.checked_add(start);
        let mut starts = vec![0];
        for (i, length) in lengths.iter().enumerate() {
            match end(starts[i], length).filter(|&end| end <= values.len()) {
                Some(end) => starts.push(end),
                None => {
                    let have = values.len();
                    let message = format!(
                        "sample {i} with {length} time steps of {channels} channels reaches \
                         beyond the {have} values"
                    );
                    return fault(Lengths, message, "lengths count time steps, not values");
                }
            }
        }
        if starts[lengths.len()] != values.len() {
            let message = format!(
                "the samples take {} values together, there are {}",
                starts[lengths.len()],
                values.len()
            );
            return fault(Lengths, message, "lengths count time steps, not values");
        }
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            let sample = starts.partition_point(|&start| start <= at) - 1;
            let (channel, time) =
                ((at - starts[sample]) / lengths[sample], (at - starts[sample]) % lengths[sample]);
            let message = format!(
                "{} in sample {sample}, channel {channel}, time step {time} is not a finite number",
                values[at]
            );
            return fault(Values, message, "fill gaps before storing, numpy.interp does it");
        }
        Ok(Self { channels, starts, values, labels })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no samples, which only a part split off can be.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Channels of every sample.
    pub fn channels(&self) -> usize {
        self.channels
    }

    /// Labels, one per sample.
    pub fn labels(&self) -> &[u8] {
        &self.labels
    }

    /// Time steps of sample `i`.
    pub fn length(&self, i: usize) -> usize {
        self.sample(i).len() / self.channels
    }

    /// Values of sample `i`, `[channel][time]`.
    pub fn sample(&self, i: usize) -> &[f32] {
        &self.values[self.starts[i]..self.starts[i + 1]]
    }

    /// Splits off `held_out` samples (all when there are fewer): (the rest, held out). Files of
    /// series are often sorted by class, so the last samples *of each class* go, as nearly as can be
    /// the same share of every class; the split needs no seed.
    pub fn split(&self, held_out: usize) -> (Series, Series) {
        let mut sizes = [0usize; 256];
        let rank: Vec<usize> = self
            .labels
            .iter()
            .map(|&l| {
                sizes[usize::from(l)] += 1;
                sizes[usize::from(l)] - 1
            })
            .collect();
        // Place of a sample in its class, from 0 to 1.
        let place = |i: usize| (rank[i] as f64 + 0.5) / sizes[usize::from(self.labels[i])] as f64;
        let mut order: Vec<usize> = (0..self.len()).collect();
        order.sort_by(|&a, &b| place(a).total_cmp(&place(b)).then(a.cmp(&b)));
        let (kept, held) = order.split_at(self.len() - held_out.min(self.len()));
        (self.pick(kept), self.pick(held))
    }

    /// These samples, in the order of the set.
    fn pick(&self, samples: &[usize]) -> Series {
        let mut samples = samples.to_vec();
        samples.sort_unstable();
        let mut out =
            Series { channels: self.channels, starts: vec![0], values: vec![], labels: vec![] };
        for i in samples {
            out.values.extend(self.sample(i));
            out.starts.push(out.values.len());
            out.labels.push(self.labels[i]);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn series(labels: &[u8]) -> Series {
        let values = (0..labels.len()).map(|i| i as f32).collect();
        Series::new(1, &vec![1; labels.len()], values, labels.to_vec()).unwrap()
    }

    #[test]
    fn samples_are_cut_by_their_lengths() {
        let values = (0..10).map(|v| v as f32).collect();
        let series = Series::new(2, &[1, 3, 1], values, vec![0, 1, 0]).unwrap();
        assert_eq!((series.len(), series.channels()), (3, 2));
        assert_eq!(series.sample(1), [2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_eq!([0, 1, 2].map(|i| series.length(i)), [1, 3, 1]);
    }

    #[test]
    fn a_split_takes_the_same_share_of_every_class() {
        let (kept, held) = series(&[0, 0, 0, 0, 1, 1, 1, 1, 2, 2]).split(5);
        assert_eq!(held.labels(), [0, 0, 1, 1, 2]);
        assert_eq!(kept.labels(), [0, 0, 1, 1, 2]);
        assert_eq!((kept.sample(2), held.sample(4)), (&[4.0][..], &[9.0][..]));
        let (kept, held) = series(&[1, 0]).split(9);
        assert!(kept.is_empty() && held == series(&[1, 0]));
    }
}
