//! The fast model against the cycle model where the two could part: gates, hangs, streams, what a start
//! leaves for the next. What they compute is compared in the tests of the cycle model, sample by sample.

mod common;

use common::{Dice, Mini, MiniLayer, conv::MiniConv, same};
use spikewright_ir::{CoreImage, InputTrain, Preset, Readout, Region, layout::scan};
use spikewright_sim::{FastSimulator, Run, SimError, Simulator};

fn mini(ticks: usize) -> Mini {
    let mut dice = Dice(11);
    let layers =
        vec![MiniLayer::plain(dice.matrix(70, 50), 2), MiniLayer::plain(dice.matrix(5, 70), 2)];
    Mini { preset: Preset::Tiny, ticks, inputs: 50, layers, readout: Readout::SpikeCount }
}

fn program(image: &mut CoreImage) -> &mut Vec<u16> {
    &mut image.memories.iter_mut().find(|m| m.region == Region::Program).unwrap().words
}

/// Takes a flag from all entries of the program.
fn without(mut image: CoreImage, flag: spikewright_ir::layout::Field) -> CoreImage {
    let mask = flag.put(1);
    for entry in program(&mut image).chunks_mut(4) {
        entry[0] &= !(mask as u16);
        entry[1] &= !((mask >> 16) as u16);
    }
    image.sealed()
}

/// Without its gate a layer reads what is not written yet, and which words those are depends on cycles:
/// such an image runs in the cycle model.
#[test]
fn images_without_gates_run_in_the_cycle_model() {
    let mut differ = 0;
    for ticks in 1..5 {
        let image = mini(ticks).image();
        let open = without(image.clone(), scan::GATE);
        let (mut gated, mut fast) =
            (FastSimulator::new(&image).unwrap(), FastSimulator::new(&open).unwrap());
        assert!(gated.is_fast() && !fast.is_fast());
        for seed in 1..20 {
            let input: InputTrain = Dice(seed).train(ticks, 50, 400).into();
            let run = Simulator::new(&open).unwrap().run(&input).unwrap();
            same(&run, &fast.run(&input).unwrap());
            differ += usize::from(run != gated.run(&input).unwrap());
            let mut rows = Vec::new();
            let passes = fast.run_passes(&input, |fired| rows.extend(fired.rows())).unwrap();
            same(&run, &Run { trace: rows, ..passes });
        }
    }
    assert!(differ > 0, "gates make no difference: the test shows nothing");
}

/// A gate that waits for a pass that no token pushes out never opens.
#[test]
fn images_that_hang_say_so() {
    let image = without(mini(1).image(), scan::FLUSH);
    let mut fast = FastSimulator::new(&image).unwrap();
    assert!(!fast.is_fast());
    let input: InputTrain = Dice(1).train(1, 50, 400).into();
    assert!(matches!(fast.run(&input), Err(SimError::CycleLimit { .. })));
    let last = without(mini(2).image(), scan::FLUSH_LAST);
    let mut fast = FastSimulator::new(&last).unwrap();
    assert!(!fast.is_fast());
    let input: InputTrain = Dice(1).train(2, 50, 400).into();
    assert!(matches!(fast.run(&input), Err(SimError::CycleLimit { .. })));
}

/// One simulator for many samples, and the same sample again.
#[test]
fn samples_do_not_depend_on_each_other() {
    let image = mini(3).image();
    let (mut fast, mut detailed) =
        (FastSimulator::new(&image).unwrap(), Simulator::new(&image).unwrap());
    assert!(fast.is_fast());
    for seed in [1, 2, 3, 1, 2] {
        for density in [0, 30, 300, 1000] {
            let input: InputTrain = Dice(seed).train(3, 50, density).into();
            let run = detailed.run(&input).unwrap();
            same(&run, &fast.run(&input).unwrap());
            let (mut rows, mut passes) = (Vec::new(), 0);
            let counted = fast.run_passes(&input, |fired| {
                rows.extend(fired.rows());
                passes += 1;
            });
            same(&run, &Run { trace: rows, ..counted.unwrap() });
            assert_eq!(passes, 4 * 3, "four tiles in three ticks");
        }
    }
}

/// Samples of another form are refused, and there is nothing to go on from but a stream's tick.
#[test]
fn errors_are_those_of_the_cycle_model() {
    let mut fast = FastSimulator::new(&mini(2).image()).unwrap();
    let input: InputTrain = Dice(1).train(3, 50, 100).into();
    let error = fast.run(&input).unwrap_err().to_string();
    assert!(error.starts_with("input: 3 ticks, but the image takes 2"), "{error}");
    let input: InputTrain = Dice(1).train(2, 50, 100).into();
    fast.run(&input).unwrap();
    assert_eq!(fast.resume(&input), Err(SimError::NoStream));
}

/// Rounds, masks and slots that count for themselves need no cycle model.
#[test]
fn windowed_images_are_fast() {
    for ticks in 1..4 {
        let image = MiniConv::two_rounds(ticks).image();
        assert!(FastSimulator::new(&image).unwrap().is_fast());
    }
}
