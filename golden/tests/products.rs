//! Products with the Hessian, made by sweeps of derivatives alone, against the backward pass on dual
//! numbers, which is their definition.

use spikewright_golden::{
    meta::{Dual, Example, Net, Part, Reach, Sample, gradient, hessian_product},
    rng::{Sequence, Stream},
    train::{LayerConfig, Surrogate, WeightKind},
};
use spikewright_ir::{Leak, Reset, Shape};

fn draw(seed: u64) -> Sequence {
    Stream::named(seed, "products").sequence()
}

/// A pooled convolution, another one, and a dense layer; some latent weights lie beyond the signs' slope.
fn network(binary: bool, norm: bool, zero: bool, through: bool) -> (Net, Vec<f64>) {
    let common = LayerConfig {
        reset: if zero { Reset::Zero } else { Reset::Subtract },
        surrogate: Surrogate::FastSigmoid(2.0),
        batch_norm: norm,
        weights: if binary { WeightKind::Binary } else { WeightKind::Float },
        detach_reset: !through,
        ..LayerConfig::dense(0, Leak::Scale(205))
    };
    let first = LayerConfig { channels: 3, kernel: 3, padding: 1, or_pool: 2, ..common.clone() };
    let second = LayerConfig { channels: 5, kernel: 2, ..common.clone() };
    let third = LayerConfig { neurons: 6, ..common };
    let input = Shape { channels: 2, height: 6, width: 8 };
    let mut net = Net::new(&[first, second, third], input, 4, 3, 2.0).unwrap();
    let mut draw = draw(3);
    for layer in &mut net.layers {
        if let Some(norm) = &mut layer.norm {
            norm.mean.iter_mut().for_each(|m| *m = 0.5 * draw.normal());
            norm.inverse.iter_mut().for_each(|i| *i = 0.3 + 0.2 * draw.unit());
        }
    }
    let mut theta = net.fresh(7, 2.5);
    for slot in net.slots.clone() {
        for w in &mut theta[slot.range] {
            match slot.part {
                Part::Beta(_) => *w += 0.5 + 0.3 * draw.normal(),
                Part::Gain(_) => *w += 0.3 * draw.normal(),
                Part::Weights(_) if binary => *w *= 12.0,
                _ => {}
            }
        }
    }
    (net, theta)
}

fn samples(net: &Net) -> Vec<Sample> {
    let mut draw = draw(11);
    let mut tick = || {
        let spikes = (0..net.input.len() as u32).filter(|_| draw.unit() < 0.3);
        spikes.map(|j| (j, 1.0)).collect()
    };
    (0..5).map(|_| Sample { ticks: (0..net.ticks).map(|_| tick()).collect() }).collect()
}

fn norm(a: &[f64]) -> f64 {
    a.iter().map(|a| a * a).sum::<f64>().sqrt()
}

#[track_caller]
fn check(net: &Net, theta: &[f64], v: &[f64], batch: &[Example<'_>]) {
    let along: Vec<_> = theta.iter().zip(v).map(|(&re, &eps)| Dual { re, eps }).collect();
    let expect: Vec<f64> =
        gradient(net, &along, batch, Reach::All).of.iter().map(|d| d.eps).collect();
    let product = hessian_product(net, theta, v, batch);
    let apart: Vec<f64> = product.iter().zip(&expect).map(|(a, b)| a - b).collect();
    assert!(norm(&expect) > 1e-4, "nothing to compare: {}", norm(&expect));
    assert!(norm(&apart) < 1e-12 * norm(&expect), "{} of {}", norm(&apart), norm(&expect));
    // What has no derivative has exactly none.
    let nothing = |(a, b): (&f64, &f64)| *b != 0.0 || *a == 0.0;
    assert!(product.iter().zip(&expect).all(nothing));
}

/// Every reset, weights of both kinds, with and without batch norm, spikes and their smooth steps;
/// directions in all parameters, in the head alone and in the body alone.
#[test]
fn products_are_those_of_dual_numbers() {
    for [zero, through, smooth] in (0..8).map(|k| [k & 1, k & 2, k & 4].map(|bit| bit != 0)) {
        for (binary, normalized) in [(false, false), (false, true), (true, true)] {
            let (mut net, theta) = network(binary, normalized, zero, through);
            net.smooth = smooth;
            let samples = samples(&net);
            let example = |(i, sample)| Example { sample, class: i % 3 };
            let batch: Vec<Example<'_>> = samples.iter().enumerate().map(example).collect();
            let mut draw = draw(15);
            let all: Vec<f64> = theta.iter().map(|_| draw.normal()).collect();
            let first = net.head().start;
            let part = |head: bool| -> Vec<f64> {
                let keep = |(i, v): (usize, &f64)| if (i >= first) == head { *v } else { 0.0 };
                all.iter().enumerate().map(keep).collect()
            };
            check(&net, &theta, &all, &batch);
            check(&net, &theta, &part(true), &batch);
            check(&net, &theta, &part(false), &batch);
        }
    }
}
