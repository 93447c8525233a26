//! What `demo` and `verify` found out, for machines (`report.json`) and for people (`report.html`).

mod html;
mod svg;

pub use html::{Page, html};
pub use svg::{file as figure_file, sample as sample_raster};

use crate::{
    flow::Board,
    golden::train::EpochReport,
    ir::Preset,
    job::{Agreement, Cycles, Synthesis},
};
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf};

/// Version of the report's keys.
pub const VERSION: u32 = 1;

/// Fractions of samples classified as labelled.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Accuracy {
    /// Float model, L0.
    pub float: Option<f64>,
    /// Integer reference, L1.
    pub integer: f64,
    /// Simulated core, L2.
    pub sim: f64,
}

/// A mean and a maximum.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct MeanMax {
    /// Mean.
    pub mean: f64,
    /// Largest.
    pub max: f64,
}

/// A mean.
#[derive(Clone, Copy, PartialEq, Debug, Default, Serialize)]
pub struct Mean {
    /// Mean.
    pub mean: f64,
}

/// One board's part: the core it carries, and what synthesis made of it.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct BoardReport {
    /// Board key.
    pub board: String,
    /// Core preset.
    pub preset: Preset,
    /// Clock on the board, MHz.
    pub core_mhz: f64,
    /// Samples in which two levels differ, per pair of levels.
    pub mismatches: BTreeMap<String, usize>,
    /// Samples compared, per pair of levels.
    pub compared: BTreeMap<String, usize>,
    /// Cycles from accepted start to result.
    pub cycles_per_sample: Cycles,
    /// Synaptic operations.
    pub sop_per_sample: Mean,
    /// Share of the lanes' capacity used.
    pub lane_utilization: f64,
    /// Cycles at the board's clock, µs.
    pub latency_us: MeanMax,
    /// After synthesis.
    #[serde(flatten)]
    pub synthesis: Option<SynthesisReport>,
}

/// What synthesis adds.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct SynthesisReport {
    /// Device and package.
    pub device: String,
    /// Logic cells used.
    pub lc: u64,
    /// Logic cells of the device.
    pub lc_available: u64,
    /// Block RAM used.
    pub ebr: u64,
    /// Block RAM of the device.
    pub ebr_available: u64,
    /// Single-port RAM used.
    pub spram: u64,
    /// Multipliers used.
    pub dsp: u64,
    /// What routing reaches, MHz.
    pub fmax_mhz: f64,
    /// Slowest seed tried, MHz.
    pub worst_fmax_mhz: f64,
    /// Place-and-route seed that was packed.
    pub pnr_seed: u32,
    /// The bitstream.
    pub bitstream: PathBuf,
}

impl BoardReport {
    /// A board's report from its simulation; other pairs and synthesis are added later.
    pub fn new(board: &Board, simulated: &Agreement) -> Self {
        let us = |cycles: f64| cycles / board.core_mhz;
        let mut report = Self {
            board: board.key.clone(),
            preset: board.preset,
            core_mhz: board.core_mhz,
            mismatches: BTreeMap::new(),
            compared: BTreeMap::new(),
            cycles_per_sample: simulated.cycles_per_sample,
            sop_per_sample: Mean { mean: simulated.sop_per_sample },
            lane_utilization: simulated.lane_utilization,
            latency_us: MeanMax {
                mean: us(simulated.cycles_per_sample.mean),
                max: us(simulated.cycles_per_sample.max as f64),
            },
            synthesis: None,
        };
        report.compare("reference_simulator", simulated);
        report
    }

    /// Adds a pair of levels.
    pub fn compare(&mut self, pair: &str, agreement: &Agreement) {
        self.mismatches.insert(pair.into(), agreement.mismatches);
        self.compared.insert(pair.into(), agreement.samples);
    }

    /// Adds what synthesis made.
    pub fn synthesized(&mut self, s: &Synthesis) {
        self.synthesis = Some(SynthesisReport {
            device: s.device.clone(),
            lc: s.utilization.lc.used,
            lc_available: s.utilization.lc.available,
            ebr: s.utilization.ebr.used,
            ebr_available: s.utilization.ebr.available,
            spram: s.utilization.spram.used,
            dsp: s.utilization.dsp.used,
            fmax_mhz: s.fmax_mhz,
            worst_fmax_mhz: s.worst_fmax_mhz,
            pnr_seed: s.seed,
            bitstream: s.bitstream.clone(),
        });
    }
}

/// The whole report. The first board's part is repeated at the top level.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Report {
    /// Version of the keys.
    pub version: u32,
    /// Version of the program.
    pub program: &'static str,
    /// Seed of the training run, where there was one.
    pub seed: Option<u64>,
    /// Accuracy per level.
    pub accuracy: Accuracy,
    /// Samples that float and integer model classify differently.
    pub predictions_differ: Option<usize>,
    /// Samples classified.
    pub samples: usize,
    /// Mean input spikes per tick.
    pub input_spikes_per_tick: Option<f64>,
    /// The first board.
    #[serde(flatten)]
    pub first: Option<BoardReport>,
    /// All boards.
    pub boards: Vec<BoardReport>,
    /// Epoch by epoch.
    pub epochs: Vec<EpochReport>,
    /// Versions of the tools.
    pub tools: BTreeMap<String, String>,
}

impl Report {
    /// Samples in which any two levels differ, over all boards.
    pub fn mismatches(&self) -> usize {
        self.boards.iter().flat_map(|b| b.mismatches.values()).sum()
    }
}
