//! The state of a training run and one step of it.

use super::{
    augment::SparseImages,
    backward::{LayerGradient, layer_backward},
    config::{Method, TrainConfig, WeightKind},
    forward::{LayerView, layer_forward, pass_spikes},
    gate::{GateMode, fade_at},
    optim::{Moments, cosine},
    output::{OutputGradient, output_step},
    params::{LayerParams, OutputParams},
    shard::Shard,
};
use crate::rng::Stream;
use rayon::prelude::*;
use spikewright_ir::Readout;

/// Parameters, moments and buffers.
pub(super) struct Trainer {
    pub config: TrainConfig,
    pub layers: Vec<LayerParams>,
    pub output: Option<OutputParams>,
    pub step: usize,
    pub steps: usize,
    pub moments: Vec<[Moments; 3]>,
    pub output_moments: [Moments; 3],
    shards: Vec<Shard>,
    views: Vec<LayerView>,
    gradients: Vec<LayerGradient>,
    output_gradient: OutputGradient,
}

/// What a step reports.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StepReport {
    pub loss: f64,
    pub correct: usize,
    pub flips: usize,
}

impl Trainer {
    /// Fresh parameters for inputs of `pixels` pixels; `steps` is the length of the run and
    /// `batch` the samples of a step.
    pub fn new(config: &TrainConfig, pixels: usize, batch: usize, steps: usize) -> Self {
        let init = Stream::named(config.seed, "weights");
        let mut inputs = pixels;
        let mut layers = Vec::new();
        for (k, l) in config.layers.iter().enumerate() {
            layers.push(LayerParams::new(l, inputs, config.ticks, init.child(k as u64)));
            inputs = l.neurons;
        }
        let kind = config.layers.last().map_or(WeightKind::Binary, |l| l.weights);
        let output = (config.readout == Readout::Potential)
            .then(|| OutputParams::new(inputs, config.classes, kind, init.child(u64::MAX)));
        let mut shards = Shard::cut(batch, config.ticks, &config.layers);
        for shard in &mut shards {
            if let Some(last) = shard.layers.last_mut() {
                last.upstream.truncate(shard.samples * inputs);
            }
        }
        let o = &config.optimizer;
        let three = |a, b, c| [Moments::new(o, a), Moments::new(o, b), Moments::new(o, c)];
        Self {
            moments: layers
                .iter()
                .map(|l| {
                    let n = l.weights.neurons;
                    three(l.weights.latent.len(), n, n)
                })
                .collect(),
            output_moments: three(inputs * config.classes, config.classes, 1),
            views: vec![LayerView::default(); layers.len()],
            gradients: vec![LayerGradient::default(); layers.len()],
            output_gradient: OutputGradient::default(),
            config: config.clone(),
            layers,
            output,
            shards,
            step: 0,
            steps,
        }
    }

    fn gate(&self) -> Option<GateMode> {
        (self.config.method == Method::Agmm).then_some(self.config.gate.mode)
    }

    /// One step on the images `batch`; `number(i)` numbers the showing of image `i` in the run.
    pub fn step(
        &mut self,
        images: &SparseImages,
        labels: &[u8],
        batch: &[usize],
        number: impl Fn(usize) -> u64 + Send + Sync,
    ) -> StepReport {
        // The whole step inside the thread pool: entering it is dear, and a step forks often.
        rayon::scope(|_| {
            self.pass(images, labels, batch, number);
            StepReport {
                loss: self.shards.iter().map(|s| s.loss).sum::<f64>() / batch.len() as f64,
                correct: self.shards.iter().map(|s| s.correct).sum(),
                flips: self.update(),
            }
        })
    }

    /// Forward and backward pass: leaves loss and gradients.
    fn pass(
        &mut self,
        images: &SparseImages,
        labels: &[u8],
        batch: &[usize],
        number: impl Fn(usize) -> u64 + Sync,
    ) {
        let (config, gate, ticks) = (&self.config, self.gate(), self.config.ticks);
        let (encoder, shift) = (config.encoder(), config.shift_pixels);
        let shifts = Stream::named(config.seed, "shift");
        self.shards.par_iter_mut().for_each(|shard| {
            let here = &batch[shard.first..][..shard.samples];
            for (s, &i) in here.iter().enumerate() {
                shard.labels[s] = usize::from(labels[i]);
                let events = &mut shard.layers[0].events[s];
                images.draw(i, number(i), shift, &encoder, shifts, &mut shard.rasters, events);
            }
        });
        let done = self.step as f64 / self.steps as f64;
        for (k, layer) in self.layers.iter_mut().enumerate() {
            if k > 0 {
                self.shards.par_iter_mut().for_each(|s| pass_spikes(s, k - 1));
            }
            layer.fade.r = fade_at(done, config.gate.anneal_start, config.gate.anneal_end);
            layer_forward(&mut self.shards, k, layer, gate, ticks, &mut self.views[k]);
        }
        output_step(&mut self.shards, self.output.as_ref(), ticks, &mut self.output_gradient);
        for (k, layer) in self.layers.iter().enumerate().rev() {
            let (view, gradient) = (&self.views[k], &mut self.gradients[k]);
            layer_backward(&mut self.shards, k, layer, gate, ticks, view, gradient);
        }
    }

    /// Moves every parameter along its gradient; returns how many signs flipped.
    fn update(&mut self) -> usize {
        let o = self.config.optimizer;
        let rate = cosine(o.learning_rate(), self.step, self.steps);
        let mut flips = 0;
        let parts = self.layers.iter_mut().zip(&mut self.moments).zip(&self.gradients);
        for ((layer, [weights, gain, beta]), g) in parts {
            weights.update(&o, rate, self.step, &mut layer.weights.latent, &g.latent);
            gain.update(&o, rate, self.step, &mut layer.norm.gain, &g.gain);
            beta.update(&o, rate, self.step, &mut layer.norm.beta, &g.beta);
            flips += layer.weights.refresh();
        }
        if let Some(output) = &mut self.output {
            let g = &self.output_gradient;
            let [weights, bias, scale] = &mut self.output_moments;
            weights.update(&o, rate, self.step, &mut output.weights.latent, &g.latent);
            bias.update(&o, rate, self.step, &mut output.bias, &g.bias);
            scale.update(&o, rate, self.step, std::slice::from_mut(&mut output.scale), &[g.scale]);
            flips += output.weights.refresh();
        }
        self.step += 1;
        flips
    }
}

#[cfg(test)]
#[path = "gradient_test.rs"]
mod gradient_test;
