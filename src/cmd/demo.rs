//! `demo`: the whole way from real images to bitstreams, every level checked.

use super::{
    Context, sim, synth,
    train::{self, Bars},
};
use serde_json::Value;
use spikewright::{
    Result,
    build::{Build, board_top, write_json},
    data::Dataset,
    flow::{Board, BuildPlan, tools::Toolset},
    golden::{Reference, data::EncodedSet, train::TrainConfig},
    ir::{FileError, write_atomic},
    job::{self, Synthesis, Trained},
    levels::{model_cache, verilator},
    report::{Accuracy, BoardReport, Page, Report, VERSION, html},
};
use std::{
    path::Path,
    sync::mpsc,
    thread::{self, JoinHandle},
};

/// The recipe, also `configs/mnist.toml` of the repository.
pub(super) const RECIPE: &str = include_str!("../../configs/mnist.toml");

/// Epochs and images through Verilator of a quick demo.
const QUICK_EPOCHS: usize = 4;
const QUICK_IMAGES: usize = 200;

/// Images of boards after the first through Verilator; their cores are larger and slower.
const OTHER_IMAGES: usize = 1_000;

/// Seeds tried until one reaches the board's clock.
const PNR_SEEDS: [u32; 4] = [1, 2, 3, 4];

pub fn run(context: &Context, out: &Path, quick: bool, targets: &[String]) -> Result<()> {
    let console = &context.console;
    let boards: Vec<Board> =
        targets.iter().map(|key| Ok(context.boards.get(key)?.clone())).collect::<Result<_>>()?;
    let mut config = TrainConfig::from_toml(RECIPE)?;
    config.seed = context.global.seed.unwrap_or(config.seed);
    if quick {
        config.epochs = QUICK_EPOCHS;
    }
    // Refused now rather than after the training.
    let plans = boards
        .iter()
        .map(|board| job::plan_board(&board_top(board), board, &PNR_SEEDS, false))
        .collect::<Result<Vec<_>>>()?;
    std::fs::create_dir_all(out).map_err(|source| FileError::Io { path: out.into(), source })?;
    let tools = context.tools()?;
    // One bitstream runs any network that fits, so place and route needs no trained network.
    let synthesis = (!quick).then(|| synthesize(plans, out, &tools));
    console.line(format!(
        "train: MNIST, 784-{}-{}, T = {}, one-bit weights, {} epochs, seed {}",
        config.layers.iter().map(|l| l.neurons.to_string()).collect::<Vec<_>>().join("-"),
        config.classes,
        config.ticks,
        config.epochs,
        config.seed
    ));
    let mut bars = Bars::new(console);
    let trained = job::train(&config, &Dataset::Mnist(context.mnist()?), None, |p| bars.show(p))?;
    train::write(&out.join("run"), &trained)?;
    train::summary(console, &trained);

    let mut parts = Vec::new();
    let mut accuracy = trained.report.integer_accuracy;
    let models = verilator(&tools)?;
    for (nth, board) in boards.iter().enumerate() {
        let dir = out.join(&board.key);
        let (build, _) = Build::create(
            &dir,
            board,
            &trained.network,
            Some(trained.model.encoder.clone()),
            false,
        )?;
        let images = match (quick, nth) {
            (true, _) => QUICK_IMAGES,
            (false, 0) => trained.test.labels.len(),
            (false, _) => OTHER_IMAGES,
        };
        let (part, simulated) = check(context, &build, &trained, &models, images)?;
        accuracy = if nth == 0 { simulated } else { accuracy };
        parts.push(part);
    }
    let mut versions = tools.versions();
    if let Some(running) = synthesis {
        console.note("waiting for place and route");
        for (part, made) in parts.iter_mut().zip(collect(running, console)?) {
            part.synthesized(&made);
            synth::show(console, &made);
            versions = made.tools;
        }
    }
    versions.insert("verilator".into(), tools.verilator.version.clone());
    let r = &trained.report;
    let report = Report {
        version: VERSION,
        program: env!("CARGO_PKG_VERSION"),
        seed: Some(config.seed),
        accuracy: Accuracy {
            float: Some(r.float_accuracy),
            integer: r.integer_accuracy,
            sim: accuracy,
        },
        predictions_differ: Some(r.predictions_differ),
        samples: trained.test.labels.len(),
        input_spikes_per_tick: Some(r.activity.input_spikes_per_tick),
        first: parts.first().cloned(),
        boards: parts,
        epochs: r.epochs.clone(),
        tools: versions,
    };
    table(context, &report);
    write(out, &report, &trained)?;
    console.line(format!("wrote {} and report.json beside it", out.join("report.html").display()));
    console.finish(&report)?;
    match report.mismatches() {
        0 => Ok(()),
        n => Err(format!("levels differ in {n} samples").into()),
    }
}

/// Reference = cycle model on every test image, cycle model = Verilator on the first `images`.
/// Returns the board's part and the accuracy of the cycle model.
fn check(
    context: &Context,
    build: &Build,
    trained: &Trained,
    models: &verilator_sys::Toolset,
    images: usize,
) -> Result<(BoardReport, f64)> {
    let console = &context.console;
    console.line(format!("{} ({} core)", build.board.title, build.board.preset));
    let bar = console.bar("simulating", trained.test.labels.len());
    let simulated = job::simulate(&build.network, &build.image, &trained.test, &|| bar.inc(1))?;
    bar.finish_and_clear();
    sim::show(context, "  reference = cycle model", &simulated);
    let set = EncodedSet {
        inputs: trained.test.inputs.iter().take(images).cloned().collect(),
        labels: trained.test.labels.iter().take(images).copied().collect(),
    };
    let bar = console.bar("co-simulating", set.labels.len());
    let verilog = build.core_verilog()?;
    let verilated = job::cosimulate(
        &verilog,
        models,
        &model_cache()?,
        &build.network,
        &build.image,
        &set,
        &|| bar.inc(1),
    )?;
    bar.finish_and_clear();
    sim::show(context, "  cycle model = Verilator", &verilated);
    let mut part = BoardReport::new(&build.board, &simulated);
    part.compare("simulator_verilator", &verilated);
    Ok((part, simulated.accuracy()))
}

type Made = std::result::Result<Synthesis, String>;

/// Builds all boards, one after the other, beside the training.
fn synthesize(
    plans: Vec<BuildPlan>,
    out: &Path,
    tools: &Toolset,
) -> (JoinHandle<()>, mpsc::Receiver<Made>) {
    let (send, receive) = mpsc::channel();
    let (out, tools) = (out.to_path_buf(), tools.clone());
    let handle = thread::spawn(move || {
        for plan in plans {
            let dir = out.join(&plan.board).join("synth");
            let made = job::synthesize(&plan, &dir, &tools, &mut |_| {});
            // The receiver is gone only when the demo has already failed.
            let _ = send.send(made.map_err(|e| format!("{}: {e}", plan.board)));
        }
    });
    (handle, receive)
}

fn collect(
    (handle, receive): (JoinHandle<()>, mpsc::Receiver<Made>),
    console: &crate::console::Console,
) -> Result<Vec<Synthesis>> {
    let mut made = Vec::new();
    for result in receive {
        let one = result?;
        console.note(format!("{} is done", one.board));
        made.push(one);
    }
    handle.join().map_err(|_| "place and route stopped unexpectedly")?;
    Ok(made)
}

/// The result, as a table.
fn table(context: &Context, report: &Report) {
    let console = &context.console;
    console.line("");
    console.line(format!(
        "{:<12} {:>9} {:>9} {:>7} {:>9} {:>11} {:>9} {:>9} {:>9}",
        "board", "accuracy", "differ", "cycles", "latency", "operations", "cells", "Fmax", "clock"
    ));
    for b in &report.boards {
        let made = b.synthesis.as_ref();
        let or_dash = |text: Option<String>| text.unwrap_or("-".into());
        console.line(format!(
            "{:<12} {:>7.2} % {:>9} {:>7.0} {:>6.1} µs {:>11.0} {:>9} {:>9} {:>5} MHz",
            b.board,
            100.0 * report.accuracy.integer,
            b.mismatches.values().sum::<usize>(),
            b.cycles_per_sample.mean,
            b.latency_us.mean,
            b.sop_per_sample.mean,
            or_dash(made.map(|s| s.lc.to_string())),
            or_dash(made.map(|s| format!("{:.1} MHz", s.fmax_mhz))),
            b.core_mhz
        ));
    }
}

fn write(out: &Path, report: &Report, trained: &Trained) -> Result<()> {
    let input = &trained.test.inputs[0];
    let transcript = Reference::new(&trained.network)?.run(input)?;
    let names = trained.network.layers.iter().map(|l| l.name.clone()).collect();
    let page = Page {
        title: "MNIST digits, from images to bitstream",
        report,
        sample: Some((&input.planes[0], &transcript, names)),
    };
    write_atomic(&out.join("report.html"), html(&page)?.as_bytes())?;
    let value: Value = serde_json::to_value(report)?;
    write_json(&out.join("report.json"), &value)?;
    Ok(())
}
