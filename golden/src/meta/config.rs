//! The configuration of a few-shot training: what a TOML file may say, with defaults and checks.

use super::{inner::Grid, maml::MetaMethod, outer::MetaOptions, task::Sizes};
use crate::{
    data::{Encoding, SeriesCode},
    train::{
        AugmentConfig, ConfigError, Estimator, GateConfig, LayerConfig, Loss, Method,
        OptimizerConfig, PlasticityConfig, ScheduleConfig, Surrogate, TrainConfig, with_suggestion,
    },
};
use serde::{Deserialize, Serialize};
use spikewright_ir::Readout;
use std::path::PathBuf;

/// What is learned over tasks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FewShotMethod {
    /// A body whose spike counts are near to each other within a class; the head comes with the task.
    Prototype,
    /// The same, then [`MetaMethod::Maml`].
    Maml,
    /// The same, then [`MetaMethod::Fomaml`].
    Fomaml,
    /// The same, then [`MetaMethod::Anil`].
    Anil,
    /// The same, then [`MetaMethod::Boil`].
    Boil,
    /// The same, then [`MetaMethod::Reptile`].
    Reptile,
}

impl FewShotMethod {
    /// The names in a configuration.
    pub const NAMES: [&str; 6] = ["prototype", "maml", "fomaml", "anil", "boil", "reptile"];

    /// What the outer loop descends, if there is one.
    pub fn meta(self) -> Option<MetaMethod> {
        match self {
            Self::Prototype => None,
            Self::Maml => Some(MetaMethod::Maml),
            Self::Fomaml => Some(MetaMethod::Fomaml),
            Self::Anil => Some(MetaMethod::Anil),
            Self::Boil => Some(MetaMethod::Boil),
            Self::Reptile => Some(MetaMethod::Reptile),
        }
    }
}

/// Where tasks come from. Files are relative to the configuration's folder.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Source {
    /// Synthetic stroke glyphs of the run's seed ([`super::glyphs`]): 200 classes to train on, 40 for
    /// validation, 60 to test.
    Glyphs,
    /// Digits of MNIST: 0, 1, 3, 6, 8 and 9 to train on and for validation, 2, 4, 5 and 7 to test.
    Digits,
    /// Omniglot, split by alphabets.
    Omniglot {
        /// Folder or archive.
        file: PathBuf,
        /// Alphabets to train on, in the order of their names from 0.
        train: Vec<i64>,
        /// Alphabets for validation.
        validation: Vec<i64>,
        /// Alphabets to test.
        test: Vec<i64>,
    },
    /// Images by class: a folder of PNG files per class, or an archive of `images` and `labels`. They
    /// are brought to 28 by 28 pixels.
    Images {
        /// Classes to train on.
        train: PathBuf,
        /// Classes for validation.
        validation: PathBuf,
        /// Classes to test.
        test: PathBuf,
    },
    /// Windows of sensors as new machines show them ([`super::machines`]).
    Machines {
        /// Archive of labelled series.
        file: PathBuf,
        /// How they become spikes.
        code: SeriesCode,
        /// Machines to train on.
        machines: usize,
    },
}

/// The tasks.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TaskConfig {
    /// `"glyphs"`, `"digits"`, `{ omniglot = … }`, `{ images = … }` or `{ machines = … }`.
    pub source: Source,
    /// Classes N of a task.
    pub ways: usize,
    /// Support samples K per class.
    pub shots: usize,
    /// Query samples per class.
    #[serde(default = "queries")]
    pub queries: usize,
    /// Heads learn from support images moved by up to so many pixels each way, too; 0 to 3.
    #[serde(default)]
    pub moved: usize,
    /// Train also on images turned by quarters, as classes of their own; test without.
    #[serde(default = "yes")]
    pub rotations: bool,
}

impl TaskConfig {
    /// How large a task is.
    pub fn sizes(&self) -> Sizes {
        Sizes { ways: self.ways, shots: self.shots, queries: self.queries }
    }
}

/// How the body is trained, by the engine, on episodes of prototypes.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BodyConfig {
    /// Epochs, at least 1: a report and a checkpoint each.
    pub epochs: usize,
    /// Episodes of an epoch, one step each.
    #[serde(default = "hundred")]
    pub episodes: usize,
    /// Classes of an episode.
    pub ways: usize,
    /// Support samples per class.
    #[serde(default = "one")]
    pub shots: usize,
    /// Query samples per class.
    #[serde(default = "queries")]
    pub queries: usize,
    /// Factor on cosines before the softmax.
    #[serde(default = "sharpness")]
    pub sharpness: f64,
}

impl BodyConfig {
    /// How large an episode is.
    pub fn sizes(&self) -> Sizes {
        Sizes { ways: self.ways, shots: self.shots, queries: self.queries }
    }
}

/// The bilevel training behind that of the body; not read by method `prototype`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MetaConfig {
    /// Epochs: a report and a checkpoint each.
    pub epochs: usize,
    /// Outer steps of an epoch.
    pub iterations: usize,
    /// Tasks per outer step.
    pub tasks: usize,
    /// Inner steps K.
    pub steps: usize,
    /// Inner step size.
    pub inner_rate: f64,
    /// Learn a step size of every parameter.
    pub learn_rates: bool,
    /// Fixed point of adapted parameters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grid: Option<Grid>,
    /// Rate of the outer Adam, falling to 0 along a cosine.
    pub outer_rate: f64,
    /// Largest norm of an outer gradient.
    pub clip_norm: f64,
    /// Factor on the logits.
    pub scale: f64,
    /// Surrogate of all layers in the outer and the inner loop.
    pub surrogate: Surrogate,
}

impl Default for MetaConfig {
    fn default() -> Self {
        Self {
            epochs: 10,
            iterations: 10,
            tasks: 4,
            steps: 1,
            inner_rate: 0.1,
            learn_rates: false,
            grid: None,
            outer_rate: 1e-3,
            clip_norm: 5.0,
            scale: 1.0,
            surrogate: Surrogate::FastSigmoid(5.0),
        }
    }
}

/// What is measured in the end.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct TestConfig {
    /// Tasks, at least 2: an interval of 95 % over as many.
    pub tasks: usize,
    /// Inner steps: accuracy after 0, 1, … of them. As many as in training when absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
}

impl Default for TestConfig {
    fn default() -> Self {
        Self { tasks: 300, steps: None }
    }
}

/// Everything a few-shot training depends on besides the data.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FewShotConfig {
    /// `"prototype"`, `"maml"`, `"fomaml"`, `"anil"`, `"boil"` or `"reptile"`.
    pub method: FewShotMethod,
    /// Seed of every random stream.
    #[serde(default = "first")]
    pub seed: u64,
    /// Ticks `T` of a sample, 1 to 32.
    pub ticks: usize,
    /// `"level"`, `{ above = m }`, `"rate"` or `{ value = m }`; of images only.
    #[serde(default = "level")]
    pub encoding: Encoding,
    /// Training images are moved by up to this many pixels each way.
    #[serde(default)]
    pub shift_pixels: usize,
    /// Warps of the training images.
    #[serde(default)]
    pub augment: AugmentConfig,
    /// Fractional bits F of every layer of the frozen body, 0 to 12.
    #[serde(default = "four")]
    pub frac_bits: u8,
    /// The tasks.
    pub tasks: TaskConfig,
    /// Training of the body.
    pub body: BodyConfig,
    /// Bilevel training.
    #[serde(default)]
    pub meta: MetaConfig,
    /// What is measured.
    #[serde(default)]
    pub test: TestConfig,
    /// Optimizer of the body.
    pub optimizer: OptimizerConfig,
    /// Schedule of its rate.
    #[serde(default)]
    pub schedule: ScheduleConfig,
    /// Layers of the body in order; spike counts of the last one are the features.
    #[serde(rename = "layer")]
    pub layers: Vec<LayerConfig>,
}

fn first() -> u64 {
    1
}
fn one() -> usize {
    1
}
fn four() -> u8 {
    4
}
fn queries() -> usize {
    5
}
fn hundred() -> usize {
    100
}
fn sharpness() -> f64 {
    10.0
}
fn yes() -> bool {
    true
}
fn level() -> Encoding {
    Encoding::Level
}

impl FewShotConfig {
    /// Parses and checks a TOML text.
    pub fn from_toml(text: &str) -> Result<Self, ConfigError> {
        let config: Self =
            toml::from_str(text).map_err(|e| ConfigError::Toml(with_suggestion(&e.to_string())))?;
        config.check()?;
        Ok(config)
    }

    /// Checks what no other part does: the engine checks its own configuration, the outer loop its
    /// own.
    pub fn check(&self) -> Result<(), ConfigError> {
        let range = |ok: bool, key: &str, value: &dyn std::fmt::Debug, remedy: &'static str| {
            if ok {
                return Ok(());
            }
            Err(ConfigError::Range { key: key.into(), value: format!("{value:?}"), remedy })
        };
        let sound = |s: Sizes| s.are_sound() && s.ways <= 64 && s.shots <= 64 && s.queries <= 64;
        let (tasks, body) = (self.tasks.sizes(), self.body.sizes());
        let sizes = "2 to 64 ways, 1 to 64 shots and queries";
        range(sound(tasks), "tasks", &tasks, sizes)?;
        range(sound(body), "body", &body, sizes)?;
        range(self.tasks.moved <= 3, "tasks.moved", &self.tasks.moved, "0 to 3 pixels")?;
        let b = &self.body;
        range(b.epochs >= 1, "body.epochs", &b.epochs, "train for at least one epoch")?;
        range(b.episodes >= 1, "body.episodes", &b.episodes, "at least one of an epoch")?;
        let sharp = b.sharpness.is_finite() && b.sharpness > 0.0;
        range(sharp, "body.sharpness", &b.sharpness, "a positive number")?;
        range(self.frac_bits <= 12, "frac_bits", &self.frac_bits, "0 to 12")?;
        range(self.test.tasks >= 2, "test.tasks", &self.test.tasks, "at least two tasks")?;
        let steps = self.test_steps();
        range(steps <= 64, "test.steps", &steps, "0 to 64")?;
        let m = &self.meta;
        range(m.epochs >= 1, "meta.epochs", &m.epochs, "at least one epoch")?;
        let scale = m.scale.is_finite() && m.scale > 0.0;
        range(scale, "meta.scale", &m.scale, "a positive number")?;
        if let Source::Machines { machines, .. } = &self.tasks.source {
            range(*machines >= 1, "tasks.source.machines", machines, "at least one machine")?;
        }
        // The net refuses the rest: what may adapt is binary and plain.
        let float = self.layers.iter().any(|l| l.weights == crate::train::WeightKind::Float);
        range(!float, "layer.weights", &"float", "bodies are binary: a core runs them")?;
        self.engine().check_embedding()?;
        let options = self.options(MetaMethod::Anil).check();
        options.map_err(|e| ConfigError::Toml(e.to_string()))
    }

    /// Inner steps that are measured.
    pub fn test_steps(&self) -> usize {
        self.test.steps.unwrap_or(self.meta.steps)
    }

    /// What the engine trains the body by.
    pub fn engine(&self) -> TrainConfig {
        TrainConfig {
            method: Method::Plain,
            seed: self.seed,
            epochs: self.body.epochs,
            patience: 0,
            keep_best: false,
            batch: 2,
            validation: 0,
            ticks: self.ticks,
            encoding: self.encoding,
            series: None,
            shift_pixels: self.shift_pixels,
            classes: 256,
            readout: Readout::SpikeCount,
            output_weights: None,
            loss: Loss::default(),
            estimator: Estimator::default(),
            diagnostics: false,
            optimizer: self.optimizer,
            schedule: self.schedule,
            layers: self.layers.clone(),
            gate: GateConfig::default(),
            plasticity: PlasticityConfig::default(),
            genome: Default::default(),
            fine_tune: None,
            augment: self.augment,
        }
    }

    /// What the outer loop goes by.
    pub fn options(&self, method: MetaMethod) -> MetaOptions {
        let m = &self.meta;
        MetaOptions {
            method,
            seed: self.seed,
            iterations: m.epochs * m.iterations,
            tasks: m.tasks,
            steps: m.steps,
            inner_rate: m.inner_rate,
            learn_rates: m.learn_rates,
            grid: m.grid,
            outer_rate: m.outer_rate,
            clip_norm: m.clip_norm,
        }
    }

    /// The layers as the loops see them.
    pub fn meta_layers(&self) -> Vec<LayerConfig> {
        let layer = |l: &LayerConfig| LayerConfig { surrogate: self.meta.surrogate, ..l.clone() };
        self.layers.iter().map(layer).collect()
    }
}

/// Whether a configuration's text asks for one of these methods; a text that is not TOML does not.
pub fn asks_for_few_shot(text: &str) -> bool {
    let method = text.parse::<toml::Table>().ok().and_then(|t| {
        let method = t.get("method")?.as_str()?;
        Some(FewShotMethod::NAMES.contains(&method))
    });
    method.unwrap_or(false)
}
