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
    /// Learn a step size of every parameter (Meta-SGD); negative ones become next to 0.
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

/// The state of an outer loop after a whole number of steps.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OuterState {
    theta: Vec<f64>,
    rates: Vec<f64>,
    adam: Adam,
    rate_adam: Adam,
    done: usize,
}

impl OuterState {
    /// Steps done.
    pub fn done(&self) -> usize {
        self.done
    }
}

/// An outer loop that is taken step by step.
pub struct Outer<'a> {
    net: &'a Net,
    family: &'a dyn Family,
    options: &'a MetaOptions,
    stream: Stream,
    /// What adapts.
    adapts: Vec<bool>,
    state: OuterState,
}

impl<'a> Outer<'a> {
    /// The loop from `theta`.
    pub fn new(
        net: &'a Net,
        theta: Vec<f64>,
        family: &'a dyn Family,
        options: &'a MetaOptions,
    ) -> Result<Self, MetaError> {
        options.check()?;
        options.method.check(net)?;
        let sizes = family.sizes();
        if !sizes.are_sound() || sizes.ways != net.classes {
            let message = format!("{sizes:?} for a network of {} ways", net.classes);
            let remedy = "tasks have the ways of the network, at least 1 shot and 1 query";
            return Err(MetaError::new("tasks", message, remedy));
        }
        let rates = options.inner(net).rates;
        let adapts = rates.iter().map(|r| *r > 0.0).collect();
        let (adam, rate_adam) = (Adam::new(net.size()), Adam::new(net.size()));
        let state = OuterState { theta, rates, adam, rate_adam, done: 0 };
        let stream = Stream::named(options.seed, "meta tasks");
        Ok(Self { net, family, options, stream, adapts, state })
    }

    /// Goes on from a state of the same loop.
    pub fn restore(&mut self, state: &OuterState) -> Result<(), MetaError> {
        let n = self.net.size();
        let sizes = [&state.theta, &state.rates].map(Vec::len);
        let sound = [&state.adam, &state.rate_adam].iter().all(|a| a.is_of(n));
        if sizes != [n; 2] || !sound || state.done > self.options.iterations {
            let message = "the state is that of another network";
            return Err(MetaError::new("meta", message, "start the run again"));
        }
        self.state = state.clone();
        Ok(())
    }

    /// Where it stands.
    pub fn state(&self) -> &OuterState {
        &self.state
    }

    /// What has been learned so far.
    pub fn learned(&self) -> Learned {
        let inner = Inner { rates: self.state.rates.clone(), ..self.options.inner(self.net) };
        Learned { theta: self.state.theta.clone(), inner }
    }

    /// One step.
    pub fn step(&mut self) -> Result<OuterStep, MetaError> {
        let (net, options) = (self.net, self.options);
        let Learned { theta, inner } = self.learned();
        let it = self.state.done;
        let tasks: Vec<MetaGradient> = (0..options.tasks)
            .into_par_iter()
            .map(|i| {
                let number = (it * options.tasks + i) as u64;
                let shots = Shots::new(&self.family.task(self.stream.child(number)), net);
                let (support, query) = (shots.support(), shots.query());
                meta_gradient(net, &theta, &inner, options.method, &support, &query)
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
        let state = &mut self.state;
        state.adam.step(&mut state.theta, &g, rate);
        for k in 0..net.layers.len() {
            if let (true, Some(range)) = (net.layers[k].is_binary(), net.range(Part::Weights(k))) {
                state.theta[range].iter_mut().for_each(|w| *w = w.clamp(-1.0, 1.0));
            }
        }
        if options.learn_rates {
            let mut g = mean(&|t| &t.rates);
            g.iter_mut().zip(&self.adapts).filter(|(_, a)| !**a).for_each(|(g, _)| *g = 0.0);
            state.rate_adam.step(&mut state.rates, &g, rate);
            // Not 0, which stands for what never adapts: that is on no grid and has no gradient.
            let moves = state.rates.iter_mut().zip(&self.adapts).filter(|(_, a)| **a);
            moves.for_each(|(r, _)| *r = r.max(f64::MIN_POSITIVE));
        }
        state.done += 1;
        let sizes = self.family.sizes();
        let queries = (sizes.ways * sizes.queries * tasks.len()) as f64;
        Ok(OuterStep {
            done: it + 1,
            loss: tasks.iter().map(|t| t.loss).sum::<f64>() / tasks.len() as f64,
            accuracy: tasks.iter().map(|t| t.correct).sum::<usize>() as f64 / queries,
        })
    }
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
    let mut outer = Outer::new(net, theta, family, options)?;
    for _ in 0..options.iterations {
        progress(outer.step()?);
    }
    Ok(outer.learned())
}

fn clipped(mut g: Vec<f64>, norm: f64) -> Vec<f64> {
    let size = g.iter().map(|g| g * g).sum::<f64>().sqrt();
    if size > norm {
        g.iter_mut().for_each(|g| *g *= norm / size);
    }
    g
}

/// Adam (Kingma and Ba, 2015) in f64, β1 = 0.9, β2 = 0.999, ε = 1e-8.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
struct Adam {
    first: Vec<f64>,
    second: Vec<f64>,
    steps: i32,
}

impl Adam {
    /// For `n` parameters.
    fn new(n: usize) -> Self {
        Self { first: vec![0.0; n], second: vec![0.0; n], steps: 0 }
    }

    fn is_of(&self, n: usize) -> bool {
        [&self.first, &self.second].iter().all(|m| m.len() == n)
    }

    /// One step.
    fn step(&mut self, theta: &mut [f64], g: &[f64], rate: f64) {
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
