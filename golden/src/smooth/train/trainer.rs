//! The state of a run and one step of it. A step's samples are cut into fixed shards, whose gradients are
//! added up in order.

use super::{
    config::SmoothConfig,
    params::{self, Form, LayerParams, chain, fill, fresh, sizes},
    samples::{Flips, Samples},
};
use crate::{
    rng::Stream,
    smooth::theta::{Gradient, Net, Pass, TooLarge, first, first_spike},
    train::{Row, Step},
};
use rayon::prelude::*;

/// Samples of a shard.
const SHARD: usize = 128;
/// Rows of lanes that are added up together.
const PIECE: usize = 1 << 9;

/// Parameters, and room for a step.
pub struct Trainer {
    /// The configuration.
    pub config: SmoothConfig,
    /// Parameters, layer by layer.
    pub params: Vec<LayerParams>,
    /// The net they make.
    pub net: Net<f32>,
    /// Steps done.
    pub step: usize,
    steps: usize,
    per_epoch: usize,
    shards: Vec<Shard>,
}

struct Shard {
    pass: Pass<f32>,
    gradient: Gradient<f32>,
    room: Vec<u16>,
    loss: f64,
    correct: usize,
}

/// What a step reports.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepReport {
    /// Mean loss.
    pub loss: f64,
    /// Samples whose labelled class was first, pseudospikes included.
    pub correct: usize,
}

impl Trainer {
    /// Fresh parameters for samples of so many inputs; `per_epoch` steps make an epoch.
    pub fn new(config: &SmoothConfig, inputs: usize, batch: usize, per_epoch: usize) -> Self {
        let phase = 0.5 * config.period;
        let net = Net::new(&sizes(config, inputs), config.trial, config.period, phase);
        let shard = |_| Shard {
            pass: Pass::new(&net, 1.0),
            gradient: Gradient::new(&net),
            room: Vec::new(),
            loss: 0.0,
            correct: 0,
        };
        let mut out = Self {
            params: fresh(config, inputs),
            shards: (0..batch.div_ceil(SHARD)).map(shard).collect(),
            config: config.clone(),
            step: 0,
            steps: per_epoch * config.epochs,
            per_epoch,
            net,
        };
        out.refresh();
        out
    }

    /// Steps of an epoch.
    pub fn per_epoch(&self) -> usize {
        self.per_epoch
    }

    /// Fraction of the run that is done.
    fn done(&self) -> f64 {
        self.step as f64 / self.steps as f64
    }

    /// The form that weights have now.
    pub fn form(&self) -> Form {
        Form::at(self.config.binary.as_ref(), self.done())
    }

    /// How much pulses of pseudospikes count now.
    pub fn pseudo_pulses(&self) -> f64 {
        let [start, end] = self.config.pseudo_pulses;
        start + (end - start) * self.done()
    }

    /// Makes the net that of the parameters.
    pub fn refresh(&mut self) {
        let form = self.form();
        fill(&mut self.net, &self.params, form);
    }

    /// One step on the samples `batch`. Showing `i` inverts its own pixels, drawn from child `i` of
    /// `showings`. Nothing is changed where weights are too large.
    pub fn step(
        &mut self,
        samples: &Samples,
        batch: &[usize],
        showings: Stream,
    ) -> Result<StepReport, TooLarge> {
        // The whole step inside the thread pool: entering it is dear.
        rayon::scope(|_| {
            let report = self.pass(samples, batch, showings)?;
            self.update(batch.len());
            Ok(report)
        })
    }

    fn pass(
        &mut self,
        samples: &Samples,
        batch: &[usize],
        showings: Stream,
    ) -> Result<StepReport, TooLarge> {
        let factor = self.pseudo_pulses();
        let (net, config) = (&self.net, &self.config);
        self.shards.par_iter_mut().zip(batch.par_chunks(SHARD)).try_for_each(
            |(shard, batch)| {
                shard.gradient.clear();
                shard.pass.set_factor(factor);
                (shard.loss, shard.correct) = (0.0, 0);
                batch.iter().try_for_each(|&i| {
                    shard.sample(net, config, samples, i, showings.child(i as u64))
                })
            },
        )?;
        Ok(StepReport {
            loss: self.shards.iter().map(|s| s.loss).sum::<f64>() / batch.len() as f64,
            correct: self.shards.iter().map(|s| s.correct).sum(),
        })
    }

    fn update(&mut self, batch: usize) {
        let form = self.form();
        sum(&mut self.shards);
        let gradients = chain(&self.net, &self.params, form, &self.shards[0].gradient);
        let mut rate = f64::from(self.config.optimizer.learning_rate);
        rate *= (-((self.step / self.per_epoch) as f64) / self.config.decay_epochs).exp();
        if let (Form::Sign, Some(b)) = (form, &self.config.binary) {
            rate *= b.tune;
        }
        let step =
            Step { rate: rate as f32, number: self.step, scale: 1.0 / batch as f32, decay: 0.0 };
        params::update(&self.config, &mut self.params, form, step, &gradients);
        self.step += 1;
        self.refresh();
    }

    /// Whether every parameter is a finite number.
    pub fn is_finite(&self) -> bool {
        let all = |p: &LayerParams| {
            let arrays = [&p.latent, &p.phases, &p.log_scale];
            arrays.iter().all(|a| a.iter().all(|x| x.is_finite()))
        };
        self.params.iter().all(all)
    }
}

impl Shard {
    fn sample(
        &mut self,
        net: &Net<f32>,
        config: &SmoothConfig,
        samples: &Samples,
        i: usize,
        stream: Stream,
    ) -> Result<(), TooLarge> {
        let label = usize::from(samples.labels[i]);
        let flips = (config.flip > 0.0).then_some(Flips { stream, probability: config.flip });
        let stimulus = samples.show(i, flips, &mut self.room);
        self.pass.forward(net, stimulus)?;
        self.correct += usize::from(first(&self.pass.outputs) == label);
        let mut outputs = std::mem::take(&mut self.pass.outputs);
        self.loss += first_spike(&mut outputs, label, net.trial, config.gamma);
        self.pass.backward(net, stimulus, &outputs, &mut self.gradient);
        self.pass.outputs = outputs;
        Ok(())
    }
}

/// The sum of the shards' gradients, in order, left in the first.
fn sum(shards: &mut [Shard]) {
    let Some((first, rest)) = shards.split_first_mut() else {
        return;
    };
    let rest = &*rest;
    let add = |total: &mut [Row<f32>], of: &(dyn Fn(&Gradient<f32>) -> &[Row<f32>] + Sync)| {
        total.par_chunks_mut(PIECE).enumerate().for_each(|(k, total)| {
            for shard in rest {
                let rows = of(&shard.gradient)[k * PIECE..].as_flattened();
                let total = total.as_flattened_mut().iter_mut();
                total.zip(rows).for_each(|(t, g)| *t += g);
            }
        });
    };
    for l in 0..first.gradient.weights.len() {
        add(&mut first.gradient.weights[l], &|g| &g.weights[l]);
        add(&mut first.gradient.phases[l], &|g| &g.phases[l]);
    }
}

#[cfg(test)]
#[path = "trainer_test.rs"]
mod trainer_test;
