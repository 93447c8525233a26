//! The project's promise: reference = simulator = rust-hdl's simulation = Verilator, spike by
//! spike, potential by potential, cycle by cycle, on random networks and stimuli.

mod common;

use common::{
    Case, cases, cases_and_long, difference, extreme, overlap::overlap_differs, seal::seal_differs,
    streams, verilated,
};
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
        let samples = cases_and_long(preset, 60).into_iter().filter(|c| !c.compiled.image.stream);
        for case in samples {
            let reference = Reference::new(&case.compiled.network).unwrap();
            let mut simulator = Simulator::new(&case.compiled.image).unwrap();
            assert!(simulator.cycle_limit() < preset.spec().cycle_bound() as u64, "{}", case.name);
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

/// The directed cases are what their names say.
#[test]
fn extreme_cases_are_extreme() {
    for preset in PRESETS {
        let Case { compiled, stimuli, .. } = extreme::sums(preset);
        let range = &compiled.report.layers[0].range;
        assert_eq!((range.sum_min, range.sum_max), (-8_388_607, 8_388_606), "{preset}");
        // The first tick leaves both ends of a potential, and the second adds the same drive.
        let run = Simulator::new(&compiled.image).unwrap().run(&stimuli[0]).unwrap();
        let seen = transcript(&compiled.image, &run.trace, run.decision);
        assert_eq!(seen.layers[0].potentials[0][..2], [32_767, -32_768], "{preset}");
        let Case { compiled, stimuli, .. } = extreme::long(preset);
        let run = Simulator::new(&compiled.image).unwrap().run(&stimuli[0]).unwrap();
        // 128 passes and 128 spike groups hold no longer sample.
        let least = if preset == Preset::Hx8k { 0x9fff } else { 0xffff };
        assert!(run.events > least && run.cycles > least, "{preset}: {} events", run.events);
    }
}

/// L2 = another level: one sample after the other, whatever the image went through before it was sealed,
/// and with input that arrives while the core is busy.
fn equals_simulator<C: CorePorts>(cases: &[Case], mut core: C) {
    let none = difference(cases, &mut core);
    assert_eq!(none, None);
    assert_eq!(seal_differs(&cases[0].compiled.image, &mut core), None);
    let words = overlap_differs(cases, core).unwrap();
    // A core of 16 fire units takes none.
    let some = cases.iter().any(|case| case.compiled.image.overlaps());
    let enough = if some { words > 1_000 } else { words == 0 };
    assert!(enough, "{words} words came while the core was busy");
}

#[test]
fn rust_hdl_equals_simulator() {
    let mut cases = cases(Preset::Tiny, 6);
    cases.extend(streams(Preset::Tiny, 3));
    equals_simulator(&cases, RustHdlCore::new(Preset::Tiny));
}

#[test]
fn verilator_equals_simulator_tiny() {
    equals_simulator(&cases_and_long(Preset::Tiny, 60), verilated(Preset::Tiny));
}

#[test]
fn verilator_equals_simulator_up5k() {
    equals_simulator(&cases_and_long(Preset::Up5k, 30), verilated(Preset::Up5k));
}

#[test]
fn verilator_equals_simulator_up5k_f2() {
    equals_simulator(&cases_and_long(Preset::Up5kF2, 15), verilated(Preset::Up5kF2));
}

#[test]
fn verilator_equals_simulator_hx8k() {
    equals_simulator(&cases_and_long(Preset::Hx8k, 30), verilated(Preset::Hx8k));
}

/// Few cases: of 1,024 lanes each cycle takes long.
#[test]
fn verilator_equals_simulator_ecp5_85() {
    let mut cases = cases(Preset::Ecp5_85, 4);
    cases.extend(streams(Preset::Ecp5_85, 1));
    equals_simulator(&cases, verilated(Preset::Ecp5_85));
}

#[test]
fn verilator_equals_simulator_ecp5_25() {
    equals_simulator(&cases_and_long(Preset::Ecp5_25, 30), verilated(Preset::Ecp5_25));
}

#[test]
fn verilator_equals_simulator_ecp5_25_f4() {
    equals_simulator(&cases_and_long(Preset::Ecp5_25F4, 8), verilated(Preset::Ecp5_25F4));
}
