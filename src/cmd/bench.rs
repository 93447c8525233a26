//! `bench`: samples per second of the measured workloads.

use super::Context;
use crate::args::Workload;
use clap::ValueEnum;
use serde::Serialize;
use spikewright::{
    Result,
    golden::{bench, train::WeightKind},
};

#[derive(Serialize)]
struct BenchReport {
    workload: String,
    weights: &'static str,
    samples_per_s_per_core: f64,
    runs: Vec<f64>,
    seconds: f64,
    threads: usize,
    processor: String,
}

/// Images the workloads take from MNIST.
const IMAGES: usize = 12_800;

pub fn run(
    context: &Context,
    workload: Workload,
    float: bool,
    seconds: f64,
    runs: usize,
) -> Result<()> {
    if !(seconds > 0.0 && seconds <= 3_600.0) {
        return Err(format!("--seconds {seconds}: a run takes 0 to 3600 seconds").into());
    }
    if !(1..=1_000).contains(&runs) {
        return Err(format!("--runs {runs}: ask for 1 to 1000").into());
    }
    if float && workload == Workload::MlpInfer {
        return Err("--float: a frozen network has binary weights; leave it out".into());
    }
    let images = context.mnist()?.train.first(IMAGES);
    let weights = if float { WeightKind::Float } else { WeightKind::Binary };
    let measured = match workload {
        Workload::MlpTrain => bench::train(&bench::mlp_config(weights), &images, runs, seconds)?,
        Workload::ConvTrain => bench::train(&bench::conv_config(weights), &images, runs, seconds)?,
        Workload::MlpInfer => bench::mlp_infer(&images, runs, seconds)?,
    };
    let report = BenchReport {
        workload: workload.to_possible_value().map_or(String::new(), |v| v.get_name().into()),
        weights: if float { "float" } else { "binary" },
        samples_per_s_per_core: measured.median(),
        runs: measured.runs,
        seconds,
        threads: rayon::current_num_threads(),
        processor: bench::processor(),
    };
    context.console.line(format!(
        "{}, {} weights: samples_per_s_per_core {:.0} (median of {} runs of {} s, {} threads, {})",
        report.workload,
        report.weights,
        report.samples_per_s_per_core,
        report.runs.len(),
        report.seconds,
        report.threads,
        report.processor
    ));
    context.console.finish(&report)
}
