//! `compile`: a model to a build directory.

use super::{Context, theta};
use serde::{Deserialize, Serialize};
use spikewright::{
    Result,
    build::{Build, ENCODER, MODEL, read_json, read_network},
    compiler::{CompileReport, CostEstimate, SpikeCounts, cost, worst_cycles},
    golden::data::Code,
    ir::{CoreImage, FileError, Preset, is_theta},
};
use std::path::{Path, PathBuf};

/// What is asked for.
pub struct Request {
    pub model: PathBuf,
    pub board: String,
    pub out: PathBuf,
    pub stream: bool,
    pub activity: Option<u32>,
    pub fire_units: Option<usize>,
}

#[derive(Serialize)]
struct Compiled<'a> {
    board: &'a str,
    preset: Preset,
    stream: bool,
    report: &'a CompileReport,
    activity: &'a str,
    estimate: Option<&'a CostEstimate>,
    worst_cycles: Option<u64>,
}

pub fn run(context: &Context, request: &Request) -> Result<()> {
    let Request { model, out, stream, .. } = request;
    let (model, folder) = match model.is_dir() {
        true => (model.join(MODEL), model.as_path()),
        false => (model.to_path_buf(), model.parent().unwrap_or(Path::new("."))),
    };
    if is_theta(&model)? {
        if *stream || request.activity.is_some() || request.fire_units.is_some() {
            return Err("--stream, --activity, --fire-units: a theta network has no ticks to stream, no share of neurons that spike in one, and one core a board; leave them out".into());
        }
        return theta::compile(context, &model, &request.board, out);
    }
    let own = context.boards.get(&request.board)?;
    let board = &match request.fire_units {
        Some(units) => own.with_fire_units(units)?,
        None => own.clone(),
    };
    let network = read_network(&model)?;
    let encoder_file = folder.join(ENCODER);
    let encoder: Option<Code> =
        if encoder_file.exists() { Some(read_json(&encoder_file)?) } else { None };
    let (build, compiled) = Build::create(out, board, &network, encoder, *stream).map_err(|e| {
        match e.is::<FileError>() {
            true => e, // names its own file
            false => format!("{}: {e}", model.display()).into(),
        }
    })?;
    context.console.line(compiled.report.to_string().trim_end());
    let (counts, activity) = activity(&build.image, folder, request.activity);
    let estimate = cost(&build.image, &counts).ok();
    if let Some(estimate) = &estimate {
        context.console.line(format!(
            "estimate at {activity}: {} cycles, {:.1} µs at {} MHz, lanes {} % used",
            estimate.cycles,
            estimate.cycles as f64 / board.core_mhz,
            board.core_mhz,
            estimate.lane_utilization_permille / 10
        ));
        context.console.line(estimate.to_string().trim_end());
    }
    let worst = worst_cycles(&build.image).ok();
    if let Some(worst) = worst {
        context.console.line(format!(
            "no {} takes more than {worst} cycles, {:.1} µs: all neurons in all ticks",
            if *stream { "tick" } else { "sample" },
            worst as f64 / board.core_mhz
        ));
    }
    context.console.line(format!(
        "wrote {} for {}, core {}",
        out.display(),
        board.title,
        board.preset
    ));
    context.console.finish(&Compiled {
        board: &board.key,
        preset: board.preset,
        stream: *stream,
        report: &compiled.report,
        activity: &activity,
        estimate: estimate.as_ref(),
        worst_cycles: worst,
    })
}

/// Part of a training report that an estimate needs.
#[derive(Deserialize)]
struct Measured {
    activity: Activity,
}

#[derive(Deserialize)]
struct Activity {
    input_spikes_per_tick: f64,
    layer_spikes_per_tick: Vec<f64>,
}

/// Spikes of a tick for the estimate, and how they are called: a share of all neurons, what training has
/// measured of this network, or one neuron in eight, the order of real networks.
fn activity(image: &CoreImage, folder: &Path, percent: Option<u32>) -> (SpikeCounts, String) {
    let part = |neurons: usize, permille: u32| (neurons as u64 * u64::from(permille) / 1000) as u32;
    let share = |permille| {
        let layers: Vec<_> = image.layers.iter().map(|l| part(l.neurons, permille)).collect();
        SpikeCounts::per_tick(image, part(image.inputs, permille), &layers)
    };
    if let Some(percent) = percent {
        return (share(10 * percent), format!("{percent} % activity"));
    }
    let measured = read_json(&folder.join("report.json")).ok().map(|m: Measured| m.activity);
    match measured.filter(|a| a.layer_spikes_per_tick.len() == image.layers.len()) {
        Some(a) => {
            let plane = a.input_spikes_per_tick / image.input_planes as f64;
            let layers: Vec<_> = a.layer_spikes_per_tick.iter().map(|s| s.round() as u32).collect();
            let counts = SpikeCounts::per_tick(image, plane.round() as u32, &layers);
            (counts, "the activity measured in training".into())
        }
        None => (share(125), "12 % activity".into()),
    }
}
