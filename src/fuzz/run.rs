//! Many cases, and what is written of those that fail.

use super::{
    Case, CaseFile, Cores, Failure, Level, check,
    draw::{self, Kind, preset_of},
    shrink, waveform,
};
use crate::{Result, ir::Preset, wave_files::WaveFiles};
use rayon::prelude::*;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// Failing cases that are shrunk and written; the others are counted.
const WRITTEN: usize = 8;

/// What to run.
pub struct Plan {
    /// Seed of all cases.
    pub seed: u64,
    /// Cases, from number 0 on.
    pub cases: u64,
    /// Levels, the simulator among them or not: all others are compared with it.
    pub levels: Vec<Level>,
    /// Presets, in turn.
    pub presets: Vec<Preset>,
    /// Where case files go.
    pub out: PathBuf,
    /// Where the waveform of the first case that fails goes, as it was made small.
    pub wave: WaveFiles,
}

/// A case that fails, as it was made small.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Found {
    /// Number of the case.
    pub number: u64,
    /// What it was drawn as.
    pub kind: Kind,
    /// Its preset.
    pub preset: Preset,
    /// Levels that part.
    pub pair: &'static str,
    /// Where the drawn case parts.
    pub drawn: String,
    /// Size of the case in the file.
    pub size: String,
    /// Where the case in the file parts.
    pub divergence: String,
    /// What both levels say of the neuron.
    pub context: Vec<String>,
    /// The file.
    pub file: PathBuf,
}

/// What came of a plan; the same for any number of threads.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct FuzzReport {
    /// Seed of all cases.
    pub seed: u64,
    /// Cases run.
    pub cases: u64,
    /// Levels asked for.
    pub levels: Vec<Level>,
    /// Presets, in turn.
    pub presets: Vec<Preset>,
    /// Samples of all cases.
    pub samples: u64,
    /// Spikes in the simulator.
    pub spikes: u64,
    /// Networks drawn that the compiler refused; others were drawn in their place.
    pub refused: u64,
    /// Cases compared, by pair of levels.
    pub compared: BTreeMap<&'static str, u64>,
    /// Cases in which a pair differs.
    pub mismatches: BTreeMap<&'static str, u64>,
    /// The first cases that fail.
    pub failures: Vec<Found>,
}

impl FuzzReport {
    /// Mismatches of all pairs.
    pub fn differ(&self) -> u64 {
        self.mismatches.values().sum()
    }
}

/// What is kept of a case.
struct Outcome {
    number: u64,
    samples: u64,
    spikes: u64,
    refused: u64,
    failures: Vec<(Level, String)>,
}

/// Runs all cases of a plan on all threads; `done` is called once per case.
///
/// # Errors
/// A number for which no network can be drawn, or an output that cannot be written.
pub fn run(plan: &Plan, cores: &Cores, done: &(dyn Fn() + Sync)) -> Result<FuzzReport> {
    let one = |number: u64| -> std::result::Result<Outcome, String> {
        let drawn = draw::case(plan.seed, number, preset_of(number, &plan.presets))?;
        let verdict = check(&drawn.case, &plan.levels, cores)
            .map_err(|e| format!("case {number} of seed {}: {e}", plan.seed))?;
        done();
        Ok(Outcome {
            number,
            samples: drawn.case.samples() as u64,
            spikes: verdict.spikes,
            refused: drawn.refused,
            failures: verdict.failures.into_iter().map(|f| (f.level, f.message)).collect(),
        })
    };
    let outcomes = (0..plan.cases)
        .into_par_iter()
        .map(one)
        .collect::<std::result::Result<Vec<_>, String>>()?;
    let failing: Vec<_> =
        outcomes.iter().flat_map(|o| o.failures.iter().map(|(l, m)| (o.number, *l, m))).collect();
    let failures = failing
        .par_iter()
        .take(WRITTEN)
        .map(|&(number, level, drawn)| found(plan, cores, number, level, drawn))
        .collect::<std::result::Result<Vec<_>, String>>()?;
    if let (false, Some((_, case, failure))) = (plan.wave.is_empty(), failures.first()) {
        plan.wave.write(&waveform(case, failure, cores)?)?;
    }
    let pairs = plan.levels.iter().copied().filter(|l| *l != Level::Sim);
    let count = |level| failing.iter().filter(|(_, l, _)| *l == level).count() as u64;
    Ok(FuzzReport {
        seed: plan.seed,
        cases: plan.cases,
        levels: plan.levels.clone(),
        presets: plan.presets.clone(),
        samples: outcomes.iter().map(|o| o.samples).sum(),
        spikes: outcomes.iter().map(|o| o.spikes).sum(),
        refused: outcomes.iter().map(|o| o.refused).sum(),
        compared: pairs.clone().map(|l| (l.pair(), plan.cases)).collect(),
        mismatches: pairs.map(|l| (l.pair(), count(l))).collect(),
        failures: failures.into_iter().map(|(found, ..)| found).collect(),
    })
}

/// Shrinks a failing case and writes its file.
fn found(
    plan: &Plan,
    cores: &Cores,
    number: u64,
    level: Level,
    drawn: &str,
) -> std::result::Result<(Found, Case, Failure), String> {
    let preset = preset_of(number, &plan.presets);
    let case = draw::case(plan.seed, number, preset)?.case;
    let (case, failure) = shrink::shrink(case, level, cores)?;
    let size = case.summary();
    let levels = vec![Level::Sim, level];
    let file = CaseFile::new(case.clone(), levels, plan.seed, number, failure.message.clone());
    let found = Found {
        number,
        kind: Kind::of(number),
        preset,
        pair: level.pair(),
        drawn: drawn.into(),
        size,
        divergence: failure.message.clone(),
        context: failure.context.clone(),
        file: file.write(&plan.out).map_err(|e| e.to_string())?,
    };
    Ok((found, case, failure))
}

/// Runs one case of a file on `levels`.
///
/// # Errors
/// A network that the compiler refuses now.
pub fn replay(path: &Path, case: &Case, levels: &[Level], cores: &Cores) -> Result<Vec<Failure>> {
    let verdict = check(case, levels, cores).map_err(|e| format!("{}: {e}", path.display()))?;
    Ok(verdict.failures)
}
