//! The adaptive gradient modulation gate of Liang et al. (AAAI 2025, arXiv 2502.14344):
//! `X' = α·X` with `α = sigmoid(E(X))` behind every batch norm but the last layer's. What `E` averages
//! over is not stated there, hence three modes. So that the frozen network needs no gate, training
//! fades `α_eff = (1 − r)·α + r·c` from the gate to constants `c`, which fold into the weights' scale.

use num_traits::Float;
use serde::{Deserialize, Serialize};
use std::iter::Sum;

/// What `E(X)` averages over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GateMode {
    /// Each channel by itself, over space; in a dense layer that is the neuron's own `X`.
    SampleChannel,
    /// All neurons of the layer, per sample and tick.
    SampleLayer,
    /// The batch, per tick and neuron; a running mean stands in at inference.
    Batch,
    /// Nothing: α is the constant of the configuration from the first step on. A control.
    Constant,
}

/// The fade from gate to constants.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Fade {
    /// `r`: 0 is the gate alone, 1 the constants alone.
    pub r: f32,
    /// `c`: one constant for the layer, or one per unit; the mean of α over ticks and data.
    pub c: Vec<f32>,
    /// Whether α counts as a constant in the backward pass.
    #[serde(default)]
    pub stop_gradient: bool,
}

impl Fade {
    /// No fade yet, and `constants` constants of 1/2, which is α at X = 0.
    pub fn fresh(constants: usize) -> Self {
        Self { r: 0.0, c: vec![0.5; constants], stop_gradient: false }
    }

    /// `c` of a unit.
    #[inline(always)]
    fn constant(&self, unit: usize) -> f32 {
        if self.c.len() == 1 { self.c[0] } else { self.c[unit] }
    }

    /// `α_eff = (1 − r)·α + r·c`
    #[inline(always)]
    pub fn effective<T: Real>(&self, unit: usize, alpha: T) -> T {
        real::<T>(1.0 - self.r) * alpha + real::<T>(self.r * self.constant(unit))
    }

    /// `dα_eff/dE = (1 − r)·α·(1 − α)`, or 0 when the gradient stops at α.
    #[inline(always)]
    pub fn slope<T: Real>(&self, alpha: T) -> T {
        let through = if self.stop_gradient { 0.0 } else { 1.0 - self.r };
        real::<T>(through) * alpha * (real::<T>(1.0) - alpha)
    }

    /// Multiplies a row by the constants.
    #[inline(always)]
    fn scale<T: Real>(&self, units: usize, x: &mut [T]) {
        for x in x.chunks_exact_mut(units) {
            for (unit, x) in x.iter_mut().enumerate() {
                *x = *x * real(self.constant(unit));
            }
        }
    }
}

/// `f32` in training, `f64` where derivatives are tested.
pub trait Real: Float + Sum + From<f32> {}
impl<T: Float + Sum + From<f32>> Real for T {}

#[inline(always)]
fn real<T: Real>(x: f32) -> T {
    <T as From<f32>>::from(x)
}

/// The logistic function.
#[inline(always)]
pub fn sigmoid<T: Real>(x: T) -> T {
    real::<T>(1.0) / (real::<T>(1.0) + (-x).exp())
}

/// How far the fade is after `done` of training (0..1): linear from `start` to `end`, at once where
/// the two are the same.
pub fn fade_at(done: f64, start: f64, end: f64) -> f32 {
    if done >= end { 1.0 } else { ((done - start) / (end - start)).max(0.0) as f32 }
}

/// Means over the positions of a map, per channel.
fn channel_means<T: Real>(values: impl Iterator<Item = T>, units: usize, n: usize) -> Vec<T> {
    let mut sums = vec![real::<T>(0.0); units];
    for (i, v) in values.enumerate() {
        sums[i % units] = sums[i % units] + v;
    }
    let positions = real::<T>((n / units) as f32);
    sums.iter_mut().for_each(|s| *s = *s / positions);
    sums
}

/// Gates one row (one sample and tick; a map has its channels innermost) in place. `table` is this
/// tick's α per neuron in `Batch` mode. Adds α, before fading, to `sums`, which has an element for each
/// of the fade's constants; once they are alone there is no α.
#[inline(always)]
pub fn gate_row<T: Real>(
    mode: GateMode,
    fade: &Fade,
    table: &[T],
    units: usize,
    x: &mut [T],
    sums: &mut [T],
) {
    if fade.r >= 1.0 {
        fade.scale(units, x);
        return;
    }
    let n = real::<T>(x.len() as f32);
    match mode {
        GateMode::Constant => fade.scale(units, x),
        GateMode::SampleLayer => {
            let alpha = sigmoid(x.iter().copied().sum::<T>() / n);
            let effective = fade.effective(0, alpha);
            x.iter_mut().for_each(|x| *x = *x * effective);
            sums[0] = sums[0] + alpha;
        }
        GateMode::SampleChannel => {
            let mut alpha = channel_means(x.iter().copied(), units, x.len());
            for (unit, a) in alpha.iter_mut().enumerate() {
                let open = sigmoid(*a);
                sums[unit] = sums[unit] + open;
                *a = fade.effective(unit, open);
            }
            for x in x.chunks_exact_mut(units) {
                x.iter_mut().zip(&alpha).for_each(|(x, a)| *x = *x * *a);
            }
        }
        GateMode::Batch => {
            for (i, (x, &alpha)) in x.iter_mut().zip(table).enumerate() {
                *x = *x * fade.effective(i % units, alpha);
            }
            sums.iter_mut().zip(table).for_each(|(s, a)| *s = *s + *a);
        }
    }
}

/// The exact vector-Jacobian product of one row, in place: `g` comes in as dL/dX' and leaves as
/// dL/dX, `x` is the row before the gate. With M neurons averaged,
/// `dL/dX_i = α_eff·g_i + (1 − r)·α(1 − α)/M · Σ_j g_j·X_j`, without the second term when the gradient
/// stops at α.
/// `Batch` averages over samples and is finished by [`batch_terms`]; here it does nothing.
#[inline(always)]
pub fn gate_row_back<T: Real>(mode: GateMode, fade: &Fade, units: usize, x: &[T], g: &mut [T]) {
    match mode {
        GateMode::Batch => {}
        _ if fade.r >= 1.0 => fade.scale(units, g),
        GateMode::Constant => fade.scale(units, g),
        GateMode::SampleLayer => {
            let m = real::<T>(x.len() as f32);
            let alpha = sigmoid(x.iter().copied().sum::<T>() / m);
            let dot: T = g.iter().zip(x).map(|(g, x)| *g * *x).sum();
            let (scale, shift) = (fade.effective(0, alpha), fade.slope(alpha) / m * dot);
            g.iter_mut().for_each(|g| *g = scale * *g + shift);
        }
        GateMode::SampleChannel => {
            let alpha = channel_means(x.iter().copied(), units, x.len());
            // (1 − r)·α(1 − α)/M · Σ g·X over the M positions of the channel.
            let mean = channel_means(g.iter().zip(x).map(|(g, x)| *g * *x), units, x.len());
            let term = |(unit, (a, dot)): (usize, (&T, &T))| {
                let alpha = sigmoid(*a);
                (fade.effective(unit, alpha), fade.slope(alpha) * *dot)
            };
            let terms: Vec<(T, T)> = alpha.iter().zip(&mean).enumerate().map(term).collect();
            for g in g.chunks_exact_mut(units) {
                for (g, (scale, shift)) in g.iter_mut().zip(&terms) {
                    *g = *scale * *g + *shift;
                }
            }
        }
    }
}

/// `Batch` mode, one tick and unit: (scale, shift) with `dL/dX_b = scale·g_b + shift`, where
/// `dot = Σ_b g_b·X_b` over the batch of `samples`.
pub fn batch_terms<T: Real>(fade: &Fade, unit: usize, alpha: T, dot: T, samples: usize) -> (T, T) {
    let shift = fade.slope(alpha) / real::<T>(samples as f32) * dot;
    (fade.effective(unit, alpha), shift)
}

#[cfg(test)]
#[path = "gate_test.rs"]
mod gate_test;
