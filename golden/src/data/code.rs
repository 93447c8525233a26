//! How the samples of a network become spikes: images by an encoder, series of a file by another.

use super::{Encoder, SeriesEncoder};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The code of a network's samples.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Code {
    /// Gray images.
    Images(Encoder),
    /// Time series.
    Series(SeriesSource),
}

/// Series of a file, and their encoder.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesSource {
    /// The NumPy archive they were read from.
    pub file: PathBuf,
    /// The encoder, fitted to its training series.
    pub series: SeriesEncoder,
}

impl Code {
    /// Ticks of a sample.
    pub fn ticks(&self) -> usize {
        match self {
            Self::Images(e) => e.ticks,
            Self::Series(s) => s.series.ticks(),
        }
    }

    /// Planes of the inputs.
    pub fn planes(&self) -> usize {
        match self {
            Self::Images(e) => e.planes(),
            Self::Series(_) => 1,
        }
    }
}

impl From<Encoder> for Code {
    fn from(encoder: Encoder) -> Self {
        Self::Images(encoder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{ChannelRange, Encoding, SeriesCode};

    #[test]
    fn codes_are_told_apart_in_json() {
        let images: Code = Encoder { encoding: Encoding::Level, ticks: 4, seed: 1 }.into();
        assert_eq!(
            serde_json::to_string(&images).unwrap(),
            r#"{"encoding":"level","ticks":4,"seed":1}"#
        );
        let ranges = vec![ChannelRange { low: -1.0, high: 2.0 }];
        let series = SeriesEncoder::new(SeriesCode::Level { levels: 3 }, 8, 1, ranges).unwrap();
        let series = Code::Series(SeriesSource { file: "a.npz".into(), series });
        assert_eq!((series.ticks(), series.planes(), images.ticks()), (8, 1, 4));
        for code in [images, series] {
            let text = serde_json::to_string(&code).unwrap();
            assert_eq!(serde_json::from_str::<Code>(&text).unwrap(), code, "{text}");
        }
    }
}
