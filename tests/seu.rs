//! Upset bits do what the same bit written on purpose does, and nothing of a sample before is left.

mod common;

use common::{compiled, verilated};
use spikewright::{
    ir::{layout::scan, *},
    random,
    seu::{Effect, exhaustive, table},
    sim::{Run, Simulator, StateMemory, Upset},
};

const INPUTS: usize = 40;
const EVENTS: [(usize, usize); 5] = [(0, 3), (0, 7), (0, 35), (1, 7), (1, 20)];

/// Four neurons that keep their potentials and never fire, two ticks, read by potential.
fn keeping() -> CoreImage {
    let row = |k: usize| BitVec::from_bits((0..INPUTS).map(|j| (j >> k) & 1 == 1));
    let plane = BitMatrix::from_rows((0..4).map(row).collect()).unwrap();
    let params = NeuronParams {
        frac_bits: 0,
        leak: Leak::None,
        fire: FireRule::AtLeast,
        reset: Reset::Subtract,
        theta: vec![32_767; 4],
        bias: vec![100, 200, -300, 5],
    };
    let projection = Projection {
        source: Source::Input,
        delayed: false,
        gain_log2: 0,
        kind: ProjectionKind::Dense { planes: vec![plane] },
    };
    let dense = Dense { neurons: 4, projections: vec![projection], params };
    let network = Network {
        ticks: 2,
        width_bits: 16,
        input: Shape::flat(INPUTS),
        input_planes: 1,
        layers: vec![Layer { name: "classes".into(), kind: LayerKind::Dense(dense) }],
        readout: Readout::Potential,
    };
    compiled(&network, Preset::Tiny).image
}

fn input(events: &[(usize, usize)]) -> InputTrain {
    SpikeTrain::from_events(events.iter().copied(), 2, INPUTS).unwrap().into()
}

fn run(events: &[(usize, usize)], upsets: &[Upset]) -> Run {
    let mut simulator = Simulator::new(&keeping()).unwrap();
    let upset = simulator.run_upset(&input(events), upsets).unwrap();
    // What was upset is gone with the next sample.
    assert_eq!(
        simulator.run(&input(&EVENTS)),
        Simulator::new(&keeping()).unwrap().run(&input(&EVENTS))
    );
    upset
}

#[test]
fn a_potential_goes_on_from_its_upset_value() {
    let right = run(&EVENTS, &[]);
    let rows: Vec<_> = right.trace.iter().filter(|row| row.neuron == 0).collect();
    let (first, second) = (rows[0], rows[1]);
    for bit in 0..16 {
        let upset =
            Upset { cycle: u64::from(first.cycle) + 1, memory: StateMemory::Potentials, bit };
        let got = run(&EVENTS, &[upset]);
        let due = (i32::from(first.v[0] ^ (1i16 << bit)) + i32::from(second.u[0] - first.v[0]))
            .clamp(i16::MIN.into(), i16::MAX.into());
        let seen = got.trace.iter().filter(|row| row.neuron == 0).nth(1).unwrap();
        assert_eq!(i32::from(seen.u[0]), due, "bit {bit}");
        assert_eq!((got.cycles, got.events), (right.cycles, right.events));
        // The other unit's potential is the next word.
        assert_eq!(seen.u[1], second.u[1]);
    }
    // Before it is written it changes nothing: the first tick does not read it.
    let early = Upset { cycle: 1, memory: StateMemory::Potentials, bit: 3 };
    assert_eq!(run(&EVENTS, &[early]), right);
}

#[test]
fn a_spike_bit_is_an_event_more_or_less() {
    let spikes = |bit| [Upset { cycle: 0, memory: StateMemory::Bitmap, bit }];
    // Inputs 0 to 15 are the first word, whose summary bit is set.
    let more = [&EVENTS[..], &[(0, 9)]].concat();
    assert_eq!(run(&EVENTS, &spikes(9)), run(&more, &[]));
    assert_eq!(run(&EVENTS, &spikes(7)), run(&[EVENTS[0], EVENTS[2], EVENTS[3], EVENTS[4]], &[]));
    // Nothing reads a word whose summary bit is 0.
    assert_eq!(run(&EVENTS, &spikes(16 + 4)), run(&EVENTS, &[]));
}

#[test]
fn a_summary_bit_hides_a_word() {
    let summary = |bit| [Upset { cycle: 0, memory: StateMemory::Summary, bit }];
    assert_eq!(run(&EVENTS, &summary(0)), run(&EVENTS[2..], &[]));
    let more = [&EVENTS[..], &[(0, 17)]].concat();
    assert_eq!(run(&more, &summary(1)), run(&EVENTS, &[]));
    // One too many ends like any other.
    run(&EVENTS, &summary(1));
}

/// The watchdog stops a core that has no end, and the image mends it.
#[test]
fn a_core_that_does_not_end_is_stopped() {
    let image = keeping();
    let program = image.memories.iter().position(|m| m.region == Region::Program).unwrap();
    // Without it the counts of the last pass stay in the lanes.
    let bits = [(program, 0, scan::FLUSH_LAST.lsb)];
    let fresh = || Ok(verilated(Preset::Tiny));
    let found = table(&image, &input(&EVENTS), &bits, fresh).unwrap();
    assert_eq!((found.bits, found.stopped, found.spoiled), (1, 1, 0));
}

/// Every bit has been turned over as often as it should, and weights matter more than silent words.
#[test]
fn all_bits_are_turned_over() {
    let network = random::network(1, 3, &Preset::Tiny.spec());
    let image = compiled(&network, Preset::Tiny).image;
    let inputs = [random::stimulus(1, 3, 1, &network)];
    let bits = StateMemory::ALL.map(|memory| memory.bits(&Preset::Tiny.spec()));
    assert_eq!(bits, [16 * 256, 8 * 256, 16 * 256, 256]);
    let found = exhaustive(&image, &inputs, 2).unwrap();
    let written = |region| {
        let of = image.memories.iter().filter(|m| m.region == region);
        16 * of.map(|m| m.words.len()).sum::<usize>()
    };
    assert_eq!(found[0].bits, written(Region::Weights));
    assert_eq!(found[1].bits, written(Region::Params));
    for memory in &found {
        let moments =
            if memory.memory.contains("s, b") || memory.memory == "weights" { 1 } else { 2 };
        assert!(memory.bits > 0, "{memory:?}");
        assert_eq!(memory.runs.iter().sum::<u64>(), moments * memory.bits as u64, "{memory:?}");
    }
    assert!(found[0].share(Effect::Nothing) < 1.0 && found[4].share(Effect::Nothing) < 1.0);
}
