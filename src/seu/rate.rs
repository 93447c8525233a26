//! Many bits at random: accuracy at a rate of upsets.

use super::flip::{flip, image_bits, state_bits};
use crate::{
    golden::{
        data::EncodedSet,
        rng::{Sequence, Stream},
    },
    ir::{CoreImage, Region},
    sim::{Simulator, StateMemory, Upset},
};
use rayon::prelude::*;
use serde::Serialize;

/// What turns over.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// Weight bits, before the first sample and for all of them: nobody loads the image again.
    Weights,
    /// Potentials and spikes, each bit at a random moment of each sample.
    State,
}

/// What came of one rate.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Point {
    /// Probability that a bit turns over: of a weight once, of a state bit in each sample.
    pub rate: f64,
    /// Samples classified as labelled, for each seed.
    pub accuracy: Vec<f64>,
    /// Bits turned over, mean over the seeds; of the state in each sample.
    pub flips: f64,
}

impl Point {
    /// Mean over the seeds.
    pub fn mean(&self) -> f64 {
        self.accuracy.iter().sum::<f64>() / self.accuracy.len().max(1) as f64
    }
}

/// Accuracy on `set` when each bit of the target turns over with probability `rate`, once for each of
/// `seeds`.
///
/// # Errors
/// What the simulator says of the image or a sample.
pub fn accuracy(
    image: &CoreImage,
    set: &EncodedSet,
    target: Target,
    rate: f64,
    seeds: u64,
) -> Result<Point, String> {
    let runs = (0..seeds).map(|seed| {
        let stream = Stream::named(seed, "upsets").child(rate.to_bits());
        match target {
            Target::Weights => weights(image, set, rate, stream),
            Target::State => state(image, set, rate, stream),
        }
    });
    let runs: Vec<(usize, f64)> = runs.collect::<Result<_, _>>()?;
    let samples = set.labels.len().max(1) as f64;
    Ok(Point {
        rate,
        accuracy: runs.iter().map(|(correct, _)| *correct as f64 / samples).collect(),
        flips: runs.iter().map(|(_, flips)| flips).sum::<f64>() / runs.len().max(1) as f64,
    })
}

fn weights(
    image: &CoreImage,
    set: &EncodedSet,
    rate: f64,
    stream: Stream,
) -> Result<(usize, f64), String> {
    let mut image = image.clone();
    let bits = image_bits(&image, Region::Weights);
    let flips = chosen(&mut stream.sequence(), bits.len(), rate);
    flips.iter().for_each(|&k| flip(&mut image, bits[k]));
    // Upset after it was loaded, and so after its seal was looked at.
    let simulator = Simulator::new(&image.sealed()).map_err(|e| e.to_string())?;
    let correct = correct(&simulator, set, |_, _| Vec::new())?;
    Ok((correct, flips.len() as f64))
}

fn state(
    image: &CoreImage,
    set: &EncodedSet,
    rate: f64,
    stream: Stream,
) -> Result<(usize, f64), String> {
    let simulator = Simulator::new(image).map_err(|e| e.to_string())?;
    let memories = [StateMemory::Potentials, StateMemory::Bitmap, StateMemory::Summary];
    let memories = memories.map(|memory| (memory, state_bits(image, memory)));
    let upsets = |sample: usize, cycles: u64| {
        let r = &mut stream.child(sample as u64).sequence();
        let mut upsets = Vec::new();
        for (memory, bits) in &memories {
            for k in chosen(r, bits.len(), rate) {
                upsets.push(Upset { cycle: 1 + r.below(cycles), memory: *memory, bit: bits[k] });
            }
        }
        upsets.sort_by_key(|u| u.cycle);
        upsets
    };
    let correct = correct(&simulator, set, upsets)?;
    let all: usize = memories.iter().map(|(_, bits)| bits.len()).sum();
    Ok((correct, all as f64 * rate))
}

/// Samples classified as labelled, each with the upsets that are drawn for it and its number of cycles.
fn correct(
    simulator: &Simulator,
    set: &EncodedSet,
    upsets: impl Fn(usize, u64) -> Vec<Upset> + Sync,
) -> Result<usize, String> {
    let samples = set.inputs.par_iter().zip(&set.labels).enumerate();
    let right = samples.map_init(
        || simulator.clone(),
        |simulator, (sample, (input, &label))| {
            let run = simulator.run(input).map_err(|e| e.to_string())?;
            let upsets = upsets(sample, run.cycles);
            let run = match upsets.is_empty() {
                true => run,
                false => simulator.run_upset(input, &upsets).map_err(|e| e.to_string())?,
            };
            Ok(usize::from(run.decision.class == usize::from(label)))
        },
    );
    right.try_reduce(|| 0, |a, b| Ok(a + b))
}

/// Each of `0..n` with probability `rate`, in rising order: gaps between them are geometric.
fn chosen(r: &mut Sequence, n: usize, rate: f64) -> Vec<usize> {
    let mut out = Vec::new();
    if rate <= 0.0 {
        return out;
    }
    let mut next = 0.0;
    loop {
        // unit() is below 1, so the logarithm is finite.
        next += ((1.0 - r.unit()).ln() / (1.0 - rate).ln()).floor();
        if next >= n as f64 {
            return out;
        }
        out.push(next as usize);
        next += 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_are_chosen_as_the_rate_says() {
        for rate in [1e-3, 0.01, 0.3] {
            let n = 1_000_000;
            let chosen = chosen(&mut Stream::named(1, "test").sequence(), n, rate);
            assert!(chosen.is_sorted_by(|a, b| a < b) && chosen.iter().all(|&k| k < n));
            let (mean, found) = (n as f64 * rate, chosen.len() as f64);
            let spread = (mean * (1.0 - rate)).sqrt();
            assert!((found - mean).abs() < 5.0 * spread, "{found} of {mean} at {rate}");
        }
        assert!(chosen(&mut Stream::named(1, "test").sequence(), 1000, 0.0).is_empty());
    }
}
