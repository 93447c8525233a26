//! Training step by step without an end: what a benchmark drives.

use super::{
    config::TrainConfig,
    data::TrainingData,
    run::{TrainError, check_data},
    samples::Samples,
    trainer::Trainer,
};
use crate::data::Images;

/// A training run that takes one batch after the other, in the order of the images.
pub struct Stepper {
    trainer: Trainer,
    samples: Samples,
    labels: Vec<u8>,
    batch: usize,
    steps: u64,
}

impl Stepper {
    /// Fresh parameters for these images (at least one batch of them). The schedule counts as at
    /// its start for ever.
    pub fn new(config: &TrainConfig, images: &Images) -> Result<Self, TrainError> {
        config.check()?;
        let data = TrainingData::images(images.clone(), images.first(0), config);
        check_data(config, &data)?;
        let batch = config.batch.min(images.len());
        let trainer = Trainer::new(config, &data.code, data.shape, batch, usize::MAX)?;
        let samples = Samples::new(&data.train, trainer.input_map());
        Ok(Self { trainer, samples, labels: images.labels.clone(), batch, steps: 0 })
    }

    /// One step as [`step`](Self::step) takes it; returns the mean loss of its samples before the
    /// update.
    pub fn loss(&mut self) -> f64 {
        self.advance()
    }

    /// One step: encode, forward, backward, update. Returns the samples of the step.
    pub fn step(&mut self) -> usize {
        self.advance();
        self.batch
    }

    fn advance(&mut self) -> f64 {
        let first = self.steps as usize % (self.labels.len() / self.batch) * self.batch;
        let batch: Vec<usize> = (first..first + self.batch).collect();
        let number = self.steps << 32;
        let report = self.trainer.step(&self.samples, &self.labels, &batch, |i| number + i as u64);
        self.steps += 1;
        report.loss
    }
}
