//! `train` of the few-shot methods.

use super::{
    Context,
    smooth::SMOOTH_MODEL,
    train::{Bars, remove},
};
use crate::console::Console;
use spikewright::{
    Result,
    build::{ENCODER, FLOAT_MODEL, GENOME, MODEL, write_json},
    golden::meta::{FewShotConfig, FewShotData, FewShotProgress, Phase, steps_figure},
    ir::{write_atomic, write_model},
    job::{self, FewShotTrained},
};
use std::path::Path;

/// What meta-training learned, in a run directory.
pub const FEW_SHOT_MODEL: &str = "few-shot.json";
/// Accuracy over inner steps, in a run directory.
const STEPS: &str = "steps.svg";

pub fn train(context: &Context, file: &Path, text: &str, out: &Path, resume: bool) -> Result<()> {
    let mut config =
        FewShotConfig::from_toml(text).map_err(|e| format!("{}: {e}", file.display()))?;
    config.seed = context.global.seed.unwrap_or(config.seed);
    let digits = || {
        let mnist = context.mnist().map_err(|e| e.to_string())?;
        Ok([mnist.train, mnist.test])
    };
    let folder = file.parent().unwrap_or(Path::new(""));
    let data = FewShotData::open(&config, folder, &digits)?;
    let mut bars = Bars::new(&context.console);
    let checkpoint = out.join("checkpoint.json");
    let (model, report) = job::train_few_shot(&config, &data, &checkpoint, resume, |p| match p {
        FewShotProgress::Step { done, of } => bars.step(*done, *of),
        FewShotProgress::Epoch { report: e, .. } => bars.epoch(&format!(
            "epoch {:>3}  {}  loss {:.4}  {}class means, validation {:.2} %",
            e.epoch,
            if e.phase == Phase::Body { "body" } else { "tasks" },
            e.loss,
            e.accuracy.map_or(String::new(), |a| format!("adapted {:.2} %  ", 100.0 * a)),
            100.0 * e.validation
        )),
    })?;
    remove(out, &[SMOOTH_MODEL, GENOME])?;
    let (network, code) = job::first_task(&model, &data, out)?;
    write_model(&out.join(MODEL), &network)?;
    write_json(&out.join(ENCODER), &code)?;
    model.body.write(&out.join(FLOAT_MODEL))?;
    model.write(&out.join(FEW_SHOT_MODEL))?;
    let method = format!("{:?}", config.method).to_lowercase();
    if let Some(figure) = steps_figure(&[(method, report.test.steps.clone())]) {
        write_atomic(&out.join(STEPS), figure.as_bytes())?;
    }
    write_json(&out.join("report.json"), &report)?;
    summary(&context.console, &report);
    context.console.line(format!("wrote {}", out.display()));
    context.console.finish(&report)
}

fn summary(console: &Console, r: &FewShotTrained) {
    let t = &r.config.tasks;
    console.line(format!(
        "{} tasks of {} ways, {} shots, {} queries a class; query accuracy in %",
        r.config.test.tasks, t.ways, t.shots, t.queries
    ));
    for m in &r.test.rules {
        console.line(format!("  {:<24} {} in integers", m.rule, m.accuracy));
    }
    if let Some(gain) = &r.test.gain {
        console.line(format!("  {:<24} {gain}", "adapted - not adapted"));
    }
    let steps: Vec<String> = r.test.steps.iter().map(ToString::to_string).collect();
    console.line(format!("  after 0, 1, ... inner steps  {}", steps.join(" | ")));
}
