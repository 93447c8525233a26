//! Images and traces that are wrong: an error that says what, never a panic or an endless run.

mod common;

use common::{Dice, Mini, MiniLayer};
use proptest::prelude::*;
use spikewright_ir::{CoreImage, MemoryImage, Preset, Readout, Region, SpikeTrain};
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

/// The message for the image of `mini(2)` after a change.
fn refused(change: impl FnOnce(&mut CoreImage)) -> String {
    let mut image = mini(2).image();
    change(&mut image);
    match Simulator::new(&image) {
        Ok(_) => panic!("accepted"),
        Err(error) => error.to_string(),
    }
}

type Change = fn(&mut CoreImage);

#[test]
fn messages_name_the_place() {
    let cases: [(&str, Change); 25] = [
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
        ("layer 1: 7 tiles from 2 on", |i| {
            i.layers[1].tiles = 7;
            i.layers[0].tiles = 1;
        }),
    ];
    for (expected, change) in cases {
        let message = refused(change);
        assert!(message.contains(expected), "{message:?} does not say {expected:?}");
    }
}

/// Without a flush token the only pass of the first layer never fires, so the gate behind it stays
/// shut.
#[test]
fn a_gate_that_never_opens_ends_at_the_cycle_limit() {
    let mut image = mini(1).image();
    words(&mut image, Region::Program)[4] &= !(1 << 14);
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
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damaged_images_end(
        damage in prop::collection::vec((0usize..5, any::<prop::sample::Index>(), any::<u16>()), 1..4),
        ticks in 1usize..3,
        fields in (0usize..60, 0usize..60, 0usize..300),
    ) {
        let mut image = mini(ticks).image();
        for (memory, at, word) in damage {
            if memory == 4 {
                image.layers[at.index(2)].neurons = fields.0;
                image.classes = fields.1;
                image.ticks = fields.2;
            } else {
                let words = &mut image.memories[memory].words;
                let at = at.index(words.len());
                words[at] = word;
            }
        }
        if let Ok(mut simulator) = Simulator::new(&image) {
            let ran = simulator.run(&Dice(5).train(image.ticks, image.inputs, 300).into());
            let ended = matches!(ran, Ok(_) | Err(SimError::CycleLimit { .. }));
            prop_assert!(ended);
        }
    }
}
