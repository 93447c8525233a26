//! The gate by itself: derivatives against finite differences in f64, what it averages over, and its
//! limits.

use super::*;

fn fade(r: f32, c: &[f32]) -> Fade {
    Fade { r, c: c.into(), stop_gradient: false }
}

/// A row behind the gate, and the α it added up.
fn gated(mode: GateMode, fade: &Fade, units: usize, x: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let (mut y, mut sums) = (x.to_vec(), vec![0.0; fade.c.len()]);
    gate_row(mode, fade, &[], units, &mut y, &mut sums);
    (y, sums)
}

/// Central differences of `f` at 0 (error of fourth order).
fn slope(f: impl Fn(f64) -> f64) -> f64 {
    let h = 1e-3;
    (8.0 * (f(h) - f(-h)) - (f(2.0 * h) - f(-2.0 * h))) / (12.0 * h)
}

fn close(got: f64, expect: f64) {
    assert!((got - expect).abs() < 1e-6 * expect.abs().max(1e-2), "{got} instead of {expect}");
}

const X: [f64; 6] = [0.3, -1.2, 0.8, 2.0, -0.4, 1.1];
const W: [f64; 6] = [1.0, -0.5, 0.25, 2.0, -1.5, 0.7];
const ROWS: [(GateMode, usize, &[f32]); 4] = [
    (GateMode::SampleLayer, 6, &[0.6]),
    (GateMode::SampleChannel, 6, &[0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
    (GateMode::SampleChannel, 2, &[0.6, 0.3]),
    (GateMode::Constant, 6, &[0.7]),
];

#[test]
fn row_gradients_equal_finite_differences() {
    for ((mode, units, c), r) in ROWS.into_iter().flat_map(|m| [0.0, 0.4, 1.0].map(|r| (m, r))) {
        let fade = fade(r, c);
        let mut g = W;
        gate_row_back(mode, &fade, units, &X, &mut g);
        for i in 0..X.len() {
            let loss = |d: f64| {
                let mut x = X;
                x[i] += d;
                gated(mode, &fade, units, &x).0.iter().zip(W).map(|(y, w)| y * w).sum()
            };
            close(g[i], slope(loss));
        }
    }
}

#[test]
fn batch_gradient_equals_finite_differences() {
    // One neuron, one tick, a batch of four.
    let (x, w) = ([0.5, -0.2, 1.4, 0.1], [1.0, 2.0, -0.5, 0.3]);
    let fade = fade(0.25, &[0.3, 0.9]);
    let alpha = |x: &[f64; 4]| sigmoid(x.iter().sum::<f64>() / 4.0);
    let dot = x.iter().zip(&w).map(|(x, w)| x * w).sum();
    let (scale, shift) = batch_terms(&fade, 1, alpha(&x), dot, 4);
    for i in 0..4 {
        let loss = |d: f64| {
            let mut x = x;
            x[i] += d;
            let effective = fade.effective(1, alpha(&x));
            x.iter().zip(&w).map(|(x, w)| effective * x * w).sum()
        };
        close(scale * w[i] + shift, slope(loss));
    }
}

#[test]
fn a_stopped_gradient_is_that_of_a_constant_gate() {
    for (mode, units, c) in ROWS {
        let fade = Fade { stop_gradient: true, ..fade(0.4, c) };
        let mut g = W;
        gate_row_back(mode, &fade, units, &X, &mut g);
        let (y, _) = gated(mode, &fade, units, &X);
        for i in 0..X.len() {
            close(g[i], W[i] * y[i] / X[i]);
        }
    }
    let stopped = Fade { stop_gradient: true, ..fade(0.0, &[0.5]) };
    assert_eq!(batch_terms(&stopped, 0, 0.25, 9.0, 4), (0.25, 0.0));
}

#[test]
fn alpha_lies_between_0_and_1_and_a_zero_map_opens_the_gate_half() {
    for (mode, units, c) in &ROWS[..3] {
        let fade = fade(0.0, c);
        for size in [1e-3, 1.0, 5.0] {
            let x = X.map(|x| size * x);
            let (_, sums) = gated(*mode, &fade, *units, &x);
            assert!(sums.iter().all(|a| *a > 0.0 && *a < 1.0), "{mode:?} {sums:?}");
        }
        let (y, sums) = gated(*mode, &fade, *units, &[0.0; 6]);
        assert!(y == [0.0; 6] && sums.iter().all(|a| *a == 0.5), "{mode:?}");
    }
}

#[test]
fn constants_are_per_layer_or_per_channel() {
    for (mode, units, c) in ROWS {
        // At r = 1, and in constant mode at any r, only the constants are left.
        let (y, sums) = gated(mode, &fade(1.0, c), units, &X);
        let expect: Vec<f64> = (0..6)
            .map(|i| X[i] * f64::from(if c.len() == 1 { c[0] } else { c[i % units] }))
            .collect();
        assert!(y == expect && sums.iter().all(|a| *a == 0.0), "{mode:?}");
        let mut g = X;
        gate_row_back(mode, &fade(1.0, c), units, &W, &mut g);
        assert_eq!(g.to_vec(), expect, "{mode:?}");
    }
}

#[test]
fn the_fade_is_linear_and_stays_at_its_end() {
    assert_eq!([0.2, 0.65, 0.8, 0.9, 1.0].map(|d| fade_at(d, 0.5, 0.8)), [0.0, 0.5, 1.0, 1.0, 1.0]);
    assert_eq!([0.0, 0.79, 0.8, 1.0].map(|d| fade_at(d, 0.8, 0.8)), [0.0, 0.0, 1.0, 1.0]);
}
