//! Products with the Hessian as sweeps of derivatives alone. What [`super::gradient`] gives on dual
//! numbers is the definition; here every number of the value's passes is computed once and never
//! paired: a silent neuron, which costs a gradient nothing in the weights below it, costs a product
//! one multiplication per synapse instead of three, and gradients of weights are not made again.

use super::{
    forward::{LayerTape, Mode, Ready, Sample, Tape, add_input, sign_slope, span},
    gradient::{Example, cross_entropy},
    moved::{Moved, neurons, neurons_back},
    net::{Net, Part},
    scalar::{Dual, Scalar},
};
use crate::simd::vectorized;

/// `H·v` of the mean loss, `v` with one entry per parameter.
pub fn hessian_product<S: Scalar>(
    net: &Net,
    theta: &[S],
    v: &[S],
    batch: &[Example<'_>],
) -> Vec<S> {
    let mode = Mode::of(net);
    let ready = Ready::new(net, theta, mode);
    let turned = Turned::new(net, theta, v);
    let mut out = vec![S::default(); net.size()];
    let share = S::of((batch.len() as f64).recip());
    for example in batch {
        let tape = ready.forward(example.sample, mode);
        let moved = turned.forward(&ready, example.sample, &tape);
        turned.backward(&ready, example, &tape, &moved, share, &mut out);
    }
    turned.cut(theta, &mut out);
    out
}

/// The direction of a product.
struct Turned<'a, S> {
    net: &'a Net,
    v: &'a [S],
    /// Derivatives of the weights that spikes add up, per layer; empty where none moves.
    weights: Vec<Vec<S>>,
}

impl<'a, S: Scalar> Turned<'a, S> {
    fn new(net: &'a Net, theta: &[S], v: &'a [S]) -> Self {
        let weights = net.layers.iter().enumerate().map(|(k, layer)| {
            let range = net.range(Part::Weights(k)).unwrap_or(0..0);
            let along = &v[range.clone()];
            if along.iter().all(|v| v.is_nothing()) {
                return Vec::new();
            }
            let through = |(v, w): (&S, &S)| match sign_slope(w.value()) {
                0.0 if layer.is_binary() => S::default(),
                _ => *v,
            };
            along.iter().zip(&theta[range]).map(through).collect()
        });
        Self { net, v, weights: weights.collect() }
    }

    fn part(&self, part: Part) -> &[S] {
        self.net.range(part).map_or(&[], |r| &self.v[r])
    }

    /// Derivatives of everything on the way up.
    fn forward(&self, ready: &Ready<'_, S>, sample: &Sample, tape: &Tape<S>) -> Vec<Moved<S>> {
        let mut moved: Vec<Moved<S>> = Vec::with_capacity(tape.layers.len());
        for (k, layer) in self.net.layers.iter().enumerate() {
            let below = k.checked_sub(1).map(|b| (&tape.layers[b], &moved[b]));
            let mut z = vec![S::default(); self.net.ticks * layer.geometry.to.len()];
            vectorized(
                #[inline(always)]
                || self.sums(ready, k, sample, below, &mut z),
            );
            let normal = self.normalize(ready, k, &tape.layers[k], &mut z);
            moved.push(neurons(layer, &tape.layers[k], normal, z));
        }
        moved
    }

    /// Adds up what derivatives of spikes and of weights contribute to the sums.
    #[inline(always)]
    fn sums(
        &self,
        ready: &Ready<'_, S>,
        k: usize,
        sample: &Sample,
        below: Option<(&LayerTape<S>, &Moved<S>)>,
        z: &mut [S],
    ) {
        let layer = &self.net.layers[k];
        let (n, inputs) = (layer.geometry.to.len(), layer.source.len());
        let (weights, turned) = (&ready.weights[k], &self.weights[k]);
        for (t, z) in z.chunks_exact_mut(n).enumerate() {
            match below {
                None if turned.is_empty() => {}
                None => {
                    for &(j, value) in &sample.ticks[t] {
                        add_input(layer, turned, j as usize, S::of(value), z);
                    }
                }
                Some((below, moved)) => {
                    let (s, d) = (&below.out()[t * inputs..], &moved.out()[t * inputs..]);
                    for (j, (s, d)) in s[..inputs].iter().zip(d).enumerate() {
                        if !s.is_nothing() && !turned.is_empty() {
                            add_input(layer, turned, j, *s, z);
                        }
                        if !d.is_nothing() {
                            add_input(layer, weights, j, *d, z);
                        }
                    }
                }
            }
        }
    }

    /// Turns derivatives of sums into those of drives; returns those of the normalized sums.
    fn normalize(
        &self,
        ready: &Ready<'_, S>,
        k: usize,
        tape: &LayerTape<S>,
        z: &mut [S],
    ) -> Vec<S> {
        let layer = &self.net.layers[k];
        let units = layer.units();
        let d_beta = self.part(Part::Beta(k));
        let Some(norm) = &layer.norm else {
            for z in z.chunks_exact_mut(units) {
                z.iter_mut().zip(d_beta).for_each(|(z, b)| *z += *b);
            }
            return Vec::new();
        };
        let (gain, d_gain) = (ready.part(Part::Gain(k)), self.part(Part::Gain(k)));
        for z in z.chunks_exact_mut(units) {
            z.iter_mut().zip(&norm.inverse).for_each(|(z, i)| *z = S::of(*i) * *z);
        }
        let normal = z.to_vec();
        for (z, x) in z.chunks_exact_mut(units).zip(tape.normal.chunks_exact(units)) {
            for i in 0..units {
                z[i] = gain[i] * z[i] + d_gain[i] * x[i] + d_beta[i];
            }
        }
        normal
    }

    /// Adds the product of one sample.
    fn backward(
        &self,
        ready: &Ready<'_, S>,
        example: &Example<'_>,
        tape: &Tape<S>,
        moved: &[Moved<S>],
        share: S,
        out: &mut [S],
    ) {
        let net = self.net;
        let (g, d) = self.head_back(ready, example.class, tape, moved, share, out);
        // Counts add up ticks: every tick has the same gradient.
        let mut up = [g.repeat(net.ticks), d.repeat(net.ticks)];
        for k in (0..net.layers.len()).rev() {
            neurons_back(&net.layers[k], &tape.layers[k], &moved[k], &mut up);
            self.norm_back(ready, k, (&tape.layers[k], &moved[k]), &mut up, out);
            let Some(range) = net.range(Part::Weights(k)) else { return };
            let dw = &mut out[range];
            up = vectorized(
                #[inline(always)]
                || match k.checked_sub(1) {
                    None => self.inputs_back(example.sample, &up[1], dw),
                    Some(b) => self.sums_back(ready, k, (&tape.layers[b], &moved[b]), &up, dw),
                },
            );
        }
    }

    /// Gradients of the spike counts and their derivatives.
    fn head_back(
        &self,
        ready: &Ready<'_, S>,
        class: usize,
        tape: &Tape<S>,
        moved: &[Moved<S>],
        share: S,
        out: &mut [S],
    ) -> (Vec<S>, Vec<S>) {
        let net = self.net;
        let n = net.features();
        let mut d_counts = vec![S::default(); n];
        if let Some(last) = moved.last() {
            for row in last.out().chunks_exact(n) {
                d_counts.iter_mut().zip(row).for_each(|(c, s)| *c += *s);
            }
        }
        let (scale, per) = (S::of(net.scale), S::of(net.scale / net.ticks as f64));
        let rows =
            ready.part(Part::Head).chunks_exact(n).zip(self.part(Part::Head).chunks_exact(n));
        let logits: Vec<Dual<S>> = rows
            .clone()
            .zip(&tape.logits)
            .zip(self.part(Part::Bias))
            .map(|(((w, v), logit), bias)| {
                let sum = S::dot(w, &d_counts) + S::dot(v, &tape.counts);
                Dual { re: *logit, eps: per * sum + scale * *bias }
            })
            .collect();
        let (_, d_logits) = cross_entropy(&logits, class);
        let (mut g, mut d) = (vec![S::default(); n], vec![S::default(); n]);
        let (weights, biases) = out[net.head()].split_at_mut(net.classes * n);
        for (((dw, bias), (w, v)), p) in
            weights.chunks_exact_mut(n).zip(biases).zip(rows).zip(d_logits)
        {
            let (p, q) = (share * p.re, share * p.eps);
            *bias += scale * q;
            let (p, q) = (per * p, per * q);
            S::add_scaled(dw, q, &tape.counts);
            S::add_scaled(dw, p, &d_counts);
            S::add_scaled(&mut g, p, w);
            S::add_scaled(&mut d, q, w);
            S::add_scaled(&mut d, p, v);
        }
        (g, d)
    }

    /// Gradients of the sums, and their derivatives, from those of the drives; adds what gain and β
    /// have of the product.
    fn norm_back(
        &self,
        ready: &Ready<'_, S>,
        k: usize,
        (tape, moved): (&LayerTape<S>, &Moved<S>),
        [g, d]: &mut [Vec<S>; 2],
        out: &mut [S],
    ) {
        let layer = &self.net.layers[k];
        let units = layer.units();
        if let Some(range) = self.net.range(Part::Beta(k)) {
            let beta = &mut out[range];
            for d in d.chunks_exact(units) {
                beta.iter_mut().zip(d).for_each(|(b, d)| *b += *d);
            }
        }
        let (Some(norm), Some(range)) = (&layer.norm, self.net.range(Part::Gain(k))) else {
            return;
        };
        let (gain, d_gain) = (ready.part(Part::Gain(k)), self.part(Part::Gain(k)));
        let of_gain = &mut out[range];
        let rows = g.chunks_exact_mut(units).zip(d.chunks_exact_mut(units));
        let normal = tape.normal.chunks_exact(units).zip(moved.normal.chunks_exact(units));
        for ((g, d), (x, dx)) in rows.zip(normal) {
            for i in 0..units {
                of_gain[i] += d[i] * x[i] + g[i] * dx[i];
                let inverse = S::of(norm.inverse[i]);
                d[i] = (d[i] * gain[i] + g[i] * d_gain[i]) * inverse;
                g[i] = g[i] * gain[i] * inverse;
            }
        }
    }

    /// Adds the product of the weights that inputs meet.
    #[inline(always)]
    fn inputs_back(&self, sample: &Sample, d: &[S], dw: &mut [S]) -> [Vec<S>; 2] {
        let layer = &self.net.layers[0];
        let (n, units) = (layer.geometry.to.len(), layer.units());
        for (spikes, d) in sample.ticks.iter().zip(d.chunks_exact(n)) {
            for (j, value) in spikes {
                for link in layer.wiring.links(*j as usize) {
                    let d = &d[span(link.position, units)];
                    S::add_scaled(&mut dw[span(link.row, units)], S::of(*value), d);
                }
            }
        }
        [Vec::new(), Vec::new()]
    }

    /// Adds the product of the weights above other layers; returns gradients of the spikes below and
    /// their derivatives.
    #[inline(always)]
    fn sums_back(
        &self,
        ready: &Ready<'_, S>,
        k: usize,
        (below, moved): (&LayerTape<S>, &Moved<S>),
        [g, d]: &[Vec<S>; 2],
        dw: &mut [S],
    ) -> [Vec<S>; 2] {
        let layer = &self.net.layers[k];
        let (n, units, inputs) = (layer.geometry.to.len(), layer.units(), layer.source.len());
        let (weights, turned) = (&ready.weights[k], &self.weights[k]);
        let [mut down, mut d_down] = [(); 2].map(|()| vec![S::default(); below.out().len()]);
        for (t, (g, d)) in g.chunks_exact(n).zip(d.chunks_exact(n)).enumerate() {
            for j in 0..inputs {
                let at = t * inputs + j;
                let (s, ds) = (below.out()[at], moved.out()[at]);
                let (mut sum, mut d_sum) = (S::default(), S::default());
                for link in layer.wiring.links(j) {
                    let (row, to) = (span(link.row, units), span(link.position, units));
                    let (g, d, w) = (&g[to.clone()], &d[to], &weights[row.clone()]);
                    sum += S::dot(w, g);
                    d_sum += S::dot(w, d);
                    if !turned.is_empty() {
                        d_sum += S::dot(&turned[row.clone()], g);
                    }
                    if !ds.is_nothing() {
                        S::add_scaled(&mut dw[row.clone()], ds, g);
                    }
                    if !s.is_nothing() {
                        S::add_scaled(&mut dw[row], s, d);
                    }
                }
                (down[at], d_down[at]) = (sum, d_sum);
            }
        }
        [down, d_down]
    }

    /// Straight through the signs, whose slope is a constant.
    fn cut(&self, theta: &[S], out: &mut [S]) {
        for (k, _) in self.net.layers.iter().enumerate().filter(|(_, l)| l.is_binary()) {
            for i in self.net.range(Part::Weights(k)).unwrap_or(0..0) {
                if sign_slope(theta[i].value()) == 0.0 {
                    out[i] = S::default();
                }
            }
        }
    }
}
