//! The folder of an exploration: `models/KEY` and `builds/KEY`, each named by the hash of what it is made
//! from. A model or build is there when its record is, which is written last.

use super::Built;
use crate::{
    Result,
    build::{read_json, write_json},
    data::Dataset,
    flow::BuildPlan,
    golden::train::TrainConfig,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::BTreeMap,
    fmt::Write,
    fs,
    path::{Path, PathBuf},
};

/// Names what a model is made by, besides recipe and data: to be changed when the same recipe comes to train another
/// network.
const TRAINER: &str = concat!("trainer of spikewright ", env!("CARGO_PKG_VERSION"), ", 1");

/// Record of a model, beside its files.
const MODEL_RECORD: &str = "explored.json";
/// Record of a build, beside its files.
const BUILD_RECORD: &str = "explored.json";

/// What training reached.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Model {
    /// Test accuracy of the frozen network.
    pub accuracy: f64,
}

/// The folder.
pub struct Store {
    dir: PathBuf,
}

impl Store {
    /// In `dir`, which need not be there.
    pub fn new(dir: &Path) -> Self {
        Self { dir: dir.into() }
    }

    /// The folder itself.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Folder of a model.
    pub fn model_dir(&self, key: &str) -> PathBuf {
        self.dir.join("models").join(key)
    }

    /// Folder of a build.
    pub fn build_dir(&self, key: &str) -> PathBuf {
        self.dir.join("builds").join(key)
    }

    /// A model that was finished.
    pub fn model(&self, key: &str) -> Option<Model> {
        read_json(&self.model_dir(key).join(MODEL_RECORD)).ok()
    }

    /// Records that a model is finished.
    pub fn keep_model(&self, key: &str, model: &Model) -> Result<()> {
        Ok(write_json(&self.model_dir(key).join(MODEL_RECORD), model)?)
    }

    /// What came of a build, if it was finished and its bitstream, where there is one, is still there.
    pub fn build(&self, key: &str, plan: &BuildPlan) -> Option<Built> {
        let dir = self.build_dir(key);
        let built: Built = read_json(&dir.join(BUILD_RECORD)).ok()?;
        (!built.met || dir.join(&plan.bitstream).exists()).then_some(built)
    }

    /// Records what came of a build.
    pub fn keep_build(&self, key: &str, built: &Built) -> Result<()> {
        Ok(write_json(&self.build_dir(key).join(BUILD_RECORD), built)?)
    }
}

/// Name of a model: recipe, data and trainer.
pub fn model_key(config: &TrainConfig, data: &str) -> Result<String> {
    Ok(key(&[TRAINER, data, &serde_json::to_string(config)?]))
}

/// Name of a build: its plan, which holds the Verilog, the constraints and the clock, and the tools.
pub fn build_key(plan: &BuildPlan, tools: &BTreeMap<String, String>) -> String {
    key(&[&plan.digest, &format!("{tools:?}")])
}

/// Hash of what there is to train and test on.
pub fn data_key(dataset: &Dataset) -> Result<String> {
    let mut hash = Sha256::new();
    match dataset {
        Dataset::Mnist(mnist) => {
            for set in [&mnist.train, &mnist.test] {
                hash.update((set.labels.len() as u64).to_le_bytes());
                hash.update(&set.labels);
                hash.update(&set.pixels);
            }
        }
        Dataset::Series(_, file) => {
            hash.update(fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?);
        }
    }
    Ok(hex(&hash.finalize()))
}

fn key(fields: &[&str]) -> String {
    let mut hash = Sha256::new();
    for field in fields {
        hash.update((field.len() as u64).to_le_bytes());
        hash.update(field);
    }
    hex(&hash.finalize())[..16].to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes everything");
        text
    })
}
