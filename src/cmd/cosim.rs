//! `cosim`: cycle model against Verilator.

use super::{Context, sim, theta};
use spikewright::{
    Result,
    build::Build,
    golden::data::EncodedSet,
    job::{self, Agreement},
    levels::{model_cache, verilator},
    theta_build::ThetaBuild,
};
use std::path::Path;

pub fn run(context: &Context, dir: &Path, images: usize) -> Result<()> {
    if ThetaBuild::is_in(dir)? {
        return theta::cosim(context, dir, images);
    }
    let build = Build::open(dir, &context.boards)?;
    let set = context.test_set(&build.encoder()?, images)?;
    let agreement = cosimulate(context, &build, &set)?;
    sim::show(context, "cycle model = Verilator", &agreement);
    context.console.finish(&agreement)?;
    sim::demand(&[&agreement])
}

/// Runs a build's own Verilog against the cycle model.
pub fn cosimulate(context: &Context, build: &Build, set: &EncodedSet) -> Result<Agreement> {
    let tools = verilator(&context.tools()?)?;
    context.console.note("building the Verilator model (kept for the next time)");
    let bar = context.console.bar("co-simulating", set.labels.len());
    let verilog = build.core_verilog()?;
    let cache = model_cache()?;
    let (network, image) = (&build.network, &build.image);
    let agreement = job::cosimulate(&verilog, &tools, &cache, network, image, set, &|| bar.inc(1))?;
    bar.finish_and_clear();
    Ok(agreement)
}
