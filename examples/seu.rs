//! What upset bits do, the study of `docs/seu.md`:
//!
//! ```text
//! cargo run --release --example seu                          # every bit of a small network
//! cargo run --release --example seu -- RUN FIGURE.svg 200    # accuracy at rising rates
//! ```
//!
//! The small network is the recipe `configs/italy.toml`, trained here and compiled for `tiny`; its program and
//! tile table are upset in Verilator. RUN is a folder of images that `spikewright train` wrote, and the number
//! that of its test images.

use spikewright::{
    Result,
    build::{ENCODER, MODEL, read_json},
    compiler::{CompileOptions, compile},
    data::{Dataset, test_set},
    flow::tools,
    golden::train::TrainConfig,
    hdl::emit_core,
    ir::{CoreImage, Network, PRESETS, Preset, Region, read_model, write_atomic},
    job,
    levels::{model_cache, verilator},
    seu::{EFFECTS, Effect, Point, Target, accuracy, exhaustive, figure, image_bits, table},
    sim::cosim::{VerilatedCore, core_ports},
};
use std::{env, fs, path::Path};
use verilator_sys::build;

const RECIPE: &str = "configs/italy.toml";
/// Samples of the small network, and moments at which each bit of its state is turned over.
const SAMPLES: usize = 4;
const MOMENTS: u64 = 8;
const RATES: [f64; 9] = [1e-6, 1e-5, 1e-4, 3e-4, 1e-3, 2e-3, 3e-3, 5e-3, 1e-2];
const SEEDS: u64 = 5;

fn main() -> Result<()> {
    let mut arguments = env::args().skip(1);
    let Some(run) = arguments.next() else { return small() };
    let file = arguments.next().unwrap_or("seu.svg".into());
    let images = arguments.next().map_or(Ok(200), |n| n.parse())?;
    large(Path::new(&run), Path::new(&file), images)
}

fn small() -> Result<()> {
    let config = TrainConfig::from_toml(&fs::read_to_string(RECIPE)?)?;
    let data = Dataset::open(&config, Path::new("configs"), None)?;
    let trained = job::train(&config, &data, None, |_| {})?;
    let image = image(&trained.network, &[Preset::Tiny])?;
    let inputs = &trained.test.inputs[..SAMPLES];
    println!("{RECIPE} on tiny, {SAMPLES} samples, {MOMENTS} moments");
    let kinds = EFFECTS.map(|e| format!("{e:?}").to_lowercase()).join(" | ");
    println!("| memory | bits | runs | {kinds} |");
    for row in exhaustive(&image, inputs, MOMENTS)? {
        let shares = EFFECTS.map(|e: Effect| format!("{:.2} %", 100.0 * row.share(e)));
        let runs: u64 = row.runs.iter().sum();
        println!("| {} | {} | {runs} | {} |", row.memory, row.bits, shares.join(" | "));
    }
    let tools = tools::ensure(&mut |line| eprintln!("{line}"))?;
    let text = emit_core(Preset::Tiny).text;
    let ports = core_ports(Preset::Tiny);
    let library = build(&verilator(&tools)?, &model_cache()?, &text, "top", &ports)?;
    let fresh = || VerilatedCore::load(&library, Preset::Tiny).map_err(|e| e.to_string());
    for (name, region) in [("program", Region::Program), ("tile table", Region::Tiles)] {
        let found = table(&image, &inputs[0], &image_bits(&image, region), fresh)?;
        println!("{name}, Verilator: {found:?}");
    }
    Ok(())
}

fn large(run: &Path, file: &Path, images: usize) -> Result<()> {
    let network = read_model(&run.join(MODEL))?;
    let image = image(&network, &PRESETS)?;
    let set = test_set(&read_json(&run.join(ENCODER))?, None, images)?;
    println!("{} on {}, {images} images, {SEEDS} seeds", run.display(), image.preset);
    println!("| rate | weights: flips | accuracy | state: flips | accuracy |");
    let (mut weights, mut state) = (Vec::new(), Vec::new());
    for rate in RATES {
        weights.push(accuracy(&image, &set, Target::Weights, rate, SEEDS)?);
        state.push(accuracy(&image, &set, Target::State, rate, SEEDS)?);
        let cells = [&weights, &state].map(|points| cell(&points[points.len() - 1]));
        println!("| {rate:.0e} | {} |", cells.join(" | "));
    }
    let svg = figure(&[("weights", &weights), ("potentials and spikes", &state)]);
    write_atomic(file, svg.as_bytes())?;
    Ok(())
}

fn cell(point: &Point) -> String {
    let (low, high) =
        point.accuracy.iter().fold((1.0f64, 0.0f64), |(l, h), &a| (l.min(a), h.max(a)));
    format!(
        "{:.1} | {:.2} % ({:.2} to {:.2})",
        point.flips,
        100.0 * point.mean(),
        100.0 * low,
        100.0 * high
    )
}

/// The network as the first preset that takes it runs it.
fn image(network: &Network, presets: &[Preset]) -> Result<CoreImage> {
    let mut refusal = String::new();
    for preset in presets {
        match compile(network, &preset.spec(), &CompileOptions::default()) {
            Ok(compiled) => return Ok(compiled.image),
            Err(e) => refusal = e.to_string(),
        }
    }
    Err(refusal.into())
}
