//! Optimizers. Updates are element by element and the norm for clipping is summed in order, so
//! neither threads nor vector width change a bit.

use crate::simd::vectorized;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Elements of a parallel piece.
const PIECE: usize = 1 << 14;
/// Decay of the first moment, of the second, and what is added to its root.
const BETA: (f32, f32) = (0.9, 0.999);
const EPSILON: f32 = 1e-8;
/// Momentum of `sgd` unless it is given.
const MOMENTUM: f32 = 0.9;

/// Which optimizer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OptimizerKind {
    /// Stochastic gradient descent with momentum: `m = μ·m + g`, `w −= rate·m`.
    Sgd,
    /// Adam (Kingma and Ba, 2015) with β1 = 0.9, β2 = 0.999, ε = 1e-8.
    Adam,
    /// Adam with decoupled weight decay (Loshchilov and Hutter, 2019).
    #[serde(rename = "adamw")]
    AdamW,
    /// AdaBelief (Zhuang et al., 2020): the second moment is that of `g − m`.
    #[serde(rename = "adabelief")]
    AdaBelief,
}

/// An optimizer with its constants.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptimizerConfig {
    /// `"sgd"`, `"adam"`, `"adamw"` or `"adabelief"`.
    pub kind: OptimizerKind,
    /// Rate the schedule starts from.
    pub learning_rate: f32,
    /// `μ` of `sgd`, 0 to below 1; 0.9 when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub momentum: Option<f32>,
    /// Decay of the latent weights: `g += decay·w`; for `adamw` `w −= rate·decay·w` instead.
    #[serde(default)]
    pub weight_decay: f32,
    /// Largest norm of all gradients together; larger ones are scaled down to it. Off when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub clip_norm: Option<f32>,
}

/// What a step needs besides gradients.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// This step's rate.
    pub rate: f32,
    /// Its number, from 0.
    pub number: usize,
    /// Factor on every gradient (clipping).
    pub scale: f32,
    /// Weight decay.
    pub decay: f32,
}

/// Moments of one parameter array.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    #[serde(with = "super::exact")]
    first: Vec<f32>,
    #[serde(with = "super::exact")]
    second: Vec<f32>,
}

impl Moments {
    /// Zero moments for `n` parameters.
    pub fn new(config: &OptimizerConfig, n: usize) -> Self {
        let second = if config.kind == OptimizerKind::Sgd { 0 } else { n };
        Self { first: vec![0.0; n], second: vec![0.0; second] }
    }

    /// Whether these belong to as many parameters as `other` does.
    pub fn same_size(&self, other: &Self) -> bool {
        self.first.len() == other.first.len() && self.second.len() == other.second.len()
    }

    /// One step on `weights`.
    pub fn update(
        &mut self,
        config: &OptimizerConfig,
        step: Step,
        weights: &mut [f32],
        gradient: &[f32],
    ) {
        let Step { rate, number, scale, decay } = step;
        let (b1, b2) = BETA;
        let t = i32::try_from(number + 1).unwrap_or(i32::MAX);
        let size = rate / (1.0 - b1.powi(t));
        let root = (1.0 - b2.powi(t)).sqrt().recip();
        let momentum = config.momentum.unwrap_or(MOMENTUM);
        let pieces = weights.par_chunks_mut(PIECE).zip(self.first.par_chunks_mut(PIECE));
        let pieces = pieces.zip(gradient.par_chunks(PIECE));
        if config.kind == OptimizerKind::Sgd {
            pieces.for_each(|((w, m), g)| {
                vectorized(
                    #[inline(always)]
                    || {
                        for ((w, m), g) in w.iter_mut().zip(&mut *m).zip(g) {
                            *m = momentum * *m + (scale * g + decay * *w);
                            *w -= rate * *m;
                        }
                    },
                );
            });
            return;
        }
        let decoupled = config.kind == OptimizerKind::AdamW;
        let (coupled, apart) = if decoupled { (0.0, rate * decay) } else { (decay, 0.0) };
        let belief = config.kind == OptimizerKind::AdaBelief;
        pieces.zip(self.second.par_chunks_mut(PIECE)).for_each(|(((w, m), g), v)| {
            vectorized(
                #[inline(always)]
                || {
                    for (((w, m), v), g) in w.iter_mut().zip(&mut *m).zip(&mut *v).zip(g) {
                        let g = scale * g + coupled * *w;
                        *m = b1 * *m + (1.0 - b1) * g;
                        let d = if belief { g - *m } else { g };
                        *v = b2 * *v + (1.0 - b2) * d * d;
                        *w -= size * *m / (v.sqrt() * root + EPSILON) + apart * *w;
                    }
                },
            );
        });
    }
}

/// Sum of squares, piece by piece in order.
pub fn squares(values: &[f32]) -> f64 {
    let piece = |v: &[f32]| v.iter().map(|g| f64::from(*g) * f64::from(*g)).sum::<f64>();
    let sums: Vec<f64> = values.par_chunks(PIECE).map(piece).collect();
    sums.iter().sum()
}

/// Factor that brings gradients of this sum of squares within the norm.
pub fn clip(norm: Option<f32>, squares: f64) -> f32 {
    let limit = norm.map_or(f64::INFINITY, f64::from);
    if squares.sqrt() > limit { (limit / squares.sqrt()) as f32 } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(kind: OptimizerKind) -> OptimizerConfig {
        let (momentum, clip_norm) = (None, None);
        OptimizerConfig { kind, learning_rate: 0.1, momentum, weight_decay: 0.0, clip_norm }
    }

    /// One weight after these gradients at rate 0.1.
    fn run(config: &OptimizerConfig, decay: f32, gradients: &[f32]) -> f32 {
        let (mut w, mut m) = ([1.0], Moments::new(config, 1));
        for (number, g) in gradients.iter().enumerate() {
            m.update(config, Step { rate: 0.1, number, scale: 1.0, decay }, &mut w, &[*g]);
        }
        w[0]
    }

    fn close(a: f32, b: f64) {
        assert!((f64::from(a) - b).abs() < 1e-5, "{a} {b}");
    }

    #[test]
    fn first_steps_of_adam_have_the_size_of_the_rate() {
        for g in [5.0, -0.01] {
            let sign = f64::from(g).signum();
            close(run(&config(OptimizerKind::Adam), 0.0, &[g]), 1.0 - 0.1 * sign);
            close(run(&config(OptimizerKind::AdamW), 0.0, &[g]), 1.0 - 0.1 * sign);
            // m = 0.1·g, so g − m = 0.9·g.
            close(run(&config(OptimizerKind::AdaBelief), 0.0, &[g]), 1.0 - 0.1 * sign / 0.9);
        }
        close(run(&config(OptimizerKind::Adam), 0.0, &[0.0]), 1.0);
    }

    #[test]
    fn later_steps_follow_the_formulas_in_f64() {
        let gradients = [0.5f32, -1.0, 2.0, 0.25];
        for (kind, belief) in [(OptimizerKind::Adam, false), (OptimizerKind::AdaBelief, true)] {
            let (mut w, mut m, mut v) = (1.0f64, 0.0, 0.0);
            for (t, g) in gradients.iter().map(|g| f64::from(*g)).enumerate() {
                m = 0.9 * m + 0.1 * g;
                let d = if belief { g - m } else { g };
                v = 0.999 * v + 0.001 * d * d;
                let (a, b) = (0.9f64.powi(t as i32 + 1), 0.999f64.powi(t as i32 + 1));
                w -= 0.1 * (m / (1.0 - a)) / ((v / (1.0 - b)).sqrt() + 1e-8);
            }
            close(run(&config(kind), 0.0, &gradients), w);
        }
    }

    #[test]
    fn momentum_and_decay_by_hand() {
        let sgd = OptimizerConfig { momentum: Some(0.5), ..config(OptimizerKind::Sgd) };
        close(run(&sgd, 0.0, &[1.0, 1.0]), 1.0 - 0.1 - 0.15);
        // g = 1 + 0.5·1, then w = 0.85.
        close(run(&sgd, 0.5, &[1.0]), 0.85);
        close(run(&config(OptimizerKind::AdamW), 0.5, &[1.0]), 1.0 - 0.1 - 0.05);
        // Decay inside the gradient leaves the size of Adam's first step.
        close(run(&config(OptimizerKind::Adam), 0.5, &[1.0]), 0.9);
    }

    #[test]
    fn clipping_scales_to_the_norm() {
        let g = [3.0f32, 4.0];
        assert_eq!(squares(&g), 25.0);
        assert_eq!(clip(Some(1.0), 25.0), 0.2);
        assert_eq!(clip(Some(5.0), 25.0), 1.0);
        assert_eq!(clip(None, 1e30), 1.0);
        let sgd = OptimizerConfig { momentum: Some(0.0), ..config(OptimizerKind::Sgd) };
        let mut w = [0.0];
        let step = Step { rate: 1.0, number: 0, scale: 0.2, decay: 0.0 };
        Moments::new(&sgd, 1).update(&sgd, step, &mut w, &[5.0]);
        assert_eq!(w, [-1.0]);
    }
}
