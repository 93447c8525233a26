//! The state of a training run and one step of it.

use super::{
    augment::{Showing, SparseImages},
    backward::{LayerGradient, layer_backward},
    config::{Method, TrainConfig, WeightKind},
    forward::{LayerView, layer_forward, pass_spikes},
    gate::{GateMode, fade_at},
    loss::Loss,
    optim::{Moments, Step, clip, squares},
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
        for shard in shards.iter_mut().filter(|_| config.loss != Loss::EveryTick) {
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
        let showing = Showing::new(config);
        self.shards.par_iter_mut().for_each(|shard| {
            let here = &batch[shard.first..][..shard.samples];
            for (s, &i) in here.iter().enumerate() {
                shard.labels[s] = usize::from(labels[i]);
                let events = &mut shard.layers[0].events[s];
                images.draw(i, number(i), &showing, &mut shard.rasters, events);
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
        let (output, gradient) = (self.output.as_ref(), &mut self.output_gradient);
        output_step(&mut self.shards, output, config.loss, ticks, gradient);
        for (k, layer) in self.layers.iter().enumerate().rev() {
            let (view, gradient) = (&self.views[k], &mut self.gradients[k]);
            layer_backward(&mut self.shards, k, layer, gate, ticks, view, gradient);
        }
    }

    /// Whether every parameter is a finite number.
    pub fn is_finite(&self) -> bool {
        let hidden = |l: &LayerParams| {
            [&l.weights.latent, &l.norm.gain, &l.norm.beta].iter().all(|v| all_finite(v))
        };
        self.layers.iter().all(hidden)
            && self.output.iter().all(|o| {
                o.scale.is_finite() && all_finite(&o.weights.latent) && all_finite(&o.bias)
            })
    }

    /// Sum of the squares of all gradients.
    fn squares(&self) -> f64 {
        let hidden = self.gradients.iter().flat_map(|g| [&g.latent, &g.gain, &g.beta]);
        let o = self.output.as_ref().map(|_| &self.output_gradient);
        let output = o.into_iter().flat_map(|g| [&g.latent, &g.bias]);
        let scale = o.map_or(0.0, |g| f64::from(g.scale) * f64::from(g.scale));
        hidden.chain(output).map(|g| squares(g)).sum::<f64>() + scale
    }

    /// Moves every parameter along its gradient; returns how many signs flipped.
    fn update(&mut self) -> usize {
        let o = self.config.optimizer;
        let (number, epochs) = (self.step, self.config.epochs);
        let step = Step {
            rate: self.config.schedule.rate(o.learning_rate, number, self.steps, epochs),
            number,
            scale: if o.clip_norm.is_some() { clip(o.clip_norm, self.squares()) } else { 1.0 },
            decay: 0.0,
        };
        let decayed = Step { decay: o.weight_decay, ..step };
        let mut flips = 0;
        let parts = self.layers.iter_mut().zip(&mut self.moments).zip(&self.gradients);
        for ((layer, [weights, gain, beta]), g) in parts {
            weights.update(&o, decayed, &mut layer.weights.latent, &g.latent);
            gain.update(&o, step, &mut layer.norm.gain, &g.gain);
            beta.update(&o, step, &mut layer.norm.beta, &g.beta);
            flips += layer.weights.refresh();
        }
        if let Some(output) = &mut self.output {
            let g = &self.output_gradient;
            let [weights, bias, scale] = &mut self.output_moments;
            weights.update(&o, decayed, &mut output.weights.latent, &g.latent);
            bias.update(&o, step, &mut output.bias, &g.bias);
            scale.update(&o, step, std::slice::from_mut(&mut output.scale), &[g.scale]);
            flips += output.weights.refresh();
        }
        self.step += 1;
        flips
    }
}

fn all_finite(values: &[f32]) -> bool {
    values.iter().all(|v| v.is_finite())
}

#[cfg(test)]
#[path = "gradient_test.rs"]
mod gradient_test;
