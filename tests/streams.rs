//! Endless operation: every tick of a stream is the same tick of one long sample in the reference,
//! potentials, spikes and, where potentials are read, the class; and the core does it in the cycles that
//! the simulator says, within what the compiler promises.

mod common;

use common::{SEED, compiled_stream, verilated};
use spikewright::{
    compiler::worst_cycles,
    golden::Reference,
    ir::{Decision, InputTrain, Network, PRESETS, Preset, Readout, Transcript},
    job::tick_alone,
    random,
    sim::{
        Run, Simulator,
        cosim::{Cosim, first_difference},
        transcript,
    },
};

/// More than go once round the spike memory, and more than a sample may have.
const TICKS: usize = 1_100;

/// Recurrent networks for a preset, and their input of [`TICKS`] ticks.
fn networks(preset: Preset, count: usize) -> Vec<(Network, InputTrain)> {
    let delayed = |n: &Network| n.layers.iter().flat_map(|l| l.projections()).any(|p| p.delayed);
    (0..)
        .map(|case| (case, random::stream_network(SEED, case, &preset.spec())))
        .filter(|(_, n)| delayed(n))
        .take(count)
        .map(|(case, network)| {
            let network = Network { ticks: TICKS, ..network };
            let input = random::stimulus(SEED, case, 0, &network);
            (network, input)
        })
        .collect()
}

/// What the reference says of tick `t`.
fn expected(
    whole: &Transcript,
    t: usize,
    readout: Readout,
) -> (Vec<Vec<i32>>, Vec<Vec<bool>>, Option<Decision>) {
    let potentials: Vec<_> = whole.layers.iter().map(|l| l.potentials[t].clone()).collect();
    let spikes = whole.layers.iter().map(|l| l.spikes.tick(t).iter().collect()).collect();
    let last = potentials.last().unwrap();
    let best = last.iter().max().unwrap();
    let class = last.iter().position(|v| v == best).unwrap();
    let decision = Decision { class, undecided: false };
    (potentials, spikes, (readout == Readout::Potential).then_some(decision))
}

#[test]
fn a_stream_is_one_long_sample() {
    for preset in PRESETS {
        let mut spikes = 0;
        for (number, (network, input)) in networks(preset, 12).into_iter().enumerate() {
            let whole = Reference::new(&network).unwrap().run(&input).unwrap();
            let compiled = compiled_stream(&network, preset);
            let worst = worst_cycles(&compiled.image).unwrap();
            let mut simulator = Simulator::new(&compiled.image).unwrap();
            for t in 0..TICKS {
                let one = tick_alone(&input, t);
                let run = match t {
                    0 => simulator.run(&one).unwrap(),
                    _ => simulator.resume(&one).unwrap(),
                };
                assert!(
                    run.cycles <= worst,
                    "{preset}, network {number}: {} of {worst}",
                    run.cycles
                );
                let got = transcript(&compiled.image, &run.trace, run.decision);
                let got = expected(&got, 0, network.readout);
                let due = expected(&whole, t, network.readout);
                assert_eq!(got, due, "{preset}, network {number}, tick {t}");
                assert!(due.2.is_none_or(|d| d == run.decision), "network {number}, tick {t}");
            }
            spikes += whole.layers.iter().map(|l| l.spikes.count()).sum::<usize>();
        }
        assert!(spikes > 100_000, "{preset}: {spikes} spikes say nothing");
    }
}

#[test]
fn the_core_streams_as_the_simulator_says() {
    for preset in [Preset::Tiny, Preset::Up5k] {
        let mut core = verilated(preset);
        for (network, input) in networks(preset, 3) {
            let compiled = compiled_stream(&network, preset);
            let mut simulator = Simulator::new(&compiled.image).unwrap();
            let mut cosim = Cosim::new(core, &compiled.image).unwrap();
            for t in 0..TICKS {
                let one = tick_alone(&input, t);
                let (expected, got): (Run, Run) = match t {
                    0 => (simulator.run(&one).unwrap(), cosim.run(&one).unwrap()),
                    _ => (simulator.resume(&one).unwrap(), cosim.resume(&one).unwrap()),
                };
                if let Some(d) = first_difference(t, &expected, &got) {
                    panic!("{preset}, tick {t}: {d}");
                }
            }
            core = cosim.into_core();
        }
    }
}
