//! Training a body on episodes of prototypes: cosine loss over spike counts, by the training engine.

use super::{net::MetaError, pool::Tasks, prototype::cosine_loss};
use crate::{
    model::FloatModel,
    rng::Stream,
    train::{Checkpoint, Embedder, TrainConfig, TrainError},
};
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

/// A body in training: an episode is a step, and the spike counts of its last layer are features.
pub struct Body<'a> {
    config: &'a TrainConfig,
    tasks: &'a Tasks,
    sharpness: f64,
    embedder: Embedder,
    stream: Stream,
    /// Steps done.
    step: usize,
    per_epoch: usize,
}

impl<'a> Body<'a> {
    /// A fresh body for tasks of this size. `config` has the epochs, each of `per_epoch` episodes;
    /// logits are `sharpness` times cosines.
    pub fn new(
        config: &'a TrainConfig,
        tasks: &'a Tasks,
        per_epoch: usize,
        sharpness: f64,
    ) -> Result<Self, EmbeddingError> {
        let sizes = tasks.sizes;
        let batch = sizes.ways * (sizes.shots + sizes.queries);
        let (pool, steps) = (&tasks.pool, config.epochs * per_epoch);
        let embedder = Embedder::new(config, &pool.samples, &pool.code, pool.shape, batch, steps)?;
        let stream = Stream::named(config.seed, "embedding episodes");
        Ok(Self { config, tasks, sharpness, embedder, stream, step: 0, per_epoch })
    }

    /// One epoch; returns its mean loss. `each` is called after every episode.
    pub fn epoch(&mut self, mut each: impl FnMut()) -> Result<f64, EmbeddingError> {
        let (sizes, sharpness) = (self.tasks.sizes, self.sharpness);
        let mut sum = 0.0;
        for _ in 0..self.per_epoch {
            let episode = self.tasks.pool.episode(sizes, self.stream.child(self.step as u64));
            let number = self.step as u64 + 1;
            let loss = self
                .embedder
                .step(&episode, number, |counts| cosine_loss(counts, sizes, sharpness));
            if !loss.is_finite() || !self.embedder.is_finite() {
                let (epoch, step) = (self.step / self.per_epoch + 1, self.step);
                let what = format!("loss {loss}");
                return Err(TrainError::Diverged { epoch, step, what }.into());
            }
            self.step += 1;
            sum += loss;
            each();
        }
        Ok(sum / self.per_epoch as f64)
    }

    /// The model as it stands, read by spike counts.
    pub fn model(&self) -> FloatModel {
        self.embedder.model()
    }

    /// The latent weights of every layer, `[row][unit]`.
    pub fn latent_weights(&self) -> Vec<&[f32]> {
        self.embedder.latent_weights()
    }

    /// What [`Body::restore`] needs.
    pub fn checkpoint(&mut self) -> Checkpoint {
        self.embedder.checkpoint(self.step / self.per_epoch)
    }

    /// Goes on where the checkpoint was taken; returns the epochs done.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<usize, EmbeddingError> {
        let done = self.embedder.restore(checkpoint).map_err(TrainError::from)?;
        self.step = done * self.per_epoch;
        Ok(done)
    }

    /// Epochs of the run.
    pub fn epochs(&self) -> usize {
        self.config.epochs
    }
}
