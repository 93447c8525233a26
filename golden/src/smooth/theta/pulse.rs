//! What a pulse does to a phase, on the layers that are trained: the transfer function H with
//! `cot H(θ, k) = cot θ − k` (Klos and Memmesheimer, 2025).

use super::*;
use proptest::prelude::*;
use std::f64::consts::PI;

/// A point (s, c) and how many spikes led to it.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Point {
    s: f64,
    c: f64,
    spikes: usize,
}

impl Point {
    /// The one of a phase, measured from 0 or, below, from π: both ends are met with all their digits.
    fn of(phase: f64) -> Self {
        let (s, c) = if phase < 0.0 { (-phase.sin(), -phase.cos()) } else { phase.sin_cos() };
        Self { s, c, spikes: 0 }
    }

    fn angle(self) -> f64 {
        self.s.atan2(self.c)
    }

    fn square(self) -> f64 {
        self.s * self.s + self.c * self.c
    }
}

/// Where a neuron is at angle `at`, where the pulses `weights` reach it; it started at a point.
fn pulsed<T: Real>(start: Point, at: f64, weights: &[f64]) -> Point {
    let mut layer = Layer::<T>::new(weights.len(), 1);
    (layer.sin[0][0], layer.cos[0][0]) = (T::of(start.s), T::of(start.c));
    weights.iter().zip(&mut layer.weights[..]).for_each(|(k, row)| row[0] = T::of(*k));
    let (sin, cos) = (T::of(at.sin()), T::of(at.cos()));
    let pulse = |neuron| Spike { neuron, at: T::of(at), sin, cos, ..Spike::default() };
    let pulses: Vec<_> = (0..weights.len()).map(pulse).collect();
    let mut trace = Trace::default();
    trace.run(&layer.view(&layer.weights), &pulses, (sin, cos)).unwrap();
    let (s, c) = trace.last(1);
    Point { s: s[0][0].to(), c: c[0][0].to(), spikes: trace.spikes.len() }
}

/// Time of the output, real or pseudo, and its derivatives with respect to the phase at the start and to
/// the weight. Times are angles; the neuron starts at an angle, and its pulse comes at `at`.
fn output(start: f64, at: f64, k: f64) -> (f64, f64, f64) {
    let mut net = Net::<f64>::new(&[1, 1], 1.0, PI, 0.0);
    net.layers[0].weights[0][0] = k;
    let p = Point::of(start);
    (net.layers[0].sin[0][0], net.layers[0].cos[0][0]) = (p.s, p.c);
    let (mut pass, mut gradient) = (Pass::new(&net, 1.0), Gradient::new(&net));
    let stimulus = Stimulus::Times(&[at]);
    pass.forward(&net, stimulus).unwrap();
    pass.backward(&net, stimulus, &[1.0], &mut gradient);
    (pass.outputs[0], gradient.phases[0][0][0], gradient.weights[0][0][0])
}

/// Phases of every size at both ends, and some in between; those near π are negative.
fn phases() -> impl Strategy<Value = f64> {
    let end = || (-12.0..0.0f64).prop_map(|x| 10f64.powf(x));
    prop_oneof![end(), end().prop_map(|x| -x), 0.1..3.0f64]
}

/// Weights of every size up to a billion.
fn weights() -> impl Strategy<Value = f64> {
    let some = || (-3.0..9.0f64).prop_map(|x| 10f64.powf(x));
    prop_oneof![some(), some().prop_map(|x| -x), -3.0..3.0f64]
}

proptest! {
    #[test]
    fn pulses_compose_mirror_and_never_fire(phase in phases(), a in weights(), b in weights()) {
        let p = Point::of(phase);
        prop_assert_eq!(pulsed::<f64>(p, 0.0, &[0.0]), p);
        let (one, both) = (pulsed::<f64>(p, 0.0, &[a, b]), pulsed::<f64>(p, 0.0, &[a + b]));
        // What a sum loses of its larger part, in units of s.
        let lost = 1e-15 * (1.0 + (a.abs() + b.abs()) * p.s);
        prop_assert!(one.s == both.s && (one.c - both.c).abs() <= lost, "{one:?} {both:?}");
        let mirrored = pulsed::<f64>(Point { c: -p.c, ..p }, 0.0, &[-a]);
        let behind = pulsed::<f64>(p, 0.0, &[a]);
        prop_assert_eq!(mirrored, Point { c: -behind.c, ..behind });
        prop_assert!((mirrored.angle() - (PI - behind.angle())).abs() < 1e-15);
        // Between 0 and π, and nothing has spiked.
        prop_assert!(behind.s > 0.0 && behind.spikes == 0 && both.spikes == 0 && one.spikes == 0);
    }

    #[test]
    fn a_pulse_later_is_the_same_pulse(
        phase in phases(), at in 0.0..1.5f64, a in weights(), b in weights()
    ) {
        let p = Point::of(phase);
        // As long before as leaves the phase within its range.
        let at = if phase < 0.0 { at } else { at.min(p.angle()) };
        let (sin, cos) = at.sin_cos();
        let start = Point { s: p.s * cos - p.c * sin, c: p.c * cos + p.s * sin, spikes: 0 };
        for weights in [&[a][..], &[a, b]] {
            let k: f64 = weights.iter().sum();
            let (now, later) = (pulsed::<f64>(p, 0.0, &[k]), pulsed::<f64>(start, at, weights));
            prop_assert_eq!(later.spikes, 0);
            let lost = 1e-15 * (1.0 + (a.abs() + b.abs()) * (p.s + 1e-16));
            prop_assert!((now.s - later.s).abs() <= lost, "{now:?} {later:?}");
            // A turn rounds s by r, which is 1 and then 1 + a·s; that comes back in c, times the weight.
            let taken: f64 = weights.iter().map(|k| k.abs()).sum();
            let again = if weights.len() == 2 { (a * b).abs() * p.s } else { 0.0 };
            let lost = lost + 1e-15 * (taken + again);
            prop_assert!((now.c - later.c).abs() <= lost, "{now:?} {later:?}");
        }
    }

    #[test]
    fn gradients_are_those_of_the_transfer_function(phase in phases(), k in weights()) {
        // An output is at π − H, whether it comes within the trial or not.
        let (time, by_phase, by_weight) = output(phase, 0.0, k);
        let p = Point::of(phase);
        let behind = pulsed::<f64>(p, 0.0, &[k]);
        prop_assert!((time - (PI - behind.angle())).abs() < 1e-14);
        let (h_phase, h_weight) = (1.0 / behind.square(), p.s * p.s / behind.square());
        prop_assert!(h_phase > 0.0 && h_phase.is_finite() && h_weight > 0.0);
        prop_assert!((by_phase + h_phase).abs() <= 1e-6 * h_phase, "{by_phase} {h_phase}");
        prop_assert!((by_weight + h_weight).abs() <= 1e-6 * h_weight, "{by_weight} {h_weight}");
    }

    #[test]
    fn gradients_are_differences(
        phase in 1e-3..PI - 1e-3, at in 0.0..1.0f64, k in -5.0..5.0f64
    ) {
        const H: f64 = 1e-5;
        let start = (phase - at).max(10.0 * H);
        let (_, by_phase, by_weight) = output(start, at, k);
        let slope = |f: &dyn Fn(f64) -> f64| {
            let difference = |h: f64| (f(h) - f(-h)) / (2.0 * h);
            (4.0 * difference(H) - difference(2.0 * H)) / 3.0
        };
        let phases = slope(&|h| output(start + h, at, k).0);
        let weights = slope(&|h| output(start, at, k + h).0);
        prop_assert!((by_phase - phases).abs() <= 1e-6 * phases.abs().max(1e-2));
        prop_assert!((by_weight - weights).abs() <= 1e-6 * weights.abs().max(1e-2));
        prop_assert!(by_phase < 0.0 && by_weight <= 0.0);
    }

    #[test]
    fn single_precision_never_fires_either(
        phase in phases(), k in weights(), later in 1e-3..1.5f64, at in 0.0..1.5f64
    ) {
        let p = Point::of(phase);
        let behind = pulsed::<f32>(p, 0.0, &[k]);
        let expect = pulsed::<f64>(p, 0.0, &[k]);
        prop_assert!(behind.s > 0.0 && behind.spikes == 0 && behind.square().is_finite());
        let lost = 4.0 * f64::from(f32::EPSILON) * (1.0 + k.abs() * p.s);
        prop_assert!((behind.c - expect.c).abs() <= lost, "{behind:?} {expect:?}");
        // A pulse within the trial: up to the weights that models may have.
        let k = k.clamp(-LARGEST, LARGEST);
        let at = at.min(later);
        let there = pulsed::<f32>(Point::of(later - at), at, &[k]);
        prop_assert!(there.s > 0.0 && there.spikes == 0, "{there:?}");
    }
}

#[test]
fn nothing_happens_at_the_ends_and_nothing_overflows() {
    for k in [-1e9, -1.0, 0.0, 1.0, 1e9] {
        for phase in [0.0, 1e-300, 1e-12, -1e-12, -1e-300] {
            let behind = pulsed::<f64>(Point::of(phase), 0.0, &[k]);
            let expect = Point::of(phase);
            assert!(behind.s == expect.s && (behind.c - expect.c).abs() <= 1.1e-3, "{k} {phase}");
            let (time, by_phase, by_weight) = output(phase, 0.0, k);
            assert!([time, by_phase, by_weight].iter().all(|x| x.is_finite()) && by_phase < 0.0);
            assert!(by_weight.abs() <= 1.1e-24, "{k} {phase}: {by_weight}");
        }
    }
}
