//! Generations: individuals are made, evaluated on all threads, and told to the population.

use super::{config::EvolveError, rank};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// What an evaluation reports when it fails.
pub type FitnessError = Box<dyn std::error::Error + Send + Sync>;

/// Which individual is asked for, and from where it was drawn.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a, G> {
    /// Generation, from 0: everything that is the same for all individuals (the batch above all)
    /// follows from it.
    pub generation: u64,
    /// Individual, from 0.
    pub individual: usize,
    /// The middle of the population after the generation before.
    pub center: &'a G,
}

/// How good an individual is; higher is better, what is not a number is worst.
pub trait Fitness<G: Sync>: Sync {
    /// The fitness of one individual. It may depend on the generation, never on other individuals or
    /// on the order of calls.
    fn fitness(&self, call: Call<'_, G>, genes: &G) -> Result<f64, FitnessError>;

    /// The fitness of a generation, in order. One device that cannot be shared overrides this to go
    /// through them one by one, several machines to divide them.
    fn all(&self, generation: u64, center: &G, genes: &[G]) -> Result<Vec<f64>, EvolveError> {
        genes
            .par_iter()
            .enumerate()
            .map(|(individual, genes)| {
                self.fitness(Call { generation, individual, center }, genes).map_err(|e| {
                    EvolveError::Fitness { generation, individual, message: e.to_string() }
                })
            })
            .collect()
    }
}

/// The best individual seen, and when.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Elite<G> {
    /// Its fitness, a finite number.
    pub fitness: f64,
    /// Generation that it is from.
    pub generation: u64,
    /// The individual.
    pub genes: G,
}

impl<G> Elite<G> {
    /// Keeps the better one, the earlier on ties.
    pub(super) fn see(kept: &mut Option<Self>, fitness: f64, generation: u64, genes: G) {
        if fitness.is_finite() && kept.as_ref().is_none_or(|k| fitness > k.fitness) {
            *kept = Some(Self { fitness, generation, genes });
        }
    }
}

/// What proposes individuals and learns from their fitness.
pub trait Population {
    /// An individual.
    type Genes: Send + Sync;

    /// Individuals of a generation.
    fn size(&self) -> usize;
    /// Generations done.
    fn generation(&self) -> u64;
    /// The middle of the population.
    fn center(&self) -> Self::Genes;
    /// Individual `k` of this generation, the same whenever it is asked for.
    fn individual(&self, k: usize) -> Self::Genes;
    /// Takes the fitness of every individual of this generation and goes on to the next.
    fn tell(&mut self, fitness: &[f64]) -> Result<(), EvolveError>;
    /// The best individual so far.
    fn elite(&self) -> Option<&Elite<Self::Genes>>;
}

/// One generation in numbers.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Generation {
    /// Generation, from 0.
    pub generation: u64,
    /// Evaluations so far.
    pub evaluations: u64,
    /// Best fitness of the generation.
    pub best: f64,
    /// Median fitness (the lower one of two).
    pub median: f64,
}

/// Goes on until `generations` are done in all, and reports each: a population read back from a
/// file ends as an unbroken run does.
pub fn evolve<P: Population, F: Fitness<P::Genes>>(
    population: &mut P,
    fitness: &F,
    generations: u64,
    mut report: impl FnMut(&Generation, &P),
) -> Result<(), EvolveError> {
    while population.generation() < generations {
        let generation = population.generation();
        let genes: Vec<P::Genes> =
            (0..population.size()).map(|k| population.individual(k)).collect();
        let values = fitness.all(generation, &population.center(), &genes)?;
        population.tell(&values)?;
        let order = rank::order(&values);
        let numbers = Generation {
            generation,
            evaluations: (generation + 1) * values.len() as u64,
            best: values[order[0]],
            median: values[order[order.len() / 2]],
        };
        report(&numbers, population);
    }
    Ok(())
}
