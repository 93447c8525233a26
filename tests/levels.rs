//! The project's promise: reference = simulator = rust-hdl's simulation = Verilator, spike by
//! spike, potential by potential, cycle by cycle, on random networks and stimuli.

mod common;

use common::{Case, cases, difference, verilated};
use spikewright::{
    golden::Reference,
    ir::{PRESETS, Preset, first_divergence},
    levels::RustHdlCore,
    sim::{Simulator, cosim::CorePorts, transcript},
};

/// L1 = L2: every spike, potential and decision.
#[test]
fn simulator_equals_reference() {
    for preset in PRESETS {
        let mut spikes = 0;
        for case in cases(preset, 60) {
            let reference = Reference::new(&case.compiled.network).unwrap();
            let mut simulator = Simulator::new(&case.compiled.image).unwrap();
            for (s, stimulus) in case.stimuli.iter().enumerate() {
                let expected = reference.run(stimulus).unwrap();
                let run = simulator.run(stimulus).unwrap();
                let got = transcript(&case.compiled.image, &run.trace, run.decision);
                if let Some(d) = first_divergence(&expected, &got) {
                    panic!("{}, sample {s}: {d}", case.name);
                }
                spikes += expected.layers.iter().map(|l| l.spikes.count()).sum::<usize>();
            }
        }
        assert!(spikes > 1_000, "{preset}: {spikes} spikes say nothing");
    }
}

/// L2 = another level.
fn equals_simulator<C: CorePorts>(cases: &[Case], core: C) {
    if let Some(difference) = difference(cases, core) {
        panic!("{difference}");
    }
}

#[test]
fn rust_hdl_equals_simulator() {
    equals_simulator(&cases(Preset::Tiny, 6), RustHdlCore::new(Preset::Tiny));
}

#[test]
fn verilator_equals_simulator_tiny() {
    equals_simulator(&cases(Preset::Tiny, 60), verilated(Preset::Tiny));
}

#[test]
fn verilator_equals_simulator_up5k() {
    equals_simulator(&cases(Preset::Up5k, 30), verilated(Preset::Up5k));
}

#[test]
fn verilator_equals_simulator_ecp5_25() {
    equals_simulator(&cases(Preset::Ecp5_25, 30), verilated(Preset::Ecp5_25));
}
