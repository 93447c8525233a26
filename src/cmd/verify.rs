//! `verify`: every level on one stimulus.

use super::{Context, cosim, sim, theta};
use spikewright::{
    Result,
    build::Build,
    golden::{Reference, data::EncodedSet},
    job::{self, Agreement},
    levels::{RustHdlCore, model_cache, verilator},
    netlist,
    report::{Accuracy, BoardReport, Report, VERSION},
    sim::cosim::core_ports,
    theta_build::ThetaBuild,
};
use std::{collections::BTreeMap, path::Path};
use verilator_sys::{Effort, build_with};

pub fn run(
    context: &Context,
    dir: &Path,
    images: usize,
    rust_hdl_images: usize,
    netlist_images: usize,
) -> Result<()> {
    if ThetaBuild::is_in(dir)? {
        return theta::verify(context, dir, images, rust_hdl_images, netlist_images);
    }
    let build = Build::open(dir, &context.boards)?;
    let set = context.test_set(&build.encoder()?, images)?;
    let reference = Reference::new(&build.network)?.evaluate(&set.inputs, &set.labels)?;
    let integer = match build.image.stream {
        true => {
            let correct = job::stream_reference(&build.network, &set)?.correct;
            correct as f64 / set.labels.len() as f64
        }
        false => reference.accuracy(),
    };
    let bar = context.console.bar("simulating", set.labels.len());
    let simulated = job::simulate(&build.network, &build.image, &set, &|| bar.inc(1))?;
    bar.finish_and_clear();
    sim::show(context, "reference = cycle model", &simulated);
    let first = |n: usize| EncodedSet {
        inputs: set.inputs.iter().take(n).cloned().collect(),
        labels: set.labels.iter().take(n).copied().collect(),
    };
    let few = first(rust_hdl_images);
    let bar = context.console.bar("rust-hdl", few.labels.len());
    let core = RustHdlCore::new(build.board.preset);
    let rust_hdl =
        job::against_simulator(core, &build.network, &build.image, &few, &|| bar.inc(1))?;
    bar.finish_and_clear();
    sim::show(context, "cycle model = rust-hdl", &rust_hdl);
    let verilated = cosim::cosimulate(context, &build, &set)?;
    sim::show(context, "cycle model = Verilator", &verilated);
    let netlist = match netlist_images {
        0 => None,
        n => Some(on_netlist(context, &build, &first(n))?),
    };
    let mut board = BoardReport::new(&build.board, &simulated);
    board.compare("simulator_rust_hdl", &rust_hdl);
    board.compare("simulator_verilator", &verilated);
    if let Some(netlist) = &netlist {
        board.compare("simulator_netlist", netlist);
    }
    let report = Report {
        version: VERSION,
        program: env!("CARGO_PKG_VERSION"),
        seed: None,
        accuracy: Accuracy { float: None, integer, sim: simulated.accuracy() },
        predictions_differ: None,
        samples: set.labels.len(),
        input_spikes_per_tick: Some(reference.activity.input_spikes_per_tick),
        first: Some(board.clone()),
        boards: vec![board],
        epochs: Vec::new(),
        tools: BTreeMap::new(),
    };
    context.console.finish(&report)?;
    let levels = [&simulated, &rust_hdl, &verilated];
    sim::demand(&levels.into_iter().chain(&netlist).collect::<Vec<_>>())
}

/// The cycle model against what yosys makes of the core for the board's family.
fn on_netlist(context: &Context, build: &Build, set: &EncodedSet) -> Result<Agreement> {
    let (family, preset) = (build.board.family, build.board.preset);
    let tools = context.tools()?;
    context.console.note("synthesizing the core and building its model (kept for the next time)");
    let netlist = netlist::core(&tools, family, preset)?;
    let (models, ports) = (verilator(&tools)?, core_ports(preset));
    let library =
        build_with(&models, &model_cache()?, &netlist.text, "top", &ports, Effort::Large)?;
    let bar = context.console.bar("netlist", set.labels.len());
    let agreement =
        job::cosimulate_model(&library, &build.network, &build.image, set, &|| bar.inc(1))?;
    bar.finish_and_clear();
    sim::show(context, "cycle model = netlist", &agreement);
    Ok(agreement)
}
