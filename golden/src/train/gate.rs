//! The adaptive gradient modulation gate of Liang et al. (AAAI 2025, arXiv 2502.14344):
//! `X' = α·X` with `α = sigmoid(E(X))` behind every batch norm. What `E` averages over is not
//! stated there, hence three modes. So that the frozen network needs no gate, training fades
//! `α_eff = (1 − r)·α + r·c` from the gate to a constant `c`, which folds into the weights' scale.

use serde::{Deserialize, Serialize};

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
}

/// The fade from gate to constant.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
pub struct Fade {
    /// `r`: 0 is the gate alone, 1 the constant alone.
    pub r: f32,
    /// `c`: the constant.
    pub c: f32,
}

impl Fade {
    /// `α_eff = (1 − r)·α + r·c`
    #[inline(always)]
    pub fn effective(self, alpha: f32) -> f32 {
        (1.0 - self.r) * alpha + self.r * self.c
    }

    /// `dα_eff/dE = (1 − r)·α·(1 − α)`
    #[inline(always)]
    pub fn slope(self, alpha: f32) -> f32 {
        (1.0 - self.r) * alpha * (1.0 - alpha)
    }
}

/// The logistic function.
#[inline(always)]
pub fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + (-x).exp())
}

/// How far the fade is after `done` of training (0..1): linear from `start` to `end`.
pub fn fade_at(done: f64, start: f64, end: f64) -> f32 {
    ((done - start) / (end - start)).clamp(0.0, 1.0) as f32
}

/// Means over the positions of a map, per channel.
fn channel_means(values: impl Iterator<Item = f32>, units: usize, n: usize) -> Vec<f32> {
    let mut sums = vec![0f32; units];
    for (i, v) in values.enumerate() {
        sums[i % units] += v;
    }
    sums.iter_mut().for_each(|s| *s /= (n / units) as f32);
    sums
}

/// Gates one row (one sample and tick; a map has its channels innermost) in place. `table` is this
/// tick's α per neuron in `Batch` mode. Returns the mean of α over the row, before fading.
#[inline(always)]
pub fn gate_row(mode: GateMode, fade: Fade, table: &[f32], units: usize, x: &mut [f32]) -> f32 {
    let n = x.len() as f32;
    match mode {
        GateMode::SampleLayer => {
            let alpha = sigmoid(x.iter().sum::<f32>() / n);
            let effective = fade.effective(alpha);
            x.iter_mut().for_each(|x| *x *= effective);
            alpha
        }
        GateMode::SampleChannel if x.len() > units => {
            let mut alpha = channel_means(x.iter().copied(), units, x.len());
            alpha.iter_mut().for_each(|a| *a = sigmoid(*a));
            for x in x.chunks_exact_mut(units) {
                x.iter_mut().zip(&alpha).for_each(|(x, a)| *x *= fade.effective(*a));
            }
            alpha.iter().sum::<f32>() / units as f32
        }
        GateMode::SampleChannel => {
            let mut sum = 0.0;
            for x in x {
                let alpha = sigmoid(*x);
                sum += alpha;
                *x *= fade.effective(alpha);
            }
            sum / n
        }
        GateMode::Batch => {
            for (x, &alpha) in x.iter_mut().zip(table) {
                *x *= fade.effective(alpha);
            }
            table.iter().sum::<f32>() / n
        }
    }
}

/// The exact vector-Jacobian product of one row, in place: `g` comes in as dL/dX' and leaves as
/// dL/dX, `x` is the row before the gate. With M neurons averaged,
/// `dL/dX_i = α_eff·g_i + (1 − r)·α(1 − α)/M · Σ_j g_j·X_j`.
/// `Batch` averages over samples and is finished by [`batch_terms`]; here it does nothing.
#[inline(always)]
pub fn gate_row_back(mode: GateMode, fade: Fade, units: usize, x: &[f32], g: &mut [f32]) {
    match mode {
        GateMode::SampleLayer => {
            let m = x.len() as f32;
            let alpha = sigmoid(x.iter().sum::<f32>() / m);
            let dot: f32 = g.iter().zip(x).map(|(g, x)| g * x).sum();
            let (scale, shift) = (fade.effective(alpha), fade.slope(alpha) / m * dot);
            g.iter_mut().for_each(|g| *g = scale * *g + shift);
        }
        GateMode::SampleChannel if x.len() > units => {
            let alpha = channel_means(x.iter().copied(), units, x.len());
            // (1 − r)·α(1 − α)/M · Σ g·X over the M positions of the channel.
            let mean = channel_means(g.iter().zip(x).map(|(g, x)| g * x), units, x.len());
            let term = |(a, dot): (&f32, &f32)| {
                let alpha = sigmoid(*a);
                (fade.effective(alpha), fade.slope(alpha) * dot)
            };
            let terms: Vec<(f32, f32)> = alpha.iter().zip(&mean).map(term).collect();
            for g in g.chunks_exact_mut(units) {
                g.iter_mut().zip(&terms).for_each(|(g, (scale, shift))| *g = scale * *g + shift);
            }
        }
        GateMode::SampleChannel => {
            for (g, &x) in g.iter_mut().zip(x) {
                let alpha = sigmoid(x);
                *g *= fade.effective(alpha) + fade.slope(alpha) * x;
            }
        }
        GateMode::Batch => {}
    }
}

/// `Batch` mode, one tick and neuron: (scale, shift) with `dL/dX_b = scale·g_b + shift`, where
/// `dot = Σ_b g_b·X_b` over the batch of `samples`.
pub fn batch_terms(fade: Fade, alpha: f32, dot: f32, samples: usize) -> (f32, f32) {
    (fade.effective(alpha), fade.slope(alpha) / samples as f32 * dot)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L = Σ w_i · X'_i for fixed w, so that dL/dX' = w.
    fn loss(mode: GateMode, fade: Fade, units: usize, x: &[f32], w: &[f32]) -> f64 {
        let mut y = x.to_vec();
        gate_row(mode, fade, &[], units, &mut y);
        y.iter().zip(w).map(|(y, w)| f64::from(*y) * f64::from(*w)).sum()
    }

    #[test]
    fn row_gradients_equal_finite_differences() {
        let x = [0.3, -1.2, 0.8, 2.0, -0.4, 1.1];
        let w = [1.0, -0.5, 0.25, 2.0, -1.5, 0.7];
        for (mode, units) in
            [(GateMode::SampleLayer, 6), (GateMode::SampleChannel, 6), (GateMode::SampleChannel, 2)]
        {
            for r in [0.0, 0.4, 1.0] {
                let fade = Fade { r, c: 0.6 };
                let mut g = w;
                gate_row_back(mode, fade, units, &x, &mut g);
                for i in 0..x.len() {
                    let at = |d: f32| {
                        let mut x = x;
                        x[i] += d;
                        loss(mode, fade, units, &x, &w)
                    };
                    let numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
                    assert!((numeric - f64::from(g[i])).abs() < 2e-4, "{mode:?} {r} {i}");
                }
            }
        }
    }

    #[test]
    fn batch_gradient_equals_finite_differences() {
        // One neuron, one tick, a batch of four.
        let (x, w) = ([0.5, -0.2, 1.4, 0.1f32], [1.0, 2.0, -0.5, 0.3f32]);
        let fade = Fade { r: 0.25, c: 0.5 };
        let loss = |x: &[f32; 4]| -> f64 {
            let e = fade.effective(sigmoid(x.iter().sum::<f32>() / 4.0));
            x.iter().zip(&w).map(|(x, w)| f64::from(e * x * w)).sum()
        };
        let alpha = sigmoid(x.iter().sum::<f32>() / 4.0);
        let dot = x.iter().zip(&w).map(|(x, w)| x * w).sum();
        let (scale, shift) = batch_terms(fade, alpha, dot, 4);
        for i in 0..4 {
            let at = |d: f32| {
                let mut x = x;
                x[i] += d;
                loss(&x)
            };
            let numeric = (at(1e-2) - at(-1e-2)) / 2e-2;
            assert!((numeric - f64::from(scale * w[i] + shift)).abs() < 2e-4);
        }
    }

    #[test]
    fn a_zero_row_opens_the_gate_half_and_a_full_fade_is_the_constant() {
        let mut x = [0.0; 3];
        assert_eq!(gate_row(GateMode::SampleLayer, Fade { r: 0.0, c: 0.9 }, &[], 3, &mut x), 0.5);
        let mut x = [2.0, -4.0];
        gate_row(GateMode::SampleChannel, Fade { r: 1.0, c: 0.5 }, &[], 2, &mut x);
        assert_eq!(x, [1.0, -2.0]);
        assert_eq!([0.2, 0.65, 0.9].map(|d| fade_at(d, 0.5, 0.8)), [0.0, 0.5, 1.0]);
    }
}
