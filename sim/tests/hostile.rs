//! Images and traces that are wrong: an error that says what, never a panic or an endless run.

mod common;

use common::{Dice, Mini, MiniLayer, conv::MiniConv};
use proptest::prelude::*;
use spikewright_ir::{
    CoreImage, MemoryImage, Preset, Readout, Region, Shape, SpikeTrain, WindowedImage,
    layout::{scan, tile},
};
use spikewright_sim::{NOT_SEEN, SimError, Simulator, transcript};

fn mini(ticks: usize) -> Mini {
    let mut dice = Dice(11);
    let layers =
        vec![MiniLayer::plain(dice.matrix(40, 20), 2), MiniLayer::plain(dice.matrix(5, 40), 2)];
    Mini { preset: Preset::Tiny, ticks, inputs: 20, layers, readout: Readout::SpikeCount }
}

fn words(image: &mut CoreImage, region: Region) -> &mut Vec<u16> {
    &mut image.memories.iter_mut().find(|m| m.region == region).unwrap().words
}

type Change = fn(&mut CoreImage);

/// Demands for each change of an image that its refusal says so.
fn refused(image: &CoreImage, cases: &[(&str, Change)]) {
    for (expected, change) in cases {
        let mut image = image.clone();
        change(&mut image);
        let message = match Simulator::new(&image) {
            Ok(_) => panic!("accepted, instead of {expected:?}"),
            Err(error) => error.to_string(),
        };
        assert!(message.contains(expected), "{message:?} does not say {expected:?}");
    }
}

#[test]
fn messages_name_the_place() {
    let cases: [(&str, Change); 30] = [
        ("seal: it is 1234, the sum of the words is ", |i| i.seal = 0x1234),
        (", the sum of the words is ", |i| words(i, Region::Weights)[5] ^= 1),
        ("tile 1: a leak addend of 32766", |i| words(i, Region::Tiles)[8 + 4] -= 1),
        ("pass 2: switches (false, false) instead of (true, false)", |i| {
            words(i, Region::Program)[4 * 2 + 1] &= !(1 << 10);
        }),
        ("pass 0: switches (true, false) instead of (false, false)", |i| {
            words(i, Region::Program)[1] |= 1 << 10;
        }),
        ("tile 0: the last of 3 tiles", |i| words(i, Region::Tiles)[5] |= 1 << 4),
        ("tile 1: spans (7, 14)", |i| words(i, Region::Tiles)[8] -= 1 << 8),
        ("tile 0: 15 rows for 32 lanes", |i| words(i, Region::Tiles)[0] -= 1),
        ("entry 0: weight groups 33..34 of 32", |i| words(i, Region::Program)[1] |= 33),
        ("tile 2: parameter rows 255..263", |i| words(i, Region::Tiles)[2 * 8 + 2] |= 0xff),
        ("pass 0: ends and turns are [(false, true), (true, true)]", |i| {
            words(i, Region::Program)[1] &= !(1 << 8);
        }),
        ("pass 1: turns: false, not true", |i| {
            words(i, Region::Program)[4 + 1] &= !(1 << 9);
            words(i, Region::Program)[4 + 2] &= !(1 << 6);
        }),
        ("pass 1: begins its tick: false, not true", |i| {
            words(i, Region::Program)[4 + 2] &= !(1 << 4);
        }),
        ("pass 1: tile 3 instead of 1 of 3", |i| words(i, Region::Program)[4 + 2] |= 2 << 10),
        ("pass 1: tile 1 instead of 0 of 3", |i| {
            for word in &mut words(i, Region::Program)[1..3] {
                *word &= !(1 << 8 | 1 << 9 | 1 << 5 | 1 << 6);
            }
            words(i, Region::Program)[2] &= !(1 << 8);
            words(i, Region::Program)[4 + 2] &= !(1 << 4);
        }),
        ("control registers: a stride of 3 instead of 4", |i| {
            words(i, Region::Control)[0] -= 1 << 8;
        }),
        ("control registers: tick order is true", |i| words(i, Region::Control)[1] |= 1 << 9),
        ("control registers: a stream of 2 ticks", |i| i.stream = true),
        ("memory spikes: word 3 is not 0", |i| {
            i.memories.push(MemoryImage { region: Region::Spikes, start: 2, words: vec![0, 9] });
        }),
        ("input: values of 9 planes, not 1 to 8", |i| i.input_planes = 9),
        ("tile 0: layer 9 instead of 0", |i| words(i, Region::Tiles)[6] |= 9),
        ("control registers: 256 ticks instead of 2", |i| words(i, Region::Control)[0] |= 255),
        ("the ticks register is not written", |i| {
            i.memories.retain(|m| m.region != Region::Control)
        }),
        ("the start register is written", |i| {
            i.memories.last_mut().unwrap().region = Region::Control;
            i.memories.last_mut().unwrap().start = 0;
            i.memories.last_mut().unwrap().words.truncate(1);
        }),
        ("memory tiles: words 4294967295.. of 24", |i| {
            i.memories.iter_mut().find(|m| m.region == Region::Tiles).unwrap().start = u32::MAX
        }),
        ("word 4 is for fire unit 2 of 2", |i| {
            i.memories.iter_mut().find(|m| m.region == Region::Params).unwrap().start = 4
        }),
        ("layer 1: 31 tiles after 2, the core has 32", |i| i.layers[1].tiles = 31),
        ("tile 0: neurons 0..0 on 32 lanes", |i| words(i, Region::Tiles)[8 + 6] &= 15),
        ("program: it ends in tile 2 of 3", |i| {
            words(i, Region::Program)[4 + 1] |= 1 << 10;
            words(i, Region::Program)[4 + 2] ^= 1 << 8;
        }),
        ("layer 1: 7 tiles from 2 on", |i| {
            i.layers[1].tiles = 7;
            i.layers[0].tiles = 1;
        }),
    ];
    refused(&mini(2).image(), &cases);
}

fn windows(image: &mut CoreImage) -> &mut WindowedImage {
    image.layers[0].windowed.as_mut().unwrap()
}

/// Changes bits of entry `k`'s scan half: `clear`, then `set`.
fn entry(image: &mut CoreImage, k: usize, clear: u32, set: u32) {
    let words = &mut words(image, Region::Program)[4 * k..];
    for (half, word) in words[..2].iter_mut().enumerate() {
        *word = *word & !((clear >> (16 * half)) as u16) | (set >> (16 * half)) as u16;
    }
}

/// Entries 0 and 1 are the pass of a windowed tile of one slot, 2 says that it has two rounds, and 3 is the
/// dense layer's pass.
#[test]
fn windows_that_contradict_each_other_are_named() {
    let cases: [(&str, Change); 29] = [
        ("layer 0: lane 1 is neuron 2 of 2", |i| windows(i).lanes[1] = Some(2)),
        ("layer 0: lane 17 is neuron 0 of 2, which is in another", |i| {
            windows(i).lanes[17] = Some(0);
        }),
        ("layer 0: lane 16 is neuron 1 of 2", |i| windows(i).lanes.swap(16, 17)),
        ("layer 0: no lane is neuron 1", |i| windows(i).lanes[17] = None),
        ("tile 0: begins at lane 0, not 0, and takes 32 of 31", |i| {
            windows(i).lanes.pop();
        }),
        ("layer 0: 33 lanes, its tiles have 32", |i| windows(i).lanes.push(None)),
        ("layer 0: 1000000 neurons in 32 lanes", |i| i.layers[0].neurons = 1_000_000),
        ("layer 0: 0 tiles with windows of 1", |i| windows(i).tiles.clear()),
        ("tile 0: 14 lanes of 32 for slots of 16", |i| windows(i).tiles[0].rows = 7),
        ("tile 0: 2 rounds instead of 3", |i| windows(i).tiles[0].rounds = 3),
        ("tile 0: 2 rounds; as many as groups in a tick, 6, or in tick order 1", |i| {
            i.tick_order = true;
            words(i, Region::Control)[1] |= 1 << 9;
        }),
        ("tile 0: 64 rounds; as many as groups in a tick, 6", |i| {
            words(i, Region::Tiles)[1] |= tile::ROUNDS_M1.put(63) as u16;
            windows(i).tiles[0].rounds = 64;
        }),
        ("tile 0: blank is false, windowed true", |i| {
            words(i, Region::Tiles)[5] &= !(tile::BLANK.put(1) as u16);
        }),
        ("tile 0: 1 slots, of which every 3 are pooled", |i| {
            words(i, Region::Tiles)[5] |= tile::POOL_M1.put(2) as u16;
        }),
        ("tile 0: writes from word 2 of 2 on", |i| {
            words(i, Region::Tiles)[5] |= tile::TARGET_WORD.put(2) as u16;
        }),
        ("tile 1: a target step of 7 without rounds, instead of 6", |i| {
            words(i, Region::Tiles)[8 + 7] += 1 << 8;
        }),
        ("tile 1: windowed is true, with 1 rounds, in a layer without windows", |i| {
            words(i, Region::Tiles)[8 + 1] |= tile::WINDOWED.put(1) as u16;
        }),
        ("the last layer has to be a single tile without windows", |i| {
            i.layers[1].windowed = i.layers[0].windowed.clone();
        }),
        ("entry 0: words 0b0 of 2 in a masked group", |i| entry(i, 0, scan::WORDS.put(15), 0)),
        ("entry 0: words 0b111 of 2", |i| entry(i, 0, 0, scan::WORDS.put(7))),
        ("entry 1: a gate within a pass", |i| entry(i, 1, 0, scan::GATE.put(1))),
        ("entry 0: flags of a pass's last entry", |i| entry(i, 0, 0, scan::FLUSH.put(1))),
        ("pass 0: has rounds: false, its tile says true", |i| {
            entry(i, 1, scan::ROUNDS.put(1), 0);
        }),
        ("entry 2: 4 rounds instead of 2", |i| entry(i, 2, 0, scan::ROUNDS_M1.put(3))),
        ("entry 2: bits 0x1000000 beside `again`", |i| entry(i, 2, 0, scan::ENDS.put(1))),
        ("entry 2: no `again` behind a loop with rounds", |i| {
            entry(i, 2, scan::AGAIN.put(1), 0);
        }),
        ("entry 1: `again`, but not behind a pass that turns", |i| {
            entry(i, 1, 0, scan::AGAIN.put(1));
        }),
        ("entry 3: `again`, but not behind a pass that turns", |i| {
            let program = words(i, Region::Program);
            let again = program[8..12].to_vec();
            program.splice(12..12, again);
        }),
        ("pass 1: tile 0 instead of 1 of 2", |i| words(i, Region::Program)[4 + 2] &= 0x3ff),
    ];
    refused(&MiniConv::two_rounds(2).image(), &cases);
}

#[test]
fn places_of_the_input_are_within_its_groups_and_its_own() {
    let cases: [(&str, Change); 4] = [
        ("input: neuron 4 in bit 96 of 96", |i| i.input_places[4] = 96),
        ("input: neuron 3 in bit 0, where another is already", |i| i.input_places[3] = 0),
        ("input: 5 places for 6 neurons", |i| {
            i.input_places.pop();
        }),
        ("groups, the spike memory has 128", |i| i.input_groups = usize::MAX),
    ];
    refused(&MiniConv::two_rounds(2).image(), &cases);
}

/// Two channels of 4 by 4, pooled 2 by 2.
fn pooling() -> MiniConv {
    MiniConv {
        preset: Preset::Up5k,
        input: Shape { channels: 1, height: 4, width: 4 },
        kernel: 1,
        pool: 2,
        conv: MiniLayer::plain(vec![vec![true]; 2], 1),
        out: MiniLayer::plain(vec![vec![true; 8]], 1),
        ..MiniConv::two_rounds(2)
    }
}

#[test]
fn pools_that_do_not_fit_are_named() {
    let cases: [(&str, Change); 6] = [
        ("layer 1: pools layer 0, 0 by 0", |i| i.layers[1].pooled.as_mut().unwrap().k = 0),
        ("layer 1: pools layer 1, 2 by 2", |i| i.layers[1].pooled.as_mut().unwrap().layer = 1),
        ("layer 1: 8 neurons instead of 2", |i| i.layers[1].pooled.as_mut().unwrap().k = 3),
        ("of layer 0 of 32 neurons", |i| {
            i.layers[1].pooled.as_mut().unwrap().from.height = usize::MAX / 2;
        }),
        ("layer 1: 1 tiles from 2 on, not from 2", |i| i.layers[1].tiles = 1),
        ("layer 1: 0 tiles from 2 on, not from 2", |i| i.layers[1].pooled = None),
    ];
    refused(&pooling().image(), &cases);
}

/// Words that no one writes would be those of another layer when the stream comes round.
#[test]
fn a_stream_comes_back_to_the_same_places() {
    let cases: [(&str, Change); 1] =
        [("stream: a stride of 5 does not divide 128 spike groups", |i| {
            (i.stream, i.tick_order, i.stride) = (true, true, 5);
            words(i, Region::Control)[0] = 5 << 8;
            words(i, Region::Control)[1] |= 1 << 9;
        })];
    refused(&mini(1).image(), &cases);
}

/// Without a flush token the only pass of the first layer never fires, so the gate behind it stays
/// shut.
#[test]
fn a_gate_that_never_opens_ends_at_the_cycle_limit() {
    let mut image = mini(1).image();
    words(&mut image, Region::Program)[4] &= !(1 << 14);
    let image = image.sealed();
    let mut simulator = Simulator::new(&image).unwrap();
    let input = SpikeTrain::silent(1, 20).into();
    let error = simulator.run(&input).unwrap_err();
    assert!(
        matches!(error, SimError::CycleLimit { state: "turn", entry: 2, .. }),
        "unexpected: {error}"
    );
    // and the simulator is as new afterwards
    assert_eq!(simulator.run(&input).unwrap_err(), error);
}

#[test]
fn rows_outside_the_image_leave_no_mark() {
    let mini = mini(2);
    let image = mini.image();
    let run = Simulator::new(&image).unwrap().run(&SpikeTrain::silent(2, 20).into()).unwrap();
    let whole = transcript(&image, &run.trace, run.decision);
    let mut trace = run.trace.clone();
    for (layer, tick, neuron) in [(7, 0, 0), (0, 200, 0), (0, 0, 65_520)] {
        let mut row = trace[0];
        (row.layer, row.tick, row.neuron, row.s) = (layer, tick, neuron, u16::MAX);
        trace.push(row);
    }
    assert_eq!(transcript(&image, &trace, run.decision), whole);
    trace.remove(0);
    assert_eq!(transcript(&image, &trace, run.decision).layers[0].potentials[0][0], NOT_SEEN);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_images_end(
        which in 0usize..3,
        damage in prop::collection::vec((0usize..7, any::<prop::sample::Index>(), any::<u16>()), 1..4),
        ticks in 1usize..3,
        fields in (0usize..60, 0usize..60, 0usize..300),
    ) {
        let mut image = match which {
            0 => mini(ticks).image(),
            1 => MiniConv::two_rounds(ticks).image(),
            _ => MiniConv { ticks, ..pooling() }.image(),
        };
        for (kind, at, word) in damage {
            let value = usize::from(word) % 40;
            match (kind, &mut image.layers[0].windowed) {
                (4, _) => {
                    let layers = image.layers.len();
                    image.layers[at.index(layers)].neurons = fields.0;
                    image.classes = fields.1;
                    image.ticks = fields.2;
                }
                (5, Some(windows)) => {
                    let at = at.index(windows.lanes.len());
                    windows.lanes[at] = Some(value as u32);
                    windows.tiles[0].rounds = fields.0;
                    windows.tiles[0].rows = value;
                }
                (6, Some(_)) => {
                    let at = at.index(image.inputs);
                    image.input_places[at] = value as u32;
                    if let Some(pool) = &mut image.layers[1].pooled {
                        (pool.k, pool.layer) = (fields.0, value % 3);
                    }
                }
                _ => {
                    let words = &mut image.memories[kind % 4].words;
                    let at = at.index(words.len());
                    // One bit, so that some images are still whole.
                    words[at] ^= 1 << (word % 16);
                }
            }
        }
        // Else the seal refuses nearly all of them.
        let image = image.sealed();
        if let Ok(mut simulator) = Simulator::new(&image) {
            match simulator.run(&Dice(5).train(image.ticks, image.inputs, 300).into()) {
                Ok(run) => {
                    let seen = transcript(&image, &run.trace, run.decision);
                    prop_assert_eq!(seen.layers.len(), image.layers.len());
                }
                Err(error) => {
                    let ended = matches!(error, SimError::CycleLimit { .. });
                    prop_assert!(ended, "{}", error);
                }
            }
        }
    }
}
