//! The conformance vectors of theta networks and random ones on every level that runs a core: the cycle model as an independent
//! implementation expects it, rust-hdl's simulation and Verilator as the cycle model, cycle by cycle.

mod common;

use common::{
    SEED,
    theta::{Case, cases, differs, random_cases},
    verilator,
};
use spikewright::{
    compiler::compile_theta,
    ir::{BitVec, THETA_PRESETS, ThetaImage, ThetaNetwork, ThetaPreset},
    levels::{RustHdlCore, model_cache, verilated_theta_core},
    random::{theta_network, theta_stimulus},
    sim::{ThetaCosim, ThetaSimulator, theta_transcript},
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

/// A trial that ends with its last event takes as many cycles, and as many look-ups, as one that goes on for ticks in
/// which nothing happens: by the simulator's counters, and by those of the core itself, whose trace shows every
/// row that is looked up.
#[test]
fn idle_ticks_cost_nothing() {
    let preset = ThetaPreset::ThetaUp5k;
    let spec = preset.spec();
    let mut core = verilated_theta_core(&verilator(), &model_cache().unwrap(), preset).unwrap();
    let mut on_core = |image: &ThetaImage, input: &BitVec| {
        ThetaCosim::new(&mut core, image).unwrap().run(input).unwrap()
    };
    let (mut trials, mut idle) = (0, 0);
    for case in 0..400 {
        let network = theta_network(SEED, case, &spec);
        let (image, _) = compile_theta(&network, &spec).unwrap();
        let input = theta_stimulus(SEED, case, 0, &network);
        let run = ThetaSimulator::new(&image).unwrap().run(&input).unwrap();
        let last = theta_transcript(&image, &run).events.last().map_or(0, |e| e.tick);
        if !run.decision.undecided || last + 1 == network.ticks {
            continue;
        }
        let short = ThetaNetwork { ticks: last + 1, ..network.clone() };
        let (ended, _) = compile_theta(&short, &spec).unwrap();
        let other = ThetaSimulator::new(&ended).unwrap().run(&input).unwrap();
        assert_eq!((other.cycles, other.events), (run.cycles, run.events), "case {case}");
        assert_eq!((other.trace, other.stats), (run.trace, run.stats), "case {case}");
        let (long, short) = (on_core(&image, &input), on_core(&ended, &input));
        assert_eq!((short.cycles, short.events), (long.cycles, long.events), "case {case}");
        assert_eq!(short.trace, long.trace, "case {case}");
        (trials, idle) = (trials + 1, idle + u64::from(network.ticks - last - 1));
    }
    assert!(trials > 10 && idle > 500, "{trials} trials, {idle} idle ticks");
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
