//! The inner loop: a few steps of plain descent on a task's support set, onto a fixed-point grid if
//! one is asked for.

use super::{
    forward::{Mode, Ready},
    gradient::{Example, Reach, gradient, head_gradient},
    net::Net,
};
use serde::{Deserialize, Serialize};

/// Fixed-point numbers of `bits` bits with `fraction` of them behind the point: multiples of
/// 2^−fraction in [−2^(bits−1−fraction), 2^(bits−1−fraction)).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Grid {
    /// Bits in all, 2 to 16.
    pub bits: u8,
    /// Bits behind the point, 0 to 15.
    pub fraction: u8,
}

impl Grid {
    /// The nearest value of the grid, half away from zero, and whether `w` lies within its range
    /// (where gradients go straight through).
    pub fn round(self, w: f64) -> (f64, bool) {
        let one = f64::from(1u32 << self.fraction);
        let half = f64::from(1u32 << (self.bits - 1));
        let scaled = (w * one).round();
        (scaled.clamp(-half, half - 1.0) / one, (-half..half).contains(&scaled))
    }
}

/// How a task is learned.
#[derive(Clone, PartialEq, Debug)]
pub struct Inner {
    /// Step size of every parameter; 0 for those that stay.
    pub rates: Vec<f64>,
    /// Steps K.
    pub steps: usize,
    /// What adapted parameters are rounded to, before the first step and after every one.
    pub grid: Option<Grid>,
}

/// What an inner loop went through.
#[derive(Clone, PartialEq, Debug)]
pub struct Path {
    /// θ_0 to θ_K.
    pub theta: Vec<Vec<f64>>,
    /// ∇L_S(θ_0) to ∇L_S(θ_{K−1}).
    pub gradients: Vec<Vec<f64>>,
    /// Whether gradients pass the rounding that gave θ_k, per parameter; empty without a grid.
    pub passes: Vec<Vec<bool>>,
}

impl Path {
    /// θ_K.
    pub fn end(&self) -> &[f64] {
        self.theta.last().map_or(&[], Vec::as_slice)
    }

    /// Cuts the gradient of θ_k where its rounding clamped.
    pub fn cut(&self, k: usize, v: &mut [f64]) {
        if let Some(passes) = self.passes.get(k) {
            v.iter_mut().zip(passes).filter(|(_, p)| !**p).for_each(|(v, _)| *v = 0.0);
        }
    }
}

/// Spike counts of examples, each with its class.
pub fn spike_counts(net: &Net, theta: &[f64], examples: &[Example<'_>]) -> Vec<(Vec<f64>, usize)> {
    let mode = Mode::of(net);
    let ready = Ready::new(net, theta, mode);
    examples.iter().map(|e| (ready.forward(e.sample, mode).counts, e.class)).collect()
}

impl Inner {
    /// Whether only the head moves.
    pub fn is_head_only(&self, net: &Net) -> bool {
        self.rates[..net.head().start].iter().all(|r| *r == 0.0)
    }

    /// `θ_{k+1} = Q(θ_k − rates·∇L_S(θ_k))` from `θ_0 = Q(theta)`.
    pub fn adapt(&self, net: &Net, theta: &[f64], support: &[Example<'_>]) -> Path {
        let mut path = Path { theta: Vec::new(), gradients: Vec::new(), passes: Vec::new() };
        self.push(&mut path, theta.to_vec());
        let known = self.is_head_only(net).then(|| spike_counts(net, theta, support));
        for k in 0..self.steps {
            let mut next = path.theta[k].clone();
            let g = match &known {
                Some(counts) => head_gradient(net, &next, counts).of,
                None => gradient(net, &next, support, Reach::All).of,
            };
            for ((w, g), rate) in next.iter_mut().zip(&g).zip(&self.rates) {
                *w -= rate * g;
            }
            path.gradients.push(g);
            self.push(&mut path, next);
        }
        path
    }

    /// Rounds what adapts and keeps it.
    fn push(&self, path: &mut Path, mut theta: Vec<f64>) {
        if let Some(grid) = self.grid {
            let mut passes = vec![true; theta.len()];
            for ((w, p), rate) in theta.iter_mut().zip(&mut passes).zip(&self.rates) {
                if *rate > 0.0 {
                    (*w, *p) = grid.round(*w);
                }
            }
            path.passes.push(passes);
        }
        path.theta.push(theta);
    }
}
