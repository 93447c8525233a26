//! Training by a loss of one's own over the spike counts of a whole batch: what prototypes need,
//! whose logits compare samples of the batch with each other.

use super::{
    best::Best,
    checkpoint::{Checkpoint, CheckpointError},
    config::TrainConfig,
    data::Labelled,
    export::export,
    run::TrainError,
    samples::Samples,
    shard::Shard,
    trainer::Trainer,
};
use crate::{data::Code, model::FloatModel};
use spikewright_ir::{Readout, Shape};
use std::sync::Mutex;

/// A run whose last layer's spike counts are an embedding.
pub struct Embedder {
    trainer: Trainer,
    samples: Samples,
    labels: Vec<u8>,
    batch: usize,
}

impl Embedder {
    /// Fresh layers for batches of `batch` of these samples (whose labels play no part), and a
    /// schedule of `steps` steps. The last layer has batch norm and no pooling.
    pub fn new(
        config: &TrainConfig,
        data: &Labelled,
        code: &Code,
        shape: Shape,
        batch: usize,
        steps: usize,
    ) -> Result<Self, TrainError> {
        let fault = |message: &str, remedy| TrainError::Data { message: message.into(), remedy };
        config.check_embedding()?;
        let last = config.layers.last();
        let embeds = last.is_some_and(|l| l.batch_norm && l.or_pool == 1);
        if config.readout != Readout::SpikeCount || !embeds {
            let message = "an embedding is read from spike counts behind batch norm";
            return Err(fault(message, "readout spike_count, no pooling of the last layer"));
        }
        if batch < 2 || data.is_empty() {
            return Err(fault("batches of fewer than two samples", "give more samples"));
        }
        let trainer = Trainer::new(config, code, shape, batch, steps)?;
        let samples = Samples::new(data, trainer.input_map());
        Ok(Self { trainer, samples, labels: vec![0; data.len()], batch })
    }

    /// One step on these samples, as many as the batch has; `number` tells this showing from all
    /// others. `loss` takes the counts, `[sample][feature]`, and gives the loss with its gradients;
    /// features are in the order of training's maps, positions before channels. Returns the loss.
    pub fn step(
        &mut self,
        batch: &[usize],
        number: u64,
        loss: impl Fn(&[Vec<f32>]) -> (f64, Vec<Vec<f32>>) + Sync,
    ) -> f64 {
        assert_eq!(batch.len(), self.batch, "a batch of another size");
        let value = Mutex::new(0.0);
        let whole = |shards: &mut [Shard]| {
            let (found, gradients) = loss(&counts(shards));
            *value.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = found;
            leave(shards, &gradients);
        };
        let first = number << 32;
        let showing = |i: usize| first + i as u64;
        self.trainer.step_whole(&self.samples, &self.labels, batch, showing, &whole);
        value.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    /// The model as it stands, with its running statistics.
    pub fn model(&self) -> FloatModel {
        export(&self.trainer)
    }

    /// The latent weights of every layer, `[row][unit]` in the order of training's windows.
    pub fn latent_weights(&self) -> Vec<&[f32]> {
        self.trainer.layers.iter().map(|l| &*l.weights.latent).collect()
    }

    /// What [`Embedder::restore`] needs to go on after `epochs` whole epochs.
    pub fn checkpoint(&mut self, epochs: usize) -> Checkpoint {
        Checkpoint::take(&mut self.trainer, epochs, self.labels.len(), Best::default(), None)
    }

    /// Goes on where the checkpoint was taken; returns the epochs done.
    pub fn restore(&mut self, checkpoint: &Checkpoint) -> Result<usize, CheckpointError> {
        checkpoint.restore(&mut self.trainer, self.labels.len())
    }

    /// Whether every parameter is a finite number.
    pub fn is_finite(&mut self) -> bool {
        self.trainer.is_finite()
    }
}

/// Spike counts of the last layer, `[sample][neuron]`.
fn counts(shards: &[Shard]) -> Vec<Vec<f32>> {
    let mut out = Vec::new();
    for shard in shards {
        let Some(l) = shard.layers.last() else { continue };
        let n = l.raster.len() / shard.run;
        let rows = l.raster.chunks_exact(n).take(shard.samples);
        out.extend(rows.map(|row| row.iter().map(|r| r.count_ones() as f32).collect()));
    }
    out
}

/// Leaves the gradients of the counts where the backward pass takes them: all ticks share them.
fn leave(shards: &mut [Shard], gradients: &[Vec<f32>]) {
    let mut gradients = gradients.iter();
    for shard in shards {
        let samples = shard.samples;
        let Some(l) = shard.layers.last_mut() else { continue };
        let n = l.raster.len() / shard.run;
        for rows in l.upstream.chunks_exact_mut(l.upstream_rows * n).take(samples) {
            let Some(gradient) = gradients.next() else { return };
            rows.chunks_exact_mut(n).for_each(|row| row.copy_from_slice(gradient));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        data::Images,
        rng::Stream,
        train::{LayerConfig, loss::cross_entropy},
    };
    use spikewright_ir::Leak;

    /// Cross entropy of counts, taken from outside, makes the very step that training makes of it.
    #[test]
    fn a_loss_from_outside_makes_the_step_of_the_one_inside() {
        let text = include_str!("../../../configs/mnist.toml");
        let mut config = TrainConfig::from_toml(text).unwrap();
        (config.readout, config.classes, config.batch) = (Readout::SpikeCount, 4, 40);
        let dense = |n| LayerConfig::dense(n, Leak::Shift(1));
        let conv = LayerConfig { channels: 3, kernel: 3, or_pool: 2, ..dense(0) };
        config.layers = vec![conv, dense(4)];
        let mut draw = Stream::named(3, "embed").sequence();
        let pixels = (0..40 * 64).map(|_| draw.word() as u8).collect();
        let labels: Vec<u8> = (0..40).map(|_| draw.below(4) as u8).collect();
        let images = Images { height: 8, width: 8, pixels, labels: labels.clone() };
        let batch: Vec<usize> = (0..40).collect();
        let loss = |counts: &[Vec<f32>]| {
            let mut sum = 0.0;
            let row = |(row, &label): (&Vec<f32>, &u8)| {
                let mut g = vec![0.0; 4];
                sum += f64::from(cross_entropy(row, usize::from(label), 1.0 / 40.0, &mut g));
                g
            };
            let rows = counts.iter().zip(&labels).map(row).collect();
            (sum / 40.0, rows)
        };
        let (shape, data) = (images.shape(), Labelled::Images(images));
        let code = config.encoder().into();
        let mut outside = Embedder::new(&config, &data, &code, shape, 40, 10).unwrap();
        let mut inside = Trainer::new(&config, &code, shape, 40, 10).unwrap();
        let samples = Samples::new(&data, inside.input_map());
        for step in 0..3 {
            let expect = inside.step(&samples, &labels, &batch, |i| (step << 32) + i as u64);
            let got = outside.step(&batch, step, loss);
            assert!((got - expect.loss).abs() < 1e-6);
            assert_eq!(outside.model(), export(&inside));
        }
    }
}
