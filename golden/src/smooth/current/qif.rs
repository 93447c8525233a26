//! The quadratic integrate-and-fire neuron with exponential current, in closed form (Klos and
//! Memmesheimer, 2025): `V' = V(V − 1) + I`, `I' = −2I`, a spike at V → ∞, reset to V → −∞. Time is in
//! units of the membrane's time constant; the current's is half of it.
//!
//! With `e = exp(−t)`, `x = 1 − e` and `V = e·U` the equation becomes `dU/dx = U² + I0`, autonomous because
//! the current falls as e². So, with C = cos(x√I0) and S = sin(x√I0)/√I0, both entire in I0,
//!
//! ```text
//! V(t) = e·(V0·C + I0·S)/(C − V0·S),   I(t) = I0·e²,   C² + I0·S² = 1
//! ```
//!
//! and a spike comes at the x* below 1, if any, where `C = V0·S`.

use super::neuron::{Next, Step};

/// V from which on 1/V is computed with.
const LARGE: f64 = 1.0;
/// |I0·x²| and |I0/V0²| up to which power series are summed.
pub(super) const SMALL: f64 = 0.1;
/// Terms of a series: the rest is below 1e-16.
const TERMS: i32 = 16;

/// C, S and ∂S/∂I0.
fn waves(i0: f64, x: f64) -> (f64, f64, f64) {
    let z = i0 * x * x;
    if z.abs() > SMALL {
        let s = i0.abs().sqrt();
        let (c, sine) = match i0 > 0.0 {
            true => ((s * x).cos(), (s * x).sin() / s),
            false => ((s * x).cosh(), (s * x).sinh() / s),
        };
        return (c, sine, (x * c - sine) / (2.0 * i0));
    }
    // Σ (−z)^k/(2k)!, Σ (−z)^k/(2k + 1)! and its derivative with respect to z.
    let (mut c, mut sine, mut slope) = (0.0, 0.0, 0.0);
    let mut term = 1.0;
    for k in 0..TERMS {
        let n = f64::from(2 * k);
        c += term;
        sine += term / (n + 1.0);
        slope -= term * f64::from(k + 1) / ((n + 1.0) * (n + 2.0) * (n + 3.0));
        term *= -z / ((n + 1.0) * (n + 2.0));
    }
    (c, x * sine, x.powi(3) * slope)
}

/// The state after `dt` without spike or pulse.
pub fn advance(v0: f64, i0: f64, dt: f64) -> Step {
    let (e, x) = ((-dt).exp(), -(-dt).exp_m1());
    let i = i0 * e * e;
    if dt == 0.0 {
        return Step { v: v0, i, dv_dv: 1.0, dv_di: 0.0, slope: v0 * (v0 - 1.0) + i };
    }
    let (c, s, ds) = waves(i0, x);
    let dc = -0.5 * x * s;
    let (num, den, dnum, dden, square) = if v0.abs() <= LARGE {
        (v0 * c + i0 * s, c - v0 * s, v0 * dc + s + i0 * ds, dc - v0 * ds, 1.0)
    } else {
        let y = v0.recip();
        (c + i0 * s * y, c * y - s, dc + (s + i0 * ds) * y, dc * y - ds, y * y)
    };
    let den = if den == 0.0 { f64::EPSILON } else { den };
    let v = e * num / den;
    Step {
        v,
        i,
        dv_dv: e * square / (den * den),
        dv_di: e * (dnum * den - num * dden) / (den * den),
        slope: v * (v - 1.0) + i,
    }
}

/// When the neuron spikes without further pulses, if it does.
pub fn next(v0: f64, i0: f64) -> Option<Next> {
    let square = v0 * v0 + i0;
    let z = i0 / (v0 * v0);
    let (x, dx_di) = if v0 > 0.0 && z.abs() < SMALL {
        // x* = Σ (−z)^k/(2k + 1)/V0.
        let (mut x, mut slope, mut power) = (0.0, 0.0, 1.0);
        for k in 0..TERMS {
            x += power / f64::from(2 * k + 1);
            slope -= power * f64::from(k + 1) / f64::from(2 * k + 3);
            power *= -z;
        }
        (x / v0, slope / v0.powi(3))
    } else {
        let s = i0.abs().sqrt();
        let x = match i0 > 0.0 {
            true => s.atan2(v0) / s,
            false if v0 > s => (s / v0).atanh() / s,
            false => return None,
        };
        let tail = if v0.is_finite() { v0 / square } else { 0.0 };
        (x, -(x - tail) / (2.0 * i0))
    };
    let e = 1.0 - x;
    (x < 1.0).then(|| Next { dt: -(-x).ln_1p(), dv: -1.0 / (square * e), di: dx_di / e })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waves_are_entire_and_keep_their_square() {
        for i0 in [-7.0, -0.11, -0.09, -1e-12, 0.0, 1e-12, 0.09, 0.11, 30.0] {
            for x in [1e-3, 0.3, 0.99] {
                let (c, s, ds) = waves(i0, x);
                assert!((c * c + i0 * s * s - 1.0).abs() < 1e-12, "{i0} {x}");
                let h = 1e-5;
                let difference = (waves(i0 + h, x).1 - waves(i0 - h, x).1) / (2.0 * h);
                assert!((ds - difference).abs() < 1e-9, "{i0} {x}: {ds} {difference}");
            }
        }
    }

    #[test]
    fn one_pulse_at_rest_spikes_from_a_quarter_of_pi_squared_on() {
        let least = std::f64::consts::PI.powi(2) / 4.0;
        assert!(next(0.0, least - 1e-9).is_none());
        // Just above, the spike comes arbitrarily late.
        let late = next(0.0, least + 1e-9).unwrap();
        assert!(late.dt > 20.0 && late.di < -1e7, "{late:?}");
    }

    #[test]
    fn the_next_spike_is_continuous_where_its_formula_changes() {
        for v0 in [0.7, 3.0, 40.0] {
            for z in [-SMALL, SMALL, 0.0] {
                let at = |z: f64| next(v0, z * v0 * v0);
                let (Some(a), Some(b)) = (at(z - 1e-12), at(z + 1e-12)) else {
                    continue;
                };
                assert!((a.dt - b.dt).abs() < 1e-9 && (a.di - b.di).abs() < 1e-8, "{a:?} {b:?}");
            }
        }
    }
}
