//! The conformance vectors of theta networks on every level that runs a core: the cycle model as an independent
//! implementation expects it, rust-hdl's simulation and Verilator as the cycle model, cycle by cycle.

mod common;

use common::verilator;
use spikewright::{
    compiler::compile_theta,
    golden::theta::{ThetaCase, parse},
    ir::{THETA_PRESETS, ThetaImage, ThetaPreset},
    levels::{RustHdlCore, model_cache, verilated_theta_core},
    sim::{ThetaCosim, ThetaSimulator, cosim::CorePorts, theta_difference, theta_transcript},
};
use std::{fs, path::Path};

/// All cases and their images.
fn cases(preset: ThetaPreset) -> Vec<(ThetaCase, ThetaImage)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/theta");
    let cases: Vec<_> = (["directed.jsonl", "random.jsonl"].iter())
        .flat_map(|file| parse(&fs::read_to_string(folder.join(file)).unwrap()).unwrap())
        .map(|case| {
            let compiled = compile_theta(&case.network, &preset.spec());
            let (image, _) = compiled.unwrap_or_else(|e| panic!("{}: {e}", case.name));
            (case, image)
        })
        .collect();
    assert_eq!(cases.len(), 52);
    cases
}

#[test]
fn the_simulator_reproduces_every_vector() {
    for preset in THETA_PRESETS {
        for (case, image) in cases(preset) {
            let simulator = ThetaSimulator::new(&image).unwrap();
            for (n, (input, expected)) in case.samples.iter().enumerate() {
                let run = simulator.run(input).unwrap();
                let got = theta_transcript(&image, &run);
                if let Some(d) = expected.divergence(&got) {
                    panic!("{preset}, {}, sample {n}: {d}", case.name);
                }
                assert_eq!(&got, expected, "{preset}, {}, sample {n}", case.name);
            }
        }
    }
}

/// Every case on a core, as the cycle model runs it.
fn on_core<C: CorePorts>(level: &str, preset: ThetaPreset, mut core: C, every: usize) {
    for (case, image) in cases(preset).into_iter().step_by(every) {
        let simulator = ThetaSimulator::new(&image).unwrap();
        let mut cosim = ThetaCosim::new(core, &image).unwrap();
        for (n, (input, _)) in case.samples.iter().enumerate() {
            let expected = simulator.run(input).unwrap();
            let got = cosim.run(input).unwrap_or_else(|e| panic!("{level}, {}: {e}", case.name));
            if let Some(d) = theta_difference(n, &expected, &got) {
                panic!("{level}, {preset}, {}: {d}", case.name);
            }
        }
        core = cosim.into_core();
    }
}

#[test]
fn rust_hdl_does_as_the_simulator() {
    let preset = ThetaPreset::ThetaEcp5_25;
    on_core("rust-hdl", preset, RustHdlCore::theta(preset), 5);
}

#[test]
fn verilator_does_as_the_simulator() {
    for preset in THETA_PRESETS {
        let core = verilated_theta_core(&verilator(), &model_cache().unwrap(), preset).unwrap();
        on_core("Verilator", preset, core, 1);
    }
}
