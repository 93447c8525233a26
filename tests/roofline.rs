//! The core against its roofline: what it counts itself, in Verilator, on dense layers that fill the lanes.

mod common;

use common::{compiled, program::network, verilated};
use spikewright::{
    data,
    golden::{
        data::{Encoder, Encoding},
        rng::Stream,
    },
    ir::{BitVec, InputTrain, LayerKind, Network, Preset, SpikeTrain},
    sim::cosim::Cosim,
};

/// Random spikes, `events` of `inputs` neurons in every tick.
fn stimulus(inputs: usize, ticks: usize, events: usize) -> InputTrain {
    let r = &mut Stream::named(1, "roofline").sequence();
    let mut tick = || {
        let mut bits = BitVec::zeros(inputs);
        while bits.count_ones() < events {
            bits.set(r.below(inputs as u64) as usize, true);
        }
        bits
    };
    InputTrain {
        planes: vec![SpikeTrain::from_ticks((0..ticks).map(|_| tick()).collect(), inputs)],
    }
}

/// A layer whose width is a multiple of `P`: every event meets `P` live lanes, so that operations are
/// events times `P`. The cycles counted for it hold its start and its drain too, only the readout of the
/// classes is left out. Classes are at most a tile's neurons: a layer of several is silent and has one of two
/// neurons behind it, whose passes are empty and are counted too.
#[test]
fn dense_layers_do_nine_tenths_of_what_the_weight_memory_gives() {
    const TICKS: usize = 16;
    for (preset, inputs, neurons, events) in [
        (Preset::Up5k, 512, 64, 50),
        (Preset::Up5k, 512, 256, 50),
        (Preset::Up5k, 512, 256, 120),
        (Preset::Ecp5_25, 512, 256, 50),
        (Preset::Ecp5_25, 512, 256, 120),
    ] {
        let lanes = preset.spec().lanes;
        let tiles = neurons / lanes;
        let (sizes, classes) = match tiles {
            1 => (vec![inputs, neurons], neurons),
            _ => (vec![inputs, neurons, 2], 2),
        };
        let mut network = Network { ticks: TICKS, ..network(&sizes) };
        if tiles > 1 {
            let LayerKind::Dense(wide) = &mut network.layers[0].kind else {
                panic!("a dense layer")
            };
            wide.params.theta.fill(i32::from(i16::MAX));
        }
        let image = compiled(&network, preset).image;
        let mut core = Cosim::new(verilated(preset), &image).unwrap();
        let run = core.run(&stimulus(inputs, TICKS, events)).unwrap();
        assert_eq!(run.events, (TICKS * events * tiles) as u64, "{preset}: {neurons} neurons");
        // The classes of a second layer see no events.
        let operations = run.counters.synaptic(&preset.spec());
        assert_eq!(operations, run.events * lanes as u64, "{preset}: {neurons} neurons");
        let cycles = run.cycles - (classes as u64 + 3);
        let share = operations as f64 / (lanes as u64 * cycles) as f64;
        println!("{preset}, {neurons} neurons, {events} events: {share:.3} of P a cycle");
        assert!(share >= 0.9, "{preset}: {neurons} neurons, {} events in {cycles}", run.events);
    }
}

/// The network that `up5k` is made for, with as many hidden spikes as training leaves.
#[test]
fn a_network_of_digits_keeps_the_lanes_of_up5k_busy() {
    const IMAGES: usize = 10;
    let mut network = network(&[784, 256, 10]);
    let LayerKind::Dense(hidden) = &mut network.layers[0].kind else { panic!("a dense layer") };
    hidden.params.theta.fill(14);
    let image = compiled(&network, Preset::Up5k).image;
    let mut core = Cosim::new(verilated(Preset::Up5k), &image).unwrap();
    let encoder = Encoder { encoding: Encoding::Level, ticks: 4, seed: 1 };
    let images = data::mnist(None).unwrap().test.first(IMAGES).encode(&encoder);
    let (mut operations, mut cycles) = (0, 0);
    for input in &images.inputs {
        let run = core.run(input).unwrap();
        let shown: u64 = input.planes[0].count() as u64;
        // Four tiles read the image, one the hidden layer; 256 and 10 lanes of them count.
        let hidden = run.events - 4 * shown;
        assert!((20..400).contains(&hidden), "{hidden} hidden spikes");
        let sop = 256 * shown + 10 * hidden;
        // The core counts the six lanes behind the classes, too.
        let counted = run.counters.synaptic(&Preset::Up5k.spec());
        assert_eq!(counted, sop + 6 * hidden);
        let bound = 1.12 * sop as f64 / 64.0 + 80.0;
        assert!((run.cycles as f64) <= bound, "{} cycles of {bound:.0}", run.cycles);
        operations += sop;
        cycles += run.cycles;
    }
    let utilization = operations as f64 / (64 * cycles) as f64;
    println!("lanes busy {utilization:.3}");
    assert!(utilization >= 0.85, "{utilization:.3}");
}
