//! Gradients and Hessian-vector products against finite differences, in the two modes in which
//! differences mean something: smooth networks, and networks frozen to the 2-jets of a spiking one.

use super::networks::*;
use crate::{
    meta::{
        Dual, Example, Net, Part, Reach, Sample,
        forward::{Base, Mode, Ready, Tape},
        gradient::batch_gradient,
        hessian_product,
    },
    train::{LayerConfig, Surrogate, WeightKind},
};
use spikewright_ir::{Leak, Shape};

/// A network seen in one mode: loss, gradient and Hessian products as functions of parameters.
struct View<'a> {
    net: &'a Net,
    batch: Vec<Example<'a>>,
    /// Base points of the jets, one per sample; none in smooth mode.
    bases: Vec<Base<'a>>,
}

impl<'a> View<'a> {
    fn smooth(net: &'a Net, samples: &'a [Sample]) -> Self {
        Self { net, batch: batch(samples), bases: Vec::new() }
    }

    fn jets(net: &'a Net, samples: &'a [Sample], theta: &'a [f64], tapes: &'a [Tape<f64>]) -> Self {
        let bases = tapes.iter().map(|tape| Base { theta, tape }).collect();
        Self { net, batch: batch(samples), bases }
    }

    fn mode<'b>(&'b self) -> impl Fn(usize) -> Mode<'b> + use<'a, 'b> {
        move |i| self.bases.get(i).map_or(Mode::Smooth, Mode::Jets)
    }

    fn gradient(&self, theta: &[f64]) -> (f64, Vec<f64>) {
        let ready = Ready::new(self.net, theta, self.mode()(0));
        let g = batch_gradient(&ready, &self.batch, Reach::All, &self.mode());
        (g.loss, g.of)
    }

    fn product(&self, theta: &[f64], v: &[f64]) -> Vec<f64> {
        let along: Vec<_> = theta.iter().zip(v).map(|(&re, &eps)| Dual { re, eps }).collect();
        let ready = Ready::new(self.net, &along, self.mode()(0));
        let g = batch_gradient(&ready, &self.batch, Reach::All, &self.mode());
        g.of.iter().map(|d| d.eps).collect()
    }

    /// Central differences along random directions against gradient and product.
    #[track_caller]
    fn check(&self, theta: &[f64]) {
        let (_, gradient) = self.gradient(theta);
        assert!(norm(&gradient) > 1e-3, "nothing to compare: {}", norm(&gradient));
        for seed in 0..4 {
            let v = direction(theta.len(), 50 + seed);
            // Small steps: pools and fast sigmoids have kinks that no difference may straddle.
            // Two of them, extrapolated (Richardson), have an error of order h^4.
            let along = |h: f64| {
                let at = |f: f64| self.gradient(&plus(theta, f * h, &v));
                let (a, b) = (at(1.0), at(-1.0));
                let g: Vec<f64> = a.1.iter().zip(&b.1).map(|(a, b)| (a - b) / (2.0 * h)).collect();
                ((a.0 - b.0) / (2.0 * h), g)
            };
            let (wide, close) = (along(4e-6), along(2e-6));
            let numeric = (4.0 * close.0 - wide.0) / 3.0;
            let exact = dot(&gradient, &v);
            let error = (numeric - exact).abs() / exact.abs().max(0.1 * norm(&gradient));
            assert!(error < 1e-6, "gradient {seed}: {exact} {numeric}");
            let numeric: Vec<f64> =
                close.1.iter().zip(&wide.1).map(|(c, w)| (4.0 * c - w) / 3.0).collect();
            let product = self.product(theta, &v);
            assert!(norm(&product) > 1e-3);
            let error = distance(&product, &numeric);
            assert!(error < 1e-6, "product {seed}: {error}");
        }
    }

    /// Linear in v, and symmetric.
    #[track_caller]
    fn check_hessian(&self, theta: &[f64]) {
        let [u, v] = [1, 2].map(|seed| direction(theta.len(), seed));
        let [hu, hv] = [&u, &v].map(|x| self.product(theta, x));
        let both = self.product(theta, &plus(&u, -2.5, &v));
        assert!(distance(&both, &plus(&hu, -2.5, &hv)) < 1e-12);
        let (a, b) = (dot(&u, &hv), dot(&v, &hu));
        assert!((a - b).abs() < 1e-12 * norm(&u) * norm(&hv), "{a} {b}");
    }
}

const SMOOTH: [Surrogate; 3] =
    [Surrogate::FastSigmoid(2.0), Surrogate::Arctan(2.0), Surrogate::Sigmoid(3.0)];

#[test]
fn smooth_networks_have_the_derivatives_of_differences() {
    for surrogate in SMOOTH {
        for (zero, norm) in [(false, false), (true, true)] {
            let (net, theta) = network(Kind { zero, norm, surrogate, ..REAL });
            let samples = samples(&net, 5, 11);
            let view = View::smooth(&net, &samples);
            view.check(&theta);
            view.check_hessian(&theta);
        }
    }
}

#[test]
fn spiking_networks_have_the_derivatives_of_their_jets() {
    for surrogate in SMOOTH {
        for (zero, through) in [(false, false), (true, false), (false, true), (true, true)] {
            for binary in [true, false] {
                let kind = Kind { zero, through, binary, surrogate, ..BINARY };
                let (net, theta) = network(kind);
                let samples = samples(&net, 5, 12);
                let ready = Ready::new(&net, &theta, Mode::Spike);
                let tapes: Vec<_> = samples.iter().map(|s| ready.forward(s, Mode::Spike)).collect();
                let spikes: f64 = tapes.iter().flat_map(|t| &t.counts).sum();
                assert!((8.0..80.0).contains(&spikes), "{spikes} spikes of 100");
                let view = View::jets(&net, &samples, &theta, &tapes);
                view.check(&theta);
                view.check_hessian(&theta);
                // At the base point the jets have the value and the surrogate derivatives.
                let surrogate = batch_gradient(&ready, &view.batch, Reach::All, &|_| Mode::Spike);
                let (loss, gradient) = view.gradient(&theta);
                assert!((loss - surrogate.loss).abs() < 1e-12);
                assert!(distance(&gradient, &surrogate.of) < 1e-12);
                let v = direction(theta.len(), 9);
                let product = hessian_product(&net, &theta, &v, &view.batch);
                assert!(distance(&product, &view.product(&theta, &v)) < 1e-12);
            }
        }
    }
}

/// One neuron, one tick: d²L/dw² = x²·(L''(s)·σ'² + L'(s)·σ'').
#[test]
fn a_box_has_no_curvature_and_a_fast_sigmoid_has() {
    for (surrogate, slope, curvature) in [
        (Surrogate::Rectangle(0.5), 1.0, 0.0),
        (Surrogate::FastSigmoid(2.0), 1.2f64.powi(-2), -4.0 * 1.2f64.powi(-3)),
    ] {
        let config = LayerConfig {
            weights: WeightKind::Float,
            batch_norm: false,
            surrogate,
            ..LayerConfig::dense(1, Leak::None)
        };
        let net = Net::new(&[config], Shape::flat(1), 1, 2, 1.0).unwrap();
        // u = 1.1 spikes; logits 0.3 and −0.4.
        let theta = [1.1, 0.0, 0.3, -0.4, 0.0, 0.0];
        assert_eq!(net.range(Part::Head), Some(2..4));
        let sample = Sample { ticks: vec![vec![(0, 1.0)]] };
        let mut v = [0.0; 6];
        v[0] = 1.0;
        let got = hessian_product(&net, &theta, &v, &[Example { sample: &sample, class: 1 }])[0];
        let p = 1.0 / (1.0 + (-0.7f64).exp());
        let (first, second) = (0.7 * p, 0.49 * p * (1.0 - p));
        let expect = second * slope * slope + first * curvature;
        assert!((got - expect).abs() < 1e-12, "{surrogate:?}: {got} {expect}");
    }
}

#[test]
fn latents_beyond_one_have_no_gradient() {
    let (net, mut theta) = network(BINARY);
    let range = net.range(Part::Weights(0)).unwrap();
    theta[range.start] = -1.5;
    let samples = samples(&net, 4, 13);
    let g = crate::meta::gradient(&net, &theta, &batch(&samples), Reach::All).of;
    assert_eq!(g[range.start], 0.0);
    assert!(g[range].iter().filter(|g| **g != 0.0).count() > 20);
}
