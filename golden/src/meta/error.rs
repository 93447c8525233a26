//! Why a few-shot training cannot go on.

use super::{embedding::EmbeddingError, net::MetaError};
use crate::{
    InputMismatch,
    data::{ClassesError, NpzError, SeriesEncodeError},
    freeze::FreezeError,
    model::ModelError,
    train::{CheckpointError, ConfigError},
};
use spikewright_ir::Diagnostics;
use thiserror::Error;

/// Why a few-shot training cannot go on.
#[derive(Debug, Error)]
pub enum FewShotError {
    /// The configuration is out of range.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// Tasks, network and methods do not fit.
    #[error(transparent)]
    Meta(#[from] MetaError),
    /// The body could not be trained.
    #[error(transparent)]
    Body(#[from] EmbeddingError),
    /// Images could not be read.
    #[error(transparent)]
    Classes(#[from] ClassesError),
    /// Series could not be read.
    #[error(transparent)]
    Series(#[from] NpzError),
    /// Series could not be encoded.
    #[error(transparent)]
    Encode(#[from] SeriesEncodeError),
    /// The body cannot be frozen.
    #[error(transparent)]
    Freeze(#[from] FreezeError),
    /// The frozen network is not sound.
    #[error(transparent)]
    Network(#[from] Diagnostics),
    /// Samples do not fit the network.
    #[error(transparent)]
    Input(#[from] InputMismatch),
    /// The model could not be read or written.
    #[error(transparent)]
    Model(#[from] ModelError),
    /// The checkpoint does not continue this run.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The samples come from elsewhere.
    #[error("few-shot training: {0}")]
    Source(String),
}
