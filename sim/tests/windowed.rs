//! Windowed tiles, rounds, pooling, masks and silent tiles: cycles counted on paper, and random
//! convolutions against plain integers.

mod common;

use common::{Dice, Mini, MiniLayer, conv::MiniConv, decide, run_both};
use proptest::prelude::*;
use spikewright_ir::{
    CoreImage, InputTrain, Preset, Readout, Region, Shape, SpikeTrain,
    layout::{scan, tile},
};
use spikewright_sim::{Probe, Run, Signals, Simulator, transcript};

/// Runs a sample and demands spikes, potentials, class and operations of the plain evaluation.
fn agree(mini: &MiniConv, image: &CoreImage, input: &InputTrain) -> Run {
    let run = run_both(image, input);
    let expected = mini.evaluate(input);
    let got = transcript(image, &run.trace, run.decision);
    let layers = [(0, &expected.conv), (got.layers.len() - 1, &expected.out)];
    for (layer, ticks) in layers {
        for (tick, row) in ticks.iter().enumerate() {
            for (i, &(_, v, s)) in row.iter().enumerate() {
                let place = format!("layer {layer}, tick {tick}, neuron {i}");
                let potential = got.layers[layer].potentials[tick][i];
                assert_eq!(potential, i32::from(v), "{place}");
                assert_eq!(got.layers[layer].spikes.tick(tick).get(i), s, "{place}");
            }
        }
    }
    if mini.pool > 1 {
        assert!(got.layers[1].potentials.is_empty());
        for (tick, row) in expected.pooled.iter().enumerate() {
            assert!(got.layers[1].spikes.tick(tick).iter().eq(row.iter().copied()), "tick {tick}");
        }
    }
    let (class, undecided) = decide(mini.readout, &expected.out);
    assert_eq!((run.decision.class, run.decision.undecided), (class, undecided));
    assert_eq!(run.stats.as_ref().unwrap().sop[0], expected.sop);
    run
}

fn events(events: &[(usize, usize)], ticks: usize, neurons: usize) -> InputTrain {
    SpikeTrain::from_events(events.iter().copied(), ticks, neurons).unwrap().into()
}

fn words(image: &mut CoreImage, region: Region) -> &mut Vec<u16> {
    &mut image.memories.iter_mut().find(|m| m.region == region).unwrap().words
}

/// Cycles in which a pass is done, and the state of the scan control in each cycle.
#[derive(Default)]
struct Done(Vec<u64>, Vec<u8>);

impl Probe for Done {
    fn cycle(&mut self, signals: &Signals) {
        if signals.pass_done {
            self.0.push(signals.cycle);
        }
        self.1.push(signals.scan_state);
    }
}

/// Upper left and middle right spike; T = 1, on 2 fire units. The pass has an entry for each map row of
/// its window, and a flush token behind it. On paper:
///
///  0 go            6 turn: again, on to round 1    12 flush
///  1 turn          7 pause                         13 turn: again, rounds are over
///  2 scan row 0    8 turn                          14 pause
///  3 turn          9 scan row 1                    15 turn: the gate is shut, two are begun
///  4 scan row 1   10 turn
///  5 flush        11 scan row 2
///
/// Events are taken 7 cycles after their scan, in 9 and 11, the flush token in 12: it fires, rows 0 to 7
/// are in F7 in 23 to 30, pass done in 31. The guard is 7 in 13 and 0 in 20, for no other tile follows:
/// the event of round 1 is taken in 20 instead of 16, its flush token in 21, F7 in 32 to 39, pass done in
/// 40. The gate opens in 41. Each spike stands in a group of its own: scanned in 42 and 43, taken in 49
/// and 50, the flush token in 51, F7 in 62 to 69, pass done in 70, result in 69 + 3 + 1.
#[test]
fn two_rounds_take_the_cycles_counted_on_paper() {
    let mini = MiniConv::two_rounds(1);
    let image = mini.image();
    let input = events(&[(0, 0), (0, 3)], 1, 6);
    let run = agree(&mini, &image, &input);
    let stamps: Vec<u32> = run.trace.iter().map(|row| row.cycle).collect();
    assert_eq!(stamps, (23..=30).chain(32..=39).chain(62..=69).collect::<Vec<_>>());
    let lanes: Vec<u32> = run.trace[..16].iter().map(|row| row.neuron).collect();
    assert_eq!(lanes, (0..16).map(|k| 2 * k).collect::<Vec<_>>());
    // Lane 0 counts what is inside the window, as an event of weight +1.
    assert_eq!((run.trace[0].u[0], run.trace[0].u[1], run.trace[0].s), (2, 2, 0b10));
    assert_eq!((run.trace[8].u[0], run.trace[8].u[1], run.trace[8].s), (1, 1, 0b10));
    assert_eq!((run.cycles, run.events), (73, 5));
    let mut done = Done::default();
    Simulator::new(&image).unwrap().run_with_probe(&input, &mut done).unwrap();
    assert_eq!(done.0, [31, 40, 70]);
    assert_eq!(done.1[..16], [0, 1, 2, 1, 2, 3, 1, 4, 1, 2, 1, 2, 3, 1, 4, 1]);
    // A gate is for the first round: in the second, what was begun before is its own.
    let mut gated = image.clone();
    words(&mut gated, Region::Program)[0] |= scan::GATE.put(1) as u16;
    let gated = gated.sealed();
    assert_eq!(Simulator::new(&gated).unwrap().run(&input).unwrap().cycles, run.cycles);
    let mut waits = Done::default();
    Simulator::new(&gated).unwrap().run_with_probe(&input, &mut waits).unwrap();
    assert_eq!(waits.1, done.1);
    let stats = run.stats.unwrap();
    assert_eq!((stats.sop, stats.fire_rows), (vec![3, 2], 24));
}

/// T = 2, all inputs spike, no flush tokens between: rows are scanned in 2 and 4 (tick 0), 6 and 8, `again`
/// stands in 9, and round 1 scans in 12 and 14, 16 and 18, `again` in 19. A pass has four events and is
/// pushed out by the next: taken in 13, so F7 from 24 on, and then every 8 cycles, by the guard: in 21 and
/// 29. The gate behind waits for tick 0 of round 1, done in 40 + 7 + 1: scan in 50, taken in 57, which fires
/// tick 1 of round 1, done in 57 + 18 + 1. The next gate: scan in 78, taken in 85, and its flush token, which
/// the guard holds, in 93: F7 in 104 to 111.
#[test]
fn ticks_of_a_round_push_each_other_out() {
    let mini = MiniConv::two_rounds(2);
    let image = mini.image();
    let all: Vec<_> = (0..12).map(|i| (i / 6, i % 6)).collect();
    let run = agree(&mini, &image, &events(&all, 2, 6));
    let first = |k: usize| run.trace[8 * k].cycle;
    assert_eq!([0, 1, 2, 3, 4, 5].map(first), [24, 32, 40, 68, 96, 104]);
    assert_eq!(run.cycles, 111 + 3 + 1);
    // Round 0 is both its ticks, then round 1: potentials begin anew in its first.
    let order: Vec<_> = run.trace[..32].iter().step_by(8).map(|r| (r.neuron, r.tick)).collect();
    assert_eq!(order, [(0, 0), (0, 1), (16, 0), (16, 1)]);
    assert_eq!(run.trace[16].u[1], 4);
}

/// A masked group's other words are not read: as if they were silent.
#[test]
fn masked_words_are_not_read() {
    let layer = MiniLayer::plain(Dice(5).matrix(3, 64), 2);
    let mini = Mini {
        preset: Preset::Tiny,
        ticks: 2,
        inputs: 32,
        layers: vec![MiniLayer {
            weights: layer.weights.iter().map(|w| w[..32].into()).collect(),
            ..layer
        }],
        readout: Readout::SpikeCount,
    };
    let spikes = Dice(8).train(2, 32, 600);
    for (mask, kept) in [(0b01, 0..16), (0b10, 16..32)] {
        let mut image = mini.image();
        let entry = words(&mut image, Region::Program);
        entry[0] |= scan::WORDS.put(mask) as u16;
        entry[1] |= (scan::MASKED.put(1) >> 16) as u16;
        let image = image.sealed();
        let left = (0..2).flat_map(|t| spikes.tick(t).ones().map(move |i| (t, i)));
        let left: Vec<_> = left.filter(|(_, i)| kept.contains(i)).collect();
        let run = Simulator::new(&image).unwrap().run(&spikes.clone().into()).unwrap();
        let same = Simulator::new(&mini.image()).unwrap().run(&events(&left, 2, 32)).unwrap();
        assert_eq!(run.events, left.len() as u64);
        let values = |run: &Run| run.trace.iter().map(|r| (r.u, r.v, r.s)).collect::<Vec<_>>();
        assert_eq!(values(&run), values(&same));
    }
}

/// A silent tile's spikes show on the trace port and nowhere else, and its passes are done as others'.
#[test]
fn a_silent_tile_writes_nothing() {
    let layers = || {
        vec![
            MiniLayer::plain(Dice(2).matrix(20, 20), 0),
            MiniLayer::plain(Dice(3).matrix(4, 20), 1),
        ]
    };
    let (preset, ticks, readout) = (Preset::Tiny, 1, Readout::SpikeCount);
    let mini = Mini { preset, ticks, inputs: 20, layers: layers(), readout };
    let input: InputTrain = Dice(4).train(1, 20, 500).into();
    let heard = Simulator::new(&mini.image()).unwrap().run(&input).unwrap();
    let mut image = mini.image();
    words(&mut image, Region::Tiles)[5] |= tile::POOL_M1.put(tile::SILENT as u32) as u16;
    let image = image.sealed();
    let run = Simulator::new(&image).unwrap().run(&input).unwrap();
    let of = |run: &Run, layer| {
        run.trace.iter().filter(|r| r.layer == layer).copied().collect::<Vec<_>>()
    };
    assert_eq!(of(&run, 0), of(&heard, 0));
    assert_eq!(run.events, input.planes[0].count() as u64);
    assert!(heard.events > run.events);
    assert!(of(&run, 1).iter().all(|r| r.u == [0; 16]));
    let mut done = Done::default();
    Simulator::new(&image).unwrap().run_with_probe(&input, &mut done).unwrap();
    assert_eq!(done.0[0], u64::from(of(&run, 0).last().unwrap().cycle) + 1);
}

/// Whatever the potential of lane 0, no one reads a spike of it.
#[test]
fn lane_0_of_a_slot_does_not_spike() {
    let mini = MiniConv::two_rounds(2);
    let mut image = mini.image();
    let params = image.memories.iter_mut().find(|m| m.region == Region::Params).unwrap();
    assert_eq!(params.words[0], i16::MAX as u16);
    params.words[0] = i16::MIN as u16;
    let image = image.sealed();
    let input = events(&[(0, 1), (1, 4)], 2, 6);
    let run = agree(&mini, &image, &input);
    assert!(run.trace[..32].iter().step_by(8).all(|r| r.s & 1 == 1), "lane 0 fires");
    let whole = Simulator::new(&mini.image()).unwrap().run(&input).unwrap();
    assert_eq!((run.events, run.cycles), (whole.events, whole.cycles));
}

/// Four slots are OR-ed into one word: one spike of them all is one event behind it.
#[test]
fn a_pool_is_one_spike() {
    let mini = MiniConv {
        preset: Preset::Up5k,
        ticks: 1,
        input: Shape { channels: 1, height: 5, width: 4 },
        kernel: 1,
        padding: 0,
        pool: 2,
        conv: MiniLayer::plain(vec![vec![true]; 2], 1),
        planes: vec![],
        unsigned: false,
        out: MiniLayer::plain(vec![vec![true; 8]], 9),
        readout: Readout::SpikeCount,
    };
    let image = mini.image();
    // Both columns of pools in two rounds, and a silent tile for the last row.
    assert_eq!(image.layers[0].tiles, 3);
    for (spikes, windows) in [
        (vec![], 0),
        (vec![5], 1),
        (vec![0, 1, 4, 5], 1),
        (vec![1, 2], 2),
        (vec![0, 10, 15], 2),
        (vec![16, 19], 0),
    ] {
        let input = events(&spikes.iter().map(|&i| (0, i)).collect::<Vec<_>>(), 1, 20);
        let run = agree(&mini, &image, &input);
        // Two channels each; every input stands in one window.
        assert_eq!(run.events, (spikes.len() + 2 * windows) as u64, "{spikes:?}");
    }
}

/// A pooling layer with tiles of its own has no potentials in the transcript, as one without.
#[test]
fn pooling_tiles_leave_spikes_alone() {
    let mini = Mini {
        preset: Preset::Tiny,
        ticks: 2,
        inputs: 9,
        layers: vec![
            MiniLayer::plain(Dice(6).matrix(3, 9), 1),
            MiniLayer::plain(Dice(7).matrix(2, 3), 1),
        ],
        readout: Readout::SpikeCount,
    };
    let mut image = mini.image();
    let run = Simulator::new(&image).unwrap().run(&Dice(1).train(2, 9, 500).into()).unwrap();
    let whole = transcript(&image, &run.trace, run.decision);
    image.layers[0].pools = true;
    let pooling = transcript(&image, &run.trace, run.decision);
    assert!(pooling.layers[0].potentials.is_empty());
    assert_eq!(pooling.layers[0].spikes, whole.layers[0].spikes);
    assert_eq!(pooling.layers[1], whole.layers[1]);
    assert_eq!(whole.layers[0].potentials.len(), mini.ticks);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random maps, windows, pools, planes, leaks, resets and readouts on every preset.
    #[test]
    fn random_convolutions_equal_plain_integers(
        seed in 1u64..,
        preset in prop::sample::select(vec![Preset::Tiny, Preset::Up5k, Preset::Ecp5_25]),
        ticks in 1usize..5,
        size in (1usize..4, 1usize..7, 1usize..9, 1usize..16),
        kernel in 1usize..4,
        pool in 1usize..4,
        planes in 0usize..2,
        flags in any::<[bool; 4]>(),
        density in prop::sample::select(vec![0u64, 50, 300, 1000]),
        readout in prop::sample::select(
            vec![Readout::SpikeCount, Readout::Potential, Readout::FirstSpike]),
    ) {
        let (sources, height, width, channels) = size;
        let kernel = kernel.min(height).min(width);
        let padding = usize::from(flags[0]).min(kernel - 1);
        let slots = preset.spec().lanes / 16;
        let outputs = height.min(width) + 2 * padding + 1 - kernel;
        let pool = pool.min(slots.isqrt()).min(outputs);
        let mut dice = Dice(seed);
        let mut layer = |targets: usize, sources: usize| MiniLayer {
            weights: dice.matrix(targets, sources),
            theta: (0..targets).map(|_| dice.below(12) as i16).collect(),
            bias: (0..targets).map(|_| dice.below(9) as i16 - 4).collect(),
            leak_shift: dice.below(4) as u32,
            gain: 1 << dice.below(3),
            above: flags[1],
            zero: flags[2],
        };
        let conv = layer(channels, sources * kernel * kernel);
        let mut mini = MiniConv {
            preset,
            ticks,
            input: Shape { channels: sources, height, width },
            kernel,
            padding,
            pool,
            conv,
            planes: vec![],
            unsigned: flags[3],
            out: MiniLayer::plain(vec![], 0),
            readout,
        };
        mini.out = layer(1 + channels % 7, mini.pooled().len());
        mini.planes = (0..planes).map(|_| dice.matrix(channels, sources * kernel * kernel)).collect();
        prop_assume!(mini.fits());
        let image = mini.image();
        agree(&mini, &image, &dice.train(ticks, mini.input.len(), density).into());
    }
}
