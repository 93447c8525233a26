//! Pseudospikes of quadratic integrate-and-fire neurons (Klos and Memmesheimer, 2025). From the end T of
//! the trial on, a neuron is driven by the constant `J = a·ln(1 + exp((I(T) + u)/a))` on top of the
//! least constant that makes it oscillate, so with r = √J it has the phase and the period
//!
//! ```text
//! φ = (atan((V(T) − 1/2)/r) + π/2)/r,   P = π/r,   k-th pseudospike at T + k·P − φ
//! ```
//!
//! u is what the pulses of pseudospikes add up to: each neuron passes on `ρ = φ/P` of a spike, with
//! I + u taken as 0 in its own φ and P.

use super::{
    network::{InputSpike, Network, Trial},
    reverse::{Gradient, Seed},
};
use std::f64::consts::PI;

/// Softness a of the drive.
const SOFTNESS: f64 = 10.0;

/// Spike times of every neuron, those within the trial and then as many pseudospikes as are wanted.
#[derive(Clone, Debug, PartialEq)]
pub struct Times {
    /// Per neuron.
    pub times: Vec<Vec<f64>>,
    /// How many of each neuron's are real.
    pub real: Vec<usize>,
    inputs: Vec<f64>,
}

/// ρ of a neuron and its derivative with respect to V.
fn passed_on(v: f64) -> (f64, f64) {
    let r = (SOFTNESS * 2f64.ln()).sqrt();
    let x = (v - 0.5) / r;
    (x.atan() / PI + 0.5, 1.0 / (PI * r * (1.0 + x * x)))
}

/// The `k`-th pseudospike's time after T, with its derivatives with respect to V and I + u.
fn pseudospike(k: f64, v: f64, i: f64) -> (f64, f64, f64) {
    let drive = SOFTNESS * ((i / SOFTNESS).min(0.0).exp() + (-(i / SOFTNESS).max(0.0)).exp()).ln()
        + i.max(0.0);
    let share = 1.0 / (1.0 + (-i / SOFTNESS).exp());
    let r = drive.sqrt();
    let d = v - 0.5;
    let phase = ((d / r).atan() + PI / 2.0) / r;
    let period = PI / r;
    let by_v = if d.is_finite() { 1.0 / (drive + d * d) } else { 0.0 };
    let phase_by_r = -phase / r - if d.is_finite() { d / (r * (drive + d * d)) } else { 0.0 };
    let by_r = -k * period / r - phase_by_r;
    (k * period - phase, -by_v, by_r * share / (2.0 * r))
}

impl Network {
    /// Spike times of a trial of quadratic neurons, with at least `wanted` of each neuron.
    pub fn times(&self, trial: &Trial, wanted: &[usize]) -> Times {
        let n = self.neurons();
        let passed: Vec<f64> = trial.potentials.iter().map(|v| passed_on(*v).0).collect();
        let input = |i: usize| {
            let others = (0..n).filter(|j| *j != i);
            others.map(|j| self.weights[i * n + j] * passed[j]).sum()
        };
        let inputs: Vec<f64> = (0..n).map(input).collect();
        let mut times = trial.spikes.clone();
        let real: Vec<usize> = times.iter().map(Vec::len).collect();
        for i in 0..n {
            for k in 1..=wanted[i].saturating_sub(real[i]) {
                let current = trial.currents[i] + inputs[i];
                let after = pseudospike(k as f64, trial.potentials[i], current).0;
                times[i].push(self.trial + after);
            }
        }
        Times { times, real, inputs }
    }

    /// The gradient of a loss from its derivatives with respect to `times`, of which there may be fewer.
    pub fn gradient(
        &self,
        inputs: &[InputSpike],
        trial: &Trial,
        times: &Times,
        derivatives: &[Vec<f64>],
    ) -> Gradient {
        let n = self.neurons();
        let zero = vec![0.0; n];
        let mut seed = Seed {
            spikes: derivatives.to_vec(),
            potentials: zero.clone(),
            currents: zero.clone(),
            weights: vec![0.0; n * n],
        };
        let mut by_passed = zero;
        for (i, derivatives) in derivatives.iter().enumerate() {
            let pseudo = derivatives.iter().skip(times.real[i]);
            for (k, d) in pseudo.enumerate() {
                let current = trial.currents[i] + times.inputs[i];
                let (_, dv, di) = pseudospike((k + 1) as f64, trial.potentials[i], current);
                seed.potentials[i] += d * dv;
                seed.currents[i] += d * di;
                for j in (0..n).filter(|j| *j != i) {
                    seed.weights[i * n + j] += d * di * passed_on(trial.potentials[j]).0;
                    by_passed[j] += d * di * self.weights[i * n + j];
                }
            }
            seed.spikes[i].truncate(times.real[i]);
        }
        for (j, by_passed) in by_passed.into_iter().enumerate() {
            seed.potentials[j] += by_passed * passed_on(trial.potentials[j]).1;
        }
        self.reverse(inputs, trial, &seed)
    }
}
