//! The MNIST digits: four IDX files in one folder, plain or with `.gz`.

use super::{IdxError, Images, idx::read_idx_bytes};
use spikewright_ir::read_bytes;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Why a data set could not be loaded.
#[derive(Debug, Error)]
pub enum DataError {
    /// One of the files is not what it should be.
    #[error(transparent)]
    Idx(#[from] IdxError),
    /// Neither the plain nor the compressed file is there.
    #[error("{}: neither {name} nor {name}.gz is here; point to the folder with the four MNIST files", dir.display())]
    Missing {
        /// Folder searched.
        dir: PathBuf,
        /// File looked for.
        name: String,
    },
    /// Images and labels are not as many.
    #[error("{}: {labels} labels at byte 4, but {images} images; take both files from the same set", path.display())]
    Count {
        /// The label file.
        path: PathBuf,
        /// Images.
        images: usize,
        /// Labels.
        labels: usize,
    },
    /// A label that is no digit.
    #[error("{}: byte {offset}: label {label} is not a digit; is this the label file?", path.display())]
    Label {
        /// The label file.
        path: PathBuf,
        /// Offset of the label.
        offset: usize,
        /// The label.
        label: u8,
    },
    /// Images of another size.
    #[error("{}: byte 8: images of {height}x{width}, MNIST has 28x28; is this the image file?", path.display())]
    Size {
        /// The image file.
        path: PathBuf,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
}

/// The training and test images.
#[derive(Clone, Debug)]
pub struct Mnist {
    /// 60,000 images in the original distribution.
    pub train: Images,
    /// 10,000 images, to be used once.
    pub test: Images,
}

impl Mnist {
    /// Loads both sets from `dir`.
    pub fn load(dir: &Path) -> Result<Self, DataError> {
        let part = |prefix| {
            let [images, labels] = names(prefix);
            let (images, labels) = (find(dir, &images)?, find(dir, &labels)?);
            let (pixels, classes) = (read_bytes(&images), read_bytes(&labels));
            join(
                (&images, &pixels.map_err(IdxError::File)?),
                (&labels, &classes.map_err(IdxError::File)?),
            )
        };
        Ok(Self { train: part("train")?, test: part("t10k")? })
    }

    /// The same from files in memory, plain or compressed, by name.
    pub fn from_archives(files: &[(&str, &[u8])]) -> Result<Self, DataError> {
        let file = |name: String| {
            let found = files.iter().find(|(n, _)| n.strip_suffix(".gz").unwrap_or(n) == name);
            found
                .map(|(n, bytes)| (PathBuf::from(n), *bytes))
                .ok_or_else(|| DataError::Missing { dir: "embedded data".into(), name })
        };
        let part = |prefix| {
            let [images, labels] = names(prefix);
            let ((images, pixels), (labels, classes)) = (file(images)?, file(labels)?);
            join((&images, pixels), (&labels, classes))
        };
        Ok(Self { train: part("train")?, test: part("t10k")? })
    }
}

fn names(prefix: &str) -> [String; 2] {
    ["images-idx3", "labels-idx1"].map(|kind| format!("{prefix}-{kind}-ubyte"))
}

fn join(images: (&Path, &[u8]), labels: (&Path, &[u8])) -> Result<Images, DataError> {
    let (image_path, label_path) = (images.0.to_path_buf(), labels.0.to_path_buf());
    let (sizes, pixels) = read_idx_bytes(images.0, images.1, 3)?;
    let (_, labels) = read_idx_bytes(labels.0, labels.1, 1)?;
    let (images, height, width) = (sizes[0], sizes[1], sizes[2]);
    if (height, width) != (28, 28) {
        return Err(DataError::Size { path: image_path, height, width });
    }
    if images != labels.len() {
        return Err(DataError::Count { path: label_path, images, labels: labels.len() });
    }
    if let Some(i) = labels.iter().position(|&l| l > 9) {
        return Err(DataError::Label { path: label_path, offset: 8 + i, label: labels[i] });
    }
    Ok(Images { height, width, pixels, labels })
}

fn find(dir: &Path, name: &str) -> Result<PathBuf, DataError> {
    [name.to_string(), format!("{name}.gz")]
        .into_iter()
        .map(|file| dir.join(file))
        .find(|path| path.is_file())
        .ok_or_else(|| DataError::Missing { dir: dir.into(), name: name.into() })
}
