//! The training configuration: what a TOML file may say, with its defaults and its checks.

use super::{
    gate::GateMode,
    loss::Loss,
    optim::{OptimizerConfig, OptimizerKind},
    schedule::ScheduleConfig,
    suggest::with_suggestion,
    surrogate::Surrogate,
    warp::AugmentConfig,
};
use crate::data::{Encoder, Encoding};
use serde::{Deserialize, Serialize};
use spikewright_ir::{FireRule, Leak, Readout, Reset};
use thiserror::Error;

/// A configuration that cannot be trained.
#[derive(Debug, Error)]
pub enum ConfigError {
    /// Not TOML, an unknown key, or a value of the wrong type; the message has line and column,
    /// and the nearest known word for an unknown one.
    #[error("training configuration: {0}")]
    Toml(String),
    /// A value outside its range.
    #[error("training configuration: {key} = {value}: {remedy}")]
    Range {
        /// The key, with its layer.
        key: String,
        /// What it says.
        value: String,
        /// What is accepted.
        remedy: &'static str,
    },
}

/// How the latent weights are trained.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Binary weights by sign, clipped straight-through gradient.
    Plain,
    /// The same with the adaptive gradient modulation gate of Liang et al. (AAAI 2025) behind
    /// every batch norm, annealed to a constant so that the frozen network has no gate.
    Agmm,
}

/// Scale α of a layer's binary weights in the float model.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightScale {
    /// α = 1.
    One,
    /// α = mean of |latent weight| over the layer.
    Layer,
    /// α = mean of |latent weight| over each neuron's fan-in.
    Channel,
}

/// What a layer's weights are.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightKind {
    /// One bit: the sign of a latent weight.
    #[default]
    Binary,
    /// Real numbers, for comparison with other tools; such a model cannot be frozen.
    Float,
}

/// One layer of leaky integrate-and-fire neurons.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerConfig {
    /// Number of neurons, 1 to 4,096.
    pub neurons: usize,
    /// Leak, trained exactly as it will be frozen: `"none"`, `{ shift = k }` keeps 1 − 2^−k,
    /// `{ scale = m }` keeps m/256.
    pub leak: Leak,
    /// `"subtract"` or `"zero"`.
    #[serde(default = "subtract")]
    pub reset: Reset,
    /// `"at_least"` or `"above"` the threshold 1.
    #[serde(default = "at_least")]
    pub fire: FireRule,
    /// `{ triangle = g }`, `{ fast_sigmoid = k }`, `{ arctan = a }`, `{ rectangle = g }`,
    /// `{ sigmoid = k }`, `{ gaussian = s }` or `{ straight_through = c }`.
    #[serde(default = "triangle")]
    pub surrogate: Surrogate,
    /// Batch norm between weights and neuron, time folded into the batch.
    #[serde(default = "yes")]
    pub batch_norm: bool,
    /// `"binary"` or `"float"` (which cannot be frozen). A layer added for the readout
    /// `"potential"` is of the kind of the last `[[layer]]`.
    #[serde(default)]
    pub weights: WeightKind,
    /// Scale of binary weights: `"one"`, `"layer"` or `"channel"`.
    #[serde(default = "one")]
    pub weight_scale: WeightScale,
}

/// The AGMM gate (only read by method `agmm`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateConfig {
    /// What the gate averages over.
    pub mode: GateMode,
    /// Fraction of training at which the gate starts to fade into its constant.
    pub anneal_start: f64,
    /// Fraction of training at which only the constant is left.
    pub anneal_end: f64,
}

impl Default for GateConfig {
    fn default() -> Self {
        Self { mode: GateMode::SampleLayer, anneal_start: 0.5, anneal_end: 0.8 }
    }
}

/// Everything a training run depends on besides the data.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TrainConfig {
    /// Training method.
    pub method: Method,
    /// Seed of every random stream.
    #[serde(default = "first_seed")]
    pub seed: u64,
    /// Passes over the training images.
    pub epochs: usize,
    /// Stop after this many epochs without a better validation accuracy; 0 never stops early.
    #[serde(default)]
    pub patience: usize,
    /// End with the model of the epoch of the best validation accuracy, the earliest on ties, in
    /// place of the last epoch's.
    #[serde(default)]
    pub keep_best: bool,
    /// Samples per step; the last incomplete batch of an epoch is dropped.
    #[serde(default = "batch")]
    pub batch: usize,
    /// Last images of the training set kept out of training, for validation and freezing.
    #[serde(default = "validation")]
    pub validation: usize,
    /// Ticks `T` of a sample, 1 to 32.
    pub ticks: usize,
    /// `"level"` or `"rate"`.
    pub encoding: Encoding,
    /// Augmentation: every training image is moved by up to this many pixels each way, by whole
    /// pixels unless `augment` warps it.
    #[serde(default)]
    pub shift_pixels: usize,
    /// Number of classes.
    pub classes: usize,
    /// `"potential"`: a binary layer that does not fire is added behind the last `[[layer]]`;
    /// `"spike_count"`: the last `[[layer]]` has one neuron per class.
    #[serde(default = "potential")]
    pub readout: Readout,
    /// What the cross entropy is taken of: `"sum"`, `"mean"` or `"every_tick"`.
    #[serde(default)]
    pub loss: Loss,
    /// Optimizer.
    pub optimizer: OptimizerConfig,
    /// Schedule of the learning rate.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// Layers in order.
    #[serde(rename = "layer")]
    pub layers: Vec<LayerConfig>,
    /// Gate of method `agmm`.
    #[serde(default)]
    pub gate: GateConfig,
    /// Warps of the training images; off by default.
    #[serde(default)]
    pub augment: AugmentConfig,
}

fn subtract() -> Reset {
    Reset::Subtract
}
fn at_least() -> FireRule {
    FireRule::AtLeast
}
fn triangle() -> Surrogate {
    Surrogate::Triangle(1.0)
}
fn yes() -> bool {
    true
}
fn one() -> WeightScale {
    WeightScale::One
}
fn first_seed() -> u64 {
    1
}
fn batch() -> usize {
    128
}
fn validation() -> usize {
    5_000
}
fn potential() -> Readout {
    Readout::Potential
}

impl TrainConfig {
    /// Parses and checks a TOML text.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self =
            toml::from_str(text).map_err(|e| ConfigError::Toml(with_suggestion(&e.to_string())))?;
        config.check()?;
        Ok(config)
    }

    /// The encoder of this configuration.
    pub fn encoder(&self) -> Encoder {
        Encoder { encoding: self.encoding, ticks: self.ticks, seed: self.seed }
    }

    /// Checks every range; the error names key, value and what is accepted.
    pub fn check(&self) -> Result<(), ConfigError> {
        let range = |ok: bool, key: &str, value: &dyn std::fmt::Debug, remedy: &'static str| {
            if ok {
                return Ok(());
            }
            Err(ConfigError::Range { key: key.into(), value: format!("{value:?}"), remedy })
        };
        range(self.epochs >= 1, "epochs", &self.epochs, "train for at least one epoch")?;
        range((2..=4096).contains(&self.batch), "batch", &self.batch, "2 to 4096")?;
        range((1..=32).contains(&self.ticks), "ticks", &self.ticks, "1 to 32")?;
        range(self.shift_pixels <= 8, "shift_pixels", &self.shift_pixels, "0 to 8")?;
        let a = &self.augment;
        range(
            (0.0..=45.0).contains(&a.rotate_degrees),
            "augment.rotate_degrees",
            &a.rotate_degrees,
            "0 to 45",
        )?;
        range((0.0..0.5).contains(&a.scale), "augment.scale", &a.scale, "0 to below 0.5")?;
        range((0.0..=0.5).contains(&a.shear), "augment.shear", &a.shear, "0 to 0.5")?;
        range((0.0..=4.0).contains(&a.elastic), "augment.elastic", &a.elastic, "0 to 4")?;
        range((1..=256).contains(&self.classes), "classes", &self.classes, "1 to 256")?;
        let o = &self.optimizer;
        let rate = o.learning_rate;
        let positive = |x: f32| x.is_finite() && x > 0.0;
        range(positive(rate), "optimizer.learning_rate", &rate, "a positive number")?;
        range(
            o.momentum.is_none_or(|m| o.kind == OptimizerKind::Sgd && (0.0..1.0).contains(&m)),
            "optimizer.momentum",
            &o.momentum,
            "0 to below 1, and only for sgd",
        )?;
        range(
            o.weight_decay.is_finite() && o.weight_decay >= 0.0,
            "optimizer.weight_decay",
            &o.weight_decay,
            "0 or more",
        )?;
        range(
            o.clip_norm.is_none_or(positive),
            "optimizer.clip_norm",
            &o.clip_norm,
            "a positive number",
        )?;
        let s = &self.schedule;
        range(
            (0.0..=self.epochs as f64).contains(&s.warm_up),
            "schedule.warm_up",
            &s.warm_up,
            "0 to the number of epochs",
        )?;
        range(s.every >= 1, "schedule.every", &s.every, "at least one epoch")?;
        range(
            s.factor > 0.0 && s.factor <= 1.0,
            "schedule.factor",
            &s.factor,
            "above 0 and up to 1",
        )?;
        range(!self.layers.is_empty(), "layer", &self.layers, "give at least one [[layer]]")?;
        range(
            self.readout != Readout::FirstSpike,
            "readout",
            &self.readout,
            "training supports potential and spike_count",
        )?;
        let last = self.layers.last().map_or(0, |l| l.neurons);
        range(
            self.readout != Readout::SpikeCount || last == self.classes,
            "layer.neurons",
            &last,
            "with spike_count the last layer has one neuron per class",
        )?;
        let g = &self.gate;
        range(
            g.anneal_start >= 0.0 && g.anneal_start < g.anneal_end && g.anneal_end <= 1.0,
            "gate",
            &(g.anneal_start, g.anneal_end),
            "0 <= anneal_start < anneal_end <= 1",
        )?;
        for (i, l) in self.layers.iter().enumerate() {
            let key = |name: &str| format!("layer {i}: {name}");
            range((1..=4096).contains(&l.neurons), &key("neurons"), &l.neurons, "1 to 4096")?;
            let leak = match l.leak {
                Leak::None => true,
                Leak::Shift(k) => (1..=15).contains(&k),
                Leak::Scale(m) => m <= 256,
            };
            range(leak, &key("leak"), &l.leak, "shift is 1 to 15, scale 0 to 256")?;
            range(
                matches!(l.reset, Reset::Subtract | Reset::Zero),
                &key("reset"),
                &l.reset,
                "training supports subtract and zero",
            )?;
            range(
                positive(l.surrogate.parameter()),
                &key("surrogate"),
                &l.surrogate,
                "its parameter is a positive number",
            )?;
            range(
                l.weights == WeightKind::Binary || l.weight_scale == WeightScale::One,
                &key("weight_scale"),
                &l.weight_scale,
                "float weights carry their own scale: leave it at one",
            )?;
            range(
                self.method == Method::Plain || l.batch_norm,
                &key("batch_norm"),
                &l.batch_norm,
                "the agmm gate follows a batch norm: leave it on",
            )?;
        }
        Ok(())
    }
}

/// The factor λ that a leak keeps, exactly as it will be frozen.
pub fn lambda(leak: Leak) -> f64 {
    match leak {
        Leak::None => 1.0,
        Leak::Shift(k) => 1.0 - 0.5f64.powi(i32::from(k)),
        Leak::Scale(m) => f64::from(m) / 256.0,
    }
}
