//! The forward pass of one sample over any scalar, and what the backward pass needs of it.

use super::{
    net::{Layer, Net, Neuron, Part},
    scalar::Scalar,
};
use crate::{simd::vectorized, train::Map};
use spikewright_ir::{InputTrain, Shape};
use std::ops::Range;

/// A sample: per tick the inputs that spike with their values (1 for binary events), in order of
/// this crate's internal maps.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Sample {
    /// `[tick]`
    pub ticks: Vec<Vec<(u32, f64)>>,
}

/// How thresholds and signs act.
#[derive(Clone, Copy, Debug)]
pub enum Mode<'a> {
    /// Spikes, with surrogates in the backward pass: training.
    Spike,
    /// The surrogates' smooth steps in place of spikes: what finite differences can follow.
    Smooth,
    /// Every threshold and sign replaced by the quadratic that has its value, slope and curvature
    /// at a base point: the network whose true derivatives the surrogate ones are (2-jet argument).
    Jets(&'a Base<'a>),
}

impl Mode<'_> {
    /// How a network is run.
    pub fn of(net: &Net) -> Self {
        if net.smooth { Self::Smooth } else { Self::Spike }
    }
}

/// A base point of [`Mode::Jets`].
#[derive(Debug)]
pub struct Base<'a> {
    /// Its parameters.
    pub theta: &'a [f64],
    /// What its forward pass of the sample left.
    pub tape: &'a Tape<f64>,
}

/// What one layer leaves; arrays are `[tick][neuron]`.
#[derive(Clone, Debug)]
pub struct LayerTape<S> {
    /// Normalized sums `(Z − mean)·inverse`, kept where there is batch norm.
    pub normal: Vec<S>,
    /// Potentials before the reset.
    pub u: Vec<S>,
    /// Spikes.
    pub s: Vec<S>,
    /// Spikes behind the pooling, if there is one.
    pub pooled: Vec<S>,
    /// The neuron that every pooled spike is of: the one of highest potential.
    pub pick: Vec<u32>,
}

impl Sample {
    /// An encoded sample for an input of this shape; values of several planes are added up.
    pub fn of(input: &InputTrain, shape: Shape) -> Self {
        let map = Map::of(shape);
        let tick = |t: usize| {
            let mut values = std::collections::BTreeMap::new();
            for (q, plane) in input.planes.iter().enumerate() {
                for j in plane.tick(t).ones() {
                    *values.entry(map.index_of(j) as u32).or_insert(0.0) += f64::from(1u32 << q);
                }
            }
            values.into_iter().collect()
        };
        Self { ticks: (0..input.ticks()).map(tick).collect() }
    }
}

impl<S: Scalar> LayerTape<S> {
    /// Spikes the layer passes on, `[tick][neuron]`.
    pub fn out(&self) -> &[S] {
        if self.pick.is_empty() { &self.s } else { &self.pooled }
    }
}

/// What a forward pass leaves.
#[derive(Clone, Debug)]
pub struct Tape<S> {
    /// Layers.
    pub layers: Vec<LayerTape<S>>,
    /// Spike counts of the features.
    pub counts: Vec<S>,
    /// Logits.
    pub logits: Vec<S>,
}

/// Parameters as the passes want them: binary weights behind their jets.
pub struct Ready<'a, S> {
    /// The network.
    pub net: &'a Net,
    /// Parameters.
    pub theta: &'a [S],
    /// Weights that spikes add up, per layer.
    pub weights: Vec<Vec<S>>,
}

/// Slope of the straight-through sign: 1 within ±1, 0 outside.
pub fn sign_slope(latent: f64) -> f64 {
    if latent.abs() <= 1.0 { 1.0 } else { 0.0 }
}

impl<'a, S: Scalar> Ready<'a, S> {
    /// Prepares parameters. Signs have the jet (sign w, 1[|w| ≤ 1], 0), with sign(0) = +1, at the
    /// base point of the mode.
    pub fn new(net: &'a Net, theta: &'a [S], mode: Mode<'_>) -> Self {
        let sign = |w: f64| if w >= 0.0 { 1.0 } else { -1.0 };
        let weights = (0..net.layers.len()).map(|k| {
            let range = net.range(Part::Weights(k)).unwrap_or(0..0);
            let latent = &theta[range.clone()];
            if !net.layers[k].is_binary() {
                return latent.to_vec();
            }
            match mode {
                Mode::Jets(base) => {
                    let pairs = latent.iter().zip(&base.theta[range]);
                    let jet = |(w, w0): (&S, &f64)| {
                        S::of(sign(*w0)) + S::of(sign_slope(*w0)) * (*w - S::of(*w0))
                    };
                    pairs.map(jet).collect()
                }
                _ => {
                    latent.iter().map(|w| w.lift(sign(w.value()), sign_slope(w.value()))).collect()
                }
            }
        });
        Self { net, theta, weights: weights.collect() }
    }

    /// A part of the parameters; empty when there is none.
    pub fn part(&self, part: Part) -> &[S] {
        self.net.range(part).map_or(&[], |r| &self.theta[r])
    }

    /// Runs a sample.
    pub fn forward(&self, sample: &Sample, mode: Mode<'_>) -> Tape<S> {
        let net = self.net;
        let mut layers: Vec<LayerTape<S>> = Vec::with_capacity(net.layers.len());
        for (k, layer) in net.layers.iter().enumerate() {
            let base = match mode {
                Mode::Jets(base) => Some(&base.tape.layers[k]),
                _ => None,
            };
            let x = self.drive(k, sample, layers.last());
            let tape = neurons(layer, x, base, matches!(mode, Mode::Smooth));
            layers.push(tape);
        }
        let n = net.features();
        let mut counts = vec![S::default(); n];
        if let Some(last) = layers.last() {
            for row in last.out().chunks_exact(n) {
                counts.iter_mut().zip(row).for_each(|(c, s)| *c += *s);
            }
        }
        let logits = self.logits(&counts);
        Tape { layers, counts, logits }
    }

    /// Logits of spike counts.
    pub fn logits(&self, counts: &[S]) -> Vec<S> {
        let (scale, share) = (S::of(self.net.scale), S::of((self.net.ticks as f64).recip()));
        let rows = self.part(Part::Head).chunks_exact(counts.len().max(1));
        let logit = |(row, bias): (&[S], &S)| {
            let mut sum = S::default();
            for (w, m) in row.iter().zip(counts) {
                sum += *w * *m;
            }
            scale * (share * sum + *bias)
        };
        rows.zip(self.part(Part::Bias)).map(logit).collect()
    }

    /// Drives X of a layer, and its normalized sums where it has batch norm.
    fn drive(&self, k: usize, sample: &Sample, below: Option<&LayerTape<S>>) -> Drive<S> {
        let layer = &self.net.layers[k];
        let (n, units) = (layer.geometry.to.len(), layer.units());
        let mut z = vec![S::default(); self.net.ticks * n];
        vectorized(
            #[inline(always)]
            || self.sums(k, sample, below, &mut z),
        );
        let (beta, gain) = (self.part(Part::Beta(k)), self.part(Part::Gain(k)));
        let Some(norm) = &layer.norm else {
            for z in z.chunks_exact_mut(units) {
                z.iter_mut().zip(beta).for_each(|(z, b)| *z += *b);
            }
            return Drive { x: z, normal: Vec::new() };
        };
        for z in z.chunks_exact_mut(units) {
            for ((z, mean), inverse) in z.iter_mut().zip(&norm.mean).zip(&norm.inverse) {
                *z = S::of(*inverse) * (*z - S::of(*mean));
            }
        }
        let mut x = z.clone();
        for x in x.chunks_exact_mut(units) {
            x.iter_mut().zip(gain).zip(beta).for_each(|((x, g), b)| *x = *g * *x + *b);
        }
        Drive { x, normal: z }
    }

    /// Adds up what spikes below contribute to the sums.
    #[inline(always)]
    fn sums(&self, k: usize, sample: &Sample, below: Option<&LayerTape<S>>, z: &mut [S]) {
        let layer = &self.net.layers[k];
        let (n, inputs) = (layer.geometry.to.len(), layer.source.len());
        for (t, z) in z.chunks_exact_mut(n).enumerate() {
            match below {
                None => {
                    for &(j, value) in &sample.ticks[t] {
                        add_input(layer, &self.weights[k], j as usize, S::of(value), z);
                    }
                }
                Some(below) => {
                    for (j, s) in below.out()[t * inputs..][..inputs].iter().enumerate() {
                        if !s.is_nothing() {
                            add_input(layer, &self.weights[k], j, *s, z);
                        }
                    }
                }
            }
        }
    }
}

/// Adds what input `j` contributes through these weights to the sums of a tick.
#[inline(always)]
pub fn add_input<S: Scalar>(layer: &Layer, weights: &[S], j: usize, s: S, z: &mut [S]) {
    let units = layer.units();
    for link in layer.wiring.links(j) {
        let w = &weights[span(link.row, units)];
        S::add_scaled(&mut z[span(link.position, units)], s, w);
    }
}

/// The units of a row.
#[inline(always)]
pub fn span(row: u32, units: usize) -> Range<usize> {
    let first = row as usize * units;
    first..first + units
}

struct Drive<S> {
    x: Vec<S>,
    normal: Vec<S>,
}

/// A neuron's spike at potential `u` and the slope that gradients see; `base` is potential, spike
/// of the base point.
#[inline(always)]
pub fn activate<S: Scalar>(rule: &Neuron, u: S, base: Option<(f64, f64)>, smooth: bool) -> (S, S) {
    if let Some((u0, s0)) = base {
        let [slope, curvature] = rule.surrogate.bends(u0 - 1.0);
        let d = u - S::of(u0);
        let s = S::of(s0) + S::of(slope) * d + S::of(0.5 * curvature) * d * d;
        return (s, S::of(slope) + S::of(curvature) * d);
    }
    let x = u.value() - 1.0;
    let [slope, curvature] = rule.surrogate.bends(x);
    let value = match (smooth, rule.above) {
        (true, _) => rule.surrogate.step(x),
        (false, true) => f64::from(u8::from(x > 0.0)),
        (false, false) => f64::from(u8::from(x >= 0.0)),
    };
    (u.lift(value, slope), u.lift(slope, curvature))
}

/// Neurons of a layer through all ticks.
fn neurons<S: Scalar>(
    layer: &Layer,
    drive: Drive<S>,
    base: Option<&LayerTape<f64>>,
    smooth: bool,
) -> LayerTape<S> {
    let n = layer.geometry.to.len();
    let rule = &layer.rule;
    let lambda = S::of(rule.lambda);
    let Drive { x: mut u, normal } = drive;
    let mut s = vec![S::default(); u.len()];
    let mut v = vec![S::default(); n];
    for (t, (u, s)) in u.chunks_exact_mut(n).zip(s.chunks_exact_mut(n)).enumerate() {
        for i in 0..n {
            u[i] += lambda * v[i];
            let at = base.map(|b| (b.u[t * n + i], b.s[t * n + i]));
            s[i] = activate(rule, u[i], at, smooth).0;
            // A detached reset follows the spikes, those of the base point where there is one.
            let fired = S::of(at.map_or(s[i].value(), |(_, s0)| s0));
            let r = if rule.through_reset { s[i] } else { fired };
            v[i] = if rule.zero { u[i] * (S::of(1.0) - r) } else { u[i] - r };
        }
    }
    let (mut pooled, mut pick) = (Vec::new(), Vec::new());
    if let Some(windows) = &layer.pool {
        for (t, (u, s)) in u.chunks_exact(n).zip(s.chunks_exact(n)).enumerate() {
            for (w, window) in windows.iter().enumerate() {
                let best = match base {
                    Some(base) => base.pick[t * windows.len() + w],
                    None => highest(window, u),
                };
                pick.push(best);
                pooled.push(s[best as usize]);
            }
        }
    }
    LayerTape { normal, u, s, pooled, pick }
}

/// The neuron of highest potential, the first of equals.
fn highest<S: Scalar>(window: &[u32], u: &[S]) -> u32 {
    let value = |i: u32| u[i as usize].value();
    window.iter().copied().reduce(|a, i| if value(i) > value(a) { i } else { a }).unwrap_or(0)
}
