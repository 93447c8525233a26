//! A board top to a bitstream, with the numbers users ask for.

use crate::{
    Result,
    flow::{
        Board, BuildInput, BuildPlan, BuildReport, RunOptions, SeedPolicy, Utilization, plan, run,
        tools::Toolset,
    },
    hdl::Verilog,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// A finished bitstream.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Synthesis {
    /// Board key.
    pub board: String,
    /// Device and package.
    pub device: String,
    /// Cells used and available.
    pub utilization: Utilization,
    /// What the packed attempt reaches, MHz.
    pub fmax_mhz: f64,
    /// Slowest seed tried, MHz.
    pub worst_fmax_mhz: f64,
    /// Seed of the packed attempt.
    pub seed: u32,
    /// Clock the board runs at, MHz.
    pub core_mhz: f64,
    /// The bitstream.
    pub bitstream: PathBuf,
    /// Versions of the tools.
    pub tools: BTreeMap<String, String>,
}

/// Plans a board's build: constraints and clock are checked here, before any tool is looked for.
/// Seeds are tried in order until one reaches the board's clock, or all of them when `all_seeds`.
pub fn plan_board(
    top: &Verilog,
    board: &Board,
    seeds: &[u32],
    all_seeds: bool,
) -> Result<BuildPlan> {
    let ports: Vec<_> = top.ports.iter().map(|p| (p.name.clone(), p.input)).collect();
    let policy = if all_seeds { SeedPolicy::All } else { SeedPolicy::FirstThatMeets };
    Ok(plan(&BuildInput { verilog: &top.text, ports: &ports, board, seeds, policy })?)
}

/// Synthesizes, places, routes and packs in `dir`.
pub fn synthesize(
    plan: &BuildPlan,
    dir: &Path,
    tools: &Toolset,
    progress: &mut dyn FnMut(&str),
) -> Result<Synthesis> {
    let report: BuildReport = run(plan, dir, tools, &RunOptions::default(), progress)?;
    Ok(Synthesis {
        board: report.board,
        device: report.device,
        utilization: report.utilization,
        fmax_mhz: report.fmax_mhz,
        worst_fmax_mhz: report.worst_fmax_mhz,
        seed: report.seed,
        core_mhz: report.core_mhz,
        bitstream: dir.join(report.bitstream),
        tools: report.tools,
    })
}
