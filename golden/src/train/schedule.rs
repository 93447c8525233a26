//! How the rate changes over the steps of a run.

use serde::{Deserialize, Serialize};

/// Shape of the schedule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScheduleKind {
    /// `rate·(1 + cos(π·done))/2`, from the rate to 0 at the end of the run.
    #[default]
    Cosine,
    /// `rate·factor^floor(epoch/every)`.
    Step,
    /// Always the same.
    Constant,
}

/// A schedule with its constants.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ScheduleConfig {
    /// `"cosine"`, `"step"` or `"constant"`.
    pub kind: ScheduleKind,
    /// Epochs at the start over which the rate rises linearly to its full value, fractions
    /// allowed; the cosine begins behind them.
    pub warm_up: f64,
    /// Epochs between two steps (`step`).
    pub every: usize,
    /// Factor of each step (`step`), above 0 and up to 1.
    pub factor: f64,
}

impl Default for ScheduleConfig {
    fn default() -> Self {
        Self { kind: ScheduleKind::Cosine, warm_up: 0.0, every: 10, factor: 0.1 }
    }
}

impl ScheduleConfig {
    /// The rate of step `step` (from 0) of `steps` in `epochs` epochs, starting from `rate`.
    pub fn rate(&self, rate: f32, step: usize, steps: usize, epochs: usize) -> f32 {
        let per_epoch = steps as f64 / epochs.max(1) as f64;
        let warm = (self.warm_up * per_epoch).round();
        let at = step as f64;
        if at < warm {
            return (f64::from(rate) * (at + 1.0) / warm) as f32;
        }
        let factor = match self.kind {
            ScheduleKind::Cosine => {
                let phase = std::f64::consts::PI * (at - warm) / (steps as f64 - warm).max(1.0);
                0.5 * (1.0 + phase.cos())
            }
            ScheduleKind::Step => {
                let drops = (at / per_epoch / self.every.max(1) as f64).floor();
                self.factor.powf(drops)
            }
            ScheduleKind::Constant => 1.0,
        };
        (f64::from(rate) * factor) as f32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cosine_goes_from_the_rate_to_zero() {
        let rate = |step| ScheduleConfig::default().rate(2.0, step, 10, 5);
        assert_eq!(rate(0), 2.0);
        assert!((rate(5) - 1.0).abs() < 1e-6 && rate(10).abs() < 1e-6);
    }

    #[test]
    fn steps_and_warm_up_by_hand() {
        let step = ScheduleConfig {
            kind: ScheduleKind::Step,
            every: 2,
            factor: 0.5,
            ..ScheduleConfig::default()
        };
        // 10 steps an epoch.
        assert_eq!(
            [0, 19, 20, 39, 40].map(|s| step.rate(1.0, s, 60, 6)),
            [1.0, 1.0, 0.5, 0.5, 0.25]
        );
        let warm = ScheduleConfig {
            kind: ScheduleKind::Constant,
            warm_up: 0.4,
            ..ScheduleConfig::default()
        };
        assert_eq!([0, 1, 3, 4, 59].map(|s| warm.rate(1.0, s, 60, 6)), [0.25, 0.5, 1.0, 1.0, 1.0]);
        let both = ScheduleConfig { warm_up: 1.0, ..ScheduleConfig::default() };
        assert_eq!(both.rate(1.0, 10, 60, 6), 1.0);
        assert!((both.rate(1.0, 35, 60, 6) - 0.5).abs() < 1e-6);
    }
}
