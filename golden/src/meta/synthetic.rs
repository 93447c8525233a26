//! The two synthetic families: conflicting attributes, on which pooled training cannot help, and
//! stable classes, on which it does. `docs/few-shot.md` has their numbers.

use super::task::{Family, Sizes, Task};
use crate::rng::{Sequence, Stream};
use spikewright_ir::{BitVec, InputTrain, SpikeTrain};

/// Input neurons of both families.
pub const INPUTS: usize = 48;
/// Spike probability of an input that nothing drives.
const BASE: f64 = 0.35;
/// Ticks of both families.
pub const TICKS: usize = 8;

/// A linear map from latent factors to the spike probabilities of inputs:
/// `p_i = clamp(base + amplitude·Σ_a B_ia·z_a, 0.02, 0.98)`.
#[derive(Clone, PartialEq, Debug)]
struct Mixture {
    /// `[input][factor]`
    mix: Vec<Vec<f64>>,
    base: f64,
    amplitude: f64,
}

impl Mixture {
    /// Bernoulli spikes under these factors.
    fn spikes(&self, z: &[f64], draw: &mut Sequence) -> InputTrain {
        let p: Vec<f64> = self
            .mix
            .iter()
            .map(|row| {
                let sum: f64 = row.iter().zip(z).map(|(b, z)| b * z).sum();
                (self.base + self.amplitude * sum).clamp(0.02, 0.98)
            })
            .collect();
        let mut tick = || BitVec::from_bits(p.iter().map(|p| draw.unit() < *p));
        let ticks = (0..TICKS).map(|_| tick()).collect();
        InputTrain::binary(SpikeTrain::from_ticks(ticks, INPUTS))
    }
}

/// Two-way tasks: the label is the sign of one hidden attribute, which one and which sign being the
/// task's own. Averaged over tasks an input says nothing of its label.
#[derive(Clone, PartialEq, Debug)]
pub struct Attributes {
    mixture: Mixture,
    attributes: usize,
    sizes: Sizes,
}

/// Hidden attributes, how many of them drive an input, and by how much.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Drive {
    /// Attributes.
    pub attributes: usize,
    /// Attributes per input.
    pub drivers: usize,
    /// Amplitude of one.
    pub amplitude: f64,
}

impl Attributes {
    /// The family of a seed: attributes ±1, every input driven by some of them with random signs.
    pub fn new(seed: u64, shots: usize, queries: usize, drive: Drive) -> Self {
        let mut draw = Stream::named(seed, "attributes").sequence();
        let mix = (0..INPUTS)
            .map(|_| {
                let mut row = vec![0.0; drive.attributes];
                for a in super::task::choose(&mut draw, drive.attributes, drive.drivers) {
                    row[a] = if draw.below(2) == 0 { 1.0 } else { -1.0 };
                }
                row
            })
            .collect();
        let mixture = Mixture { mix, base: BASE, amplitude: drive.amplitude };
        let attributes = drive.attributes;
        Self { mixture, attributes, sizes: Sizes { ways: 2, shots, queries } }
    }
}

impl Family for Attributes {
    fn sizes(&self) -> Sizes {
        self.sizes
    }
    fn task(&self, stream: Stream) -> Task {
        let mut draw = stream.sequence();
        let attribute = draw.below(self.attributes as u64) as usize;
        let turned = draw.below(2) as usize;
        self.sizes.fill(|class, _| {
            let mut z: Vec<f64> =
                (0..self.attributes).map(|_| if draw.below(2) == 0 { 1.0 } else { -1.0 }).collect();
            z[attribute] = if class == turned { 1.0 } else { -1.0 };
            self.mixture.spikes(&z, &mut draw)
        })
    }
}

/// Five-way tasks over classes that stay: a class is a prototype of five latent factors, and every
/// sample adds twenty factors of its own that say nothing.
#[derive(Clone, PartialEq, Debug)]
pub struct Stable {
    mixture: Mixture,
    prototypes: Vec<Vec<f64>>,
    sizes: Sizes,
}

/// Classes of a task.
const WAYS: usize = 5;
/// Factors that make a class.
const FACTORS: usize = 5;
/// Factors that do not.
const NUISANCE: usize = 20;

impl Stable {
    /// `classes` classes of a seed: prototypes N(0, 1), nuisance N(0, 0.5²), mixing N(0, 4/25),
    /// base 0.35, amplitude 0.35. Different `part`s share the mixing and have other classes. There are
    /// at least the five classes of a task.
    pub fn new(seed: u64, part: u64, classes: usize, shots: usize, queries: usize) -> Self {
        let classes = classes.max(WAYS);
        let stream = Stream::named(seed, "stable");
        let mut draw = stream.sequence();
        let size = f64::from((FACTORS + NUISANCE) as u32).sqrt().recip();
        let row = |draw: &mut Sequence| {
            (0..FACTORS + NUISANCE).map(|_| 2.0 * size * draw.normal()).collect()
        };
        let mix = (0..INPUTS).map(|_| row(&mut draw)).collect();
        let mut own = stream.child(part + 1).sequence();
        let prototypes =
            (0..classes).map(|_| (0..FACTORS).map(|_| own.normal()).collect()).collect();
        let mixture = Mixture { mix, base: BASE, amplitude: 0.35 };
        Self { mixture, prototypes, sizes: Sizes { ways: WAYS, shots, queries } }
    }

    /// A sample of a class.
    pub fn sample(&self, class: usize, draw: &mut Sequence) -> InputTrain {
        let mut z = self.prototypes[class].clone();
        z.extend((0..NUISANCE).map(|_| 0.5 * draw.normal()));
        self.mixture.spikes(&z, draw)
    }
}

impl Family for Stable {
    fn sizes(&self) -> Sizes {
        self.sizes
    }
    fn task(&self, stream: Stream) -> Task {
        let mut draw = stream.sequence();
        let classes = super::task::choose(&mut draw, self.prototypes.len(), self.sizes.ways);
        self.sizes.fill(|class, _| self.sample(classes[class], &mut draw))
    }
}
