//! `run`: test images on a real board, over its serial port.

use super::Context;
use serde::Serialize;
use spikewright::{
    Result,
    build::Build,
    golden::Reference,
    host::{Driver, DriverOptions, LoadReport, open},
};
use std::{
    path::Path,
    time::{Duration, Instant},
};

#[derive(Serialize)]
struct RunReport {
    port: String,
    preset: String,
    load: LoadReport,
    samples: usize,
    accuracy: f64,
    mismatches: usize,
    cycles_per_sample: f64,
    latency_us: f64,
    samples_per_s: f64,
}

pub fn run(
    context: &Context,
    dir: &Path,
    port: &str,
    images: usize,
    timeout: Duration,
) -> Result<()> {
    let build = Build::open(dir, &context.boards)?;
    let set = context.test_set(&build.encoder()?, images)?;
    let expected = Reference::new(&build.network)?.evaluate(&set.inputs, &set.labels)?;
    let link = open(port, build.board.baud)?;
    let mut driver = Driver::connect(link, DriverOptions { timeout, ..DriverOptions::default() })?;
    context.console.note(format!("{port}: a {} core answers", driver.preset()));
    let load = driver.load(&build.image)?;
    context.console.note(format!("loaded {} words in {} frames", load.words, load.frames));
    let bar = context.console.bar("classifying", set.labels.len());
    let start = Instant::now();
    let (mut correct, mut mismatches, mut cycles) = (0, 0, 0u64);
    for (sample, (input, &label)) in set.inputs.iter().zip(&set.labels).enumerate() {
        let result = driver.run(input).map_err(|e| format!("sample {sample}: {e}"))?;
        correct += usize::from(result.decision.class == usize::from(label));
        mismatches += usize::from(result.decision != expected.decisions[sample]);
        cycles += u64::from(result.cycles);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let samples = set.labels.len();
    let mean = cycles as f64 / samples as f64;
    let report = RunReport {
        port: port.into(),
        preset: driver.preset().to_string(),
        load,
        samples,
        accuracy: correct as f64 / samples as f64,
        mismatches,
        cycles_per_sample: mean,
        latency_us: mean / build.board.core_mhz,
        samples_per_s: samples as f64 / start.elapsed().as_secs_f64(),
    };
    context.console.line(format!(
        "{samples} images: accuracy {:.2} %, {mismatches} decisions differ from the reference",
        100.0 * report.accuracy
    ));
    context.console.line(format!(
        "{:.0} cycles per image ({:.1} µs on chip), {:.0} images per second through the link",
        mean, report.latency_us, report.samples_per_s
    ));
    context.console.finish(&report)?;
    match mismatches {
        0 => Ok(()),
        n => Err(format!("{n} decisions differ from the reference").into()),
    }
}
