//! `run`: test images on a real board, over its serial port.

use super::Context;
use serde::Serialize;
use spikewright::{
    Result,
    build::{Build, IMAGE},
    flow::HostLink,
    golden::Reference,
    host::{Driver, DriverOptions, HostError, LoadReport, open},
    ir::{Decision, InputTrain},
    job,
    theta_build::ThetaBuild,
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
    /// Share of the lanes' cycles that were synaptic operations, of the fire units' cycles with a row.
    lane_utilization: f64,
    fire_utilization: f64,
    stalls_per_sample: f64,
    saturated_rows: u64,
    samples_per_s: f64,
}

pub fn run(
    context: &Context,
    dir: &Path,
    port: &str,
    images: usize,
    loaded: bool,
    timeout: Duration,
) -> Result<()> {
    if ThetaBuild::is_in(dir)? {
        return Err(format!(
            "{}: a theta network; the host driver has no samples for its core yet\n  help: docs/theta-core.md, section 3, says what to write and read",
            dir.display()
        )
        .into());
    }
    let build = Build::open(dir, &context.boards)?;
    if build.board.link != HostLink::Uart {
        return Err(format!(
            "{}: the host of this board is on SPI, not on a serial port\n  \
             help: drive it from there, as docs/link.md says; the library has `SpiLink`",
            build.board.key
        )
        .into());
    }
    let set = context.test_set(&build.encoder()?, images)?;
    let stream = build.image.stream;
    let (starts, expected): (Vec<InputTrain>, Vec<Decision>) = match stream {
        true => (
            job::stream_ticks(&set).collect(),
            job::stream_reference(&build.network, &set)?.decisions,
        ),
        false => {
            let reference = Reference::new(&build.network)?.evaluate(&set.inputs, &set.labels)?;
            (set.inputs, reference.decisions)
        }
    };
    // In a stream a sample's class is read at its last tick.
    let each = starts.len() / set.labels.len();
    let link = open(port, build.board.baud)?;
    let mut driver = Driver::connect(link, DriverOptions { timeout, ..DriverOptions::default() })?;
    context.console.note(format!("{port}: a {} core answers", driver.preset()));
    let image = |error: HostError| format!("{}: {error}", dir.join(IMAGE).display());
    let load = match loaded {
        true => driver.adopt(&build.image).map(|()| LoadReport::default()),
        false => driver.load(&build.image),
    };
    let load = load.map_err(|error| -> Box<dyn std::error::Error> {
        match error {
            HostError::Unsealed { .. } | HostError::Image { .. } => image(error).into(),
            error => error.into(),
        }
    })?;
    if !loaded {
        context.console.note(format!("loaded {} words in {} frames", load.words, load.frames));
    }
    let bar = context.console.bar("classifying", starts.len());
    let start = Instant::now();
    let mut readout = job::StreamReadout::new(&build.network);
    let (mut correct, mut mismatches, mut cycles) = (0, 0, 0u64);
    let spec = build.image.preset.spec();
    let (mut operations, mut rows, mut stalls, mut saturated) = (0, 0u64, 0u64, 0u64);
    for (number, input) in starts.iter().enumerate() {
        // What comes next is written while the core computes.
        let next = starts.get(number + 1);
        let result = match stream && number > 0 {
            true => driver.resume_ahead(input, next),
            false => driver.run_ahead(input, next),
        };
        let result = result.map_err(|e| format!("start {number}: {e}"))?;
        let decision = match stream {
            true => readout.read(result.decision, result.output),
            false => result.decision,
        };
        let label = usize::from(set.labels[number / each]);
        correct += usize::from((number + 1) % each == 0 && decision.class == label);
        mismatches += usize::from(decision != expected[number]);
        cycles += u64::from(result.cycles);
        operations += result.counters.synaptic(&spec);
        rows += u64::from(result.counters.rows);
        stalls += u64::from(result.counters.stalls);
        saturated += u64::from(result.counters.saturated);
        bar.inc(1);
    }
    bar.finish_and_clear();
    let samples = set.labels.len();
    let mean = cycles as f64 / starts.len() as f64;
    let report = RunReport {
        port: port.into(),
        preset: driver.preset().to_string(),
        load,
        samples,
        accuracy: correct as f64 / samples as f64,
        mismatches,
        cycles_per_sample: mean,
        latency_us: mean / build.board.core_mhz,
        lane_utilization: operations as f64 / (cycles * spec.lanes as u64) as f64,
        fire_utilization: rows as f64 / cycles as f64,
        stalls_per_sample: stalls as f64 / starts.len() as f64,
        saturated_rows: saturated,
        samples_per_s: samples as f64 / start.elapsed().as_secs_f64(),
    };
    context.console.line(format!(
        "{samples} samples: accuracy {:.2} %, {mismatches} decisions differ from the reference",
        100.0 * report.accuracy
    ));
    context.console.line(format!(
        "{:.0} cycles per {} ({:.1} µs on chip), {:.0} samples per second through the link",
        mean,
        if stream { "tick" } else { "sample" },
        report.latency_us,
        report.samples_per_s
    ));
    context.console.line(format!(
        "by the core's counters: lanes {:.1} % used, fire units {:.1} %, {:.1} stalls, {saturated} rows saturated in all",
        100.0 * report.lane_utilization,
        100.0 * report.fire_utilization,
        report.stalls_per_sample,
    ));
    context.console.finish(&report)?;
    match mismatches {
        0 => Ok(()),
        n => Err(format!("{n} decisions differ from the reference").into()),
    }
}
