//! The leaky integrate-and-fire neuron with exponential current, the neuron whose exact gradients jump:
//! `V' = −V + I`, `I' = −2I`, a spike at V = 1, reset to 0. With `e = exp(−t)`,
//! `V = (V0 + I0)·e − I0·e²`, so e solves a quadratic equation at a spike (Göltz et al., 2021).

use super::neuron::{Next, Step};

/// The state after `dt` without spike or pulse.
pub fn advance(v0: f64, i0: f64, dt: f64) -> Step {
    let e = (-dt).exp();
    let (v, i) = ((v0 + i0) * e - i0 * e * e, i0 * e * e);
    Step { v, i, dv_dv: e, dv_di: e - e * e, slope: i - v }
}

/// When the neuron spikes without further pulses, if it does.
pub fn next(v0: f64, i0: f64) -> Option<Next> {
    let b = v0 + i0;
    if v0 >= 1.0 {
        return Some(Next { dt: 0.0, dv: -1.0 / (i0 - v0).abs().max(f64::EPSILON), di: 0.0 });
    }
    let root = (b * b - 4.0 * i0).sqrt();
    // The larger root in (0, 1) is the earlier time; a current that is not positive never lifts V to 1.
    let e = (b + root) / (2.0 * i0);
    let spikes = i0 > 0.0 && root > 0.0 && b > 0.0 && e < 1.0;
    spikes.then(|| Next { dt: -e.ln(), dv: -1.0 / root, di: -(1.0 - e) / root })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pulse_at_rest_spikes_from_four_on_and_vanishes_in_full_flight() {
        assert!(next(0.0, 4.0 - 1e-9).is_none());
        let last = next(0.0, 4.0 + 1e-6).unwrap();
        assert!((last.dt - 2f64.ln()).abs() < 1e-3 && last.di < -200.0, "{last:?}");
    }
}
