//! What a sample costs: arithmetic forward and backward, and memory, are linear in events times the
//! neurons that each of them reaches.

use super::*;
use crate::{rng::Stream, train::LANES};
use std::{
    cell::Cell,
    ops::{Add, AddAssign, Div, Mul, Neg, Sub, SubAssign},
};

thread_local! {
    static DONE: Cell<usize> = const { Cell::new(0) };
}

/// A float whose operations are counted.
#[derive(Clone, Copy, Default, PartialEq, PartialOrd, Debug)]
struct Counted(f64);

fn counted(x: f64) -> Counted {
    DONE.set(DONE.get() + 1);
    Counted(x)
}

macro_rules! operation {
    ($($name:ident $method:ident $sign:tt),*) => {$(
        impl $name for Counted {
            type Output = Self;
            fn $method(self, other: Self) -> Self {
                counted(self.0 $sign other.0)
            }
        }
    )*};
}
operation!(Add add +, Sub sub -, Mul mul *, Div div /);

impl Neg for Counted {
    type Output = Self;
    fn neg(self) -> Self {
        counted(-self.0)
    }
}

impl AddAssign for Counted {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl SubAssign for Counted {
    fn sub_assign(&mut self, other: Self) {
        *self = *self - other;
    }
}

impl Real for Counted {
    fn of(x: f64) -> Self {
        Self(x)
    }
    fn to(self) -> f64 {
        self.0
    }
    fn sqrt(self) -> Self {
        counted(self.0.sqrt())
    }
    fn atan2(self, x: Self) -> Self {
        counted(self.0.atan2(x.0))
    }
}

const INPUTS: usize = 512;

/// With so many input spikes: operations forward and backward, and events times the lanes they reach.
fn cost(net: &Net<Counted>, spikes: usize) -> [usize; 3] {
    let mut draw = Stream::named(1, "times").sequence();
    let mut times: Vec<f64> = (0..INPUTS).map(|_| 1.99 * draw.unit()).collect();
    times[spikes..].fill(-1.0);
    let stimulus = Stimulus::Times(&times);
    let (mut pass, mut gradient) = (Pass::new(net, 1.0), Gradient::new(net));
    DONE.set(0);
    pass.forward(net, stimulus).unwrap();
    let forward = DONE.replace(0);
    pass.backward(net, stimulus, &[1.0, -0.5, 0.25], &mut gradient);
    let backward = DONE.get();
    let (mut pulses, mut work) = (spikes, 0);
    for (layer, trace) in net.layers.iter().zip(&pass.traces) {
        // A state per pulse and one for the end, nothing else.
        assert_eq!(trace.s.len(), (pulses + 1) * layer.width());
        assert_eq!(trace.c.len(), trace.s.len());
        work += pulses * layer.width() * LANES;
        pulses = trace.spikes.len();
    }
    [forward, backward, work]
}

#[test]
fn a_pass_is_linear_in_events_times_fan_out() {
    let mut draw = Stream::named(1, "cost").sequence();
    let mut net = Net::<Counted>::new(&[INPUTS, 40, 20, 3], 2.0, 6.0, 3.0);
    for layer in &mut net.layers {
        let (neurons, width) = (layer.neurons, layer.width());
        for row in layer.weights.chunks_exact_mut(width) {
            let weights = row.as_flattened_mut().iter_mut().take(neurons);
            weights.for_each(|k| *k = Counted(0.5 * (draw.unit() - 0.4)));
        }
    }
    let [forward, backward, _] = cost(&net, 0);
    let per_work: Vec<[f64; 2]> = [64, 128, 256, 512]
        .into_iter()
        .map(|spikes| {
            let [f, b, work] = cost(&net, spikes);
            [(f - forward) as f64 / work as f64, (b - backward) as f64 / work as f64]
        })
        .collect();
    for way in 0..2 {
        let least = per_work.iter().map(|p| p[way]).fold(f64::INFINITY, f64::min);
        let most = per_work.iter().map(|p| p[way]).fold(0.0, f64::max);
        assert!(least > 1.0 && most < 1.1 * least, "{per_work:?}");
    }
    // Both the inputs' and the neurons' events became more.
    assert!(cost(&net, 512)[2] > 6 * cost(&net, 64)[2]);
}
