//! One layer of theta neurons, backward.
//!
//! Let l be the derivative of the loss with respect to a neuron's phase. Time turns the points and
//! leaves l alone; a pulse multiplies l (backward) by ∂θ'/∂θ = r²/r'², and a spike adds −D, the
//! derivative with respect to its time. So `λ = l/r²` changes with a neuron's own spikes only, by
//! `−D/r²`, and a pulse of weight k at a point (c, s) gets
//!
//! ```text
//! dL/dk = λ·s²,   dL/dα = Σ_i λ·(r² − r'²) = Σ_i λ·k·s·(2c − k·s)
//! ```

use super::{
    layer::{LayerView, Spike, Trace},
    real::Real,
};
use crate::{
    simd::vectorized,
    train::{LANES, Row},
};

/// Goes through a layer backward. `lambda` is λ at the end of the trial, and at its start when this
/// returns, where r = 1 makes it dL/dθ(0). `times` holds dL/dα of the layer's own spikes; dL/dk is added
/// to `weights`, and dL/dα of the pulses replaces `pulse_times`.
pub fn reverse<T: Real>(
    layer: &LayerView<'_, T>,
    pulses: &[Spike<T>],
    trace: &Trace<T>,
    times: &[T],
    lambda: &mut [Row<T>],
    weights: &mut [Row<T>],
    pulse_times: &mut Vec<T>,
) {
    pulse_times.clear();
    pulse_times.resize(pulses.len(), T::default());
    vectorized(
        #[inline(always)]
        || walk(layer, pulses, trace, times, lambda, weights, pulse_times),
    );
}

#[inline(always)]
fn walk<T: Real>(
    layer: &LayerView<'_, T>,
    pulses: &[Spike<T>],
    trace: &Trace<T>,
    times: &[T],
    lambda: &mut [Row<T>],
    gradient: &mut [Row<T>],
    pulse_times: &mut [T],
) {
    let width = layer.sin.len();
    let mut own = trace.spikes.iter().zip(times).rev().peekable();
    let mut spike = |lambda: &mut [Row<T>], pulse: usize| {
        while let Some((s, d)) = own.next_if(|(s, _)| s.after > pulse) {
            lambda[s.neuron / LANES][s.neuron % LANES] -= *d / s.square;
        }
    };
    for (e, pulse) in pulses.iter().enumerate().rev() {
        spike(lambda, e);
        let (s, c) = (&trace.s[e * width..][..width], &trace.c[e * width..][..width]);
        let k = &layer.weights[pulse.neuron * width..][..width];
        let dk = &mut gradient[pulse.neuron * width..][..width];
        let mut sums = [T::default(); LANES];
        for r in 0..width {
            let (s, c, k, lambda, dk) = (&s[r], &c[r], &k[r], &lambda[r], &mut dk[r]);
            for i in 0..LANES {
                let (kick, pull) = (k[i] * s[i], lambda[i] * s[i]);
                dk[i] += pull * s[i];
                sums[i] += pull * k[i] * (c[i] + c[i] - kick);
            }
        }
        pulse_times[e] = sum(&sums);
    }
    for (s, d) in own {
        lambda[s.neuron / LANES][s.neuron % LANES] -= *d / s.square;
    }
}

/// The sum of a row, by halves.
#[inline(always)]
pub fn sum<T: Real>(row: &Row<T>) -> T {
    let mut row = *row;
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            let other = row[i + half];
            row[i] += other;
        }
        half /= 2;
    }
    row[0]
}
