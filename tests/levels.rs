//! The project's promise: reference = simulator = rust-hdl's simulation = Verilator, spike by
//! spike, potential by potential, cycle by cycle, on random networks and stimuli.

use spikewright::{
    compiler::{CompileOptions, Compiled, compile},
    flow::tools,
    golden::Reference,
    ir::{InputTrain, PRESETS, Preset, first_divergence},
    levels::{RustHdlCore, model_cache, verilated_core, verilator},
    random,
    sim::{
        Simulator,
        cosim::{CorePorts, Cosim, first_difference},
        transcript,
    },
};

const SEED: u64 = 1;
const SAMPLES: u64 = 3;

struct Case {
    name: String,
    compiled: Compiled,
    stimuli: Vec<InputTrain>,
}

fn cases(preset: Preset, count: u64) -> Vec<Case> {
    (0..count)
        .map(|n| {
            let network = random::network(SEED, n, &preset.spec());
            let compiled = compile(&network, &preset.spec(), &CompileOptions::default())
                .unwrap_or_else(|e| panic!("case {n} compiles: {e}"));
            let stimuli = (0..SAMPLES).map(|s| random::stimulus(SEED, n, s, &network)).collect();
            Case { name: format!("{preset}, seed {SEED}, case {n}"), compiled, stimuli }
        })
        .collect()
}

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

/// L2 = another level: trace with cycle stamps, decision, cycles, events.
fn equals_simulator<C: CorePorts>(cases: &[Case], mut core: C) {
    for case in cases {
        let mut simulator = Simulator::new(&case.compiled.image).unwrap();
        let mut cosim = Cosim::new(core, &case.compiled.image).unwrap();
        for (s, stimulus) in case.stimuli.iter().enumerate() {
            let expected = simulator.run(stimulus).unwrap();
            let got = cosim.run(stimulus).unwrap_or_else(|e| panic!("{}: {e}", case.name));
            if let Some(d) = first_difference(s, &expected, &got) {
                panic!("{}: {d}", case.name);
            }
            assert_eq!(expected, got, "{}", case.name);
        }
        core = cosim.into_core();
    }
}

#[test]
fn rust_hdl_equals_simulator() {
    equals_simulator(&cases(Preset::Tiny, 6), RustHdlCore::new(Preset::Tiny));
}

fn verilator_equals_simulator(preset: Preset, count: u64) {
    let tools = tools::ensure(&mut |line| eprintln!("{line}")).expect("tools");
    let verilator = verilator(&tools).expect("a C++ compiler");
    let core = verilated_core(&verilator, &model_cache().unwrap(), preset).expect("a model");
    equals_simulator(&cases(preset, count), core);
}

#[test]
fn verilator_equals_simulator_tiny() {
    verilator_equals_simulator(Preset::Tiny, 60);
}

#[test]
fn verilator_equals_simulator_up5k() {
    verilator_equals_simulator(Preset::Up5k, 30);
}

#[test]
fn verilator_equals_simulator_ecp5_25() {
    verilator_equals_simulator(Preset::Ecp5_25, 30);
}
