//! Batch norm over integer sums, time folded into the batch: the statistics of a channel run over
//! samples and ticks alike. `X = gain·(α·Z − μ)/σ + β`, `σ = sqrt(var + ε)`, with μ and var those
//! of `α·Z`. A layer without batch norm is the case gain = σ = 1, μ = 0.

use serde::{Deserialize, Serialize};

/// ε under the square root.
pub const EPSILON: f64 = 1e-5;
/// Weight of the newest batch in the running statistics.
const MOMENTUM: f64 = 0.1;

/// Trained and running parameters of a layer's channels.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BatchNorm {
    /// Whether to normalize at all.
    pub on: bool,
    /// Gain.
    #[serde(with = "super::exact")]
    pub gain: Vec<f32>,
    /// Shift β, the bias of a layer without batch norm.
    #[serde(with = "super::exact")]
    pub beta: Vec<f32>,
    /// Running mean of `α·Z`.
    pub mean: Vec<f64>,
    /// Running variance of `α·Z`.
    pub var: Vec<f64>,
}

/// One batch's view of a layer: `X = a·Z + b`, and `x̂ = (Z − center)·inverse`.
#[derive(Clone, Debug, Default)]
pub struct Affine {
    /// Slope per channel.
    pub a: Vec<f32>,
    /// Offset per channel.
    pub b: Vec<f32>,
    /// Batch mean of Z.
    pub center: Vec<f32>,
    /// `α/σ`.
    pub inverse: Vec<f32>,
}

impl BatchNorm {
    /// This gain, shift 0, running mean 0 and variance 1.
    pub fn new(on: bool, channels: usize, gain: f32) -> Self {
        Self {
            on,
            gain: vec![gain; channels],
            beta: vec![0.0; channels],
            mean: vec![0.0; channels],
            var: vec![1.0; channels],
        }
    }

    /// Takes a batch's sums of Z and Z² over `rows` rows, updates the running statistics and
    /// fills the affine view.
    pub fn forward(
        &mut self,
        alpha: &[f32],
        sum: &[f64],
        squares: &[f64],
        rows: usize,
        out: &mut Affine,
    ) {
        let n = self.gain.len();
        for v in [&mut out.a, &mut out.b, &mut out.center, &mut out.inverse] {
            v.resize(n, 0.0);
        }
        for i in 0..n {
            let alpha = f64::from(alpha[i]);
            let (gain, beta) = (f64::from(self.gain[i]), f64::from(self.beta[i]));
            if !self.on {
                (out.a[i], out.b[i]) = (alpha as f32, beta as f32);
                (out.center[i], out.inverse[i]) = (0.0, alpha as f32);
                continue;
            }
            let center = sum[i] / rows as f64;
            let var_z = (squares[i] / rows as f64 - center * center).max(0.0);
            let (mean, var) = (alpha * center, alpha * alpha * var_z);
            self.mean[i] += MOMENTUM * (mean - self.mean[i]);
            self.var[i] += MOMENTUM * (var - self.var[i]);
            let inverse = alpha / (var + EPSILON).sqrt();
            out.a[i] = (gain * inverse) as f32;
            out.b[i] = (beta - gain * inverse * center) as f32;
            (out.center[i], out.inverse[i]) = (center as f32, inverse as f32);
        }
    }

    /// From the batch's sums of g = dL/dX and g·x̂: the coefficients of
    /// `dL/dZ = k·g − c0 − c1·x̂` per channel as (k, c0, c1).
    pub fn backward(
        &self,
        view: &Affine,
        sum_g: &[f64],
        sum_gx: &[f64],
        rows: usize,
    ) -> Vec<(f32, f32, f32)> {
        (0..self.gain.len())
            .map(|i| {
                let k = f64::from(view.a[i]);
                if self.on {
                    let rows = rows as f64;
                    (k as f32, (k * sum_g[i] / rows) as f32, (k * sum_gx[i] / rows) as f32)
                } else {
                    (k as f32, 0.0, 0.0)
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// L = Σ w_r · X_r of one channel; the statistics depend on every row.
    #[test]
    fn gradients_equal_finite_differences() {
        let z = [3.0, -1.0, 4.0, 0.0, -6.0f64];
        let w = [0.5, 1.0, -2.0, 0.25, 1.5f64];
        let alpha = 0.5f32;
        let (gain, beta) = (1.5f32, -0.25f32);
        let view = |z: &[f64; 5], gain, beta| {
            let mut bn = BatchNorm::new(true, 1, 1.0);
            (bn.gain[0], bn.beta[0]) = (gain, beta);
            let mut out = Affine::default();
            let (s, q) = (z.iter().sum(), z.iter().map(|z| z * z).sum());
            bn.forward(&[alpha], &[s], &[q], 5, &mut out);
            (bn, out)
        };
        let loss = |z: &[f64; 5], gain, beta| -> f64 {
            let (_, v) = view(z, gain, beta);
            z.iter().zip(&w).map(|(z, w)| w * (f64::from(v.a[0]) * z + f64::from(v.b[0]))).sum()
        };
        let (bn, v) = view(&z, gain, beta);
        let hat = |z: f64| (z - f64::from(v.center[0])) * f64::from(v.inverse[0]);
        let sum_g = w.iter().sum::<f64>();
        let sum_gx = z.iter().zip(&w).map(|(&z, w)| w * hat(z)).sum::<f64>();
        let (k, c0, c1) = bn.backward(&v, &[sum_g], &[sum_gx], 5)[0];
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-3 * (1.0 + b.abs()), "{a} {b}");
        for r in 0..5 {
            let at = |d: f64| {
                let mut z = z;
                z[r] += d;
                loss(&z, gain, beta)
            };
            let exact = f64::from(k) * w[r] - f64::from(c0) - f64::from(c1) * hat(z[r]);
            close(exact, (at(1e-2) - at(-1e-2)) / 2e-2);
        }
        close(sum_gx, (loss(&z, gain + 0.01, beta) - loss(&z, gain - 0.01, beta)) / 0.02);
        close(sum_g, (loss(&z, gain, beta + 0.01) - loss(&z, gain, beta - 0.01)) / 0.02);
    }

    #[test]
    fn running_statistics_approach_those_of_the_batch() {
        let mut bn = BatchNorm::new(true, 1, 1.0);
        let mut out = Affine::default();
        for _ in 0..200 {
            bn.forward(&[2.0], &[20.0], &[600.0], 10, &mut out);
        }
        // Z has mean 2 and variance 56; α = 2 doubles the one and quadruples the other.
        assert!((bn.mean[0] - 4.0).abs() < 1e-6 && (bn.var[0] - 224.0).abs() < 1e-6);
    }
}
