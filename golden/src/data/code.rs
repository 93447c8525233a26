//! How the samples of a network become spikes: images by an encoder, series of a file by another.

use super::{Encoder, SeriesEncoder};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// The code of a network's samples.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Code {
    /// Gray images; those to test with are the program's own.
    Images(Encoder),
    /// Gray images, those to test with by class in a folder or archive.
    Classes(ImageSource),
    /// Time series.
    Series(SeriesSource),
}

/// Where images by class are, and their encoder.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ImageSource {
    /// The folder or NumPy archive with images to test with ([`read_classes`](super::read_classes)).
    pub classes: PathBuf,
    /// Rows they are brought to.
    pub height: usize,
    /// Columns they are brought to.
    pub width: usize,
    /// Their encoder.
    pub images: Encoder,
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
            Self::Classes(c) => c.images.ticks,
            Self::Series(s) => s.series.ticks(),
        }
    }

    /// The encoder, if samples are images.
    pub fn of_images(&self) -> Option<&Encoder> {
        match self {
            Self::Images(encoder) => Some(encoder),
            Self::Classes(source) => Some(&source.images),
            Self::Series(_) => None,
        }
    }

    /// Planes of the inputs.
    pub fn planes(&self) -> usize {
        match self {
            Self::Images(e) => e.planes(),
            Self::Classes(c) => c.images.planes(),
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
        let encoder = Encoder { encoding: Encoding::Above(128), ticks: 2, seed: 0 };
        let source = ImageSource { classes: "task".into(), height: 28, width: 28, images: encoder };
        let classes = Code::Classes(source);
        assert_eq!((classes.ticks(), classes.of_images()), (2, Some(&encoder)));
        for code in [images, series, classes] {
            let text = serde_json::to_string(&code).unwrap();
            assert_eq!(serde_json::from_str::<Code>(&text).unwrap(), code, "{text}");
        }
    }
}
