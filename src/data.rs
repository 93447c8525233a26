//! Where images come from: the MNIST files compiled into the program, or a folder the user names.

use crate::{Result, golden::data::Mnist};
use std::path::Path;

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
