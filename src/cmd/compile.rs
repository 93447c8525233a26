//! `compile`: a model to a build directory.

use super::Context;
use serde::Serialize;
use spikewright::{
    Result,
    build::{Build, ENCODER, MODEL, read_json},
    compiler::{CompileReport, CostEstimate, SpikeCounts, cost, worst_cycles},
    golden::data::Code,
    ir::{CoreImage, FileError, read_model},
};
use std::path::Path;

#[derive(Serialize)]
struct Compiled<'a> {
    board: &'a str,
    stream: bool,
    report: &'a CompileReport,
    estimate: Option<&'a CostEstimate>,
    worst_cycles: Option<u64>,
}

pub fn run(context: &Context, model: &Path, board: &str, out: &Path, stream: bool) -> Result<()> {
    let board = context.boards.get(board)?;
    let (model, folder) = match model.is_dir() {
        true => (model.join(MODEL), model),
        false => (model.to_path_buf(), model.parent().unwrap_or(Path::new("."))),
    };
    let network = read_model(&model)?;
    let encoder_file = folder.join(ENCODER);
    let encoder: Option<Code> =
        if encoder_file.exists() { Some(read_json(&encoder_file)?) } else { None };
    let (build, compiled) = Build::create(out, board, &network, encoder, stream).map_err(|e| {
        match e.is::<FileError>() {
            true => e, // names its own file
            false => format!("{}: {e}", model.display()).into(),
        }
    })?;
    context.console.line(compiled.report.to_string().trim_end());
    let estimate = estimate(&build.image);
    if let Some(estimate) = &estimate {
        context.console.line(format!(
            "estimate at 12 % activity: {} cycles, {:.1} µs at {} MHz, lanes {} % used",
            estimate.cycles,
            estimate.cycles as f64 / board.core_mhz,
            board.core_mhz,
            estimate.lane_utilization_permille / 10
        ));
        // Pooling on the way to the spike memory is no work.
        for layer in estimate.layers.iter().filter(|l| l.fire_cycles > 0) {
            context.console.line(format!("  {}: bound by {}", layer.name, layer.bound));
        }
    }
    let worst = worst_cycles(&build.image).ok();
    if let Some(worst) = worst {
        context.console.line(format!(
            "no {} takes more than {worst} cycles, {:.1} µs: all neurons in all ticks",
            if stream { "tick" } else { "sample" },
            worst as f64 / board.core_mhz
        ));
    }
    context.console.line(format!("wrote {} for {}", out.display(), board.title));
    context.console.finish(&Compiled {
        board: &board.key,
        stream,
        report: &compiled.report,
        estimate: estimate.as_ref(),
        worst_cycles: worst,
    })
}

/// Cost at an activity of one spike in eight neurons, tick and plane, the order of real networks.
fn estimate(image: &CoreImage) -> Option<CostEstimate> {
    cost(image, &SpikeCounts::share(image, 8)).ok()
}
