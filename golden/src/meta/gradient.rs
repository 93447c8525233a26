//! Loss and gradient of a batch: the backward pass through time over any scalar. On dual numbers it
//! gives products with the Hessian as well, which tests compare with the faster ones of
//! [`super::product`].

use super::{
    forward::{Base, LayerTape, Mode, Ready, Sample, Tape, activate, sign_slope, span},
    net::{Net, Part},
    scalar::Scalar,
};
use crate::simd::vectorized;

/// A sample with the class it has in its task.
#[derive(Clone, Copy, Debug)]
pub struct Example<'a> {
    /// Spikes.
    pub sample: &'a Sample,
    /// Class, below the number of ways.
    pub class: usize,
}

/// Mean loss over a batch and its gradient.
#[derive(Clone, PartialEq, Debug)]
pub struct Gradient<S> {
    /// Mean softmax cross entropy.
    pub loss: S,
    /// Its gradient, one per parameter.
    pub of: Vec<S>,
    /// Samples whose largest logit is that of their class.
    pub correct: usize,
}

/// Whether gradients of the body are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// All parameters.
    All,
    /// The head alone: nothing goes down.
    Head,
}

/// Gradient of the mean loss. A batch is not empty.
pub fn gradient<S: Scalar>(
    net: &Net,
    theta: &[S],
    batch: &[Example<'_>],
    reach: Reach,
) -> Gradient<S> {
    let mode = Mode::of(net);
    batch_gradient(&Ready::new(net, theta, mode), batch, reach, &|_| mode)
}

/// The gradient in any mode; `mode` gives that of each sample.
pub fn batch_gradient<'m, S: Scalar>(
    ready: &Ready<'_, S>,
    batch: &[Example<'_>],
    reach: Reach,
    mode: &dyn Fn(usize) -> Mode<'m>,
) -> Gradient<S> {
    let net = ready.net;
    let mut out = Gradient { loss: S::default(), of: vec![S::default(); net.size()], correct: 0 };
    let share = S::of((batch.len() as f64).recip());
    for (i, example) in batch.iter().enumerate() {
        let mode = mode(i);
        let tape = ready.forward(example.sample, mode);
        out.correct += usize::from(argmax(&tape.logits) == example.class);
        let (loss, mut d) = cross_entropy(&tape.logits, example.class);
        out.loss += share * loss;
        d.iter_mut().for_each(|d| *d = share * *d);
        backward(ready, example.sample, mode, &tape, &d, reach, &mut out.of);
    }
    // Straight through the signs, whose slope is a constant.
    for (k, _) in net.layers.iter().enumerate().filter(|(_, l)| l.is_binary()) {
        if let Some(range) = net.range(Part::Weights(k)) {
            let base = match mode(0) {
                Mode::Jets(base) => Some(base.theta),
                _ => None,
            };
            for i in range {
                let latent = base.map_or(ready.theta[i].value(), |b| b[i]);
                if sign_slope(latent) == 0.0 {
                    out.of[i] = S::default();
                }
            }
        }
    }
    out
}

/// Loss and gradient of the logits of one sample.
pub fn cross_entropy<S: Scalar>(logits: &[S], class: usize) -> (S, Vec<S>) {
    let most = logits.iter().map(|l| l.value()).fold(f64::NEG_INFINITY, f64::max);
    let mut p: Vec<S> = logits.iter().map(|l| (*l - S::of(most)).exp()).collect();
    let mut sum = S::default();
    p.iter().for_each(|e| sum += *e);
    let part = sum.recip();
    p.iter_mut().for_each(|e| *e = *e * part);
    p[class] += S::of(-1.0);
    (sum.ln() + S::of(most) - logits[class], p)
}

/// Index of the largest value, the lowest on ties.
pub fn argmax<S: Scalar>(values: &[S]) -> usize {
    let better = |b: usize, i: usize| values[i].value() > values[b].value();
    (1..values.len()).fold(0, |b, i| if better(b, i) { i } else { b })
}

/// Loss and gradient of the head alone, from spike counts that are known: for bodies that stay.
pub fn head_gradient(net: &Net, theta: &[f64], batch: &[(Vec<f64>, usize)]) -> Gradient<f64> {
    let ready = Ready::new(net, theta, Mode::of(net));
    let mut out = Gradient { loss: 0.0, of: vec![0.0; net.size()], correct: 0 };
    let share = (batch.len() as f64).recip();
    for (counts, class) in batch {
        let logits = ready.logits(counts);
        out.correct += usize::from(argmax(&logits) == *class);
        let (loss, mut d) = cross_entropy(&logits, *class);
        out.loss += share * loss;
        d.iter_mut().for_each(|d| *d *= share);
        head_back(&ready, counts, &d, &mut out.of);
    }
    out
}

/// Adds the gradients of the head; returns those of the spike counts.
fn head_back<S: Scalar>(
    ready: &Ready<'_, S>,
    counts: &[S],
    d_logits: &[S],
    out: &mut [S],
) -> Vec<S> {
    let net = ready.net;
    let features = net.features();
    let (scale, share) = (S::of(net.scale), S::of(net.scale / net.ticks as f64));
    let (weights, biases) = out[net.head()].split_at_mut(net.classes * features);
    let mut d_counts = vec![S::default(); features];
    let rows =
        weights.chunks_exact_mut(features).zip(ready.part(Part::Head).chunks_exact(features));
    for (((dw, w), bias), d) in rows.zip(biases).zip(d_logits) {
        *bias += scale * *d;
        let d = share * *d;
        for (((dw, w), m), dm) in dw.iter_mut().zip(w).zip(counts).zip(&mut d_counts) {
            *dw += d * *m;
            *dm += d * *w;
        }
    }
    d_counts
}

/// Adds the gradient of one sample, from that of its logits.
fn backward<S: Scalar>(
    ready: &Ready<'_, S>,
    sample: &Sample,
    mode: Mode<'_>,
    tape: &Tape<S>,
    d_logits: &[S],
    reach: Reach,
    out: &mut [S],
) {
    let net = ready.net;
    let d_counts = head_back(ready, &tape.counts, d_logits, out);
    if reach == Reach::Head {
        return;
    }
    // Counts add up ticks: every tick has the same gradient.
    let mut up = d_counts.repeat(net.ticks);
    for k in (0..net.layers.len()).rev() {
        let base = match mode {
            Mode::Jets(base) => Some(base),
            _ => None,
        };
        let dx = neurons_back(ready, k, &tape.layers[k], base, matches!(mode, Mode::Smooth), up);
        let dz = norm_back(ready, k, &tape.layers[k], dx, out);
        let below = k.checked_sub(1).map(|k| &tape.layers[k]);
        up = vectorized(
            #[inline(always)]
            || sums_back(ready, k, sample, below, &dz, out),
        );
    }
}

/// Gradients of the drives from those of the spikes passed on.
fn neurons_back<S: Scalar>(
    ready: &Ready<'_, S>,
    k: usize,
    tape: &LayerTape<S>,
    base: Option<&Base<'_>>,
    smooth: bool,
    up: Vec<S>,
) -> Vec<S> {
    let layer = &ready.net.layers[k];
    let (n, m, rule) = (layer.geometry.to.len(), layer.out.len(), &layer.rule);
    let base = base.map(|b| &b.tape.layers[k]);
    let mut g = up;
    if !tape.pick.is_empty() {
        let mut spread = vec![S::default(); tape.s.len()];
        for (at, d) in g.iter().enumerate() {
            spread[at / m * n + tape.pick[at] as usize] += *d;
        }
        g = spread;
    }
    let lambda = S::of(rule.lambda);
    let mut carry = vec![S::default(); n];
    for t in (0..ready.net.ticks).rev() {
        let (u, s) = (&tape.u[t * n..][..n], &tape.s[t * n..][..n]);
        for (i, g) in g[t * n..][..n].iter_mut().enumerate() {
            let at = base.map(|b| (b.u[t * n + i], b.s[t * n + i]));
            let slope = activate(rule, u[i], at, smooth).1;
            let fired = S::of(at.map_or(s[i].value(), |(_, s0)| s0));
            let r = if rule.through_reset { s[i] } else { fired };
            let mut ds = *g;
            if rule.through_reset {
                let lost = if rule.zero { carry[i] * u[i] } else { carry[i] };
                ds = ds - lost;
            }
            let kept = if rule.zero { carry[i] * (S::of(1.0) - r) } else { carry[i] };
            *g = ds * slope + kept;
            carry[i] = lambda * *g;
        }
    }
    g
}

/// Gradients of the sums from those of the drives; adds those of gain and β.
fn norm_back<S: Scalar>(
    ready: &Ready<'_, S>,
    k: usize,
    tape: &LayerTape<S>,
    mut g: Vec<S>,
    out: &mut [S],
) -> Vec<S> {
    let layer = &ready.net.layers[k];
    let units = layer.units();
    if let Some(range) = ready.net.range(Part::Beta(k)) {
        let beta = &mut out[range];
        for g in g.chunks_exact(units) {
            beta.iter_mut().zip(g).for_each(|(b, g)| *b += *g);
        }
    }
    let (Some(norm), Some(range)) = (&layer.norm, ready.net.range(Part::Gain(k))) else { return g };
    let (d_gain, gain) = (&mut out[range], ready.part(Part::Gain(k)));
    for (g, x) in g.chunks_exact_mut(units).zip(tape.normal.chunks_exact(units)) {
        for i in 0..units {
            d_gain[i] += g[i] * x[i];
            g[i] = g[i] * gain[i] * S::of(norm.inverse[i]);
        }
    }
    g
}

/// Adds the gradients of the weights; returns those of the spikes below.
#[inline(always)]
fn sums_back<S: Scalar>(
    ready: &Ready<'_, S>,
    k: usize,
    sample: &Sample,
    below: Option<&LayerTape<S>>,
    g: &[S],
    out: &mut [S],
) -> Vec<S> {
    let layer = &ready.net.layers[k];
    let (n, units, inputs) = (layer.geometry.to.len(), layer.units(), layer.source.len());
    let Some(range) = ready.net.range(Part::Weights(k)) else { return Vec::new() };
    let dw = &mut out[range];
    let Some(below) = below else {
        for (spikes, g) in sample.ticks.iter().zip(g.chunks_exact(n)) {
            for (j, value) in spikes {
                for link in layer.wiring.links(*j as usize) {
                    let g = &g[span(link.position, units)];
                    S::add_scaled(&mut dw[span(link.row, units)], S::of(*value), g);
                }
            }
        }
        return Vec::new();
    };
    let weights = &ready.weights[k];
    let mut down = vec![S::default(); below.out().len()];
    let rows = below.out().chunks_exact(inputs).zip(down.chunks_exact_mut(inputs));
    for ((spikes, down), g) in rows.zip(g.chunks_exact(n)) {
        for (j, (s, down)) in spikes.iter().zip(down).enumerate() {
            for link in layer.wiring.links(j) {
                let (row, g) = (span(link.row, units), &g[span(link.position, units)]);
                *down += S::dot(&weights[row.clone()], g);
                if !s.is_nothing() {
                    S::add_scaled(&mut dw[row], *s, g);
                }
            }
        }
    }
    down
}
