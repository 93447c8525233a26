//! The outer loop: Adam on the mean meta-gradient of a few tasks per step.

use super::{
    forward::Sample,
    gradient::Example,
    inner::{Grid, Inner},
    maml::{MetaGradient, MetaMethod, meta_gradient},
    net::{MetaError, Net, Part},
    task::{Family, Task},
};
use crate::rng::Stream;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// How to meta-train.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MetaOptions {
    /// What the outer loop descends.
    pub method: MetaMethod,
    /// Seed of weights and tasks.
    pub seed: u64,
    /// Outer steps, at least 1.
    pub iterations: usize,
    /// Tasks per outer step, at least 1.
    pub tasks: usize,
    /// Inner steps K.
    pub steps: usize,
    /// Inner step size, above 0.
    pub inner_rate: f64,
    /// Learn a step size of every parameter (Meta-SGD); negative ones become 0.
    #[serde(default)]
    pub learn_rates: bool,
    /// Fixed point of adapted parameters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grid: Option<Grid>,
    /// Rate of the outer Adam, falling to 0 along a cosine.
    pub outer_rate: f64,
    /// Largest norm of an outer gradient.
    pub clip_norm: f64,
}

impl MetaOptions {
    /// Checks every range.
    pub fn check(&self) -> Result<(), MetaError> {
        let positive = |x: f64| x.is_finite() && x > 0.0;
        let ranges = [
            (self.iterations >= 1, "iterations", "at least 1"),
            (self.tasks >= 1, "tasks", "at least 1"),
            (self.steps <= 64, "steps", "0 to 64"),
            (positive(self.inner_rate), "inner_rate", "a positive number"),
            (positive(self.outer_rate), "outer_rate", "a positive number"),
            (positive(self.clip_norm), "clip_norm", "a positive number"),
            (
                self.grid.is_none_or(|g| (2..=16).contains(&g.bits) && g.fraction <= 15),
                "grid",
                "2 to 16 bits, up to 15 of them behind the point",
            ),
            (
                !(self.learn_rates && self.method == MetaMethod::Reptile),
                "learn_rates",
                "reptile has no gradient of step sizes: take another method",
            ),
        ];
        match ranges.into_iter().find(|r| !r.0) {
            Some((_, key, remedy)) => {
                Err(MetaError::new("meta", format!("{key} out of range"), remedy))
            }
            None => Ok(()),
        }
    }

    /// The inner loop it starts from.
    pub fn inner(&self, net: &Net) -> Inner {
        let rates = self.method.rates(net, self.inner_rate);
        Inner { rates, steps: self.steps, grid: self.grid }
    }
}

/// What meta-training has learned.
#[derive(Clone, PartialEq, Debug)]
pub struct Learned {
    /// Where tasks start.
    pub theta: Vec<f64>,
    /// How they are learned.
    pub inner: Inner,
}

/// One outer step in numbers.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OuterStep {
    /// Steps done.
    pub done: usize,
    /// Mean query loss after adaptation.
    pub loss: f64,
    /// Fraction of query samples classified as labelled after adaptation.
    pub accuracy: f64,
}

/// A task's samples as the network takes them.
pub struct Shots {
    support: Vec<(Sample, usize)>,
    query: Vec<(Sample, usize)>,
}

impl Shots {
    /// From a task for a network's input.
    pub fn new(task: &Task, net: &Net) -> Self {
        let turn = |shots: &[super::Shot]| {
            shots.iter().map(|s| (Sample::of(&s.input, net.input), s.class)).collect()
        };
        Self { support: turn(&task.support), query: turn(&task.query) }
    }

    /// Support set.
    pub fn support(&self) -> Vec<Example<'_>> {
        examples(&self.support)
    }

    /// Query set.
    pub fn query(&self) -> Vec<Example<'_>> {
        examples(&self.query)
    }
}

fn examples(shots: &[(Sample, usize)]) -> Vec<Example<'_>> {
    shots.iter().map(|(sample, class)| Example { sample, class: *class }).collect()
}

/// Meta-trains from `theta` on tasks of a family. Same arguments give the same numbers at any number
/// of threads.
pub fn meta_train(
    net: &Net,
    theta: Vec<f64>,
    family: &dyn Family,
    options: &MetaOptions,
    mut progress: impl FnMut(OuterStep),
) -> Result<Learned, MetaError> {
    options.check()?;
    options.method.check(net)?;
    let sizes = family.sizes();
    if !sizes.are_sound() || sizes.ways != net.classes {
        let message = format!("{sizes:?} for a network of {} ways", net.classes);
        let remedy = "tasks have the ways of the network, at least 1 shot and 1 query";
        return Err(MetaError::new("tasks", message, remedy));
    }
    let mut learned = Learned { theta, inner: options.inner(net) };
    let adapts: Vec<bool> = learned.inner.rates.iter().map(|r| *r > 0.0).collect();
    let (mut adam, mut rate_adam) = (Adam::new(net.size()), Adam::new(net.size()));
    let stream = Stream::named(options.seed, "meta tasks");
    for it in 0..options.iterations {
        let tasks: Vec<MetaGradient> = (0..options.tasks)
            .into_par_iter()
            .map(|i| {
                let number = (it * options.tasks + i) as u64;
                let shots = Shots::new(&family.task(stream.child(number)), net);
                let (support, query) = (shots.support(), shots.query());
                meta_gradient(net, &learned.theta, &learned.inner, options.method, &support, &query)
            })
            .collect();
        let mean = |of: &dyn Fn(&MetaGradient) -> &[f64]| {
            let mut sum = vec![0.0; net.size()];
            for task in &tasks {
                sum.iter_mut().zip(of(task)).for_each(|(s, g)| *s += g / tasks.len() as f64);
            }
            clipped(sum, options.clip_norm)
        };
        let done = it as f64 / options.iterations as f64;
        let rate = options.outer_rate * 0.5 * (1.0 + (std::f64::consts::PI * done).cos());
        let g = mean(&|t| &t.theta);
        if g.iter().any(|g| !g.is_finite()) {
            let message = format!("outer step {it}: the gradient is infinite or not a number");
            return Err(MetaError::new("meta", message, "lower inner_rate or outer_rate"));
        }
        adam.step(&mut learned.theta, &g, rate);
        for k in 0..net.layers.len() {
            if let (true, Some(range)) = (net.layers[k].is_binary(), net.range(Part::Weights(k))) {
                learned.theta[range].iter_mut().for_each(|w| *w = w.clamp(-1.0, 1.0));
            }
        }
        if options.learn_rates {
            let mut g = mean(&|t| &t.rates);
            g.iter_mut().zip(&adapts).filter(|(_, a)| !**a).for_each(|(g, _)| *g = 0.0);
            rate_adam.step(&mut learned.inner.rates, &g, rate);
            learned.inner.rates.iter_mut().for_each(|r| *r = r.max(0.0));
        }
        let sizes = family.sizes();
        let queries = (sizes.ways * sizes.queries * tasks.len()) as f64;
        progress(OuterStep {
            done: it + 1,
            loss: tasks.iter().map(|t| t.loss).sum::<f64>() / tasks.len() as f64,
            accuracy: tasks.iter().map(|t| t.correct).sum::<usize>() as f64 / queries,
        });
    }
    Ok(learned)
}

fn clipped(mut g: Vec<f64>, norm: f64) -> Vec<f64> {
    let size = g.iter().map(|g| g * g).sum::<f64>().sqrt();
    if size > norm {
        g.iter_mut().for_each(|g| *g *= norm / size);
    }
    g
}

/// Adam (Kingma and Ba, 2015) in f64, β1 = 0.9, β2 = 0.999, ε = 1e-8.
pub struct Adam {
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
}

impl Adam {
    /// For `n` parameters.
    pub fn new(n: usize) -> Self {
        Self { first: vec![0.0; n], second: vec![0.0; n], steps: 0 }
    }

    /// One step.
    pub fn step(&mut self, theta: &mut [f64], g: &[f64], rate: f64) {
        self.steps = self.steps.saturating_add(1);
        let size = rate / (1.0 - 0.9f64.powi(self.steps));
        let root = (1.0 - 0.999f64.powi(self.steps)).sqrt();
        let moments = self.first.iter_mut().zip(&mut self.second);
        for ((w, g), (m, v)) in theta.iter_mut().zip(g).zip(moments) {
            *m = 0.9 * *m + 0.1 * g;
            *v = 0.999 * *v + 0.001 * g * g;
            *w -= size * *m / (v.sqrt() / root + 1e-8);
        }
    }
}
