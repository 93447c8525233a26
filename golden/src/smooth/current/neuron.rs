//! Neurons that a pulse reaches through an exponential current: one interface for both.

use super::{lif, qif};

/// Potential of a quadratic neuron 1e-15 before its spike.
const ALL_BUT_INFINITE: f64 = 1e15;

/// Which neuron.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Neuron {
    /// Quadratic integrate-and-fire.
    Qif,
    /// Leaky integrate-and-fire.
    Lif,
}

/// A state and how it depends on the one before.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Step {
    /// Potential V.
    pub v: f64,
    /// Current I.
    pub i: f64,
    /// ∂V/∂V0.
    pub dv_dv: f64,
    /// ∂V/∂I0.
    pub dv_di: f64,
    /// V'.
    pub slope: f64,
}

/// A spike to come.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Next {
    /// Time until then.
    pub dt: f64,
    /// Its derivative with respect to V0.
    pub dv: f64,
    /// Its derivative with respect to I0.
    pub di: f64,
}

impl Neuron {
    /// The state after `dt` without spike or pulse.
    pub fn advance(self, v0: f64, i0: f64, dt: f64) -> Step {
        match self {
            Self::Qif => qif::advance(v0, i0, dt),
            Self::Lif => lif::advance(v0, i0, dt),
        }
    }

    /// When the neuron spikes without further pulses, if it does.
    pub fn next(self, v0: f64, i0: f64) -> Option<Next> {
        match self {
            Self::Qif => qif::next(v0, i0),
            Self::Lif => lif::next(v0, i0),
        }
    }

    /// V of a neuron that spikes now, where it was computed to be `v`.
    pub(super) fn about_to_spike(self, v: f64) -> f64 {
        match self {
            Self::Qif if v > 0.0 && v.is_finite() => v,
            Self::Qif => ALL_BUT_INFINITE,
            Self::Lif => 1.0,
        }
    }

    /// V after a spike.
    pub fn reset(self) -> f64 {
        match self {
            Self::Qif => f64::NEG_INFINITY,
            Self::Lif => 0.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One step of Runge and Kutta's fourth order.
    fn step(f: impl Fn([f64; 2]) -> [f64; 2], y: [f64; 2], h: f64) -> [f64; 2] {
        let go = |k: [f64; 2], h: f64| [y[0] + h * k[0], y[1] + h * k[1]];
        let a = f(y);
        let b = f(go(a, h / 2.0));
        let c = f(go(b, h / 2.0));
        let d = f(go(c, h));
        std::array::from_fn(|n| y[n] + h / 6.0 * (a[n] + 2.0 * b[n] + 2.0 * c[n] + d[n]))
    }

    #[test]
    fn closed_forms_are_what_the_equations_integrate_to() {
        for (neuron, v0, i0, t) in [
            (Neuron::Qif, 0.0, 2.0, 2.0),
            (Neuron::Qif, -3.0, 5.0, 1.5),
            (Neuron::Qif, 0.9, 0.0, 2.0),
            (Neuron::Qif, 1.2, -2.0, 1.0),
            (Neuron::Qif, 0.3, 1e-9, 1.0),
            (Neuron::Lif, 0.2, 2.5, 1.3),
            (Neuron::Lif, 0.5, -1.0, 0.7),
        ] {
            let mut y = [v0, i0];
            for _ in 0..20_000 {
                let rate = |[v, i]: [f64; 2]| match neuron {
                    Neuron::Qif => [v * (v - 1.0) + i, -2.0 * i],
                    Neuron::Lif => [i - v, -2.0 * i],
                };
                y = step(rate, y, t / 20_000.0);
            }
            let got = neuron.advance(v0, i0, t);
            assert!((got.v - y[0]).abs() < 1e-8 && (got.i - y[1]).abs() < 1e-8, "{got:?} {y:?}");
        }
        // A spike time: 1/V runs into 0. From there W = 1/V obeys W' = W − 1 − I·W².
        let mut y = [1.0 / 0.5, 6.0];
        let (h, mut t) = (1e-4, 0.0);
        while y[0] > h {
            y = step(|[w, i]| [w - 1.0 - i * w * w, -2.0 * i], y, h);
            t += h;
        }
        let rest = Neuron::Qif.next(y[0].recip(), y[1]).unwrap().dt;
        let whole = Neuron::Qif.next(0.5, 6.0).unwrap().dt;
        // What is left of W, less than a step, falls with slope −1 up to its square.
        assert!(
            (t + rest - whole).abs() < 1e-8 && (rest - y[0]).abs() < 1e-7,
            "{t} {rest} {whole}"
        );
    }

    /// The slope of `f` at 0 from differences of fourth order.
    fn slope(f: impl Fn(f64) -> f64) -> f64 {
        const H: f64 = 1e-5;
        let difference = |h: f64| (f(h) - f(-h)) / (2.0 * h);
        (4.0 * difference(H) - difference(2.0 * H)) / 3.0
    }

    #[track_caller]
    fn check(what: &str, got: f64, f: impl Fn(f64) -> f64) {
        let expect = slope(f);
        assert!((got - expect).abs() < 1e-6 * expect.abs().max(1e-3), "{what}: {got} {expect}");
    }

    #[test]
    fn partial_derivatives_are_differences() {
        // Of the quadratic neuron's next spike, by branch: series, arc tangent, arc tanh.
        let mut branches = [0; 3];
        for neuron in [Neuron::Qif, Neuron::Lif] {
            let potentials: &[f64] = match neuron {
                Neuron::Qif => &[-20.0, -0.7, 0.0, 0.4, 0.8, 1.5, 3.0, 40.0],
                Neuron::Lif => &[-20.0, -0.7, 0.0, 0.4, 0.8],
            };
            for &v0 in potentials {
                for i0 in [-3.0, -0.05, 0.0, 0.05, 2.0, 9.0] {
                    let next = neuron.next(v0, i0);
                    let most = next.map_or(1.2, |n| 0.8 * n.dt);
                    for dt in [0.1 * most, most] {
                        let at = |a: f64, b: f64, c: f64| neuron.advance(v0 + a, i0 + b, dt + c).v;
                        let s = neuron.advance(v0, i0, dt);
                        let what = |by| format!("{neuron:?} {v0} {i0} {dt} by {by}");
                        check(&what("V"), s.dv_dv, |h| at(h, 0.0, 0.0));
                        check(&what("I"), s.dv_di, |h| at(0.0, h, 0.0));
                        check(&what("t"), s.slope, |h| at(0.0, 0.0, h));
                    }
                    if let Some(n) = next {
                        let at = |a: f64, b: f64| neuron.next(v0 + a, i0 + b).unwrap().dt;
                        let what = |by| format!("spike of {neuron:?} {v0} {i0} by {by}");
                        check(&what("V"), n.dv, |h| at(h, 0.0));
                        check(&what("I"), n.di, |h| at(0.0, h));
                        if neuron == Neuron::Qif {
                            let series = v0 > 0.0 && (i0 / (v0 * v0)).abs() < qif::SMALL;
                            let branch = if series { 0 } else { 1 + usize::from(i0 < 0.0) };
                            branches[branch] += 1;
                        }
                    }
                }
            }
        }
        assert!(branches[0] >= 8 && branches[1] >= 8 && branches[2] >= 1, "{branches:?}");
        // After a reset.
        let n = Neuron::Qif.next(f64::NEG_INFINITY, 30.0).unwrap();
        let at = |b: f64| Neuron::Qif.next(f64::NEG_INFINITY, 30.0 + b).unwrap().dt;
        check("spike after reset", n.di, at);
        assert_eq!(n.dv, 0.0);
        let s = Neuron::Qif.advance(f64::NEG_INFINITY, 5.0, 0.3);
        let at = |b: f64| Neuron::Qif.advance(f64::NEG_INFINITY, 5.0 + b, 0.3).v;
        check("V after reset", s.dv_di, at);
        assert_eq!(s.dv_dv, 0.0);
    }
}
