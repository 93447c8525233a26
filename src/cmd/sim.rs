//! `sim`: reference against cycle model, and waveforms.

use super::{Context, theta};
use spikewright::{
    Result,
    build::Build,
    job::{self, Agreement},
    sim::{Simulator, wave::draw},
    theta_build::ThetaBuild,
    wave_files::WaveFiles,
};
use std::path::Path;

pub fn run(context: &Context, dir: &Path, images: usize, wave: &WaveFiles) -> Result<()> {
    if ThetaBuild::is_in(dir)? {
        return theta::sim(context, dir, images, wave);
    }
    let build = Build::open(dir, &context.boards)?;
    let set = context.test_set(&build.encoder()?, images)?;
    if !wave.is_empty() {
        let period = (1_000.0 / build.board.core_mhz).round() as u64;
        let mut simulator = Simulator::new(&build.image)?;
        let first = match build.image.stream {
            true => job::stream_ticks(&set).next().ok_or("there is no sample to run")?,
            false => set.inputs[0].clone(),
        };
        let (_, waveform) = draw(&mut simulator, &first, period)?;
        wave.write(&waveform)?;
        wave.paths().for_each(|path| context.console.line(format!("wrote {}", path.display())));
    }
    let bar = context.console.bar("simulating", set.labels.len());
    let agreement = job::simulate(&build.network, &build.image, &set, &|| bar.inc(1))?;
    bar.finish_and_clear();
    show(context, "reference = cycle model", &agreement);
    context.console.line(format!(
        "cycles per {}: {:.0} mean, {} longest; {:.1} µs at {} MHz; {:.0} operations a sample, lanes {:.0} % used",
        if build.image.stream { "tick" } else { "sample" },
        agreement.cycles_per_sample.mean,
        agreement.cycles_per_sample.max,
        agreement.cycles_per_sample.mean / build.board.core_mhz,
        build.board.core_mhz,
        agreement.sop_per_sample,
        100.0 * agreement.lane_utilization
    ));
    for layer in &agreement.layers {
        context.console.line(format!(
            "  {:<16} {:>7.0} cycles, {:.2} of the fewest: {:.0} for the lanes, {:.0} for the fire units",
            layer.name,
            layer.cycles,
            layer.cycles / layer.bound(),
            layer.lanes,
            layer.fire
        ));
    }
    context.console.finish(&agreement)?;
    demand(&[&agreement])
}

/// Prints how two levels compare.
pub fn show(context: &Context, pair: &str, a: &Agreement) {
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

/// An error unless all levels agree.
pub fn demand(agreements: &[&Agreement]) -> Result<()> {
    match agreements.iter().map(|a| a.mismatches).sum::<usize>() {
        0 => Ok(()),
        n => Err(format!("levels differ in {n} samples; the first is shown above").into()),
    }
}
