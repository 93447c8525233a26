//! What a configuration of `evolve` says.

use crate::{
    Result,
    golden::{
        evolve::{EngineConfig, EngineKind},
        train::TrainConfig,
    },
};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What evolves.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Genes {
    /// Thresholds, biases and leaks of the frozen network, on a grid too coarse for them.
    Neurons,
    /// Weight bits of the frozen network, by flips.
    Weights,
    /// The wiring rule that training of method `genome` starts from.
    Wiring,
}

/// Where networks are run to be judged.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The integer reference.
    #[default]
    Integer,
    /// The cycle simulator's fast model, on the compiled image.
    Sim,
    /// Verilator on the emitted Verilog, the image loaded over its host bus.
    Verilator,
    /// A board behind a serial port.
    Board,
}

/// A configuration of `evolve`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EvolveConfig {
    /// Training configuration, relative to this one's folder.
    pub recipe: PathBuf,
    /// Epochs of training in place of the recipe's.
    #[serde(default)]
    pub epochs: Option<usize>,
    /// `"neurons"`, `"weights"` or `"wiring"`.
    pub genes: Genes,
    /// Engines, each a search of its own; none with `genes = "weights"`, which has bit flips.
    #[serde(default)]
    pub engines: Vec<EngineKind>,
    /// Seeds, each a training and a search of every engine.
    #[serde(default = "first_seed")]
    pub seeds: Vec<u64>,
    /// Generations of a search, at least 1.
    pub generations: u64,
    /// Individuals of a generation; the engine's own number when absent (16 for bit flips).
    #[serde(default)]
    pub population: Option<usize>,
    /// Standard deviation of the first generation: in steps of the grid for neurons, absolute for
    /// wiring.
    #[serde(default = "sigma")]
    pub sigma: f64,
    /// Bits that differ between a parent and a child, on average.
    #[serde(default = "flips")]
    pub flips: f64,
    /// Training samples that a generation is judged on (`neurons`, `weights`), at least 1.
    #[serde(default = "samples")]
    pub samples: usize,
    /// Held-out accuracy that the grid of `neurons` has to cost, as a fraction, above 0.
    #[serde(default = "loss")]
    pub loss: f64,
    /// Training steps before a wiring rule's loss is read.
    #[serde(default = "steps")]
    pub steps: usize,
    /// λ_s, weight of the spatial entropy, in units of the loss.
    #[serde(default = "regularizer")]
    pub entropy: f64,
    /// λ_t, weight of the temporal difference at generation 0.
    #[serde(default = "regularizer")]
    pub difference: f64,
    /// `"integer"`, `"sim"`, `"verilator"` or `"board"`.
    #[serde(default)]
    pub level: Level,
    /// Board whose core runs the networks, at every level but `"integer"`.
    #[serde(default = "board")]
    pub board: String,
    /// Serial port of level `"board"`.
    #[serde(default)]
    pub port: Option<String>,
}

fn first_seed() -> Vec<u64> {
    vec![1]
}
fn sigma() -> f64 {
    0.05
}
fn flips() -> f64 {
    16.0
}
fn samples() -> usize {
    1_000
}
fn loss() -> f64 {
    0.03
}
fn steps() -> usize {
    30
}
fn regularizer() -> f64 {
    0.1
}
fn board() -> String {
    "icebreaker".into()
}

impl EvolveConfig {
    /// Parses and checks a TOML text.
    ///
    /// # Errors
    /// What is wrong and what is accepted.
    pub fn from_toml(text: &str) -> Result<Self> {
        let config: Self = toml::from_str(text)?;
        config.check()?;
        Ok(config)
    }

    fn check(&self) -> Result<()> {
        let range = |ok: bool, key: &str, value: &dyn std::fmt::Debug, remedy: &str| match ok {
            true => Ok(()),
            false => Err(format!("{key} = {value:?}: {remedy}")),
        };
        let flips = self.genes == Genes::Weights;
        range(
            self.engines.is_empty() == flips,
            "engines",
            &self.engines,
            "at least one, and none with genes = \"weights\", which has bit flips",
        )?;
        range(!self.seeds.is_empty(), "seeds", &self.seeds, "at least one")?;
        range(self.generations >= 1, "generations", &self.generations, "at least 1")?;
        range(self.samples >= 1, "samples", &self.samples, "at least 1")?;
        range(self.loss > 0.0 && self.loss < 1.0, "loss", &self.loss, "above 0 and below 1")?;
        range(self.epochs != Some(0), "epochs", &self.epochs, "at least 1")?;
        let sound = |x: f64| x.is_finite() && x >= 0.0;
        range(sound(self.entropy), "entropy", &self.entropy, "0 or more")?;
        range(sound(self.difference), "difference", &self.difference, "0 or more")?;
        range(
            self.port.is_some() == (self.level == Level::Board),
            "port",
            &self.port,
            "the serial port of level = \"board\", and of no other",
        )?;
        for kind in &self.engines {
            self.engine(*kind, 1).check(&[0.0])?;
        }
        Ok(())
    }

    /// The recipe with a seed; `folder` is that of this configuration.
    ///
    /// # Errors
    /// A recipe that cannot be read or trained.
    pub fn training(&self, folder: &Path, seed: u64) -> Result<TrainConfig> {
        let file = folder.join(&self.recipe);
        let text = String::from_utf8(crate::ir::read_bytes(&file)?)
            .map_err(|_| format!("{}: not text; a configuration is TOML", file.display()))?;
        let named = |e| format!("{}: {e}", file.display());
        let mut config = TrainConfig::from_toml(&text).map_err(named)?;
        config.seed = seed;
        config.epochs = self.epochs.unwrap_or(config.epochs);
        config.check().map_err(named)?;
        Ok(config)
    }

    /// An engine of a search.
    pub fn engine(&self, kind: EngineKind, seed: u64) -> EngineConfig {
        let (population, sigma) = (self.population, self.sigma);
        EngineConfig { population, sigma, ..EngineConfig::new(kind, seed) }
    }
}
