//! Surrogates as smooth curves in f64: the step they stand for, its slope and its curvature, as
//! functions of the distance `x = u − V_th`. Second-order gradients need all three (the first only
//! where a smooth network is wanted); shapes are those of [`Surrogate`].

use crate::train::Surrogate;
use std::f64::consts::{FRAC_PI_2, PI, TAU};

/// `[slope, curvature]`: the derivative used in place of the step's, and its own derivative, 0 at a
/// kink and for shapes that have none.
#[inline(always)]
pub fn bends(surrogate: Surrogate, x: f64) -> [f64; 2] {
    let p = f64::from(surrogate.parameter());
    let size = x.abs();
    let side = if x == 0.0 { 0.0 } else { x.signum() };
    match surrogate {
        Surrogate::FastSigmoid(_) => {
            let y = (1.0 + p * size).recip();
            [y * y, -2.0 * p * side * y * y * y]
        }
        Surrogate::Triangle(_) => {
            let inside = size < p;
            [(p - size).max(0.0) / (p * p), if inside { -side / (p * p) } else { 0.0 }]
        }
        Surrogate::Arctan(_) => {
            let c = FRAC_PI_2 * p;
            let y = 1.0 + c * c * x * x;
            [0.5 * p / y, -p * c * c * x / (y * y)]
        }
        Surrogate::Rectangle(_) => [if size < p { 0.5 / p } else { 0.0 }, 0.0],
        Surrogate::Sigmoid(_) => {
            let e = (-p * size).exp();
            let y = 1.0 + e;
            [p * e / (y * y), -side * p * p * e * (1.0 - e) / (y * y * y)]
        }
        Surrogate::Gaussian(_) => {
            let slope = (-0.5 * (x / p).powi(2)).exp() / (p * TAU.sqrt());
            [slope, -x / (p * p) * slope]
        }
        Surrogate::StraightThrough(_) => [p, 0.0],
    }
}

/// The smooth step whose slope [`bends`] gives, 1/2 at the threshold.
pub fn step(surrogate: Surrogate, x: f64) -> f64 {
    let p = f64::from(surrogate.parameter());
    0.5 + match surrogate {
        Surrogate::FastSigmoid(_) => x / (1.0 + p * x.abs()),
        Surrogate::Triangle(_) => {
            let y = x.clamp(-p, p);
            y / p - y * y.abs() / (2.0 * p * p)
        }
        Surrogate::Arctan(_) => (FRAC_PI_2 * p * x).atan() / PI,
        Surrogate::Rectangle(_) => x.clamp(-p, p) / (2.0 * p),
        Surrogate::Sigmoid(_) => (0.5 * p * x).tanh() / 2.0,
        Surrogate::Gaussian(_) => {
            // The error function by Simpson's rule: exact to 1e-12 within ten spreads.
            let end = (x / p).clamp(-10.0, 10.0);
            let h = end / 256.0;
            let at = |k: i32| (-0.5 * (h * f64::from(k)).powi(2)).exp();
            let sum: f64 = (0..128).map(|k| at(2 * k) + 4.0 * at(2 * k + 1) + at(2 * k + 2)).sum();
            sum * h / 3.0 / TAU.sqrt()
        }
        Surrogate::StraightThrough(_) => p * x,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_those_of_training_and_fit_together() {
        for s in Surrogate::ALL {
            for x in [-1.9, -0.6, -0.31, 0.07, 0.4, 1.3, 2.5f64] {
                let [slope, curvature] = bends(s, x);
                let single = x as f32;
                assert!((slope - f64::from(s.derivative(single))).abs() < 1e-6, "{s:?} {x}");
                let second = s.second_derivative(single).map_or(0.0, f64::from);
                assert!((curvature - second).abs() < 2e-5, "{s:?} {x}: {curvature} {second}");
                let h = 1e-5;
                let numeric = (step(s, x + h) - step(s, x - h)) / (2.0 * h);
                assert!((numeric - slope).abs() < 1e-8, "{s:?} {x}: {numeric} {slope}");
                let numeric = (bends(s, x + h)[0] - bends(s, x - h)[0]) / (2.0 * h);
                assert!((numeric - curvature).abs() < 1e-8, "{s:?} {x}: {numeric} {curvature}");
            }
        }
    }
}
