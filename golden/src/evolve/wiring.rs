//! Evolution of the wiring rule that a genome starts from. An individual is G and the logarithms
//! of the encodings' spreads; its fitness comes from a few steps of training, always with the same
//! draws and the same batches.

use super::{
    regularizers::{fading, spatial_entropy, temporal_difference},
    run::{Call, Fitness, FitnessError},
};
use crate::{
    data::Images,
    genome::Wiring,
    train::{Stepper, TrainConfig},
};

/// Fitness of a wiring rule at generation t, higher is better:
/// `−loss + λ_s·H(G) + λ_t·(1 − t/T)·D`, with the spatial entropy H of G, and D the temporal
/// difference between the spreads of the rule and those of the population's middle after the
/// generation before (Pan et al., arXiv 2411.06792, reconstructed). A rule outside of what a
/// configuration may say is not a number. As the last term fades, fitness compares within a generation
/// only: what a search found is its middle, not its best individual ever.
pub struct WiringFitness<'a> {
    /// A configuration of method `genome`; its wiring is replaced.
    pub config: &'a TrainConfig,
    /// Training images, taken batch by batch from the first.
    pub images: &'a Images,
    /// Training steps before the loss is read, on the batch that would be next.
    pub steps: usize,
    /// Generations T of the search.
    pub generations: u64,
    /// λ_s, in units of the loss.
    pub entropy: f64,
    /// λ_t at generation 0, in units of the loss.
    pub difference: f64,
}

impl WiringFitness<'_> {
    /// `−loss` alone.
    fn score(&self, wiring: Wiring) -> Result<f64, FitnessError> {
        let mut config = self.config.clone();
        config.genome.wiring = Some(wiring);
        let mut stepper = Stepper::new(&config, self.images)?;
        for _ in 0..self.steps {
            stepper.step();
        }
        Ok(-stepper.loss())
    }
}

impl Fitness<Vec<f64>> for WiringFitness<'_> {
    fn fitness(&self, call: Call<'_, Vec<f64>>, x: &Vec<f64>) -> Result<f64, FitnessError> {
        let entries = self.config.genome.entries().min(x.len());
        let spreads = |x: &[f64]| x[entries..].iter().map(|v| v.exp()).collect::<Vec<_>>();
        let spread = (self.config.genome.genes as f64).sqrt().recip();
        let fade = fading(self.difference, call.generation, self.generations);
        let difference = temporal_difference(&spreads(x), &spreads(call.center));
        let wiring = Wiring::from_vector(x, entries);
        if !wiring.is_within_range() {
            return Ok(f64::NAN);
        }
        let score = self.score(wiring)?;
        Ok(score + self.entropy * spatial_entropy(&x[..entries], spread) + fade * difference)
    }
}
