//! The cycle model against the datasheet (cycles counted on paper) and against plain integers.

mod common;

use common::{Dice, Mini, MiniLayer, decide, run_both};
use proptest::prelude::*;
use spikewright_ir::{InputTrain, Preset, Readout, SpikeTrain};
use spikewright_sim::{Run, Simulator, transcript};

fn tiny(ticks: usize, inputs: usize, layers: Vec<MiniLayer>, readout: Readout) -> Mini {
    Mini { preset: Preset::Tiny, ticks, inputs, layers, readout }
}

fn events(events: &[(usize, usize)], ticks: usize, neurons: usize) -> InputTrain {
    SpikeTrain::from_events(events.iter().copied(), ticks, neurons).unwrap().into()
}

/// Runs a sample and demands spikes, potentials before and after reset and the class of the plain
/// evaluation.
fn agree(mini: &Mini, input: &InputTrain) -> Run {
    let image = mini.image();
    let run = run_both(&image, input);
    let expected = mini.evaluate(input);
    let got = transcript(&image, &run.trace, run.decision);
    for (layer, ticks) in expected.iter().enumerate() {
        for (tick, row) in ticks.iter().enumerate() {
            for (i, &(_, v, s)) in row.iter().enumerate() {
                let place = format!("layer {layer}, tick {tick}, neuron {i}");
                assert_eq!(got.layers[layer].potentials[tick][i], i32::from(v), "{place}");
                assert_eq!(got.layers[layer].spikes.tick(tick).get(i), s, "{place}");
            }
        }
    }
    let units = mini.preset.spec().fire_units;
    for row in &run.trace {
        for unit in 0..units {
            let neuron = row.neuron as usize + unit;
            let Some(n) = expected[row.layer as usize][row.tick as usize].get(neuron) else {
                assert_eq!(row.s >> unit & 1, 0, "padding fires");
                continue;
            };
            assert_eq!(row.u[unit], n.0);
        }
    }
    let (class, undecided) = decide(mini.readout, expected.last().unwrap());
    assert_eq!((run.decision.class, run.decision.undecided), (class, undecided));
    run
}

/// One neuron, one event, T = 1, on 2 fire units. On paper:
///
///  0 go                        7 B takes                   12 E3; lanes count at its end
///  1 turn: the pass starts     8 pushes into event FIFO    10 flush taken (t = 10): fire
///  2 scan, summary read        9 event taken, guard is 0   14 row 0 in F0 (t + 4)
///  3 flush; B1 takes S1          (7 in cycle 1)            21 row 0 in F7 (t + 11): trace
///  4 B1 pushes                10 E1                        28 row 7 in F7 (16 neurons, 2 units), y
///  5 R pops the word          11 E2                        32 = y + 3 + 1 class: result
///  6 A takes
#[test]
fn one_event_takes_the_cycles_counted_on_paper() {
    let mini = tiny(1, 1, vec![MiniLayer::plain(vec![vec![true]], 1)], Readout::SpikeCount);
    let run = agree(&mini, &events(&[(0, 0)], 1, 1));
    let stamps: Vec<u32> = run.trace.iter().map(|row| row.cycle).collect();
    assert_eq!(stamps, (21..=28).collect::<Vec<_>>());
    let first = run.trace[0];
    assert_eq!((first.u[0], first.v[0], first.s), (1, 0, 1));
    // the padding neuron beside it has weight bit 0: d = 2·0 − 1
    assert_eq!((first.u[1], first.v[1]), (-1, -1));
    assert_eq!((run.cycles, run.events), (32, 1));
    assert_eq!((run.decision.class, run.decision.undecided), (0, false));
}

/// The same without an event. The null token is made when B1 takes the group marked last, so it is
/// taken in cycle 9 as well and everything after it stands.
#[test]
fn an_empty_pass_is_one_null_token() {
    let mini = tiny(1, 1, vec![MiniLayer::plain(vec![vec![true]], 1)], Readout::SpikeCount);
    let run = agree(&mini, &events(&[], 1, 1));
    assert_eq!((run.trace[0].cycle, run.cycles, run.events), (21, 32, 0));
    assert!(run.decision.undecided);
}

/// Two ticks of one event. Scan control goes 2 scan, 3 turn, 4 scan, so the second event is taken in
/// 11 and fires tick 0, traced from 11 + 11 on. The guard, 8 − 1 in cycle 12, holds the flush token
/// until 19; tick 1 is traced from 30 to 37, result in 41.
#[test]
fn the_guard_holds_the_next_pass() {
    let mini = tiny(2, 1, vec![MiniLayer::plain(vec![vec![true]], 2)], Readout::SpikeCount);
    let run = agree(&mini, &events(&[(0, 0), (1, 0)], 2, 1));
    let at = |tick| run.trace.iter().find(|r| r.tick == tick).unwrap();
    assert_eq!((at(0).cycle, at(1).cycle, run.cycles), (22, 30, 41));
    assert_eq!((at(0).u[0], at(0).s, at(1).u[0], at(1).s), (1, 0, 2, 1));
    let stats = run.stats.clone().unwrap();
    // the flush token reaches the FIFO's head in 12 (5 flush, 7 stages) and waits until 18
    assert_eq!((stats.guard_stalls, stats.fire_rows, stats.sop), (7, 16, vec![2]));
    assert_eq!(run.lane_utilization(), 2.0 / (41.0 * 32.0));
}

/// Two layers of one neuron, T = 1. The first layer's flush token (taken in 10) is done in 29 as
/// above, and slack is 0 from 30 on: the gate, at which scan control stands since 4, opens in 30, scan
/// in 31, and as in the first test the event is taken 7 cycles after scan, in 38, the flush one later
/// and the trace 11 after that, in 50.
#[test]
fn the_gate_opens_one_cycle_after_pass_done() {
    let layer = || MiniLayer::plain(vec![vec![true]], 1);
    let mini = tiny(1, 1, vec![layer(), layer()], Readout::SpikeCount);
    let run = agree(&mini, &events(&[(0, 0)], 1, 1));
    let at = |layer| run.trace.iter().find(|r| r.layer == layer).unwrap();
    assert_eq!((at(0).cycle, at(1).cycle), (21, 50));
    assert_eq!((run.cycles, run.events), (50 + 11, 2));
}

/// A word full of spikes: the extractors give one event in every cycle, so 64 inputs in two groups
/// take 64 tokens without a gap, and with the flush token the lanes never wait.
#[test]
fn full_inputs_stream_one_event_a_cycle() {
    let mini = tiny(1, 64, vec![MiniLayer::plain(Dice(7).matrix(3, 64), 1)], Readout::SpikeCount);
    let all: Vec<_> = (0..64).map(|i| (0, i)).collect();
    let run = agree(&mini, &events(&all, 1, 64));
    // events in 9..=72, flush in 73, trace 84, result as before 11 cycles later plus two classes
    assert_eq!((run.trace[0].cycle, run.cycles, run.events), (84, 84 + 11 + 2, 64));
}

/// 200 events of gain 256 are 51,200: past the highest potential with weights +1, past the lowest
/// with −1, and the second tick starts from where the first was held.
#[test]
fn potentials_saturate_at_both_ends() {
    let mut layer = MiniLayer::plain(vec![vec![true; 200], vec![false; 200]], i16::MAX);
    (layer.gain, layer.above) = (256, true);
    let mini = tiny(2, 200, vec![layer], Readout::SpikeCount);
    let all: Vec<_> = (0..400).map(|i| (i / 200, i % 200)).collect();
    let run = agree(&mini, &events(&all, 2, 200));
    let ends: Vec<_> =
        run.trace.iter().filter(|r| r.neuron == 0).map(|r| (r.u[0], r.u[1])).collect();
    assert_eq!(ends, [(i16::MAX, i16::MIN); 2]);
}

/// Scores count from 0 in every sample and a run leaves nothing behind for the next.
#[test]
fn samples_do_not_depend_on_each_other() {
    let mut dice = Dice(3);
    let layers =
        vec![MiniLayer::plain(dice.matrix(40, 50), 3), MiniLayer::plain(dice.matrix(6, 40), 2)];
    let mini = tiny(3, 50, layers, Readout::SpikeCount);
    let mut simulator = Simulator::new(&mini.image()).unwrap();
    let inputs: Vec<InputTrain> = (0..4).map(|_| dice.train(3, 50, 300).into()).collect();
    let first: Vec<Run> = inputs.iter().map(|i| simulator.clone().run(i).unwrap()).collect();
    for (input, expected) in inputs.iter().zip(&first).rev() {
        let mut streamed = Vec::new();
        let run = simulator.run_streaming(input, |row| streamed.push(*row)).unwrap();
        assert_eq!(&Run { trace: streamed, ..run }, expected);
    }
}

#[test]
fn samples_of_another_form_are_refused() {
    let mini = tiny(2, 9, vec![MiniLayer::plain(Dice(1).matrix(2, 9), 1)], Readout::SpikeCount);
    let mut simulator = Simulator::new(&mini.image()).unwrap();
    let message = |input: InputTrain, simulator: &mut Simulator| {
        simulator.run(&input).unwrap_err().to_string()
    };
    let ticks = message(events(&[], 3, 9), &mut simulator);
    assert!(ticks.starts_with("input: 3 ticks, but the image takes 2"), "{ticks}");
    let neurons = message(events(&[], 2, 8), &mut simulator);
    assert!(neurons.contains("8 neurons, but the image takes 9"), "{neurons}");
    let plane = SpikeTrain::silent(2, 9);
    let planes = message(InputTrain { planes: vec![plane.clone(), plane] }, &mut simulator);
    assert!(planes.contains("2 planes"), "{planes}");
}

fn random_layer(dice: &mut Dice, targets: usize, sources: usize) -> MiniLayer {
    MiniLayer {
        weights: dice.matrix(targets, sources),
        theta: (0..targets).map(|_| dice.below(300) as i16).collect(),
        bias: (0..targets).map(|_| dice.below(400) as i16 - 200).collect(),
        leak_shift: dice.below(5) as u32,
        gain: 1 << dice.below(9),
        above: dice.below(2) == 1,
        zero: dice.below(2) == 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random sizes on every preset: T from 1, up to three layers, several tiles, inputs from
    /// silent to full, each leak, reset, fire rule and readout, and sums that saturate.
    #[test]
    fn random_networks_equal_plain_integers(
        seed in 1u64..,
        preset in prop::sample::select(vec![Preset::Tiny, Preset::Up5k, Preset::Ecp5_25]),
        ticks in 1usize..6,
        inputs in 1usize..150,
        hidden in prop::collection::vec(1usize..90, 0..3),
        classes in 1usize..30,
        density in prop::sample::select(vec![0u64, 20, 120, 500, 1000]),
        readout in prop::sample::select(
            vec![Readout::SpikeCount, Readout::Potential, Readout::FirstSpike]),
    ) {
        let mut dice = Dice(seed);
        let mut sources = inputs;
        let mut layers = Vec::new();
        for targets in hidden.into_iter().chain([classes]) {
            layers.push(random_layer(&mut dice, targets, sources));
            sources = targets;
        }
        let mini = Mini { preset, ticks, inputs, layers, readout };
        let run = agree(&mini, &dice.train(ticks, inputs, density).into());
        let stats = run.stats.clone().unwrap();
        prop_assert!(run.lane_utilization() <= 1.0);
        prop_assert_eq!(stats.lane_busy, run.events);
        prop_assert_eq!(stats.fire_rows, run.trace.len() as u64);
    }
}

/// The work the core was made for, on synthetic spikes: 784-256-10 on 64 lanes, T = 4, 96 events a
/// tick. The lanes alone need 4 tiles · 384 events; the rest is the second layer and one drain.
#[test]
fn a_784_256_10_network_keeps_the_lanes_busy() {
    let mut dice = Dice(42);
    // a threshold that leaves about 100 hidden spikes a sample
    let layers = vec![
        MiniLayer::plain(dice.matrix(256, 784), 14),
        MiniLayer::plain(dice.matrix(10, 256), 4),
    ];
    let (ticks, inputs, preset) = (4, 784, Preset::Up5k);
    let mini = Mini { preset, ticks, inputs, layers, readout: Readout::SpikeCount };
    let mut simulator = Simulator::new(&mini.image()).unwrap();
    let samples: Vec<InputTrain> = (0..200).map(|_| dice.train(4, 784, 122).into()).collect();
    agree(&mini, &samples[0]);
    let (mut cycles, mut input_events, mut events, mut utilization) = (0, 0, 0, 0.0);
    let start = std::time::Instant::now();
    for sample in &samples {
        let run = simulator.run_streaming(sample, |_| {}).unwrap();
        let floor = 4 * sample.planes[0].count() as u64;
        assert!(run.cycles > floor && run.cycles < floor + 450, "{} for {floor}", run.cycles);
        cycles += run.cycles;
        events += run.events;
        input_events += floor;
        utilization += run.lane_utilization();
    }
    let seconds = start.elapsed().as_secs_f64();
    println!(
        "{:.0} cycles, {:.0} events ({:.0} input) per sample, utilization {:.3}, {:.2} M cycles/s",
        cycles as f64 / 200.0,
        events as f64 / 200.0,
        input_events as f64 / 200.0,
        utilization / 200.0,
        cycles as f64 / seconds / 1e6
    );
}
