//! One feed-forward layer of theta neurons, forward.
//!
//! A theta neuron `τV' = V(V − 1) + I0 + τΣ w·δ(t − t_j)`, `I0 = a² + 1/4`, has the phase θ in (0, π)
//! with `V = 1/2 − a·cot θ` (Ermentrout and Kopell, 1986; Klos and Memmesheimer, 2025): without pulses
//! θ grows by one radian per time τ/a, it spikes at π and goes on at 0, and a pulse of weight w lowers
//! cot θ by k = w/a. Here θ is the angle of a point (c, s) = r·(cos θ, sin θ). Then time turns all
//! points alike, a pulse is the shear `c −= k·s`, and a spike is s crossing zero; the point of a neuron
//! that has spiked is turned by half a turn. Between events a point (C, S) held at time zero rests:
//!
//! ```text
//! at angle α:   s = S·cos α + C·sin α,   c = C·cos α − S·sin α
//! pulse:        S += k·s·sin α,          C −= k·s·cos α
//! ```
//!
//! Nothing is cut off at θ near 0 and near π, and nothing but the angle of a spike needs a transcendental
//! function. 1/r² is how far a shift of the initial phase still moves θ, so r grows by about k with every
//! spike that a strong pulse makes; a trial in which r² leaves the range of numbers is refused.
//! Times are angles, weights are k.

use super::real::Real;
use crate::{
    simd::vectorized,
    train::{LANES, Row},
};
use thiserror::Error;

/// Most that the weights k of a neuron may add up to, taken as positive: eight times below where rounding
/// of k·s in `f32` reaches s itself, which would be a spike at once; its square is far from overflow.
pub const LARGEST: f64 = (1u32 << 20) as f64;

/// Most spikes of a layer in a trial.
const MOST_SPIKES: usize = 1 << 17;
/// Most points that a layer's trace holds, pulses times lanes: half a gigabyte in `f32`.
const MOST_POINTS: usize = 1 << 26;

/// More happens in a trial than is computed with. A neuron spikes at most once between two pulses, so a
/// layer of n neurons has at most n·(p + 1) spikes if p pulses reach it, and weights that are large enough
/// make them: layer by layer, time and memory would grow without bound, and so would r.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
#[error(
    "weights are too large: a layer has more than {MOST_SPIKES} spikes in a trial, {MOST_POINTS} pulses times neurons, or points out of range"
)]
pub struct TooLarge;

/// Weights and initial points of a layer.
#[derive(Clone, Copy, Debug)]
pub struct LayerView<'a, T> {
    /// Neurons; the last row of lanes is padded.
    pub neurons: usize,
    /// Weights k, `[input][row of lanes]`; 0 where padded.
    pub weights: &'a [Row<T>],
    /// Sines of the initial phases.
    pub sin: &'a [Row<T>],
    /// Cosines of the initial phases; 1 (phase 0) where padded.
    pub cos: &'a [Row<T>],
}

/// A spike, which is a pulse to the layer behind.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Spike<T> {
    /// Who.
    pub neuron: usize,
    /// When, as an angle α.
    pub at: T,
    /// sin α.
    pub sin: T,
    /// cos α.
    pub cos: T,
    /// Pulses that its neuron's layer received before.
    pub after: usize,
    /// r² of its neuron's point.
    pub square: T,
}

/// What forward leaves of one sample in one layer.
#[derive(Clone, Debug, Default)]
pub struct Trace<T> {
    /// Its spikes in order of time.
    pub spikes: Vec<Spike<T>>,
    /// s of every neuron when a pulse arrives, `[pulse][row of lanes]`, then at the end.
    pub s: Vec<Row<T>>,
    /// The same of c, just before the pulse.
    pub c: Vec<Row<T>>,
    state_s: Vec<Row<T>>,
    state_c: Vec<Row<T>>,
}

impl<T: Real> Trace<T> {
    /// s and c at the end of the trial.
    pub fn last(&self, width: usize) -> (&[Row<T>], &[Row<T>]) {
        let at = self.s.len() - width;
        (&self.s[at..], &self.c[at..])
    }

    /// Runs the layer over the pulses, in order of time, until `end`, the sine and cosine of an angle of
    /// less than a quarter turn. A neuron's spike at the very time of a pulse counts as later.
    pub fn run(
        &mut self,
        layer: &LayerView<'_, T>,
        pulses: &[Spike<T>],
        end: (T, T),
    ) -> Result<(), TooLarge> {
        if (pulses.len() + 1).saturating_mul(layer.sin.len() * LANES) > MOST_POINTS {
            return Err(TooLarge);
        }
        vectorized(
            #[inline(always)]
            || self.advance(layer, pulses, end),
        );
        let (s, c) = self.last(layer.sin.len());
        let points = s.as_flattened().iter().zip(c.as_flattened());
        let mut squares = points.map(|(s, c)| (*s * *s + *c * *c).to());
        if self.spikes.len() > MOST_SPIKES || !squares.all(f64::is_finite) {
            return Err(TooLarge);
        }
        // In the order of the pulses between which they fall, whatever rounding did to their times.
        self.spikes.sort_unstable_by(|a, b| {
            let by_time = a.at.partial_cmp(&b.at).unwrap_or(std::cmp::Ordering::Equal);
            a.after.cmp(&b.after).then(by_time).then(a.neuron.cmp(&b.neuron))
        });
        Ok(())
    }

    #[inline(always)]
    fn advance(&mut self, layer: &LayerView<'_, T>, pulses: &[Spike<T>], end: (T, T)) {
        let width = layer.sin.len();
        let zero = [T::default(); LANES];
        self.spikes.clear();
        self.s.resize((pulses.len() + 1) * width, zero);
        self.c.resize((pulses.len() + 1) * width, zero);
        self.state_s.clear();
        self.state_s.extend_from_slice(layer.sin);
        self.state_c.clear();
        self.state_c.extend_from_slice(layer.cos);
        for (e, pulse) in pulses.iter().enumerate() {
            let weights = &layer.weights[pulse.neuron * width..][..width];
            self.turn(e, layer.neurons, width, (pulse.sin, pulse.cos));
            if self.spikes.len() > MOST_SPIKES {
                return;
            }
            let s = &self.s[e * width..][..width];
            for r in 0..width {
                let (k, s) = (weights[r], s[r]);
                let (old_s, old_c) = (self.state_s[r], self.state_c[r]);
                let kick: Row<T> = std::array::from_fn(|i| k[i] * s[i]);
                self.state_s[r] = std::array::from_fn(|i| old_s[i] + kick[i] * pulse.sin);
                self.state_c[r] = std::array::from_fn(|i| old_c[i] - kick[i] * pulse.cos);
            }
        }
        self.turn(pulses.len(), layer.neurons, width, end);
    }

    /// Where the points are at an angle, and who spiked on the way.
    #[inline(always)]
    fn turn(&mut self, e: usize, neurons: usize, width: usize, (sin, cos): (T, T)) {
        let zero = T::default();
        let (s, c) = (&mut self.s[e * width..][..width], &mut self.c[e * width..][..width]);
        for r in 0..width {
            let (big_s, big_c) = (&mut self.state_s[r], &mut self.state_c[r]);
            // By way of values: the compiler finds the vector instructions then.
            let (at_s, at_c) = (*big_s, *big_c);
            let turned: Row<T> = std::array::from_fn(|i| at_s[i] * cos + at_c[i] * sin);
            s[r] = turned;
            c[r] = std::array::from_fn(|i| at_c[i] * cos - at_s[i] * sin);
            if least(turned) >= zero {
                continue;
            }
            let (s, c) = (&mut s[r], &mut c[r]);
            for i in 0..LANES.min(neurons - r * LANES) {
                // Behind π; rounding alone puts a point that was just turned below 0.
                if s[i] < zero && c[i] < zero {
                    let square = big_s[i] * big_s[i] + big_c[i] * big_c[i];
                    let scale = T::of(1.0) / square.sqrt();
                    let (sin, cos) = (big_s[i] * scale, -big_c[i] * scale);
                    let (neuron, at) = (r * LANES + i, sin.atan2(cos));
                    self.spikes.push(Spike { neuron, at, sin, cos, after: e, square });
                    for value in [&mut big_s[i], &mut big_c[i], &mut s[i], &mut c[i]] {
                        *value = -*value;
                    }
                }
            }
        }
    }
}

/// The least value of a row.
#[inline(always)]
fn least<T: Real>(mut row: Row<T>) -> T {
    let mut half = LANES / 2;
    while half > 0 {
        for i in 0..half {
            row[i] = if row[i + half] < row[i] { row[i + half] } else { row[i] };
        }
        half /= 2;
    }
    row[0]
}
