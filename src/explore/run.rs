//! Point after point: train, measure, build, unless it is there already.

use super::{
    Built, Exploration, Model, Recipe, Row, Store, pareto,
    store::{build_key, data_key, model_key},
};
use crate::{
    Result,
    build::{ENCODER, MODEL, board_top, read_json, write_json},
    compiler::{CompileOptions, compile},
    data::{Dataset, test_set},
    flow::{Board, BuildPlan, FlowError, RunOptions, run, tools::Toolset},
    golden::data::Code,
    ir::{Preset, read_model},
    job,
};
use std::{collections::BTreeMap, path::Path};

/// Table of all points so far.
const TABLE: &str = "explore.json";

/// What builds bitstreams.
pub trait Builder {
    /// Versions of its tools.
    fn versions(&self) -> BTreeMap<String, String>;

    /// Runs a plan in a folder of its own.
    ///
    /// # Errors
    /// Whatever keeps it from an answer; a clock that is not reached is one.
    fn build(&mut self, plan: &BuildPlan, dir: &Path) -> Result<Built>;
}

/// The real tools.
pub struct Tools<'a>(pub &'a Toolset);

impl Builder for Tools<'_> {
    fn versions(&self) -> BTreeMap<String, String> {
        let mut versions = self.0.versions();
        versions.remove("verilator");
        versions
    }

    fn build(&mut self, plan: &BuildPlan, dir: &Path) -> Result<Built> {
        match run(plan, dir, self.0, &RunOptions::default(), &mut |_| {}) {
            Ok(report) => Ok(Built {
                fmax_mhz: report.fmax_mhz,
                worst_fmax_mhz: report.worst_fmax_mhz,
                cells: Some(report.utilization.lc.used),
                met: true,
            }),
            Err(FlowError::Timing { fmax_mhz, .. }) => {
                Ok(Built { fmax_mhz, worst_fmax_mhz: fmax_mhz, cells: None, met: false })
            }
            Err(error) => Err(error.into()),
        }
    }
}

/// Runs an exploration in `store`; `note` is told each step that takes time. The table is written after every
/// point. Returns its rows, those of a recipe behind each other.
///
/// # Errors
/// A board, recipe or tool that fails; what was finished before is kept. A network that a core refuses
/// and a clock that is not reached are rows, not errors.
pub fn explore(
    exploration: &Exploration,
    store: &Store,
    builder: &mut dyn Builder,
    note: &dyn Fn(&str),
) -> Result<Vec<Row>> {
    // Refused now rather than after the first training.
    let plan = |board: &Board| job::plan_board(&board_top(board), board, &exploration.seeds, false);
    let plans: Vec<BuildPlan> = exploration.boards.iter().map(plan).collect::<Result<_>>()?;
    let versions = builder.versions();
    let mut rows = Vec::new();
    for recipe in &exploration.recipes {
        let (key, model) = trained(exploration, recipe, store, note)?;
        let mut measured: BTreeMap<Preset, Cycles> = BTreeMap::new();
        for (board, plan) in exploration.boards.iter().zip(&plans) {
            let cycles = match measured.get(&board.preset) {
                Some(known) => known.clone(),
                None => cycles(exploration, store, &key, board.preset)?,
            };
            measured.insert(board.preset, cycles.clone());
            let mut row = Row {
                settings: recipe.settings.clone(),
                board: board.key.clone(),
                preset: board.preset.to_string(),
                clock_mhz: board.core_mhz,
                accuracy: Some(model.accuracy),
                model: key.clone(),
                ..Row::default()
            };
            match cycles {
                Cycles::Refused(why) => row.refused = Some(why),
                Cycles::Mean(cycles) => {
                    row.cycles = Some(cycles);
                    row.bitstream = build_key(plan, &versions);
                    let built = built(plan, &row.bitstream, store, builder, note)?;
                    row.latency_us = built.met.then(|| cycles / board.core_mhz);
                    row.build = Some(built);
                }
            }
            rows.push(row);
            pareto::mark(&mut rows);
            write_json(&store.dir().join(TABLE), &rows)?;
        }
    }
    Ok(rows)
}

/// A recipe's model and its name.
fn trained(
    exploration: &Exploration,
    recipe: &Recipe,
    store: &Store,
    note: &dyn Fn(&str),
) -> Result<(String, Model)> {
    let data = exploration.data.as_deref();
    let dataset = Dataset::open(&recipe.config, &exploration.folder, data)?;
    let key = model_key(&recipe.config, &data_key(&dataset)?)?;
    if let Some(model) = store.model(&key) {
        return Ok((key, model));
    }
    note(&format!("training {:?}", recipe.settings));
    let dir = store.model_dir(&key);
    let checkpoint = dir.join("checkpoint.json");
    let resumes = checkpoint.exists();
    let trained = job::train(&recipe.config, &dataset, Some((&checkpoint, resumes)), |_| {})?;
    trained.write(&dir)?;
    let model = Model { accuracy: trained.report.integer_accuracy };
    store.keep_model(&key, &model)?;
    Ok((key, model))
}

/// What a core takes.
#[derive(Clone)]
enum Cycles {
    Mean(f64),
    Refused(String),
}

/// Mean cycles of a model on a core: the reference's spikes and potentials, in the simulator's time.
fn cycles(exploration: &Exploration, store: &Store, key: &str, preset: Preset) -> Result<Cycles> {
    let dir = store.model_dir(key);
    let network = read_model(&dir.join(MODEL))?;
    let compiled = match compile(&network, &preset.spec(), &CompileOptions::default()) {
        Ok(compiled) => compiled,
        Err(refusal) => return Ok(Cycles::Refused(refusal.to_string())),
    };
    let code: Code = read_json(&dir.join(ENCODER))?;
    let set = test_set(&code, exploration.data.as_deref(), exploration.images)?;
    let agreement = job::simulate(&network, &compiled.image, &set, &|| ())?;
    match agreement.first {
        Some(first) => Err(format!("model {key} on {preset}: {first}").into()),
        None => Ok(Cycles::Mean(agreement.cycles_per_sample.mean)),
    }
}

fn built(
    plan: &BuildPlan,
    key: &str,
    store: &Store,
    builder: &mut dyn Builder,
    note: &dyn Fn(&str),
) -> Result<Built> {
    if let Some(built) = store.build(key, plan) {
        return Ok(built);
    }
    note(&format!("building {} at {} MHz", plan.board, plan.core_mhz));
    let built = builder.build(plan, &store.build_dir(key))?;
    store.keep_build(key, &built)?;
    Ok(built)
}
