//! What one pulse does to a phase: the transfer function H.

/// A phase behind a pulse and its derivatives.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Pulsed {
    /// H(θ, k), 0 to π.
    pub phase: f64,
    /// ∂H/∂θ, above 0.
    pub by_phase: f64,
    /// ∂H/∂k, 0 or more.
    pub by_weight: f64,
}

/// A pulse of weight k = w/a on a neuron of phase θ in 0..=π: `cot H = cot θ − k` in the form
/// `H = atan2(sin θ, cos θ − k·sin θ)`, which neither overflows at 0 and π nor has to be cut off there, with
/// `∂H/∂θ = 1/r²`, `∂H/∂k = sin²θ/r²` and `r² = sin²θ + (cos θ − k·sin θ)²`.
pub fn pulse(phase: f64, k: f64) -> Pulsed {
    let (s, c) = phase.sin_cos();
    let behind = c - k * s;
    let square = s * s + behind * behind;
    Pulsed { phase: s.atan2(behind), by_phase: 1.0 / square, by_weight: s * s / square }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::PI;

    proptest! {
        #[test]
        fn pulses_compose_mirror_and_stay_inside(
            phase in 1e-9..PI - 1e-9, a in -30.0..30.0f64, b in -3.0..3.0f64
        ) {
            let h = |phase, k| pulse(phase, k).phase;
            prop_assert!((h(phase, 0.0) - phase).abs() < 1e-12);
            prop_assert!((h(h(phase, a), b) - h(phase, a + b)).abs() < 1e-10);
            prop_assert!((h(PI - phase, -a) - (PI - h(phase, a))).abs() < 1e-10);
            let p = pulse(phase, a);
            prop_assert!(p.phase > 0.0 && p.phase < PI && p.by_phase > 0.0 && p.by_weight > 0.0);
        }

        #[test]
        fn derivatives_are_differences(phase in 1e-3..PI - 1e-3, k in -5.0..5.0f64) {
            let (p, step) = (pulse(phase, k), 1e-6);
            let slope = |f: &dyn Fn(f64) -> f64| (f(step) - f(-step)) / (2.0 * step);
            let by_phase = slope(&|h| pulse(phase + h, k).phase);
            let by_weight = slope(&|h| pulse(phase, k + h).phase);
            prop_assert!((p.by_phase - by_phase).abs() < 1e-6 * by_phase.max(1.0));
            prop_assert!((p.by_weight - by_weight).abs() < 1e-6 * by_weight.max(1.0));
        }
    }

    #[test]
    fn nothing_happens_at_the_ends_and_nothing_overflows() {
        for k in [-1e9, -1.0, 0.0, 1.0, 1e9] {
            for phase in [0.0, 1e-300, 1e-12] {
                let (low, high) = (pulse(phase, k), pulse(PI - phase, k));
                for p in [low, high] {
                    let all = [p.phase, p.by_phase, p.by_weight];
                    assert!(
                        all.iter().all(|x| x.is_finite()) && p.by_phase > 0.0,
                        "{k} {phase}: {p:?}"
                    );
                }
            }
            assert_eq!(pulse(0.0, k).phase, 0.0);
            assert!((pulse(PI, k).phase - PI).abs() < 1e-6);
        }
    }
}
