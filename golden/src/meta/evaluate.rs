//! Accuracy after every inner step over many tasks, with 95 % intervals.

use super::{
    forward::{Mode, Ready},
    gradient::{Example, argmax, head_gradient},
    inner::{Inner, spike_counts},
    net::Net,
    outer::Shots,
    task::Family,
};
use crate::rng::Stream;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// A mean over tasks with the half width of its 95 % interval, `1.96·s/√n`.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Interval {
    /// Mean.
    pub mean: f64,
    /// Half width.
    pub half: f64,
    /// Tasks.
    pub tasks: usize,
}

impl Interval {
    /// Of one value per task.
    pub fn of(values: &[f64]) -> Self {
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
        let deviation = (squares / (n - 1.0).max(1.0)).sqrt();
        Self { mean, half: 1.96 * deviation / n.sqrt(), tasks: values.len() }
    }
}

impl std::fmt::Display for Interval {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:.1} ± {:.1}", 100.0 * self.mean, 100.0 * self.half)
    }
}

/// Fraction of the examples that the network classifies as labelled.
pub fn accuracy(net: &Net, theta: &[f64], examples: &[Example<'_>]) -> f64 {
    let ready = Ready::new(net, theta, Mode::of(net));
    let right =
        |e: &&Example<'_>| argmax(&ready.forward(e.sample, Mode::of(net)).logits) == e.class;
    examples.iter().filter(right).count() as f64 / examples.len().max(1) as f64
}

/// Query accuracy after 0, 1, … `inner.steps` steps on `tasks` tasks of a family.
pub fn evaluate(
    net: &Net,
    theta: &[f64],
    inner: &Inner,
    family: &dyn Family,
    stream: Stream,
    tasks: usize,
) -> Vec<Interval> {
    let rows: Vec<Vec<f64>> = (0..tasks as u64)
        .into_par_iter()
        .map(|i| {
            let shots = Shots::new(&family.task(stream.child(i)), net);
            let (path, query) = (inner.adapt(net, theta, &shots.support()), shots.query());
            if inner.is_head_only(net) {
                let known = spike_counts(net, theta, &query);
                let right = |theta: &Vec<f64>| head_gradient(net, theta, &known).correct;
                let share = |n: usize| n as f64 / query.len().max(1) as f64;
                return path.theta.iter().map(|theta| share(right(theta))).collect();
            }
            path.theta.iter().map(|theta| accuracy(net, theta, &query)).collect()
        })
        .collect();
    (0..=inner.steps)
        .map(|k| Interval::of(&rows.iter().map(|row| row[k]).collect::<Vec<_>>()))
        .collect()
}
