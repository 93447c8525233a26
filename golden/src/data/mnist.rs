//! The MNIST digits: four IDX files in one folder, plain or with `.gz`.

use super::{IdxError, Images, read_idx};
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
        Ok(Self { train: load(dir, "train")?, test: load(dir, "t10k")? })
    }
}

fn load(dir: &Path, prefix: &str) -> Result<Images, DataError> {
    let image_path = find(dir, &format!("{prefix}-images-idx3-ubyte"))?;
    let label_path = find(dir, &format!("{prefix}-labels-idx1-ubyte"))?;
    let (sizes, pixels) = read_idx(&image_path, 3)?;
    let (_, labels) = read_idx(&label_path, 1)?;
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
