//! What a run trains on and what it keeps out.

use super::{config::TrainConfig, run::TrainError};
use crate::data::{
    Code, EncodedSet, Images, Series, SeriesEncodeError, SeriesEncoder, SeriesSet, SeriesSource,
};
use spikewright_ir::Shape;
use std::path::Path;

/// Labelled samples.
#[derive(Clone, Debug)]
pub enum Labelled {
    /// Images, encoded whenever they are shown.
    Images(Images),
    /// Samples whose spikes are always the same.
    Encoded(EncodedSet),
}

impl Labelled {
    /// Number of samples.
    pub fn len(&self) -> usize {
        self.labels().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels().is_empty()
    }

    /// One label per sample.
    pub fn labels(&self) -> &[u8] {
        match self {
            Self::Images(images) => &images.labels,
            Self::Encoded(set) => &set.labels,
        }
    }

    /// The samples as spikes; `code` is that of the run they belong to (none when it is not).
    pub fn encode(&self, code: &Code) -> EncodedSet {
        match (self, code.of_images()) {
            (Self::Images(images), Some(encoder)) => images.encode(encoder),
            (Self::Images(_), None) => EncodedSet { inputs: Vec::new(), labels: Vec::new() },
            (Self::Encoded(set), _) => set.clone(),
        }
    }
}

/// Samples to train on and samples kept out, for validation and for choosing fractional bits.
#[derive(Clone, Debug)]
pub struct TrainingData {
    /// Seen by the optimizer.
    pub train: Labelled,
    /// Never seen by it.
    pub held_out: Labelled,
    /// How they become spikes.
    pub code: Code,
    /// Shape of the input.
    pub shape: Shape,
}

impl TrainingData {
    /// Images to train on and images kept out.
    pub fn images(train: Images, held_out: Images, config: &TrainConfig) -> Self {
        Self {
            shape: train.shape(),
            train: Labelled::Images(train),
            held_out: Labelled::Images(held_out),
            code: config.encoder().into(),
        }
    }

    /// Splits a training set as the configuration says; at most a fifth is kept out.
    pub fn split(images: &Images, config: &TrainConfig) -> Self {
        let (train, held_out) = images.split(config.validation.min(images.len() / 5));
        Self::images(train, held_out, config)
    }

    /// Splits the training series of a set, every class in equal shares and at most a fifth of
    /// them, and encodes them with an encoder fitted to those that are trained on. `file` is where
    /// the set was read from.
    pub fn series(set: &SeriesSet, file: &Path, config: &TrainConfig) -> Result<Self, TrainError> {
        let Some(options) = &config.series else {
            return Err(TrainError::Data {
                message: "series without a [series] table".into(),
                remedy: "say in the configuration how they become spikes",
            });
        };
        let fault = |e: SeriesEncodeError| TrainError::Data {
            message: e.to_string(),
            remedy: "change the [series] table of the configuration or the file",
        };
        let held_out = config.validation.min(set.train.len() / 5);
        let (train, held_out): (Series, Series) = set.train.split(held_out);
        let series = SeriesEncoder::fit(options.code, config.ticks, options.windows, &train)
            .map_err(fault)?;
        Ok(Self {
            shape: series.shape(),
            train: Labelled::Encoded(series.encode_all(&train).map_err(fault)?),
            held_out: Labelled::Encoded(series.encode_all(&held_out).map_err(fault)?),
            code: Code::Series(SeriesSource { file: file.into(), series }),
        })
    }
}
