//! The record of a build, `build.json`: what was built, from which plan, with which tools.

use super::{RECORD, Routed};
use crate::{BuildPlan, FlowError, Utilization, digest::sha256, tools::Toolset};
use serde::{Deserialize, Serialize};
use spikewright_ir::{read_bytes, write_atomic};
use std::{collections::BTreeMap, fs, path::Path};

/// Version of the record.
const VERSION: u32 = 1;

/// One seed that was routed.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct AttemptReport {
    /// nextpnr's seed.
    pub seed: u32,
    /// What the core clock reaches, MHz.
    pub fmax_mhz: f64,
    /// Whether every clock is reached.
    pub met: bool,
}

/// A file of the finished build.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Product {
    /// Name in the build directory.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

/// Wall time of a step.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct StepTime {
    /// Step of the plan.
    pub step: String,
    /// Seconds.
    pub seconds: f64,
}

/// What a build came to.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct BuildReport {
    /// Version of this record's format.
    pub version: u32,
    /// Board key.
    pub board: String,
    /// Device and package.
    pub device: String,
    /// Digest of the plan.
    pub digest: String,
    /// Version of each tool.
    pub tools: BTreeMap<String, String>,
    /// Clock of the core on the board, MHz.
    pub core_mhz: f64,
    /// What the packed attempt reaches, MHz.
    pub fmax_mhz: f64,
    /// What the slowest attempt reached, MHz.
    pub worst_fmax_mhz: f64,
    /// Seed of the packed attempt.
    pub seed: u32,
    /// All attempts, in order.
    pub attempts: Vec<AttemptReport>,
    /// How full the device is.
    pub utilization: Utilization,
    /// Name of the bitstream in the build directory.
    pub bitstream: String,
    /// The bitstream and the files it was made of.
    pub products: Vec<Product>,
    /// Wall time of each step: the only part that differs between two equal builds.
    pub timing: Vec<StepTime>,
    /// Taken from an earlier run.
    #[serde(skip)]
    pub cached: bool,
}

/// The finished build in `dir`, if it is that of this plan and these tools and nothing was touched.
pub(super) fn cached(plan: &BuildPlan, dir: &Path, tools: &Toolset) -> Option<BuildReport> {
    let bytes = read_bytes(&dir.join(RECORD)).ok()?;
    let mut report: BuildReport = serde_json::from_slice(&bytes).ok()?;
    let untouched = |p: &Product| {
        // A name from a file is not a path: it must be one of the plan's.
        let known = p.name == plan.bitstream
            || p.name == REPORT
            || plan.files.iter().any(|f| f.name == p.name);
        known && read_bytes(&dir.join(&p.name)).is_ok_and(|b| sha256(&b) == p.sha256)
    };
    let same = report.version == VERSION
        && report.digest == plan.digest
        && report.tools == used_tools(plan, tools)
        && report.bitstream == plan.bitstream
        && report.products.len() == plan.files.len() + 2
        && report.products.iter().all(untouched);
    report.cached = true;
    same.then_some(report)
}

/// nextpnr's report of the packed attempt, in the build directory.
const REPORT: &str = "report.json";

/// Moves the products into place, the record last.
pub(super) fn finish(
    plan: &BuildPlan,
    dir: &Path,
    work: &Path,
    tools: &Toolset,
    (attempts, (attempt, place)): (Vec<AttemptReport>, Routed<'_>),
    timing: Vec<StepTime>,
) -> Result<BuildReport, FlowError> {
    let names = plan.files.iter().map(|f| (f.name.as_str(), f.name.as_str()));
    let names =
        names.chain([(attempt.report.as_str(), REPORT), (&plan.bitstream, &plan.bitstream)]);
    let mut products = Vec::new();
    for (from, name) in names {
        let from = work.join(from);
        products.push(Product { name: name.into(), sha256: sha256(&read_bytes(&from)?) });
        fs::rename(&from, dir.join(name)).map_err(FlowError::io(dir.join(name)))?;
    }
    let slowest = attempts.iter().map(|a| a.fmax_mhz).fold(f64::INFINITY, f64::min);
    let packed = attempts.iter().find(|a| a.seed == attempt.seed).expect("it was routed");
    let report = BuildReport {
        version: VERSION,
        board: plan.board.clone(),
        device: plan.device.clone(),
        digest: plan.digest.clone(),
        tools: used_tools(plan, tools),
        core_mhz: plan.core_mhz,
        fmax_mhz: packed.fmax_mhz,
        worst_fmax_mhz: slowest,
        seed: attempt.seed,
        utilization: place.utilization,
        bitstream: plan.bitstream.clone(),
        attempts,
        products,
        timing,
        cached: false,
    };
    let mut bytes = serde_json::to_vec_pretty(&report).expect("numbers and text serialize");
    bytes.push(b'\n');
    write_atomic(&dir.join(RECORD), &bytes)?;
    Ok(report)
}

/// Versions of the tools that the plan calls.
fn used_tools(plan: &BuildPlan, tools: &Toolset) -> BTreeMap<String, String> {
    plan.steps().map(|s| (s.tool.to_string(), tools.get(s.tool).version.clone())).collect()
}
