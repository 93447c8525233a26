//! Codes for a channel of a series: which input neurons spike at which tick.

use serde::{Deserialize, Serialize};

/// Most levels, and most steps, of a channel.
const MAX_NEURONS: usize = 256;

/// How the values of a channel become spikes. Values count in the channel's range: 0 is its low
/// end, 1 its high end.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum SeriesCode {
    /// Thermometer: neuron `l` spikes while the value is above `(2l + 1)/2L`.
    Level {
        /// Levels `L`, 1 to 256.
        levels: usize,
    },
    /// Send-on-delta (Miskowicz, Sensors 6, 2006): a spike when the value has moved by a threshold
    /// from what was sent so far.
    Delta {
        /// Threshold `d` as a fraction of the range, above 0, up to 1.
        threshold: f64,
        /// Up neurons `S`, and as many down neurons, 1 to 256: moves of up to `S` thresholds in one
        /// tick are sent at once, the rest of a larger one in the ticks after it.
        #[serde(default = "one")]
        steps: usize,
    },
    /// The neurons of `Level`, then those of `Delta`.
    Both {
        /// As in `Level`.
        levels: usize,
        /// As in `Delta`.
        threshold: f64,
        /// As in `Delta`.
        #[serde(default = "one")]
        steps: usize,
    },
}

pub(super) fn one() -> usize {
    1
}

impl SeriesCode {
    /// Input neurons per window of a channel.
    pub fn neurons(&self) -> usize {
        match *self {
            Self::Level { levels } => levels,
            Self::Delta { steps, .. } => 2 * steps,
            Self::Both { levels, steps, .. } => levels + 2 * steps,
        }
    }

    /// What is out of range: (name, value, range).
    pub(super) fn fault(&self) -> Option<(&'static str, f64, &'static str)> {
        let (levels, threshold, steps) = match *self {
            Self::Level { levels } => (levels, 1.0, 1),
            Self::Delta { threshold, steps } => (1, threshold, steps),
            Self::Both { levels, threshold, steps } => (levels, threshold, steps),
        };
        let count = 1..=MAX_NEURONS;
        if !count.contains(&levels) {
            Some(("levels", levels as f64, "1 to 256"))
        } else if !count.contains(&steps) {
            Some(("steps", steps as f64, "1 to 256"))
        } else if !(threshold > 0.0 && threshold <= 1.0) {
            Some(("threshold", threshold, "above 0, up to 1"))
        } else {
            None
        }
    }

    /// Appends the spikes of a channel, a word per neuron with bit `t` for tick `t`. `x` has one
    /// value per tick, at most 32.
    pub(super) fn raster(&self, x: &[f64], out: &mut Vec<u32>) {
        match *self {
            Self::Level { levels } => level(x, levels, out),
            Self::Delta { threshold, steps } => delta(x, threshold, steps, out),
            Self::Both { levels, threshold, steps } => {
                level(x, levels, out);
                delta(x, threshold, steps, out);
            }
        }
    }
}

fn level(x: &[f64], levels: usize, out: &mut Vec<u32>) {
    out.extend((0..levels).map(|l| {
        let above = (2 * l + 1) as f64 / (2 * levels) as f64;
        x.iter().enumerate().map(|(t, v)| u32::from(*v > above) << t).sum::<u32>()
    }));
}

/// Neuron `k` of the up (then of the down) neurons spikes when more than `k` thresholds are sent.
/// The first value is the reference to begin with, so the first tick is silent.
fn delta(x: &[f64], threshold: f64, steps: usize, out: &mut Vec<u32>) {
    let up = out.len();
    let down = up + steps;
    out.resize(down + steps, 0);
    // Thresholds that the reference lies above the first value.
    let mut sent = 0.0;
    for (t, value) in x.iter().enumerate() {
        let moved = (value - x[0]) / threshold - sent;
        let lit = (moved.abs().floor()).min(steps as f64);
        let first = if moved > 0.0 { up } else { down };
        out[first..][..lit as usize].iter_mut().for_each(|raster| *raster |= 1 << t);
        sent += lit.copysign(moved);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raster(code: SeriesCode, x: &[f64]) -> Vec<u32> {
        let mut out = Vec::new();
        code.raster(x, &mut out);
        assert_eq!(out.len(), code.neurons());
        out
    }

    #[test]
    fn levels_are_even_and_strict() {
        let levels = |n, x: &[f64]| raster(SeriesCode::Level { levels: n }, x);
        // Thresholds 1/8, 3/8, 5/8, 7/8.
        let x = [0.125, 0.126, 0.375, 0.5, 0.875, 1.0, -9.0, 9.0];
        assert_eq!(levels(4, &x), [0b1011_1110, 0b1011_1000, 0b1011_0000, 0b1010_0000]);
        assert_eq!(levels(1, &[0.5, 0.51]), [0b10]);
    }

    #[test]
    fn delta_follows_by_whole_thresholds() {
        let delta = |steps, x: &[f64]| raster(SeriesCode::Delta { threshold: 0.25, steps }, x);
        // Moves in thresholds: 0, 1, 1.5, 2 (exactly reached), then back by 3.
        let x = [0.0, 0.25, 0.375, 0.5, -0.25];
        assert_eq!(delta(2, &x), [0b01010, 0, 0b10000, 0b10000]);
        assert_eq!(delta(3, &x), [0b01010, 0, 0, 0b10000, 0b10000, 0b10000]);
        // One jump of three thresholds takes three ticks with one step.
        assert_eq!(delta(1, &[0.5, 1.25, 1.25, 1.25, 1.25]), [0b01110, 0]);
    }

    #[test]
    fn both_is_one_after_the_other() {
        let both = SeriesCode::Both { levels: 2, threshold: 0.25, steps: 1 };
        assert_eq!(raster(both, &[0.2, 0.8]), [0b10, 0b10, 0b10, 0]);
    }

    #[test]
    fn extreme_values_stay_in_bounds() {
        let code = SeriesCode::Delta { threshold: f64::MIN_POSITIVE, steps: 2 };
        assert_eq!(raster(code, &[-1e90, 1e90, -1e90]), [0b010, 0b010, 0b100, 0b100]);
    }
}
