//! `adapt`: a trained network and a handful of samples to a network for their classes.

use super::{Context, few_shot::FEW_SHOT_MODEL, smooth::SMOOTH_MODEL, train::remove};
use clap::ValueEnum;
use spikewright::{
    Result,
    build::{ENCODER, FLOAT_MODEL, GENOME, MODEL, read_json, write_json},
    golden::{
        data::Code,
        meta::{FewShotModel, Rule},
    },
    ir::{read_model, write_model},
    job::{self, Adaptation},
};
use std::path::{Path, PathBuf};

/// How `adapt` learns.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum RuleName {
    /// Integer class means: the nearest mean of spike counts wins.
    ClassMean,
    /// Integer corrections wherever the network decides wrongly.
    ErrorTriggered,
    /// Inner steps from what meta-training learned, frozen afterward.
    InnerSteps,
}

/// What to do.
pub struct Request {
    pub model: PathBuf,
    pub support: PathBuf,
    pub query: Option<PathBuf>,
    pub rule: RuleName,
    pub steps: Option<usize>,
    pub shift: u32,
    pub passes: usize,
    pub moved: usize,
    pub out: PathBuf,
}

pub fn run(context: &Context, request: &Request) -> Result<()> {
    let (file, folder) = match request.model.is_dir() {
        true => (request.model.join(MODEL), request.model.as_path()),
        false => (request.model.clone(), request.model.parent().unwrap_or(Path::new("."))),
    };
    if same(folder, &request.out) {
        return Err(format!(
            "{}: the model is there, and would be lost; name another folder with --out",
            request.out.display()
        )
        .into());
    }
    let network = read_model(&file)?;
    let code: Code = read_json(&folder.join(ENCODER))?;
    let learned = folder.join(FEW_SHOT_MODEL);
    let few_shot = match request.rule == RuleName::InnerSteps && learned.is_file() {
        true => Some(FewShotModel::read(&learned)?),
        false => None,
    };
    let adaptation = match request.rule {
        RuleName::ClassMean => Adaptation::Head(Rule::ClassMean),
        RuleName::ErrorTriggered => {
            let (shift, passes) = (request.shift, request.passes);
            Adaptation::Head(Rule::ErrorTriggered { shift, passes })
        }
        RuleName::InnerSteps => {
            let trained = few_shot.as_ref().map_or(1, |m| m.config.meta.steps);
            Adaptation::Steps(request.steps.unwrap_or(trained))
        }
    };
    let query = request.query.as_deref();
    let (adapted, code, report) = job::adapt(
        &network,
        &code,
        few_shot.as_ref(),
        adaptation,
        &request.support,
        query,
        request.moved,
    )?;
    remove(&request.out, &[SMOOTH_MODEL, FLOAT_MODEL, GENOME, FEW_SHOT_MODEL])?;
    write_model(&request.out.join(MODEL), &adapted)?;
    write_json(&request.out.join(ENCODER), &code)?;
    write_json(&request.out.join("report.json"), &report)?;
    let console = &context.console;
    console.line(format!(
        "{} classes of {} samples: {:.2} % of the support samples right{}",
        report.classes.len(),
        report.shots,
        100.0 * report.support_accuracy,
        report
            .query_accuracy
            .map_or(String::new(), |a| format!(", {:.2} % of the query samples", 100.0 * a))
    ));
    if !report.steps.is_empty() {
        let steps: Vec<String> = report.steps.iter().map(|a| format!("{:.2}", 100.0 * a)).collect();
        console.line(format!("before freezing, after 0, 1, ... steps: {}", steps.join(", ")));
    }
    console.line(format!("wrote {}", request.out.display()));
    console.finish(&report)
}

/// Whether two paths are one folder that is there.
fn same(a: &Path, b: &Path) -> bool {
    matches!((a.canonicalize(), b.canonicalize()), (Ok(a), Ok(b)) if a == b)
}
