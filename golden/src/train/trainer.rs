//! The state of a training run and one step of it.

use super::{
    augment::Showing,
    config::{ConfigError, Method, TrainConfig},
    forward::LayerView,
    gate::fade_at,
    geometry::Map,
    lanes::{Buffer, Row},
    loss::Loss,
    optim::{Moments, Step, clip, squares},
    params::{ARRAYS, LayerParams, fresh_layers},
    pass::{Batch, Stage, Whole, pass, stages},
    samples::Samples,
    shard::{Shard, Size},
    statistics::NormGradient,
    weight_gradient,
};
use crate::data::Code;
use rayon::prelude::*;
use spikewright_ir::Shape;

/// Parameters, moments and buffers.
pub(super) struct Trainer {
    pub config: TrainConfig,
    pub code: Code,
    pub input: Shape,
    pub layers: Vec<LayerParams>,
    pub moments: Vec<[Moments; ARRAYS]>,
    pub step: usize,
    pub steps: usize,
    showing: Showing,
    stages: Vec<Stage>,
    shards: Vec<Shard>,
    views: Vec<LayerView>,
    norms: Vec<NormGradient>,
    gradients: Vec<LayerGradient>,
    blocks: Buffer<Row<f32>>,
}

/// Gradients of a layer's parameter arrays, in the order of [`LayerParams::arrays`].
pub(super) type LayerGradient = [Vec<f32>; ARRAYS];

/// What a step reports.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct StepReport {
    pub loss: f64,
    pub correct: usize,
    pub flips: usize,
}

impl Trainer {
    /// Fresh parameters for inputs of this shape; `steps` is the length of the run and `batch` the
    /// samples of a step.
    pub fn new(
        config: &TrainConfig,
        code: &Code,
        input: Shape,
        batch: usize,
        steps: usize,
    ) -> Result<Self, ConfigError> {
        let mut layers = fresh_layers(config, input)?;
        let gate = (config.method == Method::Agmm).then_some(config.gate.mode);
        let (ticks, planes) = (config.ticks, code.planes());
        let size = Size { samples: batch, run: batch, ticks, planes, gate };
        let o = &config.optimizer;
        Ok(Self {
            moments: layers
                .iter_mut()
                .map(|l| l.arrays().map(|(values, _)| Moments::new(o, values.len())))
                .collect(),
            showing: Showing::new(config),
            stages: stages(&layers),
            shards: Shard::cut(batch, size, &layers, config.loss != Loss::EveryTick),
            views: vec![LayerView::default(); layers.len()],
            norms: vec![NormGradient::default(); layers.len()],
            gradients: vec![LayerGradient::default(); layers.len()],
            blocks: Buffer::new(0),
            config: config.clone(),
            code: code.clone(),
            input,
            layers,
            step: 0,
            steps,
        })
    }

    /// The map of its inputs.
    pub fn input_map(&self) -> Map {
        self.layers[0].geometry.from
    }

    /// One step on the samples `batch`; `number(i)` numbers the showing of sample `i` in the run.
    pub fn step(
        &mut self,
        samples: &Samples,
        labels: &[u8],
        batch: &[usize],
        number: impl Fn(usize) -> u64 + Send + Sync,
    ) -> StepReport {
        // The whole step inside the thread pool: entering it is dear, and a step forks often.
        rayon::scope(|_| {
            self.pass(samples, labels, batch, number, None);
            StepReport {
                loss: self.shards.iter().map(|s| s.loss).sum::<f64>() / batch.len() as f64,
                correct: self.shards.iter().map(|s| s.correct).sum(),
                flips: self.update(),
            }
        })
    }

    /// One step by a loss that looks at the last layer's spikes of the whole batch.
    pub fn step_whole(
        &mut self,
        samples: &Samples,
        labels: &[u8],
        batch: &[usize],
        number: impl Fn(usize) -> u64 + Send + Sync,
        whole: Whole<'_>,
    ) {
        for stage in &mut self.stages {
            if *stage == Stage::Output {
                *stage = Stage::Whole;
            }
        }
        rayon::scope(|_| {
            self.pass(samples, labels, batch, number, Some(whole));
            self.update();
        });
    }

    /// Forward and backward pass: leaves loss and gradients.
    fn pass(
        &mut self,
        samples: &Samples,
        labels: &[u8],
        indices: &[usize],
        number: impl Fn(usize) -> u64 + Sync,
        whole: Option<Whole<'_>>,
    ) {
        let config = &self.config;
        let done = self.step as f64 / self.steps as f64;
        for layer in &mut self.layers {
            layer.fade.r = fade_at(done, config.gate.anneal_start, config.gate.anneal_end);
        }
        let ticks = config.ticks;
        let batch = Batch {
            samples,
            labels,
            indices,
            number,
            showing: &self.showing,
            reading: config.loss.reading(ticks, indices.len()),
            gate: (config.method == Method::Agmm).then_some(config.gate.mode),
            ticks,
            whole,
        };
        let (layers, views) = (&mut self.layers, &mut self.views);
        pass(&self.stages, &batch, layers, views, &mut self.shards, &mut self.norms);
        let (shards, blocks) = (&self.shards, &mut self.blocks);
        for (k, layer) in self.layers.iter().enumerate() {
            let NormGradient { gain, beta } = std::mem::take(&mut self.norms[k]);
            let scale: f32 = shards.iter().map(|s| s.layers[k].scale_gradient).sum();
            self.gradients[k] = [
                weight_gradient::feed_forward(shards, k, layer, ticks, blocks),
                weight_gradient::recurrent(shards, k, layer, ticks, blocks),
                gain,
                beta,
                vec![scale; layer.scale.len()],
            ];
        }
    }

    /// Whether every parameter is a finite number.
    pub fn is_finite(&mut self) -> bool {
        self.layers
            .iter_mut()
            .flat_map(LayerParams::arrays)
            .all(|(values, _)| values.iter().all(|v| v.is_finite()))
    }

    /// Moves every parameter along its gradient; returns how many binary weights changed.
    fn update(&mut self) -> usize {
        let o = self.config.optimizer;
        let (number, epochs) = (self.step, self.config.epochs);
        let all = || self.gradients.iter().flatten();
        let step = Step {
            rate: self.config.schedule.rate(o.learning_rate, number, self.steps, epochs),
            number,
            scale: match o.clip_norm {
                Some(_) => clip(o.clip_norm, all().map(|g| squares(g)).sum()),
                None => 1.0,
            },
            decay: 0.0,
        };
        let decayed = Step { decay: o.weight_decay, ..step };
        let mut flips = 0;
        for ((layer, moments), g) in
            self.layers.iter_mut().zip(&mut self.moments).zip(&self.gradients)
        {
            for (((values, decays), moments), g) in layer.arrays().into_iter().zip(moments).zip(g) {
                moments.update(&o, if decays { decayed } else { step }, values, g);
            }
            flips += layer.refresh();
        }
        self.step += 1;
        flips
    }

    /// Binary weights and signs of float ones, layer by layer.
    pub fn signs(&self) -> Vec<bool> {
        let pieces: Vec<Vec<bool>> =
            self.layers.par_iter().map(|l| l.latents().map(|w| w >= 0.0).collect()).collect();
        pieces.concat()
    }
}

#[cfg(test)]
#[path = "gradient_test/mod.rs"]
mod gradient_test;
