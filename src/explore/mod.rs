//! Design-space exploration: recipes are trained, compiled, measured and built for boards at clocks, and
//! what no other point beats is marked. Everything is kept under the hash of what it was made from, so
//! that a run that was killed goes on where it was, and another run reuses what is there.

mod pareto;
mod run;
mod store;
mod sweep;

pub use run::{Builder, Tools, explore};
pub use store::{Model, Store};
pub use sweep::{Recipe, Sweep, recipes};

use crate::flow::Board;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, path::PathBuf};

/// What is to be explored.
pub struct Exploration {
    /// Configurations to train.
    pub recipes: Vec<Recipe>,
    /// Boards, each with the clock it is to run at.
    pub boards: Vec<Board>,
    /// Seeds of place and route, tried until one reaches the clock.
    pub seeds: Vec<u32>,
    /// Test samples that cycles are measured on.
    pub images: usize,
    /// Folder of the recipe, in which its series are.
    pub folder: PathBuf,
    /// Folder with the MNIST files, instead of the embedded copy.
    pub data: Option<PathBuf>,
}

/// One recipe on one board at one clock.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct Row {
    /// What the sweeps set.
    pub settings: BTreeMap<String, String>,
    /// Board.
    pub board: String,
    /// Core of the board.
    pub preset: String,
    /// Clock asked for, MHz.
    pub clock_mhz: f64,
    /// Test accuracy of the frozen network.
    pub accuracy: Option<f64>,
    /// Why the core does not run the network.
    pub refused: Option<String>,
    /// Cycles per sample, mean.
    pub cycles: Option<f64>,
    /// What place and route gave.
    pub build: Option<Built>,
    /// Mean latency at the clock; none where it is not reached.
    pub latency_us: Option<f64>,
    /// No other point is at least as good in accuracy, latency, cells and Fmax, and better in one.
    pub pareto: bool,
    /// Names of the model and the build in the folder.
    pub model: String,
    /// See `model`.
    pub bitstream: String,
}

/// What came of a build.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Built {
    /// Highest clock of the best seed, MHz.
    pub fmax_mhz: f64,
    /// And of the worst that was tried.
    pub worst_fmax_mhz: f64,
    /// Logic cells; none where no seed reached the clock and nothing was packed.
    pub cells: Option<u64>,
    /// Whether the clock was reached.
    pub met: bool,
}
