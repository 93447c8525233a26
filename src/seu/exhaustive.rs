//! Every bit, one at a time.

use super::{
    effect::{EFFECTS, Effect, effect},
    flip::{flip, image_bits, state_bits},
};
use crate::{
    ir::{CoreImage, InputTrain, Region},
    sim::{Run, Simulator, StateMemory, Upset},
};
use rayon::prelude::*;
use serde::Serialize;

/// What upsets of one memory do.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct MemoryEffects {
    /// The memory.
    pub memory: &'static str,
    /// Bits that the network uses.
    pub bits: usize,
    /// Runs for each of [`EFFECTS`].
    pub runs: [u64; EFFECTS.len()],
}

impl MemoryEffects {
    /// Share of all runs with an effect, 0..=1.
    pub fn share(&self, effect: Effect) -> f64 {
        let all = self.runs.iter().sum::<u64>().max(1);
        self.runs[effect as usize] as f64 / all as f64
    }
}

/// Turns over, on each of `inputs`, every bit of the weights and parameters before the start, and every
/// bit of the state at `moments` moments, evenly over the sample's cycles. The tiles of the image have
/// one pass each: the words of parameters are then all the network's.
///
/// # Errors
/// What the simulator says of the image or an input; it says nothing of upsets.
pub fn exhaustive(
    image: &CoreImage,
    inputs: &[InputTrain],
    moments: u64,
) -> Result<Vec<MemoryEffects>, String> {
    let simulator = Simulator::new(image).map_err(|e| e.to_string())?;
    let right = runs(simulator.clone(), inputs)?;
    let regions = [("weights", Region::Weights), ("thresholds, biases", Region::Params)];
    let stored = regions.map(|(name, region)| {
        let bits = image_bits(image, region);
        let one = |&bit: &_| {
            let mut image = image.clone();
            flip(&mut image, bit);
            let simulator = Simulator::new(&image.sealed()).map_err(|e| e.to_string())?;
            Ok(count(&right, &runs(simulator, inputs)?))
        };
        collect(name, bits.len(), bits.par_iter().map(one))
    });
    let names = [
        ("potentials", StateMemory::Potentials),
        ("scores", StateMemory::Scores),
        ("spike bitmap", StateMemory::Bitmap),
        ("spike summary", StateMemory::Summary),
    ];
    let state = names.map(|(name, memory)| {
        let bits = state_bits(image, memory);
        let one = |&bit: &usize| {
            let mut simulator = simulator.clone();
            let mut counts = [0; EFFECTS.len()];
            for (input, right) in inputs.iter().zip(&right) {
                for moment in 0..moments {
                    let cycle = 1 + right.cycles * moment / moments;
                    let upset = [Upset { cycle, memory, bit }];
                    let run = simulator.run_upset(input, &upset).map_err(|e| e.to_string())?;
                    counts[effect(right, &run) as usize] += 1;
                }
            }
            Ok(counts)
        };
        collect(name, bits.len(), bits.par_iter().map(one))
    });
    stored.into_iter().chain(state).collect()
}

fn runs(mut simulator: Simulator, inputs: &[InputTrain]) -> Result<Vec<Run>, String> {
    inputs.iter().map(|input| simulator.run(input).map_err(|e| e.to_string())).collect()
}

fn count(right: &[Run], upset: &[Run]) -> [u64; EFFECTS.len()] {
    let mut counts = [0; EFFECTS.len()];
    right.iter().zip(upset).for_each(|(a, b)| counts[effect(a, b) as usize] += 1);
    counts
}

fn collect(
    memory: &'static str,
    bits: usize,
    counts: impl ParallelIterator<Item = Result<[u64; EFFECTS.len()], String>>,
) -> Result<MemoryEffects, String> {
    let add =
        |a: [u64; EFFECTS.len()], b: [u64; EFFECTS.len()]| Ok(std::array::from_fn(|k| a[k] + b[k]));
    let runs = counts.try_reduce(|| [0; EFFECTS.len()], add)?;
    Ok(MemoryEffects { memory, bits, runs })
}
