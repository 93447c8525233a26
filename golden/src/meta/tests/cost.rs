//! The work of second order, in operations on real numbers: a scalar that counts them.

use super::networks::*;
use crate::{
    meta::{Example, Net, Reach, Sample, Scalar, gradient, hessian_product},
    train::{LayerConfig, Surrogate, WeightKind},
};
use spikewright_ir::{Leak, Shape};
use std::{
    cell::Cell,
    ops::{Add, AddAssign, Mul, Sub},
};

thread_local! {
    static OPERATIONS: Cell<u64> = const { Cell::new(0) };
}

/// A real number that counts what is done with it.
#[derive(Clone, Copy, Default, PartialEq, Debug)]
struct Tally(f64);

fn count<T>(value: T) -> T {
    OPERATIONS.set(OPERATIONS.get() + 1);
    value
}

impl Add for Tally {
    type Output = Self;
    fn add(self, o: Self) -> Self {
        count(Self(self.0 + o.0))
    }
}

impl Sub for Tally {
    type Output = Self;
    fn sub(self, o: Self) -> Self {
        count(Self(self.0 - o.0))
    }
}

impl Mul for Tally {
    type Output = Self;
    fn mul(self, o: Self) -> Self {
        count(Self(self.0 * o.0))
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, o: Self) {
        *self = *self + o;
    }
}

impl Scalar for Tally {
    fn of(value: f64) -> Self {
        Self(value)
    }
    fn value(self) -> f64 {
        self.0
    }
    fn lift(self, value: f64, _: f64) -> Self {
        count(Self(value))
    }
    fn is_nothing(self) -> bool {
        self.0 == 0.0
    }
}

/// Operations of a gradient, and of a product with the Hessian.
fn operations(net: &Net, theta: &[f64], batch: &[Example<'_>]) -> [u64; 2] {
    let [real, along] = [theta, &direction(theta.len(), 5)]
        .map(|v| v.iter().map(|w| Tally(*w)).collect::<Vec<_>>());
    OPERATIONS.set(0);
    gradient(net, &real, batch, Reach::All);
    let first = OPERATIONS.replace(0);
    hessian_product(net, &real, &along, batch);
    [first, OPERATIONS.get()]
}

/// A task of K steps takes K + 1 gradients and K products with the Hessian: with products of at most
/// three gradients that is 4K + 1.
#[test]
fn second_order_takes_at_most_four_k_and_one_gradients() {
    let float = |neurons| LayerConfig {
        weights: WeightKind::Float,
        batch_norm: false,
        surrogate: Surrogate::FastSigmoid(10.0),
        ..LayerConfig::dense(neurons, Leak::Scale(205))
    };
    let one = Net::new(&[float(48)], Shape::flat(48), 8, 5, 4.0).unwrap();
    let theta = one.fresh(1, 1.0);
    let (conv, latent) = network(BINARY);
    for (name, net, theta) in [("one layer", one, theta), ("convolution and dense", conv, latent)] {
        let samples: Vec<Sample> = samples(&net, 10, 8);
        let batch = batch(&samples);
        let [first, second] = operations(&net, &theta, &batch);
        let times = second as f64 / first as f64;
        assert!((1.5..3.0).contains(&times), "{name}: a product is {times:.2} gradients");
        for k in 1..=3u64 {
            assert!((k + 1) * first + k * second <= (4 * k + 1) * first, "{name}, K = {k}");
        }
    }
}
