//! Where samples come from: the MNIST files compiled into the program or in a folder the user names,
//! images by class, or time series in a NumPy archive that a configuration names.

use crate::{
    Result,
    golden::{
        data::{Code, EncodedSet, Mnist, SeriesSet, read_labelled},
        train::{TrainConfig, TrainingData},
    },
};
use std::path::{Path, PathBuf};

/// The four files of `data/mnist/`, compressed; see `data/mnist/README.md` for their origin.
const FILES: [(&str, &[u8]); 4] = [
    ("train-images-idx3-ubyte.gz", include_bytes!("../data/mnist/train-images-idx3-ubyte.gz")),
    ("train-labels-idx1-ubyte.gz", include_bytes!("../data/mnist/train-labels-idx1-ubyte.gz")),
    ("t10k-images-idx3-ubyte.gz", include_bytes!("../data/mnist/t10k-images-idx3-ubyte.gz")),
    ("t10k-labels-idx1-ubyte.gz", include_bytes!("../data/mnist/t10k-labels-idx1-ubyte.gz")),
];

/// MNIST from `dir`, or the embedded copy.
pub fn mnist(dir: Option<&Path>) -> Result<Mnist> {
    Ok(match dir {
        Some(dir) => Mnist::load(dir)?,
        None => Mnist::from_archives(&FILES)?,
    })
}

/// Samples to train on and samples to test with.
pub enum Dataset {
    /// Images of digits.
    Mnist(Mnist),
    /// Series, and the file they were read from.
    Series(SeriesSet, PathBuf),
}

impl Dataset {
    /// The data of a configuration that stands in `folder`: its series, or MNIST from `images` or
    /// the embedded copy.
    pub fn open(config: &TrainConfig, folder: &Path, images: Option<&Path>) -> Result<Self> {
        match &config.series {
            None => Ok(Self::Mnist(mnist(images)?)),
            Some(series) => {
                let file = folder.join(&series.file);
                Ok(Self::Series(SeriesSet::read(&file)?, file))
            }
        }
    }

    /// What a configuration trains on and keeps out.
    pub fn training(&self, config: &TrainConfig) -> Result<TrainingData> {
        Ok(match self {
            Self::Mnist(mnist) => TrainingData::split(&mnist.train, config),
            Self::Series(set, file) => TrainingData::series(set, file, config)?,
        })
    }
}

/// The test samples of a code, at most `most`, from the first on; images of digits come from `images`
/// or the embedded copy.
pub fn test_set(code: &Code, images: Option<&Path>, most: usize) -> Result<EncodedSet> {
    Ok(match code {
        Code::Images(encoder) => mnist(images)?.test.first(most).encode(encoder),
        Code::Classes(source) => {
            let (_, images) = read_labelled(&source.classes, source.height, source.width)?;
            images.first(most).encode(&source.images)
        }
        Code::Series(source) => {
            let mut set = source.series.encode_all(&SeriesSet::read(&source.file)?.test)?;
            set.inputs.truncate(most);
            set.labels.truncate(most);
            set
        }
    })
}
