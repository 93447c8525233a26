//! The conformance vectors of theta networks and random ones on every level that runs a core: the cycle model as an independent
//! implementation expects it, rust-hdl's simulation and Verilator as the cycle model, cycle by cycle.

mod common;

use common::theta::{Case, cases, differs, random_cases};
use common::verilator;
use spikewright::{
    ir::{THETA_PRESETS, ThetaPreset},
    levels::{RustHdlCore, model_cache, verilated_theta_core},
    sim::{ThetaSimulator, theta_transcript},
};

#[test]
fn the_simulator_reproduces_every_vector() {
    for preset in THETA_PRESETS {
        for case in cases(preset).into_iter().chain(random_cases(preset, 0..200)) {
            let Case { name, image, samples, .. } = &case;
            let simulator = ThetaSimulator::new(image).unwrap();
            for (n, (input, expected)) in samples.iter().enumerate() {
                let run = simulator.run(input).unwrap();
                let got = theta_transcript(image, &run);
                if let Some(d) = expected.divergence(&got) {
                    panic!("{preset}, {name}, sample {n}: {d}");
                }
                assert_eq!(&got, expected, "{preset}, {name}, sample {n}");
            }
        }
    }
}

#[test]
fn rust_hdl_does_as_the_simulator() {
    let preset = ThetaPreset::ThetaEcp5_25;
    let cases: Vec<_> = cases(preset).into_iter().step_by(5).collect();
    assert_eq!(differs(&cases, RustHdlCore::theta(preset)), None);
}

#[test]
fn verilator_does_as_the_simulator() {
    for preset in THETA_PRESETS {
        let core = verilated_theta_core(&verilator(), &model_cache().unwrap(), preset).unwrap();
        let cases: Vec<_> = cases(preset).into_iter().chain(random_cases(preset, 0..200)).collect();
        assert_eq!(differs(&cases, core), None, "{preset}");
    }
}
