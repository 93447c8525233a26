//! `eval`: a trained model at a level.

use super::{Context, smooth};
use crate::args::Level;
use serde::Serialize;
use spikewright::{
    Result,
    build::{ENCODER, FLOAT_MODEL, MODEL, read_json},
    compiler::{CompileOptions, compile},
    golden::{Reference, model::FloatModel, reference::Activity},
    ir::{PRESETS, read_model},
    job,
};
use std::path::Path;

#[derive(Serialize)]
struct EvalReport {
    level: String,
    samples: usize,
    accuracy: f64,
    activity: Option<Activity>,
    mismatches: Option<usize>,
    cycles_per_sample: Option<job::Cycles>,
}

pub fn run(context: &Context, dir: &Path, level: Level, images: usize) -> Result<()> {
    if dir.join(smooth::SMOOTH_MODEL).is_file() {
        return match level {
            Level::Float => smooth::eval(context, dir, images),
            Level::Integer => smooth::eval_integer(context, dir, images),
            Level::Sim => Err(format!(
                "{}: a net of theta neurons has no cycle model; ask for --level integer or float",
                dir.display()
            )
            .into()),
        };
    }
    let set = context.test_set(&read_json(&dir.join(ENCODER))?, images)?;
    let mut report = EvalReport {
        level: format!("{level:?}").to_lowercase(),
        samples: set.labels.len(),
        accuracy: 0.0,
        activity: None,
        mismatches: None,
        cycles_per_sample: None,
    };
    match level {
        Level::Float => {
            report.accuracy = FloatModel::read(&dir.join(FLOAT_MODEL))?.accuracy(&set)?;
        }
        Level::Integer => {
            let network = read_model(&dir.join(MODEL))?;
            let evaluation = Reference::new(&network)?.evaluate(&set.inputs, &set.labels)?;
            report.accuracy = evaluation.accuracy();
            report.activity = Some(evaluation.activity);
        }
        Level::Sim => {
            let network = read_model(&dir.join(MODEL))?;
            let mut refusal = None;
            let compiled = PRESETS.iter().find_map(|p| {
                compile(&network, &p.spec(), &CompileOptions::default())
                    .map_err(|e| refusal = Some(e))
                    .ok()
            });
            let compiled = match (compiled, refusal) {
                (Some(compiled), _) => compiled,
                (None, Some(refusal)) => return Err(refusal.into()),
                (None, None) => return Err("no presets".into()),
            };
            let bar = context.console.bar("simulating", set.labels.len());
            let agreement = job::simulate(&network, &compiled.image, &set, &|| bar.inc(1))?;
            bar.finish_and_clear();
            context.console.line(format!("preset {}", compiled.image.preset));
            report.accuracy = agreement.accuracy();
            report.mismatches = Some(agreement.mismatches);
            report.cycles_per_sample = Some(agreement.cycles_per_sample);
        }
    }
    context.console.line(format!(
        "{} level: accuracy {:.2} % on {} images",
        report.level,
        100.0 * report.accuracy,
        report.samples
    ));
    context.console.finish(&report)
}
