//! Reading and writing float models: JSON in a versioned envelope.

use super::FloatModel;
use crate::InputMismatch;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use spikewright_ir::{FileError, read_bytes, write_atomic};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Version of the format.
const VERSION: u32 = 2;
/// Name of the format.
const FORMAT: &str = "spikewright-float-model";

/// Why a float model cannot be used.
#[derive(Debug, Error)]
pub enum ModelError {
    /// The file could not be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file is no such model of this version.
    #[error("{}: not a model of this kind and version: {message}; train it again", path.display())]
    Malformed {
        /// File concerned.
        path: PathBuf,
        /// What is wrong.
        message: String,
    },
    /// The parts of the model do not fit together.
    #[error("float model: {message}; train it again with this version of spikewright")]
    Inconsistent {
        /// What is wrong.
        message: String,
    },
    /// A sample of another shape.
    #[error(transparent)]
    Input(#[from] InputMismatch),
}

#[derive(Serialize, Deserialize)]
struct Envelope<T> {
    format: String,
    version: u32,
    content: T,
}

impl FloatModel {
    /// Writes the model atomically; reading gives the same model to the last bit.
    pub fn write(&self, path: &Path) -> Result<(), ModelError> {
        write_envelope(path, FORMAT, VERSION, self)
    }

    /// Reads a model and checks that its parts fit together.
    pub fn read(path: &Path) -> Result<Self, ModelError> {
        let model: Self = read_envelope(path, FORMAT, VERSION)?;
        model.check()?;
        Ok(model)
    }
}

/// Writes content of a format atomically.
pub(crate) fn write_envelope(
    path: &Path,
    format: &str,
    version: u32,
    content: &impl Serialize,
) -> Result<(), ModelError> {
    let envelope = Envelope { format: format.into(), version, content };
    let bytes = serde_json::to_vec(&envelope).map_err(|e| malformed(path, &e))?;
    Ok(write_atomic(path, &bytes)?)
}

/// Reads content that has to be of this format and version.
pub(crate) fn read_envelope<T: DeserializeOwned>(
    path: &Path,
    format: &str,
    version: u32,
) -> Result<T, ModelError> {
    let envelope: Envelope<T> =
        serde_json::from_slice(&read_bytes(path)?).map_err(|e| malformed(path, &e))?;
    if envelope.format != format || envelope.version != version {
        let (format, version) = (&envelope.format, envelope.version);
        return Err(malformed(path, &format!("it is {format:?} version {version}")));
    }
    Ok(envelope.content)
}

fn malformed(path: &Path, message: &dyn std::fmt::Display) -> ModelError {
    ModelError::Malformed { path: path.into(), message: message.to_string() }
}
