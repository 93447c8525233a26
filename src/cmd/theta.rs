//! `compile`, `sim`, `cosim` and `verify` of theta networks.

use super::{Context, NO_IMAGES};
use serde::Serialize;
use spikewright::{
    Result,
    compiler::ThetaReport,
    golden::theta::{ThetaReference, encode},
    hdl::Verilog,
    ir::read_theta,
    job::{self, ThetaAgreement, ThetaSet},
    levels::{RustHdlCore, model_cache, model_ports, verilator},
    netlist,
    report::MeanMax,
    sim::cosim::{VerilatedCore, core_ports},
    theta_build::ThetaBuild,
    wave_files::WaveFiles,
};
use std::path::Path;
use verilator_sys::{Effort, build_with};

#[derive(Serialize)]
struct Compiled<'a> {
    board: &'a str,
    kind: &'static str,
    report: &'a ThetaReport,
}

/// Compiles the network in a file.
pub fn compile(context: &Context, model: &Path, board: &str, out: &Path) -> Result<()> {
    let board = context.boards.get(board)?;
    let network = read_theta(model)?;
    let (_, report) = ThetaBuild::create(out, board, &network)?;
    context.console.line(report.to_string().trim_end());
    context.console.line(format!("wrote {} for {}", out.display(), board.title));
    context.console.finish(&Compiled { board: &board.key, kind: "theta", report: &report })
}

/// Reference against cycle model.
pub fn sim(context: &Context, dir: &Path, images: usize, wave: &WaveFiles) -> Result<()> {
    if !wave.is_empty() {
        return Err(
            "--vcd, --fst: there is no waveform of the core of theta neurons; leave it out".into(),
        );
    }
    let build = ThetaBuild::open(dir, &context.boards)?;
    let set = test_set(context, &build, images)?;
    let agreement = simulate(context, &build, &set)?;
    context.console.finish(&agreement)?;
    demand(&[&agreement])
}

/// Cycle model against Verilator.
pub fn cosim(context: &Context, dir: &Path, images: usize) -> Result<()> {
    let build = ThetaBuild::open(dir, &context.boards)?;
    let agreement = cosimulate(context, &build, &test_set(context, &build, images)?)?;
    context.console.finish(&agreement)?;
    demand(&[&agreement])
}

#[derive(Serialize)]
struct Verified {
    board: String,
    preset: String,
    samples: usize,
    accuracy: Accuracy,
    mismatches: Mismatches,
    cycles_per_sample: job::Cycles,
    latency_us: MeanMax,
    events_per_sample: f64,
    decided: f64,
}

#[derive(Serialize)]
struct Accuracy {
    integer: f64,
    sim: f64,
}

#[derive(Serialize)]
struct Mismatches {
    reference_simulator: usize,
    simulator_rust_hdl: usize,
    simulator_verilator: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    simulator_netlist: Option<usize>,
}

/// Every level on the same images.
pub fn verify(
    context: &Context,
    dir: &Path,
    images: usize,
    rust_hdl_images: usize,
    netlist_images: usize,
) -> Result<()> {
    let build = ThetaBuild::open(dir, &context.boards)?;
    let set = test_set(context, &build, images)?;
    let reference = ThetaReference::new(&build.network)?.evaluate(&set.inputs, &set.labels);
    let simulated = simulate(context, &build, &set)?;
    let few = set.first(rust_hdl_images);
    let bar = context.console.bar("rust-hdl", few.labels.len());
    let core = RustHdlCore::theta(build.preset);
    let blocks = job::theta_against(core, &build.image, &few, &|| bar.inc(1))?;
    bar.finish_and_clear();
    show(context, "cycle model = rust-hdl", &blocks);
    let verilated = cosimulate(context, &build, &set)?;
    let netlist = match netlist_images {
        0 => None,
        n => Some(on_netlist(context, &build, &set.first(n))?),
    };
    let mhz = build.board.core_mhz;
    context.console.finish(&Verified {
        board: build.board.key.clone(),
        preset: build.preset.to_string(),
        samples: simulated.samples,
        accuracy: Accuracy { integer: reference.accuracy(), sim: simulated.accuracy() },
        mismatches: Mismatches {
            reference_simulator: simulated.mismatches,
            simulator_rust_hdl: blocks.mismatches,
            simulator_verilator: verilated.mismatches,
            simulator_netlist: netlist.as_ref().map(|n| n.mismatches),
        },
        cycles_per_sample: simulated.cycles_per_sample,
        latency_us: MeanMax {
            mean: simulated.cycles_per_sample.mean / mhz,
            max: simulated.cycles_per_sample.max as f64 / mhz,
        },
        events_per_sample: simulated.events_per_sample,
        decided: simulated.decided as f64 / simulated.samples.max(1) as f64,
    })?;
    let levels = [&simulated, &blocks, &verilated];
    demand(&levels.into_iter().chain(&netlist).collect::<Vec<_>>())
}

fn test_set(context: &Context, build: &ThetaBuild, images: usize) -> Result<ThetaSet> {
    if images == 0 {
        return Err(NO_IMAGES.into());
    }
    let test = context.mnist()?.test.first(images);
    let (pixels, inputs) = (test.shape().len(), build.network.inputs());
    if pixels != inputs {
        return Err(format!(
            "test images of {pixels} pixels for a network of {inputs} inputs; take other images"
        )
        .into());
    }
    Ok(ThetaSet { inputs: encode(&test), labels: test.labels })
}

fn simulate(context: &Context, build: &ThetaBuild, set: &ThetaSet) -> Result<ThetaAgreement> {
    let bar = context.console.bar("simulating", set.labels.len());
    let agreement = job::simulate_theta(&build.network, &build.image, set, &|| bar.inc(1))?;
    bar.finish_and_clear();
    show(context, "reference = cycle model", &agreement);
    let (cycles, mhz) = (agreement.cycles_per_sample, build.board.core_mhz);
    context.console.line(format!(
        "cycles per sample: {:.0} mean, {} longest; {:.1} µs at {mhz} MHz; {:.1} events a sample, {:.0} phases looked up",
        cycles.mean,
        cycles.max,
        cycles.mean / mhz,
        agreement.events_per_sample,
        agreement.lookups_per_sample
    ));
    Ok(agreement)
}

fn cosimulate(context: &Context, build: &ThetaBuild, set: &ThetaSet) -> Result<ThetaAgreement> {
    let (tools, cache) = (verilator(&context.tools()?)?, model_cache()?);
    context.console.note("building the Verilator model (kept for the next time)");
    let Verilog { text, ports } = build.core_verilog()?;
    let ports = model_ports(&ports);
    let core = || VerilatedCore::new(&tools, &cache, &text, "top", &ports, build.preset);
    let bar = context.console.bar("co-simulating", set.labels.len());
    let agreement = job::theta_against_models(&core, &build.image, set, &|| bar.inc(1))?;
    bar.finish_and_clear();
    show(context, "cycle model = Verilator", &agreement);
    Ok(agreement)
}

/// The cycle model against what yosys makes of the core for the board's family.
fn on_netlist(context: &Context, build: &ThetaBuild, set: &ThetaSet) -> Result<ThetaAgreement> {
    let tools = context.tools()?;
    context.console.note("synthesizing the core and building its model (kept for the next time)");
    let verilog = build.core_verilog()?.text;
    let what = format!("the {} core", build.preset);
    let netlist = netlist::synthesized(&tools, build.board.family, &verilog, &what)?;
    let (models, ports) = (verilator(&tools)?, core_ports(build.preset));
    let library =
        build_with(&models, &model_cache()?, &netlist.text, "top", &ports, Effort::Large)?;
    let core = || VerilatedCore::load(&library, build.preset);
    let bar = context.console.bar("netlist", set.labels.len());
    let agreement = job::theta_against_models(&core, &build.image, set, &|| bar.inc(1))?;
    bar.finish_and_clear();
    show(context, "cycle model = netlist", &agreement);
    Ok(agreement)
}

fn show(context: &Context, pair: &str, a: &ThetaAgreement) {
    context.console.line(format!(
        "{pair:<28} {:>6} samples  {:>3} differ  accuracy {:.2} %",
        a.samples,
        a.mismatches,
        100.0 * a.accuracy()
    ));
    if let Some(first) = &a.first {
        context.console.line(format!("  first: {first}"));
    }
}

fn demand(agreements: &[&ThetaAgreement]) -> Result<()> {
    match agreements.iter().map(|a| a.mismatches).sum::<usize>() {
        0 => Ok(()),
        n => Err(format!("levels differ in {n} samples; the first is shown above").into()),
    }
}
