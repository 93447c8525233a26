//! Products with the Hessian, made by sweeps of derivatives alone, against the backward pass on dual
//! numbers, which is their definition.

use super::networks::*;
use crate::{
    meta::{Dual, Example, Net, Reach, gradient, hessian_product},
    train::LayerConfig,
};
use spikewright_ir::Shape;

/// A pooled convolution, another one, and a dense layer.
fn deep(kind: Kind) -> (Net, Vec<f64>) {
    let common = kind.layer();
    let first = LayerConfig { channels: 3, kernel: 3, padding: 1, or_pool: 2, ..common.clone() };
    let second = LayerConfig { channels: 5, kernel: 2, ..common.clone() };
    let third = LayerConfig { neurons: 6, ..common };
    kind.network(&[first, second, third], Shape { channels: 2, height: 6, width: 8 })
}

#[track_caller]
fn check(net: &Net, theta: &[f64], v: &[f64], batch: &[Example<'_>]) {
    let along: Vec<_> = theta.iter().zip(v).map(|(&re, &eps)| Dual { re, eps }).collect();
    let expect: Vec<f64> =
        gradient(net, &along, batch, Reach::All).of.iter().map(|d| d.eps).collect();
    let product = hessian_product(net, theta, v, batch);
    let apart = norm(&plus(&product, -1.0, &expect));
    assert!(norm(&expect) > 1e-4, "nothing to compare: {}", norm(&expect));
    assert!(apart < 1e-12 * norm(&expect), "{apart} of {}", norm(&expect));
    // What has no derivative has exactly none.
    let nothing = |(a, b): (&f64, &f64)| *b != 0.0 || *a == 0.0;
    assert!(product.iter().zip(&expect).all(nothing));
}

/// Every reset, weights of both kinds, with and without batch norm, spikes and their smooth steps;
/// directions in all parameters, in the head alone and in the body alone.
#[test]
fn products_are_those_of_dual_numbers() {
    for [zero, through, smooth] in (0..8).map(|k| [k & 1, k & 2, k & 4].map(|bit| bit != 0)) {
        for (binary, norm) in [(false, false), (false, true), (true, true)] {
            let (mut net, theta) = deep(Kind { binary, norm, zero, through, ..REAL });
            net.smooth = smooth;
            let samples = samples(&net, 5, 11);
            let batch = batch(&samples);
            let all = direction(theta.len(), 15);
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
