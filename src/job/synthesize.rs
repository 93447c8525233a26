//! A board top to a bitstream, with the numbers users ask for.

use crate::{
    Result,
    flow::{
        Board, BuildInput, BuildReport, RunOptions, SeedPolicy, Utilization, plan, run,
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

/// Synthesizes, places, routes and packs `top` for a board in `dir`. Seeds are tried in order until
/// one reaches the board's clock, or all of them when `all_seeds`.
pub fn synthesize(
    top: &Verilog,
    board: &Board,
    dir: &Path,
    tools: &Toolset,
    (seeds, all_seeds): (&[u32], bool),
    progress: &mut dyn FnMut(&str),
) -> Result<Synthesis> {
    let ports: Vec<_> = top.ports.iter().map(|p| (p.name.clone(), p.input)).collect();
    let policy = if all_seeds { SeedPolicy::All } else { SeedPolicy::FirstThatMeets };
    let input = BuildInput { verilog: &top.text, ports: &ports, board, seeds, policy };
    let report: BuildReport = run(&plan(&input)?, dir, tools, &RunOptions::default(), progress)?;
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
