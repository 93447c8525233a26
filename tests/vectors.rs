//! The conformance vectors on every level that can run them: spikes, potentials and decision, as an
//! independent implementation expects them. The reference (L1) is held to all of them in `golden`.

mod common;

use common::verilated;
use spikewright::{
    compiler::{CompileOptions, Compiled, compile},
    golden::vectors::{self, Case},
    ir::{PRESETS, Preset, ProjectionKind, first_divergence, layout::pass::MAX_PLANES},
    levels::RustHdlCore,
    sim::{
        Run, Simulator,
        cosim::{CorePorts, Cosim},
        transcript,
    },
};
use std::{fs, path::Path};

/// Narrower potentials run on a wider core when the range analysis proves that they never saturate.
/// Of the plain cases of another width these are so; `saturate-high-low` is not, as its name says.
/// Wider ones run when their sums stay within the core's width.
const PROVEN: [&str; 27] = [
    "random-1",
    "random-2",
    "random-3",
    "random-5",
    "random-6",
    "random-7",
    "random-8",
    "random-12",
    "random-13",
    "random-14",
    "random-15",
    "random-17",
    "random-20",
    "random-21",
    "random-25",
    "random-27",
    "random-31",
    "random-32",
    "random-34",
    "random-35",
    "random-36",
    "random-37",
    "random-39",
    "random-48",
    "random-49",
    "random-50",
    "random-55",
];
/// Maps of convolutions that the memories of the smallest core do not hold.
const TOO_LARGE_FOR_TINY: [&str; 6] =
    ["random-29", "random-35", "random-41", "random-43", "random-47", "random-48"];
/// Those that a core with 32 weight groups does not hold.
const TOO_LARGE_FOR_HX8K: [&str; 5] =
    ["random-29", "random-41", "random-43", "random-47", "random-48"];
/// Plain cases of the core's width, and those of `PROVEN`.
const ACCEPTED: usize = 39 + PROVEN.len();

fn all() -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors");
    ["directed.jsonl", "random.jsonl"]
        .iter()
        .flat_map(|file| vectors::parse(&fs::read_to_string(folder.join(file)).unwrap()).unwrap())
        .collect()
}

/// Whether a case has nothing but what the core computes: projections of up to eight planes.
fn plain(case: &Case) -> bool {
    let computes = |kind: &ProjectionKind| match kind {
        ProjectionKind::Dense { planes } | ProjectionKind::Conv { planes, .. } => {
            planes.len() <= MAX_PLANES
        }
        ProjectionKind::Identity => true,
    };
    let mut projections = case.network.layers.iter().flat_map(|l| l.projections());
    let input = usize::from(case.network.input_planes) <= MAX_PLANES;
    projections.all(|p| computes(&p.kind)) && input
}

/// The cases a preset's compiler takes, which must be those it should take.
fn accepted(preset: Preset) -> Vec<(Case, Compiled)> {
    let width = preset.spec().width_bits;
    let (mut out, mut too_large) = (Vec::new(), Vec::new());
    for case in all() {
        let proven = PROVEN.contains(&case.name.as_str());
        let due = plain(&case) && (case.network.width_bits == width || proven);
        match compile(&case.network, &preset.spec(), &CompileOptions::default()) {
            Ok(compiled) => {
                assert!(due, "{preset}: {} should be refused", case.name);
                out.push((case, compiled));
            }
            Err(_) if due => too_large.push(case.name),
            Err(_) => {}
        }
    }
    let expected: &[&str] = match preset {
        Preset::Tiny => &TOO_LARGE_FOR_TINY,
        Preset::Hx8k => &TOO_LARGE_FOR_HX8K,
        _ => &[],
    };
    assert_eq!(too_large, expected, "{preset}");
    assert_eq!(out.len(), ACCEPTED - too_large.len(), "{preset}");
    out
}

/// One run against what the vector says.
fn check(level: &str, case: &Case, sample: usize, compiled: &Compiled, run: &Run) {
    let expected = &case.samples[sample].1;
    let got = transcript(&compiled.image, &run.trace, run.decision);
    if let Some(d) = first_divergence(expected, &got) {
        panic!("{level}, {}, sample {sample}: {d}", case.name);
    }
    assert_eq!(expected, &got, "{level}, {}, sample {sample}", case.name);
}

fn on_core<C: CorePorts>(level: &str, preset: Preset, mut core: C) {
    let (cases, mut samples) = (accepted(preset), 0);
    for (case, compiled) in &cases {
        let mut cosim = Cosim::new(core, &compiled.image).unwrap();
        for (s, (input, _)) in case.samples.iter().enumerate() {
            let run = cosim.run(input).unwrap_or_else(|e| panic!("{}: {e}", case.name));
            check(level, case, s, compiled, &run);
            samples += 1;
        }
        core = cosim.into_core();
    }
    println!("{level}, {preset}: {} cases, {samples} samples", cases.len());
}

#[test]
fn l2_simulator() {
    for preset in PRESETS {
        let (cases, mut samples) = (accepted(preset), 0);
        for (case, compiled) in &cases {
            let mut simulator = Simulator::new(&compiled.image).unwrap();
            for (s, (input, _)) in case.samples.iter().enumerate() {
                check("simulator", case, s, compiled, &simulator.run(input).unwrap());
                samples += 1;
            }
        }
        println!("simulator, {preset}: {} cases, {samples} samples", cases.len());
    }
}

#[test]
fn l3_rust_hdl() {
    on_core("rust-hdl", Preset::Tiny, RustHdlCore::new(Preset::Tiny));
}

#[test]
fn l4_verilator() {
    for preset in PRESETS {
        on_core("Verilator", preset, verilated(preset));
    }
}
