//! `verify`: every level on one stimulus.

use super::{Context, cosim, sim};
use spikewright::{
    Result,
    build::Build,
    golden::{Reference, data::EncodedSet},
    job,
    levels::RustHdlCore,
    report::{Accuracy, BoardReport, Report, VERSION},
};
use std::{collections::BTreeMap, path::Path};

pub fn run(context: &Context, dir: &Path, images: usize, rust_hdl_images: usize) -> Result<()> {
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
    let few = EncodedSet {
        inputs: set.inputs.iter().take(rust_hdl_images).cloned().collect(),
        labels: set.labels.iter().take(rust_hdl_images).copied().collect(),
    };
    let bar = context.console.bar("rust-hdl", few.labels.len());
    let core = RustHdlCore::new(build.board.preset);
    let rust_hdl =
        job::against_simulator(core, &build.network, &build.image, &few, &|| bar.inc(1))?;
    bar.finish_and_clear();
    sim::show(context, "cycle model = rust-hdl", &rust_hdl);
    let verilated = cosim::cosimulate(context, &build, &set)?;
    sim::show(context, "cycle model = Verilator", &verilated);
    let mut board = BoardReport::new(&build.board, &simulated);
    board.compare("simulator_rust_hdl", &rust_hdl);
    board.compare("simulator_verilator", &verilated);
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
    sim::demand(&[&simulated, &rust_hdl, &verilated])
}
