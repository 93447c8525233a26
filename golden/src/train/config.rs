//! The training configuration: what a TOML file may say, with its defaults and its checks.

use super::{
    estimator::Estimator,
    fine_tune::FineTuneConfig,
    gate::{GateMode, fade_at},
    layer_config::{LayerConfig, WeightKind},
    loss::Loss,
    optim::{OptimizerConfig, OptimizerKind},
    plastic_config::PlasticityConfig,
    schedule::ScheduleConfig,
    suggest::with_suggestion,
    warp::AugmentConfig,
};
use crate::{
    data::{Encoder, Encoding, SeriesCode},
    genome::GenomeConfig,
};
use serde::{Deserialize, Serialize};
use spikewright_ir::{Leak, Readout};
use std::path::PathBuf;
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
    /// A layer that does not fit what comes before it.
    #[error("training configuration: layer {layer}: {message}; change its sizes or those before")]
    Place {
        /// Layer, counted from 0.
        layer: usize,
        /// What does not fit.
        message: String,
    },
}

/// Reports a value outside its range: whether it is inside, key, value, and what is accepted.
pub(crate) type Range<'a> =
    dyn Fn(bool, &str, &dyn std::fmt::Debug, &'static str) -> Result<(), ConfigError> + 'a;

/// How the latent weights are trained.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Binary weights by sign, clipped straight-through gradient.
    Plain,
    /// The same with the adaptive gradient modulation gate of Liang et al. (AAAI 2025) behind
    /// every batch norm, annealed to a constant so that the frozen network has no gate.
    Agmm,
    /// Plain, and spike-synchrony dependent plasticity after every step ([`crate::plasticity`]).
    Ssdp,
    /// The same with pair STDP, to compare with.
    Stdp,
    /// Weights computed from a few genes per neuron, which are what is trained: see
    /// [`crate::genome`].
    Genome,
}

/// The AGMM gate (only read by method `agmm`).
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GateConfig {
    /// What the gate averages over.
    pub mode: GateMode,
    /// Whether α counts as a constant in the backward pass.
    pub stop_gradient: bool,
    /// α of mode `"constant"`, above 0 and up to 1.
    pub constant: f32,
    /// Fraction of training at which the gate starts to fade into its constants.
    pub anneal_start: f64,
    /// Fraction of training at which only the constants are left; the same as `anneal_start` freezes
    /// the gate at once. Later layers' running statistics need the rest.
    pub anneal_end: f64,
}

impl GateConfig {
    /// `r`, `done` (0..1) into training.
    pub(super) fn fade_at(&self, done: f64) -> f32 {
        match self.mode {
            GateMode::Constant => 1.0,
            _ => fade_at(done, self.anneal_start, self.anneal_end),
        }
    }
}

impl Default for GateConfig {
    fn default() -> Self {
        Self {
            mode: GateMode::SampleLayer,
            stop_gradient: false,
            constant: 0.5,
            anneal_start: 0.5,
            anneal_end: 0.8,
        }
    }
}

/// Time series to train on in place of images.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SeriesConfig {
    /// NumPy archive with the series, relative to the configuration's folder.
    pub file: PathBuf,
    /// `{ level = { levels = L } }`, `{ delta = { threshold = d, steps = S } }` or both as
    /// `{ both = { levels = L, threshold = d, steps = S } }`.
    pub code: SeriesCode,
    /// Equal pieces that a series' time is cut into, shown side by side: each has input neurons of
    /// its own and lasts all `ticks`. 1, the whole series in the order of time, to 65,536.
    #[serde(
        default = "super::layer_config::single",
        skip_serializing_if = "super::layer_config::is_single"
    )]
    pub windows: usize,
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
    /// `"level"`, `{ above = m }`, `"rate"` or `{ value = m }`; of images only.
    #[serde(default = "level")]
    pub encoding: Encoding,
    /// Series in place of images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub series: Option<SeriesConfig>,
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
    /// Weights of the layer added for `"potential"`: `"binary"`, or `"float"`, which cannot be
    /// frozen; those of the last `[[layer]]` when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_weights: Option<WeightKind>,
    /// What the cross entropy is taken of: `"sum"`, `"mean"` or `"every_tick"`.
    #[serde(default)]
    pub loss: Loss,
    /// `"straight_through"`, `{ reste = o }` or `{ adaptive = k }`.
    #[serde(default)]
    pub estimator: Estimator,
    /// Whether every epoch's report says what each layer did.
    #[serde(default, skip_serializing_if = "is_default")]
    pub diagnostics: bool,
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
    /// Plasticity of methods `ssdp` and `stdp`.
    #[serde(default)]
    pub plasticity: PlasticityConfig,
    /// Genome of method `genome`.
    #[serde(default, skip_serializing_if = "is_default")]
    pub genome: GenomeConfig,
    /// Integer fine-tuning in the last epochs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fine_tune: Option<FineTuneConfig>,
    /// Warps of the training images; off by default.
    #[serde(default)]
    pub augment: AugmentConfig,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
fn level() -> Encoding {
    Encoding::Level
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

    /// Kind of the weights of the layer added for `"potential"`.
    pub fn output_kind(&self) -> WeightKind {
        let last = self.layers.last().map_or(WeightKind::Binary, |l| l.weights);
        self.output_weights.unwrap_or(last)
    }

    /// Epochs before fine-tuning.
    pub(super) fn float_epochs(&self) -> usize {
        self.epochs - self.fine_tune.map_or(0, |f| f.epochs)
    }

    /// The encoder of this configuration for images.
    pub fn encoder(&self) -> Encoder {
        Encoder { encoding: self.encoding, ticks: self.ticks, seed: self.seed }
    }

    /// Checks a configuration of layers that embed: there are no classes that the neurons of the last
    /// one could be as many as.
    pub fn check_embedding(&self) -> Result<(), ConfigError> {
        Self { readout: Readout::Potential, ..self.clone() }.check()
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
        let of_images = self.shift_pixels > 0 || !self.augment.is_off();
        range(
            self.series.is_none() || !(of_images || self.encoding != Encoding::Level),
            "series.file",
            &self.series.as_ref().map(|s| &s.file),
            "encoding, shift_pixels and augment are for images: leave them out",
        )?;
        match self.encoding {
            Encoding::Value(planes) => {
                range((1..=8).contains(&planes), "encoding.value", &planes, "1 to 8 planes")?;
            }
            Encoding::Above(most) => {
                let wanted = "1 to 254: the last tick shows what is above";
                range((1..=254).contains(&most), "encoding.above", &most, wanted)?;
            }
            Encoding::Level | Encoding::Rate => {}
        }
        let g = &self.gate;
        range(
            g.anneal_start >= 0.0 && g.anneal_start <= g.anneal_end && g.anneal_end <= 0.95,
            "gate",
            &(g.anneal_start, g.anneal_end),
            "0 <= anneal_start <= anneal_end <= 0.95",
        )?;
        range(
            g.constant > 0.0 && g.constant <= 1.0,
            "gate.constant",
            &g.constant,
            "above 0 and up to 1",
        )?;
        if self.method == Method::Genome {
            self.genome.check(&range)?;
            let kind = self.layers[0].weights;
            let same = self.layers.iter().all(|l| l.weights == kind && l.planes == 1);
            range(
                same && (self.readout != Readout::Potential || self.output_kind() == kind),
                "genome",
                &kind,
                "all layers have weights of one kind and one plane: they share an interaction",
            )?;
        }
        self.estimator.check(&range)?;
        self.plasticity.check(self, &range)?;
        if let Some(f) = &self.fine_tune {
            f.check(self.epochs, &range)?;
            range(
                !self.keep_best && self.patience == 0,
                "fine_tune",
                f,
                "leave out keep_best and patience: accuracies of floats and integers do not compare",
            )?;
            let float = self
                .layers
                .iter()
                .any(|l| l.weights == WeightKind::Float || l.average_pool > 1 || !l.detach_reset);
            range(
                !float && self.output_kind() == WeightKind::Binary,
                "fine_tune",
                f,
                "weights are binary, pooling is or_pool, resets are detached: the rest has no integers",
            )?;
        }
        range(
            self.output_weights.is_none() || self.readout == Readout::Potential,
            "output_weights",
            &self.output_weights,
            "only with readout = \"potential\"",
        )?;
        let hidden = self.layers.len() - usize::from(self.readout == Readout::SpikeCount);
        for (i, l) in self.layers.iter().enumerate() {
            l.check(i, &range)?;
            let gated = self.method == Method::Agmm && i < hidden;
            range(
                !gated || l.batch_norm,
                &format!("layer {i}: batch_norm"),
                &l.batch_norm,
                "the agmm gate follows a batch norm: leave it on",
            )?;
            range(
                !(gated && l.recurrent && g.mode == GateMode::Batch),
                &format!("layer {i}: recurrent"),
                &l.recurrent,
                "gate.mode \"batch\" has to know all sums before the first spike: take another mode",
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
