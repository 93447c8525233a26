//! One search: a population in a file, generation after generation.

use crate::{
    Result,
    build::{read_json, write_json},
    golden::{
        bench::processor_seconds,
        evolve::{
            Call, EvolveError, Fitness, FitnessError, Generation, Population, Team, evolve,
            fitness_curve,
        },
    },
    ir::write_atomic,
};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::{path::Path, sync::Mutex};

/// The population and its past, in the folder of a search.
const STATE: &str = "search.json";
/// Course of the fitness.
const CURVE: &str = "fitness.svg";

/// Everything that a search needs to go on.
#[derive(Serialize, Deserialize)]
struct State<P> {
    /// What the search depends on besides the population.
    key: String,
    history: Vec<Generation>,
    population: P,
}

/// What members of the team have done for a search in this run.
#[derive(Clone, PartialEq, Debug, Default, Serialize)]
pub struct Work {
    /// Evaluations of each rank.
    pub evaluations: Vec<u64>,
    /// Processor time of each rank inside the fitness call, in seconds, where Linux tells.
    pub cpu_s: Vec<f64>,
}

/// Goes on from the folder's state if asked to and it is there, else from the beginning, until
/// `generations` are done. Rank 0 writes the state after every generation; every rank reads it.
pub fn search<P, F>(
    first: P,
    fitness: &F,
    team: &dyn Team,
    (dir, key, resume): (&Path, &str, bool),
    generations: u64,
    report: &mut dyn FnMut(&Generation),
) -> Result<(P, Work)>
where
    P: Population + Serialize + DeserializeOwned,
    F: Fitness<P::Genes>,
{
    let file = dir.join(STATE);
    let mut state = State { key: key.into(), history: Vec::new(), population: first };
    if resume && file.exists() {
        state = read_json(&file)?;
        if state.key != key {
            return Err(format!(
                "{}: of another configuration\n  help: go on with the one the search began with, or leave --resume out",
                file.display()
            )
            .into());
        }
    }
    // Nobody writes before all have read.
    team.wait()?;
    let metered = Metered { fitness, work: Mutex::default() };
    while state.population.generation() < generations {
        let next = state.population.generation() + 1;
        let history = &mut state.history;
        evolve(&mut state.population, &metered, team, next, |g, _| history.push(g.clone()))?;
        if team.rank() == 0 {
            write_json(&file, &state)?;
            if let Some(curve) = fitness_curve(&state.history) {
                write_atomic(&dir.join(CURVE), curve.as_bytes())?;
            }
        }
        state.history.iter().last().into_iter().for_each(&mut *report);
    }
    let (evaluations, seconds) = metered.work.into_inner().unwrap_or_else(|e| e.into_inner());
    let all = team.gather(vec![evaluations, seconds.to_bits()])?;
    let work = Work {
        evaluations: all.iter().map(|w| w[0]).collect(),
        cpu_s: all.iter().map(|w| f64::from_bits(w[1])).collect(),
    };
    Ok((state.population, work))
}

/// A fitness that counts its evaluations and the processor's time in them.
struct Metered<'a, F> {
    fitness: &'a F,
    work: Mutex<(u64, f64)>,
}

impl<G: Sync, F: Fitness<G>> Fitness<G> for Metered<'_, F> {
    fn fitness(&self, call: Call<'_, G>, genes: &G) -> std::result::Result<f64, FitnessError> {
        self.fitness.fitness(call, genes)
    }

    fn all(
        &self,
        generation: u64,
        center: &G,
        individuals: &[(usize, G)],
    ) -> std::result::Result<Vec<f64>, EvolveError>
    where
        G: Send,
    {
        let before = processor_seconds();
        let values = self.fitness.all(generation, center, individuals);
        let used = processor_seconds().zip(before).map_or(0.0, |(now, then)| now - then);
        let mut work = self.work.lock().unwrap_or_else(|e| e.into_inner());
        work.0 += individuals.len() as u64;
        work.1 += used;
        values
    }
}
