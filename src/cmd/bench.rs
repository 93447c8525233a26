//! `bench`: samples per second of the measured workloads.

use super::Context;
use crate::args::Workload;
use clap::ValueEnum;
use serde::Serialize;
use spikewright::{
    Result,
    build::Build,
    compiler::{CompileOptions, compile},
    data::Dataset,
    golden::{
        bench,
        train::{TrainConfig, WeightKind},
    },
    ir::Preset,
    job,
    levels::verilator,
};
use std::path::PathBuf;

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

/// What is asked for.
pub struct Request {
    pub workload: Workload,
    pub float: bool,
    pub seconds: f64,
    pub runs: usize,
    pub build: Option<PathBuf>,
    pub images: usize,
}

pub fn run(context: &Context, request: &Request) -> Result<()> {
    let &Request { workload, float, seconds, runs, .. } = request;
    if !(seconds > 0.0 && seconds <= 3_600.0) {
        return Err(format!("--seconds {seconds}: a run takes 0 to 3600 seconds").into());
    }
    if !(1..=1_000).contains(&runs) {
        return Err(format!("--runs {runs}: ask for 1 to 1000").into());
    }
    if float && matches!(workload, Workload::MlpInfer | Workload::Sim) {
        return Err("--float: a frozen network has binary weights; leave it out".into());
    }
    if request.build.is_some() && workload != Workload::Sim {
        return Err("--build: only `bench sim` runs a build; leave it out".into());
    }
    let weights = if float { WeightKind::Float } else { WeightKind::Binary };
    let images = || Ok::<_, Box<dyn std::error::Error>>(context.mnist()?.train.first(IMAGES));
    let measured = match workload {
        Workload::MlpTrain => bench::train(&bench::mlp_config(weights), &images()?, runs, seconds)?,
        Workload::ConvTrain => {
            bench::train(&bench::conv_config(weights), &images()?, runs, seconds)?
        }
        Workload::MlpInfer => bench::mlp_infer(&images()?, runs, seconds)?,
        Workload::Sim => return simulators(context, request),
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

/// The fast simulator and Verilator on one network.
fn simulators(context: &Context, request: &Request) -> Result<()> {
    let (image, set) = match &request.build {
        Some(dir) => {
            let build = Build::open(dir, &context.boards)?;
            let set = context.test_set(&build.encoder()?, request.images)?;
            (build.image, set)
        }
        None => {
            context.console.note("training 784-256-10 for an epoch");
            let mut config = TrainConfig::from_toml(super::demo::RECIPE)?;
            (config.epochs, config.seed) = (1, context.global.seed.unwrap_or(config.seed));
            let trained = job::train(&config, &Dataset::Mnist(context.mnist()?), None, |_| {})?;
            let spec = Preset::Up5k.spec();
            let compiled = compile(&trained.network, &spec, &CompileOptions::default())?;
            let set = context.test_set(&trained.model.encoder, request.images)?;
            (compiled.image, set)
        }
    };
    let tools = verilator(&context.tools()?)?;
    let speed = job::sim_speed(&image, &set, &tools, request.runs, request.seconds, &|line| {
        context.console.note(line);
    })?;
    context.console.line(format!(
        "{} core, {} images, {:.0} cycles each, {} compared in every spike, potential and cycle stamp",
        speed.preset, speed.samples, speed.cycles_per_sample, speed.compared
    ));
    context.console.line(format!(
        "cycles_per_s {:.1} M ({:.0} samples/s), verilator_cycles_per_s {:.2} M, ratio {:.0}",
        speed.cycles_per_s / 1e6,
        speed.samples_per_s_per_core,
        speed.verilator_cycles_per_s / 1e6,
        speed.ratio
    ));
    context.console.finish(&speed)
}
