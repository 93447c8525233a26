//! Pseudospikes: what neurons that have not spiked by the end T of the trial would do, as smooth
//! functions of their phases (Klos and Memmesheimer, 2025). A neuron that passed on the pulse
//! `ρ = H(θ(T), u)/π` instead of a spike gives the layer behind the input `u = Σ_j k_j·ρ_j`, all at once at
//! T, and it counts as spiking at `T + π − H(θ(T), u)`, in angles. Where a real spike reaches T, ρ
//! reaches 1 on one side and the pulse has arrived on the other: nothing jumps.

use super::{back::sum, net::Layer, real::Real};
use crate::{
    simd::vectorized,
    train::{LANES, Row},
};

/// Pseudospikes of one layer, `[row of lanes]`.
#[derive(Clone, Debug, Default)]
pub struct Pseudo<T> {
    /// Phases H(θ(T), u), angles.
    pub phase: Vec<Row<T>>,
    /// Inputs u.
    input: Vec<Row<T>>,
    /// r² behind the pulse of u.
    square: Vec<Row<T>>,
    /// dL/dH; then dL/du.
    pub gradient: Vec<Row<T>>,
}

impl<T: Real> Pseudo<T> {
    /// From the points at T; `before` are the pseudospikes of the layer before, whose pulses count
    /// `factor` each.
    pub fn run(
        &mut self,
        layer: &Layer<T>,
        (s, c): (&[Row<T>], &[Row<T>]),
        before: Option<&Self>,
        factor: T,
    ) {
        vectorized(
            #[inline(always)]
            || self.advance(layer, (s, c), before, factor),
        );
    }

    #[inline(always)]
    fn advance(
        &mut self,
        layer: &Layer<T>,
        (s, c): (&[Row<T>], &[Row<T>]),
        before: Option<&Self>,
        factor: T,
    ) {
        let width = layer.width();
        let zero = [T::default(); LANES];
        for array in [&mut self.phase, &mut self.input, &mut self.square, &mut self.gradient] {
            array.clear();
            array.resize(width, zero);
        }
        if let Some(before) = before {
            let phases = before.phase.as_flattened().iter().take(layer.inputs);
            for (phase, k) in phases.zip(layer.weights.chunks_exact(width)) {
                let rho = *phase * (factor * T::of(std::f64::consts::FRAC_1_PI));
                for (u, k) in self.input.as_flattened_mut().iter_mut().zip(k.as_flattened()) {
                    *u += rho * *k;
                }
            }
        }
        for r in 0..width {
            for i in 0..LANES {
                let behind = c[r][i] - self.input[r][i] * s[r][i];
                self.square[r][i] = s[r][i] * s[r][i] + behind * behind;
                self.phase[r][i] = s[r][i].atan2(behind);
            }
        }
    }

    /// Backward from `gradient` = dL/dH: gives λ at T, adds to the weights' gradient, and sets the
    /// gradient of the layer before.
    pub fn reverse(
        &mut self,
        layer: &Layer<T>,
        s: &[Row<T>],
        before: Option<&mut Self>,
        factor: T,
        lambda: &mut [Row<T>],
        weights: &mut [Row<T>],
    ) {
        vectorized(
            #[inline(always)]
            || {
                for r in 0..layer.width() {
                    for i in 0..LANES {
                        lambda[r][i] = self.gradient[r][i] / self.square[r][i];
                        self.gradient[r][i] = lambda[r][i] * s[r][i] * s[r][i];
                    }
                }
            },
        );
        if let Some(before) = before {
            vectorized(
                #[inline(always)]
                || self.to_inputs(layer, before, factor, weights),
            );
        }
    }

    #[inline(always)]
    fn to_inputs(&self, layer: &Layer<T>, before: &mut Self, factor: T, weights: &mut [Row<T>]) {
        let width = layer.width();
        let share = factor * T::of(std::f64::consts::FRAC_1_PI);
        let gradients = before.gradient.as_flattened_mut().iter_mut();
        let inputs = before.phase.as_flattened().iter().zip(gradients).take(layer.inputs);
        let rows = layer.weights.chunks_exact(width).zip(weights.chunks_exact_mut(width));
        for ((phase, gradient), (k, dk)) in inputs.zip(rows) {
            let rho = *phase * share;
            let mut sums = [T::default(); LANES];
            for r in 0..width {
                for i in 0..LANES {
                    let du = self.gradient[r][i];
                    dk[r][i] += rho * du;
                    sums[i] += du * k[r][i];
                }
            }
            *gradient = share * sum(&sums);
        }
    }
}
