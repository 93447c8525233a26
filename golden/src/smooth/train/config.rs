//! The configuration of `method = "smooth"`: what a TOML file may say, with its defaults and its checks.

use crate::{
    theta::ThetaFreeze,
    train::{ConfigError, OptimizerConfig, OptimizerKind, with_suggestion},
};
use serde::{Deserialize, Serialize};
use spikewright_ir::PHASE_BITS;

/// The method's name in a configuration.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SmoothMethod {
    /// Exact gradients of theta neurons with pseudospikes.
    Smooth,
}

/// Everything a run depends on besides the data.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmoothConfig {
    /// `"smooth"`.
    pub method: SmoothMethod,
    /// Seed of every random stream.
    #[serde(default = "first_seed")]
    pub seed: u64,
    /// Passes over the training samples.
    pub epochs: usize,
    /// Samples per step; the last incomplete batch of an epoch is dropped.
    #[serde(default = "batch")]
    pub batch: usize,
    /// Last images of the training set kept out of training, for validation; with 0 the curves are those
    /// of the last training images.
    #[serde(default = "validation")]
    pub validation: usize,
    /// Neurons of the hidden layers.
    pub hidden: Vec<usize>,
    /// Number of classes.
    pub classes: usize,
    /// Length T of the trial, below half the period.
    #[serde(default = "trial")]
    pub trial: f64,
    /// Period Θ of a neuron without pulses; a neuron starts at phase Θ/2.
    #[serde(default = "period")]
    pub period: f64,
    /// Weight γ of `exp(t/T) − 1` of the labelled class's first spike in the loss.
    #[serde(default = "gamma")]
    pub gamma: f64,
    /// Probability that a pixel is inverted in training.
    #[serde(default = "flip")]
    pub flip: f64,
    /// How much the pulses of pseudospikes count at the start and at the end of the run, linearly in
    /// between. 1 makes the loss continuous, 0 is what hardware does.
    #[serde(default = "pseudo_pulses")]
    pub pseudo_pulses: [f64; 2],
    /// Optimizer and rate at the start.
    pub optimizer: OptimizerConfig,
    /// The rate of epoch n (from 0) is `rate·exp(−n/decay_epochs)`.
    #[serde(default = "decay_epochs")]
    pub decay_epochs: f64,
    /// Weights of one bit, `s·sign(v)`, in place of real ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub binary: Option<BinaryConfig>,
}

/// Binary weights: `s·tanh(β·v)` with β growing, then `s·sign(v)` with the signs kept.
#[derive(Clone, Copy, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BinaryConfig {
    /// β at the start.
    pub beta_start: f64,
    /// β when signs are taken; it grows by the same factor every step.
    pub beta_end: f64,
    /// Fraction of the run after which signs are taken and kept, and scales and phases trained alone.
    pub harden: f64,
    /// Scale s of a layer at the start, times the square root of its inputs.
    pub scale: f64,
    /// Rate of the start, in units of the rate of the optimizer, once signs are kept.
    pub tune: f64,
    /// Width B of phases that the net is frozen with.
    pub phase_bits: u8,
}

impl Default for BinaryConfig {
    fn default() -> Self {
        Self {
            beta_start: 1.0,
            beta_end: 30.0,
            harden: 0.8,
            scale: 1.5,
            tune: 1.0,
            phase_bits: ThetaFreeze::default().phase_bits,
        }
    }
}

fn first_seed() -> u64 {
    1
}
fn batch() -> usize {
    1_000
}
fn validation() -> usize {
    5_000
}
fn trial() -> f64 {
    2.0
}
fn period() -> f64 {
    6.0
}
fn gamma() -> f64 {
    0.01
}
fn flip() -> f64 {
    0.02
}
fn pseudo_pulses() -> [f64; 2] {
    [1.0, 1.0]
}
fn decay_epochs() -> f64 {
    100.0
}

impl SmoothConfig {
    /// Parses and checks a TOML text.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self =
            toml::from_str(text).map_err(|e| ConfigError::Toml(with_suggestion(&e.to_string())))?;
        config.check()?;
        Ok(config)
    }

    /// Checks every range; the error names key, value and what is accepted.
    pub fn check(&self) -> Result<(), ConfigError> {
        let range = |ok: bool, key: &str, value: &dyn std::fmt::Debug, remedy: &'static str| {
            if ok {
                return Ok(());
            }
            Err(ConfigError::Range { key: key.into(), value: format!("{value:?}"), remedy })
        };
        let positive = |x: f64| x.is_finite() && x > 0.0;
        range(self.epochs >= 1, "epochs", &self.epochs, "train for at least one epoch")?;
        range((1..=4096).contains(&self.batch), "batch", &self.batch, "1 to 4096")?;
        let sizes = self.hidden.iter().all(|n| (1..=4096).contains(n));
        range(
            sizes && (1..=8).contains(&self.hidden.len()),
            "hidden",
            &self.hidden,
            "one to eight layers of 1 to 4096 neurons",
        )?;
        range((2..=256).contains(&self.classes), "classes", &self.classes, "2 to 256")?;
        range(
            positive(self.period) && self.period <= 1e6,
            "period",
            &self.period,
            "a positive number, at most a million",
        )?;
        range(
            positive(self.trial) && self.trial < 0.5 * self.period,
            "trial",
            &self.trial,
            "above 0 and below half the period",
        )?;
        range((0.0..=10.0).contains(&self.gamma), "gamma", &self.gamma, "0 to 10")?;
        range((0.0..0.5).contains(&self.flip), "flip", &self.flip, "0 to below 0.5")?;
        let shares = self.pseudo_pulses.iter().all(|p| (0.0..=1.0).contains(p));
        range(shares, "pseudo_pulses", &self.pseudo_pulses, "two numbers from 0 to 1")?;
        let o = &self.optimizer;
        let rate = o.learning_rate;
        range(positive(f64::from(rate)), "optimizer.learning_rate", &rate, "a positive number")?;
        let plain =
            o.momentum.is_none_or(|m| o.kind == OptimizerKind::Sgd && (0.0..1.0).contains(&m));
        range(plain, "optimizer.momentum", &o.momentum, "0 to below 1, and only for sgd")?;
        range(
            o.weight_decay == 0.0 && o.clip_norm.is_none(),
            "optimizer",
            o,
            "exact gradients are used as they are: leave out weight_decay and clip_norm",
        )?;
        range(
            positive(self.decay_epochs),
            "decay_epochs",
            &self.decay_epochs,
            "a positive number",
        )?;
        let Some(b) = &self.binary else {
            return Ok(());
        };
        range(
            positive(b.beta_start) && b.beta_start <= b.beta_end && b.beta_end <= 1e6,
            "binary.beta_end",
            &(b.beta_start, b.beta_end),
            "0 < beta_start <= beta_end <= a million",
        )?;
        range((0.0..=1.0).contains(&b.harden), "binary.harden", &b.harden, "0 to 1")?;
        range(
            positive(b.scale) && b.scale <= 1e3,
            "binary.scale",
            &b.scale,
            "a positive number, at most 1000",
        )?;
        range(
            positive(b.tune) && b.tune <= 1e3,
            "binary.tune",
            &b.tune,
            "a positive number, at most 1000",
        )?;
        let known = PHASE_BITS.contains(&b.phase_bits);
        range(known, "binary.phase_bits", &b.phase_bits, "4 to 12")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_recipes_are_accepted_and_say_what_is_default() {
        let read = |name: &str| {
            let path = format!("{}/../configs/{name}.toml", env!("CARGO_MANIFEST_DIR"));
            SmoothConfig::from_toml(&std::fs::read_to_string(path).unwrap()).unwrap()
        };
        let (real, binary) = (read("mnist-smooth"), read("mnist-smooth-binary"));
        assert_eq!(binary.binary, Some(BinaryConfig::default()));
        assert_eq!(SmoothConfig { binary: None, ..binary }, real);
        let least = "method = \"smooth\"\nepochs = 100\nvalidation = 0\nhidden = [100, 100]\n\
            classes = 10\noptimizer = { kind = \"adabelief\", learning_rate = 4e-3 }\n";
        assert_eq!(SmoothConfig::from_toml(least).unwrap(), real);
    }

    #[test]
    fn unknown_keys_get_the_nearest_known_one() {
        for (faulty, near) in [
            ("epochs = 1\nperiodd = 6.0", "did you mean `period`?"),
            ("epochs = 1\nbinary = { bta_end = 30.0 }", "did you mean `beta_end`?"),
            ("epochs = 1\nmethod = \"smoth\"", "did you mean `smooth`?"),
        ] {
            let said = SmoothConfig::from_toml(faulty).unwrap_err().to_string();
            assert!(said.ends_with(near), "{said}");
        }
    }
}
