//! Training a body on episodes of prototypes: cosine loss over spike counts, by the training engine.

use super::{gallery::Gallery, net::MetaError, prototype::cosine_loss, task::Sizes};
use crate::{
    model::FloatModel,
    rng::Stream,
    train::{Embedder, TrainConfig, TrainError},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Why a body could not be trained.
#[derive(Debug, Error)]
pub enum EmbeddingError {
    /// The configuration or the images do not fit.
    #[error(transparent)]
    Train(#[from] TrainError),
    /// The episodes do not fit.
    #[error(transparent)]
    Meta(#[from] MetaError),
}

/// How to train a body.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EmbeddingOptions {
    /// Classes of an episode.
    pub ways: usize,
    /// Support samples per class.
    pub shots: usize,
    /// Query samples per class.
    pub queries: usize,
    /// Episodes, one per step.
    pub episodes: usize,
    /// Factor on cosines before the softmax.
    pub sharpness: f64,
}

/// Trains a body whose last layer's spike counts are features. `progress` gets the number of
/// episodes done, the loss, and the model at every hundredth.
pub fn train_body(
    config: &TrainConfig,
    gallery: &Gallery,
    options: &EmbeddingOptions,
    mut progress: impl FnMut(usize, f64, &mut dyn FnMut() -> FloatModel),
) -> Result<FloatModel, EmbeddingError> {
    let EmbeddingOptions { ways, shots, queries, episodes, sharpness } = *options;
    let sizes = Sizes { ways, shots, queries };
    gallery.check(sizes)?;
    let batch = ways * (shots + queries);
    let mut embedder = Embedder::new(config, &gallery.images, batch, episodes)?;
    let stream = Stream::named(config.seed, "embedding episodes");
    for step in 0..episodes {
        let images = gallery.episode(sizes, stream.child(step as u64));
        let loss =
            embedder.step(&images, step as u64 + 1, |counts| cosine_loss(counts, sizes, sharpness));
        if !loss.is_finite() || !embedder.is_finite() {
            let what = format!("loss {loss}");
            return Err(TrainError::Diverged { epoch: 1, step, what }.into());
        }
        progress(step + 1, loss, &mut || embedder.model());
    }
    Ok(embedder.model())
}
