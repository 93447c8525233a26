//! The state of a training run and one step of it.

use super::{
    augment::Showing,
    config::{ConfigError, Method, TrainConfig},
    diagnostics::Diagnostics,
    forward::LayerView,
    geometry::Map,
    lanes::{Buffer, Row},
    loss::Loss,
    optim::{Moments, Step, clip, squares},
    params::{ARRAYS, LayerParams, fresh_layers},
    pass::{Batch, Stage, Whole, pass, stages},
    plastic::{Plastic, Seen},
    samples::Samples,
    shard::{Shard, Size},
    statistics::NormGradient,
    weight_gradient,
};
use crate::{
    data::Code,
    evolve::{Alone, Team, TeamError},
    genome::Genes,
};
use rayon::prelude::*;
use spikewright_ir::Shape;

/// Parameters, moments and buffers.
pub(super) struct Trainer {
    pub config: TrainConfig,
    pub code: Code,
    pub input: Shape,
    pub layers: Vec<LayerParams>,
    pub moments: Vec<[Moments; ARRAYS]>,
    /// What makes the weights of method `genome`.
    pub genes: Option<Genes>,
    pub step: usize,
    pub steps: usize,
    /// What the epoch under way shows, if anybody asks.
    pub diagnostics: Option<Diagnostics>,
    /// Plasticity, if the method has any.
    pub plastic: Option<Plastic>,
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
        let size = Size {
            samples: batch,
            run: batch,
            ticks,
            planes,
            gate,
            integers: config.fine_tune.is_some(),
            keep: config.method.rule().is_some(),
        };
        let o = &config.optimizer;
        let genes = match config.method {
            Method::Genome => Some(Genes::new(&config.genome, config.seed, o, &mut layers)?),
            _ => None,
        };
        let moments_of = |l: &mut LayerParams| {
            let mut moments = l.arrays().map(|(values, _)| Moments::new(o, values.len()));
            if l.encoded {
                // Without moments there is no update: the genes move in place of the weights.
                moments[0] = Moments::new(o, 0);
            }
            moments
        };
        Ok(Self {
            moments: layers.iter_mut().map(moments_of).collect(),
            genes,
            showing: Showing::new(config),
            stages: stages(&layers),
            shards: Shard::cut(batch, size, &layers, config.loss != Loss::EveryTick),
            views: vec![LayerView::default(); layers.len()],
            norms: vec![NormGradient::default(); layers.len()],
            gradients: vec![LayerGradient::default(); layers.len()],
            diagnostics: config.diagnostics.then(Diagnostics::default),
            plastic: Plastic::new(config),
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
            self.finish(batch.len())
        })
    }

    /// The same, its samples divided over a team. Only this thread talks to the others.
    pub fn step_in(
        &mut self,
        team: &dyn Team,
        samples: &Samples,
        labels: &[u8],
        batch: &[usize],
        number: impl Fn(usize) -> u64 + Send + Sync,
    ) -> Result<StepReport, TeamError> {
        if team.size() == 1 {
            return Ok(self.step(samples, labels, batch, number));
        }
        self.pass_in(team, samples, labels, batch, number, None)?;
        Ok(self.finish(batch.len()))
    }

    fn finish(&mut self, samples: usize) -> StepReport {
        StepReport {
            loss: self.shards.iter().map(|s| s.loss).sum::<f64>() / samples as f64,
            correct: self.shards.iter().map(|s| s.correct).sum(),
            flips: self.update(),
        }
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

    /// A pass over a batch that moves nothing but running statistics.
    pub fn look(
        &mut self,
        samples: &Samples,
        labels: &[u8],
        batch: &[usize],
        number: impl Fn(usize) -> u64 + Send + Sync,
    ) {
        rayon::scope(|_| self.pass(samples, labels, batch, number, None));
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
        let passed = self.pass_in(&Alone, samples, labels, indices, number, whole);
        passed.expect("alone there is nobody to lose");
    }

    fn pass_in(
        &mut self,
        team: &dyn Team,
        samples: &Samples,
        labels: &[u8],
        indices: &[usize],
        number: impl Fn(usize) -> u64 + Sync,
        whole: Option<Whole<'_>>,
    ) -> Result<(), TeamError> {
        let config = &self.config;
        let done = self.done();
        for layer in self.layers.iter_mut().filter(|l| l.gated) {
            layer.fade.r = config.gate.fade_at(done);
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
            step: self.step,
            integers: config.fine_tune.filter(|_| done >= 1.0).map(|f| f.frac_bits),
            count: self.diagnostics.is_some(),
            ticks,
            whole,
        };
        let views = (&mut self.layers[..], &mut self.views[..]);
        pass(team, &self.stages, &batch, views, &mut self.shards, &mut self.norms)?;
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
            config.estimator.apply(layer, &mut self.gradients[k], done.min(1.0));
        }
        if let Some(diagnostics) = &mut self.diagnostics {
            diagnostics.passed(&self.layers, &self.shards, &self.gradients, ticks);
        }
        if let Some(genes) = &mut self.genes {
            let layers = &self.layers;
            let gradients = layers.iter().zip(&mut self.gradients);
            let latent = gradients
                .map(|(l, g)| if l.encoded { std::mem::take(&mut g[0]) } else { Vec::new() });
            genes.chain(layers, latent);
        }
        Ok(())
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
        let (number, floats) = (self.step, self.float_steps());
        let of_genes = self.genes.as_ref().map_or(&[][..], Genes::gradients);
        let all = || self.gradients.iter().flatten().chain(of_genes);
        let step = Step {
            rate: match &self.config.fine_tune {
                Some(f) if number >= floats => f.rate(number - floats, self.steps - floats),
                _ => {
                    let epochs = self.config.float_epochs();
                    self.config.schedule.rate(o.learning_rate, number, floats, epochs)
                }
            },
            number,
            scale: match o.clip_norm {
                Some(_) => clip(o.clip_norm, all().map(|g| squares(g)).sum()),
                None => 1.0,
            },
            decay: 0.0,
        };
        let decayed = Step { decay: o.weight_decay, ..step };
        let per_epoch = (self.steps / self.config.epochs).max(1);
        let now = (number / per_epoch, number);
        let (shards, layers, views) = (&self.shards, &self.layers, &self.views);
        let seen = Seen { shards, layers, views, ticks: self.config.ticks };
        let changes = self.plastic.as_mut().map_or_else(Vec::new, |p| p.changes(seen, now));
        let mut flips = 0;
        if let Some(genes) = &mut self.genes {
            genes.update(&o, step, decayed);
            genes.decode(&mut self.layers);
        }
        for (k, ((layer, moments), g)) in
            self.layers.iter_mut().zip(&mut self.moments).zip(&self.gradients).enumerate()
        {
            let change = changes.get(k).filter(|c| !c.is_empty());
            let before = change.map_or_else(Vec::new, |_| layer.weights.latent.clone());
            for (((values, decays), moments), g) in layer.arrays().into_iter().zip(moments).zip(g) {
                moments.update(&o, if decays { decayed } else { step }, values, g);
            }
            if let (Some(plastic), Some(change)) = (&mut self.plastic, change) {
                plastic.apply(layer, &before, change);
            }
            if let Some(diagnostics) = &mut self.diagnostics {
                diagnostics.moved(k, layer);
            }
            let changed = layer.refresh();
            if let Some(diagnostics) = &mut self.diagnostics {
                diagnostics.flipped(k, changed);
            }
            flips += changed;
        }
        self.step += 1;
        flips
    }

    /// Binary weights and signs of float ones, layer by layer.
    pub fn signs(&self) -> Vec<Vec<bool>> {
        self.layers.par_iter().map(|l| l.latents().map(|w| w >= 0.0).collect()).collect()
    }

    /// Steps before fine-tuning.
    fn float_steps(&self) -> usize {
        self.steps / self.config.epochs * self.config.float_epochs()
    }

    /// How far training is, 0 to 1; from 1 on it is fine-tuning.
    fn done(&self) -> f64 {
        self.step as f64 / self.float_steps() as f64
    }
}

#[cfg(test)]
#[path = "gradient_test/mod.rs"]
mod gradient_test;

#[cfg(test)]
#[path = "agmm_test.rs"]
mod agmm_test;
