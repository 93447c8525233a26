//! Generations: individuals are made, evaluated on all threads, and told to the population.

use super::{
    config::EvolveError,
    rank,
    team::{Team, share},
};
use rayon::prelude::*;
use serde::{Deserialize, Deserializer, Serialize};

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

    /// The fitness of numbered individuals of a generation, in order, on all threads.
    fn all(
        &self,
        generation: u64,
        center: &G,
        individuals: &[(usize, G)],
    ) -> Result<Vec<f64>, EvolveError>
    where
        G: Send,
    {
        individuals
            .par_iter()
            .map(|(individual, genes)| {
                let individual = *individual;
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
    #[serde(deserialize_with = "number")]
    pub best: f64,
    /// Median fitness (the lower one of two).
    #[serde(deserialize_with = "number")]
    pub median: f64,
}

/// A number, or what JSON writes for something that is none.
fn number<'de, D: Deserializer<'de>>(d: D) -> Result<f64, D::Error> {
    Ok(Option::deserialize(d)?.unwrap_or(f64::NAN))
}

/// Goes on until `generations` are done in all, and reports each: a population read back from a
/// file ends as an unbroken run does. Every member of the team calls it with the same population, evaluates
/// its share of the individuals, and ends with the same one.
pub fn evolve<P: Population, F: Fitness<P::Genes>>(
    population: &mut P,
    fitness: &F,
    team: &dyn Team,
    generations: u64,
    mut report: impl FnMut(&Generation, &P),
) -> Result<(), EvolveError> {
    while population.generation() < generations {
        let generation = population.generation();
        let share = share(team, population.size());
        let individuals: Vec<(usize, P::Genes)> =
            share.map(|k| (k, population.individual(k))).collect();
        let mine = fitness.all(generation, &population.center(), &individuals);
        let values = exchange(team, generation, mine)?;
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

/// The fitness of all individuals from the shares of all members. Where one fails, all do.
fn exchange(
    team: &dyn Team,
    generation: u64,
    mine: Result<Vec<f64>, EvolveError>,
) -> Result<Vec<f64>, EvolveError> {
    // The first word says whether there are values.
    let words = match &mine {
        Ok(values) => std::iter::once(0).chain(values.iter().map(|v| v.to_bits())).collect(),
        Err(_) => vec![1],
    };
    let all = team.gather(words)?;
    mine?;
    let mut values = Vec::new();
    for (rank, words) in all.iter().enumerate() {
        match words.split_first() {
            Some((0, bits)) => values.extend(bits.iter().map(|b| f64::from_bits(*b))),
            _ => return Err(EvolveError::Rank { generation, rank }),
        }
    }
    Ok(values)
}
